/* SPDX-License-Identifier: Apache-2.0 */
/* The devices on which a person has a PIN: which there are, and letting one go. */
#include "account/pages.h"
#include "account/amend.h"
#include "account/section.h"
#include "account/told.h"

#include <apr_strings.h>

#include "base/hex.h"
#include "base/unicode.h"
#include "login/address.h"
#include "login/prove_anew.h"
#include "phone/qr.h"
#include "rps/prove.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/return_to.h"
#include "web/signin.h"

/* In front of an RPS elsewhere the devices are that one's. */
static bool devices_are_ours(const site_t *site)
{
    return site->paths[PATH_RPS] && !site->remote && (site->methods & FACTOR_BIT(FACTOR_PIN));
}

/* An application's are not the site's, whoever shares the store. */
store_status_t account_devices_of(const facts_t *facts, identity_t **list, int *count)
{
    int found = 0, kept = 0;
    store_status_t status = STORE_OK;
    *count = 0;
    if (devices_are_ours(facts->site))
        status = people_identities(facts->site->people, facts->caller.session->uid, list, &found,
                                   facts->r->pool);
    for (int i = 0; status == STORE_OK && i < found; i++)
        if ((*list)[i].origin != ORIGIN_APPLICATION)
            (*list)[kept++] = (*list)[i];
    *count = kept;
    return status;
}

/* ---- the section ---- */

static bool is_here(const facts_t *facts, const identity_t *identity)
{
    const unsigned char *here =
        facts->caller.known ? known_device(facts->caller.known, facts->site->url.text) : NULL;
    return here && memcmp(here, identity->handle, HANDLE_BYTES) == 0;
}

/* Where this browser gets a new PIN: a mail or this session proves the name, or another sign-in does
 * first. NULL: nothing here would. */
static const char *new_pin_place(const facts_t *facts)
{
    const site_t *site = facts->site;
    const rps_settings_t *rps = &site->rps_settings;
    const session_t *session = facts->caller.session;
    apr_pool_t *p = facts->r->pool;
    const bool proves =
        prove_weigh_session(rps, session, session->name, facts->caller.now) == SESSION_PROVES;
    const char *login = site->paths[PATH_LOGIN];
    if (!login || !(rps->register_mail || (rps->register_signed_in && (proves || rps->passwords))))
        return NULL;
    const char *pad =
        apr_pstrcat(p, signin_offer(site, site->paths[PATH_ACCOUNT], p), "&reset=1", NULL);
    return rps->register_mail || proves
               ? pad
               : apr_pstrcat(p, login, "?switch=1&return=", return_to_escape(pad, p), NULL);
}

static store_status_t set_device(page_values_t *page, const facts_t *facts,
                                 apr_array_header_t *rows, const identity_t *identity)
{
    apr_pool_t *p = page->r->pool;
    apr_table_t *row = page_row(rows);
    uint32_t used = 0;
    const store_status_t status =
        people_last_use(facts->site->people, identity, facts->caller.now, &used, p);
    apr_table_setn(row, "device", hex_encode(p, identity->handle, HANDLE_BYTES));
    apr_table_setn(row, "device_name", identity->device);
    apr_table_setn(row, "shown",
                   identity->device[0] ? identity->device : page_text(page, "pad_unnamed"));
    apr_table_setn(row, "added", account_day(identity->created, p));
    apr_table_setn(row, "used", account_day(used, p));
    if (is_here(facts, identity)) {
        const char *new_pin = new_pin_place(facts);
        apr_table_setn(row, "here", "1");
        apr_table_setn(row, "new_pin_href", new_pin ? new_pin : "");
    }
    apr_table_setn(row, "locked", identity->state == IDENTITY_LOCKED ? "1" : "");
    return status;
}

/* Where another device gets its PIN: the login page, opened there, which leads back here. */
static void set_way_of_another(page_values_t *page, const site_t *site)
{
    apr_pool_t *p = page->r->pool;
    const rps_settings_t *rps = &site->rps_settings;
    const char *address = address_login(site, site->paths[PATH_ACCOUNT], p);
    qr_drawing_t qr;
    if (!site->paths[PATH_LOGIN] ||
        !(rps->register_signed_in || rps->register_mail || rps->register_open))
        return;
    page_set(page, "another_href", address);
    page_set(page, "another_site", address_login(site, NULL, p));
    if (qr_draw(address, &qr, p)) {
        page_set(page, "qr_side", apr_itoa(p, qr.side));
        page_set(page, "qr_path", qr.path);
    }
}

result_t *account_devices(page_values_t *page, const section_t *section)
{
    apr_pool_t *p = page->r->pool;
    const site_t *site = page->site;
    if (!devices_are_ours(site))
        return NULL;
    page_set(page, "pins", "1");
    apr_array_header_t *rows = page_list(page, "devices");
    for (int i = 0; i < section->device_count; i++) {
        const store_status_t status = set_device(page, section->facts, rows, &section->devices[i]);
        if (status != STORE_OK)
            return store_refusal(status, p);
    }
    page_set(page, "devices_full", section->device_count >= IDENTITIES_MAX ? "1" : "");
    set_way_of_another(page, site);
    return NULL;
}

/* ---- changes ---- */

/* The person's own device that the field `device` names; 404 for any other. */
static result_t *find_device(const facts_t *facts, identity_t *identity)
{
    apr_pool_t *p = facts->r->pool;
    unsigned char handle[HANDLE_BYTES];
    identity_t *list;
    int count;
    const char *named = apr_table_get(facts->form, "device");
    const store_status_t status = account_devices_of(facts, &list, &count);
    if (status != STORE_OK)
        return store_refusal(status, p);
    for (int i = 0; named && hex_decode(named, handle, sizeof handle) && i < count; i++)
        if (memcmp(list[i].handle, handle, HANDLE_BYTES) == 0) {
            *identity = list[i];
            return NULL;
        }
    return result_error(p, HTTP_NOT_FOUND, "device_unknown", "there is no such device of yours");
}

/* May this form change that device? As account_may_change. */
static bool may_change_device(facts_t *facts, identity_t *identity, result_t **refusal)
{
    if (!account_may_change(facts, refusal))
        return false;
    *refusal = find_device(facts, identity);
    return !*refusal;
}

/* With a device end its sessions: this one, too, where it came from there. */
static result_t *leave(facts_t *facts)
{
    const site_t *site = facts->site;
    const char *out = site->paths[PATH_LOGOUT];
    result_t *refusal = signin_end(facts->r, facts->caller.now);
    if (!refusal)
        answer_see_other(facts->r, out ? apr_pstrcat(facts->r->pool, out, "?out=1", NULL)
                                       : site->after_logout);
    return refusal;
}

result_t *account_device_remove(facts_t *facts)
{
    result_t *refusal;
    identity_t identity;
    if (!may_change_device(facts, &identity, &refusal))
        return refusal;
    const store_status_t status = people_revoke_identity(facts->site->people, identity.handle,
                                                         facts->caller.now, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    account_told_of(facts, "identity_removed", &identity);
    request_forget_device(facts->r, identity.handle, facts->caller.now);
    return memcmp(facts->caller.session->identity, identity.handle, HANDLE_BYTES) == 0
               ? leave(facts)
               : account_back(facts, "device_removed");
}

/* A PIN that is being guessed unlocks nothing: it takes another proof than that device's. */
static bool is_proven_otherwise(const facts_t *facts, const identity_t *identity)
{
    const session_t *session = facts->caller.session;
    const demand_t other = {.first = ~FACTOR_BIT(FACTOR_PIN) & (FACTOR_BIT(FACTOR_COUNT) - 1),
                            .max_age = PROVE_AGE};
    return memcmp(session->identity, identity->handle, HANDLE_BYTES) != 0 ||
           demand_is_met(&other, session, facts->caller.now);
}

result_t *account_device_unlock(facts_t *facts)
{
    result_t *refusal;
    identity_t identity;
    if (!may_change_device(facts, &identity, &refusal))
        return refusal;
    if (!is_proven_otherwise(facts, &identity))
        return account_back(facts, "device_other");
    const store_status_t status =
        people_unlock_identity(facts->site->people, identity.handle, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    if (identity.state == IDENTITY_LOCKED)
        account_told_of(facts, "identity_unlocked", &identity);
    return account_back(facts, "device_unlocked");
}

result_t *account_device_rename(facts_t *facts)
{
    result_t *refusal;
    identity_t identity;
    apr_pool_t *p = facts->r->pool;
    if (!may_change_device(facts, &identity, &refusal))
        return refusal;
    const char *typed = apr_table_get(facts->form, "name");
    const char *name = typed ? unicode_composed(typed, p) : NULL;
    const int characters = name ? unicode_printable_length(name) : -1;
    if (characters < 0 || characters > DEVICE_CHARACTERS)
        return account_back(facts, "device_bad");
    const store_status_t status = people_name_device(facts->site->people, identity.handle, name, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    account_told_of(facts, "identity_renamed", &identity);
    return account_back(facts, "device_renamed");
}
