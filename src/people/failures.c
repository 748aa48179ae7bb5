#include "people/inside.h"

#include <string.h>
#include "base/bytes.h"

/* Wrong PINs. `failures` and `cleared` only rise, so a success that is slow, repeated or comes out
 * of order can't take away failures that it hasn't seen. A success waits for no disk: what it
 * clears is written to the fleeting store, where every process sees it at once, and behind, where
 * it outlasts the machine; the next failure merges it into the identity. */

#define RECENT_SECONDS (30U * 24 * 3600)

/* ---- what successes have cleared --------------------------------------------------------------
 */

/* layout 1 | cleared 4 */
#define CLEARED_LAYOUT 1
#define CLEARED_RECORD 5

/* In the fleeting store; long enough for the batching thread by far. */
#define CLEARED_LIFE apr_time_from_sec(30L * 24 * 3600)

static const char *cleared_key(const identity_t *identity, apr_pool_t *p)
{
    return people_key("cleared", identity->handle, HANDLE_BYTES, p);
}

/* 0, and an empty `seen`, where there is no record. */
static store_status_t cleared_in(people_t *people, store_class_t in, const identity_t *identity,
                                 uint32_t *cleared, store_record_t *seen, apr_pool_t *p)
{
    const char *key = cleared_key(identity, p);
    *cleared = 0;
    *seen = (store_record_t){0};
    store_status_t status = store_get(people->store, in, key, p, seen);
    if (status)
        return status == STORE_MISSING ? STORE_OK : status;
    bytes_in_t record = bytes_in(seen->data, seen->len);
    uint8_t layout = bytes_get_u8(&record);
    *cleared = bytes_get_u32(&record);
    return bytes_all_read(&record) && layout == CLEARED_LAYOUT ? STORE_OK
                                                               : people_unreadable(people, key);
}

/* How many of the identity's failures are cleared by now, by whatever record. */
static store_status_t all_cleared(people_t *people, const identity_t *identity, uint32_t *cleared,
                                  apr_pool_t *p)
{
    static const store_class_t classes[] = {STORE_FLEETING, STORE_BEHIND};
    *cleared = identity->cleared;
    for (int i = 0; i < 2 && *cleared < identity->failures; i++) {
        uint32_t also;
        store_record_t seen;
        store_status_t status = cleared_in(people, classes[i], identity, &also, &seen, p);
        if (status)
            return status;
        if (also > *cleared)
            *cleared = also < identity->failures ? also : identity->failures;
    }
    return STORE_OK;
}

/* Clears all of the identity's failures; a record that says more already is left alone. */
static store_status_t clear(people_t *people, const identity_t *identity, apr_time_t now,
                            apr_pool_t *p)
{
    unsigned char record[CLEARED_RECORD];
    bytes_out_t out = bytes_out(record, sizeof(record));
    bytes_put_u8(&out, CLEARED_LAYOUT);
    bytes_put_u32(&out, identity->failures);

    const char *key = cleared_key(identity, p);
    store_status_t status;
    do {
        uint32_t there;
        store_record_t seen;
        status = cleared_in(people, STORE_FLEETING, identity, &there, &seen, p);
        if (status || there >= identity->failures)
            return status;
        status = seen.len ? store_swap(people->store, STORE_FLEETING, key, &seen, record,
                                       sizeof(record), now + CLEARED_LIFE)
                          : store_add(people->store, STORE_FLEETING, key, record, sizeof(record),
                                      now + CLEARED_LIFE);
    } while (status == STORE_EXISTS || status == STORE_CHANGED);
    return status ? status : store_put(people->store, STORE_BEHIND, key, record, sizeof(record), 0);
}

/* ---- counting ---------------------------------------------------------------------------------
 */

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
    store_status_t status = all_cleared(people, identity, &cleared, p);
    *consecutive = identity->failures - cleared;
    return status;
}

static void add_failure(identity_t *identity, uint32_t limit, apr_time_t now)
{
    identity->failures++;
    memmove(identity->recent + 1, identity->recent,
            (RECENT_FAILURES - 1) * sizeof(identity->recent[0]));
    identity->recent[0] = people_seconds(now);
    if (identity->failures - identity->cleared >= limit ||
        people_recent_failures(identity, now) >= RECENT_FAILURES)
        identity->state = IDENTITY_LOCKED;
}

store_status_t people_failed(people_t *people, identity_t *identity, uint32_t limit, apr_time_t now,
                             uint32_t *consecutive, apr_pool_t *p)
{
    store_record_t seen;
    store_status_t status;
    do {
        status = people_load_identity(people, identity->handle, identity, &seen, p);
        if (status)
            return status;
        status = all_cleared(people, identity, &identity->cleared, p);
        if (status)
            return status;
        if (identity->state == IDENTITY_ACTIVE) {
            add_failure(identity, limit, now);
            status = people_swap_identity(people, identity, &seen, p);
        }
        *consecutive = identity->failures - identity->cleared;
    } while (status == STORE_CHANGED);
    return status;
}

/* ---- success ----------------------------------------------------------------------------------
 */

static store_status_t forget_replaced(people_t *people, const identity_t *identity, apr_pool_t *p)
{
    identity_t fresh;
    store_record_t seen;
    store_status_t status;
    do {
        status = people_load_identity(people, identity->handle, &fresh, &seen, p);
        if (status)
            return status;
        memset(fresh.replaces, 0, HANDLE_BYTES);
        status = people_swap_identity(people, &fresh, &seen, p);
    } while (status == STORE_CHANGED);
    return status;
}

/* The one place where a success waits for the disk: once, the first time that a new PIN is used. */
static store_status_t retire_replaced(people_t *people, const identity_t *identity, apr_time_t now,
                                      apr_pool_t *p)
{
    identity_t old;
    store_status_t status = people_identity(people, identity->replaces, &old, p);
    if (status == STORE_OK && memcmp(old.uid, identity->uid, UID_BYTES) == 0)
        status = people_revoke_identity(people, old.handle, now, p);
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    return forget_replaced(people, identity, p);
}

store_status_t people_succeeded(people_t *people, const identity_t *identity, apr_time_t now,
                                apr_pool_t *p)
{
    static const unsigned char none[HANDLE_BYTES];
    uint32_t consecutive;
    store_status_t status = people_failures(people, identity, &consecutive, p);
    if (status == STORE_OK && consecutive > 0)
        status = clear(people, identity, now, p);
    if (status == STORE_OK && memcmp(identity->replaces, none, HANDLE_BYTES) != 0)
        status = retire_replaced(people, identity, now, p);
    return status;
}
