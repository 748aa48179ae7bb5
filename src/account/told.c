/* SPDX-License-Identifier: Apache-2.0 */
#include "account/told.h"

#include <apr_strings.h>
#include <string.h>

#include "notice/about.h"
#include "people/subject.h"
#include "web/answer.h"

/* The mail of an event; one that is not here has none. */
static const struct {
    const char *event;
    notice_kind_t kind;
} letters[] = {
    {"factor_added", NOTICE_STEP_ADDED},     {"factor_removed", NOTICE_STEP_REMOVED},
    {"passkey_added", NOTICE_PASSKEY_ADDED}, {"passkey_removed", NOTICE_PASSKEY_REMOVED},
    {"login_linked", NOTICE_LOGIN_ADDED},    {"login_unlinked", NOTICE_LOGIN_REMOVED},
    {"token_made", NOTICE_TOKEN_MADE},       {"token_removed", NOTICE_TOKEN_REMOVED},
    {"recovery_codes_made", NOTICE_CODES},   {"identity_removed", NOTICE_REVOKED},
    {"identity_unlocked", NOTICE_UNLOCKED},  {"signed_out_elsewhere", NOTICE_SIGNED_OUT}};

static notice_kind_t letter_of(const char *event)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (strcmp(letters[i].event, event) == 0)
            return letters[i].kind;
    return NOTICE_NONE;
}

static void write_to_owner(const facts_t *facts, notice_kind_t kind, const char *device)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const session_t *session = &facts->request->session;
    const outbox_t outbox = {site->store, site->rps_settings.mail_site};
    if (kind == NOTICE_NONE || !outbox.site)
        return;
    const char *mailbox = people_mailbox(site->people, session->uid, session->name, p);
    if (!name_domain(mailbox))
        return;
    notice_t notice = notice_about(&facts->caller, kind, mailbox, device, p);
    if (kind != NOTICE_REVOKED)
        apr_cpystrn(notice.link, apr_pstrcat(p, site->url.text, site->paths[PATH_ACCOUNT], NULL),
                    sizeof notice.link);
    if (outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, facts->caller.now, p) != STORE_OK)
        log_error(&site->log, "MPIN0870",
                  "%s cannot be told of a change of their account: no mail can be queued",
                  name_masked(session->name, p));
}

static void tell_both(const facts_t *facts, const char *event, const char *identity,
                      const char *device)
{
    result_t *done = result_ok(facts->r->pool, NULL);
    done->event = event;
    done->user = facts->request->session.name;
    done->identity = identity;
    answer_audit(facts->r, done);
    write_to_owner(facts, letter_of(event), device);
}

void account_told(const facts_t *facts, const char *event)
{
    tell_both(facts, event, NULL, "");
}

void account_told_of(const facts_t *facts, const char *event, const identity_t *identity)
{
    tell_both(facts, event, people_label(identity->handle, facts->r->pool), identity->device);
}
