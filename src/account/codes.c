/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery codes: how many are left, and new ones, which are shown once. */
#include "account/amend.h"
#include "account/pages.h"
#include "account/section.h"
#include "factor/recovery.h"
#include "store/refusal.h"

#include <apr_strings.h>
#include <sodium.h>

/* Codes alone would be a second step that nobody has set up. */
static bool stands_for_something(const own_factor_t *factor)
{
    return factor->confirmed && factor->kind != KIND_RECOVERY && factor->kind != KIND_BROWSER;
}

result_t *account_codes(page_values_t *page, const section_t *section)
{
    apr_pool_t *p = page->r->pool;
    int left = -1;
    for (int i = 0; i < section->count; i++) {
        if (stands_for_something(&section->factors[i]))
            page_set(page, "may_codes", "1");
        if (section->factors[i].kind == KIND_RECOVERY)
            left = recovery_left(&section->factors[i]);
    }
    if (left < 0)
        return NULL;
    page_set(page, "codes", "1");
    page_set(page, "codes_left", apr_itoa(p, left));
    page_set(page, "codes_few", left <= RECOVERY_FEW ? "1" : "");
    return NULL;
}

/* A file's text in a link: without script, and without asking for the codes a second time. */
static const char *codes_as_file(const page_values_t *page, const recovery_codes_t *codes)
{
    apr_pool_t *p = page->r->pool;
    const char *text = "";
    for (int i = 0; i < RECOVERY_CODES; i++)
        text = apr_pstrcat(p, text, codes->text[i], "%0D%0A", NULL);
    return apr_pstrcat(p, "data:text/plain,", page->site->url.host, "%0D%0A", text, NULL);
}

static result_t *show_codes(const facts_t *facts, recovery_codes_t *codes)
{
    page_values_t page = account_begin(facts);
    apr_array_header_t *list = page_list(&page, "new_codes");
    for (int i = 0; i < RECOVERY_CODES; i++)
        apr_table_set(page_row(list), "new_code", codes->text[i]);
    page_set(&page, "codes_file", codes_as_file(&page, codes));
    sodium_memzero(codes, sizeof(*codes));
    page_answer(&page, HTTP_OK, "account_codes_new");
    return NULL;
}

static result_t *has_a_step(const facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    own_factor_t *list;
    int count;
    const store_status_t status =
        factors_list(facts->site->factors, facts->caller.session->uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (stands_for_something(&list[i]))
            return NULL;
    return status == STORE_OK ? result_error(p, HTTP_CONFLICT, "codes_for_nothing",
                                             "there is no second step that they stand for")
                              : store_refusal(status, p);
}

result_t *account_codes_make(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    recovery_codes_t codes;
    result_t *refusal;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = has_a_step(facts);
    if (refusal)
        return refusal;
    const store_status_t status = recovery_make(facts->site->factors, facts->caller.session->uid,
                                                &codes, facts->caller.now, p);
    refusal = status == STORE_OK ? account_changed(facts, "recovery_codes_made")
                                 : factors_add_refusal(status, p);
    if (!refusal)
        return show_codes(facts, &codes);
    sodium_memzero(&codes, sizeof(codes));
    return refusal;
}
