/* SPDX-License-Identifier: Apache-2.0 */
#include "login/again.h"
#include "base/hex.h"
#include "login/login_form.h"
#include "login/page.h"
#include "login/way.h"
#include "notice/texts.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/body.h"
#include "web/kept.h"
#include "web/return_to.h"
#include "web/route.h"
#include "web/sent_form.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

APLOG_USE_MODULE(auth_mpin);

#define FIELDS_SHOWN 20

/* ---- keeping ---- */

static bool is_plain_text(const char *text, apr_size_t max)
{
    apr_size_t len = 0;
    while (text[len] && apr_isprint(text[len]))
        len++;
    return !text[len] && len <= max;
}

/* By a sign-out elsewhere, or with its user's others, before its time was over. */
static bool was_ended(const request_t *request, apr_time_t now)
{
    const session_t *session = &request->session;
    revocations_t *revocations = request->site->revocations;
    return !revocations || !revocations_refresh(revocations) ||
           revocations_hit(revocations, session->id, session->family, session->identity,
                           session->uid, session->version, session->seen,
                           (uint32_t)apr_time_sec(now)) != REVOKED_NOT;
}

/* The session has expired, or it is good and no more than its proof's age is in the way
 * (MPinReauthAfter). */
static bool is_merely_old(const request_t *request, apr_time_t now)
{
    if (request->session_status == SESSION_EXPIRED)
        return !was_ended(request, now);
    if (request->session_status != SESSION_OK || !request->unmet)
        return false;
    demand_t ageless = *request->unmet;
    ageless.max_age = 0;
    return demand_is_met(&ageless, &request->session, now);
}

/* Whose session it was is still sealed in the cookie. */
static bool may_be_kept(const request_rec *r, const request_t *request, const char *place)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *rest;
    return !request->kept_page && request->site->store && is_merely_old(request, r->request_time) &&
           !strncmp(request_first(r)->the_request, "POST ", 5) && kept_is_from_here(r) &&
           sent_form_is(type) && is_plain_text(type, KEPT_TYPE_MAX) && place &&
           !route_find(request->site, request_first(r), &rest);
}

static void record_kept(request_rec *r, const request_t *request)
{
    result_t *done = result_ok(r->pool, NULL);
    done->event = "form_kept";
    done->user = request->session.name;
    answer_audit(r, done);
}

void again_keep(request_rec *r, const prelogin_t *prelogin)
{
    request_t *request = request_of(r);
    const char *place = return_to_path(request_first(r)->unparsed_uri, r->pool);
    const char *before = way_page_before(r);
    unsigned char id[KEPT_ID_BYTES];
    if (!may_be_kept(r, request, place))
        return;
    kept_form_t kept = {.sent = (uint32_t)apr_time_sec(r->request_time),
                        .place = place,
                        .before = before ? before : "",
                        .type = apr_table_get(r->headers_in, "Content-Type")};
    memcpy(kept.uid, request->session.uid, sizeof kept.uid);
    memcpy(kept.browser, prelogin->id, sizeof kept.browser);
    if (body_read_bytes(r, KEPT_BODY_MAX, &kept.body, &kept.len) ||
        kept_put(r, &kept, id, r->request_time) != STORE_OK)
        return;
    request->kept_page = kept_page(request->site, id, request->pool);
    record_kept(r, request);
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "MPIN1062: %s posted %" APR_SIZE_T_FMT
                  " bytes, which met the login: they are kept for %d s",
                  name_masked(request->session.name, r->pool), kept.len, KEPT_SECONDS);
}

/* ---- the page ---- */

static result_t *nothing_kept(const facts_t *facts, store_status_t status)
{
    if (status != STORE_MISSING)
        return store_refusal(status, facts->r->pool);
    facts->request->again = facts->site->after_login;
    return result_error(facts->r->pool, HTTP_GONE, "kept_gone",
                        "what was to be sent again is not here any more");
}

static const char *page_of_rest(const facts_t *facts)
{
    unsigned char id[KEPT_ID_BYTES];
    return hex_decode(facts->rest, id, sizeof id) ? kept_page(facts->site, id, facts->r->pool)
                                                  : NULL;
}

/* NULL: then `*refusal` says why. */
static const kept_form_t *find_kept(const facts_t *facts, result_t **refusal)
{
    unsigned char id[KEPT_ID_BYTES];
    kept_form_t *kept = apr_pcalloc(facts->r->pool, sizeof *kept);
    const store_status_t status =
        hex_decode(facts->rest, id, sizeof id)
            ? kept_get(facts->r, id, facts->caller.session, facts->caller.now, kept)
            : STORE_MISSING;
    *refusal = status == STORE_OK ? NULL : nothing_kept(facts, status);
    return status == STORE_OK ? kept : NULL;
}

/* A person who is not signed in does that first. */
static result_t *sign_in_first(const facts_t *facts)
{
    const way_t way = {.target = page_of_rest(facts), .demand = demand_any};
    answer_see_other(facts->r, way_location(facts->r, &way));
    return NULL;
}

static const char *size_text(apr_size_t bytes, apr_pool_t *p)
{
    return bytes < 1000 ? apr_psprintf(p, "%" APR_SIZE_T_FMT " B", bytes)
                        : apr_psprintf(p, "%" APR_SIZE_T_FMT " kB", (bytes + 500) / 1000);
}

static void list_fields(page_values_t *page, const kept_form_t *kept)
{
    apr_pool_t *p = page->r->pool;
    int more;
    const apr_array_header_t *fields =
        sent_form_fields(kept->type, kept->body, kept->len, FIELDS_SHOWN, &more, p);
    apr_array_header_t *rows = page_list(page, "fields");
    for (int i = 0; i < fields->nelts; i++) {
        const sent_field_t *field = &APR_ARRAY_IDX(fields, i, sent_field_t);
        apr_table_t *row = page_row(rows);
        apr_table_setn(row, "name", field->name);
        apr_table_setn(row, "file", field->file ? field->file : "");
        apr_table_setn(row, "size", size_text(field->bytes, p));
    }
    page_set(page, "fields_more", more ? apr_itoa(p, more) : "");
}

/* Its own button posts to the place itself: nothing but the session and the page decide there. */
static const char *again_action(const facts_t *facts, const kept_form_t *kept)
{
    return apr_pstrcat(facts->r->pool, kept->place, strchr(kept->place, '?') ? "&" : "?",
                       AGAIN_FIELD "=", facts->rest, NULL);
}

result_t *again_page(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    result_t *refusal;
    if (!facts->caller.session)
        return sign_in_first(facts);
    const kept_form_t *kept = find_kept(facts, &refusal);
    if (!kept)
        return refusal;
    page_values_t page = page_begin(facts->r, facts->site);
    list_fields(&page, kept);
    page_set(&page, "again_place", return_to_shown(kept->place, p));
    page_set(&page, "again_size", size_text(kept->len, p));
    page_set(&page, "when", texts_moment(apr_time_from_sec((apr_time_t)kept->sent), p));
    page_set(&page, "again_action", again_action(facts, kept));
    page_set(&page, "drop_action", page_of_rest(facts));
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, SESSION_FORMS, p));
    page_answer(&page, HTTP_OK, "again");
    return NULL;
}

result_t *again_drop(facts_t *facts)
{
    const session_t *session = facts->caller.session;
    unsigned char id[KEPT_ID_BYTES];
    kept_form_t kept = {.before = ""};
    if (!session)
        return sign_in_first(facts);
    if (!form_token_ok(facts, session->id, SESSION_FORMS)) {
        facts->request->again = page_of_rest(facts);
        return result_error(facts->r->pool, HTTP_FORBIDDEN, "stale_form",
                            "the form's token is not this session's");
    }
    const store_status_t status = hex_decode(facts->rest, id, sizeof id)
                                      ? kept_take(facts->r, id, session, facts->caller.now, &kept)
                                      : STORE_MISSING;
    if (status != STORE_OK)
        return nothing_kept(facts, status);
    answer_see_other(facts->r, *kept.before ? kept.before : facts->site->after_login);
    return NULL;
}

result_t *again_gone(facts_t *facts)
{
    return facts->caller.session ? nothing_kept(facts, STORE_MISSING) : sign_in_first(facts);
}
