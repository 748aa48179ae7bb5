/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/tries.h"

#include "base/bytes.h"
#include "store/change.h"
#include "store/key.h"

#define LAYOUT 1
#define RECORD (1 + 4 * 4)
#define DAY 86400 /* seconds */
#define KEPT apr_time_from_sec(2 * DAY)

/* layout 1 | wrong 4 | until 4 | day 4 | today 4 */
typedef struct tally_t {
    uint32_t wrong; /* in a row */
    uint32_t until; /* nobody tries before: seconds */
    uint32_t day;   /* since 1970 */
    uint32_t today; /* wrong ones on that day */
} tally_t;

typedef struct tallying_t {
    uint32_t now;
    int wait;
    void (*alter)(tally_t *tally);
    unsigned char record[RECORD];
} tallying_t;

static const char *tries_key(const unsigned char uid[UID_BYTES], tries_t group, apr_pool_t *p)
{
    unsigned char both[UID_BYTES + 1];
    memcpy(both, uid, UID_BYTES);
    both[UID_BYTES] = (unsigned char)group;
    return store_key("tries", both, sizeof(both), p);
}

static bool read_tally(const store_record_t *record, tally_t *tally)
{
    bytes_in_t in = bytes_in(record->data, record->len);
    const uint8_t layout = bytes_get_u8(&in);
    tally->wrong = bytes_get_u32(&in);
    tally->until = bytes_get_u32(&in);
    tally->day = bytes_get_u32(&in);
    tally->today = bytes_get_u32(&in);
    return bytes_all_read(&in) && layout == LAYOUT;
}

/* The day's wrong codes count to its end, also after a right one. */
static apr_time_t last_needed(const tally_t *tally)
{
    const apr_time_t end = ((apr_time_t)tally->day + 1) * DAY;
    return end > tally->until ? end : tally->until;
}

static void write_tally(tallying_t *counting, store_change_t *change, const tally_t *tally)
{
    bytes_out_t out = bytes_out(counting->record, RECORD);
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u32(&out, tally->wrong);
    bytes_put_u32(&out, tally->until);
    bytes_put_u32(&out, tally->day);
    bytes_put_u32(&out, tally->today);
    change->data = counting->record;
    change->len = RECORD;
    change->expires = apr_time_from_sec(last_needed(tally)) + KEPT;
}

static bool tally_of(const store_change_t *change, tally_t *tally)
{
    *tally = (tally_t){0};
    return !change->seen || read_tally(change->seen, tally);
}

/* So long after the wrong code that makes it `wrong` in a row. */
static uint32_t tries_pause(uint32_t wrong)
{
    uint32_t pause = TRIES_WAIT;
    if (wrong < TRIES_FREE)
        return 0;
    for (; wrong > TRIES_FREE && pause < TRIES_WAIT_MAX; wrong--)
        pause *= 2;
    return pause < TRIES_WAIT_MAX ? pause : TRIES_WAIT_MAX;
}

static store_status_t begin_step(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    tallying_t *counting = baton;
    tally_t tally;
    (void)scratch;
    if (!tally_of(change, &tally))
        return STORE_DOWN;
    const uint32_t now = counting->now, day = now / DAY;
    if (tally.day != day) {
        tally.day = day;
        tally.today = 0;
    }
    if (tally.until > now + TRIES_WAIT_MAX) /* the clock was ahead, and was set back */
        tally.until = now + TRIES_WAIT_MAX;
    counting->wait = tally.until > now            ? (int)(tally.until - now)
                     : tally.today >= TRIES_A_DAY ? (int)((day + 1) * DAY - now)
                                                  : 0;
    if (counting->wait)
        return STORE_OK;
    tally.wrong++;
    tally.today++;
    tally.until = now + tries_pause(tally.wrong);
    write_tally(counting, change, &tally);
    return STORE_OK;
}

store_status_t tries_begin(factors_t *factors, const unsigned char uid[UID_BYTES], tries_t group,
                           apr_time_t now, int *wait, apr_pool_t *p)
{
    tallying_t counting = {.now = (uint32_t)apr_time_sec(now)};
    const store_status_t status = store_change(factors_store(factors), STORE_LASTING,
                                               tries_key(uid, group, p), begin_step, &counting, p);
    *wait = counting.wait;
    return status;
}

static store_status_t alter_tally(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    tallying_t *counting = baton;
    tally_t tally;
    (void)scratch;
    if (!change->seen)
        return STORE_OK;
    if (!tally_of(change, &tally))
        return STORE_DOWN;
    counting->alter(&tally);
    write_tally(counting, change, &tally);
    return STORE_OK;
}

static void take_one_back(tally_t *tally)
{
    tally->wrong -= tally->wrong > 0;
    tally->today -= tally->today > 0;
    if (tally->wrong < TRIES_FREE)
        tally->until = 0;
}

static void forget_wrong(tally_t *tally)
{
    take_one_back(tally);
    tally->wrong = tally->until = 0;
}

store_status_t tries_right(factors_t *factors, const unsigned char uid[UID_BYTES], tries_t group,
                           apr_pool_t *p)
{
    tallying_t counting = {.alter = forget_wrong};
    return store_change(factors_store(factors), STORE_LASTING, tries_key(uid, group, p),
                        alter_tally, &counting, p);
}

store_status_t tries_take_back(factors_t *factors, const unsigned char uid[UID_BYTES],
                               tries_t group, apr_pool_t *p)
{
    tallying_t counting = {.alter = take_one_back};
    return store_change(factors_store(factors), STORE_LASTING, tries_key(uid, group, p),
                        alter_tally, &counting, p);
}

store_status_t tries_erase(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    store_status_t status = STORE_OK;
    for (tries_t group = TRIES_CODE; status == STORE_OK && group <= TRIES_WORKOS; group++)
        status = store_delete(store, STORE_LASTING, tries_key(uid, group, p));
    return status;
}
