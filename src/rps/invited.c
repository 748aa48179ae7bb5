/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/invited.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "rps/allowed.h"
#include "rps/link.h"
#include "store/refusal.h"

static result_t *accepted_elsewhere(apr_pool_t *p)
{
    return result_error(p, 403, "other_browser",
                        "This invitation was opened in another browser: go on there.");
}

/* An invitation is no way back for a person who was disabled or deleted since it was made. */
static result_t *invited_user_refused(rps_t *rps, const char *name, apr_pool_t *p)
{
    user_t user;
    const store_status_t status = people_find(rps->people, name, &user, p);
    if (status == STORE_MISSING)
        return NULL;
    if (status != STORE_OK)
        return store_refusal(status, p);
    return user.state == USER_ACTIVE ? NULL : link_gone(p);
}

static result_t *invitation_refusal(rps_t *rps, const caller_t *caller, store_status_t status,
                                    const invitation_t *invitation, apr_pool_t *p)
{
    if (status == STORE_EXISTS)
        return accepted_elsewhere(p);
    if (status == STORE_MISSING)
        log_debug(caller->log, "MPIN1000",
                  "there is no such invitation: it was used, is over, or "
                  "never was");
    if (status != STORE_OK)
        return status == STORE_MISSING ? link_gone(p) : store_refusal(status, p);
    return invited_user_refused(rps, invitation->name, p);
}

result_t *rps_invitation(rps_t *rps, const caller_t *caller, const char *token,
                         invitation_t *invitation, apr_pool_t *p)
{
    if (!rps->settings->register_invite)
        return link_gone(p);
    store_status_t status = invitation_read(rps->people, token, invitation, p);
    if (status == STORE_OK && !sodium_is_zero(invitation->browser, PRELOGIN_ID_BYTES) &&
        (!caller->prelogin ||
         sodium_memcmp(invitation->browser, caller->prelogin, PRELOGIN_ID_BYTES) != 0))
        status = STORE_EXISTS;
    return invitation_refusal(rps, caller, status, invitation, p);
}

result_t *rps_invitation_accept(rps_t *rps, const caller_t *caller, const char *token,
                                apr_pool_t *p)
{
    invitation_t invitation;
    result_t *refusal = rps_invitation(rps, caller, token, &invitation, p);
    if (refusal)
        return refusal;
    if (!caller->prelogin)
        return accepted_elsewhere(p);
    const store_status_t status =
        invitation_accept(rps->people, token, caller->prelogin, caller->now, &invitation, p);
    refusal = invitation_refusal(rps, caller, status, &invitation, p);
    if (refusal)
        return refusal;
    result_t *done = result_ok(p, NULL);
    done->event = "invitation_accepted";
    done->user = apr_pstrdup(p, invitation.name);
    return done;
}

const char *invited_name(rps_t *rps, const caller_t *caller, apr_pool_t *p)
{
    invitation_t invitation;
    if (!rps->settings->register_invite || !caller->prelogin ||
        invitation_of(rps->people, caller->prelogin, &invitation, p) != STORE_OK)
        return NULL;
    return apr_pstrdup(p, invitation.name);
}

result_t *invited_prove(rps_t *rps, const caller_t *caller, const char *name, pending_t *pending,
                        apr_pool_t *p)
{
    result_t *refusal =
        rps->settings->allow.kind == ALLOW_NOBODY
            ? NULL
            : rps_not_allowed(rps, caller, name, "This name may not register here.", p);
    if (!refusal)
        refusal = invited_user_refused(rps, name, p);
    pending->origin = ORIGIN_INVITATION;
    return refusal;
}

result_t *invited_join(rps_t *rps, const caller_t *caller, const pending_t *pending,
                       store_together_t *together, store_piece_t **used, apr_pool_t *p)
{
    invitation_t invitation;
    store_status_t status = caller->prelogin
                                ? invitation_of(rps->people, caller->prelogin, &invitation, p)
                                : STORE_MISSING;
    if (status == STORE_MISSING ||
        (status == STORE_OK && strcmp(invitation.name, pending->name) != 0))
        return link_gone(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    *used = invitation_join(&invitation, together, p);
    return NULL;
}
