/* SPDX-License-Identifier: Apache-2.0 */
/* Telephone numbers for codes by SMS: one gets a code, and counts after it has been typed. */
#include "account/code_page.h"
#include "account/pages.h"
#include "account/section.h"
#include "factor/sms.h"
#include "login/step_send.h"
#include "store/refusal.h"

#include <httpd.h>
#include <string.h>

result_t *account_numbers(page_values_t *page, const section_t *section)
{
    (void)section;
    page_set(page, "may_sms", page->site->senders.sms ? "1" : "");
    return NULL;
}

static bool sms_is_here(facts_t *facts, result_t **refusal)
{
    if (facts->site->senders.sms)
        return account_may_change(facts, refusal);
    *refusal =
        result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found", "no SMS is sent here (MPinSMS)");
    return false;
}

/* The number is asked for again; `why` is a text of the group "sent". */
static result_t *ask_number(facts_t *facts, int status, const char *why)
{
    page_values_t page = account_begin(facts);
    page_set(&page, "phone", apr_table_get(facts->form, "phone"));
    page_set(&page, "refused", page_text(&page, why));
    page_answer(&page, status, "account_sms");
    return NULL;
}

/* The person's factor with that number; NULL where there is none. */
static own_factor_t *find_number(own_factor_t *list, int count, const char *number)
{
    char other[PHONE_SIZE];
    for (int i = 0; i < count; i++)
        if (sms_number(&list[i], other) && strcmp(other, number) == 0)
            return &list[i];
    return NULL;
}

/* One that waits already gets another code; else it is new. NULL: `*refusal` is the answer, NULL
 * where one has been given. */
static own_factor_t *number_to_confirm(facts_t *facts, const char *number, result_t **refusal)
{
    apr_pool_t *p = facts->r->pool;
    const unsigned char *uid = facts->caller.session->uid;
    own_factor_t *list;
    int count;
    store_status_t status = factors_list(facts->site->factors, uid, &list, &count, p);
    own_factor_t *there = status == STORE_OK ? find_number(list, count, number) : NULL;
    *refusal = NULL;
    if (there && !there->confirmed)
        return there;
    if (there) {
        *refusal = ask_number(facts, HTTP_CONFLICT, "sent.number_there");
        return NULL;
    }
    own_factor_t *factor = apr_pcalloc(p, sizeof(*factor));
    memcpy(factor->uid, uid, sizeof(factor->uid));
    factor->open = facts->caller.session->amr & AMR_OPEN;
    if (status == STORE_OK)
        status = sms_begin(facts->site->factors, factor, number, facts->caller.now, p);
    if (status == STORE_OK)
        return factor;
    *refusal = factors_add_refusal(status, p);
    return NULL;
}

static code_page_t sms_code_page(facts_t *facts)
{
    return (code_page_t){.facts = facts, .page = "account_code", .where = "/sms", .ops = &sms_ops};
}

/* Where a code is on its way already it can be typed, whatever keeps another one. */
static result_t *send_and_ask(code_page_t *code)
{
    int again;
    const turn_t turn = code_page_turn(code);
    const page_values_t page = account_begin(code->facts);
    result_t *refusal = send_now(&turn);
    if (refusal && !send_is_told(&page, refusal))
        return refusal;
    if (refusal && strcmp(refusal->code, "number_refused") == 0 &&
        !code->ops->is_sent(&turn, &again)) {
        factors_remove(turn.factors, code->factor, turn.p);
        return ask_number(code->facts, refusal->status, "sent.number_refused");
    }
    return code_page_show(code, refusal, NULL, NULL);
}

static result_t *send_to_new(facts_t *facts)
{
    char number[PHONE_SIZE];
    code_page_t code = sms_code_page(facts);
    if (!phone_read(apr_table_get(facts->form, "phone"), number))
        return ask_number(facts, HTTP_BAD_REQUEST, "sent.number_wrong");
    if (!phone_is_in(number, facts->site->sms->countries))
        return ask_number(facts, HTTP_FORBIDDEN, "sent.number_refused");
    result_t *refusal = account_user(facts, &code.user);
    if (refusal)
        return refusal;
    code.factor = number_to_confirm(facts, number, &refusal);
    return code.factor ? send_and_ask(&code) : refusal;
}

result_t *account_sms(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    code_page_t code = sms_code_page(facts);
    if (!sms_is_here(facts, &refusal))
        return refusal;
    if (!apr_table_get(facts->form, "factor"))
        return send_to_new(facts);
    return code_page_find(&code, &factor, KIND_SMS, &refusal) ? send_and_ask(&code) : refusal;
}

result_t *account_sms_confirm(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    code_page_t code = sms_code_page(facts);
    if (!sms_is_here(facts, &refusal) || !code_page_find(&code, &factor, KIND_SMS, &refusal))
        return refusal;
    return code_page_confirm(&code);
}
