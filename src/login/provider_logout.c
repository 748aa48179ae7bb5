/* SPDX-License-Identifier: Apache-2.0 */
#include "login/provider_logout.h"
#include "login/trusted_word.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include <util_filter.h>

#include "base/base64.h"
#include "base/json.h"
#include "site/sink.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/provided.h"
#include "web/request.h"

#define FILTER "MPIN_PROVIDER_LOGOUT"
#define BODY_MAX 16384 /* bytes of the form with the token */
#define WORD_MAX 1000  /* bytes of what a token names */

static ap_filter_rec_t *listener;

/* What the other module has read. */
typedef struct heard_t {
    const trusted_login_t *login;
    char body[BODY_MAX + 1];
    apr_size_t len;
    bool whole, too_long;
} heard_t;

/* ---- the body ---- */

static apr_status_t keep_bucket(heard_t *heard, apr_bucket *bucket)
{
    const char *data;
    apr_size_t len;
    const apr_status_t status = apr_bucket_read(bucket, &data, &len, APR_BLOCK_READ);
    if (status != APR_SUCCESS)
        return status;
    heard->too_long = heard->too_long || len > BODY_MAX - heard->len;
    if (heard->too_long)
        return APR_SUCCESS;
    memcpy(heard->body + heard->len, data, len);
    heard->len += len;
    return APR_SUCCESS;
}

static apr_status_t hear_body(ap_filter_t *filter, apr_bucket_brigade *bodies, ap_input_mode_t mode,
                              apr_read_type_e block, apr_off_t bytes)
{
    heard_t *heard = filter->ctx;
    apr_status_t status = ap_get_brigade(filter->next, bodies, mode, block, bytes);
    if (status != APR_SUCCESS ||
        mode == AP_MODE_SPECULATIVE) /* what is only looked at comes again */
        return status;
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(bodies);
         status == APR_SUCCESS && bucket != APR_BRIGADE_SENTINEL(bodies);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (APR_BUCKET_IS_EOS(bucket))
            heard->whole = true;
        else if (!APR_BUCKET_IS_METADATA(bucket))
            status = keep_bucket(heard, bucket);
    }
    return status;
}

void provider_logout_register(void)
{
    listener = ap_register_input_filter(FILTER, hear_body, NULL, AP_FTYPE_RESOURCE);
}

/* This query and no other: mod_auth_openidc takes the first "logout" that there is. */
void provider_logout_await(request_rec *r, const trusted_login_t *login)
{
    if (r->main || r->method_number != M_POST || !r->args || strcmp(r->args, "logout=backchannel"))
        return;
    heard_t *heard = apr_pcalloc(r->pool, sizeof(*heard));
    heard->login = login;
    ap_add_input_filter_handle(listener, heard, r, r->connection);
}

static const heard_t *heard_of(const request_rec *r)
{
    const ap_filter_t *filter = r->method_number == M_POST ? r->input_filters : NULL;
    while (filter && filter->frec != listener)
        filter = filter->next;
    return filter ? filter->ctx : NULL;
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
static const json_t *claims_of(const heard_t *heard, apr_pool_t *p)
{
    int count = 0;
    const apr_table_t *form = form_parse(heard->body, p);
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

/* Has the module that guards the place taken it? For its own sign-out it names nobody; and it has
 * read all. */
static bool is_taken(const request_rec *r, const heard_t *heard)
{
    return r->user && !*r->user && r->ap_auth_type &&
           !strcasecmp(r->ap_auth_type, heard->login->set->type) && heard->whole &&
           !heard->too_long;
}

/* Providers that share a callback are known by issuer, which is part of the session's name. */
static bool shares_callback(const trusted_login_t *one, const trusted_login_t *other)
{
    return one == other || (one->set->callback && other->set->callback &&
                            !strcmp(one->set->callback, other->set->callback));
}

static int end_of_callback(const facts_t *facts, const trusted_login_t *heard, const char *session)
{
    const trusted_login_t *login;
    const result_t *refusal = NULL;
    for (int i = 0; !refusal && (login = trusted_login_number(facts->site->trusted, i)); i++)
        if (shares_callback(login, heard))
            refusal = provided_end(facts, login->set->name, session);
    return refusal ? refusal->status : DECLINED;
}

int login_provider_logout(request_rec *r)
{
    const heard_t *heard = heard_of(r);
    if (!heard || r->main || r->prev || !is_taken(r, heard))
        return DECLINED;
    request_t *request = request_of(r);
    facts_t facts = {.r = r, .request = request, .site = request->site, .log = sink_of_request(r)};
    facts.caller.log = &facts.log;
    facts.caller.now = apr_time_now();
    const json_t *claims = claims_of(heard, r->pool);
    const char *session = claims ? named_session(claims, r->pool) : NULL;
    if (!session) {
        log_warn(&facts.log, "MPIN0920",
                 "%s was told by its provider that a session has ended, in a way that does not say "
                 "which: none of ours ends by it",
                 heard->login->set->name);
        return DECLINED;
    }
    return end_of_callback(&facts, heard->login, session);
}
