/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a trusted login: its button, and GET /login/with/NAME. */
#include "login/trusted.h"
#include "session/mark.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/reader.h"
#include "web/return_to.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#define PASSED_MAX 512 /* bytes of a value that goes on to the place */

/* With those fields of the query that the login's line lets through (pass=). */
static const char *with_passed(const request_rec *r, const trusted_login_t *login, const char *url)
{
    const apr_table_t *query = login->set->pass ? form_parse(request_of(r)->args, r->pool) : NULL;
    for (const char *const *name = login->set->pass; name && *name; name++) {
        const char *value = apr_table_get(query, *name);
        if (value && *value && strlen(value) <= PASSED_MAX)
            url = apr_pstrcat(r->pool, url, strchr(url, '?') ? "&" : "?", *name, "=",
                              return_to_escape(value, r->pool), NULL);
    }
    return url;
}

/* ---- the buttons ---- */

static bool takes_login(const way_t *way, const trusted_login_t *login)
{
    return (way->demand.first & FACTOR_BIT(FACTOR_TRUSTED)) &&
           mark_is_among(way->demand.trusted, login->set->mark);
}

bool trusted_show(page_values_t *page, const way_t *way)
{
    apr_array_header_t *list = page_list(page, "trusted");
    const trusted_login_t *login;
    for (int i = 0; (login = trusted_login_number(page->site->trusted, i)); i++) {
        if (!takes_login(way, login))
            continue;
        apr_table_t *row = page_row(list);
        apr_table_setn(row, "name", login->set->name);
        apr_table_setn(row, "label", login->set->label);
        apr_table_setn(row, "icon", login->set->icon ? login->set->icon : "");
        const char *href = with_passed(page->r, login, way_with(page->r, login->set->name, way));
        apr_table_setn(row, "href", href);
        apr_table_setn(row, "auth_url",
                       apr_pstrcat(page->r->pool, page->site->url.text, href, NULL));
    }
    return list->nelts > 0;
}

/* The only one that would do, NULL where there are several ways. */
static const trusted_login_t *only_one(const site_t *site, const way_t *way)
{
    const trusted_login_t *login, *only = NULL;
    if (site->methods & way->demand.first & ~FACTOR_BIT(FACTOR_TRUSTED))
        return NULL;
    for (int i = 0; (login = trusted_login_number(site->trusted, i)); i++) {
        if (takes_login(way, login) && only)
            return NULL;
        if (takes_login(way, login))
            only = login;
    }
    return only;
}

/* One that is under way already may have been left by "back". */
static bool is_under_way(const prelogin_t *prelogin, apr_time_t now)
{
    return prelogin->awaits && prelogin->until > apr_time_sec(now);
}

static const trusted_login_t *one_at_once(const facts_t *facts, const way_t *way)
{
    const trusted_login_t *only = only_one(facts->site, way);
    if (!only || !only->set->at_once || facts->caller.session || facts->prelogin.resting ||
        is_under_way(&facts->prelogin, facts->caller.now) ||
        apr_table_get(facts->query, "switch") || reader_is_nobody(facts->r))
        return NULL;
    return only;
}

const char *trusted_at_once(const facts_t *facts, const way_t *way)
{
    const trusted_login_t *only = one_at_once(facts, way);
    return only ? with_passed(facts->r, only, way_with(facts->r, only->set->name, way)) : NULL;
}

/* ---- from a page of ours ---- */

result_t *trusted_lead(facts_t *facts, const trusted_login_t *login, const char *flag)
{
    request_rec *r = facts->r;
    if (!request_keep_prelogin(r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(r->pool);
    page_onward(r, facts->site, trusted_place(facts, login, flag));
    return NULL;
}

/* ---- GET /login/with/NAME ---- */

/* Where somebody comes back to is nowhere to go on to. */
static const char *target_of(const facts_t *facts, const way_t *way)
{
    apr_pool_t *p = facts->r->pool;
    const char *path =
        way->target ? apr_pstrmemdup(p, way->target, strcspn(way->target, "?#")) : "";
    return trusted_login_around(facts->site->trusted, path) ? NULL : way->target;
}

/* Whom the other module knows already is to show again who they are, or be somebody else: what it
 * makes of that is its own configuration's (docs/trusted.md, "Asking again"). */
static bool is_anew(const facts_t *facts)
{
    return facts->caller.session || apr_table_get(facts->query, "switch") ||
           apr_table_get(facts->query, "anew");
}

/* A page of another site leads here: it could make somebody of a person unseen (docs/trusted.md,
 * "Who may begin it"). Where a login here may return to other hosts, those of the same site may. */
static bool is_led_by_strangers(const facts_t *facts)
{
    const return_hosts_t *hosts = &facts->site->return_hosts;
    const char *from = apr_table_get(facts->r->headers_in, "Sec-Fetch-Site");
    return from && (strcmp(from, "cross-site") == 0 ||
                    (strcmp(from, "same-site") == 0 && !hosts->domain && !hosts->are));
}

/* The login page has the button. */
static result_t *let_choose(const facts_t *facts, const trusted_login_t *login, const way_t *way)
{
    log_debug(facts->caller.log, "MPIN0940",
              "a page of another site leads to the trusted login %s: people choose themselves",
              login->set->name);
    answer_see_other(facts->r, with_passed(facts->r, login, way_location(facts->r, way)));
    return NULL;
}

result_t *login_with(facts_t *facts)
{
    request_rec *r = facts->r;
    const trusted_login_t *login = trusted_login_named(facts->site->trusted, facts->rest);
    if (!login)
        return result_error(r->pool, HTTP_NOT_FOUND, "not_found", "there is no such login here");
    if (apr_table_get(facts->query, "failed"))
        return trusted_failed_there(facts, login);
    facts->query = way_query(facts);
    const way_t way = way_of_page(facts);
    if (is_led_by_strangers(facts) && one_at_once(facts, &way) != login)
        return let_choose(facts, login, &way);
    prelogin_await(&facts->prelogin, login->set->mark, target_of(facts, &way), facts->caller.now,
                   apr_time_from_sec(TRUSTED_WAIT));
    if (!request_keep_prelogin(r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(r->pool);
    log_debug(facts->caller.log, "MPIN0900", "the trusted login %s begins", login->set->name);
    const char *place = trusted_place(facts, login, is_anew(facts) ? "anew=1" : "");
    answer_see_other(r, with_passed(r, login, place));
    r->status = HTTP_MOVED_TEMPORARILY;
    return NULL;
}
