/* SPDX-License-Identifier: Apache-2.0 */
#include "web/token_owner.h"

#include <httpd.h>
#include <string.h>

#include "rps/rps.h"
#include "site/sink.h"
#include "store/refusal.h"
#include "web/provided.h"

/* A program cannot sign in again, and is told who can. */
static result_t *login_has_been_silent(const user_t *owner, const log_sink_t *log, apr_pool_t *p)
{
    log_debug(log, "MPIN1042",
              "a token of %s, of whom their trusted login has not said anything for longer than "
              "MPinTrustedMaxAge: it waits until they sign in by that",
              name_masked(owner->name, p));
    return result_error(p, HTTP_FORBIDDEN, "trusted_too_old",
                        "the owner of this token has to sign in by their other login first");
}

/* The list has local names only; whom a trusted login has named is that one's to let in. An application in
 * trouble is no word against anybody. */
result_t *token_owner_listed(const site_t *site, const caller_t *caller, const char *name,
                             apr_pool_t *p)
{
    if (!site->rps || strchr(name, ':'))
        return NULL;
    result_t *refusal = rps_admit_name(site->rps, caller, name, p);
    if (refusal && refusal->status != HTTP_FORBIDDEN)
        refusal->status = HTTP_SERVICE_UNAVAILABLE;
    return refusal;
}

result_t *token_owner_refusal(request_rec *r, const request_t *request, const user_t *owner)
{
    bool late = false;
    const log_sink_t log = sink_of_request(r);
    const caller_t caller = {.now = r->request_time, .address = r->useragent_ip, .log = &log};
    const store_status_t status =
        provided_is_late(request->site, owner->uid, r->request_time, &late, request->pool);
    if (status != STORE_OK)
        return store_refusal(status, request->pool);
    return late ? login_has_been_silent(owner, &log, request->pool)
                : token_owner_listed(request->site, &caller, owner->name, request->pool);
}
