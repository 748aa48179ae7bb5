#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "rps/pending.h"
#include "store/key.h"

#define VERSION 3
#define ROUNDS 10 /* compare-and-set tries */

static const char *key_of(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("pending", handle, HANDLE_BYTES, p);
}

store_status_t pending_keep(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            pending_t *pending, apr_time_t now, apr_pool_t *p)
{
    pending->version = VERSION;
    return store_add(rps->store, STORE_FLEETING, key_of(handle, p), pending, sizeof *pending,
                     now + apr_time_from_sec(PENDING_SECONDS));
}

static bool belongs(const pending_t *pending, const caller_t *caller,
                    const unsigned char reg_ott[TOKEN_BYTES])
{
    if (sodium_memcmp(pending->reg_ott, reg_ott, TOKEN_BYTES) != 0)
        return false;
    return !pending->bound || (caller->prelogin && sodium_memcmp(pending->browser, caller->prelogin,
                                                                 sizeof pending->browser) == 0);
}

static store_status_t read_record(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                                  pending_t *pending, store_record_t *record, apr_pool_t *p)
{
    store_status_t status = store_get(rps->store, STORE_FLEETING, key_of(handle, p), p, record);
    if (status != STORE_OK)
        return status;
    if (record->len != sizeof *pending)
        return STORE_MISSING;
    memcpy(pending, record->data, sizeof *pending);
    return pending->version == VERSION ? STORE_OK : STORE_MISSING;
}

store_status_t pending_get(rps_t *rps, const unsigned char handle[HANDLE_BYTES], pending_t *pending,
                           apr_pool_t *p)
{
    store_record_t record;
    return read_record(rps, handle, pending, &record, p);
}

store_status_t pending_find(rps_t *rps, const caller_t *caller,
                            const unsigned char handle[HANDLE_BYTES], const char *reg_ott,
                            pending_t *pending, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    if (!reg_ott || !hex_decode(reg_ott, token, sizeof token))
        return STORE_MISSING;
    store_status_t status = pending_get(rps, handle, pending, p);
    return status == STORE_OK && !belongs(pending, caller, token) ? STORE_MISSING : status;
}

store_status_t pending_activate(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    for (int round = 0; round < ROUNDS; round++) {
        pending_t pending;
        store_record_t seen;
        store_status_t status = read_record(rps, handle, &pending, &seen, p);
        if (status != STORE_OK || pending.active)
            return status;
        pending.active = 1;
        status = store_swap(rps->store, STORE_FLEETING, key_of(handle, p), &seen, &pending,
                            sizeof pending, seen.expires);
        if (status != STORE_CHANGED)
            return status;
    }
    return STORE_DOWN;
}

/* The count goes up before anybody learns whether the number was right. */
static store_status_t count_number(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                                   pending_t *pending, apr_pool_t *p)
{
    for (int round = 0; round < ROUNDS; round++) {
        store_record_t seen;
        store_status_t status = read_record(rps, handle, pending, &seen, p);
        if (status != STORE_OK || pending->active)
            return status;
        if (pending->wrong_numbers++ == WRONG_NUMBERS)
            return STORE_MISSING;
        status = store_swap(rps->store, STORE_FLEETING, key_of(handle, p), &seen, pending,
                            sizeof *pending, seen.expires);
        if (status != STORE_CHANGED)
            return status;
    }
    return STORE_DOWN;
}

store_status_t pending_confirm(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                               uint32_t number, apr_pool_t *p)
{
    pending_t pending;
    store_status_t status = count_number(rps, handle, &pending, p);
    if (status != STORE_OK || pending.active)
        return status;
    if (pending.number && number == pending.number)
        return pending_activate(rps, handle, p);
    if (pending.wrong_numbers < WRONG_NUMBERS)
        return STORE_CHANGED;
    status = pending_take(rps, handle, p);
    return status == STORE_OK ? STORE_MISSING : status;
}

store_status_t pending_take(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    store_record_t record;
    return store_take(rps->store, STORE_FLEETING, key_of(handle, p), p, &record);
}

bool pending_device_ok(const char *device)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-";
    return device && strlen(device) <= DEVICE_MAX && device[strspn(device, good)] == '\0';
}

result_t *pending_unknown(apr_pool_t *p)
{
    return result_error(p, 400, "registration_unknown", "Unknown mpinId or wrong regOTT.");
}
