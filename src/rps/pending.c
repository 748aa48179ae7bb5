/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/pending.h"
#include "base/unicode.h"

#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "store/change.h"
#include "store/key.h"

#define VERSION 4

static const char *pending_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("pending", handle, HANDLE_BYTES, p);
}

int64_t pending_of_strangers(const throttle_rule_t *address)
{
    const int64_t twice = 2 * address->count * apr_time_from_sec(3600) / address->window;
    return twice > PENDING_OF_STRANGERS ? twice : PENDING_OF_STRANGERS;
}

apr_interval_time_t pending_life(const rps_t *rps)
{
    const int seconds = rps->settings->pending_seconds;
    return apr_time_from_sec(seconds ? seconds : PENDING_SECONDS);
}

store_status_t pending_keep(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            pending_t *pending, apr_time_t now, apr_pool_t *p)
{
    /* The signed-in and the invited are no strangers. */
    const store_class_t in =
        pending->origin == ORIGIN_SESSION || pending->origin == ORIGIN_INVITATION ? STORE_COMING_IN
                                                                                  : STORE_FLEETING;
    pending->version = VERSION;
    return store_add(rps->store, in, pending_key(handle, p), pending, sizeof *pending,
                     now + pending_life(rps));
}

/* NULL where it is the caller's, else what tells that. */
static const char *not_of_caller(const pending_t *pending, const caller_t *caller,
                                 const unsigned char reg_ott[TOKEN_BYTES])
{
    if (sodium_memcmp(pending->reg_ott, reg_ott, TOKEN_BYTES) != 0)
        return "the regOTT is another";
    if (!pending->bound)
        return NULL;
    if (!caller->prelogin)
        return "the pre-login cookie of the browser in which it began did not come back";
    return sodium_memcmp(pending->browser, caller->prelogin, sizeof pending->browser) == 0
               ? NULL
               : "it began in another browser";
}

static bool decode_pending(const store_record_t *record, pending_t *pending)
{
    if (record->len != sizeof *pending)
        return false;
    memcpy(pending, record->data, sizeof *pending);
    return pending->version == VERSION;
}

store_status_t pending_get(rps_t *rps, const unsigned char handle[HANDLE_BYTES], pending_t *pending,
                           apr_pool_t *p)
{
    store_record_t record;
    store_status_t status =
        store_get(rps->store, STORE_FLEETING, pending_key(handle, p), p, &record);
    if (status != STORE_OK)
        return status;
    return decode_pending(&record, pending) ? STORE_OK : STORE_MISSING;
}

store_status_t pending_find(rps_t *rps, const caller_t *caller,
                            const unsigned char handle[HANDLE_BYTES], const char *reg_ott,
                            pending_t *pending, apr_pool_t *p)
{
    unsigned char token[TOKEN_BYTES];
    if (!reg_ott || !hex_decode(reg_ott, token, sizeof token))
        return STORE_MISSING;
    store_status_t status = pending_get(rps, handle, pending, p);
    const char *fault = status == STORE_OK ? not_of_caller(pending, caller, token) : NULL;
    if (status == STORE_MISSING)
        fault = "none waits: it took too long, was completed, or never was";
    if (fault)
        log_debug(caller->log, "MPIN0753", "registration %s: %s", people_label(handle, p), fault);
    return fault ? STORE_MISSING : status;
}

/* ---- changes --------------------------------------------------------------------------------- */

/* Writes `pending`, which lives longer than the step, in place of what is there. */
static void put_pending(store_change_t *change, const pending_t *pending)
{
    change->data = pending;
    change->len = sizeof *pending;
    change->expires = change->seen->expires;
}

/* So many at one registration at once is nobody's use of it. STORE_CHANGED means something else to
 * our callers. */
static store_status_t change_pending(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                                     store_step_t step, pending_t *pending, apr_pool_t *p)
{
    store_status_t status =
        store_change(rps->store, STORE_FLEETING, pending_key(handle, p), step, pending, p);
    return status == STORE_CHANGED ? STORE_DOWN : status;
}

static store_status_t step_activate(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    pending_t *pending = baton;
    (void)scratch;
    if (!change->seen || !decode_pending(change->seen, pending))
        return STORE_MISSING;
    if (pending->active)
        return STORE_OK;
    pending->active = 1;
    put_pending(change, pending);
    return STORE_OK;
}

store_status_t pending_activate(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    pending_t pending;
    return change_pending(rps, handle, step_activate, &pending, p);
}

/* The count goes up before anybody learns whether the number was right. */
static store_status_t step_number(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    pending_t *pending = baton;
    (void)scratch;
    if (!change->seen || !decode_pending(change->seen, pending))
        return STORE_MISSING;
    if (pending->active)
        return STORE_OK;
    if (pending->wrong_numbers++ == WRONG_NUMBERS)
        return STORE_MISSING;
    put_pending(change, pending);
    return STORE_OK;
}

store_status_t pending_confirm(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                               uint32_t number, apr_pool_t *p)
{
    pending_t pending;
    store_status_t status = change_pending(rps, handle, step_number, &pending, p);
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
    return store_take(rps->store, STORE_FLEETING, pending_key(handle, p), p, &record);
}

const char *pending_origin_text(const pending_t *pending)
{
    switch ((origin_t)pending->origin) {
    case ORIGIN_SESSION:
        return "by session";
    case ORIGIN_MAIL:
        return "by mail";
    case ORIGIN_INVITATION:
        return "by invitation";
    case ORIGIN_APPLICATION:
        return "by an application's word";
    case ORIGIN_OPEN:
        break;
    }
    return "as the first of its name";
}

bool pending_device_ok(const char *device)
{
    const int length = device ? unicode_printable_length(device) : -1;
    return length >= 0 && length <= DEVICE_CHARACTERS;
}

result_t *pending_unknown(apr_pool_t *p)
{
    return result_error(p, 400, "registration_unknown", "Unknown mpinId or wrong regOTT.");
}
