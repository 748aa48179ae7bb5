/* SPDX-License-Identifier: Apache-2.0 */
#include "login/way.h"
#include "login/prove_anew.h"
#include "web/form.h"
#include "web/reader.h"
#include "web/return_to.h"
#include "web/route.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

/* What a request line has beside the URL: the longest method that leads here, and the protocol. */
#define LINE_ROOM 32

/* ---- of a request that is not let in ---- */

/* By what it came: on the way to an error's page httpd makes a GET of everything. */
static const char *method_of(const request_rec *r)
{
    const char *line = request_first(r)->the_request;
    const char *method = apr_pstrmemdup(r->pool, line, strcspn(line, " "));
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 ? method : NULL;
}

/* Browsers would read two slashes as the start of a host: with a dot between they are a path. */
static const char *own_place(const char *path, apr_pool_t *p)
{
    const bool of_slashes = strncmp(path, "//", 2) == 0;
    return return_to_path(of_slashes ? apr_pstrcat(p, "/.", path, NULL) : path, p);
}

const char *way_page_before(const request_rec *r)
{
    const char *own = request_of(r)->site->url.text;
    const char *referer = apr_table_get(r->headers_in, "Referer");
    const apr_size_t len = strlen(own);
    const bool ours = referer && strncmp(referer, own, len) == 0;
    return ours && strncmp(referer + len, "//", 2) != 0 ? own_place(referer + len, r->pool) : NULL;
}

/* Does a place ask for more than any sign-in at the login page gives? */
static bool wants_more(const request_rec *r, const demand_t *demand)
{
    const uint32_t offered = request_of(r)->site->methods;
    return request_session(r) || demand->max_age || (demand->first & offered) != offered;
}

static bool way_lacks_step(const request_rec *r, const demand_t *demand)
{
    const session_t *session = request_session(r);
    return session && demand_lacks_step(demand, session, r->request_time);
}

/* A GET of what takes a POST, or of what a script asks for, is no page: there the page before is
 * where somebody wants to be. */
way_t way_of_refused(request_rec *r, const demand_t *demand, bool lost)
{
    const char *uri = return_to_spell(request_first(r)->unparsed_uri, r->pool);
    const char *place = own_place(uri, r->pool);
    const bool framed = reader_is_framed(r);
    way_t way = {.demand = *demand,
                 .method = method_of(r),
                 .lost = lost,
                 .step = way_lacks_step(r, demand),
                 .too_long = strlen(uri) > RETURN_TO_MAX,
                 .target = place};
    if (request_of(r)->kept_page) {
        way.target = request_of(r)->kept_page;
        way.lost = false;
        way.asked = wants_more(r, demand) ? place : NULL;
    } else if (way.method || framed || reader_is_nobody(r)) {
        const char *before = way_page_before(r);
        way.target = before || way.method || !framed ? before : place;
        way.asked = wants_more(r, demand) ? place : NULL;
    }
    return way;
}

/* ---- what the place asks for ---- */

/* One that cannot be asked with stands for GET. */
static const char *known_method(const char *method)
{
    const int number = method ? ap_method_number_of(method) : M_INVALID;
    return number != M_INVALID && number != M_CONNECT ? method : NULL;
}

/* Looks ahead: the place's own configuration answers, whatever it is by now. A page of ours asks
 * for nothing. */
static void ask_place(facts_t *facts, const char *place, way_t *way)
{
    request_t *request = facts->request;
    const char *rest;
    if (*place != '/' || strstr(place, "/..")) /* httpd would write an error into the log */
        return;
    request->unmet = NULL;
    request_rec *there =
        ap_sub_req_method_uri(way->method ? way->method : "GET", place, facts->r, NULL);
    if (request->unmet && !route_find(facts->site, there, &rest))
        way->demand = *request->unmet;
    request->unmet = NULL;
    ap_destroy_sub_req(there);
}

/* What another host says that its place asks for, as far as people can sign in so here. */
static demand_t demand_told(const site_t *site, const apr_table_t *fields, apr_pool_t *p)
{
    const char *methods = apr_table_get(fields, "methods");
    const char *max_age = apr_table_get(fields, "max_age");
    const char *second = apr_table_get(fields, "second");
    const uint32_t first = methods ? demand_named(methods, p) & site->methods : 0;
    demand_t demand = demand_any;
    if (first)
        demand.first = first;
    if (second && demand_second(second) > 0)
        demand.second = (uint32_t)demand_second(second);
    if (max_age)
        demand.max_age = (uint32_t)apr_atoi64(max_age);
    return demand;
}

static way_t way_of_fields(facts_t *facts, const apr_table_t *fields)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    const char *there = apr_table_get(fields, "return");
    const char *named = there ? there : apr_table_get(fields, "to");
    way_t way = {.demand = demand_told(site, fields, p),
                 .target = signin_place(site, named, p),
                 .asked = return_to_path(apr_table_get(fields, "for"), p),
                 .method = known_method(apr_table_get(fields, "by")),
                 .lost = apr_table_get(fields, "lost") != NULL,
                 .prove = apr_table_get(fields, "prove") != NULL,
                 .too_long = apr_table_get(fields, "long") != NULL};
    if (named && !way.target)
        log_debug(facts->caller.log, "MPIN0731",
                  "the login page's ?return= is no place of this origin: MPinAfterLogin is taken "
                  "(other hosts are those below MPinCookieDomain or in MPinReturnHosts)");
    const char *place = way.asked ? way.asked : way.target;
    if (place)
        ask_place(facts, place, &way);
    if (way.prove)
        way.demand = prove_demand(facts);
    way.step = way_lacks_step(facts->r, &way.demand);
    return way;
}

/* Where a URL's place begins that stands in a query as it came, as a server in front of us or a link
 * by hand writes it: a bare '?' tells. NULL: none does. */
static const char *bare_place(const char *args)
{
    for (const char *field = args; field; field = strchr(field, '&')) {
        field += *field == '&';
        const char *value = strncmp(field, "return=", 7) == 0 ? field + 7
                            : strncmp(field, "to=", 3) == 0   ? field + 3
                                                              : "";
        if (value[strcspn(value, "?&")] == '?')
            return value;
    }
    return NULL;
}

/* All that follows such a place is its own. */
const apr_table_t *way_query(const facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    const char *args = facts->request->args, *place = bare_place(args);
    if (!place)
        return facts->query;
    apr_table_t *fields = form_parse(apr_pstrmemdup(p, args, (apr_size_t)(place - args)), p);
    apr_table_unset(fields, "to");
    apr_table_setn(fields, "return", return_to_spell(place, p));
    return fields;
}

/* The login page that is the ErrorDocument of a place is that place's. */
way_t way_of_page(facts_t *facts)
{
    const demand_t *unmet = facts->request->unmet;
    return unmet ? way_of_refused(facts->r, unmet, method_of(facts->r) != NULL)
                 : way_of_fields(facts, facts->query);
}

/* A long way stands in the form's address (login_form.h). */
way_t way_of_form(facts_t *facts)
{
    const bool in_form = apr_table_get(facts->form, "return") || apr_table_get(facts->form, "for");
    return way_of_fields(facts, in_form ? facts->form : facts->query);
}

/* ---- in a URL ---- */

static const char *with_field(const char *location, const char *name, const char *value,
                              apr_pool_t *p)
{
    return value ? apr_pstrcat(p, location, strchr(location, '?') ? "&" : "?", name, "=",
                               return_to_escape(value, p), NULL)
                 : location;
}

/* A port's first vhost has the limit of all (LimitRequestLine). */
static bool fits_in_line(const request_rec *r, const char *location)
{
    const server_rec *first = r->connection->base_server;
    return strlen(location) + LINE_ROOM <= (apr_size_t)first->limit_req_line;
}

static const char *way_whole(const char *location, const way_t *way, apr_pool_t *p)
{
    const char *back = with_field(location, "return", way->target, p);
    return way->asked ? with_field(with_field(back, "for", way->asked, p), "by", way->method, p)
                      : back;
}

bool way_is_foreign(const way_t *way)
{
    return way->target && *way->target != '/';
}

/* What another host's place asks for, which nobody here can look up. */
static const char *with_demand(const char *location, const site_t *site, const demand_t *demand,
                               apr_pool_t *p)
{
    const char *methods =
        (demand->first & site->methods) == site->methods ? NULL : demand_names(demand->first, p);
    const char *max_age = demand->max_age ? apr_psprintf(p, "%u", demand->max_age) : NULL;
    const char *second = demand->second ? demand_second_word(demand->second) : NULL;
    return with_field(
        with_field(with_field(location, "methods", methods, p), "max_age", max_age, p), "second",
        second, p);
}

static const char *way_at(const request_rec *r, const char *page, const way_t *way)
{
    apr_pool_t *p = r->pool;
    const char *lost = with_field(page, "lost", way->lost ? "1" : NULL, p);
    const char *prove = with_field(lost, "prove", way->prove ? "1" : NULL, p);
    const char *login =
        way_is_foreign(way) ? with_demand(prove, request_of(r)->site, &way->demand, p) : prove;
    const char *all = way_whole(login, way, p);
    const char *back = with_field(login, "return", way->target, p);
    if (!way->too_long && fits_in_line(r, all))
        return all;
    return !way->too_long && way->asked && fits_in_line(r, back)
               ? back
               : with_field(login, "long", "1", p);
}

const char *way_location(const request_rec *r, const way_t *way)
{
    return way->step ? way_step(r, "", way)
                     : way_at(r, request_of(r)->site->paths[PATH_LOGIN], way);
}

const char *way_step(const request_rec *r, const char *more, const way_t *way)
{
    const char *page =
        apr_pstrcat(r->pool, request_of(r)->site->paths[PATH_LOGIN], "/step", more, NULL);
    return way_at(r, page, way);
}

const char *way_choose(const request_rec *r, const char *factor, const way_t *way)
{
    const char *page = apr_pstrcat(r->pool, request_of(r)->site->paths[PATH_LOGIN], "/step", NULL);
    return way_at(r, with_field(page, "factor", factor, r->pool), way);
}

const char *way_login(const request_rec *r, const char *name, const char *value, const way_t *way)
{
    return with_field(way_at(r, request_of(r)->site->paths[PATH_LOGIN], way), name, value, r->pool);
}

const char *way_prove(const request_rec *r, const demand_t *demand, const char *target)
{
    const char *page = site_directory(r)->redirect;
    const way_t way = {
        .target = target, .demand = *demand, .prove = true, .step = way_lacks_step(r, demand)};
    if (request_of(r)->site->paths[PATH_LOGIN])
        return way_location(r, &way);
    return page ? way_elsewhere(r, page, &way) : NULL;
}

const char *way_with(const request_rec *r, const char *name, const way_t *way)
{
    return way_at(
        r, apr_pstrcat(r->pool, request_of(r)->site->paths[PATH_LOGIN], "/with/", name, NULL), way);
}

const char *way_elsewhere(const request_rec *r, const char *page, const way_t *way)
{
    apr_pool_t *p = r->pool;
    const site_t *site = request_of(r)->site;
    const char *lost = with_field(page, "lost", way->lost ? "1" : NULL, p);
    const char *prove = with_field(lost, "prove", way->prove ? "1" : NULL, p);
    const char *asks = with_demand(prove, site, &way->demand, p);
    const char *url = way->target ? apr_pstrcat(p, site->url.text, way->target, NULL) : NULL;
    const char *all = with_field(asks, "to", url, p);
    return !way->too_long && fits_in_line(r, all) ? all : with_field(asks, "long", "1", p);
}

const char *way_for_asker(const request_rec *r, const way_t *way)
{
    const site_t *site = request_of(r)->site;
    const char *login = way_location(r, way);
    if (!way_is_foreign(way))
        login = with_demand(login, site, &way->demand, r->pool);
    return apr_pstrcat(r->pool, site->url.text, login, NULL);
}

/* An error's page comes by an internal redirect from the place that named another page. */
const char *way_switch(const request_rec *r, const way_t *way)
{
    const char *page = site_directory(r->prev ? r->prev : r)->redirect;
    if (request_of(r)->site->paths[PATH_LOGIN])
        return way_login(r, "switch", "1", way);
    return page ? with_field(way_elsewhere(r, page, way), "switch", "1", r->pool) : NULL;
}

const char *way_target(const way_t *way, const site_t *site)
{
    return way->target ? way->target : site->after_login;
}
