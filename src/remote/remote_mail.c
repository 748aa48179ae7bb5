/* SPDX-License-Identifier: Apache-2.0 */
#include "remote/remote_mail.h"

#include <apr_strings.h>
#include <string.h>
#include "base/json.h"
#include "remote/granted.h"
#include "remote/remote_ask.h"
#include "rps/activation.h"
#include "rps/mailed.h"
#include "store/key.h"

#define ACTIVATE_MS 5000
#define ANSWER_MAX 65536
#define KEY_MAX 256 /* bytes of an activateKey */

static const char *activation_key(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("remote-activation", handle, HANDLE_BYTES, p);
}

static store_status_t keep_activation(remote_t *remote, const caller_t *caller, const mpin_id_t *id,
                                      const char *mpin_id, const char *activate_key,
                                      pending_t *pending, apr_pool_t *p)
{
    const char *text = json_write(
        p, json_tie(p, json_pack("{s:s, s:s}", "mpinId", mpin_id, "activateKey", activate_key)));
    store_status_t status =
        store_put(remote->rps->store, STORE_FLEETING, activation_key(id->handle, p), text,
                  strlen(text), caller->now + apr_time_from_sec(PENDING_SECONDS));
    if (status == STORE_OK)
        status = pending_take(remote->rps, id->handle, p);
    return status == STORE_OK || status == STORE_MISSING
               ? pending_keep(remote->rps, id->handle, pending, caller->now, p)
               : status;
}

/* The address is the RPS's, so the mail names none. */
result_t *remote_await_mail(remote_t *remote, const caller_t *caller, const mpin_id_t *id,
                            const char *mpin_id, const char *activate_key, pending_t *pending,
                            apr_pool_t *p)
{
    caller_t applicant = *caller;
    applicant.address = "";
    pending->made = (uint32_t)apr_time_sec(caller->now);
    pending->bound = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(pending->browser, caller->prelogin, sizeof pending->browser);
    store_status_t status = keep_activation(remote, caller, id, mpin_id, activate_key, pending, p);
    return status == STORE_OK ? mailed_send(remote->rps, &applicant, id, pending, p)
                              : store_refusal(status, p);
}

/* ---- the link was followed ------------------------------------------------------------------- */

static result_t *activate_there(remote_t *remote, const caller_t *caller,
                                const store_record_t *record, apr_pool_t *p)
{
    int status;
    const json_t *answer, *kept = json_read(p, (const char *)record->data, record->len);
    const char *mpin_id = json_text(kept, "mpinId", 2 * MPIN_ID_MAX);
    const char *activate_key = json_text(kept, "activateKey", KEY_MAX);
    if (!mpin_id || !activate_key)
        return link_gone(p);
    const question_t question = {"POST", apr_pstrcat(p, "/user/", mpin_id, NULL),
                                 json_tie(p, json_pack("{s:s}", "activateKey", activate_key)),
                                 ACTIVATE_MS, ANSWER_MAX};
    result_t *refusal = remote_ask(remote, caller, &question, &status, &answer, p);
    if (refusal || status == 200)
        return refusal;
    return status >= 400 && status < 500
               ? link_gone(p)
               : remote_broken(remote, apr_psprintf(p, "status %d for an activation", status), p);
}

/* A registration that is active already needs nothing. */
static result_t *activate_pending(remote_t *remote, const caller_t *caller,
                                  const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    rps_t *rps = remote->rps;
    pending_t pending;
    store_record_t record;
    store_status_t status = pending_get(rps, handle, &pending, p);
    if (status == STORE_OK && pending.active)
        return NULL;
    if (status == STORE_OK)
        status = store_get(rps->store, STORE_FLEETING, activation_key(handle, p), p, &record);
    if (status != STORE_OK)
        return status == STORE_MISSING ? link_gone(p) : store_refusal(status, p);
    /* granted before it can sign in there */
    status = granted_keep(rps, handle, &pending, caller->now, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    result_t *refusal = activate_there(remote, caller, &record, p);
    log_debug(caller->log, "MPIN0777", "the link of registration %s is followed: %s",
              people_label(handle, p), refusal ? refusal->code : "the RPS has activated it");
    if (refusal)
        return refusal;
    status = pending_activate(rps, handle, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

result_t *remote_link_follow(remote_t *remote, const caller_t *caller, const char *token,
                             const char *number, apr_pool_t *p)
{
    link_t link;
    result_t *refusal = rps_link(remote->rps, caller, token, &link, p);
    if (refusal)
        return refusal;
    if (link.kind != LINK_ACTIVATE || !link.same_browser)
        return rps_link_follow(remote->rps, caller, token, number, p);
    refusal = activate_pending(remote, caller, link.handle, p);
    return refusal ? refusal : rps_link_activated(&link, p);
}
