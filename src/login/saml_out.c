/* SPDX-License-Identifier: Apache-2.0 */
/* A SAML provider's sign-out ends our sessions, too (docs/trusted.md, "SAML"). The LogoutRequest is
 * mod_auth_mellon's, which checks it at an endpoint of its own: we listen, and when its answer shows
 * that it was genuine we do the same. */
#include "login/saml_out.h"

#include "base/saml.h"
#include "site/sink.h"
#include "site/trusted_logins.h"
#include "web/form.h"
#include "web/overheard.h"
#include "web/provided.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include <util_filter.h>

#define CARRIER "Mellon"
#define ANSWER "MPIN_SAML_ANSWER"

static ap_filter_rec_t *answer_filter;

/* ---- the message ---- */

/* mod_auth_mellon and liblasso decode no names, and one of them takes a ";" for a "&": what is written
 * otherwise than it must be may have been another message to who has checked it. */
static bool is_plain_query(const char *args)
{
    for (const char *field = args; field; field = strchr(field, '&')) {
        field += *field == '&';
        if (field[strcspn(field, "=&;%+")] != '=')
            return false;
    }
    return !strchr(args, ';');
}

/* In the address; no field may stand there twice. */
static bool read_query(request_rec *r, saml_logout_t *logout)
{
    apr_pool_t *p = r->pool;
    if (!is_plain_query(r->args) || form_leaves_out(r->args, p))
        return false;
    const apr_table_t *fields = form_parse(r->args, p);
    const char *packed = apr_table_get(fields, "SAMLRequest");
    const char *xml = packed ? saml_of_query(packed, p) : NULL;
    if (!xml || !saml_read_logout(xml, logout, p))
        return false;
    logout->has_signature = apr_table_get(fields, "Signature") && apr_table_get(fields, "SigAlg");
    return true;
}

/* From the provider itself, in an envelope. */
static bool read_body(request_rec *r, saml_logout_t *logout)
{
    const char *xml = overheard_text(r);
    return xml && saml_read_logout(xml, logout, r->pool);
}

/* ---- what follows ---- */

/* An encrypted name means nothing to us; but the browser that brings it may have a session that began
 * there. */
static result_t *end_this_browsers(request_rec *r, const trusted_login_t *login)
{
    const session_t *session = request_session(r);
    const log_sink_t log = sink_of_request(r);
    log_debug(&log, "MPIN0932", "the provider of %s signs out somebody by an encrypted name: %s",
              login->set->name,
              session ? "the session of this browser ends" : "this browser has no session");
    return session && session->trusted == login->set->mark ? signin_end(r, apr_time_now()) : NULL;
}

static void end_sessions(request_rec *r, const trusted_login_t *login, const saml_logout_t *logout)
{
    static apr_time_t told_unsigned, told_failed;
    const log_sink_t log = sink_of_request(r);
    if (!logout->has_signature) {
        if (log_may_say(&told_unsigned))
            log_warn(
                &log, "MPIN0930",
                "a sign-out of the provider of %s came without a signature: mod_auth_mellon heeds "
                "it, but anybody could have sent it, and our sessions go on; let the provider "
                "sign its LogoutRequests",
                login->set->name);
        return;
    }
    const result_t *refusal = logout->name ? provided_end(r, login->set->name, logout->name)
                                           : end_this_browsers(r, login);
    if (refusal && log_may_say(&told_failed))
        log_warn(
            &log, "MPIN0931",
            "the provider of %s has signed somebody out, but the store cannot keep that: their "
            "session here goes on",
            login->set->name);
}

/* ---- its answer ---- */

/* It answers with a LogoutResponse what it has found genuine, and anything else by 400 or 500. */
static bool was_heeded(const request_rec *r)
{
    const char *location = apr_table_get(r->headers_out, "Location");
    if (r->method_number == M_POST)
        return r->status == HTTP_OK;
    return r->status == HTTP_SEE_OTHER && location && strstr(location, "SAMLResponse=");
}

static apr_status_t on_heeded_answer(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    ap_filter_t *next = f->next;
    saml_logout_t logout = {NULL, false};
    ap_remove_output_filter(f);
    if (was_heeded(r) &&
        (r->method_number == M_POST ? read_body(r, &logout) : read_query(r, &logout)))
        end_sessions(r, f->ctx, &logout);
    return ap_pass_brigade(next, brigade);
}

/* ---- listening ---- */

void saml_out_register(void)
{
    answer_filter = ap_register_output_filter(ANSWER, on_heeded_answer, NULL, AP_FTYPE_CONTENT_SET);
}

/* At any other address, and with anything beside a message, mod_auth_mellon may answer without a look
 * at it. */
static bool may_sign_out(const request_rec *r, const trusted_login_t *login)
{
    const char *name = strrchr(r->uri, '/');
    return login && login->set->sid && strcasecmp(login->set->type, CARRIER) == 0 && name &&
           strcmp(name, "/logout") == 0 &&
           (r->method_number == M_POST ? !r->args : r->method_number == M_GET && r->args);
}

/* An answer that is an error has lost its filters and gets them anew. */
void saml_out_listen(request_rec *r)
{
    const trusted_login_t *login = trusted_login_around(request_of(r)->site->trusted, r->uri);
    if (r->main || r->prev || !may_sign_out(r, login))
        return;
    if (r->method_number == M_POST && !overheard_login(r))
        overheard_begin(r, login, SAML_TEXT_MAX);
    ap_add_output_filter_handle(answer_filter, (void *)(apr_uintptr_t)login, r, r->connection);
}
