#include "phone/code.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include "base/bytes.h"
#include "base/hex.h"
#include "phone/number.h"
#include "store/key.h"

#define VERSION 1

/* ---- names ----------------------------------------------------------------------------------- */

/* 128 bits of a pseudorandom function: of `purpose` and 16 bytes. */
static void derive(const rps_t *rps, char purpose, const unsigned char from[16],
                   unsigned char to[16])
{
    unsigned char text[17] = {(unsigned char)purpose};
    memcpy(text + 1, from, 16);
    crypto_shorthash_siphashx24(to, text, sizeof text, rps->code_key->bytes);
}

void code_wid_of(const rps_t *rps, const unsigned char web_ott[TOKEN_BYTES],
                 unsigned char wid[WID_BYTES])
{
    derive(rps, 'w', web_ott, wid);
}

/* Who lists keys learns no wid. */
static const char *key_of(const rps_t *rps, const unsigned char wid[WID_BYTES], apr_pool_t *p)
{
    unsigned char name[16];
    derive(rps, 'k', wid, name);
    return store_key("code", name, sizeof name, p);
}

static bool is_hex(const char *text)
{
    return strlen(text) == 2 * WID_BYTES && strspn(text, "0123456789abcdef") == 2 * WID_BYTES;
}

bool code_is_wid(const char *text)
{
    return is_hex(text) ||
           (strlen(text) == NUMBER_DIGITS && strspn(text, "0123456789") == NUMBER_DIGITS);
}

store_status_t code_find(rps_t *rps, const char *text, apr_time_t now, unsigned char wid[WID_BYTES],
                         apr_pool_t *p)
{
    if (is_hex(text))
        return hex_decode(text, wid, WID_BYTES) ? STORE_OK : STORE_MISSING;
    return number_is(text) ? number_find(rps, text, now, wid, p) : STORE_MISSING;
}

/* ---- the record ------------------------------------------------------------------------------ */

/* code_t up to its texts as it lies in memory (a fleeting record never leaves its machine; one of
 * another version is from before an upgrade and counts as none), the texts, the word. */

#define FIXED offsetof(code_t, address)
#define RECORD_MAX (sizeof(code_t) + 5 + CODE_WORD_MAX)

static apr_size_t encode(const code_t *code, const char *word, unsigned char *bytes)
{
    bytes_out_t out = bytes_out(bytes, RECORD_MAX);
    bytes_put(&out, code, FIXED);
    bytes_put_text(&out, code->address);
    bytes_put_text(&out, code->browser_name);
    bytes_put_text(&out, code->preroll);
    bytes_put_text(&out, code->announced);
    bytes_put_text(&out, code->proven);
    if (word)
        bytes_put(&out, word, strlen(word));
    return bytes_written(&out);
}

/* False: it is none. `*word` is NULL where there is none. */
static bool decode(const store_record_t *record, code_t *code, const char **word, apr_pool_t *p)
{
    bytes_in_t in = bytes_in(record->data, record->len);
    bytes_get(&in, code, FIXED);
    if (code->version != VERSION)
        return false;
    bytes_get_text(&in, code->address, sizeof code->address);
    bytes_get_text(&in, code->browser_name, sizeof code->browser_name);
    bytes_get_text(&in, code->preroll, sizeof code->preroll);
    bytes_get_text(&in, code->announced, sizeof code->announced);
    bytes_get_text(&in, code->proven, sizeof code->proven);
    const apr_size_t left = (apr_size_t)(in.end - in.next);
    *word = left ? apr_pstrmemdup(p, (const char *)in.next, left) : NULL;
    return in.ok;
}

store_status_t code_keep(rps_t *rps, const code_t *code, const unsigned char wid[WID_BYTES],
                         apr_pool_t *p)
{
    unsigned char bytes[RECORD_MAX];
    code_t kept = *code;
    kept.version = VERSION;
    return store_add(rps->store, STORE_FLEETING, key_of(rps, wid, p), bytes,
                     encode(&kept, NULL, bytes), kept.expires);
}

static store_status_t read_record(rps_t *rps, const char *key, apr_time_t now, code_t *code,
                                  const char **word, store_record_t *record, apr_pool_t *p)
{
    store_status_t status = store_get(rps->store, STORE_FLEETING, key, p, record);
    if (status != STORE_OK)
        return status;
    return decode(record, code, word, p) && code->expires > now ? STORE_OK : STORE_MISSING;
}

store_status_t code_read(rps_t *rps, const unsigned char wid[WID_BYTES], apr_time_t now,
                         code_t *code, apr_pool_t *p)
{
    store_record_t record;
    const char *word;
    return read_record(rps, key_of(rps, wid, p), now, code, &word, &record, p);
}

store_status_t code_change(rps_t *rps, const unsigned char wid[WID_BYTES], apr_time_t now,
                           code_step_t step, void *baton, apr_pool_t *p)
{
    const char *key = key_of(rps, wid, p);
    unsigned char bytes[RECORD_MAX];
    for (int round = 0; round < CODE_ROUNDS; round++) {
        code_t code;
        const char *word;
        store_record_t seen;
        store_status_t status = read_record(rps, key, now, &code, &word, &seen, p);
        if (status != STORE_OK)
            return status;
        if (!step(baton, &code, &word))
            return STORE_OK;
        const apr_size_t len = encode(&code, word, bytes);
        status = len ? store_swap(rps->store, STORE_FLEETING, key, &seen, bytes, len, code.expires)
                     : STORE_DOWN;
        if (status != STORE_CHANGED)
            return status;
    }
    return STORE_CHANGED;
}

/* ---- places ---------------------------------------------------------------------------------- */

static const char *address_key(const char *address, apr_pool_t *p)
{
    unsigned char number[ADDRESS_BYTES];
    throttle_address(address, number);
    return store_key("codes", number, sizeof number, p);
}

/* What the codes of one browser begin with, in the list of their address. */
static const char *browser_key(const rps_t *rps, const code_t *code, apr_pool_t *p)
{
    unsigned char name[16];
    if (!code->bound)
        return "-:";
    derive(rps, 'b', code->browser, name);
    return apr_pstrcat(p, hex_encode(p, name, 4), ":", NULL);
}

static const char *member_of(const rps_t *rps, const unsigned char wid[WID_BYTES],
                             const code_t *code, apr_pool_t *p)
{
    return apr_pstrcat(p, browser_key(rps, code, p), key_of(rps, wid, p), NULL);
}

/* Of a browser that has asked before, the oldest code gives way: who loads a page again and again
 * keeps nobody else from it. False: it has none. */
static bool give_way(rps_t *rps, const char *list, const code_t *code, apr_pool_t *p)
{
    const char **members, *mine = browser_key(rps, code, p);
    if (!code->bound || store_members(rps->store, STORE_FLEETING, list, p, &members) != STORE_OK)
        return false;
    while (*members && strncmp(*members, mine, strlen(mine)) != 0)
        members++;
    if (!*members)
        return false;
    store_delete(rps->store, STORE_FLEETING, *members + strlen(mine));
    store_member_remove(rps->store, STORE_FLEETING, list, *members);
    return true;
}

store_status_t code_take_places(rps_t *rps, const char *address, const unsigned char wid[WID_BYTES],
                                apr_time_t now, code_t *code, apr_pool_t *p)
{
    const char *member = member_of(rps, wid, code, p), *list = address_key(address, p);
    store_status_t status =
        store_member_add(rps->store, STORE_FLEETING, list, member, CODES_OF_ADDRESS, code->expires);
    if (status == STORE_FULL && give_way(rps, list, code, p))
        status = store_member_add(rps->store, STORE_FLEETING, list, member, CODES_OF_ADDRESS,
                                  code->expires);
    if (status != STORE_OK)
        return status;
    status = number_take(rps, wid, now, code->expires, code->number, p);
    if (status != STORE_OK)
        store_member_remove(rps->store, STORE_FLEETING, list, member);
    return status;
}

void code_free_place(rps_t *rps, const unsigned char wid[WID_BYTES], const code_t *code,
                     apr_pool_t *p)
{
    store_member_remove(rps->store, STORE_FLEETING, address_key(code->address, p),
                        member_of(rps, wid, code, p));
}
