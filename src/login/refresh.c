/* SPDX-License-Identifier: Apache-2.0 */
/* POST /refresh: what a provider says of who is signed in, anew. */
#include "login/login_form.h"
#include "login/trusted.h"
#include "people/links.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/signin.h"

/* The page that has the button, as its form says, or as far as the browser does. */
static const char *back_to(const facts_t *facts)
{
    const char *named =
        signin_place(facts->site, apr_table_get(facts->form, "return"), facts->r->pool);
    const char *before = named ? named : way_page_before(facts->r);
    return before ? before : facts->site->after_login;
}

/* Of whom no provider has told anything nothing is new. */
static result_t *nothing_new(facts_t *facts)
{
    log_debug(facts->caller.log, "MPIN0909", "there is nothing to refresh of %s",
              name_masked(facts->caller.session->name, facts->r->pool));
    answer_see_other(facts->r, back_to(facts));
    return NULL;
}

/* The other module is asked at its place, which leads back here: it has the session there, and its
 * own configuration says what it makes of "refresh=1" (docs/trusted.md, "News of a user"). */
static result_t *ask_for_news(facts_t *facts, const trusted_login_t *login)
{
    prelogin_await(&facts->prelogin, login->set->mark, back_to(facts), facts->caller.now,
                   apr_time_from_sec(TRUSTED_WAIT));
    facts->prelogin.refreshing = true;
    return trusted_lead(facts, login, "refresh=1");
}

result_t *login_refresh(facts_t *facts)
{
    request_rec *r = facts->r;
    const session_t *session = facts->caller.session;
    subject_t subject;
    if (!session)
        return result_error(r->pool, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    if (!form_sent_by_our_pages(r) && !form_token_ok(facts, session->id, SESSION_FORMS))
        return result_error(r->pool, HTTP_FORBIDDEN, "stale_form",
                            "the form's token is not this session's");
    const store_status_t status = session->told ? people_told(facts->site->people, session->uid,
                                                              session->provider, &subject, r->pool)
                                                : STORE_MISSING;
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, r->pool);
    const trusted_login_t *login =
        status == STORE_OK ? trusted_login_named(facts->site->trusted, subject.provider) : NULL;
    return login ? ask_for_news(facts, login) : nothing_new(facts);
}
