#include "rps/allowed.h"

#include "rps/application.h"

result_t *rps_not_allowed(rps_t *rps, const char *name, const char *no, apr_pool_t *p)
{
    const allow_rule_t *rule = &rps->settings->allow;
    if (rule->kind != ALLOW_URL)
        return allow_name(rps->allow, name, p) ? NULL : result_error(p, 403, "not_allowed", no);

    /* Only the name is in question: with no key in its hand the application activates nothing. */
    const verify_t verify = {
        .user_id = name, .mpin_id = "", .activate_key = "", .expire_time = "", .device = ""};
    bool active;
    return application_verify(rps, rule->url, &verify, no, &active, p);
}
