#include "session/session.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "session/cookie.h"

#define RENEW 60 /* seconds between sealings */

/* A cookie is read, decoded and opened at every request, and each of its bytes costs: what most
 * sessions lack takes no room, and times count from `started`. First byte: the layout's version
 * and which parts there are. */
#define LAYOUT 0x20
enum {
    PART_FAMILY = 1, /* else it is the id: nothing has stepped up yet */
    PART_IDENTITY = 2,
    PART_PWD = 4,
    PART_PIN = 8,
    PART_PROVIDER = 16, /* else PROVIDER */
    PARTS = 31
};
#define PROVIDER "local"
#define BYTES_MAX                                                                                  \
    (1 + 4 * SESSION_ID_BYTES + 8 * BYTES_NUMBER_MAX + 1 + SESSION_NAME_MAX + 1 +                  \
     SESSION_PROVIDER_MAX)

struct sessions_t {
    cookie_sealer_t *sealer;
    uint32_t idle; /* seconds */
    uint32_t max;
    revocations_t *revocations;
    const secret_t *handle_key; /* its first 128 bits */
};

/* Words with the space between them, in fields that are copied whole. */
#define WORD(text, bit)                                                                            \
    {                                                                                              \
        text " ", sizeof(text), (bit)                                                              \
    }
static const struct {
    char word[8];
    unsigned char len;
    uint32_t bit;
} amr_words[] = {
    WORD("pwd", AMR_PWD), WORD("pin", AMR_PIN), WORD("mfa", AMR_MFA), WORD("otp", AMR_OTP),
    WORD("sms", AMR_SMS), WORD("hwk", AMR_HWK), WORD("swk", AMR_SWK), WORD("phone", AMR_PHONE),
};
#define AMR_WORDS (sizeof amr_words / sizeof *amr_words)
#define AMR_TEXT_MAX (AMR_WORDS * sizeof amr_words->word)

sessions_t *sessions_make(const keys_t *keys, const char *cookie, const char *realm,
                          apr_interval_time_t idle, apr_interval_time_t max,
                          revocations_t *revocations, apr_pool_t *p)
{
    sessions_t *sessions = apr_pcalloc(p, sizeof *sessions);

    sessions->idle = (uint32_t)apr_time_sec(idle);
    sessions->max = (uint32_t)apr_time_sec(max);
    sessions->revocations = revocations;
    sessions->sealer = cookie_sealer_make(keys, "session", max, cookie, realm, p);
    sessions->handle_key = keys_derive_lasting(keys, "session-handle", p);
    return sessions->sealer && sessions->handle_key ? sessions : NULL;
}

void session_start(const sessions_t *sessions, session_t *session, apr_time_t now)
{
    uint32_t seconds = (uint32_t)apr_time_sec(now);

    randombytes_buf(session->id, sizeof session->id);
    if (sodium_is_zero(session->family, sizeof session->family)) {
        memcpy(session->family, session->id, sizeof session->family);
        session->started = seconds;
    }
    session->auth_time = seconds;
    session->pwd_time = session->amr & AMR_PWD ? seconds : 0;
    session->pin_time = session->amr & AMR_PIN ? seconds : 0;
    session->seen = seconds;
    session->expires = seconds + sessions->max;
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
    if (keeps(sessions, session, session->pwd_time, old->pwd_time)) {
        session->pwd_time = old->pwd_time;
        session->amr |= AMR_PWD;
    }
    if (keeps(sessions, session, session->pin_time, old->pin_time)) {
        session->pin_time = old->pin_time;
        session->amr |= old->amr & (AMR_PIN | AMR_MFA | AMR_SWK | AMR_PHONE);
        memcpy(session->identity, old->identity, SESSION_ID_BYTES);
    }
}

static unsigned parts_of(const session_t *session)
{
    unsigned parts = 0;
    if (memcmp(session->family, session->id, SESSION_ID_BYTES) != 0)
        parts |= PART_FAMILY;
    if (!sodium_is_zero(session->identity, SESSION_ID_BYTES))
        parts |= PART_IDENTITY;
    if (session->pwd_time)
        parts |= PART_PWD;
    if (session->pin_time)
        parts |= PART_PIN;
    if (strcmp(session->provider, PROVIDER) != 0)
        parts |= PART_PROVIDER;
    return parts;
}

const char *session_seal(const sessions_t *sessions, session_t *session, apr_time_t now,
                         apr_pool_t *p)
{
    unsigned char bytes[BYTES_MAX];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);
    const unsigned parts = parts_of(session);

    session->seen = (uint32_t)apr_time_sec(now);
    bytes_put_u8(&out, (uint8_t)(LAYOUT | parts));
    bytes_put(&out, session->id, SESSION_ID_BYTES);
    bytes_put(&out, session->uid, SESSION_ID_BYTES);
    bytes_put(&out, session->family, parts & PART_FAMILY ? SESSION_ID_BYTES : 0);
    bytes_put(&out, session->identity, parts & PART_IDENTITY ? SESSION_ID_BYTES : 0);
    bytes_put_number(&out, session->version);
    bytes_put_u32(&out, session->started);
    bytes_put_number(&out, session->auth_time - session->started);
    if (parts & PART_PWD)
        bytes_put_number(&out, session->pwd_time - session->started);
    if (parts & PART_PIN)
        bytes_put_number(&out, session->pin_time - session->started);
    bytes_put_number(&out, session->seen - session->started);
    bytes_put_number(&out, session->expires - session->started);
    bytes_put_number(&out, session->amr);
    bytes_put_text(&out, session->name);
    if (parts & PART_PROVIDER)
        bytes_put_text(&out, session->provider);
    return out.ok ? cookie_seal(sessions->sealer, now, bytes, bytes_written(&out), p) : NULL;
}

static bool read_layout(session_t *session, const unsigned char *bytes, apr_size_t len)
{
    bytes_in_t in = bytes_in(bytes, len);
    const unsigned parts = bytes_get_u8(&in);

    if ((parts & ~(unsigned)PARTS) != LAYOUT)
        return false;
    bytes_get(&in, session->id, SESSION_ID_BYTES);
    bytes_get(&in, session->uid, SESSION_ID_BYTES);
    memcpy(session->family, session->id, SESSION_ID_BYTES);
    bytes_get(&in, session->family, parts & PART_FAMILY ? SESSION_ID_BYTES : 0);
    memset(session->identity, 0, SESSION_ID_BYTES);
    bytes_get(&in, session->identity, parts & PART_IDENTITY ? SESSION_ID_BYTES : 0);
    session->version = bytes_get_number(&in);
    session->started = bytes_get_u32(&in);
    session->auth_time = session->started + bytes_get_number(&in);
    session->pwd_time = parts & PART_PWD ? session->started + bytes_get_number(&in) : 0;
    session->pin_time = parts & PART_PIN ? session->started + bytes_get_number(&in) : 0;
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

session_status_t session_open(const sessions_t *sessions, const char *text, apr_size_t len,
                              apr_time_t now, session_t *session)
{
    unsigned char bytes[BYTES_MAX];
    apr_size_t got;
    apr_time_t seconds = apr_time_sec(now);

    if (!cookie_open(sessions->sealer, now, text, len, bytes, sizeof bytes, &got) ||
        !read_layout(session, bytes, got) || session->seen > seconds + SEAL_SKEW)
        return SESSION_NONE;
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

bool session_wants_renewal(const session_t *session, apr_time_t now)
{
    return !session->superseded && apr_time_sec(now) >= (apr_time_t)session->seen + RENEW;
}

const char *session_amr_text(uint32_t amr, apr_pool_t *p)
{
    char *text = apr_palloc(p, AMR_TEXT_MAX + 1), *at = text;
    for (size_t i = 0; i < AMR_WORDS; i++)
        if (amr & amr_words[i].bit) {
            memcpy(at, amr_words[i].word, sizeof amr_words->word);
            at += amr_words[i].len;
        }
    *(at == text ? at : at - 1) = '\0';
    return text;
}

uint32_t session_amr_bit(const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i < AMR_WORDS; i++)
        if (len + 1 == amr_words[i].len && !memcmp(amr_words[i].word, word, len))
            return amr_words[i].bit;
    return 0;
}

/* A pseudorandom function of the session's id: who doesn't know the key learns nothing of the id.
 */
const char *session_handle(const sessions_t *sessions, const session_t *session, apr_pool_t *p)
{
    unsigned char handle[crypto_shorthash_siphashx24_BYTES];
    crypto_shorthash_siphashx24(handle, session->id, sizeof session->id,
                                sessions->handle_key->bytes);
    return hex_encode(p, handle, sizeof handle);
}
