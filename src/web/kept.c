/* SPDX-License-Identifier: Apache-2.0 */
#include "web/kept.h"
#include "base/bytes.h"
#include "base/hex.h"
#include "rps/quota.h"
#include "store/key.h"
#include "web/return_to.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

/* kept:<id>, fleeting: layout 1 | uid 16 | browser 16 | sent 4 | length of the body 4 | place, before,
 * type, each after its length. kept:<id>:<n>: PART bytes of the body. */
#define LAYOUT 1
#define PART 16000
#define HEAD_MAX                                                                                   \
    (1 + SESSION_ID_BYTES + PRELOGIN_ID_BYTES + 8 + 3 * BYTES_NUMBER_MAX + 2 * PLACE_MAX +         \
     KEPT_TYPE_MAX)
#define PLACE_MAX 4096 /* bytes */

static const quota_t kept_quota = {.kind = "kept", .each = 8, .all = 200, .seconds = KEPT_SECONDS};

static const char *part_key(const char *key, apr_size_t at, apr_pool_t *p)
{
    return apr_psprintf(p, "%s:%d", key, (int)(at / PART));
}

static apr_size_t part_length(apr_size_t len, apr_size_t at)
{
    return len - at < PART ? len - at : PART;
}

/* ---- the head ---- */

static void put_long(bytes_out_t *out, const char *text)
{
    const apr_size_t len = strlen(text);
    bytes_put_number(out, (uint32_t)len);
    bytes_put(out, text, len);
}

static const char *get_long(bytes_in_t *in, apr_size_t max, apr_pool_t *p)
{
    const apr_size_t len = bytes_get_number(in);
    in->ok = in->ok && len <= max;
    if (!in->ok)
        return "";
    char *text = apr_pcalloc(p, len + 1);
    bytes_get(in, text, len);
    in->ok = in->ok && strlen(text) == len;
    return text;
}

static apr_size_t write_kept_head(const kept_form_t *kept, unsigned char head[HEAD_MAX])
{
    bytes_out_t out = bytes_out(head, HEAD_MAX);
    bytes_put_u8(&out, LAYOUT);
    bytes_put(&out, kept->uid, sizeof kept->uid);
    bytes_put(&out, kept->browser, sizeof kept->browser);
    bytes_put_u32(&out, kept->sent);
    bytes_put_u32(&out, (uint32_t)kept->len);
    put_long(&out, kept->place);
    put_long(&out, kept->before);
    put_long(&out, kept->type);
    return bytes_written(&out);
}

static bool read_kept_head(const store_record_t *record, kept_form_t *kept, apr_pool_t *p)
{
    bytes_in_t in = bytes_in(record->data, record->len);
    const uint8_t layout = bytes_get_u8(&in);
    bytes_get(&in, kept->uid, sizeof kept->uid);
    bytes_get(&in, kept->browser, sizeof kept->browser);
    kept->sent = bytes_get_u32(&in);
    kept->len = bytes_get_u32(&in);
    kept->place = get_long(&in, PLACE_MAX, p);
    kept->before = get_long(&in, PLACE_MAX, p);
    kept->type = get_long(&in, KEPT_TYPE_MAX, p);
    return bytes_all_read(&in) && layout == LAYOUT && kept->len <= KEPT_BODY_MAX;
}

/* ---- keeping ---- */

static void drop_parts(store_t *store, const char *key, apr_size_t len, apr_pool_t *p)
{
    for (apr_size_t at = 0; at < len; at += PART)
        store_delete(store, STORE_FLEETING, part_key(key, at, p));
}

static store_status_t put_parts(store_t *store, const char *key, const kept_form_t *kept,
                                apr_time_t expires, apr_pool_t *p)
{
    store_status_t status = STORE_OK;
    for (apr_size_t at = 0; status == STORE_OK && at < kept->len; at += PART)
        status = store_put(store, STORE_FLEETING, part_key(key, at, p), kept->body + at,
                           part_length(kept->len, at), expires);
    return status;
}

/* The head last: what has one is whole. */
store_status_t kept_put(const request_rec *r, const kept_form_t *kept,
                        unsigned char id[KEPT_ID_BYTES], apr_time_t now)
{
    store_t *store = request_of(r)->site->store;
    const caller_t caller = {.now = now, .address = r->useragent_ip};
    const apr_time_t expires = now + apr_time_from_sec(KEPT_SECONDS);
    unsigned char head[HEAD_MAX];
    const apr_size_t head_len = write_kept_head(kept, head);
    if (!head_len || kept->len > KEPT_BODY_MAX)
        return STORE_FULL;
    randombytes_buf(id, KEPT_ID_BYTES);
    const char *key = store_key("kept", id, KEPT_ID_BYTES, r->pool);
    store_status_t status = quota_take(store, &kept_quota, kept->uid, &caller, NULL, r->pool);
    if (status == STORE_OK)
        status = put_parts(store, key, kept, expires, r->pool);
    if (status == STORE_OK)
        status = store_put(store, STORE_FLEETING, key, head, head_len, expires);
    if (status != STORE_OK)
        drop_parts(store, key, kept->len, r->pool);
    return status;
}

/* ---- and giving back ---- */

static store_status_t read_parts(store_t *store, const char *key, kept_form_t *kept, apr_pool_t *p)
{
    char *body = apr_palloc(p, kept->len + 1);
    for (apr_size_t at = 0; at < kept->len; at += PART) {
        store_record_t part;
        const store_status_t status =
            store_get(store, STORE_FLEETING, part_key(key, at, p), p, &part);
        if (status != STORE_OK)
            return status;
        if (part.len != part_length(kept->len, at))
            return STORE_DOWN;
        memcpy(body + at, part.data, part.len);
    }
    body[kept->len] = '\0';
    kept->body = body;
    return STORE_OK;
}

static bool is_same_browser(const request_rec *r, const kept_form_t *kept, apr_time_t now)
{
    prelogin_t prelogin;
    return request_prelogin(r, &prelogin, now) &&
           !sodium_memcmp(prelogin.id, kept->browser, sizeof kept->browser);
}

static bool kept_is_over(const kept_form_t *kept, apr_time_t now)
{
    return apr_time_sec(now) >= (apr_time_t)kept->sent + KEPT_SECONDS;
}

/* The head, as far as this session may see it. */
static store_status_t kept_judge(const request_rec *r, const char *key, const store_record_t *head,
                                 const session_t *session, apr_time_t now, kept_form_t *kept)
{
    store_t *store = request_of(r)->site->store;
    if (!read_kept_head(head, kept, r->pool))
        return STORE_DOWN;
    if (kept_is_over(kept, now) || !is_same_browser(r, kept, now))
        return STORE_MISSING;
    if (!sodium_memcmp(kept->uid, session->uid, sizeof kept->uid))
        return STORE_OK;
    store_delete(store, STORE_FLEETING, key);
    drop_parts(store, key, kept->len, r->pool);
    return STORE_MISSING;
}

store_status_t kept_get(const request_rec *r, const unsigned char id[KEPT_ID_BYTES],
                        const session_t *session, apr_time_t now, kept_form_t *kept)
{
    store_t *store = request_of(r)->site->store;
    const char *key = store_key("kept", id, KEPT_ID_BYTES, r->pool);
    store_record_t head;
    store_status_t status = store_get(store, STORE_FLEETING, key, r->pool, &head);
    if (status == STORE_OK)
        status = kept_judge(r, key, &head, session, now, kept);
    return status == STORE_OK ? read_parts(store, key, kept, r->pool) : status;
}

/* The one caller that takes the head has it all. */
store_status_t kept_take(const request_rec *r, const unsigned char id[KEPT_ID_BYTES],
                         const session_t *session, apr_time_t now, kept_form_t *kept)
{
    store_t *store = request_of(r)->site->store;
    const char *key = store_key("kept", id, KEPT_ID_BYTES, r->pool);
    store_record_t head;
    store_status_t status = kept_get(r, id, session, now, kept);
    if (status == STORE_OK)
        status = store_take(store, STORE_FLEETING, key, r->pool, &head);
    if (status == STORE_OK)
        drop_parts(store, key, kept->len, r->pool);
    return status;
}

/* ---- */

const char *kept_page(const site_t *site, const unsigned char id[KEPT_ID_BYTES], apr_pool_t *p)
{
    return apr_pstrcat(p, site->paths[PATH_LOGIN], KEPT_PAGE, hex_encode(p, id, KEPT_ID_BYTES),
                       NULL);
}

bool kept_is_page(const site_t *site, const char *place)
{
    const char *login = site->paths[PATH_LOGIN];
    const apr_size_t len = login ? strlen(login) : 0;
    return len && place && !strncmp(place, login, len) &&
           !strncmp(place + len, KEPT_PAGE, strlen(KEPT_PAGE));
}

bool kept_is_from_here(const request_rec *r)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");
    const char *from = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    if (origin && strcmp(origin, request_of(r)->site->url.text) != 0)
        return false;
    return from ? !strcmp(from, "same-origin") : origin != NULL;
}
