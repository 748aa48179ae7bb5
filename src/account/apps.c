/* SPDX-License-Identifier: Apache-2.0 */
#include "account/apps.h"
#include "account/amend.h"
#include "account/pages.h"
#include "factor/totp.h"
#include "base/unicode.h"
#include "login/step.h"
#include "login/step_send.h"
#include "phone/qr.h"
#include "store/refusal.h"
#include "web/answer.h"

#include <apr_strings.h>

result_t *apps_show_secret(page_values_t *page, const facts_t *facts, const own_factor_t *factor)
{
    apr_pool_t *p = facts->r->pool;
    char id[FACTOR_ID_SIZE];
    totp_offer_t offer;
    qr_drawing_t qr;
    if (!totp_offer(factor, facts->site->totp_issuer, facts->caller.session->name, &offer, p))
        return result_error(p, HTTP_NOT_FOUND, "factor_unknown", "there is no such thing of yours");
    factor_write_id(id, factor->id);
    page_set(page, "factor", apr_pstrdup(p, id));
    page_set(page, "secret", offer.typed);
    if (qr_draw(offer.uri, &qr, p)) {
        page_set(page, "qr_side", apr_itoa(p, qr.side));
        page_set(page, "qr_path", qr.path);
    }
    return NULL;
}

/* `refusal` is why the page is shown again, NULL at first. */
static result_t *show_app(facts_t *facts, const own_factor_t *factor, const result_t *refusal)
{
    page_values_t page = account_begin(facts);
    result_t *unknown = apps_show_secret(&page, facts, factor);
    if (unknown)
        return unknown;
    if (refusal)
        send_show_refusal(&page, refusal);
    page_answer(&page, refusal ? refusal->status : HTTP_OK, "account_totp");
    return NULL;
}

result_t *apps_none_here(const facts_t *facts)
{
    return result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                        "authenticator apps are not in use here (MPinTOTP)");
}

/* A name is any 32 readable characters, as a device's; without one it has a usual name. */
static const char *name_given(const facts_t *facts)
{
    const char *typed = apr_table_get(facts->form, "name");
    const char *name = typed ? unicode_composed(typed, facts->r->pool) : NULL;
    const int characters = name ? unicode_printable_length(name) : 0;
    return characters > 0 && characters <= DEVICE_CHARACTERS ? name : facts->site->totp_issuer;
}

result_t *apps_begin(const facts_t *facts, own_factor_t *factor)
{
    memcpy(factor->uid, facts->caller.session->uid, sizeof(factor->uid));
    factor->open = facts->caller.session->amr & AMR_OPEN;
    apr_cpystrn(factor->name, name_given(facts), sizeof(factor->name));
    const store_status_t status =
        totp_begin(facts->site->factors, factor, facts->caller.now, facts->r->pool);
    return status == STORE_OK ? NULL : factors_add_refusal(status, facts->r->pool);
}

result_t *account_totp(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor = {.kind = KIND_TOTP};
    if (!facts->site->totp_issuer)
        return apps_none_here(facts);
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = apps_begin(facts, &factor);
    return refusal ? refusal : show_app(facts, &factor, NULL);
}

result_t *account_totp_confirm(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    user_t user;
    if (!facts->site->totp_issuer)
        return apps_none_here(facts);
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = account_factor(facts, &factor);
    if (!refusal)
        refusal = account_user(facts, &user);
    if (refusal)
        return refusal;
    if (factor.kind != KIND_TOTP || factor.confirmed)
        return account_back(facts, "added");
    const turn_t turn = step_turn(facts, &factor, &user);
    refusal = kind_judge(&turn, apr_table_get(facts->form, "code"));
    if (refusal && refusal->status < 500)
        return show_app(facts, &factor, refusal);
    if (!refusal)
        refusal = account_added(facts, "factor_added", FACTOR_TOTP, AMR_OTP);
    return refusal ? refusal : account_back(facts, "added");
}
