/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/outbox.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "store/change.h"

/* Records, lasting:
 *   outbox:<site>, outlinks:<site>   sets of ids, the oldest first: people's and strangers'
 *   mail:<id>       notice_t */
#define VERSION 1
#define ID_BYTES 8          /* OUTBOX_NOTICES of them fit into a set */
#define ROUND_SECONDS 10    /* a share's turn ends with the mail that is under way then ... */
#define STRANGERS_SECONDS 2 /* ... and this one's earlier */
#define LEASE_SECONDS 120   /* twice what a try may take */
#define HOUR 3600

/* Seconds until the next try: 1, 2, 4 ... minutes, an hour at most. */
static uint32_t pause_after(uint32_t tries)
{
    return tries < 6 ? 60u << tries : HOUR;
}

static uint32_t seconds(apr_time_t now)
{
    return (uint32_t)apr_time_sec(now);
}

static const char *mail_key(const char *id, apr_pool_t *p)
{
    return apr_pstrcat(p, "mail:", id, NULL);
}

static const char *new_id(apr_pool_t *p)
{
    unsigned char id[ID_BYTES];
    randombytes_buf(id, sizeof id);
    return hex_encode(p, id, sizeof id);
}

static const char *outbox_key(const outbox_t *outbox, outbox_share_t share, apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)outbox->site, strlen(outbox->site));
    return apr_pstrcat(
        p, share == OUTBOX_TO_PEOPLE ? "outbox:" : "outlinks:", hex_encode(p, hash, 16), NULL);
}

store_piece_t *outbox_join(const outbox_t *outbox, outbox_share_t share, const notice_t *notice,
                           apr_time_t now, store_together_t *together, apr_pool_t *p)
{
    const int most = share == OUTBOX_TO_PEOPLE ? OUTBOX_NOTICES : OUTBOX_STRANGERS;
    const apr_time_t expires = now + apr_time_from_sec(2 * OUTBOX_LIFE_SECONDS);
    const char *id = new_id(p);
    notice_t mail = *notice;
    mail.version = VERSION;
    mail.made = mail.next = seconds(now);
    mail.tries = 0;
    together_add(together, mail_key(id, p), &mail, sizeof mail, expires);
    return together_member_add(together, outbox_key(outbox, share, p), id, most, expires);
}

store_status_t outbox_add(const outbox_t *outbox, outbox_share_t share, const notice_t *notice,
                          apr_time_t now, apr_pool_t *p)
{
    store_together_t *together = store_together(outbox->store, p);
    if (!name_domain(notice->to))
        return STORE_OK;
    const store_piece_t *place = outbox_join(outbox, share, notice, now, together, p);
    const store_status_t status = together_commit(together);
    return status == STORE_FULL && together_refused(place) ? STORE_EXISTS : status;
}

static void keep_notice(const outbox_t *outbox, const char *id, const notice_t *notice,
                        apr_time_t expires, apr_pool_t *p)
{
    store_put(outbox->store, STORE_LASTING, mail_key(id, p), notice, sizeof *notice, expires);
}

static void forget_mail(const outbox_t *outbox, outbox_share_t share, const char *id, apr_pool_t *p)
{
    store_together_t *together = store_together(outbox->store, p);
    together_delete(together, mail_key(id, p));
    together_member_remove(together, outbox_key(outbox, share, p), id);
    together_commit(together);
}

store_status_t outbox_count_link(const outbox_t *outbox, const char *mailbox, apr_time_t now,
                                 apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    int64_t made;
    crypto_hash_sha256(hash, (const unsigned char *)mailbox, strlen(mailbox));
    const char *key = apr_psprintf(p, "made:link:%" APR_TIME_T_FMT ":%s", apr_time_sec(now) / HOUR,
                                   hex_encode(p, hash, 16));
    store_status_t status =
        store_count(outbox->store, STORE_FLEETING, key, 1, now + apr_time_from_sec(HOUR), &made);
    return status == STORE_OK && made > MAILBOX_EACH ? STORE_EXISTS : status;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* One mail of the queue, in the hands of its sender. */
typedef struct errand_t {
    const outbox_t *outbox;
    const outbox_sender_t *sender;
    outbox_share_t share;
    const char *id;
    apr_time_t now;
    notice_t notice;
    apr_pool_t *p;
} errand_t;

static void drop_mail(const errand_t *errand)
{
    forget_mail(errand->outbox, errand->share, errand->id, errand->p);
}

/* STORE_EXISTS: it is not due, or another sender has it. */
static store_status_t take_lease(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    errand_t *errand = baton;
    notice_t *notice = &errand->notice;
    (void)scratch;
    if (!change->seen)
        return STORE_MISSING;
    if (change->seen->len != sizeof *notice)
        return STORE_EXISTS;
    memcpy(notice, change->seen->data, sizeof *notice);
    if (notice->version != VERSION || notice->next > seconds(errand->now))
        return STORE_EXISTS;
    notice->next = seconds(errand->now) + LEASE_SECONDS;
    change->data = notice;
    change->len = sizeof *notice;
    change->expires = change->seen->expires;
    return STORE_OK;
}

/* Makes the mail ours for a while; an id without a mail is taken out. */
static bool lease_mail(errand_t *errand)
{
    const store_status_t status =
        store_change(errand->outbox->store, STORE_LASTING, mail_key(errand->id, errand->p),
                     take_lease, errand, errand->p);
    if (status == STORE_MISSING)
        drop_mail(errand);
    return status == STORE_OK;
}

/* After an hour the registration that the link is about has ended. */
static uint32_t life_of(const notice_t *notice)
{
    return notice->kind == NOTICE_ACTIVATE ? OUTBOX_LINK_SECONDS : OUTBOX_LIFE_SECONDS;
}

static void keep_mail(const errand_t *errand)
{
    keep_notice(errand->outbox, errand->id, &errand->notice,
                errand->now + apr_time_from_sec(2 * OUTBOX_LIFE_SECONDS), errand->p);
}

/* This process ends: the next one goes on at once, and nothing has failed. */
static void leave_mail(errand_t *errand)
{
    errand->notice.next = seconds(errand->now);
    keep_mail(errand);
}

static void put_back(errand_t *errand, const char *why)
{
    notice_t *notice = &errand->notice;
    const log_sink_t *log = errand->sender->log;
    const char *to = name_masked(notice->to, errand->p);
    if (seconds(errand->now) - notice->made >= life_of(notice)) {
        log_error(log, "MPIN0502", "a mail to %s has not left for %s and is given up: %s", to,
                  notice->kind == NOTICE_ACTIVATE ? "an hour" : "a day", why);
        drop_mail(errand);
        return;
    }
    log_warn(log, "MPIN0503", "a mail to %s has not left, try %u: %s", to, notice->tries + 1, why);
    notice->next = seconds(errand->now) + pause_after(notice->tries++);
    keep_mail(errand);
}

static void say_delivery(const errand_t *errand, outbox_outcome_t outcome, apr_interval_time_t took)
{
    const notice_t *notice = &errand->notice;
    log_debug(errand->sender->log, "MPIN0785", "a mail to %s %s: it waited %u s, and took %d ms",
              name_masked(notice->to, errand->p),
              notice->kind == NOTICE_NONE ? "goes to nobody"
              : outcome == OUTBOX_SENT    ? "has left"
                                          : "has not left",
              seconds(errand->now) - notice->made, (int)apr_time_as_msec(took));
}

static bool deliver(errand_t *errand)
{
    const outbox_sender_t *sender = errand->sender;
    const notice_t *notice = &errand->notice;
    const char *why = "";
    if (!lease_mail(errand))
        return false;
    const apr_time_t began = apr_time_now();
    const outbox_outcome_t outcome = notice->kind == NOTICE_NONE
                                         ? OUTBOX_SENT
                                         : sender->send(sender->baton, notice, &why, errand->p);
    say_delivery(errand, outcome, apr_time_now() - began);
    if (outcome == OUTBOX_LATER) {
        if (*sender->stop)
            leave_mail(errand);
        else
            put_back(errand, why);
        return false;
    }
    if (outcome == OUTBOX_NEVER)
        log_error(sender->log, "MPIN0504", "a mail to %s was refused for good: %s",
                  name_masked(notice->to, errand->p), why);
    drop_mail(errand);
    return outcome == OUTBOX_SENT && notice->kind != NOTICE_NONE;
}

/* The clock goes on while mails are sent. */
static int send_share(const outbox_t *outbox, const outbox_sender_t *sender, outbox_share_t share,
                      apr_time_t now, apr_pool_t *p)
{
    const apr_time_t began = apr_time_now();
    const apr_time_t most =
        apr_time_from_sec(share == OUTBOX_TO_PEOPLE ? ROUND_SECONDS : STRANGERS_SECONDS);
    const char **ids;
    int sent = 0;
    if (store_members(outbox->store, STORE_LASTING, outbox_key(outbox, share, p), p, &ids) !=
        STORE_OK)
        return 0;
    apr_pool_t *each;
    apr_pool_create(&each, p);
    for (; *ids && !*sender->stop && apr_time_now() - began < most; ids++) {
        errand_t errand = {.outbox = outbox,
                           .sender = sender,
                           .share = share,
                           .id = *ids,
                           .now = now + apr_time_now() - began,
                           .p = each};
        sent += deliver(&errand);
        apr_pool_clear(each);
    }
    apr_pool_destroy(each);
    return sent;
}

int outbox_send(const outbox_t *outbox, const outbox_sender_t *sender, apr_time_t now,
                apr_pool_t *p)
{
    const apr_time_t began = apr_time_now();
    const int sent = send_share(outbox, sender, OUTBOX_TO_PEOPLE, now, p);
    return sent + send_share(outbox, sender, OUTBOX_TO_STRANGERS, now + apr_time_now() - began, p);
}

/* ---- looking --------------------------------------------------------------------------------- */

/* One that is held, or that somebody sends at this moment for the first time, is not late. */
static void look_at_mail(const store_record_t *record, outbox_waiting_t *waiting, apr_time_t now)
{
    notice_t notice;
    if (record->len != sizeof notice)
        return;
    memcpy(&notice, record->data, sizeof notice);
    if (notice.kind == NOTICE_NONE)
        return;
    waiting->count++;
    const apr_time_t made = apr_time_from_sec((apr_time_t)notice.made);
    if ((notice.tries || notice.next <= seconds(now)) &&
        (!waiting->oldest || made < waiting->oldest))
        waiting->oldest = made;
}

static store_status_t look_at_share(const outbox_t *outbox, outbox_share_t share,
                                    outbox_waiting_t *waiting, apr_time_t now, apr_pool_t *p)
{
    const char **ids;
    apr_pool_t *each;
    store_status_t status =
        store_members(outbox->store, STORE_LASTING, outbox_key(outbox, share, p), p, &ids);
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    apr_pool_create(&each, p);
    for (; *ids && status == STORE_OK; ids++) {
        store_record_t record;
        status = store_get(outbox->store, STORE_LASTING, mail_key(*ids, each), each, &record);
        if (status == STORE_OK)
            look_at_mail(&record, waiting, now);
        else if (status == STORE_MISSING)
            status = STORE_OK;
        apr_pool_clear(each);
    }
    apr_pool_destroy(each);
    return status;
}

store_status_t outbox_waiting(const outbox_t *outbox, outbox_waiting_t *waiting, apr_time_t now,
                              apr_pool_t *p)
{
    *waiting = (outbox_waiting_t){0, 0};
    const store_status_t status = look_at_share(outbox, OUTBOX_TO_PEOPLE, waiting, now, p);
    return status == STORE_OK ? look_at_share(outbox, OUTBOX_TO_STRANGERS, waiting, now, p)
                              : status;
}
