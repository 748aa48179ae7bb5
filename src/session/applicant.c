/* SPDX-License-Identifier: Apache-2.0 */
#include "session/applicant.h"

#include <string.h>

#include "base/bytes.h"
#include "session/cookie.h"

#define LAYOUT 2  /* the version of the layout, its first byte */
#define LIFE 3600 /* seconds: as long as a pre-login cookie */
#define BYTES_MAX                                                                                  \
    (2 + 4 + PRELOGIN_ID_BYTES + 4 * SESSION_ID_BYTES + 16 + BYTES_NUMBER_MAX + 4 * FACTOR_COUNT + \
     1 + SESSION_NAME_MAX + 1 + SESSION_PROVIDER_MAX)

struct applicants_t {
    cookie_sealer_t *sealer;
    revocations_t *revocations;
};

applicants_t *applicants_make(const keys_t *keys, const char *realm, revocations_t *revocations,
                              apr_pool_t *p)
{
    applicants_t *applicants = apr_palloc(p, sizeof *applicants);
    applicants->revocations = revocations;
    applicants->sealer =
        cookie_sealer_make(keys, "userData", apr_time_from_sec(LIFE), "userData", realm, p);
    return applicants->sealer ? applicants : NULL;
}

/* A registration is judged when it comes by, so the proofs' own times go with it. */
static void put_proofs(bytes_out_t *out, const session_t *session)
{
    bytes_put_number(out, session_proven_bits(session));
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        if (session->proven[factor])
            bytes_put_u32(out, session->proven[factor]);
}

static void get_proofs(bytes_in_t *in, session_t *session)
{
    uint32_t factors = bytes_get_number(in);
    in->ok = in->ok && factors < FACTOR_BIT(FACTOR_COUNT);
    for (; in->ok && factors; factors &= factors - 1) {
        const uint32_t proven = bytes_get_u32(in);
        session->proven[__builtin_ctz(factors)] = proven;
        if (proven > session->auth_time)
            session->auth_time = proven;
    }
}

static void put_session(bytes_out_t *out, const session_t *session)
{
    bytes_put(out, session->id, SESSION_ID_BYTES);
    bytes_put(out, session->family, SESSION_ID_BYTES);
    bytes_put(out, session->uid, SESSION_ID_BYTES);
    bytes_put(out, session->identity, SESSION_ID_BYTES);
    bytes_put_u32(out, session->version);
    bytes_put_u32(out, session->seen);
    bytes_put_u32(out, session->expires);
    bytes_put_u32(out, session->amr);
    put_proofs(out, session);
    bytes_put_text(out, session->name);
    bytes_put_text(out, session->provider);
}

static void get_session(bytes_in_t *in, session_t *session)
{
    bytes_get(in, session->id, SESSION_ID_BYTES);
    bytes_get(in, session->family, SESSION_ID_BYTES);
    bytes_get(in, session->uid, SESSION_ID_BYTES);
    bytes_get(in, session->identity, SESSION_ID_BYTES);
    session->version = bytes_get_u32(in);
    session->seen = bytes_get_u32(in);
    session->expires = bytes_get_u32(in);
    session->amr = bytes_get_u32(in);
    get_proofs(in, session);
    bytes_get_text(in, session->name, sizeof session->name);
    bytes_get_text(in, session->provider, sizeof session->provider);
}

const char *applicant_seal(const applicants_t *applicants, const unsigned char *browser,
                           const session_t *session, apr_time_t now, apr_pool_t *p)
{
    unsigned char bytes[BYTES_MAX];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u32(&out, (uint32_t)apr_time_sec(now));
    bytes_put(&out, browser, PRELOGIN_ID_BYTES);
    bytes_put_u8(&out, session != NULL);
    if (session)
        put_session(&out, session);
    return out.ok ? cookie_seal(applicants->sealer, now, bytes, bytes_written(&out), p) : NULL;
}

static bool still_on(const applicants_t *applicants, const session_t *session, apr_time_t now)
{
    const uint32_t seconds = (uint32_t)apr_time_sec(now);
    return session->expires > seconds && applicants->revocations &&
           revocations_refresh(applicants->revocations) &&
           revocations_hit(applicants->revocations, session->id, session->family, session->identity,
                           session->uid, session->version, session->seen, seconds) != REVOKED;
}

bool applicant_open(const applicants_t *applicants, const char *text, apr_time_t now,
                    applicant_t *applicant)
{
    unsigned char bytes[BYTES_MAX];
    apr_size_t got;
    memset(applicant, 0, sizeof *applicant);
    if (!cookie_open(applicants->sealer, now, text, strlen(text), bytes, sizeof bytes, &got))
        return false;
    bytes_in_t in = bytes_in(bytes, got);
    if (bytes_get_u8(&in) != LAYOUT)
        return false;
    const apr_time_t made = bytes_get_u32(&in);
    bytes_get(&in, applicant->browser, PRELOGIN_ID_BYTES);
    const bool session = bytes_get_u8(&in);
    if (session)
        get_session(&in, &applicant->session);
    if (!bytes_all_read(&in) || made + LIFE <= apr_time_sec(now) ||
        made > apr_time_sec(now) + SEAL_SKEW)
        return false;
    applicant->signed_in = session && still_on(applicants, &applicant->session, now);
    return true;
}
