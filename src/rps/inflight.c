/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/inflight.h"

#include <sodium.h>
#include <string.h>
#include "store/change.h"
#include "store/key.h"

#define LAST_U_LIFE apr_time_from_sec(30 * 86400) /* how long a repeated U is remembered */

/* The record: this, then `passes` pass1_t, then `attempts` reservation_t, as they lie in memory: a
 * fleeting record never leaves its machine. One of another version or length is from before an
 * upgrade and counts as none. */
typedef struct header_t {
    unsigned char version, passes, attempts, zero;
    unsigned char last_u[16];
    unsigned char identity[MPIN_G1_BYTES];
} header_t;

#define VERSION 2

static void decode_inflight(const store_record_t *record, inflight_t *inflight, apr_time_t now)
{
    const unsigned char *at = record->data;
    header_t header;
    if (record->len < sizeof header)
        return;
    memcpy(&header, at, sizeof header);
    at += sizeof header;
    if (header.version != VERSION || header.passes > PASS1_LIVE || header.attempts > ATTEMPTS_MAX ||
        record->len != sizeof header + header.passes * sizeof(pass1_t) +
                           header.attempts * sizeof(reservation_t))
        return;

    memcpy(inflight->last_u, header.last_u, sizeof header.last_u);
    memcpy(inflight->identity, header.identity, sizeof header.identity);
    for (int i = 0; i < header.passes; i++, at += sizeof(pass1_t)) {
        pass1_t *pass = &inflight->pass[inflight->passes];
        memcpy(pass, at, sizeof *pass);
        inflight->passes += pass->expires > now;
    }
    for (int i = 0; i < header.attempts; i++, at += sizeof(reservation_t)) {
        reservation_t *attempt = &inflight->attempt[inflight->attempts];
        memcpy(attempt, at, sizeof *attempt);
        inflight->attempts += attempt->expires > now;
    }
}

static void encode_inflight(const inflight_t *inflight, store_change_t *change, apr_pool_t *p)
{
    header_t header = {.version = VERSION,
                       .passes = (unsigned char)inflight->passes,
                       .attempts = (unsigned char)inflight->attempts};
    apr_size_t passes = (apr_size_t)inflight->passes * sizeof(pass1_t);
    apr_size_t attempts = (apr_size_t)inflight->attempts * sizeof(reservation_t);
    memcpy(header.last_u, inflight->last_u, sizeof header.last_u);
    memcpy(header.identity, inflight->identity, sizeof header.identity);

    change->len = sizeof header + passes + attempts;
    unsigned char *record = apr_palloc(p, change->len);
    memcpy(record, &header, sizeof header);
    memcpy(record + sizeof header, inflight->pass, passes);
    memcpy(record + sizeof header + passes, inflight->attempt, attempts);
    change->data = record;
}

typedef struct inflight_change_t {
    inflight_step_t step;
    void *baton; /* of the step */
    apr_time_t now;
} inflight_change_t;

static store_status_t change_inflight(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    const inflight_change_t *wanted = baton;
    inflight_t inflight;
    memset(&inflight, 0, sizeof inflight);
    if (change->seen)
        decode_inflight(change->seen, &inflight, wanted->now);
    store_status_t status = wanted->step(wanted->baton, &inflight, scratch);
    if (status != STORE_OK || !inflight.changed)
        return status;
    encode_inflight(&inflight, change, scratch);
    change->expires = wanted->now + LAST_U_LIFE;
    return STORE_OK;
}

store_status_t inflight_change(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_time_t now,
                               inflight_step_t step, void *baton, apr_pool_t *p)
{
    inflight_change_t wanted = {step, baton, now};
    return store_change(rps->store, STORE_COMING_IN, store_key("login", handle, HANDLE_BYTES, p),
                        change_inflight, &wanted, p);
}

/* ---- pass1 ----------------------------------------------------------------------------------- */

static void digest_u(const pass1_t *pass, unsigned char digest[16])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, pass->u, sizeof pass->u);
    memcpy(digest, hash, 16);
}

bool inflight_repeats(const inflight_t *inflight, const pass1_t *pass)
{
    unsigned char digest[16];
    digest_u(pass, digest);
    if (memcmp(digest, inflight->last_u, sizeof digest) == 0)
        return true;
    for (int i = 0; i < inflight->passes; i++)
        if (memcmp(inflight->pass[i].u, pass->u, sizeof pass->u) == 0)
            return true;
    return false;
}

static void remove_pass(inflight_t *inflight, int at)
{
    inflight->passes--;
    memmove(&inflight->pass[at], &inflight->pass[at + 1],
            (size_t)(inflight->passes - at) * sizeof *inflight->pass);
}

/* A live pass1 is so much in the newcomer's way: the higher, the sooner it goes. */
static int is_in_the_way(const pass1_t *pass, const pass1_t *newcomer)
{
    bool same = memcmp(pass->address, newcomer->address, sizeof pass->address) == 0;
    return (pass->known ? 0 : 2) + (same ? 1 : 0);
}

/* They stand in the order in which they came: the first among equals is the oldest. */
static int pass_to_go(const inflight_t *inflight, const pass1_t *newcomer)
{
    int worst = 0;
    for (int i = 1; i < inflight->passes; i++)
        if (is_in_the_way(&inflight->pass[i], newcomer) >
            is_in_the_way(&inflight->pass[worst], newcomer))
            worst = i;
    return worst;
}

void inflight_add(inflight_t *inflight, const pass1_t *pass)
{
    if (inflight->passes == PASS1_LIVE)
        remove_pass(inflight, pass_to_go(inflight, pass));
    inflight->pass[inflight->passes++] = *pass;
    digest_u(pass, inflight->last_u);
}

/* ---- pass2 ----------------------------------------------------------------------------------- */

/* The one who answers: exactly one of `id` and `browser` is looked at, or neither. */
typedef struct answering_t {
    const unsigned char *id, *browser, *address;
} answering_t;

static bool answers_pass(const pass1_t *pass, const answering_t *who)
{
    if (who->id)
        return sodium_memcmp(pass->id, who->id, sizeof pass->id) == 0;
    if (who->browser)
        return pass->has_browser &&
               sodium_memcmp(pass->browser, who->browser, sizeof pass->browser) == 0;
    return !pass->has_browser &&
           (!who->address || memcmp(pass->address, who->address, sizeof pass->address) == 0);
}

static int take_answered(inflight_t *inflight, const answering_t *who, pass1_t taken[PASS1_LIVE])
{
    int count = 0;
    for (int i = 0; i < inflight->passes;)
        if (answers_pass(&inflight->pass[i], who)) {
            taken[count++] = inflight->pass[i];
            remove_pass(inflight, i);
        } else {
            i++;
        }
    return count;
}

int inflight_take(inflight_t *inflight, const unsigned char *pass_id, const unsigned char *browser,
                  const unsigned char address[ADDRESS_BYTES], pass1_t taken[PASS1_LIVE])
{
    answering_t who = {.id = pass_id, .browser = browser, .address = address};
    int count = take_answered(inflight, &who, taken);
    if (count || pass_id || browser)
        return count;
    who.address = NULL;
    return take_answered(inflight, &who, taken);
}

reservation_t *inflight_attempt(inflight_t *inflight, const unsigned char id[TOKEN_BYTES])
{
    for (int i = 0; i < inflight->attempts; i++)
        if (memcmp(inflight->attempt[i].id, id, TOKEN_BYTES) == 0)
            return &inflight->attempt[i];
    return NULL;
}
