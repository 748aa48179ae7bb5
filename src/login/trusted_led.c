/* SPDX-License-Identifier: Apache-2.0 */
/* A link of a stranger's has room for a password (https://user:password@host/), which a browser gives
 * without asking anybody, and keeps. Where the place of a trusted login asks for one, the way there has a
 * word of this browser's in it, and who comes by a page of ours needs none (docs/trusted.md, "Who may
 * begin it"). */
#include "login/trusted.h"
#include "web/answer.h"
#include "web/form.h"
#include "web/return_to.h"
#include "web/route.h"

#include <apr_strings.h>
#include <string.h>

#define WORD "asked"      /* the field of the query ... */
#define PURPOSE "trusted" /* ... and what its token is for */

static bool takes_passwords(const trusted_login_t *login)
{
    static const char *const types[] = {"Basic", "Digest", "form", NULL};
    for (const char *const *type = types; *type; type++)
        if (!strcasecmp(*type, login->set->type))
            return true;
    return false;
}

/* ---- the way there ---- */

static const char *place_with(const request_rec *r, const trusted_login_t *login, const char *query)
{
    return apr_pstrcat(r->pool, request_of(r)->site->url.text, login->set->location,
                       *query ? "?" : "", query, NULL);
}

/* A whole URL leaves behind what stood before the host of the one that leads there. */
const char *trusted_place(const facts_t *facts, const trusted_login_t *login, const char *flag)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    if (!takes_passwords(login))
        return apr_pstrcat(p, login->set->location, *flag ? "?" : "", flag, NULL);
    const char *token = prelogin_token(site->prelogins, facts->prelogin.id, PURPOSE, p);
    return place_with(facts->r, login,
                      apr_pstrcat(p, flag, *flag ? "&" : "", WORD "=", token, NULL));
}

/* ---- who comes there ---- */

static bool knows_word(const request_rec *r)
{
    prelogin_t prelogin;
    const char *token = apr_table_get(form_parse(request_query(r), r->pool), WORD);
    return token && request_prelogin(r, &prelogin, r->request_time) &&
           prelogin_token_ok(request_of(r)->site->prelogins, prelogin.id, PURPOSE, token);
}

bool trusted_is_led(const request_rec *r, const trusted_login_t *login)
{
    const char *from = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    return takes_passwords(login) && request_of(r)->site->prelogins && from &&
           strcmp(from, "same-origin") != 0 && !knows_word(r);
}

static bool brings_no_cookies(const request_rec *r, const trusted_login_t *login)
{
    return r->method_number == M_GET && !strcmp(login->set->location, r->uri) &&
           request_left_cookies(r);
}

static result_t *trusted_led(facts_t *facts)
{
    request_rec *r = facts->r;
    const trusted_login_t *login = trusted_login_around(facts->site->trusted, r->uri);
    const char *query = request_query(r);
    if (!brings_no_cookies(r, login))
        return trusted_failed_beside(facts, login,
                                     trusted_unasked(facts, "somebody else's link leads there"));
    page_onward(r, facts->site, place_with(r, login, query ? query : ""));
    return NULL;
}

const route_t *login_led_row(const request_rec *r)
{
    static const route_t led = {"", PATH_LOGIN,  "/with", AUDIENCE_PUBLIC, BODY_NONE,
                                0,  ANSWER_PAGE, 0,       trusted_led};
    const request_t *request = request_of(r);
    const trusted_login_t *login = trusted_login_around(request->site->trusted, r->uri);
    if (!login || r->prev)
        return NULL;
    return brings_no_cookies(r, login) || trusted_is_led(r, login) ? &led : NULL;
}
