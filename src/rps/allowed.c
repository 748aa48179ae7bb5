#include "rps/application.h"

result_t *rps_not_allowed(rps_t *rps, const char *name, const char *no, apr_pool_t *p)
{
    if (rps->settings->allow != ALLOW_URL)
        return allow_name(rps->allow, name, p) ? NULL : result_error(p, 403, "not_allowed", no);

    /* Only the name is in question: with no key in its hand the application can activate nothing.
     */
    const verify_t verify = {
        .user_id = name, .mpin_id = "", .activate_key = "", .expire_time = "", .device = ""};
    bool active;
    return application_verify(rps, rps->settings->allow_url, &verify, no, &active, p);
}

bool rps_allows(rps_t *rps, const char *name, apr_pool_t *p)
{
    return rps_not_allowed(rps, name, "This name is not allowed here.", p) == NULL;
}
