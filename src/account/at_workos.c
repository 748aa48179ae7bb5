/* SPDX-License-Identifier: Apache-2.0 */
/* What WorkOS keeps for a person: the list, enrolling, clearing. */
#include "account/at_workos.h"
#include "account/pages.h"
#include "account/section.h"
#include "base/unicode.h"
#include "factor/sms.h"
#include "login/step_send.h"
#include "phone/qr.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <httpd.h>
#include <string.h>

#define LABEL_CHARACTERS 64 /* of an issuer's and a user's name, as apps show them */

bool workos_keeps(const own_factor_t *factor)
{
    return factor->kind == KIND_WORKOS_TOTP || factor->kind == KIND_WORKOS_SMS;
}

static bool workos_is_here(const facts_t *facts, result_t **refusal)
{
    *refusal = facts->site->senders.workos
                   ? NULL
                   : result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                                  "WorkOS is not in use here (MPinWorkOS)");
    return !*refusal;
}

bool workos_may_change(facts_t *facts, result_t **refusal)
{
    return workos_is_here(facts, refusal) && account_may_change(facts, refusal);
}

/* ---- the list ---- */

static void list_factor(apr_array_header_t *rows, const own_factor_t *factor, apr_pool_t *p)
{
    workos_own_t own;
    char id[FACTOR_ID_SIZE];
    if (!workos_keeps(factor) || !factor->confirmed || !workos_own(factor, &own))
        return;
    apr_table_t *row = page_row(rows);
    factor_write_id(id, factor->id);
    apr_table_set(row, "factor", id);
    apr_table_set(row, "workos_id", own.id);
    apr_table_setn(row, *own.number ? "sms" : "totp", "1");
    apr_table_setn(row, "name", factor->name);
    apr_table_setn(row, "added", account_day(factor->created, p));
    apr_table_setn(row, "used", account_day(factor->used, p));
}

result_t *account_workos(page_values_t *page, const section_t *section)
{
    const workos_t *workos = page->site->senders.workos;
    apr_array_header_t *rows = page_list(page, "workos_factors");
    page_set(page, "may_workos", workos ? "1" : "");
    page_set(page, "issuer", workos ? workos->issuer : "");
    for (int i = 0; i < section->count; i++)
        list_factor(rows, &section->factors[i], page->r->pool);
    page_set(page, "workos_factors_any", rows->nelts ? "1" : "");
    page_set(page, "workos", workos || rows->nelts ? "1" : "");
    return NULL;
}

/* ---- enrolling ---- */

static const char *label_given(const facts_t *facts, const char *field, const char *usual)
{
    const char *typed = apr_table_get(facts->form, field);
    const char *label = typed ? unicode_composed(typed, facts->r->pool) : NULL;
    const int characters = label ? unicode_printable_length(label) : 0;
    return characters > 0 && characters <= LABEL_CHARACTERS ? label : usual;
}

/* An app's name here is its issuer's, as far as a name may be long. */
static const char *name_of_wish(const workos_wish_t *wish, const char *usual, apr_pool_t *p)
{
    if (wish->type == WORKOS_SMS)
        return phone_masked(wish->number, p);
    return unicode_printable_length(wish->issuer) <= DEVICE_CHARACTERS ? wish->issuer : usual;
}

/* False where the number is none. */
static bool wish_typed(const facts_t *facts, workos_wish_t *wish, char number[PHONE_SIZE])
{
    const char *type = apr_table_get(facts->form, "type");
    wish->type = type && strcmp(type, "sms") == 0 ? WORKOS_SMS : WORKOS_TOTP;
    wish->number = number;
    wish->issuer = label_given(facts, "issuer", facts->site->senders.workos->issuer);
    wish->user = label_given(facts, "user_name", facts->caller.session->name);
    return wish->type == WORKOS_TOTP || phone_read(apr_table_get(facts->form, "phone"), number);
}

static code_page_t workos_code_page(facts_t *facts, own_factor_t *factor)
{
    return (code_page_t){.facts = facts,
                         .factor = factor,
                         .page = "account_code",
                         .where = "/workos",
                         .ops = kind_ops(factor->kind)};
}

static result_t *ask_wish(facts_t *facts, int status, const char *why)
{
    page_values_t page = account_begin(facts);
    page_set(&page, "phone", apr_table_get(facts->form, "phone"));
    page_set(&page, "refused", page_text(&page, why));
    page_answer(&page, status, "account_workos_sms");
    return NULL;
}

/* Once: neither is in a record of ours. */
static void show_secret(page_values_t *page, const void *baton)
{
    const workos_factor_t *made = baton;
    apr_pool_t *p = page->r->pool;
    qr_drawing_t qr;
    page_set(page, "secret", made->secret);
    if (qr_draw(made->uri, &qr, p)) {
        page_set(page, "qr_side", apr_itoa(p, qr.side));
        page_set(page, "qr_path", qr.path);
    }
}

static result_t *send_to_number(code_page_t *code)
{
    const turn_t turn = code_page_turn(code);
    const page_values_t page = account_begin(code->facts);
    result_t *refusal = send_now(&turn);
    return refusal && !send_is_told(&page, refusal) ? refusal
                                                    : code_page_show(code, refusal, NULL, NULL);
}

static result_t *enrol(facts_t *facts, const workos_wish_t *wish)
{
    apr_pool_t *p = facts->r->pool;
    own_factor_t factor = {.open = facts->caller.session->amr & AMR_OPEN};
    workos_factor_t made;
    memcpy(factor.uid, facts->caller.session->uid, sizeof(factor.uid));
    apr_cpystrn(factor.name, name_of_wish(wish, facts->site->title, p), sizeof(factor.name));
    code_page_t code = {.facts = facts, .factor = &factor};
    result_t *refusal = account_user(facts, &code.user);
    const turn_t turn = code_page_turn(&code);
    if (!refusal)
        refusal = workos_begin(&turn, wish, &made);
    if (refusal && wish->type == WORKOS_SMS && refusal->status < 500 && refusal->status != 409)
        return ask_wish(facts, refusal->status, "sent.number_refused");
    if (refusal)
        return refusal;
    const user_t user = code.user;
    code = workos_code_page(facts, &factor);
    code.user = user;
    return wish->type == WORKOS_SMS ? send_to_number(&code)
                                    : code_page_show(&code, NULL, show_secret, &made);
}

static bool find_waiting(facts_t *facts, own_factor_t *factor, code_page_t *code,
                         result_t **refusal)
{
    user_t user;
    *refusal = workos_find(facts, facts->form, factor, &user);
    if (*refusal)
        return false;
    *code = workos_code_page(facts, factor);
    code->user = user;
    if (!factor->confirmed)
        return true;
    *refusal = account_back(facts, "added");
    return false;
}

/* The person's factor that waits for this number's first code: a form that is sent twice makes no
 * second one, and sends no second message. */
static bool number_waits(const facts_t *facts, const workos_wish_t *wish, own_factor_t *factor)
{
    own_factor_t *list;
    workos_own_t own;
    int count;
    if (wish->type != WORKOS_SMS || factors_list(facts->site->factors, facts->caller.session->uid,
                                                 &list, &count, facts->r->pool) != STORE_OK)
        return false;
    for (int i = 0; i < count; i++)
        if (!list[i].confirmed && workos_own(&list[i], &own) &&
            strcmp(own.number, wish->number) == 0) {
            *factor = list[i];
            return true;
        }
    return false;
}

static result_t *send_once_more(facts_t *facts, own_factor_t *factor)
{
    code_page_t code = workos_code_page(facts, factor);
    result_t *refusal = account_user(facts, &code.user);
    return refusal ? refusal : send_to_number(&code);
}

result_t *account_workos_enrol(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    code_page_t code;
    workos_wish_t wish;
    char number[PHONE_SIZE];
    if (!workos_may_change(facts, &refusal))
        return refusal;
    if (apr_table_get(facts->form, "factor"))
        return find_waiting(facts, &factor, &code, &refusal) ? send_to_number(&code) : refusal;
    if (!wish_typed(facts, &wish, number))
        return ask_wish(facts, HTTP_BAD_REQUEST, "sent.number_wrong");
    return number_waits(facts, &wish, &factor) ? send_once_more(facts, &factor)
                                               : enrol(facts, &wish);
}

result_t *account_workos_confirm(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    code_page_t code;
    if (!workos_may_change(facts, &refusal) || !find_waiting(facts, &factor, &code, &refusal))
        return refusal;
    return code_page_confirm(&code);
}

/* ---- clearing ---- */

/* One after the other, there and here; `*gone` is how many. */
static result_t *clear_factors(code_page_t *code, own_factor_t *list, int count, int *gone)
{
    *gone = 0;
    for (int i = 0; i < count; i++) {
        code->factor = &list[i];
        if (!workos_keeps(code->factor))
            continue;
        const turn_t turn = code_page_turn(code);
        result_t *refusal = kind_forget(&turn);
        if (refusal)
            return refusal;
        const store_status_t status = factors_remove(turn.factors, &list[i], turn.p);
        if (status != STORE_OK)
            return store_refusal(status, turn.p);
        ++*gone;
    }
    return NULL;
}

result_t *account_workos_clear(facts_t *facts)
{
    result_t *refusal;
    own_factor_t *list;
    int count, gone;
    code_page_t code = {.facts = facts};
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = account_user(facts, &code.user);
    if (refusal)
        return refusal;
    const store_status_t status = factors_list(facts->site->factors, facts->caller.session->uid,
                                               &list, &count, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    refusal = clear_factors(&code, list, count, &gone);
    result_t *not_changed = gone ? account_changed(facts, "factor_removed") : NULL;
    if (refusal || not_changed)
        return refusal ? refusal : not_changed;
    return account_back(facts, "removed");
}
