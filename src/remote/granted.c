/* SPDX-License-Identifier: Apache-2.0 */
#include "remote/granted.h"

#include <apr_strings.h>
#include <string.h>
#include "rps/allowed.h"
#include "rps/become.h"
#include "store/key.h"

/* A granted registration waits so long for its first login. */
#define LIFE apr_time_from_sec(30 * 86400)
#define LIFE_OPEN apr_time_from_sec(GRANTED_OPEN_SECONDS)

static const char *granted_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("granted", handle, HANDLE_BYTES, p);
}

store_status_t granted_keep(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            const pending_t *pending, apr_time_t now, apr_pool_t *p)
{
    const bool open = pending->origin == ORIGIN_OPEN;
    return store_put(rps->store, open ? STORE_FLEETING : STORE_LASTING, granted_key(handle, p),
                     pending, sizeof *pending, now + (open ? LIFE_OPEN : LIFE));
}

static store_status_t read_granted(rps_t *rps, store_class_t in,
                                   const unsigned char handle[HANDLE_BYTES], pending_t *pending,
                                   apr_pool_t *p)
{
    store_record_t record;
    store_status_t status = store_get(rps->store, in, granted_key(handle, p), p, &record);
    if (status != STORE_OK)
        return status;
    if (record.len != sizeof *pending)
        return STORE_MISSING;
    memcpy(pending, record.data, sizeof *pending);
    return STORE_OK;
}

store_status_t granted_find(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            pending_t *pending, apr_pool_t *p)
{
    store_status_t status = read_granted(rps, STORE_LASTING, handle, pending, p);
    return status == STORE_MISSING ? read_granted(rps, STORE_FLEETING, handle, pending, p) : status;
}

/* ---- the first login ------------------------------------------------------------------------- */

static result_t *user_named(rps_t *rps, const caller_t *caller, const char *name, user_t *user,
                            apr_pool_t *p)
{
    store_status_t status = people_claim(rps->people, name, caller->now, user, p);
    if (status == STORE_EXISTS)
        return result_error(p, 403, "name_taken", "This name was somebody's until lately.");
    if (status != STORE_OK)
        return store_refusal(status, p);
    return user->state == USER_ACTIVE
               ? NULL
               : result_error(p, 403, "user_disabled", "This account is disabled.");
}

/* Older than this site. */
static result_t *take_over(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                           const char *name, apr_pool_t *p)
{
    pending_t pending;
    memset(&pending, 0, sizeof pending);
    result_t *refusal = rps_not_allowed(rps, caller, name, "This account may not sign in here.", p);
    if (refusal)
        return refusal;
    apr_cpystrn(pending.name, name, sizeof pending.name);
    pending.origin = rps->settings->register_open ? ORIGIN_OPEN : ORIGIN_MAIL;
    if (pending.origin == ORIGIN_OPEN)
        return become_identity(rps, caller, id, &pending, p);

    user_t user;
    refusal = user_named(rps, caller, name, &user, p);
    return refusal ? refusal : become_device(rps, caller, id, &pending, &user, p);
}

static result_t *become_granted(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                const pending_t *pending, const char *name, apr_pool_t *p)
{
    if (strcmp(pending->name, name) != 0)
        return result_error(p, 403, "not_allowed", "Another name was granted.");
    result_t *refusal = become_told(rps, caller, id, pending, p);
    if (refusal && refusal->status == 400) /* its user has signed out everywhere since */
        return result_error(p, 403, "identity_revoked", "This device's access was withdrawn.");
    if (!refusal) {
        store_delete(rps->store, STORE_LASTING, granted_key(id->handle, p));
        store_delete(rps->store, STORE_FLEETING, granted_key(id->handle, p));
    }
    return refusal;
}

result_t *granted_become(rps_t *rps, const caller_t *caller, const mpin_id_t *id, const char *name,
                         apr_pool_t *p)
{
    identity_t identity;
    pending_t pending;
    store_status_t status = people_identity(rps->people, id->handle, &identity, p);
    if (status == STORE_OK)
        return NULL;
    if (status == STORE_MISSING)
        status = granted_find(rps, id->handle, &pending, p);
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);

    result_t *refusal = status == STORE_OK ? become_granted(rps, caller, id, &pending, name, p)
                                           : take_over(rps, caller, id, name, p);
    log_debug(caller->log, "MPIN0781", "identity %s of %s signs in here for the first time: %s",
              people_label(id->handle, p), name_masked(name, p),
              refusal              ? refusal->code
              : status == STORE_OK ? "it was granted"
                                   : "it is older than this site, and taken over");
    /* One of two first logins at once makes it, for both. */
    return refusal && people_identity(rps->people, id->handle, &identity, p) == STORE_OK ? NULL
                                                                                         : refusal;
}
