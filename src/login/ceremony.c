/* SPDX-License-Identifier: Apache-2.0 */
#include "login/ceremony.h"

#include "base/base64.h"
#include "store/refusal.h"

#include <httpd.h>
#include <string.h>

result_t *ceremony_is_here(const facts_t *facts)
{
    return facts->site->passkeys.id ? NULL
                                    : result_error(facts->r->pool, HTTP_NOT_FOUND, "not_found",
                                                   "there are no passkeys here (MPinPasskeys)");
}

static passkey_challenge_t challenge_of(const facts_t *facts, ceremony_t ceremony)
{
    const bool anybody = ceremony == CEREMONY_SIGN_IN;
    return (passkey_challenge_t){.ceremony = ceremony,
                                 .browser = facts->prelogin.id,
                                 .user = anybody ? NULL : facts->caller.session->uid};
}

result_t *ceremony_begin(facts_t *facts, ceremony_t ceremony, const char **challenge)
{
    apr_pool_t *p = facts->r->pool;
    const passkey_challenge_t made = challenge_of(facts, ceremony);
    *challenge = passkey_challenge_make(facts->site->prelogins, &made, facts->caller.now, p);
    return !facts->prelogin_fresh ||
                   request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now)
               ? NULL
               : result_no_randomness(p);
}

bool ceremony_is(const facts_t *facts, const client_data_t *client, ceremony_t ceremony)
{
    if (facts->prelogin_fresh || (ceremony != CEREMONY_SIGN_IN && !facts->caller.session))
        return false;
    const passkey_challenge_t made = challenge_of(facts, ceremony);
    return passkey_challenge_is_for(facts->site->prelogins, client->challenge, &made,
                                    facts->caller.now, facts->r->pool);
}

result_t *ceremony_end(const facts_t *facts, const client_data_t *client)
{
    apr_pool_t *p = facts->r->pool;
    const store_status_t status =
        passkey_challenge_spend(facts->site->store, client->challenge, facts->caller.now, p);
    if (status == STORE_OK && facts->caller.session) /* which it was for */
        request_end_prelogin(facts->r, &facts->prelogin, facts->caller.now);
    if (status == STORE_EXISTS)
        return ceremony_expired(facts, "its challenge was used before");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

result_t *ceremony_expired(const facts_t *facts, const char *why)
{
    log_debug(facts->caller.log, "MPIN0831", "a passkey's answer does not count: %s", why);
    return result_error(facts->r->pool, HTTP_REQUEST_TIME_OUT, "passkey_expired", "begin again");
}

static json_t *transports_of(const passkey_t *passkey)
{
    json_t *names = json_array();
    for (unsigned i = 0; webauthn_transports[i]; i++)
        if (passkey->transports & 1u << i)
            json_array_append_new(names, json_string(webauthn_transports[i]));
    return names;
}

static json_t *credential_of(const own_factor_t *factor, apr_pool_t *p)
{
    passkey_t passkey;
    if (!passkey_read(factor, &passkey))
        return NULL;
    return json_pack("{s:s, s:s, s:o}", "type", "public-key", "id",
                     base64_encode(p, passkey.credential, passkey.credential_len), "transports",
                     transports_of(&passkey));
}

json_t *ceremony_credentials(const facts_t *facts, store_status_t *status)
{
    const site_t *site = facts->site;
    own_factor_t *list;
    int count;
    *status =
        factors_list(site->factors, facts->caller.session->uid, &list, &count, facts->r->pool);
    if (*status != STORE_OK)
        return NULL;
    json_t *credentials = json_array();
    for (int i = 0; i < count; i++)
        if (passkey_is_of(&list[i], &site->passkeys))
            json_array_append_new(credentials, credential_of(&list[i], facts->r->pool));
    return credentials;
}

result_t *ceremony_malformed(const facts_t *facts)
{
    log_debug(facts->caller.log, "MPIN0831", "a passkey's answer cannot be read");
    return result_error(facts->r->pool, HTTP_BAD_REQUEST, "passkey_malformed",
                        "this is no answer of a passkey");
}

result_t *ceremony_refused(const facts_t *facts, const char *why)
{
    log_debug(facts->caller.log, "MPIN0831", "a passkey's answer does not hold: %s", why);
    return result_error(facts->r->pool, HTTP_UNAUTHORIZED, "passkey_refused",
                        "the passkey's answer does not hold");
}
