/* SPDX-License-Identifier: Apache-2.0 */
#include "login/invited_page.h"

#include <apr_strings.h>

#include "login/login_form.h"
#include "login/page.h"
#include "rps/invited.h"
#include "web/answer.h"
#include "web/return_to.h"

#define PURPOSE "invited"

static const char *invitation_link(const facts_t *facts, const char *token)
{
    return apr_pstrcat(facts->r->pool, facts->site->paths[PATH_ACTIVATE],
                       "?i=", return_to_escape(token, facts->r->pool), NULL);
}

/* The browser gets its pre-login cookie, by which the invitation will be its own. */
result_t *invited_page(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    invitation_t invitation;
    const char *token = apr_table_get(facts->query, "i");
    result_t *refusal = rps_invitation(facts->site->rps, &facts->caller, token, &invitation, p);
    if (refusal)
        return refusal;
    if (facts->prelogin_fresh &&
        !request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(p);
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "name", apr_pstrdup(p, invitation.name));
    page_set(&page, "activate_url", facts->site->paths[PATH_ACTIVATE]);
    page_set(&page, "token", token);
    page_set(&page, "csrf", prelogin_token(facts->site->prelogins, facts->prelogin.id, PURPOSE, p));
    page_answers_form(&page, invitation_link(facts, token));
    page_answer(&page, HTTP_OK, "invited");
    return NULL;
}

/* Somebody who is invited has no password yet: the PIN pad stands there alone. */
result_t *invited_submit(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    const char *token = apr_table_get(facts->form, "i");
    facts->request->again = invitation_link(facts, token);
    if (facts->prelogin_fresh || !form_token_ok(facts, facts->prelogin.id, PURPOSE))
        return result_error(p, HTTP_FORBIDDEN, "stale_form", "the form's token is not this page's");
    result_t *done = rps_invitation_accept(facts->site->rps, &facts->caller, token, p);
    if (done->code)
        return done;
    facts->prelogin.registering = true;
    if (!request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now))
        return result_no_randomness(p);
    answer_audit(facts->r, done);
    answer_see_other(facts->r, apr_pstrcat(p, facts->site->paths[PATH_LOGIN], "?with=pin", NULL));
    return NULL;
}
