/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/recovery.h"

#include "base/bytes.h"
#include "factor/factor_record.h"
#include "store/refusal.h"

#include <apr_lib.h>
#include <sodium.h>

#define PURPOSE "recovery-code" /* of the key of the hashes */
#define HASH_BYTES 32
#define DIGITS (RECOVERY_BYTES * 8 / 5)

/* data: layout 1 | number of the root key 1 | a hash each, all zero once its code was used */
#define LAYOUT 1
#define DATA (1 + 1 + RECOVERY_CODES * HASH_BYTES)

typedef struct hashes_t {
    unsigned char key_number;
    unsigned char hash[RECOVERY_CODES][HASH_BYTES];
} hashes_t;

static void write_hashes(own_factor_t *factor, const hashes_t *hashes)
{
    _Static_assert(DATA <= FACTOR_DATA_MAX, "the hashes fit");
    bytes_out_t out = bytes_out(factor->data, sizeof(factor->data));
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u8(&out, hashes->key_number);
    bytes_put(&out, hashes->hash, sizeof(hashes->hash));
    factor->len = bytes_written(&out);
}

static bool read_hashes(const own_factor_t *factor, hashes_t *hashes)
{
    bytes_in_t in = bytes_in(factor->data, factor->len);
    const uint8_t layout = bytes_get_u8(&in);
    hashes->key_number = bytes_get_u8(&in);
    bytes_get(&in, hashes->hash, sizeof(hashes->hash));
    return bytes_all_read(&in) && layout == LAYOUT;
}

int recovery_left(const own_factor_t *factor)
{
    hashes_t hashes;
    int left = 0;
    if (!read_hashes(factor, &hashes))
        return 0;
    for (int i = 0; i < RECOVERY_CODES; i++)
        left += !sodium_is_zero(hashes.hash[i], HASH_BYTES);
    return left;
}

int recovery_root(const own_factor_t *factor)
{
    hashes_t hashes;
    return read_hashes(factor, &hashes) ? hashes.key_number : -1;
}

/* ---- how codes are written ---- */

/* Without i, l, o and u, which people misread (Crockford's base 32). */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void write_code(char text[RECOVERY_TEXT_SIZE], const unsigned char code[RECOVERY_BYTES])
{
    char *at = text;
    for (int digit = 0; digit < DIGITS; digit++) {
        const int bit = digit * 5, byte = bit / 8;
        const unsigned two =
            (unsigned)code[byte] << 8 | (byte + 1 < RECOVERY_BYTES ? code[byte + 1] : 0u);
        if (digit && digit % 4 == 0)
            *at++ = '-';
        *at++ = alphabet[two >> (11 - bit % 8) & 31];
    }
    *at = '\0';
}

/* -1 for what is no digit of a code. */
static int value_of_digit(char typed)
{
    const char c = (char)apr_tolower(typed);
    const char *at = strchr(alphabet, c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c);
    return c && at ? (int)(at - alphabet) : -1;
}

/* Case, spaces and dashes do not matter. */
static bool read_code(const char *typed, unsigned char code[RECOVERY_BYTES])
{
    int digits = 0;
    memset(code, 0, RECOVERY_BYTES);
    for (; typed && *typed; typed++) {
        if (*typed == '-' || apr_isspace(*typed))
            continue;
        const int value = value_of_digit(*typed);
        if (value < 0 || digits == DIGITS)
            return false;
        for (int i = 0, bit = digits * 5; i < 5; i++, bit++)
            if (value >> (4 - i) & 1)
                code[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
        digits++;
    }
    return digits == DIGITS;
}

/* False: there is no such key any more. */
static bool hash_code(const factors_t *factors, unsigned char key_number,
                      const unsigned char uid[UID_BYTES], const unsigned char code[RECOVERY_BYTES],
                      unsigned char hash[HASH_BYTES])
{
    unsigned char key[KEY_BYTES], text[UID_BYTES + RECOVERY_BYTES];
    if (!factors->keys || !keys_derive(factors->keys, key_number, PURPOSE, 0, key))
        return false;
    memcpy(text, uid, UID_BYTES);
    memcpy(text + UID_BYTES, code, RECOVERY_BYTES);
    crypto_generichash(hash, HASH_BYTES, text, sizeof(text), key, sizeof(key));
    sodium_memzero(key, sizeof(key));
    sodium_memzero(text, sizeof(text));
    return true;
}

/* ---- making them ---- */

static bool draw_codes(const factors_t *factors, const unsigned char uid[UID_BYTES],
                       recovery_codes_t *codes, hashes_t *hashes)
{
    unsigned char code[RECOVERY_BYTES];
    bool good = factors->keys != NULL;
    hashes->key_number = good ? keys_current(factors->keys) : 0;
    for (int i = 0; good && i < RECOVERY_CODES; i++) {
        randombytes_buf(code, sizeof(code));
        write_code(codes->text[i], code);
        good = hash_code(factors, hashes->key_number, uid, code, hashes->hash[i]);
    }
    sodium_memzero(code, sizeof(code));
    return good;
}

static store_status_t put_hashes(void *baton, own_factor_t *factor)
{
    const own_factor_t *fresh = baton;
    factor->created = fresh->created;
    factor->used = 0;
    factor->len = fresh->len;
    memcpy(factor->data, fresh->data, fresh->len);
    return STORE_OK;
}

/* The new ones take the place of those that are there, in one step. */
static store_status_t replace_codes(factors_t *factors, own_factor_t *fresh, apr_time_t now,
                                    apr_pool_t *p)
{
    own_factor_t *list, *old = NULL;
    int count;
    const store_status_t status = factors_list(factors, fresh->uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (list[i].kind == KIND_RECOVERY)
            old = &list[i];
    if (status != STORE_OK)
        return status;
    return old ? factors_change(factors, old, put_hashes, fresh, p)
               : factors_add(factors, fresh, now, p);
}

/* Of two makings at once the later one's stay. */
static store_status_t drop_others(factors_t *factors, const own_factor_t *fresh, apr_pool_t *p)
{
    own_factor_t *list;
    int count, seen = 0;
    store_status_t status = factors_list(factors, fresh->uid, &list, &count, p);
    for (int i = count - 1; status == STORE_OK && i >= 0; i--)
        if (list[i].kind == KIND_RECOVERY && seen++)
            status = factors_remove(factors, &list[i], p);
    return status;
}

store_status_t recovery_make(factors_t *factors, const unsigned char uid[UID_BYTES],
                             recovery_codes_t *codes, apr_time_t now, apr_pool_t *p)
{
    own_factor_t fresh = {
        .kind = KIND_RECOVERY, .confirmed = true, .created = (uint32_t)apr_time_sec(now)};
    hashes_t hashes;
    memcpy(fresh.uid, uid, UID_BYTES);
    if (!draw_codes(factors, uid, codes, &hashes))
        return STORE_DOWN;
    write_hashes(&fresh, &hashes);
    const store_status_t status = replace_codes(factors, &fresh, now, p);
    return status == STORE_OK ? drop_others(factors, &fresh, p) : status;
}

/* ---- judging ---- */

typedef struct recovering_t {
    const factors_t *factors;
    const unsigned char *code;
    uint32_t now; /* seconds */
} recovering_t;

/* Looks at all of them, whichever it is. -1: none. */
static int which_code(const hashes_t *hashes, const unsigned char hash[HASH_BYTES])
{
    int found = -1;
    for (int i = 0; i < RECOVERY_CODES; i++)
        if (sodium_memcmp(hashes->hash[i], hash, HASH_BYTES) == 0)
            found = i;
    return found;
}

static store_status_t take_code(void *baton, own_factor_t *factor)
{
    const recovering_t *recovering = baton;
    unsigned char hash[HASH_BYTES];
    hashes_t hashes;
    if (!read_hashes(factor, &hashes) ||
        !hash_code(recovering->factors, hashes.key_number, factor->uid, recovering->code, hash))
        return STORE_DOWN;
    const int found = which_code(&hashes, hash);
    if (found < 0)
        return STORE_EXISTS;
    memset(hashes.hash[found], 0, HASH_BYTES);
    write_hashes(factor, &hashes);
    factor->used = recovering->now;
    return STORE_OK;
}

static result_t *recovery_judge(const turn_t *turn, const char *typed)
{
    unsigned char code[RECOVERY_BYTES];
    recovering_t recovering = {
        .factors = turn->factors, .code = code, .now = (uint32_t)apr_time_sec(turn->caller->now)};
    if (!read_code(typed, code))
        return code_wrong(turn->p);
    const store_status_t status =
        factors_change(turn->factors, turn->factor, take_code, &recovering, turn->p);
    sodium_memzero(code, sizeof(code));
    if (status == STORE_OK)
        log_debug(turn->caller->log, "MPIN0850", "a recovery code was taken: %d are left",
                  recovery_left(turn->factor));
    if (status == STORE_OK)
        return NULL;
    return status == STORE_EXISTS || status == STORE_MISSING ? code_wrong(turn->p)
                                                             : store_refusal(status, turn->p);
}

const kind_ops_t recovery_ops = {.word = "recovery",
                                 .proves = FACTOR_RECOVERY,
                                 .amr = AMR_OTP,
                                 .tries = TRIES_CODE,
                                 .judge = recovery_judge};
