/* SPDX-License-Identifier: Apache-2.0 */
#include "account/code_page.h"

#include "login/step.h"
#include "login/step_send.h"

#include <apr_strings.h>
#include <httpd.h>

turn_t code_page_turn(code_page_t *code)
{
    return step_turn(code->facts, code->factor, &code->user);
}

result_t *code_page_show(code_page_t *code, const result_t *refused,
                         void (*more)(page_values_t *page, const void *baton), const void *baton)
{
    apr_pool_t *p = code->facts->r->pool;
    const char *account = code->facts->site->paths[PATH_ACCOUNT];
    page_values_t page = account_begin(code->facts);
    const turn_t turn = code_page_turn(code);
    char id[FACTOR_ID_SIZE];
    factor_write_id(id, code->factor->id);
    page_set(&page, "factor", apr_pstrdup(p, id));
    page_set(&page, "factor_name", code->factor->name);
    page_set(&page, "confirm_url", apr_pstrcat(p, account, code->where, "/confirm", NULL));
    page_set(&page, "send_url", apr_pstrcat(p, account, code->where, NULL));
    send_show(&page, &turn);
    if (refused)
        send_show_refusal(&page, refused);
    if (more)
        more(&page, baton);
    page_answer(&page, refused ? refused->status : HTTP_OK, code->page);
    return NULL;
}

bool code_page_find(code_page_t *code, own_factor_t *factor, factor_kind_t kind, result_t **refusal)
{
    *refusal = account_factor(code->facts, factor);
    if (!*refusal)
        *refusal = account_user(code->facts, &code->user);
    if (*refusal)
        return false;
    code->factor = factor;
    if (factor->kind == kind && !factor->confirmed)
        return true;
    *refusal = account_back(code->facts, "added"); /* a form that was sent twice */
    return false;
}

result_t *code_page_confirm(code_page_t *code)
{
    const turn_t turn = code_page_turn(code);
    const page_values_t page = account_begin(code->facts);
    result_t *refusal = kind_judge(&turn, apr_table_get(code->facts->form, "code"));
    if (refusal && send_is_told(&page, refusal))
        return code_page_show(code, refusal, NULL, NULL);
    if (!refusal)
        refusal = account_added(code->facts, "factor_added", code->ops->proves, code->ops->amr);
    return refusal ? refusal : account_back(code->facts, "added");
}
