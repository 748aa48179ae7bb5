/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/activation.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "rps/mailed.h"
#include "rps/pending.h"

/* ---- where links lead ------------------------------------------------------------------------ */

static bool began_here(const caller_t *caller, const pending_t *pending)
{
    return pending->bound && caller->prelogin &&
           sodium_memcmp(pending->browser, caller->prelogin, sizeof pending->browser) == 0;
}

static result_t *look_at_pending(rps_t *rps, const caller_t *caller, link_t *link, apr_pool_t *p)
{
    pending_t pending;
    const store_status_t status = pending_get(rps, link->handle, &pending, p);
    if (status == STORE_MISSING || (status == STORE_OK && pending.origin != ORIGIN_MAIL)) {
        log_debug(caller->log, "MPIN0761", "registration %s of this link waits no longer",
                  people_label(link->handle, p));
        return link_gone(p);
    }
    if (status != STORE_OK)
        return store_refusal(status, p);
    link->name = apr_pstrdup(p, pending.name);
    link->device = apr_pstrdup(p, pending.device);
    link->address = apr_pstrdup(p, pending.address);
    link->made = apr_time_from_sec(pending.made);
    link->done = pending.active;
    link->same_browser = began_here(caller, &pending);
    link->wants_number = !link->same_browser && pending.number;
    return NULL;
}

static result_t *look_at_identity(rps_t *rps, const caller_t *caller, link_t *link, apr_pool_t *p)
{
    identity_t identity;
    const store_status_t status = people_identity(rps->people, link->handle, &identity, p);
    if (status == STORE_MISSING) {
        log_debug(caller->log, "MPIN0761", "there is no identity %s",
                  people_label(link->handle, p));
        return link_gone(p);
    }
    if (status != STORE_OK)
        return store_refusal(status, p);
    link->name = apr_pstrdup(p, identity.name);
    link->device = apr_pstrdup(p, identity.device);
    link->address = "";
    link->made = apr_time_from_sec(identity.created);
    link->done = identity.state == IDENTITY_REVOKED;
    return NULL;
}

result_t *rps_link(rps_t *rps, const caller_t *caller, const char *token, link_t *link,
                   apr_pool_t *p)
{
    memset(link, 0, sizeof *link);
    if (!link_read(rps, token, &link->kind, link->handle)) {
        log_debug(caller->log, "MPIN0761",
                  "the link is none of ours: damaged, or of another key file");
        return link_gone(p);
    }
    return link->kind == LINK_ACTIVATE ? look_at_pending(rps, caller, link, p)
                                       : look_at_identity(rps, caller, link, p);
}

/* ---- following them -------------------------------------------------------------------------- */

/* Six digits, however they are grouped; 0 for anything else. */
static uint32_t read_confirm_number(const char *text)
{
    uint32_t number = 0;
    int digits = 0;
    for (; text && *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (*text < '0' || *text > '9' || ++digits > 6)
            return 0;
        number = number * 10 + (uint32_t)(*text - '0');
    }
    return digits == 6 ? number : 0;
}

result_t *rps_link_activated(const link_t *link, apr_pool_t *p)
{
    return rps_audited(result_ok(p, NULL), "activated_by_mail", link->name, link->handle, p);
}

static const char *activation_text(const link_t *link, store_status_t status)
{
    if (status == STORE_CHANGED)
        return "the number is not the pad's";
    if (status == STORE_MISSING)
        return link->same_browser ? "it has ended"
                                  : "it has ended, or that was the last wrong number";
    if (status != STORE_OK)
        return "the store is not there";
    return link->same_browser ? "it is active: this is its browser"
                              : "it is active: the number is the pad's";
}

static result_t *activate_by_link(rps_t *rps, const caller_t *caller, const link_t *link,
                                  const char *number, apr_pool_t *p)
{
    store_status_t status;
    if (link->same_browser)
        status = pending_activate(rps, link->handle, p);
    else if (link->wants_number)
        status = pending_confirm(rps, link->handle, read_confirm_number(number), p);
    else
        return result_error(p, 403, "other_browser",
                            "Open the link in the browser in which the registration began.");
    log_debug(caller->log, "MPIN0761", "the link of registration %s is followed: %s",
              people_label(link->handle, p), activation_text(link, status));
    if (status == STORE_CHANGED)
        return rps_audited(result_error(p, 403, "number_wrong",
                                        "That is not the number that the other device shows."),
                           "activation_refused", link->name, link->handle, p);
    if (status == STORE_MISSING)
        return link_gone(p);
    return status == STORE_OK ? rps_link_activated(link, p) : store_refusal(status, p);
}

/* The device is gone, with every session that it made. */
static result_t *withdraw_by_link(rps_t *rps, const caller_t *caller, const link_t *link,
                                  apr_pool_t *p)
{
    identity_t identity;
    store_status_t status = people_revoke_identity(rps->people, link->handle, caller->now, p);
    if (status == STORE_OK)
        status = people_identity(rps->people, link->handle, &identity, p);
    if (status != STORE_OK)
        return status == STORE_MISSING ? link_gone(p) : store_refusal(status, p);
    log_debug(caller->log, "MPIN0761",
              "the not-me link of identity %s is followed: it is withdrawn%s",
              people_label(link->handle, p), link->done ? " already" : "");
    if (!link->done)
        mailed_tell(rps, caller, NOTICE_REVOKED, &identity, p);
    return rps_audited(result_ok(p, NULL), "identity_revoked_by_mail", link->name, link->handle, p);
}

result_t *rps_link_follow(rps_t *rps, const caller_t *caller, const char *token, const char *number,
                          apr_pool_t *p)
{
    link_t link;
    result_t *refusal = rps_link(rps, caller, token, &link, p);
    if (refusal)
        return refusal;
    return link.kind == LINK_ACTIVATE ? activate_by_link(rps, caller, &link, number, p)
                                      : withdraw_by_link(rps, caller, &link, p);
}
