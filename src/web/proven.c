/* SPDX-License-Identifier: Apache-2.0 */
#include "web/proven.h"

#include <apr_strings.h>
#include <string.h>

result_t *proven_refusal(const proven_t *proven, apr_pool_t *p)
{
    if (proven->user->state == USER_ACTIVE)
        return NULL;
    return result_error(p, 403, "user_disabled", "this account may not sign in");
}

session_t proven_session(const proven_t *proven)
{
    const user_t *user = proven->user;
    session_t session = {.version = user->version,
                         .amr = proven->amr,
                         .trusted = proven->trusted,
                         .told = proven->told};
    memcpy(session.uid, user->uid, sizeof(session.uid));
    if (proven->identity)
        memcpy(session.identity, proven->identity, sizeof(session.identity));
    apr_cpystrn(session.name, user->name, sizeof(session.name));
    apr_cpystrn(session.provider, proven->provider, sizeof(session.provider));
    return session;
}
