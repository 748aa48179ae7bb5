/* SPDX-License-Identifier: Apache-2.0 */
/* When identities last signed in, and the one that nobody has used for longest. */
#include "people/records.h"

#include <string.h>
#include "base/bytes.h"
#include "store/key.h"

/* layout 1 | seconds 4 */
#define USED_LAYOUT 1
#define USED_RECORD 5

#define USED_KEPT apr_time_from_sec(400L * 24 * 3600)
#define USED_STEP 3600 /* seconds: a use so soon after another one writes nothing */
#define UNUSED_SECONDS (UNUSED_DAYS * 24 * 3600)

/* When this store began to note uses; what was added before may be in use every day. */
#define SINCE_KEY "used-since"

static const char *used_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("used", handle, HANDLE_BYTES, p);
}

static void write_used(unsigned char record[USED_RECORD], uint32_t seconds)
{
    bytes_out_t out = bytes_out(record, USED_RECORD);
    bytes_put_u8(&out, USED_LAYOUT);
    bytes_put_u32(&out, seconds);
}

static store_status_t read_used(people_t *people, store_class_t in, const char *key,
                                uint32_t *seconds, apr_pool_t *p)
{
    store_record_t record;
    store_status_t status = store_get(people->store, in, key, p, &record);
    if (status)
        return status;
    bytes_in_t bytes = bytes_in(record.data, record.len);
    const uint8_t layout = bytes_get_u8(&bytes);
    *seconds = bytes_get_u32(&bytes);
    return bytes_all_read(&bytes) && layout == USED_LAYOUT ? STORE_OK
                                                           : people_unreadable(people, key);
}

void people_note_use(people_t *people, const unsigned char handle[HANDLE_BYTES], apr_time_t now,
                     apr_pool_t *p)
{
    const char *key = used_key(handle, p);
    const uint32_t seconds = people_seconds(now);
    unsigned char record[USED_RECORD];
    uint32_t last;
    if (read_used(people, STORE_BEHIND, key, &last, p) == STORE_OK && last <= seconds &&
        seconds - last < USED_STEP)
        return;
    write_used(record, seconds);
    store_put(people->store, STORE_BEHIND, key, record, sizeof record, now + USED_KEPT);
}

/* Of two that begin at once, the first decides. */
static store_status_t since_when(people_t *people, apr_time_t now, uint32_t *seconds, apr_pool_t *p)
{
    unsigned char record[USED_RECORD];
    store_status_t status = read_used(people, STORE_LASTING, SINCE_KEY, seconds, p);
    if (status != STORE_MISSING)
        return status;
    write_used(record, people_seconds(now));
    status = store_add(people->store, STORE_LASTING, SINCE_KEY, record, sizeof record, 0);
    *seconds = people_seconds(now);
    return status == STORE_EXISTS ? STORE_OK : status;
}

store_status_t people_last_use(people_t *people, const identity_t *identity, apr_time_t now,
                               uint32_t *seconds, apr_pool_t *p)
{
    store_status_t status =
        read_used(people, STORE_BEHIND, used_key(identity->handle, p), seconds, p);
    if (status != STORE_MISSING)
        return status;
    status = since_when(people, now, seconds, p);
    if (status == STORE_OK && *seconds < identity->created)
        *seconds = identity->created;
    return status;
}

store_status_t people_longest_unused(people_t *people, const unsigned char uid[UID_BYTES],
                                     apr_time_t now, identity_t *unused, apr_pool_t *p)
{
    identity_t *list;
    int count, found = -1;
    uint32_t oldest = people_seconds(now) - UNUSED_SECONDS;
    store_status_t status = people_identities(people, uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        uint32_t last;
        status = people_last_use(people, &list[i], now, &last, p);
        if (status != STORE_OK || last > oldest)
            continue;
        oldest = last;
        found = i;
    }
    if (status != STORE_OK || found < 0)
        return status == STORE_OK ? STORE_MISSING : status;
    *unused = list[found];
    return STORE_OK;
}
