#include <sodium.h>
#include <string.h>
#include "rps/inflight.h"
#include "store/key.h"

#define LAST_U_LIFE apr_time_from_sec(30 * 86400) /* how long a repeated U is remembered */

/* The record: this, then `passes` pass1_t, then `attempts` reservation_t, as they lie in memory: a
 * fleeting record never leaves its machine. One of another version or length is from before an
 * upgrade and counts as none. */
typedef struct header_t {
    unsigned char version, passes, attempts, zero;
    unsigned char last_u[16];
    unsigned char identity[MPIN_G1_BYTES];
} header_t;

#define VERSION 2

static const char *key_of(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return store_key("login", handle, HANDLE_BYTES, p);
}

static void decode(inflight_t *inflight, apr_time_t now)
{
    const unsigned char *at = inflight->seen.data;
    header_t header;
    if (inflight->seen.len < sizeof header)
        return;
    memcpy(&header, at, sizeof header);
    at += sizeof header;
    if (header.version != VERSION || header.passes > PASS1_LIVE || header.attempts > ATTEMPTS_MAX ||
        inflight->seen.len != sizeof header + header.passes * sizeof(pass1_t) +
                                  header.attempts * sizeof(reservation_t))
        return;

    memcpy(inflight->last_u, header.last_u, sizeof header.last_u);
    memcpy(inflight->identity, header.identity, sizeof header.identity);
    for (int i = 0; i < header.passes; i++, at += sizeof(pass1_t)) {
        pass1_t *pass = &inflight->pass[inflight->passes];
        memcpy(pass, at, sizeof *pass);
        inflight->passes += pass->expires > now;
    }
    for (int i = 0; i < header.attempts; i++, at += sizeof(reservation_t)) {
        reservation_t *attempt = &inflight->attempt[inflight->attempts];
        memcpy(attempt, at, sizeof *attempt);
        inflight->attempts += attempt->expires > now;
    }
}

store_status_t inflight_read(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_time_t now,
                             inflight_t *inflight, apr_pool_t *p)
{
    memset(inflight, 0, sizeof *inflight);
    store_status_t status =
        store_get(rps->store, STORE_FLEETING, key_of(handle, p), p, &inflight->seen);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK)
        return status;
    inflight->stored = true;
    decode(inflight, now);
    return STORE_OK;
}

store_status_t inflight_write(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_time_t now,
                              const inflight_t *inflight, apr_pool_t *p)
{
    unsigned char record[sizeof(header_t) + sizeof inflight->pass + sizeof inflight->attempt];
    header_t header = {.version = VERSION,
                       .passes = (unsigned char)inflight->passes,
                       .attempts = (unsigned char)inflight->attempts};
    apr_size_t passes = (apr_size_t)inflight->passes * sizeof(pass1_t);
    apr_size_t attempts = (apr_size_t)inflight->attempts * sizeof(reservation_t);
    memcpy(header.last_u, inflight->last_u, sizeof header.last_u);
    memcpy(header.identity, inflight->identity, sizeof header.identity);
    memcpy(record, &header, sizeof header);
    memcpy(record + sizeof header, inflight->pass, passes);
    memcpy(record + sizeof header + passes, inflight->attempt, attempts);
    apr_size_t len = sizeof header + passes + attempts;

    const char *key = key_of(handle, p);
    apr_time_t expires = now + LAST_U_LIFE;
    store_status_t status =
        inflight->stored
            ? store_swap(rps->store, STORE_FLEETING, key, &inflight->seen, record, len, expires)
            : store_add(rps->store, STORE_FLEETING, key, record, len, expires);
    return status == STORE_EXISTS || status == STORE_MISSING ? STORE_CHANGED : status;
}

/* ---- pass1 ----------------------------------------------------------------------------------- */

static void digest_u(const pass1_t *pass, unsigned char digest[16])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, pass->u, sizeof pass->u);
    memcpy(digest, hash, 16);
}

bool inflight_repeats(const inflight_t *inflight, const pass1_t *pass)
{
    unsigned char digest[16];
    digest_u(pass, digest);
    if (memcmp(digest, inflight->last_u, sizeof digest) == 0)
        return true;
    for (int i = 0; i < inflight->passes; i++)
        if (memcmp(inflight->pass[i].u, pass->u, sizeof pass->u) == 0)
            return true;
    return false;
}

static void remove_pass(inflight_t *inflight, int at)
{
    inflight->passes--;
    memmove(&inflight->pass[at], &inflight->pass[at + 1],
            (size_t)(inflight->passes - at) * sizeof *inflight->pass);
}

/* How much a live pass1 is in the newcomer's way, the higher the sooner it goes. */
static int dispensable(const pass1_t *pass, const pass1_t *newcomer)
{
    bool same = memcmp(pass->address, newcomer->address, sizeof pass->address) == 0;
    return (pass->known ? 0 : 2) + (same ? 1 : 0);
}

/* They stand in the order in which they came: the first among equals is the oldest. */
static int one_to_go(const inflight_t *inflight, const pass1_t *newcomer)
{
    int worst = 0;
    for (int i = 1; i < inflight->passes; i++)
        if (dispensable(&inflight->pass[i], newcomer) >
            dispensable(&inflight->pass[worst], newcomer))
            worst = i;
    return worst;
}

void inflight_add(inflight_t *inflight, const pass1_t *pass)
{
    if (inflight->passes == PASS1_LIVE)
        remove_pass(inflight, one_to_go(inflight, pass));
    inflight->pass[inflight->passes++] = *pass;
    digest_u(pass, inflight->last_u);
}

/* ---- pass2 ----------------------------------------------------------------------------------- */

/* Who answers: exactly one of `id` and `browser` is looked at, or neither. */
typedef struct answering_t {
    const unsigned char *id, *browser, *address;
} answering_t;

static bool answers(const pass1_t *pass, const answering_t *who)
{
    if (who->id)
        return sodium_memcmp(pass->id, who->id, sizeof pass->id) == 0;
    if (who->browser)
        return pass->has_browser &&
               sodium_memcmp(pass->browser, who->browser, sizeof pass->browser) == 0;
    return !pass->has_browser &&
           (!who->address || memcmp(pass->address, who->address, sizeof pass->address) == 0);
}

static int take_all(inflight_t *inflight, const answering_t *who, pass1_t taken[PASS1_LIVE])
{
    int count = 0;
    for (int i = 0; i < inflight->passes;)
        if (answers(&inflight->pass[i], who)) {
            taken[count++] = inflight->pass[i];
            remove_pass(inflight, i);
        } else {
            i++;
        }
    return count;
}

int inflight_take(inflight_t *inflight, const unsigned char *pass_id, const unsigned char *browser,
                  const unsigned char address[ADDRESS_BYTES], pass1_t taken[PASS1_LIVE])
{
    answering_t who = {.id = pass_id, .browser = browser, .address = address};
    int count = take_all(inflight, &who, taken);
    if (count || pass_id || browser)
        return count;
    who.address = NULL;
    return take_all(inflight, &who, taken);
}

reservation_t *inflight_attempt(inflight_t *inflight, const unsigned char id[TOKEN_BYTES])
{
    for (int i = 0; i < inflight->attempts; i++)
        if (memcmp(inflight->attempt[i].id, id, TOKEN_BYTES) == 0)
            return &inflight->attempt[i];
    return NULL;
}
