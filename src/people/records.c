/* SPDX-License-Identifier: Apache-2.0 */
#include "people/records.h"

#include "base/bytes.h"

/* Layouts: fixed order, big-endian, the first byte says which layout it is. */
#define USER_LAYOUT 2
#define IDENTITY_LAYOUT 1

/* layout 1 | uid 16 | version 4 | state 1 | created 4 | proven 4 | name text */
apr_size_t people_write_user(const user_t *user, unsigned char record[USER_RECORD_MAX])
{
    bytes_out_t out = bytes_out(record, USER_RECORD_MAX);
    bytes_put_u8(&out, USER_LAYOUT);
    bytes_put(&out, user->uid, UID_BYTES);
    bytes_put_u32(&out, user->version);
    bytes_put_u8(&out, (uint8_t)user->state);
    bytes_put_u32(&out, user->created);
    bytes_put_u32(&out, user->proven);
    bytes_put_text(&out, user->name);
    return bytes_written(&out);
}

bool people_read_user(const void *record, apr_size_t len, user_t *user)
{
    bytes_in_t in = bytes_in(record, len);
    uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, user->uid, UID_BYTES);
    user->version = bytes_get_u32(&in);
    user->state = (user_state_t)bytes_get_u8(&in);
    user->created = bytes_get_u32(&in);
    user->proven = bytes_get_u32(&in);
    bytes_get_text(&in, user->name, sizeof(user->name));
    return bytes_all_read(&in) && layout == USER_LAYOUT && user->state >= USER_ACTIVE &&
           user->state <= USER_DELETED && user->name[0];
}

/* layout 1 | handle 16 | uid 16 | state 1 | origin 1 | created 4 | failures 4 | cleared 4 | recent
 * 20 * 4 | replaces 16 | device text | name text */
apr_size_t people_write_identity(const identity_t *identity,
                                 unsigned char record[IDENTITY_RECORD_MAX])
{
    bytes_out_t out = bytes_out(record, IDENTITY_RECORD_MAX);
    bytes_put_u8(&out, IDENTITY_LAYOUT);
    bytes_put(&out, identity->handle, HANDLE_BYTES);
    bytes_put(&out, identity->uid, UID_BYTES);
    bytes_put_u8(&out, (uint8_t)identity->state);
    bytes_put_u8(&out, (uint8_t)identity->origin);
    bytes_put_u32(&out, identity->created);
    bytes_put_u32(&out, identity->failures);
    bytes_put_u32(&out, identity->cleared);
    for (int i = 0; i < RECENT_FAILURES; i++)
        bytes_put_u32(&out, identity->recent[i]);
    bytes_put(&out, identity->replaces, HANDLE_BYTES);
    bytes_put_text(&out, identity->device);
    bytes_put_text(&out, identity->name);
    return bytes_written(&out);
}

bool people_read_identity(const void *record, apr_size_t len, identity_t *identity)
{
    bytes_in_t in = bytes_in(record, len);
    uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, identity->handle, HANDLE_BYTES);
    bytes_get(&in, identity->uid, UID_BYTES);
    identity->state = (identity_state_t)bytes_get_u8(&in);
    identity->origin = (origin_t)bytes_get_u8(&in);
    identity->created = bytes_get_u32(&in);
    identity->failures = bytes_get_u32(&in);
    identity->cleared = bytes_get_u32(&in);
    for (int i = 0; i < RECENT_FAILURES; i++)
        identity->recent[i] = bytes_get_u32(&in);
    bytes_get(&in, identity->replaces, HANDLE_BYTES);
    bytes_get_text(&in, identity->device, sizeof(identity->device));
    bytes_get_text(&in, identity->name, sizeof(identity->name));
    return bytes_all_read(&in) && layout == IDENTITY_LAYOUT && identity->state >= IDENTITY_ACTIVE &&
           identity->state <= IDENTITY_REVOKED && identity->origin >= ORIGIN_OPEN &&
           identity->origin <= ORIGIN_APPLICATION && identity->cleared <= identity->failures &&
           identity->name[0];
}

store_status_t people_unreadable(people_t *people, const char *key)
{
    log_error(people->log, "MPIN0151",
              "The record %.24s... cannot be read: it is of another version of this module or "
              "damaged. Nobody is let in on its account. Restore the store from its backup, or "
              "start the version that wrote it.",
              key);
    return STORE_DOWN;
}

uint32_t people_seconds(apr_time_t now)
{
    return (uint32_t)apr_time_sec(now);
}

apr_time_t people_until(const people_t *people, apr_time_t now)
{
    return now + people->longest_session + apr_time_from_sec(600);
}
