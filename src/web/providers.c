/* SPDX-License-Identifier: Apache-2.0 */
#include "web/providers.h"

#include <apr_strings.h>

authn_status providers_check(request_rec *r, const password_provider_t *provider, const char *user,
                             const char *password, const char **called)
{
    char *const user_before = r->user, *const type_before = r->ap_auth_type;

    r->user = apr_pstrdup(r->pool, user);
    r->ap_auth_type = apr_pstrdup(r->pool, "Basic");
    apr_table_setn(r->notes, AUTHN_PROVIDER_NAME_NOTE, provider->name);
    const authn_status status = provider->provider->check_password(r, user, password);
    apr_table_unset(r->notes, AUTHN_PROVIDER_NAME_NOTE);
    *called = r->user ? r->user : user;
    r->user = user_before;
    r->ap_auth_type = type_before;
    return status;
}

void providers_complain(const log_sink_t *log, const password_provider_t *provider)
{
    if (log_may_say(provider->told))
        log_error(log, "MPIN0510",
                  "the password provider %s is in trouble: nobody is signed in by it, and no wrong "
                  "password is counted; look at %s",
                  provider->name, provider->kind->look);
}
