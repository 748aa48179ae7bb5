/* SPDX-License-Identifier: Apache-2.0 */
#include "login/way.h"
#include "web/reader.h"
#include "web/return_to.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>
#include <string.h>

/* What a request line has beside the URL: the longest method that leads here, and the protocol. */
#define LINE_ROOM 32

/* ---- of a request that is not let in ---- */

static const char *wanted(const request_rec *r)
{
    return return_to_path(return_to_spell(request_first(r)->unparsed_uri, r->pool), r->pool);
}

/* The page of our own origin in which somebody sent a form, or a script asks. */
static const char *page_before(const request_rec *r)
{
    const char *own = request_of(r)->site->url.text;
    const char *referer = apr_table_get(r->headers_in, "Referer");
    const apr_size_t len = strlen(own);
    return referer && strncmp(referer, own, len) == 0 ? return_to_path(referer + len, r->pool)
                                                      : NULL;
}

/* A GET of what takes a POST, or of what a script asks for, is no page: there the page before is
 * where somebody wants to be. */
way_t way_of_refused(request_rec *r, const demand_t *demand, bool lost)
{
    const char *place = wanted(r);
    way_t way = {.demand = *demand, .lost = lost, .target = place};
    if (r->method_number != M_GET || reader_is_script(r) || reader_is_framed(r)) {
        const char *before = page_before(r);
        way.target = before || !reader_is_framed(r) ? before : place;
        way.asked = place;
    }
    return way;
}

/* ---- what the place asks for ---- */

/* Looks ahead: the place's own configuration answers, whatever it is by now. */
static void ask_place(facts_t *facts, const char *place, way_t *way)
{
    request_t *request = facts->request;
    if (*place != '/' || strstr(place, "/..")) /* httpd would write an error into the log */
        return;
    request->unmet = NULL;
    request->subrequests_answer = false;
    ap_destroy_sub_req(ap_sub_req_method_uri("GET", place, facts->r, NULL));
    if (request->unmet)
        way->demand = *request->unmet;
    request->unmet = NULL;
}

static way_t way_of_fields(facts_t *facts, const apr_table_t *fields)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const char *there = apr_table_get(fields, "return");
    const char *named = there ? there : apr_table_get(fields, "to");
    way_t way = {.demand = demand_any,
                 .target = signin_place(site, named, p),
                 .asked = return_to_path(apr_table_get(fields, "for"), p),
                 .lost = apr_table_get(fields, "lost") != NULL,
                 .too_long = apr_table_get(fields, "long") != NULL};
    if (named && !way.target)
        log_debug(facts->caller.log, "MPIN0731",
                  "the login page was asked to lead to a place that is neither of this origin nor "
                  "of a host in MPinReturnHosts: MPinAfterLogin is taken");
    const char *place = way.asked ? way.asked : way.target;
    if (place)
        ask_place(facts, place, &way);
    return way;
}

way_t way_of_page(facts_t *facts)
{
    const demand_t *unmet = facts->request->unmet;
    if (unmet) /* this page is the ErrorDocument of a place */
        return way_of_refused(facts->r, unmet, request_first(facts->r)->method_number == M_POST);
    return way_of_fields(facts, facts->query);
}

way_t way_of_form(facts_t *facts)
{
    return way_of_fields(facts, facts->form);
}

/* ---- in a URL ---- */

static const char *with_field(const char *location, const char *name, const char *value,
                              apr_pool_t *p)
{
    return apr_pstrcat(p, location, strchr(location, '?') ? "&" : "?", name, "=",
                       return_to_escape(value, p), NULL);
}

static bool fits_in_line(const request_rec *r, const char *location)
{
    return strlen(location) + LINE_ROOM <= (apr_size_t)r->server->limit_req_line;
}

const char *way_location(const request_rec *r, const way_t *way)
{
    apr_pool_t *p = r->pool;
    const char *login = request_of(r)->site->paths[PATH_LOGIN];
    const char *location = way->lost ? with_field(login, "lost", "1", p) : login;
    const char *back = way->target ? with_field(location, "return", way->target, p) : location;
    const char *all = way->asked ? with_field(back, "for", way->asked, p) : back;
    if (fits_in_line(r, all) && !way->too_long)
        return all;
    if (way->asked && fits_in_line(r, back) && !way->too_long)
        return back;
    return with_field(location, "long", "1", p);
}

const char *way_switch(const request_rec *r, const way_t *way)
{
    return with_field(way_location(r, way), "switch", "1", r->pool);
}

const char *way_target(const way_t *way, const site_t *site)
{
    return way->target ? way->target : site->after_login;
}

const char *way_url(const request_rec *r)
{
    const char *place = wanted(r);
    return place && r->method_number == M_GET
               ? apr_pstrcat(r->pool, request_of(r)->site->url.text, place, NULL)
               : NULL;
}
