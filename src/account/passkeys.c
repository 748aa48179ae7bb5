/* SPDX-License-Identifier: Apache-2.0 */
/* The passkeys of a person: which there are, adding one, and what it is called. */
#include "account/pages.h"
#include "account/amend.h"
#include "account/section.h"
#include "account/told.h"
#include "base/base64.h"
#include "base/unicode.h"
#include "factor/aaguid.h"
#include "login/ceremony.h"
#include "login/prove_anew.h"
#include "store/refusal.h"

#include <apr_strings.h>

#define TIMEOUT 60000 /* milliseconds that a browser asks its person for */

/* ---- the section ---- */

static apr_table_t *passkey_row(apr_array_header_t *rows, const own_factor_t *factor,
                                const passkey_t *passkey, apr_pool_t *p)
{
    apr_table_t *row = page_row(rows);
    char id[FACTOR_ID_SIZE];
    factor_write_id(id, factor->id);
    apr_table_set(row, "factor", id);
    apr_table_setn(row, "name", factor->name);
    apr_table_setn(row, "added", account_day(factor->created, p));
    apr_table_setn(row, "used", account_day(factor->used, p));
    apr_table_setn(row, "second_only", passkey->verified ? "" : "1");
    return row;
}

static bool has_codes(const section_t *section)
{
    for (int i = 0; i < section->count; i++)
        if (section->factors[i].kind == KIND_RECOVERY && section->factors[i].confirmed)
            return true;
    return false;
}

/* What the browser is told, so that it offers no passkey that is gone: the last one, too. Not for
 * who never had any. */
static result_t *set_signals(page_values_t *page, const facts_t *facts, const char *ids)
{
    unsigned char handle[USER_HANDLE_BYTES];
    const store_status_t status = passkey_handle_made(
        facts->site->factors, facts->caller.session->uid, handle, page->r->pool);
    if (status == STORE_MISSING)
        return NULL;
    if (status != STORE_OK)
        return store_refusal(status, page->r->pool);
    page_set(page, "passkey_site", facts->site->passkeys.id);
    page_set(page, "passkey_user", base64_encode(page->r->pool, handle, sizeof(handle)));
    page_set(page, "passkey_ids", ids);
    return NULL;
}

result_t *account_passkeys(page_values_t *page, const section_t *section)
{
    const facts_t *facts = section->facts;
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *rows = page_list(page, "passkeys");
    const char *ids = "";
    passkey_t passkey;
    if (!facts->site->passkeys.id)
        return NULL;
    page_set(page, "may_passkey", "1");
    for (int i = 0; i < section->count; i++) {
        if (!passkey_is_of(&section->factors[i], &facts->site->passkeys) ||
            !passkey_read(&section->factors[i], &passkey))
            continue;
        passkey_row(rows, &section->factors[i], &passkey, p);
        ids = apr_pstrcat(p, ids, *ids ? " " : "",
                          base64_encode(p, passkey.credential, passkey.credential_len), NULL);
    }
    page_set(page, "only_one", rows->nelts == 1 && !has_codes(section) ? "1" : "");
    return set_signals(page, facts, ids);
}

/* ---- adding ---- */

/* A script asks: what a form is told by a page, it is told by JSON. */
static result_t *script_may_change(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    apr_table_t *form = apr_table_make(p, 1);
    const char *csrf = json_text(facts->body, "csrf", 64);
    if (!facts->caller.session)
        return result_error(p, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    if (csrf)
        apr_table_setn(form, "csrf", csrf);
    facts->form = form;
    const demand_t proof = prove_demand(facts);
    if (!account_is_proven(facts, &proof)) {
        result_t *refusal =
            result_error(p, HTTP_FORBIDDEN, "proof_too_old", "confirm that it's you first");
        refusal->json =
            json_tie(p, json_pack("{s:s*}", "login_url", account_prove_href(facts, &proof)));
        return refusal;
    }
    return account_token_ok(facts)
               ? NULL
               : result_error(p, HTTP_FORBIDDEN, "stale_form", "the token is not this session's");
}

/* Somebody who may not sign in by one is given none. */
static result_t *may_have(const facts_t *facts, user_t *user)
{
    result_t *refusal = account_user(facts, user);
    if (!refusal && facts->site->rps)
        refusal = rps_admit_name(facts->site->rps, &facts->caller, user->name, facts->r->pool);
    return refusal;
}

static json_t *algorithms_json(void)
{
    json_t *list = json_array();
    for (int i = 0; cose_algorithms[i]; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:i}", "type", "public-key", "alg", (int)cose_algorithms[i]));
    return list;
}

/* A passkey is found by the browser itself, and looks who uses it; a second step needs neither. */
static json_t *selection_json(bool key)
{
    return json_pack("{s:s, s:b, s:s}", "residentKey", key ? "discouraged" : "required",
                     "requireResidentKey", key ? 0 : 1, "userVerification",
                     key ? "preferred" : "required");
}

static result_t *creation_options(const facts_t *facts, const user_t *user, bool key,
                                  const char *challenge)
{
    const site_t *site = facts->site;
    apr_pool_t *p = facts->r->pool;
    unsigned char handle[USER_HANDLE_BYTES];
    store_status_t status = passkey_handle(site->factors, user->uid, handle, p);
    json_t *has = status == STORE_OK ? ceremony_credentials(facts, &status) : NULL;
    if (status != STORE_OK)
        return store_refusal(status, p);
    json_t *person = json_pack("{s:s, s:s, s:s}", "id", base64_encode(p, handle, sizeof(handle)),
                               "name", user->name, "displayName", user->name);
    json_t *options = json_pack(
        "{s:s, s:{s:s, s:s}, s:o, s:o, s:i, s:o, s:o, s:s, s:{s:b}}", "challenge", challenge, "rp",
        "id", site->passkeys.id, "name", site->title, "user", person, "pubKeyCredParams",
        algorithms_json(), "timeout", TIMEOUT, "excludeCredentials", has, "authenticatorSelection",
        selection_json(key), "attestation", "none", "extensions", "credProps", 1);
    if (key)
        json_object_set_new(options, "hints", json_pack("[s]", "security-key"));
    return result_ok(p, json_pack("{s:o}", "publicKey", options));
}

result_t *account_passkey(facts_t *facts)
{
    user_t user;
    bool key = false;
    const char *challenge;
    result_t *refusal = ceremony_is_here(facts);
    if (!refusal)
        refusal = script_may_change(facts);
    if (!refusal)
        refusal = may_have(facts, &user);
    if (refusal)
        return refusal;
    if (!json_flag(facts->body, "key", &key))
        return ceremony_malformed(facts);
    refusal = ceremony_begin(facts, key ? CEREMONY_ADD_KEY : CEREMONY_ADD, &challenge);
    return refusal ? refusal : creation_options(facts, &user, key, challenge);
}

/* Any 32 readable characters, as a device's. */
static const char *readable_name(const char *typed, apr_pool_t *p)
{
    const char *name = typed ? unicode_composed(typed, p) : NULL;
    const int characters = name ? unicode_printable_length(name) : 0;
    return characters > 0 && characters <= DEVICE_CHARACTERS ? name : NULL;
}

static const char *usual_name(const facts_t *facts, const passkey_t *passkey)
{
    const char *maker = aaguid_name(passkey->aaguid);
    const page_values_t page = page_begin(facts->r, facts->site);
    return maker ? maker : page_text(&page, passkey->verified ? "passkey.unnamed" : "passkey.key");
}

static result_t *judge_new(const facts_t *facts, const webauthn_t *answer, passkey_t *passkey)
{
    const bool key = ceremony_is(facts, &answer->client, CEREMONY_ADD_KEY);
    if (!key && !ceremony_is(facts, &answer->client, CEREMONY_ADD))
        return ceremony_expired(facts, "its challenge is too old, or another browser's or user's");
    const char *wrong = webauthn_new_wrong(&facts->site->passkeys, answer, !key);
    if (wrong)
        return ceremony_refused(facts, wrong);
    if (!passkey_of(&facts->site->passkeys, answer, passkey))
        return ceremony_malformed(facts);
    return ceremony_end(facts, &answer->client);
}

/* Its own answer has shown that it is there; that somebody was looked at, only where it says so. */
static result_t *added_and_shown(facts_t *facts, const passkey_t *passkey)
{
    return account_added(
        facts, "passkey_added", passkey->verified ? FACTOR_PASSKEY : FACTOR_SECURITY_KEY,
        (passkey->eligible ? AMR_SWK : AMR_HWK) | (passkey->verified ? AMR_USER | AMR_MFA : 0));
}

static result_t *keep_passkey(facts_t *facts, const user_t *user, passkey_t *passkey)
{
    apr_pool_t *p = facts->r->pool;
    own_factor_t *factor = apr_pcalloc(p, sizeof(*factor));
    passkey->open = (facts->caller.session->amr & AMR_OPEN) && !user->proven;
    factor->open = passkey->open;
    memcpy(factor->uid, user->uid, sizeof(factor->uid));
    apr_cpystrn(factor->name, usual_name(facts, passkey), sizeof(factor->name));
    result_t *refusal = passkey_add(facts->site->factors, factor, passkey, facts->caller.now, p);
    if (!refusal)
        refusal = added_and_shown(facts, passkey);
    if (refusal)
        return refusal;
    return result_ok(p, json_pack("{s:s+}", "location", facts->site->paths[PATH_ACCOUNT],
                                  "?done=passkey_added"));
}

result_t *account_passkey_add(facts_t *facts)
{
    webauthn_t answer;
    user_t user;
    result_t *refusal = ceremony_is_here(facts);
    passkey_t *passkey = apr_pcalloc(facts->r->pool, sizeof(*passkey));
    if (!refusal)
        refusal = script_may_change(facts);
    if (refusal)
        return refusal;
    if (!webauthn_read_new(json_object_get(facts->body, "credential"), &answer, facts->r->pool))
        return ceremony_malformed(facts);
    refusal = may_have(facts, &user);
    if (!refusal)
        refusal = judge_new(facts, &answer, passkey);
    return refusal ? refusal : keep_passkey(facts, &user, passkey);
}

/* ---- what it is called ---- */

static store_status_t set_name(void *baton, own_factor_t *factor)
{
    apr_cpystrn(factor->name, baton, sizeof(factor->name));
    return STORE_OK;
}

result_t *account_passkey_rename(facts_t *facts)
{
    result_t *refusal;
    own_factor_t factor;
    apr_pool_t *p = facts->r->pool;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = account_factor(facts, &factor);
    if (refusal)
        return refusal;
    const char *name = readable_name(apr_table_get(facts->form, "name"), p);
    if (!name || factor.kind != KIND_PASSKEY)
        return account_back(facts, "name_refused");
    const store_status_t status =
        factors_change(facts->site->factors, &factor, set_name, (void *)name, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    account_told(facts, "passkey_renamed");
    return account_back(facts, "renamed");
}
