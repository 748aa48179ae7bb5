/* SPDX-License-Identifier: Apache-2.0 */
#include "web/directory.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>
#include <sodium.h>

#include "base/hex.h"

/* True of everybody, its outer parentheses left to mod_authnz_ldap; and mod_ldap, which answers
 * what it was asked before from memory (LDAPCacheTTL), was not asked this. */
static const char *new_filter(apr_pool_t *p)
{
    return apr_psprintf(p, "|(objectClass=*)(cn=mpin-%" APR_TIME_T_FMT ")", apr_time_now());
}

/* The filter as mod_authnz_ldap reads it from a Require line. NULL: it could not. */
static const void *parse_filter(const request_rec *at, const authz_provider *filter,
                                const char *text)
{
    const void *parsed = NULL;
    ap_directive_t nowhere = {.directive = "Require", .args = text, .filename = "", .line_num = 0};
    cmd_parms cmd = {
        .pool = at->pool, .temp_pool = at->pool, .server = at->server, .directive = &nowhere};
    const char *wrong = filter->parse_require_line(&cmd, text, &parsed);
    return wrong ? NULL : parsed;
}

static authz_status search(request_rec *at, const authz_provider *filter, const char *name)
{
    const char *text = new_filter(at->pool);
    const void *parsed = parse_filter(at, filter, text);
    if (!parsed)
        return AUTHZ_GENERAL_ERROR;
    at->request_config = ap_create_request_config(at->pool);
    at->user = apr_pstrdup(at->pool, name);
    return filter->check_authorization(at, text, parsed);
}

bool directory_answers(request_rec *at, const password_provider_t *provider)
{
    unsigned char random[16];
    const char *called;
    randombytes_buf(random, sizeof(random));
    const char *nobody = hex_encode(at->pool, random, sizeof(random));
    at->request_config = ap_create_request_config(at->pool);
    return providers_check(at, provider, nobody, nobody, &called) == AUTH_USER_NOT_FOUND;
}

account_word_t directory_ask(request_rec *at, const password_provider_t *provider, const char *name)
{
    const authz_provider *filter =
        ap_lookup_provider(AUTHZ_PROVIDER_GROUP, "ldap-filter", AUTHZ_PROVIDER_VERSION);
    if (!filter || !filter->parse_require_line)
        return ACCOUNT_UNSURE;
    if (search(at, filter, name) == AUTHZ_GRANTED)
        return ACCOUNT_KNOWN;
    if (!directory_answers(at, provider)) /* the authorization also says no when it could not ask */
        return ACCOUNT_UNSURE;
    switch (search(at, filter, name)) { /* it may have been away only then */
    case AUTHZ_GRANTED:
        return ACCOUNT_KNOWN;
    case AUTHZ_DENIED:
        return ACCOUNT_UNKNOWN;
    default:
        return ACCOUNT_UNSURE;
    }
}
