/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/resend.h"
#include "authn/refuse.h"
#include "base/hex.h"
#include "login/again.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/kept.h"
#include "web/route.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include <util_filter.h>

APLOG_USE_MODULE(auth_mpin);

#define FILTER "MPIN_RESEND"
#define FIELD AGAIN_FIELD "="

static ap_filter_rec_t *resend_filter;

typedef struct resend_t {
    unsigned char id[KEPT_ID_BYTES];
    const char *hex;
    bool good; /* it may be sent, if the place lets it in */
    kept_form_t kept;
    const char *body; /* NULL until it is taken */
    apr_size_t at;    /* read so far */
} resend_t;

/* ---- the field ---- */

/* Where it begins in a query, with the '&' before it; NULL: it does not end the query. */
static const char *find_field(const char *args)
{
    const char *last = strrchr(args, '&');
    const char *field = last ? last + 1 : args;
    if (strncmp(field, FIELD, sizeof(FIELD) - 1) != 0)
        return NULL;
    return last ? last : field;
}

/* `text` ends with the field: what stands before it. */
static char *without_field(const char *text, apr_size_t bytes, apr_pool_t *p)
{
    const apr_size_t len = strlen(text);
    return apr_pstrmemdup(p, text, len > bytes ? len - bytes : 0);
}

/* Out of everything that the application may look at. */
static void strip_field(request_rec *r, const char *field)
{
    const apr_size_t bytes = strlen(field), question = field == r->args;
    r->unparsed_uri = without_field(r->unparsed_uri, bytes + question, r->pool);
    r->args = question ? NULL : without_field(r->args, bytes, r->pool);
    r->parsed_uri.query = r->args;
    r->the_request = apr_pstrcat(r->pool, r->method, " ", r->unparsed_uri, " ", r->protocol, NULL);
}

/* ---- may it be sent? ---- */

static bool has_body(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    return apr_table_get(r->headers_in, "Transfer-Encoding") ||
           (length && strcmp(length, "0") != 0);
}

static bool may_be_sent(request_rec *r, resend_t *resend)
{
    const session_t *session = request_session(r);
    const char *rest;
    return session && !has_body(r) && kept_is_from_here(r) &&
           kept_get(r, resend->id, session, r->request_time, &resend->kept) == STORE_OK &&
           !strcmp(resend->kept.place, r->unparsed_uri) &&
           !route_find(request_of(r)->site, r, &rest);
}

void resend_begin(request_rec *r)
{
    request_t *request = request_of(r);
    const site_t *site = request->site;
    const char *field = site->paths[PATH_LOGIN] && site->store ? find_field(r->args) : NULL;
    if (!field || !strstr(r->unparsed_uri, FIELD))
        return;
    resend_t *resend = apr_pcalloc(r->pool, sizeof *resend);
    resend->hex = apr_pstrdup(r->pool, strchr(field, '=') + 1);
    const bool named = hex_decode(resend->hex, resend->id, sizeof resend->id);
    strip_field(r, field);
    request->resend = resend;
    resend->good = named && may_be_sent(r, resend);
    if (resend->good)
        request->kept_page = kept_page(site, resend->id, r->pool);
}

const route_t *resend_row(request_t *request)
{
    static const route_t gone = {"POST",          PATH_LOGIN, KEPT_PAGE "*",
                                 AUDIENCE_PUBLIC, BODY_NONE,  0,
                                 ANSWER_PAGE,     0,          again_gone};
    if (!request->resend || request->resend->good)
        return NULL;
    request->rest = request->resend->hex;
    return &gone;
}

/* ---- what the handler reads ---- */

static apr_status_t resend_read(ap_filter_t *filter, apr_bucket_brigade *brigade,
                                ap_input_mode_t mode, apr_read_type_e block, apr_off_t bytes)
{
    resend_t *resend = filter->ctx;
    apr_size_t len = resend->kept.len - resend->at;
    (void)block;
    if (mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF)
        return APR_SUCCESS;
    if ((mode == AP_MODE_READBYTES || mode == AP_MODE_SPECULATIVE) && bytes < (apr_off_t)len)
        len = bytes > 0 ? (apr_size_t)bytes : 0;
    if (len)
        APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_immortal_create(resend->body + resend->at, len,
                                                                    filter->c->bucket_alloc));
    if (mode != AP_MODE_SPECULATIVE)
        resend->at += len;
    if (resend->at == resend->kept.len)
        APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(filter->c->bucket_alloc));
    return APR_SUCCESS;
}

void resend_register(void)
{
    resend_filter = ap_register_input_filter(FILTER, resend_read, NULL, AP_FTYPE_CONTENT_SET);
}

/* At each handler anew: a redirect inside leaves such filters behind. */
void resend_insert_filter(request_rec *r)
{
    resend_t *resend = request_of(r)->resend;
    for (const ap_filter_t *f = r->input_filters; f; f = f->next)
        if (f->frec == resend_filter)
            return;
    if (resend->body)
        ap_add_input_filter_handle(resend_filter, resend, r, r->connection);
}

/* ---- taking it ---- */

/* Each reader of the request's body gets what was kept, also one that throws it away. */
static void put_in_place(request_rec *r, resend_t *resend)
{
    resend->body = resend->kept.body;
    apr_table_setn(r->headers_in, "Content-Type", resend->kept.type);
    apr_table_setn(r->headers_in, "Content-Length",
                   apr_psprintf(r->pool, "%" APR_SIZE_T_FMT, resend->kept.len));
    resend_insert_filter(r);
}

static void record_sent(request_rec *r, const session_t *session)
{
    result_t *done = result_ok(r->pool, NULL);
    done->event = "form_sent";
    done->user = session->name;
    answer_audit(r, done);
}

int resend_take(request_rec *r)
{
    request_t *request = request_of(r);
    resend_t *resend = request->resend;
    const session_t *session = request_session(r);
    if (r->main || r->method_number != M_POST || request->claimed == r || !resend->good ||
        resend->body) /* a document of an error is asked for by GET */
        return 0;
    const store_status_t status =
        session ? kept_take(r, resend->id, session, r->request_time, &resend->kept) : STORE_MISSING;
    if (status == STORE_OK) {
        put_in_place(r, resend);
        record_sent(r, session);
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "MPIN1063: %s sends again what was kept: %" APR_SIZE_T_FMT " bytes",
                      name_masked(session->name, r->pool), resend->kept.len);
        return 0;
    }
    result_t *gone = status == STORE_MISSING
                         ? result_error(request->pool, HTTP_GONE, "kept_gone",
                                        "what was to be sent again is not here any more")
                         : store_refusal(status, request->pool);
    return refuse_request(r, gone->status, gone);
}
