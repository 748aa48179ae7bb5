/* SPDX-License-Identifier: Apache-2.0 */
/* The trusted logins by which a person comes into this account: which there are, adding and removing
 * one. */
#include "account/amend.h"
#include "account/pages.h"
#include "account/section.h"
#include "base/hex.h"
#include "config/parse.h"
#include "login/trusted.h"
#include "people/links.h"
#include "store/refusal.h"

#include <apr_strings.h>
#include <string.h>

/* One with as-local says whose account somebody's is by its mapping; and who was merely the first of
 * a name keeps nothing once it is proven. */
static bool may_be_added(const facts_t *facts, const trusted_login_t *login)
{
    return login->set->local == LOCAL_NEVER && !(facts->caller.session->amr & AMR_OPEN) &&
           !trusted_is_own(login, facts->caller.session->name);
}

/* ---- the section ---- */

static const char *label_of(const facts_t *facts, const char *provider)
{
    const trusted_login_t *login = trusted_login_named(facts->site->trusted, provider);
    return login ? login->set->label : provider;
}

/* The login whose word the name is can't be removed. */
static void show_own(page_values_t *page, apr_array_header_t *rows, const char *name)
{
    const trusted_login_t *login;
    for (int i = 0; (login = trusted_login_number(page->site->trusted, i)); i++) {
        if (!trusted_is_own(login, name))
            continue;
        apr_table_t *row = page_row(rows);
        apr_table_setn(row, "own", "1");
        apr_table_setn(row, "label", login->set->label);
        apr_table_setn(row, "who", strchr(name, ':') + 1);
    }
}

static void show_link(apr_table_t *row, const facts_t *facts, const linked_login_t *link)
{
    const subject_t *subject = &link->subject;
    apr_table_setn(row, "login", subject->provider);
    apr_table_setn(row, "label", label_of(facts, subject->provider));
    apr_table_setn(row, "who", *subject->email ? subject->email : subject->subject);
    apr_table_setn(row, "added", account_day(link->added, facts->r->pool));
}

static bool is_among_links(const linked_login_t *list, int count, const char *provider)
{
    for (int i = 0; i < count; i++)
        if (strcmp(list[i].subject.provider, provider) == 0)
            return true;
    return false;
}

static void show_addable(page_values_t *page, const facts_t *facts, const linked_login_t *list,
                         int count)
{
    const trusted_login_t *login;
    apr_array_header_t *rows = page_list(page, "addable");
    for (int i = 0; (login = trusted_login_number(facts->site->trusted, i)); i++) {
        if (!may_be_added(facts, login) || is_among_links(list, count, login->set->name))
            continue;
        apr_table_t *row = page_row(rows);
        apr_table_setn(row, "login", login->set->name);
        apr_table_setn(row, "label", login->set->label);
        apr_table_setn(row, "icon", login->set->icon ? login->set->icon : "");
    }
    page_set(page, "may_link", rows->nelts || count ? "1" : "");
}

result_t *account_logins(page_values_t *page, const section_t *section)
{
    const facts_t *facts = section->facts;
    const session_t *session = facts->caller.session;
    linked_login_t *list = NULL;
    int count = 0;
    const store_status_t status =
        facts->site->trusted
            ? people_links(facts->site->people, session->uid, &list, &count, facts->r->pool)
            : STORE_OK;
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    apr_array_header_t *rows = page_list(page, "logins");
    show_own(page, rows, session->name);
    for (int i = 0; i < count; i++)
        show_link(page_row(rows), facts, &list[i]);
    show_addable(page, facts, list, count);
    return NULL;
}

/* ---- adding one ---- */

static result_t *no_such_login(const facts_t *facts)
{
    return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                        "there is no such login to add");
}

result_t *account_login_add(facts_t *facts)
{
    result_t *refusal;
    linked_login_t link;
    if (!account_may_change(facts, &refusal))
        return refusal;
    const char *named = apr_table_get(facts->form, "login");
    const trusted_login_t *login = trusted_login_named(facts->site->trusted, named ? named : "");
    if (!login || !may_be_added(facts, login))
        return no_such_login(facts);
    const store_status_t status = people_linked(facts->site->people, facts->caller.session->uid,
                                                named, &link, facts->r->pool);
    if (status == STORE_OK)
        return account_back(facts, "login_there");
    return status == STORE_MISSING ? trusted_begin_link(facts, login)
                                   : store_refusal(status, facts->r->pool);
}

static result_t *offer_lost(const facts_t *facts)
{
    facts->request->again = facts->site->paths[PATH_ACCOUNT];
    return result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_link_lost",
                        "nothing waits to be confirmed in this session");
}

/* The one that waits in this session, and in no other. NULL, or the refusal. */
static result_t *find_offer(const facts_t *facts, const apr_table_t *fields,
                            unsigned char id[LINK_OFFER_BYTES], link_offer_t *offer)
{
    const session_t *session = facts->caller.session;
    const char *named = apr_table_get(fields, "link");
    memset(offer, 0, sizeof(*offer));
    if (!session || !named || !hex_decode(named, id, LINK_OFFER_BYTES))
        return offer_lost(facts);
    const store_status_t status =
        people_offered_link(facts->site->people, id, offer, facts->r->pool);
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, facts->r->pool);
    return status == STORE_MISSING || memcmp(offer->uid, session->uid, sizeof(offer->uid)) != 0 ||
                   memcmp(offer->family, session->family, sizeof(offer->family)) != 0
               ? offer_lost(facts)
               : NULL;
}

result_t *account_login_page(facts_t *facts)
{
    unsigned char id[LINK_OFFER_BYTES];
    link_offer_t offer;
    result_t *refusal = find_offer(facts, facts->query, id, &offer);
    if (refusal)
        return refusal;
    page_values_t page = account_begin(facts);
    page_set(&page, "link", apr_table_get(facts->query, "link"));
    page_set(&page, "label", label_of(facts, offer.link.subject.provider));
    page_set(&page, "who", offer.link.subject.subject);
    page_set(&page, "email", offer.link.subject.email);
    page_answer(&page, HTTP_OK, "account_login");
    return NULL;
}

static result_t *link_now(facts_t *facts, const linked_login_t *link)
{
    apr_pool_t *p = facts->r->pool;
    bool there;
    result_t *refusal = trusted_link_refusal(facts, link->name, &there);
    if (refusal)
        return refusal;
    const store_status_t status =
        people_link(facts->site->people, facts->caller.session->uid, link, p);
    if (status == STORE_EXISTS) /* somebody was faster, or this one by another tab */
        return result_error(p, HTTP_CONFLICT, "trusted_linked", "another link was faster");
    if (status != STORE_OK)
        return store_refusal(status, p);
    refusal = account_changed(facts, "login_linked");
    return refusal ? refusal : account_back(facts, "login_added");
}

/* The proof was asked for before the way to the provider, which may have taken its time: here the
 * same session will do. Of two that confirm it at once one goes on: each change ends the session
 * of the other. */
result_t *account_login_confirm(facts_t *facts)
{
    unsigned char id[LINK_OFFER_BYTES];
    link_offer_t offer;
    result_t *refusal = find_offer(facts, facts->form, id, &offer);
    if (refusal)
        return refusal;
    facts->request->again = facts->site->paths[PATH_ACCOUNT];
    if (!account_token_ok(facts))
        return result_error(facts->r->pool, HTTP_FORBIDDEN, "stale_form",
                            "the form's token is not this session's");
    const store_status_t status = people_take_offer(facts->site->people, id, facts->r->pool);
    if (status == STORE_OK)
        return link_now(facts, &offer.link);
    return status == STORE_MISSING ? offer_lost(facts) : store_refusal(status, facts->r->pool);
}

/* ---- removing one ---- */

result_t *account_login_remove(facts_t *facts)
{
    result_t *refusal;
    apr_pool_t *p = facts->r->pool;
    if (!account_may_change(facts, &refusal))
        return refusal;
    const char *named = apr_table_get(facts->form, "login");
    const store_status_t status =
        named && parse_is_trusted_name(named)
            ? people_unlink(facts->site->people, facts->caller.session->uid, named, p)
            : STORE_MISSING;
    if (status == STORE_MISSING)
        return result_error(p, HTTP_NOT_FOUND, "factor_unknown", "there is no such thing of yours");
    refusal =
        status == STORE_OK ? account_changed(facts, "login_unlinked") : store_refusal(status, p);
    return refusal ? refusal : account_back(facts, "removed");
}
