/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/allowed.h"

#include "rps/application.h"

/* "any name", "domain", "file /etc/people": what MPinRegisterAllow says. */
static const char *allow_text(const allow_rule_t *rule)
{
    switch (rule->kind) {
    case ALLOW_NOBODY:
        return "is not there, so it allows nobody";
    case ALLOW_ANY:
        return "is any";
    case ALLOW_DOMAINS:
        return "lists domains";
    case ALLOW_FILE:
        return rule->file;
    case ALLOW_URL:
        break;
    }
    return rule->url;
}

result_t *rps_not_allowed(rps_t *rps, const caller_t *caller, const char *name, const char *no,
                          apr_pool_t *p)
{
    const allow_rule_t *rule = &rps->settings->allow;
    result_t *refusal = NULL;
    if (rule->kind == ALLOW_URL)
        refusal = application_allows(rps, caller, name, no, p);
    else if (!allow_name(rps->allow, name, p))
        refusal = result_error(p, 403, "not_allowed", no);
    log_debug(caller->log, "MPIN0747", "%s is %s by MPinRegisterAllow (%s)", name_masked(name, p),
              refusal ? "not allowed" : "allowed", allow_text(rule));
    return refusal;
}
