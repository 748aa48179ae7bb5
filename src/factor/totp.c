/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/totp.h"

#include "base/bytes.h"
#include "store/refusal.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <liboath/oath.h>
#include <sodium.h>
#include <stdlib.h>

/* data: layout 1 | the secret 20 | the step of the last code that was taken 4, 0 = none */
#define LAYOUT 1
#define DATA (1 + TOTP_SECRET_BYTES + 4)

static void write_data(own_factor_t *factor, const unsigned char *secret, uint32_t step)
{
    bytes_out_t out = bytes_out(factor->data, sizeof(factor->data));
    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, secret, TOTP_SECRET_BYTES);
    bytes_put_u32(&out, step);
    factor->len = bytes_written(&out);
}

static bool read_data(const own_factor_t *factor, unsigned char secret[TOTP_SECRET_BYTES],
                      uint32_t *step)
{
    bytes_in_t in = bytes_in(factor->data, factor->len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, secret, TOTP_SECRET_BYTES);
    *step = bytes_get_u32(&in);
    return bytes_all_read(&in) && layout == LAYOUT;
}

/* A user who begins anew has given up the one before: those that nobody confirms take no places. */
static store_status_t drop_waiting(factors_t *factors, const unsigned char uid[UID_BYTES],
                                   apr_pool_t *p)
{
    own_factor_t *list;
    int count;
    store_status_t status = factors_list(factors, uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (list[i].kind == KIND_TOTP && !list[i].confirmed)
            status = factors_remove(factors, &list[i], p);
    return status;
}

store_status_t totp_begin(factors_t *factors, own_factor_t *factor, apr_time_t now, apr_pool_t *p)
{
    unsigned char secret[TOTP_SECRET_BYTES];
    const store_status_t status = drop_waiting(factors, factor->uid, p);
    if (status != STORE_OK)
        return status;
    randombytes_buf(secret, sizeof(secret));
    factor->kind = KIND_TOTP;
    factor->confirmed = false;
    write_data(factor, secret, 0);
    sodium_memzero(secret, sizeof(secret));
    return factors_add(factors, factor, now, p);
}

/* In groups of four, which people can follow with a finger. */
static const char *in_fours(const char *text, apr_pool_t *p)
{
    const char *out = "";
    for (; *text; text += strnlen(text, 4))
        out = apr_pstrcat(p, out, *out ? " " : "", apr_pstrmemdup(p, text, strnlen(text, 4)), NULL);
    return out;
}

/* As a URI's path and query both have it (RFC 3986, section 2.1): apps show a '+' as it stands. */
static const char *percent(const char *text, apr_pool_t *p)
{
    const char *form = apr_pescape_urlencoded(p, text), *out = "";
    for (const char *plus; (plus = strchr(form, '+')); form = plus + 1)
        out = apr_pstrcat(p, out, apr_pstrmemdup(p, form, (apr_size_t)(plus - form)), "%20", NULL);
    return apr_pstrcat(p, out, form, NULL);
}

bool totp_offer(const own_factor_t *factor, const char *issuer, const char *name,
                totp_offer_t *offer, apr_pool_t *p)
{
    unsigned char secret[TOTP_SECRET_BYTES];
    uint32_t step;
    char *base32 = NULL;
    if (factor->confirmed || !read_data(factor, secret, &step))
        return false;
    const int status = oath_base32_encode((const char *)secret, sizeof(secret), &base32, NULL);
    sodium_memzero(secret, sizeof(secret));
    if (status != OATH_OK)
        return false;
    const char *who = percent(name, p), *whose = percent(issuer, p);
    offer->typed = in_fours(base32, p);
    offer->uri =
        apr_psprintf(p, "otpauth://totp/%s:%s?secret=%s&issuer=%s", whose, who, base32, whose);
    free(base32);
    return true;
}

/* ---- judging ---- */

typedef struct judging_t {
    const char *code;
    uint32_t now; /* seconds */
} judging_t;

/* The step of which `code` is the code; 0: of none near `now`. */
static uint32_t step_of_code(const unsigned char secret[TOTP_SECRET_BYTES], const char *code,
                             uint32_t now)
{
    uint64_t counter = 0;
    int position;
    const int found = oath_totp_validate4((const char *)secret, TOTP_SECRET_BYTES, (time_t)now,
                                          TOTP_STEP, 0, TOTP_WINDOW, &position, &counter, 0, code);
    return found >= 0 ? (uint32_t)counter : 0;
}

/* A code is good once: its step must be later than the last one that was taken. */
static store_status_t take_step(void *baton, own_factor_t *factor)
{
    const judging_t *judging = baton;
    unsigned char secret[TOTP_SECRET_BYTES];
    uint32_t last;
    if (!read_data(factor, secret, &last))
        return STORE_DOWN;
    const uint32_t step = step_of_code(secret, judging->code, judging->now);
    const bool fresh = step > last;
    if (fresh) {
        write_data(factor, secret, step);
        factor->used = judging->now;
        factor->confirmed = true;
    }
    sodium_memzero(secret, sizeof(secret));
    return fresh ? STORE_OK : STORE_EXISTS;
}

static result_t *totp_judge(const turn_t *turn, const char *typed)
{
    judging_t judging = {.code = kind_digits(typed, TOTP_DIGITS, turn->p),
                         .now = (uint32_t)apr_time_sec(turn->caller->now)};
    if (!judging.code)
        return code_wrong(turn->p);
    const store_status_t status =
        factors_change(turn->factors, turn->factor, take_step, &judging, turn->p);
    if (status == STORE_OK)
        return NULL;
    return status == STORE_EXISTS || status == STORE_MISSING ? code_wrong(turn->p)
                                                             : store_refusal(status, turn->p);
}

const kind_ops_t totp_ops = {.word = "totp",
                             .proves = FACTOR_TOTP,
                             .amr = AMR_OTP,
                             .tries = TRIES_CODE,
                             .judge = totp_judge};
