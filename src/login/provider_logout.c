/* SPDX-License-Identifier: Apache-2.0 */
#include "login/provider_logout.h"

#include "base/base64.h"
#include "base/json.h"
#include "login/trusted_word.h"
#include "site/sink.h"
#include "web/form.h"
#include "web/overheard.h"
#include "web/provided.h"

#include <string.h>

#define BODY_MAX 16384 /* bytes of the form with the token */
#define WORD_MAX 1000  /* bytes of what a token names */

/* This query and no other: mod_auth_openidc takes the first "logout" that there is. */
static bool is_told(const request_rec *r)
{
    return !r->main && r->method_number == M_POST && r->args &&
           strcmp(r->args, "logout=backchannel") == 0;
}

void provider_logout_await(request_rec *r, const trusted_login_t *login)
{
    if (is_told(r))
        overheard_begin(r, login, BODY_MAX);
}

/* ---- the token ---- */

static int count_field(void *count, const char *name, const char *value)
{
    (void)name;
    (void)value;
    ++*(int *)count;
    return 1;
}

/* The claims of the only token of the form, NULL where there is none to be had. */
static const json_t *claims_of(const char *body, apr_pool_t *p)
{
    int count = 0;
    const apr_table_t *form = form_parse(body, p);
    apr_table_do(count_field, &count, form, "logout_token", NULL);
    const char *token = count == 1 ? apr_table_get(form, "logout_token") : NULL;
    const char *claims = token ? strchr(token, '.') : NULL;
    const char *end = claims ? strchr(claims + 1, '.') : NULL;
    if (!end)
        return NULL;
    const apr_size_t len = (apr_size_t)(end - claims - 1);
    unsigned char *bytes = apr_palloc(p, BASE64_BYTES_MAX(len));
    apr_size_t got;
    return base64_decode(claims + 1, len, bytes, &got) ? json_read(p, (char *)bytes, got) : NULL;
}

/* A token names a session, or a user, all of whose sessions end. */
static const char *named_session(const json_t *claims, apr_pool_t *p)
{
    const char *issuer = json_text(claims, "iss", WORD_MAX);
    const char *sid = json_text(claims, "sid", WORD_MAX);
    const char *sub = json_text(claims, "sub", WORD_MAX);
    if (!issuer || (!sid && !sub))
        return NULL;
    return sid ? trusted_session_of(issuer, "sid", sid, p)
               : trusted_session_of(issuer, "sub", sub, p);
}

/* ---- the end ---- */

/* Has the module that guards the place taken it? For its own sign-out it names nobody. */
static bool is_taken(const request_rec *r, const trusted_login_t *login)
{
    return r->user && !*r->user && r->ap_auth_type &&
           !strcasecmp(r->ap_auth_type, login->set->type);
}

/* Providers that share a callback are known by issuer, which is part of the session's name. */
static bool shares_callback(const trusted_login_t *one, const trusted_login_t *other)
{
    return one == other || (one->set->callback && other->set->callback &&
                            !strcmp(one->set->callback, other->set->callback));
}

static int end_of_callback(request_rec *r, const trusted_login_t *told, const char *session)
{
    const trusted_login_t *login;
    const result_t *refusal = NULL;
    const apr_array_header_t *logins = request_of(r)->site->trusted;
    for (int i = 0; !refusal && (login = trusted_login_number(logins, i)); i++)
        if (shares_callback(login, told))
            refusal = provided_end(r, login->set->name, session);
    return refusal ? refusal->status : DECLINED;
}

static __attribute__((noinline)) int hear_logout(request_rec *r)
{
    const trusted_login_t *login = is_told(r) ? overheard_login(r) : NULL;
    if (!login || r->prev || !is_taken(r, login))
        return DECLINED;
    const char *body = overheard_text(r);
    const json_t *claims = body ? claims_of(body, r->pool) : NULL;
    const char *session = claims ? named_session(claims, r->pool) : NULL;
    if (session)
        return end_of_callback(r, login, session);
    const log_sink_t log = sink_of_request(r);
    log_warn(&log, "MPIN0920",
             "%s was told by its provider that a session has ended, in a way that does not say "
             "which: none of ours ends by it",
             login->set->name);
    return DECLINED;
}

/* Each request of somebody who is let in comes by here. */
int login_provider_logout(request_rec *r)
{
    return r->method_number == M_POST ? hear_logout(r) : DECLINED;
}
