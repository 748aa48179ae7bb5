/* SPDX-License-Identifier: Apache-2.0 */
/* One factor at WorkOS: what WorkOS says of it, a challenge, and whether a code answers it. */
#include "account/at_workos.h"
#include "account/pages.h"
#include "base/unicode.h"
#include "factor/sms.h"
#include "login/prove_anew.h"
#include "login/step.h"
#include "login/step_send.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <httpd.h>
#include <string.h>

result_t *workos_find(facts_t *facts, const apr_table_t *fields, own_factor_t *factor, user_t *user)
{
    apr_pool_t *p = facts->r->pool;
    unsigned char id[FACTOR_ID_BYTES];
    const store_status_t status =
        factor_read_id(apr_table_get(fields, "factor"), id)
            ? factors_get(facts->site->factors, facts->caller.session->uid, id, factor, p)
            : STORE_MISSING;
    if (status != STORE_OK && status != STORE_MISSING)
        return store_refusal(status, p);
    if (status == STORE_MISSING || !workos_keeps(factor))
        return result_error(p, HTTP_NOT_FOUND, "factor_unknown", "there is no such thing of yours");
    return account_user(facts, user);
}

/* One factor of the person's on its page. */
typedef struct detail_t {
    facts_t *facts;
    own_factor_t factor;
    user_t user;
} detail_t;

/* One that waits has none: its number may be a stranger's, who gets no words but the site's own, and
 * a right code would make it count. */
static result_t *detail_find(detail_t *detail, const apr_table_t *fields)
{
    result_t *refusal = workos_find(detail->facts, fields, &detail->factor, &detail->user);
    if (refusal || detail->factor.confirmed)
        return refusal;
    return result_error(detail->facts->r->pool, HTTP_NOT_FOUND, "factor_unknown",
                        "it has not been confirmed");
}

static turn_t detail_turn(detail_t *detail)
{
    return step_turn(detail->facts, &detail->factor, &detail->user);
}

static page_values_t detail_begin(const detail_t *detail)
{
    page_values_t page = account_begin(detail->facts);
    char id[FACTOR_ID_SIZE];
    factor_write_id(id, detail->factor.id);
    page_set(&page, "factor", apr_pstrdup(page.r->pool, id));
    page_set(&page, "factor_name", detail->factor.name);
    page_set(&page, detail->factor.kind == KIND_WORKOS_SMS ? "sms" : "totp", "1");
    return page;
}

/* `refused` is why the page is shown again, NULL at first. */
static result_t *show_detail(detail_t *detail, const result_t *refused)
{
    facts_t *facts = detail->facts;
    const turn_t turn = detail_turn(detail);
    workos_own_t own = {.id = ""};
    workos_factor_t there;
    workos_own(&detail->factor, &own);
    result_t *refusal = workos_get(facts->site->senders.workos, &turn, own.id, &there);
    page_values_t page = detail_begin(detail);
    const result_t *why = refused ? refused : refusal;
    if (refusal && !send_is_told(&page, refusal))
        return refusal;
    page_set(&page, "workos_id", own.id);
    if (!refusal) {
        page_set(&page, "there", "1");
        page_set(&page, "environment", apr_pstrdup(turn.p, there.environment));
        page_set(&page, "number", *there.number ? apr_pstrdup(turn.p, there.number) : "-");
        page_set(&page, "created", apr_pstrdup(turn.p, there.created));
        page_set(&page, "updated", apr_pstrdup(turn.p, there.updated));
        page_set(&page, "code_mark", SMS_CODE_MARK);
        page_set(&page, "sms_text", facts->site->senders.workos->text);
    }
    if (why)
        send_show_refusal(&page, why);
    page_answer(&page, why ? why->status : HTTP_OK, "account_workos_detail");
    return NULL;
}

result_t *account_workos_detail(facts_t *facts)
{
    detail_t detail = {.facts = facts};
    const demand_t proof = prove_demand(facts);
    if (!facts->caller.session || !account_is_proven(facts, &proof))
        return account_ask_proof(facts, &proof);
    if (!facts->site->senders.workos)
        return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                            "WorkOS is not in use here (MPinWorkOS)");
    result_t *refusal = detail_find(&detail, facts->query);
    return refusal ? refusal : show_detail(&detail, NULL);
}

/* ---- a challenge ---- */

/* What the SMS shall say. False: not with these words. */
static bool text_given(const detail_t *detail, const char **text)
{
    const char *typed = apr_table_get(detail->facts->form, "text");
    *text = NULL;
    if (!typed || !*typed || detail->factor.kind != KIND_WORKOS_SMS)
        return true;
    *text = typed;
    return strlen(typed) <= SMS_TEXT_MAX && unicode_printable_length(typed) > 0 &&
           strstr(typed, SMS_CODE_MARK);
}

static result_t *show_code_form(detail_t *detail, const result_t *refused)
{
    page_values_t page = detail_begin(detail);
    if (refused)
        send_show_refusal(&page, refused);
    page_answer(&page, refused ? refused->status : HTTP_OK, "account_workos_code");
    return NULL;
}

/* One that was asked for a moment ago can still be answered. */
static result_t *challenge_refused(detail_t *detail, result_t *refusal)
{
    const page_values_t page = detail_begin(detail);
    const turn_t turn = detail_turn(detail);
    int again;
    if (!send_is_told(&page, refusal))
        return refusal;
    return challenge_is_live(&turn, &again) ? show_code_form(detail, refusal)
                                            : show_detail(detail, refusal);
}

result_t *account_workos_challenge(facts_t *facts)
{
    result_t *refusal;
    const char *text;
    detail_t detail = {.facts = facts};
    if (!workos_may_change(facts, &refusal))
        return refusal;
    refusal = detail_find(&detail, facts->form);
    if (refusal)
        return refusal;
    if (!text_given(&detail, &text))
        return show_detail(&detail, result_error(facts->r->pool, HTTP_BAD_REQUEST,
                                                 "field_malformed", "the text has no {{code}}"));
    const turn_t turn = detail_turn(&detail);
    refusal = workos_send(&turn, text);
    return refusal ? challenge_refused(&detail, refusal) : show_code_form(&detail, NULL);
}

/* ---- whether a code answers it ---- */

static result_t *show_verdict(detail_t *detail, const challenge_t *challenge, bool valid)
{
    workos_own_t own = {.id = ""};
    page_values_t page = detail_begin(detail);
    apr_pool_t *p = page.r->pool;
    workos_own(&detail->factor, &own);
    page_set(&page, "workos_id", apr_pstrdup(p, own.id));
    page_set(&page, "valid", valid ? "1" : "");
    page_set(&page, "created", apr_pstrdup(p, challenge->created));
    page_set(&page, "expires", apr_pstrdup(p, challenge->expires));
    page_answer(&page, HTTP_OK, "account_workos_verdict");
    return NULL;
}

result_t *account_workos_verify(facts_t *facts)
{
    result_t *refusal;
    detail_t detail = {.facts = facts};
    challenge_t challenge;
    if (!workos_may_change(facts, &refusal))
        return refusal;
    refusal = detail_find(&detail, facts->form);
    if (refusal)
        return refusal;
    const turn_t turn = detail_turn(&detail);
    const page_values_t page = detail_begin(&detail);
    const store_status_t status = challenge_get(&turn, &challenge);
    if (status != STORE_OK)
        return status == STORE_MISSING ? show_detail(&detail, code_expired(turn.p))
                                       : store_refusal(status, turn.p);
    refusal = kind_judge(&turn, apr_table_get(facts->form, "code"));
    if (refusal && refusal->status == HTTP_GONE) /* where another challenge can be asked for */
        return show_detail(&detail, refusal);
    if (refusal && strcmp(refusal->code, "code_wrong") != 0)
        return send_is_told(&page, refusal) ? show_code_form(&detail, refusal) : refusal;
    return show_verdict(&detail, &challenge, !refusal);
}
