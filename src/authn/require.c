/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/require.h"
#include "authn/check.h"
#include "authn/step_up.h"
#include "authn/why.h"
#include "config/directives.h"
#include "config/parse.h"
#include "session/mark.h"

#include <apr_strings.h>
#include <http_request.h>
#include <mod_auth.h>
#include <string.h>

/* The session of a user of ours; else `*status` is the answer. */
static const session_t *session_of(request_rec *r, authz_status *status)
{
    *status = r->user ? AUTHZ_DENIED : AUTHZ_DENIED_NO_USER;
    return check_user(r);
}

/* What a line asks for: amr_t bits, or the trusted logins of these names. */
typedef struct amr_line_t {
    uint32_t bits;
    const uint32_t *marks; /* ended by 0; NULL: none is named */
} amr_line_t;

static bool came_by_one(const session_t *session, const amr_line_t *line)
{
    return line->marks && session->proven[FACTOR_TRUSTED] &&
           mark_is_among(line->marks, session->trusted);
}

static const char *amr_parse(cmd_parms *cmd, const char *line, const void **parsed)
{
    apr_array_header_t *marks = apr_array_make(cmd->pool, 1, sizeof(uint32_t));
    amr_line_t *asks = apr_pcalloc(cmd->pool, sizeof(*asks));
    while (*line) {
        const char *word = ap_getword_conf(cmd->pool, &line);
        const uint32_t bit = session_amr_bit(word);
        const bool named = parse_is_trusted_name(word) && !directives_name_no_login(cmd, word);
        if (!bit && named) /* the check knows which there are */
            APR_ARRAY_PUSH(marks, uint32_t) = mark_of(word);
        else if (!bit)
            return apr_pstrcat(cmd->pool, "Require mpin-amr: unknown value ", word,
                               "; known are pwd, pin, mfa, otp, sms, hwk, swk, user, phone, "
                               "token, trusted and names of trusted logins",
                               NULL);
        asks->bits |= bit;
    }
    if (!asks->bits && !marks->nelts)
        return "Require mpin-amr needs one value or more, for instance pin";
    if (marks->nelts) {
        APR_ARRAY_PUSH(marks, uint32_t) = 0;
        asks->marks = (const uint32_t *)marks->elts;
    }
    *parsed = asks;
    return NULL;
}

static authz_status amr_check(request_rec *r, const char *line, const void *parsed)
{
    authz_status status;
    const session_t *session = session_of(r, &status);
    const amr_line_t *asks = parsed;
    const uint32_t wanted = asks->bits | (asks->marks ? AMR_TRUSTED : 0);
    if (session && ((session->amr & asks->bits) || came_by_one(session, asks) ||
                    step_up_supposed(request_of(r), wanted, asks->marks)))
        return AUTHZ_GRANTED;
    if (session)
        why_not_authorized(r, session, apr_pstrcat(r->pool, "mpin-amr ", line, NULL));
    return status;
}

static const char *max_age_parse(cmd_parms *cmd, const char *line, const void **parsed)
{
    apr_interval_time_t *age = apr_palloc(cmd->pool, sizeof(*age));
    const char *word = ap_getword_conf(cmd->pool, &line);
    if (*line || ap_timeout_parameter_parse(word, age, "s") != APR_SUCCESS || *age <= 0)
        return "Require mpin-max-age needs one time, for instance 5min";
    *parsed = age;
    return NULL;
}

static authz_status max_age_check(request_rec *r, const char *line, const void *parsed)
{
    authz_status status;
    const session_t *session = session_of(r, &status);
    if (!session)
        return status;
    const apr_interval_time_t age =
        r->request_time - apr_time_from_sec((apr_time_t)session->auth_time);
    if (age <= *(const apr_interval_time_t *)parsed)
        return AUTHZ_GRANTED;
    why_not_authorized(r, session, apr_pstrcat(r->pool, "mpin-max-age ", line, NULL));
    return AUTHZ_DENIED;
}

static const authz_provider amr_provider = {amr_check, amr_parse};
static const authz_provider max_age_provider = {max_age_check, max_age_parse};

void require_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "mpin-amr", AUTHZ_PROVIDER_VERSION,
                              &amr_provider, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "mpin-max-age", AUTHZ_PROVIDER_VERSION,
                              &max_age_provider, AP_AUTH_INTERNAL_PER_CONF);
}
