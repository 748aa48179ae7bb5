/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong PINs: counted, and cleared by a success. */
#include "people/records.h"

#include <string.h>
#include "base/bytes.h"
#include "store/key.h"

/* `failures` and `cleared` only rise, so a success that is slow, repeated or comes out of order
 * can't take away failures that it hasn't seen. A success waits for no disk: what it clears is a
 * record of its own, written behind, and the next failure merges it into the identity. */

#define RECENT_SECONDS (30U * 24 * 3600)

/* ---- what successes have cleared ------------------------------------------------------------- */

/* layout 1 | cleared 4 */
#define CLEARED_LAYOUT 1
#define CLEARED_RECORD 5

static const char *cleared_key(const identity_t *identity, apr_pool_t *p)
{
    return store_key("cleared", identity->handle, HANDLE_BYTES, p);
}

/* The identity's failures that are cleared by now, never more than it has. */
static store_status_t cleared_by_now(people_t *people, const identity_t *identity,
                                     uint32_t *cleared, apr_pool_t *p)
{
    const char *key = cleared_key(identity, p);
    store_record_t record;

    *cleared = identity->cleared;
    if (identity->cleared == identity->failures)
        return STORE_OK;
    store_status_t status = store_get(people->store, STORE_BEHIND, key, p, &record);
    if (status)
        return status == STORE_MISSING ? STORE_OK : status;

    bytes_in_t in = bytes_in(record.data, record.len);
    uint8_t layout = bytes_get_u8(&in);
    uint32_t behind = bytes_get_u32(&in);
    if (!bytes_all_read(&in) || layout != CLEARED_LAYOUT)
        return people_unreadable(people, key);
    if (behind > identity->failures)
        behind = identity->failures;
    if (behind > *cleared)
        *cleared = behind;
    return STORE_OK;
}

/* Clears all of the identity's failures, as it was read. Of two successes at once the one that saw
 * less may win: then a failure counts again, which is the safe side. */
static store_status_t clear_behind(people_t *people, const identity_t *identity, apr_pool_t *p)
{
    unsigned char record[CLEARED_RECORD];
    bytes_out_t out = bytes_out(record, sizeof(record));
    bytes_put_u8(&out, CLEARED_LAYOUT);
    bytes_put_u32(&out, identity->failures);
    return store_put(people->store, STORE_BEHIND, cleared_key(identity, p), record, sizeof(record),
                     0);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* A time that is still to come counts too: it shall not help to set a clock back. */
int people_recent_failures(const identity_t *identity, apr_time_t now)
{
    const uint32_t seconds = people_seconds(now);
    int count = 0;
    for (int i = 0; i < RECENT_FAILURES; i++) {
        const uint32_t then = identity->recent[i];
        if (then != 0 && (then > seconds || seconds - then < RECENT_SECONDS))
            count++;
    }
    return count;
}

store_status_t people_failures(people_t *people, const identity_t *identity, uint32_t *consecutive,
                               apr_pool_t *p)
{
    uint32_t cleared;
    store_status_t status = cleared_by_now(people, identity, &cleared, p);
    *consecutive = identity->failures - cleared;
    return status;
}

typedef struct failing_t {
    people_t *people;
    uint32_t limit;
    apr_time_t now;
    uint32_t consecutive;
} failing_t;

static store_status_t add_failure(void *baton, identity_t *identity, apr_pool_t *scratch)
{
    failing_t *failing = baton;
    uint32_t cleared;
    store_status_t status = cleared_by_now(failing->people, identity, &cleared, scratch);
    if (status)
        return status;
    failing->consecutive = identity->failures - cleared;
    if (identity->state != IDENTITY_ACTIVE)
        return STORE_OK;
    identity->cleared = cleared;
    identity->failures++;
    failing->consecutive++;
    memmove(identity->recent + 1, identity->recent,
            (RECENT_FAILURES - 1) * sizeof(identity->recent[0]));
    identity->recent[0] = people_seconds(failing->now);
    if (failing->consecutive >= failing->limit ||
        people_recent_failures(identity, failing->now) >= RECENT_FAILURES)
        identity->state = IDENTITY_LOCKED;
    return STORE_OK;
}

store_status_t people_failed(people_t *people, identity_t *identity, uint32_t limit, apr_time_t now,
                             uint32_t *consecutive, apr_pool_t *p)
{
    failing_t failing = {.people = people, .limit = limit, .now = now};
    store_status_t status =
        people_change_identity(people, identity->handle, identity, add_failure, &failing, p);
    *consecutive = failing.consecutive;
    return status;
}

/* ---- success --------------------------------------------------------------------------------- */

static store_status_t forget_replaced(void *baton, identity_t *identity, apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    memset(identity->replaces, 0, HANDLE_BYTES);
    return STORE_OK;
}

/* The one place where a success waits for the disk: once, the first time that a new PIN is used. */
static store_status_t retire_replaced(people_t *people, const identity_t *identity, apr_time_t now,
                                      apr_pool_t *p)
{
    identity_t old, fresh;
    store_status_t status = people_identity(people, identity->replaces, &old, p);
    if (status == STORE_OK && memcmp(old.uid, identity->uid, UID_BYTES) == 0) {
        log_debug(people->log, "MPIN0745",
                  "identity %s signed in for the first time: it replaces %s",
                  people_label(identity->handle, p), people_label(old.handle, p));
        status = people_revoke_identity(people, old.handle, now, p);
    }
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    return people_change_identity(people, identity->handle, &fresh, forget_replaced, NULL, p);
}

store_status_t people_succeeded(people_t *people, const identity_t *identity, apr_time_t now,
                                apr_pool_t *p)
{
    static const unsigned char none[HANDLE_BYTES];
    uint32_t consecutive;
    store_status_t status = people_failures(people, identity, &consecutive, p);
    if (status == STORE_OK && consecutive > 0) {
        log_debug(people->log, "MPIN0746", "identity %s signed in: its %u wrong PINs are cleared",
                  people_label(identity->handle, p), consecutive);
        status = clear_behind(people, identity, p);
    }
    if (status == STORE_OK && memcmp(identity->replaces, none, HANDLE_BYTES) != 0)
        status = retire_replaced(people, identity, now, p);
    return status;
}
