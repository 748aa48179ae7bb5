/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/challenge.h"

#include "base/bytes.h"
#include "store/change.h"
#include "store/key.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* challenge:<uid><factor>, fleeting: layout 1 | session 16 | sent 4 | spent 1 | value, created,
 * expires text */
#define LAYOUT 1
#define RECORD                                                                                     \
    (1 + SESSION_ID_BYTES + 4 + 1 + 3 * (BYTES_NUMBER_MAX + 1) + CHALLENGE_VALUE +                 \
     2 * CHALLENGE_TIME)

typedef struct challenging_t {
    const turn_t *turn;
    const char *value;         /* of a new one; of the one that is meant */
    const challenge_t *filled; /* what is to be known of it */
    uint32_t again;
    int wait;
    unsigned char record[RECORD];
} challenging_t;

static const char *challenge_key(const turn_t *turn)
{
    unsigned char both[UID_BYTES + FACTOR_ID_BYTES];
    memcpy(both, turn->factor->uid, UID_BYTES);
    memcpy(both + UID_BYTES, turn->factor->id, FACTOR_ID_BYTES);
    return store_key("challenge", both, sizeof(both), turn->p);
}

static uint32_t now_of(const turn_t *turn)
{
    return (uint32_t)apr_time_sec(turn->caller->now);
}

static void write_challenge(challenging_t *work, store_change_t *change, const challenge_t *record)
{
    bytes_out_t out = bytes_out(work->record, sizeof(work->record));
    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, record->session, SESSION_ID_BYTES);
    bytes_put_u32(&out, record->sent);
    bytes_put_u8(&out, record->spent);
    bytes_put_text(&out, record->value);
    bytes_put_text(&out, record->created);
    bytes_put_text(&out, record->expires);
    change->data = work->record;
    change->len = bytes_written(&out);
    change->expires = apr_time_from_sec((apr_time_t)record->sent + CHALLENGE_LIFE);
}

static bool read_challenge(const store_record_t *seen, challenge_t *record)
{
    bytes_in_t in = bytes_in(seen->data, seen->len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, record->session, SESSION_ID_BYTES);
    record->sent = bytes_get_u32(&in);
    record->spent = bytes_get_u8(&in) != 0;
    bytes_get_text(&in, record->value, sizeof(record->value));
    bytes_get_text(&in, record->created, sizeof(record->created));
    bytes_get_text(&in, record->expires, sizeof(record->expires));
    return bytes_all_read(&in) && layout == LAYOUT;
}

/* By the clock of who asks: a record may outlive its time by a little. */
static bool is_too_old(const turn_t *turn, const challenge_t *record)
{
    return now_of(turn) >= record->sent + CHALLENGE_LIFE;
}

static bool is_of_session(const turn_t *turn, const challenge_t *record)
{
    const session_t *session = turn->caller->session;
    return session && sodium_memcmp(record->session, session->id, SESSION_ID_BYTES) == 0;
}

static store_status_t change_challenge(const turn_t *turn, store_step_t step, challenging_t *work)
{
    const store_status_t status = store_change(factors_store(turn->factors), STORE_COMING_IN,
                                               challenge_key(turn), step, work, turn->p);
    sodium_memzero(work->record, sizeof(work->record));
    return status;
}

/* ---- beginning ---- */

static int seconds_until_again(const turn_t *turn, const challenge_t *record, uint32_t again)
{
    const uint32_t now = now_of(turn);
    return record->sent + again > now ? (int)(record->sent + again - now) : 0;
}

static store_status_t begin_challenge(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    challenging_t *work = baton;
    const turn_t *turn = work->turn;
    challenge_t record = {.sent = 0};
    (void)scratch;
    if (!turn->caller->session)
        return STORE_MISSING;
    if (change->seen && !read_challenge(change->seen, &record))
        return STORE_DOWN;
    work->wait =
        change->seen && !record.spent ? seconds_until_again(turn, &record, work->again) : 0;
    if (work->wait)
        return STORE_OK;
    record = (challenge_t){.sent = now_of(turn)};
    memcpy(record.session, turn->caller->session->id, SESSION_ID_BYTES);
    apr_cpystrn(record.value, work->value, sizeof(record.value));
    write_challenge(work, change, &record);
    sodium_memzero(&record, sizeof(record));
    return STORE_OK;
}

store_status_t challenge_begin(const turn_t *turn, const char *value, int again, int *wait)
{
    challenging_t work = {.turn = turn, .value = value, .again = (uint32_t)again};
    const store_status_t status = change_challenge(turn, begin_challenge, &work);
    *wait = work.wait;
    return status;
}

/* The one that is meant, as it stands there; STORE_MISSING for any other. */
static store_status_t find_meant(challenging_t *work, const store_change_t *change,
                                 challenge_t *record)
{
    if (!change->seen)
        return STORE_MISSING;
    if (!read_challenge(change->seen, record))
        return STORE_DOWN;
    const apr_size_t len = strlen(work->value);
    const bool meant = is_of_session(work->turn, record) && !record->spent &&
                       strlen(record->value) == len &&
                       sodium_memcmp(record->value, work->value, len) == 0;
    return meant && !is_too_old(work->turn, record) ? STORE_OK : STORE_MISSING;
}

static store_status_t fill_challenge(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    challenging_t *work = baton;
    challenge_t record;
    (void)scratch;
    const store_status_t status = find_meant(work, change, &record);
    if (status != STORE_OK)
        return status;
    challenge_t filled = *work->filled;
    memcpy(filled.session, record.session, SESSION_ID_BYTES);
    filled.sent = record.sent;
    filled.spent = false;
    write_challenge(work, change, &filled);
    return STORE_OK;
}

store_status_t challenge_fill(const turn_t *turn, const challenge_t *filled)
{
    challenging_t work = {.turn = turn, .value = "", .filled = filled};
    return change_challenge(turn, fill_challenge, &work);
}

/* ---- answering ---- */

store_status_t challenge_get(const turn_t *turn, challenge_t *challenge)
{
    store_record_t record;
    const store_status_t status = store_get(factors_store(turn->factors), STORE_COMING_IN,
                                            challenge_key(turn), turn->p, &record);
    if (status != STORE_OK)
        return status;
    if (!read_challenge(&record, challenge))
        return STORE_DOWN;
    return is_of_session(turn, challenge) && !challenge->spent && *challenge->value &&
                   !is_too_old(turn, challenge)
               ? STORE_OK
               : STORE_MISSING;
}

/* It stays, without its value: so that another one is not sent too soon, and it is none any more. */
static store_status_t spend_challenge(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    challenging_t *work = baton;
    challenge_t record;
    (void)scratch;
    const store_status_t status = find_meant(work, change, &record);
    if (status != STORE_OK)
        return status;
    sodium_memzero(record.value, sizeof(record.value));
    record.spent = true;
    write_challenge(work, change, &record);
    return STORE_OK;
}

store_status_t challenge_spend(const turn_t *turn, const char *value)
{
    challenging_t work = {.turn = turn, .value = value};
    return change_challenge(turn, spend_challenge, &work);
}

store_status_t challenge_drop(const turn_t *turn, const char *value)
{
    const store_status_t status = challenge_spend(turn, value);
    return status == STORE_MISSING ? STORE_OK : status;
}

bool challenge_is_live(const turn_t *turn, int *again)
{
    challenge_t challenge;
    *again = 0;
    const bool live = challenge_get(turn, &challenge) == STORE_OK;
    if (live)
        *again = seconds_until_again(turn, &challenge, CHALLENGE_AGAIN);
    sodium_memzero(&challenge, sizeof(challenge));
    return live;
}

result_t *code_expired(apr_pool_t *p)
{
    return result_error(p, 410, "code_expired", "no code is on its way to this session");
}

result_t *code_soon(apr_pool_t *p, int wait)
{
    return result_later(p, "code_soon", "a code has just been sent", wait);
}
