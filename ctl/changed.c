/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/changed.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/json.h"
#include "notice/about.h"

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

/* As src/web/answer_audit.c writes them; "by" tells that it was no request. */
static const char *audit_line(const ctl_t *ctl, const changed_t *changed)
{
    char time[JOURNAL_TIME];
    journal_time(apr_time_now(), time);
    json_t *record = json_tie(ctl->p, json_object());
    json_set_text(record, "time", time);
    json_set_text(record, "event", changed->event);
    json_object_set_new(record, "status", json_integer(200));
    if (changed->user)
        json_set_text(record, "user", changed->user);
    if (changed->identity)
        json_set_text(record, "identity", people_label(changed->identity, ctl->p));
    json_set_text(record, "by", "mpinctl");
    json_set_text(record, "operator", ctl->operator_name);
    return json_write(ctl->p, record);
}

static void write_audit(const ctl_t *ctl, const changed_t *changed)
{
    const char *line = audit_line(ctl, changed);
    if (!ctl->audit) {
        openlog("mpinctl", LOG_PID, LOG_AUTHPRIV);
        syslog(LOG_NOTICE, "%s", line);
        return;
    }
    line = apr_pstrcat(ctl->p, line, "\n", NULL);
    journal_write(ctl->audit, line, strlen(line), &ctl->log);
}

static void write_mail(const ctl_t *ctl, const changed_t *changed)
{
    const caller_t nobody = {.now = ctl->now, .address = ""};
    if (changed->notice == NOTICE_NONE || !changed->mailbox || !ctl->found.mail ||
        !name_domain(changed->mailbox))
        return;
    notice_t notice = notice_about(&nobody, changed->notice, changed->mailbox,
                                   changed->device ? changed->device : "", ctl->p);
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
