/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in by passkey, and a passkey as a second step: what the browser is asked, and its answer. */
#include "login/ceremony.h"
#include "login/login.h"
#include "people/misses.h"
#include "web/return_to.h"
#include "store/refusal.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <sodium.h>

#define TIMEOUT 60000 /* milliseconds that a browser asks its person for */

/* ---- POST /login/passkey ---- */

/* A sign-in is by whomever, and the browser knows which passkeys there are. */
result_t *login_passkey(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    bool step = false;
    const char *challenge;
    store_status_t status = STORE_OK;
    result_t *refusal = ceremony_is_here(facts);
    if (refusal)
        return refusal;
    if (!json_flag(facts->body, "step", &step))
        return ceremony_malformed(facts);
    if (step && !facts->caller.session)
        return result_error(p, HTTP_UNAUTHORIZED, "not_signed_in", "sign in first");
    refusal = ceremony_begin(facts, step ? CEREMONY_STEP : CEREMONY_SIGN_IN, &challenge);
    if (refusal)
        return refusal;
    json_t *allowed = step ? ceremony_credentials(facts, &status) : json_array();
    if (status != STORE_OK)
        return store_refusal(status, p);
    return result_ok(p, json_pack("{s:{s:s, s:s, s:i, s:s, s:o}}", "publicKey", "challenge",
                                  challenge, "rpId", facts->site->passkeys.id, "timeout", TIMEOUT,
                                  "userVerification", step ? "preferred" : "required",
                                  "allowCredentials", allowed));
}

/* ---- POST /login/passkey/verify ---- */

typedef struct passkey_try_t {
    facts_t *facts;
    webauthn_t answer;
    bool step; /* a second step, not a sign-in */
    own_factor_t factor;
    passkey_t passkey;
    user_t user;
} passkey_try_t;

static result_t *passkey_unknown(const passkey_try_t *attempt, const char *why)
{
    log_debug(attempt->facts->caller.log, "MPIN0832", "a passkey is nobody's here: %s", why);
    return result_error(attempt->facts->r->pool, HTTP_UNAUTHORIZED, "passkey_unknown",
                        "nobody here has this passkey");
}

/* Somebody who made it by being the first of a name has none any more, once the name was proven. */
static result_t *find_its_user(passkey_try_t *attempt)
{
    const site_t *site = attempt->facts->site;
    apr_pool_t *p = attempt->facts->r->pool;
    store_status_t status = passkey_find(site->factors, attempt->answer.credential,
                                         attempt->answer.credential_len, &attempt->factor, p);
    if (status == STORE_OK)
        status = people_get(site->people, attempt->factor.uid, &attempt->user, p);
    if (status == STORE_MISSING)
        return passkey_unknown(attempt, "no user has one of this id");
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (attempt->user.state == USER_DELETED || !passkey_is_of(&attempt->factor, &site->passkeys) ||
        !passkey_read(&attempt->factor, &attempt->passkey))
        return passkey_unknown(attempt, "its user is deleted, or it is another site's");
    if (attempt->passkey.open && attempt->user.proven)
        return passkey_unknown(attempt, "somebody else has proven the name since");
    return NULL;
}

/* The handle says whose it is; where the browser was told which passkeys would do, it need not
 * come. */
static result_t *check_its_user(const passkey_try_t *attempt)
{
    const webauthn_t *answer = &attempt->answer;
    unsigned char handle[USER_HANDLE_BYTES];
    if (attempt->step &&
        sodium_memcmp(attempt->factor.uid, attempt->facts->caller.session->uid, UID_BYTES) != 0)
        return ceremony_refused(attempt->facts, "it is another user's");
    if (attempt->step && !answer->handle)
        return NULL;
    const store_status_t status = passkey_handle(attempt->facts->site->factors, attempt->factor.uid,
                                                 handle, attempt->facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, attempt->facts->r->pool);
    return answer->handle && answer->handle_len == USER_HANDLE_BYTES &&
                   sodium_memcmp(answer->handle, handle, USER_HANDLE_BYTES) == 0
               ? NULL
               : ceremony_refused(attempt->facts, "it names another user");
}

static const char *signature_wrong(const passkey_try_t *attempt)
{
    const webauthn_t *answer = &attempt->answer;
    const relying_party_t *party = &attempt->facts->site->passkeys;
    const cose_signed_t what = {.rp_id = party->id,
                                .authdata = answer->data_bytes,
                                .client_data = answer->client_bytes,
                                .signature = answer->signature,
                                .authdata_len = answer->data_len,
                                .client_data_len = answer->client_len,
                                .signature_len = answer->signature_len,
                                .verified = !attempt->step};
    const char *wrong = webauthn_signed_wrong(party, answer, !attempt->step);
    if (wrong)
        return wrong;
    if (!attempt->step && !attempt->passkey.verified)
        return "it was added as a second step";
    if (attempt->passkey.eligible != !!(answer->data.flags & AUTHDATA_ELIGIBLE))
        return "whether it may be kept on several devices has changed";
    return cose_holds(&attempt->passkey.key, &what) ? NULL : "its signature is wrong";
}

/* A name that is no longer allowed, or gone, signs in no more. */
static result_t *admit_its_user(const passkey_try_t *attempt)
{
    const facts_t *facts = attempt->facts;
    return facts->site->rps ? rps_admit_name(facts->site->rps, &facts->caller, attempt->user.name,
                                             facts->r->pool)
                            : NULL;
}

static result_t *note_use(passkey_try_t *attempt)
{
    const facts_t *facts = attempt->facts;
    apr_pool_t *p = facts->r->pool;
    const store_status_t status = passkey_used(facts->site->factors, &attempt->factor,
                                               &attempt->answer.data, facts->caller.now, p);
    if (status == STORE_OK)
        return NULL;
    if (status == STORE_MISSING)
        return passkey_unknown(attempt, "it was removed this moment");
    if (status != STORE_EXISTS)
        return store_refusal(status, p);
    log_warn(&facts->site->log, "MPIN0830",
             "a passkey of %s counts its signatures backwards (%u): there may be two of it, and it "
             "is refused",
             name_masked(attempt->user.name, p), attempt->answer.data.count);
    result_t *refusal =
        result_error(p, HTTP_UNAUTHORIZED, "passkey_cloned", "this passkey may have been copied");
    refusal->event = "passkey_cloned";
    return refusal;
}

static result_t *passkey_judge(passkey_try_t *attempt)
{
    facts_t *facts = attempt->facts;
    const client_data_t *client = &attempt->answer.client;
    attempt->step = ceremony_is(facts, client, CEREMONY_STEP);
    if (!attempt->step && !ceremony_is(facts, client, CEREMONY_SIGN_IN))
        return ceremony_expired(facts, "its challenge is too old, or another browser's or user's");
    result_t *refusal = find_its_user(attempt);
    if (!refusal)
        refusal = check_its_user(attempt);
    if (refusal)
        return refusal;
    const char *wrong = signature_wrong(attempt);
    if (wrong)
        return ceremony_refused(facts, wrong);
    refusal = ceremony_end(facts, client);
    if (!refusal)
        refusal = admit_its_user(attempt);
    return refusal ? refusal : note_use(attempt);
}

/* A key that looked at nobody when it was added has no PIN that is its owner's: whoever finds it may
 * give it one. */
static bool knows_its_user(const passkey_try_t *attempt)
{
    return attempt->passkey.verified && (attempt->answer.data.flags & AUTHDATA_VERIFIED);
}

static uint32_t amr_of_passkey(const passkey_try_t *attempt)
{
    const uint32_t kept = attempt->passkey.eligible ? AMR_SWK : AMR_HWK;
    const uint32_t first = attempt->passkey.open ? AMR_OPEN : 0;
    return kept | first | (knows_its_user(attempt) ? AMR_USER | AMR_MFA : 0);
}

static result_t *passkey_right(passkey_try_t *attempt)
{
    facts_t *facts = attempt->facts;
    apr_pool_t *p = facts->r->pool;
    const char *wanted = json_text(facts->body, "return", RETURN_TO_MAX);
    const proven_t proven = {.user = &attempt->user,
                             .factor =
                                 knows_its_user(attempt) ? FACTOR_PASSKEY : FACTOR_SECURITY_KEY,
                             .amr = amr_of_passkey(attempt),
                             .provider = attempt->step ? facts->caller.session->provider : "local",
                             .event = attempt->step ? "step_passkey" : "login_passkey",
                             .target = signin_place(facts->site, wanted, p)};
    const signin_t in = signin(facts, &proven);
    if (in.refusal)
        return in.refusal;
    return result_ok(p,
                     json_pack("{s:s, s:s}", "user", attempt->user.name, "location", in.location));
}

/* A failure is reserved beforehand, as a password's is; what can't be judged charges nobody. A user
 * has no counter of wrong ones: signatures can't be guessed, and a limit would only let others lock
 * them out. A browser in which somebody has signed in is apart from strangers at its address. */
static result_t *passkey_try(passkey_try_t *attempt)
{
    const facts_t *facts = attempt->facts;
    const throttle_t *throttle = &facts->site->throttle;
    apr_pool_t *p = facts->r->pool;
    int wait;
    const store_status_t status =
        throttle_reserve(throttle, &facts->caller, NULL, THROTTLE_ANYBODY, &wait, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (wait)
        return result_later(p, "throttled", "too many tries; wait", wait);
    result_t *refusal = passkey_judge(attempt);
    if (!refusal || refusal->status >= 500)
        throttle_release(throttle, &facts->caller, NULL, THROTTLE_ANYBODY, p);
    return refusal;
}

/* Whose try it was: of the person who is signed in, or of the one whom the passkey names. NULL: of
 * nobody who could hear of it. */
static const unsigned char *tried_of(const passkey_try_t *attempt)
{
    if (attempt->step)
        return attempt->facts->caller.session->uid;
    return attempt->user.state == USER_ACTIVE ? attempt->user.uid : NULL;
}

static void record_refused(const passkey_try_t *attempt, result_t *refusal)
{
    const facts_t *facts = attempt->facts;
    const unsigned char *uid = tried_of(attempt);
    if (!refusal->event)
        refusal->event = refusal->status == HTTP_TOO_MANY_REQUESTS ? "throttled" : "passkey_wrong";
    refusal->user = attempt->user.name[0] ? attempt->user.name : NULL;
    if (refusal->status == HTTP_UNAUTHORIZED && uid)
        people_note_miss(facts->site->people, uid, MISS_PASSKEY, facts->caller.now, facts->r->pool);
}

result_t *login_passkey_verify(facts_t *facts)
{
    apr_pool_t *p = facts->r->pool;
    passkey_try_t *attempt = apr_pcalloc(p, sizeof(*attempt));
    result_t *refusal = ceremony_is_here(facts);
    attempt->facts = facts;
    if (refusal)
        return refusal;
    if (!webauthn_read_signed(json_object_get(facts->body, "credential"), &attempt->answer, p))
        return ceremony_malformed(facts);
    refusal = passkey_try(attempt);
    if (!refusal)
        return passkey_right(attempt);
    if (refusal->status < 500)
        record_refused(attempt, refusal);
    return refusal;
}
