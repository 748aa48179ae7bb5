/* SPDX-License-Identifier: Apache-2.0 */
/* What applications see of the user: variables and headers. */
#include "authn/export.h"
#include "authn/authn.h"
#include "authn/by_token.h"
#include "authn/caching.h"
#include "authn/check.h"
#include "authn/groups.h"
#include "authn/refuse.h"
#include "authn/resend.h"
#include "base/name.h"
#include "login/flash.h"
#include "web/provided.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define PREFIX "MPIN_"
#define REDIRECT "REDIRECT_"
#define LENGTH(text) (sizeof(text) - 1)

/* True where `name` begins with `start` (letters and '_'), as programs see names of variables: all
 * that is neither a letter nor a digit is a '_'. */
static bool variable_begins(const char *name, const char *start)
{
    for (; *start; name++, start++)
        if (*start == '_' ? apr_isalnum(*name) || !*name : apr_toupper(*name) != *start)
            return false;
    return true;
}

/* MPIN_... and REDIRECT_MPIN_..., as often redirected as may be. */
static bool is_our_variable(const char *name)
{
    while (variable_begins(name, REDIRECT))
        name += LENGTH(REDIRECT);
    return variable_begins(name, PREFIX);
}

/* The first letters decide for most: a page with parts has many of the server's own. */
static inline bool may_be_our_variable(const char *name)
{
    const char first = (char)(name[0] | 0x20);
    if (first == 'm')
        return (name[1] | 0x20) == 'p';
    return first == 'r' && (name[1] | 0x20) == 'e' && (name[2] | 0x20) == 'd';
}

/* Nobody else may say who somebody is: not SetEnvIf of a header, not the first request of a
 * redirect. */
static void scrub_variables(apr_table_t *env)
{
    const apr_array_header_t *variables = apr_table_elts(env);
    for (int i = 0; i < variables->nelts;) {
        const char *name = APR_ARRAY_IDX(variables, i, apr_table_entry_t).key;
        if (may_be_our_variable(name) && is_our_variable(name))
            apr_table_unset(env, name);
        else
            i++;
    }
}

static const char *email_of(const session_t *session)
{
    return name_domain(session->name) ? session->name : NULL;
}

/* Two digits at a time: apr_ltoa costs six times as much, and every request comes by here. */
#define DECIMAL_SIZE sizeof("4294967295")
static const char *decimal(char text[DECIMAL_SIZE], uint32_t n)
{
    static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031"
                                "3233343536373839404142434445464748495051525354555657585960616263"
                                "6465666768697071727374757677787980818283848586878889909192939495"
                                "96979899";
    char *digit = text + DECIMAL_SIZE - 1;
    *digit = '\0';
    for (; n >= 10; n /= 100)
        digit = memcpy(digit - 2, pairs + (apr_size_t)(n % 100) * 2, 2);
    if (n || !*digit)
        *--digit = (char)('0' + n);
    return digit;
}

/* Names of variables, and the same once httpd has redirected a request. */
typedef enum { EMAIL, PROVIDER, AMR, AUTH_TIME, SESSION, SUBJECT, CLAIM, VARIABLES } variable_t;
static const char *const plain_names[VARIABLES] = {
    "MPIN_EMAIL",   "MPIN_PROVIDER", "MPIN_AMR",   "MPIN_AUTH_TIME",
    "MPIN_SESSION", "MPIN_SUBJECT",  "MPIN_CLAIM_"};
static const char *const redirected_names[VARIABLES] = {
    "REDIRECT_MPIN_EMAIL",     "REDIRECT_MPIN_PROVIDER", "REDIRECT_MPIN_AMR",
    "REDIRECT_MPIN_AUTH_TIME", "REDIRECT_MPIN_SESSION",  "REDIRECT_MPIN_SUBJECT",
    "REDIRECT_MPIN_CLAIM_"};

/* What variables hold and the session does not: made at once, as every request pays for it. */
typedef struct variable_texts_t {
    char amr[SESSION_AMR_SIZE];
    char auth_time[DECIMAL_SIZE];
    char handle[SESSION_HANDLE_SIZE];
} variable_texts_t;

/* What a trusted login has told of the user. The e-mail that it tells, or `email`. */
static const char *export_told(apr_table_t *env, apr_pool_t *p, const subject_t *told,
                               const char *const name[], const char *email)
{
    if (!told)
        return email;
    apr_table_addn(env, name[SUBJECT], told->subject);
    for (int i = 0; i < told->claim_count; i++)
        apr_table_addn(env, apr_pstrcat(p, name[CLAIM], told->claims[i].name, NULL),
                       told->claims[i].value);
    return *told->email ? told->email : email;
}

static const char *told_claim(const request_rec *r, const session_t *session, const char *claim)
{
    const subject_t *told = provided_of(r, session);
    return told ? subject_claim(told, claim) : NULL;
}

/* Into a table that holds none of them, so that adding is setting. */
static inline void add_variables(apr_table_t *env, apr_pool_t *p, request_rec *r,
                                 const session_t *session, const char *const name[])
{
    const request_t *request = request_of(r);
    const char *email = email_of(session);
    variable_texts_t *texts = apr_palloc(p, sizeof(*texts));

    session_write_amr(texts->amr, session->amr);
    session_write_handle(texts->handle, request->site->sessions, session);
    if (session->told)
        email = export_told(env, p, provided_of(r, session), name, email);
    if (email)
        apr_table_addn(env, name[EMAIL], email);
    apr_table_addn(env, name[PROVIDER], session->provider);
    apr_table_addn(env, name[AMR], texts->amr);
    apr_table_addn(env, name[AUTH_TIME], decimal(texts->auth_time, session->auth_time));
    apr_table_addn(env, name[SESSION], texts->handle);
}

static void export_variables(request_rec *r, const session_t *session, const char *const name[])
{
    add_variables(r->subprocess_env, r->pool, r, session, name);
}

/* ---- subrequests, which begin with a copy of the variables ---- */

/* What all parts of a page are told of its user, made for the first of them. */
static const apr_array_header_t *variables_of_parts(request_rec *r, request_t *request,
                                                    const session_t *session)
{
    if (!request->for_parts) {
        request->for_parts = apr_table_make(request->pool, VARIABLES);
        add_variables(request->for_parts, request->pool, r, session, plain_names);
    }
    return apr_table_elts(request->for_parts);
}

static bool is_equal_text(const char *one, const char *other)
{
    return one == other || strcmp(one, other) == 0;
}

/* Are the variables of our names, under whatever spelling, the very ones that we would set, and is none
 * missing? Rules of other people's directories ran since the page was told. */
static bool has_variables(request_rec *r, request_t *request, const session_t *session)
{
    const apr_array_header_t *ours = variables_of_parts(r, request, session);
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *variable = (const apr_table_entry_t *)all->elts;
    const apr_table_entry_t *next = (const apr_table_entry_t *)ours->elts,
                            *end = next + ours->nelts;

    for (int i = 0; i < all->nelts; i++, variable++) {
        if (!may_be_our_variable(variable->key))
            continue;
        const bool in_place = next < end && is_equal_text(variable->key, next->key);
        if (!in_place && !is_our_variable(variable->key))
            continue;
        if (!in_place || !is_equal_text(variable->val, next->val))
            return false;
        next++;
    }
    return next == end;
}

static const char *field(request_rec *r, const session_t *session, const pass_header_t *header,
                         const char *const name[])
{
    switch (header->field) {
    case PASS_USER:
        return session->name;
    case PASS_EMAIL:
        return apr_table_get(r->subprocess_env, name[EMAIL]);
    case PASS_PROVIDER:
        return apr_table_get(r->subprocess_env, name[PROVIDER]);
    case PASS_AMR:
        return apr_table_get(r->subprocess_env, name[AMR]);
    case PASS_AUTH_TIME:
        return apr_table_get(r->subprocess_env, name[AUTH_TIME]);
    case PASS_SESSION:
        return apr_table_get(r->subprocess_env, name[SESSION]);
    case PASS_SUBJECT:
        return apr_table_get(r->subprocess_env, name[SUBJECT]);
    case PASS_FLASH:
        return flash_pass(r);
    case PASS_GROUPS:
        return groups_of(r, session->name);
    case PASS_CLAIM:
        return told_claim(r, session, header->claim);
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

static void pass(request_rec *r, const char *name, const char *value)
{
    if (!value)
        return;
    apr_table_setn(r->headers_in, name, value);
    keep_from_connection(r, name);
}

/* The page that says so is reached with less. */
static bool is_error_document(const request_rec *r)
{
    return r->prev && ap_is_HTTP_ERROR(r->prev->status);
}

/* OK, or what is answered instead of the page: an application that was told of fewer groups than
 * somebody has would let them do less, or take it for news. */
static int export_headers(request_rec *r, const request_t *request, const session_t *session,
                          const char *const name[])
{
    const apr_array_header_t *headers = request->site->pass_headers;
    for (int i = 0; i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        const char *value = field(r, session, header, name);
        if (value == groups_unread && !is_error_document(r))
            return refuse_request(r, HTTP_SERVICE_UNAVAILABLE, groups_refusal(r->pool));
        pass(r, header->name, value == groups_unread ? NULL : value);
    }
    return OK;
}

int export_answer(request_rec *r, const session_t *session)
{
    static const pass_header_t usual[] = {
        {"X-User", PASS_USER, NULL}, {"X-Email", PASS_EMAIL, NULL}, {"X-AMR", PASS_AMR, NULL}};
    const request_t *request = request_of(r);
    const apr_array_header_t *named = request->site->pass_headers;
    const pass_header_t *headers = named->nelts ? (const pass_header_t *)named->elts : usual;
    const int count = named->nelts ? named->nelts : (int)(sizeof usual / sizeof *usual);

    scrub_variables(r->subprocess_env);
    export_variables(r, session, plain_names);
    for (int i = 0; i < count; i++) {
        const char *value =
            headers[i].field == PASS_FLASH ? NULL : field(r, session, &headers[i], plain_names);
        if (value == groups_unread)
            return HTTP_SERVICE_UNAVAILABLE;
        apr_table_setn(r->headers_out, headers[i].name, value ? value : "");
    }
    return OK;
}

/* A page that is open to all is the next one for who has just signed in or out, too. */
static void export_flash(request_rec *r, request_t *request)
{
    const apr_array_header_t *headers = request->site->pass_headers;
    for (int i = 0; i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        const char *value = header->field == PASS_FLASH ? flash_pass(r) : NULL;
        if (value)
            caching_depends(r, request);
        pass(r, header->name, value);
    }
}

/* What the request before an internal redirect was let in as. The directory of a page may lead all
 * its URLs to one program that is open itself (a rewrite, an action, an ErrorDocument), which learns
 * of the user as it learns of httpd's REDIRECT_REMOTE_USER. */
static int export_redirected(request_rec *r, request_t *request)
{
    const request_rec *before = r->prev;
    while (before && !before->user)
        before = before->prev;
    const session_t *session = before ? check_user(before) : NULL;
    if (!session)
        return OK;
    caching_depends(r, request);
    export_variables(r, session, redirected_names);
    return export_headers(r, request, session, redirected_names);
}

/* Not inlined: requests of who is signed in would pay for it. */
static __attribute__((noinline)) int export_to_open(request_rec *r, request_t *request)
{
    scrub_variables(r->subprocess_env);
    const int refused = r->prev && !r->user ? export_redirected(r, request) : OK;
    if (request->prelogin_cookie.text && !request->claimed)
        export_flash(r, request);
    return refused;
}

static int export_to_user(request_rec *r, request_t *request, const session_t *session)
{
    if (!r->main || request->token.text || !has_variables(r, request, session)) {
        scrub_variables(r->subprocess_env);
        export_variables(r, session, plain_names);
    }
    return export_headers(r, request, session, plain_names);
}

/* First of all fixups, so that rewrite rules, RequestHeader and SetEnv can build on what we say.
 * Those rules may look ahead, too. */
int authn_fixups(request_rec *r)
{
    request_t *request = request_of(r);
    if (!request)
        return DECLINED;
    request->answered_by_parts &= ~request_level(r);
    const session_t *session = check_user(r);
    if (request->token.text) {
        if (check_is_token(r) && by_token_strays(r, request))
            return HTTP_FORBIDDEN;
        by_token_pass(r, request, session);
    }
    int refused = session ? export_to_user(r, request, session) : export_to_open(r, request);
    if (!refused && request->resend)
        refused = resend_take(r);
    return refused ? refused : DECLINED;
}

/* After the rules, before mod_dir looks for an index or a FallbackResource. */
int authn_fixups_done(request_rec *r)
{
    request_t *request = request_of(r);
    if (request && r->finfo.filetype != APR_REG)
        request->answered_by_parts |= request_level(r);
    return DECLINED;
}
