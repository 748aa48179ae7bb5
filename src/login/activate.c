/* SPDX-License-Identifier: Apache-2.0 */
#include "login/activate.h"
#include "login/invited_page.h"
#include "login/login_form.h"
#include "notice/texts.h"
#include "web/answer.h"
#include "web/return_to.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "rps/activation.h"

#define PURPOSE "activate"

/* A link's page, as the mail has it. */
static const char *link_page(const facts_t *facts, const char *token)
{
    apr_pool_t *p = facts->r->pool;
    return apr_pstrcat(p, facts->site->paths[PATH_ACTIVATE],
                       "?t=", token ? return_to_escape(token, p) : "", NULL);
}

/* Who, when, which device; and the form, where there is something to do. */
static void activate_show(facts_t *facts, const link_t *link, const char *token, int status,
                          bool wrong)
{
    page_values_t page = page_begin(facts->r, facts->site);
    const bool activates = link->kind == LINK_ACTIVATE;
    const bool ask = activates && !link->done && (link->same_browser || link->wants_number);

    page_set(&page, "name", link->name);
    page_set(&page, "device", link->device);
    page_set(&page, "address", link->address);
    page_set(&page, "when", texts_moment(link->made, facts->r->pool));
    page_set(&page, "activate", ask ? "1" : "");
    page_set(&page, "number", ask && link->wants_number ? "1" : "");
    page_set(&page, "elsewhere", activates && !link->done && !ask ? "1" : "");
    page_set(&page, "activated", activates && link->done ? "1" : "");
    page_set(&page, "not_me", !activates && !link->done ? "1" : "");
    page_set(&page, "withdrawn", !activates && link->done ? "1" : "");
    page_set(&page, "wrong", wrong ? "1" : "");
    page_set(&page, "activate_url", facts->site->paths[PATH_ACTIVATE]);
    page_set(&page, "token", token);
    page_answers_form(&page, link_page(facts, token));
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->prelogin.id, PURPOSE, facts->r->pool));
    page_answer(&page, status, "activate");
}

/* The browser gets its pre-login cookie, to which the form's token is bound. */
result_t *activate_page(facts_t *facts)
{
    link_t link;
    const char *token = apr_table_get(facts->query, "t");
    if (apr_table_get(facts->query, "i"))
        return invited_page(facts);
    result_t *refusal = rps_link(facts->site->rps, &facts->caller, token, &link, facts->r->pool);
    if (refusal)
        return refusal;
    if (facts->prelogin_fresh &&
        !request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(facts->r->pool);
    activate_show(facts, &link, token, HTTP_OK, false);
    return NULL;
}

result_t *activate_submit(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    const char *token = apr_table_get(facts->form, "t");
    link_t link;
    if (apr_table_get(facts->form, "i"))
        return invited_submit(facts);
    if (facts->prelogin_fresh || !form_token_ok(facts, facts->prelogin.id, PURPOSE)) {
        facts->request->again = link_page(facts, token);
        return result_error(p, HTTP_FORBIDDEN, "stale_form", "the form's token is not this page's");
    }

    const char *number = apr_table_get(facts->form, "number");
    result_t *done = facts->site->remote
                         ? remote_link_follow(facts->site->remote, &facts->caller, token, number, p)
                         : rps_link_follow(facts->site->rps, &facts->caller, token, number, p);
    const bool wrong = done->code && strcmp(done->code, "number_wrong") == 0;
    if (done->code && !wrong)
        return done;
    if (done->event)
        answer_audit(facts->r, done);
    result_t *refusal = rps_link(facts->site->rps, &facts->caller, token, &link, p);
    if (refusal)
        return refusal;
    activate_show(facts, &link, token, done->status, wrong);
    return NULL;
}
