/* SPDX-License-Identifier: Apache-2.0 */
/* A trusted login is linked to the account of somebody who is signed in (docs/trusted.md, "The same
 * person by two of them"): the way there, and the way back. */
#include "login/trusted.h"
#include "login/trusted_word.h"

#include "base/hex.h"
#include "people/links.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <string.h>

/* The other module is to ask who they are, whomever it knows: another person may have used this
 * browser before. */
result_t *trusted_begin_link(facts_t *facts, const trusted_login_t *login)
{
    prelogin_await_link(&facts->prelogin, login->set->mark, facts->caller.session,
                        facts->caller.now, apr_time_from_sec(TRUSTED_WAIT));
    log_debug(facts->caller.log, "MPIN0965", "%s goes to the trusted login %s, to link it",
              name_masked(facts->caller.session->name, facts->r->pool), login->set->name);
    return trusted_lead(facts, login, "anew=1");
}

bool trusted_is_own(const trusted_login_t *login, const char *name)
{
    const size_t len = strlen(login->set->name);
    return strncmp(name, login->set->name, len) == 0 && name[len] == ':';
}

result_t *trusted_link_refusal(const facts_t *facts, const char *name, bool *there)
{
    apr_pool_t *p = facts->r->pool;
    user_t user;
    const store_status_t status = people_find(facts->site->people, name, &user, p);
    *there =
        status == STORE_OK && memcmp(user.uid, facts->caller.session->uid, sizeof(user.uid)) == 0;
    if (*there || status == STORE_MISSING)
        return NULL;
    if (status != STORE_OK)
        return store_refusal(status, p);
    return strcmp(user.name, name) == 0
               ? result_error(p, HTTP_CONFLICT, "trusted_has_account",
                              "that login has an account of its own here")
               : result_error(p, HTTP_CONFLICT, "trusted_linked",
                              "that login is linked to another account here");
}

/* A session that has begun meanwhile has not asked for it; and a local name, which the login may give
 * since a reload (as-local), leads to no other account. */
static bool was_asked_for(const facts_t *facts, const trusted_login_t *login)
{
    const session_t *session = facts->caller.session;
    return login->set->local == LOCAL_NEVER && session &&
           memcmp(session->family, facts->prelogin.links_for, sizeof(facts->prelogin.links_for)) ==
               0;
}

static result_t *offer(const facts_t *facts, const trusted_word_t *word, const char **location)
{
    const session_t *session = facts->caller.session;
    apr_pool_t *p = facts->r->pool;
    unsigned char id[LINK_OFFER_BYTES];
    link_offer_t offered = {.link = {.name = word->name,
                                     .added = (uint32_t)apr_time_sec(facts->caller.now),
                                     .subject = word->subject}};
    memcpy(offered.uid, session->uid, sizeof(offered.uid));
    memcpy(offered.family, session->family, sizeof(offered.family));
    const store_status_t status =
        people_offer_link(facts->site->people, &offered, id, facts->caller.now, p);
    *location = apr_pstrcat(p, facts->site->paths[PATH_ACCOUNT],
                            "/login?link=", hex_encode(p, id, sizeof(id)), NULL);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

result_t *trusted_link(facts_t *facts, const trusted_login_t *login, const trusted_word_t *word)
{
    const char *location = facts->site->paths[PATH_ACCOUNT];
    bool there;
    if (!was_asked_for(facts, login))
        return result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_link_lost",
                            "the session that asked for it is not there any more");
    result_t *refusal = trusted_link_refusal(facts, word->name, &there);
    if (!refusal && !there)
        refusal = offer(facts, word, &location);
    if (refusal)
        return refusal;
    /* A second tab is led to the account, not to a sign-in, which would be another user. */
    facts->prelogin.until = 0;
    request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    answer_see_other(facts->r, location);
    return NULL;
}
