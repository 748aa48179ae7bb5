/* SPDX-License-Identifier: Apache-2.0 */
#include "status/status_show.h"

#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <string.h>

#include "config/tree.h"
#include "login/way.h"
#include "status/status.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/form.h"

#define HANDLER "mpin-status"
#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* ---- answers --------------------------------------------------------------------------------- */

static int answer_prometheus(request_rec *r, const status_t *status)
{
    const char *text = status_prometheus(status, r->pool);
    answer_page_headers(r);
    ap_set_content_type(r, PROMETHEUS_TYPE);
    ap_set_content_length(r, (apr_off_t)strlen(text));
    ap_rputs(text, r);
    return OK;
}

static int answer_status(request_rec *r, const site_t *site, const apr_table_t *query)
{
    const char *format = apr_table_get(query, "format");
    status_t status;
    status_gather(&status, r->server, site, r->pool);
    if (format && strcmp(format, "prometheus") == 0)
        return answer_prometheus(r, &status);
    if (format && strcmp(format, "json") == 0) {
        const result_t result = {.status = HTTP_OK, .json = status_json(&status, r->pool)};
        return answer_json(r, &result);
    }
    return status_page(r, &status);
}

/* ---- /mpin-status, by MPinAdmins --------------------------------------------------------------- */

static bool is_admin(const site_t *site, const session_t *session)
{
    for (int i = 0; i < site->admins->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(site->admins, i, const char *), session->name) == 0)
            return true;
    return false;
}

/* A program is told; a person is led to the login, and back. */
static result_t *status_sign_in(facts_t *facts)
{
    const site_t *site = facts->site;
    const way_t way = {.target = site->paths[PATH_STATUS], .demand = demand_any};
    if (!site->paths[PATH_LOGIN] || apr_table_get(facts->query, "format") ||
        answer_wants_json(facts->r))
        return result_error(facts->r->pool, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    answer_see_other(facts->r, way_location(facts->r, &way));
    return NULL;
}

static result_t *status_not_admin(const facts_t *facts)
{
    result_t *result = result_error(facts->r->pool, HTTP_FORBIDDEN, "not_authorized",
                                    "this user may not see this page");
    result->event = "not_authorized";
    result->user = facts->caller.session->name;
    return result;
}

/* The store is asked for the user itself: a child's word for a session is not enough here. */
static result_t *admin_refusal(const facts_t *facts)
{
    const session_t *session = facts->caller.session;
    apr_pool_t *p = facts->r->pool;
    user_t user;
    if (!is_admin(facts->site, session))
        return status_not_admin(facts);
    const store_status_t status = people_get(facts->site->people, session->uid, &user, p);
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);
    return status == STORE_OK && user.state == USER_ACTIVE && user.version == session->version
               ? NULL
               : status_not_admin(facts);
}

result_t *status_route(facts_t *facts)
{
    const site_t *site = facts->site;
    if (!facts->caller.session)
        return status_sign_in(facts);
    result_t *refusal = admin_refusal(facts);
    if (!refusal && !site->ledger)
        refusal = store_refusal(STORE_DOWN, facts->r->pool);
    if (refusal)
        return refusal;
    answer_status(facts->r, site, facts->query);
    return NULL;
}

/* ---- SetHandler mpin-status --------------------------------------------------------------------- */

static int status_handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, HANDLER) != 0)
        return DECLINED;
    const site_t *site = site_of(r->server);
    if (!site || !site->ledger || !request_of(r))
        return HTTP_NOT_FOUND;
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    return answer_status(r, site, form_parse(r->args, r->pool));
}

static bool sets_handler(const ap_directive_t *node, apr_pool_t *p)
{
    for (; node; node = node->next)
        if (sets_handler(node->first_child, p) || (!strcasecmp(node->directive, "SetHandler") &&
                                                   !strcmp(tree_first_word(node, p), HANDLER)))
            return true;
    return false;
}

int status_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf, (void)plog;
    if (sets_handler(ap_conftree, ptemp)) /* httpd sorts its hooks once more after this */
        ap_hook_handler(status_handler, NULL, NULL, APR_HOOK_MIDDLE);
    return OK;
}

/* ---- mod_status' page ---------------------------------------------------------------------------- */

static void say_lately(request_rec *r, const status_t *status, const char *name,
                       ledger_series_t series)
{
    const ledger_t *ledger = status->site->ledger;
    ap_rprintf(r, "<dt>%s: %" APR_UINT64_T_FMT " in 1 h, %" APR_UINT64_T_FMT " in 24 h</dt>\n",
               name, ledger_lately(ledger, series, 60, status->now),
               ledger_lately(ledger, series, LEDGER_MINUTES, status->now));
}

static void say_in_short(request_rec *r, const status_t *status)
{
    const ledger_t *ledger = status->site->ledger;
    static const struct {
        const char *name;
        ledger_series_t series;
    } lines[] = {{"MPinSignIns24h", LEDGER_IN},
                 {"MPinRefusals24h", LEDGER_REFUSED},
                 {"MPinLocks24h", LEDGER_LOCKED},
                 {"MPinRequests24h", LEDGER_REQUESTS}};
    ap_rprintf(r, "MPinState: %s\n",
               part_state_word(status->worst ? status->worst->state : PART_WELL));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ap_rprintf(r, "%s: %" APR_UINT64_T_FMT "\n", lines[i].name,
                   ledger_lately(ledger, lines[i].series, LEDGER_MINUTES, status->now));
}

static void say_block(request_rec *r, const status_t *status)
{
    ap_rprintf(r, "<hr />\n<h1>mod_auth_mpin</h1>\n<dl>\n<dt>%s: %s</dt>\n",
               ap_escape_html(r->pool, status->site->url.text),
               status->worst ? status->worst->word : "all well");
    say_lately(r, status, "Sign-ins", LEDGER_IN);
    say_lately(r, status, "Refusals", LEDGER_REFUSED);
    say_lately(r, status, "Locks", LEDGER_LOCKED);
    say_lately(r, status, "Requests to its own pages", LEDGER_REQUESTS);
    ap_rputs("</dl>\n", r);
}

static int status_block(request_rec *r, int flags)
{
    const site_t *site = site_of(r->server);
    status_t status;
    if (!site || !site->ledger)
        return DECLINED;
    status_gather(&status, r->server, site, r->pool);
    if (flags & AP_STATUS_SHORT)
        say_in_short(r, &status);
    else
        say_block(r, &status);
    return OK;
}

void status_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status_block, NULL, NULL, APR_HOOK_MIDDLE);
}
