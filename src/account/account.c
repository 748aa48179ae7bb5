/* SPDX-License-Identifier: Apache-2.0 */
/* /account: all that is a person's, section by section. */
#include "account/account.h"
#include "account/change.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>

/* A day as people read it. */
static const char *day_text(uint32_t seconds, apr_pool_t *p)
{
    apr_time_exp_t day;
    if (!seconds)
        return "";
    apr_time_exp_gmt(&day, apr_time_from_sec((apr_time_t)seconds));
    return apr_psprintf(p, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

static void list_steps(page_values_t *page, const own_factor_t *list, int count)
{
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *steps = page_list(page, "steps");
    char id[FACTOR_ID_SIZE];
    for (int i = 0; i < count; i++) {
        const kind_ops_t *ops = kind_ops(list[i].kind);
        if (!ops || !list[i].confirmed || list[i].kind == KIND_RECOVERY)
            continue;
        apr_table_t *row = page_row(steps);
        factor_write_id(id, list[i].id);
        apr_table_set(row, "factor", id);
        apr_table_setn(row, ops->word, "1");
        apr_table_setn(row, "name", list[i].name);
        apr_table_setn(row, "added", day_text(list[i].created, p));
        apr_table_setn(row, "used", day_text(list[i].used, p));
    }
}

/* What has just been done: only what we say ourselves. */
static const char *told_text(const page_values_t *page, const char *done)
{
    const char *text =
        done ? page_text(page, apr_pstrcat(page->r->pool, "account.", done, NULL)) : NULL;
    return text ? text : "";
}

result_t *account_page(facts_t *facts)
{
    const site_t *site = facts->site;
    own_factor_t *list;
    int count;
    if (!facts->caller.session) {
        answer_see_other(facts->r, account_prove_href(facts));
        return NULL;
    }
    const store_status_t status =
        factors_list(site->factors, facts->caller.session->uid, &list, &count, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    page_values_t page = account_begin(facts);
    page_set(&page, "proven", account_is_proven(facts) ? "1" : "");
    page_set(&page, "prove_href", account_prove_href(facts));
    page_set(&page, "done", told_text(&page, apr_table_get(facts->query, "done")));
    page_set(&page, "may_totp", site->totp_issuer ? "1" : "");
    list_steps(&page, list, count);
    page_answer(&page, HTTP_OK, "account");
    return NULL;
}

result_t *account_factor_remove(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = account_factor(facts, &factor);
    if (refusal)
        return refusal;
    const store_status_t status = factors_remove(facts->site->factors, &factor, facts->r->pool);
    refusal = status == STORE_OK ? account_changed(facts, "factor_removed")
                                 : store_refusal(status, facts->r->pool);
    return refusal ? refusal : account_back(facts, "removed");
}
