/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/erase.h"

#include "factor/browser.h"
#include "factor/factor_record.h"
#include "factor/passkey.h"
#include "factor/tries.h"
#include "factor/workos_kinds.h"
#include "factor/workos_left.h"

static store_status_t erase_factor(factors_t *factors, const own_factor_t *factor, apr_pool_t *p)
{
    if (factor->kind == KIND_PASSKEY)
        return passkey_remove(factors, factor, p);
    workos_own_t own;
    if (workos_own(factor, &own)) /* nobody is held up by WorkOS: it hears later */
        workos_left_note(factors->store, factor, own.id, p);
    const store_status_t status =
        factor->kind == KIND_BROWSER ? browser_forget_use(factors, factor, p) : STORE_OK;
    return status == STORE_OK ? factors_remove(factors, factor, p) : status;
}

/* A record that cannot be read leads nowhere: it goes with the rest. */
store_status_t factor_erase_user(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    factors_t factors = {.store = store};
    own_factor_t *list;
    int count;
    factors_list(&factors, uid, &list, &count, p);
    store_status_t status = passkey_forget_handle(&factors, uid, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        status = erase_factor(&factors, &list[i], p);
    if (status == STORE_OK)
        status = tries_erase(store, uid, p);
    return status == STORE_OK ? factors_erase(store, uid, p) : status;
}

/* Does it stand for itself, and for whoever has proven the name? */
static bool is_owners(const own_factor_t *factor)
{
    return factor->confirmed && !factor->open && factor->kind != KIND_RECOVERY &&
           factor->kind != KIND_BROWSER;
}

store_status_t factor_erase_open(store_t *store, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    factors_t factors = {.store = store};
    own_factor_t *list;
    int count, open = 0, kept = 0;
    store_status_t status = factors_list(&factors, uid, &list, &count, p);
    for (int i = 0; i < count; i++) {
        open += list[i].open;
        kept += is_owners(&list[i]);
    }
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (list[i].open || ((open || !kept) && !is_owners(&list[i])))
            status = erase_factor(&factors, &list[i], p);
    return status == STORE_OK && !kept ? factors_forget_ever(&factors, uid, p) : status;
}
