/* SPDX-License-Identifier: Apache-2.0 */
/* The second steps of a person: which there are, and removing one. */
#include "account/pages.h"
#include "account/amend.h"
#include "account/at_workos.h"
#include "account/section.h"
#include "factor/passkey.h"
#include "login/step.h"
#include "store/refusal.h"

#include <apr_strings.h>

const char *account_day(uint32_t seconds, apr_pool_t *p)
{
    apr_time_exp_t day;
    if (!seconds)
        return "";
    apr_time_exp_gmt(&day, apr_time_from_sec((apr_time_t)seconds));
    return apr_psprintf(p, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

result_t *account_steps(page_values_t *page, const section_t *section)
{
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *steps = page_list(page, "steps");
    char id[FACTOR_ID_SIZE];
    page_set(page, "may_totp", page->site->totp_issuer ? "1" : "");
    page_set(page, "may_steps", page->site->totp_issuer ? "1" : "");
    for (int i = 0; i < section->count; i++) {
        const own_factor_t *factor = &section->factors[i];
        const kind_ops_t *ops = kind_ops(factor->kind);
        if (!ops || !factor->confirmed || factor->kind == KIND_RECOVERY || workos_keeps(factor))
            continue;
        page_set(page, "may_steps", "1");
        apr_table_t *row = page_row(steps);
        factor_write_id(id, factor->id);
        apr_table_set(row, "factor", id);
        apr_table_setn(row, ops->word, "1");
        apr_table_setn(row, "name", factor->name);
        apr_table_setn(row, "added", account_day(factor->created, p));
        apr_table_setn(row, "used", account_day(factor->used, p));
    }
    return NULL;
}

/* Its event. A passkey may have been a first factor, of which its owner hears by another mail. */
static const char *removal_of(const own_factor_t *factor)
{
    return factor->kind == KIND_PASSKEY ? "passkey_removed" : "factor_removed";
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
    user_t user;
    const turn_t turn = step_turn(facts, &factor, &user);
    refusal = account_user(facts, &user);
    if (!refusal)
        refusal = kind_forget(&turn);
    if (refusal)
        return refusal;
    const store_status_t status =
        factor.kind == KIND_PASSKEY ? passkey_remove(facts->site->factors, &factor, facts->r->pool)
                                    : factors_remove(facts->site->factors, &factor, facts->r->pool);
    refusal = status == STORE_OK ? account_changed(facts, removal_of(&factor))
                                 : store_refusal(status, facts->r->pool);
    return refusal ? refusal : account_back(facts, "removed");
}
