/* SPDX-License-Identifier: Apache-2.0 */
/* How everything is that a site depends on (status.h). */
#include "status/status.h"

#include <apr_strings.h>
#include <string.h>

#define MAIL_LATE apr_time_from_sec(300)
#define FILLING 80 /* fill_percent */

const char *part_state_word(part_state_t state)
{
    static const char *const words[] = {
        [PART_WELL] = "well", [PART_ODD] = "odd", [PART_BAD] = "bad"};
    return words[state];
}

/* Whole minutes, 1 at least, that something has been so. */
static int status_minutes(const status_t *status, apr_time_t since)
{
    const int minutes = (int)(apr_time_sec(status->now - since) / 60);
    return minutes > 0 ? minutes : 1;
}

static part_t *status_add(status_t *status, const char *name, part_state_t state, const char *word)
{
    part_t *part = &status->parts[status->part_count++];
    *part = (part_t){.name = name, .state = state, .word = word};
    return part;
}

static int fill_percent(const store_fill_t *fill)
{
    return fill->quota ? (int)(100 * fill->used / fill->quota) : 0;
}

/* With the day since which the one that seals now is there. */
static void look_at_keys(status_t *status, apr_pool_t *p)
{
    char date[KEY_DATE_SIZE] = "";
    unsigned char number;
    if (!status->keys) {
        status_add(status, "keys", PART_BAD, "keys_unread");
        return;
    }
    for (int i = 0; keys_root(status->keys, i, &number, date);)
        i++;
    part_t *part = status_add(status, "keys", PART_WELL, "keys_read");
    part->value = apr_pstrndup(p, date, strcspn(date, "T"));
}

static void look_at_store(status_t *status, apr_pool_t *p)
{
    const site_t *site = status->site;
    status->store_works = site->store && store_fill(site->store, status->fill) == STORE_OK;
    if (!status->store_works) {
        status_add(status, "store", PART_BAD, "store_down");
        return;
    }
    int full = 0;
    for (int i = 0; i < STORE_PARTS; i++)
        if (fill_percent(&status->fill[i]) > full)
            full = fill_percent(&status->fill[i]);
    part_t *part = full >= 100       ? status_add(status, "store", PART_BAD, "store_full")
                   : full >= FILLING ? status_add(status, "store", PART_ODD, "store_filling")
                                     : status_add(status, "store", PART_WELL, "store_works");
    part->value = apr_itoa(p, full);
}

static void look_at_queue(status_t *status, apr_pool_t *p)
{
    const site_t *site = status->site;
    const outbox_t outbox = {site->store, site->url.text};
    if (!site->mail || !site->store)
        return;
    if (outbox_waiting(&outbox, &status->mail, status->now, p) != STORE_OK)
        return; /* the store's part says so */
    const outbox_waiting_t *mail = &status->mail;
    const bool late = mail->oldest && status->now - mail->oldest >= MAIL_LATE;
    part_t *part = late          ? status_add(status, "mail", PART_BAD, "mail_late")
                   : mail->count ? status_add(status, "mail", PART_WELL, "mail_waits")
                                 : status_add(status, "mail", PART_WELL, "mail_left");
    part->since = late ? mail->oldest : 0;
    part->value = apr_itoa(p, late ? status_minutes(status, mail->oldest) : mail->count);
}

/* Somebody who is asked over HTTP. */
static void look_at_other(status_t *status, const char *name, health_t health)
{
    part_t *part = health.bad     ? status_add(status, name, PART_BAD, "other_silent")
                   : health.tried ? status_add(status, name, PART_WELL, "other_answers")
                                  : status_add(status, name, PART_WELL, "other_unasked");
    part->since = apr_time_from_sec((apr_time_t)(health.bad ? health.bad : health.good));
}

static void look_at_others(status_t *status)
{
    const site_t *site = status->site;
    const ledger_t *ledger = site->ledger;
    const rps_settings_t *rps = &site->rps_settings;
    if (site->remote_settings.url)
        look_at_other(status, "rps", ledger_health_of(ledger, LEDGER_OF_RPS));
    else
        status_add(status, "rps", site->rps ? PART_WELL : PART_BAD,
                   site->rps ? "here" : "store_down");
    if (site->second_dta && site->dta_health)
        look_at_other(status, "dta", health_read(site->dta_health));
    else
        status_add(status, "dta", site->dta ? PART_WELL : PART_BAD,
                   site->dta ? "here" : "store_down");
    if (rps->verify_url || rps->permit_url || rps->allow.url)
        look_at_other(status, "application", ledger_health_of(ledger, LEDGER_OF_APPLICATION));
    if (site->sms || site->workos)
        look_at_other(status, "senders", ledger_health_of(ledger, LEDGER_OF_SENDERS));
}

/* Sign-outs, by which sessions of before are told from others. */
static void look_at_revocations(status_t *status, apr_pool_t *p)
{
    const site_t *site = status->site;
    if (!site->revocations)
        return;
    const bool fresh = revocations_refresh(site->revocations);
    status->revocations = revocations_known(site->revocations);
    status->behind = fresh ? 0 : revocations_behind(site->revocations);
    part_t *part = fresh ? status_add(status, "signouts", PART_WELL, "signouts_known")
                         : status_add(status, "signouts", PART_BAD, "signouts_unread");
    part->since = status->behind;
    part->value = apr_psprintf(p, "%" APR_SIZE_T_FMT, status->revocations);
}

static void look_at_audit(status_t *status, apr_pool_t *p)
{
    const journal_t *audit = status->site->audit;
    if (!audit)
        return;
    status->audit_lost = journal_lost(audit);
    part_t *part = status->audit_lost ? status_add(status, "audit", PART_BAD, "audit_loses")
                                      : status_add(status, "audit", PART_WELL, "audit_written");
    part->value = apr_psprintf(p, "%" APR_UINT64_T_FMT, status->audit_lost);
}

static const part_t *worst_of(const status_t *status)
{
    const part_t *worst = NULL;
    for (int i = 0; i < status->part_count; i++)
        if (status->parts[i].state > (worst ? worst->state : PART_WELL))
            worst = &status->parts[i];
    return worst;
}

void status_gather(status_t *status, const server_rec *server, const site_t *site, apr_pool_t *p)
{
    *status = (status_t){.site = site, .now = apr_time_now(), .keys = site_keys(server)};
    look_at_keys(status, p);
    look_at_store(status, p);
    look_at_queue(status, p);
    look_at_others(status);
    look_at_revocations(status, p);
    look_at_audit(status, p);
    status->worst = worst_of(status);
}
