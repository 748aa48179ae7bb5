#include "remote/remote_mail.h"

#include <apr_strings.h>
#include <string.h>
#include "base/json.h"
#include "rps/granted.h"
#include "rps/mailed.h"
#include "remote/remote_ask.h"
#include "store/key.h"

#define ACTIVATE_MS 5000
#define ANSWER_MAX 65536
#define KEY_MAX 256 /* bytes of an activateKey */

static const char *key_of(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("remote-activation", handle, HANDLE_BYTES, p);
}

static store_status_t keep(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                           const char *mpin_id, const char *activate_key, pending_t *pending,
                           apr_pool_t *p)
{
    const char *text = json_write(
        p, json_tie(p, json_pack("{s:s, s:s}", "mpinId", mpin_id, "activateKey", activate_key)));
    store_status_t status =
        store_put(rps->store, STORE_FLEETING, key_of(id->handle, p), text, strlen(text),
                  caller->now + apr_time_from_sec(PENDING_SECONDS));
    if (status == STORE_OK)
        status = pending_take(rps, id->handle, p);
    return status == STORE_OK || status == STORE_MISSING
               ? pending_keep(rps, id->handle, pending, caller->now, p)
               : status;
}

/* The address is the RPS's, so the mail names none. */
result_t *remote_await_mail(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                            const char *mpin_id, const char *activate_key, pending_t *pending,
                            apr_pool_t *p)
{
    caller_t applicant = *caller;
    applicant.address = "";
    pending->made = (uint32_t)apr_time_sec(caller->now);
    pending->bound = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(pending->browser, caller->prelogin, sizeof pending->browser);
    store_status_t status = keep(rps, caller, id, mpin_id, activate_key, pending, p);
    return status == STORE_OK ? mailed_send(rps, &applicant, id, pending, p)
                              : store_refusal(status, p);
}

/* ---- the link was followed ------------------------------------------------------------------- */

static result_t *gone(apr_pool_t *p)
{
    return result_error(p, 410, "link_gone", "This link has been used, or is too old.");
}

static result_t *tell(rps_t *rps, const store_record_t *record, apr_pool_t *p)
{
    int status;
    const json_t *answer, *kept = json_read(p, (const char *)record->data, record->len);
    const char *mpin_id = json_text(kept, "mpinId", 2 * MPIN_ID_MAX);
    const char *activate_key = json_text(kept, "activateKey", KEY_MAX);
    if (!mpin_id || !activate_key)
        return gone(p);
    const question_t question = {"POST", apr_pstrcat(p, "/user/", mpin_id, NULL),
                                 json_tie(p, json_pack("{s:s}", "activateKey", activate_key)),
                                 ACTIVATE_MS, ANSWER_MAX};
    result_t *refusal = remote_ask(rps, &question, &status, &answer, p);
    if (refusal || status == 200)
        return refusal;
    return status >= 400 && status < 500
               ? gone(p)
               : remote_broken(rps, apr_psprintf(p, "status %d for an activation", status), p);
}

result_t *remote_activate(rps_t *rps, const caller_t *caller,
                          const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    pending_t pending;
    store_record_t record;
    store_status_t status = pending_get(rps, handle, &pending, p);
    if (status == STORE_OK && pending.active)
        return NULL;
    if (status == STORE_OK)
        status = store_get(rps->store, STORE_FLEETING, key_of(handle, p), p, &record);
    if (status != STORE_OK)
        return status == STORE_MISSING ? gone(p) : store_refusal(status, p);
    /* granted before it can sign in there */
    status = granted_keep(rps, handle, &pending, caller->now, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    result_t *refusal = tell(rps, &record, p);
    if (refusal)
        return refusal;
    status = pending_activate(rps, handle, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}
