/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens for programs: which there are, a new one, which is shown once, and ending one. */
#include "account/amend.h"
#include "account/pages.h"
#include "account/section.h"
#include "account/told.h"
#include "base/hex.h"
#include "base/unicode.h"
#include "config/number.h"
#include "people/tokens.h"
#include "store/refusal.h"
#include "web/token_owner.h"

#include <apr_strings.h>
#include <sodium.h>

/* ---- the section ---- */

static store_status_t set_token(page_values_t *page, apr_array_header_t *rows,
                                const access_token_t *token)
{
    apr_pool_t *p = page->r->pool;
    apr_table_t *row = page_row(rows);
    uint32_t used;
    const store_status_t status = tokens_last_use(page->site->people, token, &used, p);
    apr_table_setn(row, "token", hex_encode(p, token->handle, HANDLE_BYTES));
    apr_table_setn(row, "name", token->name);
    apr_table_setn(row, "paths", token->paths);
    apr_table_setn(row, "methods", token->methods);
    apr_table_setn(row, "added", account_day(token->created, p));
    apr_table_setn(row, "used", account_day(used, p));
    apr_table_setn(row, "until", account_day(token->expires, p));
    return status;
}

result_t *account_tokens(page_values_t *page, const section_t *section)
{
    const facts_t *facts = section->facts;
    apr_pool_t *p = page->r->pool;
    access_token_t *list;
    int count;
    if (!facts->site->tokens)
        return NULL;
    page_set(page, "may_token", "1");
    store_status_t status = tokens_list(facts->site->people, facts->caller.session->uid, &list,
                                        &count, facts->caller.now, p);
    apr_array_header_t *rows = page_list(page, "tokens");
    for (int i = 0; status == STORE_OK && i < count; i++)
        status = set_token(page, rows, &list[i]);
    page_set(page, "tokens_full", count >= TOKENS_MAX ? "1" : "");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* ---- a new one ---- */

static const char *field_of(const facts_t *facts, const char *name)
{
    const char *typed = apr_table_get(facts->form, name);
    return typed ? typed : "";
}

/* False: the key of what is told in the page is `*wrong`. */
static bool read_token(const facts_t *facts, access_token_t *token, const char **wrong)
{
    apr_pool_t *p = facts->r->pool;
    const session_t *session = facts->caller.session;
    const char *name = unicode_composed(field_of(facts, "name"), p);
    const char *paths = token_paths(field_of(facts, "paths"), p);
    const char *methods = token_methods(field_of(facts, "methods"), p);
    const int characters = name ? unicode_printable_length(name) : 0;
    const char *days_text = apr_table_get(facts->form, "days");
    int64_t days = TOKEN_DAYS_USUAL;
    *wrong = characters <= 0 || characters > DEVICE_CHARACTERS                ? "token_name"
             : !paths                                                         ? "token_paths"
             : !methods                                                       ? "token_methods"
             : days_text && !number_read(days_text, 1, TOKEN_DAYS_MAX, &days) ? "token_days"
                                                                              : NULL;
    if (*wrong)
        return false;
    memcpy(token->uid, session->uid, sizeof(token->uid));
    token->expires = (uint32_t)(apr_time_sec(facts->caller.now) + days * 86400);
    token->open = session->amr & AMR_OPEN;
    token->told = session->told;
    apr_cpystrn(token->name, name, sizeof(token->name));
    apr_cpystrn(token->provider, session->provider, sizeof(token->provider));
    apr_cpystrn(token->paths, paths, sizeof(token->paths));
    apr_cpystrn(token->methods, methods, sizeof(token->methods));
    return true;
}

static result_t *show_token(const facts_t *facts, const access_token_t *token, char *text)
{
    apr_pool_t *p = facts->r->pool;
    page_values_t page = account_begin(facts);
    page_set(&page, "name", token->name);
    page_set(&page, "new_token", apr_pstrdup(p, text));
    page_set(&page, "until", account_day(token->expires, p));
    sodium_memzero(text, TOKEN_TEXT_SIZE);
    page_answer(&page, HTTP_OK, "account_token_new");
    return NULL;
}

static result_t *no_tokens_here(const facts_t *facts)
{
    return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                        "there are no tokens here (MPinTokens)");
}

static result_t *token_add_refusal(store_status_t status, apr_pool_t *p)
{
    if (status == STORE_EXISTS)
        return result_error(p, HTTP_CONFLICT, "too_many_tokens", "there are as many as may be");
    return status == STORE_MISSING
               ? result_error(p, HTTP_FORBIDDEN, "user_disabled", "this account may not sign in")
               : store_refusal(status, p);
}

/* Somebody for whom one would open nothing is given none. */
static bool may_have_token(facts_t *facts, result_t **refusal)
{
    if (!account_may_change(facts, refusal))
        return false;
    *refusal = token_owner_listed(facts->site, &facts->caller, facts->caller.session->name,
                                  facts->r->pool);
    return !*refusal;
}

result_t *account_token_make(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    access_token_t token = {.created = 0};
    char text[TOKEN_TEXT_SIZE];
    const char *wrong;
    result_t *refusal;
    if (!facts->site->tokens)
        return no_tokens_here(facts);
    if (!may_have_token(facts, &refusal))
        return refusal;
    if (!read_token(facts, &token, &wrong))
        return account_back(facts, wrong);
    const store_status_t status =
        tokens_add(facts->site->people, &token, text, facts->caller.now, p);
    if (status != STORE_OK)
        return token_add_refusal(status, p);
    account_told(facts, "token_made");
    return show_token(facts, &token, text);
}

/* ---- ending one ---- */

/* The person's own token that the field `token` names; 404 for any other. */
static result_t *find_token(const facts_t *facts, access_token_t *token)
{
    apr_pool_t *p = facts->r->pool;
    unsigned char handle[HANDLE_BYTES];
    const char *named = apr_table_get(facts->form, "token");
    const store_status_t status =
        named && hex_decode(named, handle, sizeof(handle))
            ? tokens_get(facts->site->people, facts->caller.session->uid, handle, token, p)
            : STORE_MISSING;
    if (status == STORE_MISSING)
        return result_error(p, HTTP_NOT_FOUND, "token_unknown", "there is no such token of yours");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

result_t *account_token_remove(facts_t *facts)
{
    access_token_t token;
    result_t *refusal;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = find_token(facts, &token);
    if (refusal)
        return refusal;
    const store_status_t status =
        tokens_remove(facts->site->people, &token, facts->caller.now, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    account_told(facts, "token_removed");
    return account_back(facts, "token_removed");
}
