/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/code.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include "base/bytes.h"
#include "base/hex.h"
#include "phone/access_number.h"
#include "phone/phones.h"
#include "store/change.h"
#include "store/key.h"

#define VERSION 1

result_t *code_unknown(apr_pool_t *p)
{
    return result_error(p, 412, "code_unknown", "Invalid or expired access number");
}

/* ---- names ----------------------------------------------------------------------------------- */

/* 128 bits of a pseudorandom function: of `purpose` and 16 bytes. */
static void derive_name(const phones_t *phones, char purpose, const unsigned char from[16],
                        unsigned char to[16])
{
    unsigned char text[17] = {(unsigned char)purpose};
    memcpy(text + 1, from, 16);
    crypto_shorthash_siphashx24(to, text, sizeof text, phones->key->bytes);
}

void code_wid_of(const phones_t *phones, const unsigned char web_ott[TOKEN_BYTES],
                 unsigned char wid[WID_BYTES])
{
    derive_name(phones, 'w', web_ott, wid);
}

/* Keys alone show nobody a wid. */
static const char *code_key(const phones_t *phones, const unsigned char wid[WID_BYTES],
                            apr_pool_t *p)
{
    unsigned char name[16];
    derive_name(phones, 'k', wid, name);
    return store_key("code", name, sizeof name, p);
}

static bool is_hex_wid(const char *text)
{
    return strlen(text) == 2 * WID_BYTES && strspn(text, "0123456789abcdef") == 2 * WID_BYTES;
}

bool code_is_wid(const char *text)
{
    return is_hex_wid(text) ||
           (strlen(text) == NUMBER_DIGITS && strspn(text, "0123456789") == NUMBER_DIGITS);
}

store_status_t code_find(phones_t *phones, const char *text, apr_time_t now,
                         unsigned char wid[WID_BYTES], apr_pool_t *p)
{
    if (is_hex_wid(text))
        return hex_decode(text, wid, WID_BYTES) ? STORE_OK : STORE_MISSING;
    return access_number_is(text) ? access_number_find(phones->store, text, now, wid, p)
                                  : STORE_MISSING;
}

/* ---- the record ------------------------------------------------------------------------------ */

/* code_t up to its texts as it lies in memory (a fleeting record never leaves its machine; one of
 * another version is from before an upgrade and counts as none), the texts, the word. */

#define FIXED offsetof(code_t, address)
#define RECORD_MAX (sizeof(code_t) + 5 + CODE_WORD_MAX)

static apr_size_t encode_code(const code_t *code, const char *word, unsigned char *bytes)
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
static bool decode_code(const store_record_t *record, code_t *code, const char **word,
                        apr_pool_t *p)
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

store_status_t code_keep(phones_t *phones, const code_t *code, const unsigned char wid[WID_BYTES],
                         apr_pool_t *p)
{
    unsigned char bytes[RECORD_MAX];
    code_t kept = *code;
    kept.version = VERSION;
    return store_add(phones->store, STORE_FLEETING, code_key(phones, wid, p), bytes,
                     encode_code(&kept, NULL, bytes), kept.expires);
}

store_status_t code_read(phones_t *phones, const unsigned char wid[WID_BYTES], apr_time_t now,
                         code_t *code, apr_pool_t *p)
{
    store_record_t record;
    const char *word;
    store_status_t status =
        store_get(phones->store, STORE_FLEETING, code_key(phones, wid, p), p, &record);
    if (status != STORE_OK)
        return status;
    return decode_code(&record, code, &word, p) && code->expires > now ? STORE_OK : STORE_MISSING;
}

typedef struct code_change_t {
    code_step_t step;
    void *baton; /* of the step */
    apr_time_t now;
} code_change_t;

static store_status_t change_code(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    const code_change_t *wanted = baton;
    code_t code;
    const char *word;
    if (!change->seen || !decode_code(change->seen, &code, &word, scratch) ||
        code.expires <= wanted->now)
        return STORE_MISSING;
    if (!wanted->step(wanted->baton, &code, &word))
        return STORE_OK;
    unsigned char *bytes = apr_palloc(scratch, RECORD_MAX);
    change->data = bytes;
    change->len = encode_code(&code, word, bytes);
    change->expires = code.expires;
    return change->len ? STORE_OK : STORE_DOWN;
}

store_status_t code_change(phones_t *phones, const unsigned char wid[WID_BYTES], apr_time_t now,
                           code_step_t step, void *baton, apr_pool_t *p)
{
    code_change_t wanted = {step, baton, now};
    return store_change(phones->store, STORE_FLEETING, code_key(phones, wid, p), change_code,
                        &wanted, p);
}

/* ---- whose it is ----------------------------------------------------------------------------- */

static bool claim_code(code_t *code, const caller_t *caller)
{
    unsigned char address[ADDRESS_BYTES];
    throttle_address(caller->address, address);
    switch ((phone_known_by_t)code->phone_known_by) {
    case PHONE_BY_COOKIE:
        return caller->prelogin &&
               sodium_memcmp(code->phone, caller->prelogin, sizeof code->phone) == 0;
    case PHONE_BY_ADDRESS:
        return memcmp(code->phone, address, sizeof code->phone) == 0;
    case PHONE_NONE:
        break;
    }
    code->phone_known_by = caller->prelogin ? PHONE_BY_COOKIE : PHONE_BY_ADDRESS;
    memcpy(code->phone, caller->prelogin ? caller->prelogin : address, sizeof code->phone);
    return true;
}

bool code_claim(code_t *code, const caller_t *caller)
{
    const bool first = code->phone_known_by == PHONE_NONE, claimed = claim_code(code, caller);
    if (first || !claimed)
        log_debug(caller->log, "MPIN0772", "a code is %s, which is known by its %s",
                  claimed ? "claimed by this phone" : "another phone's",
                  code->phone_known_by == PHONE_BY_COOKIE ? "cookie" : "address");
    return claimed;
}

/* ---- places ---------------------------------------------------------------------------------- */

/* A code in the lists of its networks, from narrow to wide. In that of its address it is known by
 * its browser and its key; in the others, which are long, by the key's first digits. */
typedef struct places_t {
    int count;
    const char *list[NETWORKS];
    const char *member[NETWORKS];
} places_t;

static const int places_most[NETWORKS] = {CODES_OF_ADDRESS, CODES_OF_SITE, CODES_OF_PROVIDER};

/* The codes of one browser begin with this in the list of their address. */
static const char *codes_of_browser(const phones_t *phones, const code_t *code, apr_pool_t *p)
{
    unsigned char name[16];
    if (!code->bound)
        return "-:";
    derive_name(phones, 'b', code->browser, name);
    return apr_pstrcat(p, hex_encode(p, name, 4), ":", NULL);
}

static places_t places_of(const char *address, const char *browser, const char *key, apr_pool_t *p)
{
    static const char *const kinds[NETWORKS] = {"codes", "codes-site", "codes-provider"};
    unsigned char number[NETWORKS][ADDRESS_BYTES];
    places_t places = {.count = 0};
    places.count = throttle_networks(address, number);
    for (int i = 0; i < NETWORKS && i < places.count; i++) {
        places.list[i] = store_key(kinds[i], number[i], sizeof number[i], p);
        places.member[i] = apr_pstrndup(p, strchr(key, ':') + 1, 6);
    }
    places.member[0] = apr_pstrcat(p, browser, key, NULL);
    return places;
}

static places_t places_of_code(const phones_t *phones, const unsigned char wid[WID_BYTES],
                               const code_t *code, apr_pool_t *p)
{
    return places_of(code->address, codes_of_browser(phones, code, p), code_key(phones, wid, p), p);
}

/* Those of the first `count` networks. */
static void give_back_places(phones_t *phones, const places_t *places, int count)
{
    for (int i = 0; i < count; i++)
        store_member_remove(phones->store, STORE_FLEETING, places->list[i], places->member[i]);
}

/* STORE_EXISTS: the list has as many as it may; STORE_FULL: the store has no room. */
static store_status_t take_code_place(phones_t *phones, const places_t *places, int at,
                                      apr_time_t expires, apr_pool_t *p)
{
    const char **members;
    int count = 0;
    const store_status_t status = store_member_add(phones->store, STORE_FLEETING, places->list[at],
                                                   places->member[at], places_most[at], expires);
    if (status != STORE_FULL ||
        store_members(phones->store, STORE_FLEETING, places->list[at], p, &members) != STORE_OK)
        return status;
    while (members[count])
        count++;
    return count >= places_most[at] ? STORE_EXISTS : status;
}

/* The code with that name in the list of its address is over, if it was not before. */
static void end_listed(phones_t *phones, const char *address, const char *member, apr_time_t now,
                       apr_pool_t *p)
{
    store_record_t record;
    code_t code;
    const char *word, *key = strchr(member, ':') + 1;
    const char *browser = apr_pstrndup(p, member, (apr_size_t)(key - member));
    const places_t places = places_of(address, browser, key, p);
    if (store_take(phones->store, STORE_FLEETING, key, p, &record) == STORE_OK &&
        decode_code(&record, &code, &word, p))
        access_number_free(phones->store, code.number, now, p);
    give_back_places(phones, &places, places.count);
}

static bool is_over(phones_t *phones, const char *member, apr_time_t now, apr_pool_t *p)
{
    store_record_t record;
    code_t code;
    const char *word;
    const store_status_t status =
        store_get(phones->store, STORE_FLEETING, strchr(member, ':') + 1, p, &record);
    return status == STORE_MISSING ||
           (status == STORE_OK && (!decode_code(&record, &code, &word, p) || code.expires <= now ||
                                   code.state > CODE_OFFERED));
}

/* Room in the list of an address: from codes that are over although nobody could give their places
 * back; else the oldest code of a browser that has asked before gives way, so that one that loads a
 * page again and again keeps nobody else from it. False: there is none. */
static bool make_room(phones_t *phones, const places_t *places, const code_t *code, apr_time_t now,
                      apr_pool_t *p)
{
    const char **members, *mine = codes_of_browser(phones, code, p), *to_go = NULL;
    if (store_members(phones->store, STORE_FLEETING, places->list[0], p, &members) != STORE_OK)
        return false;
    for (; *members; members++)
        if (is_over(phones, *members, now, p)) {
            to_go = *members;
            break;
        } else if (!to_go && code->bound && strncmp(*members, mine, strlen(mine)) == 0) {
            to_go = *members;
        }
    if (to_go)
        end_listed(phones, code->address, to_go, now, p);
    return to_go != NULL;
}

store_status_t code_take_places(phones_t *phones, const caller_t *caller,
                                const unsigned char wid[WID_BYTES], code_t *code, apr_pool_t *p)
{
    const places_t places = places_of_code(phones, wid, code, p);
    store_status_t status = take_code_place(phones, &places, 0, code->expires, p);
    if (status == STORE_EXISTS)
        log_debug(caller->log, "MPIN0772",
                  "this address shows %d codes already: one that is over, or the oldest of this "
                  "browser, has to go",
                  CODES_OF_ADDRESS);
    if (status == STORE_EXISTS && make_room(phones, &places, code, caller->now, p))
        status = take_code_place(phones, &places, 0, code->expires, p);
    int taken = status == STORE_OK;
    while (status == STORE_OK && taken < places.count) {
        status = take_code_place(phones, &places, taken, code->expires, p);
        taken += status == STORE_OK;
    }
    if (status == STORE_EXISTS)
        log_debug(caller->log, "MPIN0772", "%s shows as many codes as it may",
                  taken == 0   ? "this address"
                  : taken == 1 ? "this address's /48"
                               : "this address's /32");
    if (status == STORE_OK)
        status =
            access_number_take(phones->store, wid, caller->now, code->expires, code->number, p);
    if (status != STORE_OK)
        give_back_places(phones, &places, taken);
    return status;
}

void code_free_places(phones_t *phones, const unsigned char wid[WID_BYTES], const code_t *code,
                      apr_pool_t *p)
{
    const places_t places = places_of_code(phones, wid, code, p);
    give_back_places(phones, &places, places.count);
}

void code_free_all(phones_t *phones, const unsigned char wid[WID_BYTES], const code_t *code,
                   apr_time_t now, apr_pool_t *p)
{
    code_free_places(phones, wid, code, p);
    access_number_free(phones->store, code->number, now, p);
}
