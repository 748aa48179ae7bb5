/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/mailed.h"
#include "notice/about.h"
#include "people/subject.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "rps/link.h"

uint32_t mailed_number(void)
{
    return 1 + randombytes_uniform(999999);
}

const char *mailed_number_text(uint32_t number, apr_pool_t *p)
{
    return apr_psprintf(p, "%06u", number);
}

static result_t *mail_refusal(store_status_t status, apr_pool_t *p)
{
    if (status != STORE_EXISTS)
        return store_refusal(status, p);
    result_t *result = result_error(p, 503, "mail_queue_full",
                                    "Too many mails wait to be sent. Try again in a minute.");
    result->retry_after = 60;
    return result;
}

static const char *queued_text(store_status_t status, bool often, bool silent)
{
    if (often)
        return "is not written: its mailbox has had three in this hour";
    if (status == STORE_EXISTS)
        return "is not written: as many as may wait already";
    if (status == STORE_FULL)
        return "is not written: the store is full";
    if (status != STORE_OK)
        return "is not written: the store is not there";
    return silent ? "is queued for nobody" : "is queued";
}

static result_t *queue_letter(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                              const pending_t *pending, apr_pool_t *p)
{
    notice_t notice = notice_about(caller, pending->silent ? NOTICE_NONE : NOTICE_ACTIVATE,
                                   pending->name, pending->device, p);
    apr_cpystrn(notice.link, link_to(rps, LINK_ACTIVATE, id->handle, p), sizeof notice.link);
    store_status_t status = outbox_count_link(&rps->outbox, pending->name, caller->now, p);
    const bool often = status == STORE_EXISTS;
    if (status == STORE_OK)
        status = outbox_add(&rps->outbox, OUTBOX_TO_STRANGERS, &notice, caller->now, p);
    log_debug(caller->log, "MPIN0760", "the mail with the link of registration %s %s",
              people_label(id->handle, p), queued_text(status, often, pending->silent));
    if (status == STORE_OK)
        return NULL;
    return often
               ? result_later(p, "too_many_mails", "This mailbox has had three mails in this hour.",
                              3600 - (int)(apr_time_sec(caller->now) % 3600))
               : mail_refusal(status, p);
}

result_t *mailed_send(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                      const pending_t *pending, apr_pool_t *p)
{
    result_t *refusal = queue_letter(rps, caller, id, pending, p);
    if (refusal)
        pending_take(rps, id->handle, p);
    return refusal;
}

result_t *mailed_again(rps_t *rps, const caller_t *caller, const mpin_id_t *id, const char *name,
                       const char *reg_ott, pending_t *old, apr_pool_t *p)
{
    store_status_t status = pending_find(rps, caller, id->handle, reg_ott, old, p);
    if (status != STORE_OK || old->origin != ORIGIN_MAIL || strcmp(old->name, name) != 0)
        return NULL;
    result_t *refusal = old->active ? NULL : queue_letter(rps, caller, id, old, p);
    return refusal ? refusal : result_ok(p, NULL);
}

/* A name that nobody has proven may be anybody's mailbox. */
static outbox_share_t share_of(unsigned origin)
{
    return origin == ORIGIN_OPEN ? OUTBOX_TO_STRANGERS : OUTBOX_TO_PEOPLE;
}

static bool reaches_somebody(const rps_t *rps, const caller_t *caller, const notice_t *notice,
                             apr_pool_t *p)
{
    const bool reaches = rps->settings->mail_site && name_domain(notice->to);
    log_debug(caller->log, "MPIN0760", "%s is %s about a device of theirs",
              name_masked(notice->to, p),
              reaches                    ? "told"
              : rps->settings->mail_site ? "no mailbox, and not told"
                                         : "not told, without MPinMail,");
    return reaches;
}

static void log_untold(rps_t *rps, const char *mailbox, apr_pool_t *p)
{
    log_error(rps->log, "MPIN0310",
              "%s cannot be told about a device of theirs: no mail can be queued",
              name_masked(mailbox, p));
}

store_piece_t *mailed_join_device(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                  const pending_t *pending, store_together_t *together,
                                  apr_pool_t *p)
{
    static const unsigned char none[HANDLE_BYTES];
    const bool reset = memcmp(pending->replaces, none, sizeof none) != 0;
    const char *mailbox = people_mailbox(rps->people, pending->uid, pending->name, p);
    notice_t notice =
        notice_about(caller, reset ? NOTICE_PIN : NOTICE_DEVICE, mailbox, pending->device, p);
    if (!reaches_somebody(rps, caller, &notice, p))
        return NULL;
    apr_cpystrn(notice.link, link_to(rps, LINK_NOT_ME, id->handle, p), sizeof notice.link);
    return outbox_join(&rps->outbox, share_of(pending->origin), &notice, caller->now, together, p);
}

result_t *mailed_refusal(rps_t *rps, const pending_t *pending, apr_pool_t *p)
{
    log_untold(rps, people_mailbox(rps->people, pending->uid, pending->name, p), p);
    return mail_refusal(STORE_EXISTS, p);
}

void mailed_tell(rps_t *rps, const caller_t *caller, notice_kind_t kind, const identity_t *identity,
                 apr_pool_t *p)
{
    const char *mailbox = people_mailbox(rps->people, identity->uid, identity->name, p);
    const notice_t notice = notice_about(caller, kind, mailbox, identity->device, p);
    if (reaches_somebody(rps, caller, &notice, p) &&
        outbox_add(&rps->outbox, share_of(identity->origin), &notice, caller->now, p) != STORE_OK)
        log_untold(rps, notice.to, p);
}
