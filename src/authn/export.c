/* SPDX-License-Identifier: Apache-2.0 */
/* What applications see of the user: variables and headers. */
#include "authn/authn.h"
#include "authn/check.h"
#include "base/name.h"

#include <apr_strings.h>
#include <string.h>

#define PREFIX "MPIN_"
#define REDIRECT "REDIRECT_"
#define LENGTH(text) (sizeof(text) - 1)

/* MPIN_... and REDIRECT_MPIN_..., as often redirected as may be. */
static bool is_our_variable(const char *name)
{
    while (strncasecmp(name, REDIRECT, LENGTH(REDIRECT)) == 0)
        name += LENGTH(REDIRECT);
    return strncasecmp(name, PREFIX, LENGTH(PREFIX)) == 0;
}

/* Nobody else may say who somebody is: not SetEnvIf of a header, not the first request of a
 * redirect. */
static void scrub_variables(apr_table_t *env)
{
    const apr_array_header_t *variables = apr_table_elts(env);
    for (int i = 0; i < variables->nelts;) {
        const char *name = APR_ARRAY_IDX(variables, i, apr_table_entry_t).key;
        if ((name[0] == 'M' || name[0] == 'm' || name[0] == 'R' || name[0] == 'r') &&
            is_our_variable(name))
            apr_table_unset(env, name);
        else
            i++;
    }
}

static const char *email_of(const session_t *session)
{
    return name_domain(session->name) ? session->name : NULL;
}

/* apr_ltoa costs thrice as much. */
static const char *decimal(uint32_t n, apr_pool_t *p)
{
    char *digit = (char *)apr_palloc(p, sizeof("4294967295")) + sizeof("4294967295") - 1;
    *digit = '\0';
    do
        *--digit = (char)('0' + n % 10);
    while (n /= 10);
    return digit;
}

static void export_variables(request_rec *r, const session_t *session)
{
    apr_table_t *env = r->subprocess_env; /* holds no MPIN_ now, so adding is setting */
    const char *email = email_of(session);

    if (email)
        apr_table_addn(env, "MPIN_EMAIL", email);
    apr_table_addn(env, "MPIN_PROVIDER", session->provider);
    apr_table_addn(env, "MPIN_AMR", session_amr_text(session->amr, r->pool));
    apr_table_addn(env, "MPIN_AUTH_TIME", decimal(session->auth_time, r->pool));
    apr_table_addn(env, "MPIN_SESSION",
                   session_handle(request_of(r)->site->sessions, session, r->pool));
}

static const char *field(request_rec *r, const session_t *session, const pass_header_t *header)
{
    switch (header->field) {
    case PASS_USER:
        return r->user;
    case PASS_EMAIL:
        return email_of(session);
    case PASS_PROVIDER:
        return apr_table_get(r->subprocess_env, "MPIN_PROVIDER");
    case PASS_AMR:
        return apr_table_get(r->subprocess_env, "MPIN_AMR");
    case PASS_AUTH_TIME:
        return apr_table_get(r->subprocess_env, "MPIN_AUTH_TIME");
    case PASS_SESSION:
        return apr_table_get(r->subprocess_env, "MPIN_SESSION");
    }
    return NULL;
}

/* A proxy takes away what the client's Connection names (RFC 9110, 7.6.1); that shall not make
 * anybody nobody. */
static void keep_from_connection(request_rec *r, const char *name)
{
    const char *connection = apr_table_get(r->headers_in, "Connection");
    if (connection && ap_find_token(r->pool, connection, name))
        apr_table_setn(r->headers_in, "Connection", "close");
}

static void export_headers(request_rec *r, const session_t *session)
{
    const apr_array_header_t *headers = request_of(r)->site->pass_headers;
    for (int i = 0; i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        const char *value = field(r, session, header);
        if (value) {
            apr_table_setn(r->headers_in, header->name, value);
            keep_from_connection(r, header->name);
        }
    }
}

/* First of all fixups, so that rewrite rules, RequestHeader and SetEnv can build on what we say. */
int authn_fixups(request_rec *r)
{
    if (!request_of(r))
        return DECLINED;
    scrub_variables(r->subprocess_env);
    const session_t *session = check_user(r);
    if (session) {
        export_variables(r, session);
        export_headers(r, session);
    }
    return DECLINED;
}
