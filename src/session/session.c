/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "session/cookie.h"

#define RENEW 60 /* seconds between sealings */

/* A cookie is read, decoded and opened at every request, and each of its bytes costs: what most
 * sessions lack takes no room, and times count from `started`. First byte: the layout's version
 * (three bits) and which parts there are. Which factors were proven is a number of FACTOR_BITs, and
 * the time of each follows it; the newest of them is auth_time. */
#define LAYOUT 0x40
enum {
    PART_FAMILY = 1, /* else it is the id: nothing has stepped up yet */
    PART_IDENTITY = 2,
    PART_TOLD = 4,
    PART_PROVIDER = 16, /* else PROVIDER */
    PARTS = PART_FAMILY | PART_IDENTITY | PART_TOLD | PART_PROVIDER
};
#define PROVIDER "local"
#define BYTES_MAX                                                                                  \
    (1 + 4 * SESSION_ID_BYTES + (6 + FACTOR_COUNT) * BYTES_NUMBER_MAX + 4 + 1 + SESSION_NAME_MAX + \
     1 + SESSION_PROVIDER_MAX)

/* The layout before this one had auth_time and a part for each of two factors. Cookies of it are
 * read, so that nobody is signed out by a new version of the module; those in use are sealed anew
 * within a minute. */
#define LAYOUT_BEFORE 0x20
enum { BEFORE_PASSWORD = 4, BEFORE_PIN = 8, PARTS_BEFORE = 31 };

struct sessions_t {
    cookie_sealer_t *sealer;
    uint32_t idle; /* seconds */
    uint32_t max;
    revocations_t *revocations;
    const secret_t *handle_key; /* its first 128 bits */
};

/* Words with the space between them, in fields that are copied whole; each at its bit's place. */
#define WORD(text)                                                                                 \
    {                                                                                              \
        text " ", sizeof(text)                                                                     \
    }
static const struct {
    char word[8];
    unsigned char len;
} amr_words[] = {WORD("pwd"), WORD("pin"),  WORD("mfa"),     WORD("otp"),
                 WORD("sms"), WORD("hwk"),  WORD("swk"),     WORD("phone"),
                 {"", 0},     WORD("user"), WORD("trusted"), WORD("token")};
#define AMR_WORDS (sizeof amr_words / sizeof *amr_words)
#define AMR_ALL (((1u << AMR_WORDS) - 1) & ~(unsigned)AMR_OPEN)
_Static_assert(1u << (AMR_WORDS - 1) == AMR_TOKEN, "a word for each bit but AMR_OPEN's");
_Static_assert(SESSION_AMR_SIZE > AMR_WORDS * sizeof amr_words->word, "all words fit");

sessions_t *sessions_make(const keys_t *keys, const char *cookie, const char *realm,
                          apr_interval_time_t idle, apr_interval_time_t max,
                          revocations_t *revocations, apr_pool_t *p)
{
    sessions_t *sessions = apr_pcalloc(p, sizeof *sessions);

    sessions->idle = (uint32_t)apr_time_sec(idle);
    sessions->max = (uint32_t)apr_time_sec(max);
    sessions->revocations = revocations;
    sessions->sealer = cookie_sealer_make(keys, "session", max, cookie, realm, p);
    sessions->handle_key = keys_derive_app(keys, "session-handle");
    return sessions->sealer && sessions->handle_key ? sessions : NULL;
}

void session_start(const sessions_t *sessions, session_t *session, factor_t factor, apr_time_t now)
{
    uint32_t seconds = (uint32_t)apr_time_sec(now);

    randombytes_buf(session->id, sizeof session->id);
    if (sodium_is_zero(session->family, sizeof session->family)) {
        memcpy(session->family, session->id, sizeof session->family);
        session->started = seconds;
    }
    session->auth_time = seconds;
    memset(session->proven, 0, sizeof session->proven);
    session->proven[factor] = seconds;
    session->seen = seconds;
    session->expires = seconds + sessions->max;
}

void session_date(session_t *session, factor_t factor, uint32_t seconds)
{
    if (seconds && seconds < session->auth_time)
        session->proven[factor] = session->auth_time = seconds;
}

uint32_t session_proven_bits(const session_t *session)
{
    uint32_t factors = 0;
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        if (session->proven[factor])
            factors |= FACTOR_BIT(factor);
    return factors;
}

/* What a session says of a factor that it keeps from an older one. */
static const uint32_t amr_of[FACTOR_COUNT] = {
    [FACTOR_PIN] = AMR_PIN | AMR_MFA | AMR_SWK | AMR_PHONE | AMR_OPEN,
    [FACTOR_PASSWORD] = AMR_PWD,
    [FACTOR_PASSKEY] = AMR_HWK | AMR_SWK | AMR_USER | AMR_MFA | AMR_OPEN,
    [FACTOR_TOTP] = AMR_OTP,
    [FACTOR_SMS] = AMR_SMS,
    [FACTOR_SECURITY_KEY] = AMR_HWK | AMR_SWK,
    [FACTOR_TRUSTED] = AMR_TRUSTED,
    [FACTOR_RECOVERY] = AMR_OTP,
};

/* Two factors of which each was proven for itself. */
#define SECOND_STEPS                                                                               \
    (FACTOR_BIT(FACTOR_TOTP) | FACTOR_BIT(FACTOR_SMS) | FACTOR_BIT(FACTOR_SECURITY_KEY) |          \
     FACTOR_BIT(FACTOR_RECOVERY))

static void note_mfa(session_t *session)
{
    const uint32_t proven = session_proven_bits(session);
    if ((proven & SECOND_STEPS) && (proven & FACTORS_FIRST))
        session->amr |= AMR_MFA;
}

void session_rename(session_t *session)
{
    randombytes_buf(session->id, sizeof session->id);
}

void session_add(session_t *session, factor_t factor, uint32_t amr, apr_time_t now)
{
    session->auth_time = session->proven[factor] = (uint32_t)apr_time_sec(now);
    session->amr |= amr;
    note_mfa(session);
}

void session_add_beside(session_t *session, uint32_t steps, factor_t first)
{
    static const uint32_t says[FACTOR_COUNT] = {
        [FACTOR_TOTP] = AMR_OTP, [FACTOR_SMS] = AMR_SMS, [FACTOR_SECURITY_KEY] = AMR_HWK};
    for (int factor = 0; factor < FACTOR_COUNT; factor++) {
        if (!(steps & FACTOR_BIT(factor)))
            continue;
        session->proven[factor] = session->proven[first];
        session->amr |= says[factor];
    }
    note_mfa(session);
}

/* May `session`, which lacks this proof, keep the older one's? */
static bool keeps(const sessions_t *sessions, const session_t *session, uint32_t own, uint32_t old)
{
    return !own && old && session->auth_time - old < sessions->max;
}

void session_step_up(const sessions_t *sessions, session_t *session, const session_t *old)
{
    if (memcmp(session->uid, old->uid, SESSION_ID_BYTES) || session->version != old->version)
        return;
    session->told = session->told || old->told;
    if (!(session->amr & (AMR_PWD | AMR_TRUSTED))) /* else what came of that proof outlives it */
        session->amr |= old->amr & AMR_OPEN;
    for (int factor = 0; factor < FACTOR_COUNT; factor++) {
        if (!keeps(sessions, session, session->proven[factor], old->proven[factor]))
            continue;
        session->proven[factor] = old->proven[factor];
        session->amr |= old->amr & amr_of[factor];
        if (factor == FACTOR_PIN)
            memcpy(session->identity, old->identity, SESSION_ID_BYTES);
        if (factor == FACTOR_TRUSTED)
            session->trusted = old->trusted;
    }
    note_mfa(session);
}

static unsigned session_parts(const session_t *session)
{
    unsigned parts = 0;
    if (memcmp(session->family, session->id, SESSION_ID_BYTES) != 0)
        parts |= PART_FAMILY;
    if (!sodium_is_zero(session->identity, SESSION_ID_BYTES))
        parts |= PART_IDENTITY;
    if (strcmp(session->provider, PROVIDER) != 0)
        parts |= PART_PROVIDER;
    if (session->told)
        parts |= PART_TOLD;
    return parts;
}

static void put_proven(bytes_out_t *out, const session_t *session)
{
    bytes_put_number(out, session_proven_bits(session));
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        if (session->proven[factor])
            bytes_put_number(out, session->proven[factor] - session->started);
    if (session->proven[FACTOR_TRUSTED])
        bytes_put_u32(out, session->trusted);
}

const char *session_seal(const sessions_t *sessions, session_t *session, apr_time_t now,
                         apr_pool_t *p)
{
    unsigned char bytes[BYTES_MAX];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);
    const unsigned parts = session_parts(session);

    session->seen = (uint32_t)apr_time_sec(now);
    bytes_put_u8(&out, (uint8_t)(LAYOUT | parts));
    bytes_put(&out, session->id, SESSION_ID_BYTES);
    bytes_put(&out, session->uid, SESSION_ID_BYTES);
    bytes_put(&out, session->family, parts & PART_FAMILY ? SESSION_ID_BYTES : 0);
    bytes_put(&out, session->identity, parts & PART_IDENTITY ? SESSION_ID_BYTES : 0);
    bytes_put_number(&out, session->version);
    bytes_put_u32(&out, session->started);
    put_proven(&out, session);
    bytes_put_number(&out, session->seen - session->started);
    bytes_put_number(&out, session->expires - session->started);
    bytes_put_number(&out, session->amr);
    bytes_put_text(&out, session->name);
    if (parts & PART_PROVIDER)
        bytes_put_text(&out, session->provider);
    return out.ok ? cookie_seal(sessions->sealer, now, bytes, bytes_written(&out), p) : NULL;
}

static void get_time(bytes_in_t *in, session_t *session, int factor)
{
    const uint32_t proven = session->started + bytes_get_number(in);
    session->proven[factor] = proven;
    if (proven > session->auth_time)
        session->auth_time = proven;
}

/* A factor that this version of the module does not know is none that it could judge. */
static void get_proven(bytes_in_t *in, session_t *session)
{
    uint32_t factors = bytes_get_number(in);
    in->ok = in->ok && factors < FACTOR_BIT(FACTOR_COUNT);
    for (; in->ok && factors; factors &= factors - 1)
        get_time(in, session, __builtin_ctz(factors));
    session->trusted = session->proven[FACTOR_TRUSTED] ? bytes_get_u32(in) : 0;
}

static void get_proven_before(bytes_in_t *in, session_t *session, unsigned parts)
{
    bytes_get_number(in); /* auth_time */
    if (parts & BEFORE_PASSWORD)
        get_time(in, session, FACTOR_PASSWORD);
    if (parts & BEFORE_PIN)
        get_time(in, session, FACTOR_PIN);
}

static bool read_layout(session_t *session, const unsigned char *bytes, apr_size_t len)
{
    bytes_in_t in = bytes_in(bytes, len);
    const unsigned parts = bytes_get_u8(&in);
    const bool before = (parts & ~(unsigned)PARTS_BEFORE) == LAYOUT_BEFORE;

    if (!before && (parts & ~(unsigned)PARTS) != LAYOUT)
        return false;
    bytes_get(&in, session->id, SESSION_ID_BYTES);
    bytes_get(&in, session->uid, SESSION_ID_BYTES);
    memcpy(session->family, session->id, SESSION_ID_BYTES);
    bytes_get(&in, session->family, parts & PART_FAMILY ? SESSION_ID_BYTES : 0);
    memset(session->identity, 0, SESSION_ID_BYTES);
    bytes_get(&in, session->identity, parts & PART_IDENTITY ? SESSION_ID_BYTES : 0);
    session->version = bytes_get_number(&in);
    session->started = bytes_get_u32(&in);
    session->auth_time = 0;
    memset(session->proven, 0, sizeof session->proven);
    session->trusted = 0;
    session->told = parts & PART_TOLD && !before;
    if (before)
        get_proven_before(&in, session, parts);
    else
        get_proven(&in, session);
    session->seen = session->started + bytes_get_number(&in);
    session->expires = session->started + bytes_get_number(&in);
    session->amr = bytes_get_number(&in);
    bytes_get_text(&in, session->name, sizeof session->name);
    if (parts & PART_PROVIDER)
        bytes_get_text(&in, session->provider, sizeof session->provider);
    else
        memcpy(session->provider, PROVIDER, sizeof PROVIDER);
    return bytes_all_read(&in);
}

static inline session_status_t stands(const sessions_t *sessions, session_t *session,
                                      apr_time_t now)
{
    const apr_time_t seconds = apr_time_sec(now);

    if (session->expires <= seconds || (apr_time_t)session->seen + sessions->idle <= seconds)
        return SESSION_EXPIRED;
    if (!sessions->revocations || !revocations_refresh(sessions->revocations))
        return SESSION_UNKNOWN;
    revoked_state_t state =
        revocations_hit(sessions->revocations, session->id, session->family, session->identity,
                        session->uid, session->version, session->seen, (uint32_t)seconds);
    session->superseded = state == REVOKED_SUPERSEDED;
    return state == REVOKED ? SESSION_REVOKED : SESSION_OK;
}

session_status_t session_open(const sessions_t *sessions, const char *text, apr_size_t len,
                              apr_time_t now, session_t *session)
{
    unsigned char bytes[BYTES_MAX];
    apr_size_t got;

    if (!cookie_open(sessions->sealer, now, text, len, bytes, sizeof bytes, &got) ||
        !read_layout(session, bytes, got) || session->seen > apr_time_sec(now) + SEAL_SKEW)
        return SESSION_NONE;
    return stands(sessions, session, now);
}

session_status_t session_judge(const sessions_t *sessions, session_t *session, apr_time_t now)
{
    return stands(sessions, session, now);
}

bool session_wants_renewal(const session_t *session, apr_time_t now)
{
    return !session->superseded && apr_time_sec(now) >= (apr_time_t)session->seen + RENEW;
}

void session_write_amr(char text[SESSION_AMR_SIZE], uint32_t amr)
{
    char *at = text;
    for (amr &= AMR_ALL; amr; amr &= amr - 1) {
        const int bit = __builtin_ctz(amr);
        memcpy(at, amr_words[bit].word, sizeof amr_words->word);
        at += amr_words[bit].len;
    }
    *(at == text ? at : at - 1) = '\0';
}

const char *session_amr_text(uint32_t amr, apr_pool_t *p)
{
    char *text = apr_palloc(p, SESSION_AMR_SIZE);
    session_write_amr(text, amr);
    return text;
}

uint32_t session_amr_bit(const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i < AMR_WORDS; i++)
        if (len + 1 == amr_words[i].len && !memcmp(amr_words[i].word, word, len))
            return 1u << i;
    return 0;
}

/* A pseudorandom function of the session's id: without the key it tells nothing of the id. */
void session_write_handle(char text[SESSION_HANDLE_SIZE], const sessions_t *sessions,
                          const session_t *session)
{
    unsigned char handle[(SESSION_HANDLE_SIZE - 1) / 2];
    _Static_assert(sizeof handle == crypto_shorthash_siphashx24_BYTES, "the hash fits");
    crypto_shorthash_siphashx24(handle, session->id, sizeof session->id,
                                sessions->handle_key->bytes);
    hex_write(text, handle, sizeof handle);
    text[2 * sizeof handle] = '\0';
}
