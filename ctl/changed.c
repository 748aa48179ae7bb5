/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/changed.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/audit_line.h"
#include "notice/about.h"
#include "people/subject.h"

bool change_wished(const ctl_t *ctl, const char *format, ...)
{
    char answer[8] = "";
    if (ctl_given(ctl, OPTION_YES))
        return true;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(" [y/N] ", stderr);
    if (!fgets(answer, sizeof answer, stdin))
        fputs("\n", stderr);
    if (*answer == 'y' || *answer == 'Y')
        return true;
    fputs("mpinctl: nothing was changed; answer y, or write --yes\n", stderr);
    return false;
}

static const char *line_told(const ctl_t *ctl, const changed_t *changed)
{
    const audit_record_t record = {
        .time = apr_time_now(),
        .event = changed->event,
        .user = changed->user,
        .identity = changed->identity ? people_label(changed->identity, ctl->p) : NULL,
        .by = "mpinctl",
        .operator_name = ctl->operator_name};
    return audit_line(&record, ctl->p);
}

static void write_audit(const ctl_t *ctl, const changed_t *changed)
{
    const char *line = line_told(ctl, changed);
    if (!ctl->audit) {
        openlog("mpinctl", LOG_PID, LOG_AUTHPRIV);
        syslog(LOG_NOTICE, "%s", line);
        return;
    }
    journal_write(ctl->audit, line, strlen(line), &ctl->log);
}

/* The page /account is of no use to somebody who is shut out. */
static bool leads_on(notice_kind_t notice)
{
    return notice != NOTICE_REVOKED && notice != NOTICE_DISABLED && notice != NOTICE_DELETED;
}

static void write_mail(const ctl_t *ctl, const changed_t *changed)
{
    const caller_t nobody = {.now = ctl->now, .address = ""};
    if (changed->notice == NOTICE_NONE || !changed->mailbox || !ctl->found.mail ||
        !name_domain(changed->mailbox))
        return;
    notice_t notice = notice_about(&nobody, changed->notice, changed->mailbox,
                                   changed->device ? changed->device : "", ctl->p);
    if (ctl->found.account && leads_on(changed->notice))
        apr_cpystrn(notice.link, apr_pstrcat(ctl->p, ctl->found.url, ctl->found.account, NULL),
                    sizeof notice.link);
    const outbox_t outbox = {ctl->store, ctl->found.url};
    if (outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, ctl->now, ctl->p) != STORE_OK)
        fprintf(stderr, "mpinctl: done, but no mail to %s can be queued: tell them\n",
                changed->mailbox);
}

void changed_told(const ctl_t *ctl, const changed_t *changed)
{
    write_audit(ctl, changed);
    write_mail(ctl, changed);
}

void changed_told_user(const ctl_t *ctl, const char *event, const user_t *user,
                       notice_kind_t notice)
{
    const changed_t changed = {.event = event,
                               .user = user->name,
                               .notice = notice,
                               .mailbox =
                                   people_mailbox(ctl->people, user->uid, user->name, ctl->p)};
    changed_told(ctl, &changed);
}
