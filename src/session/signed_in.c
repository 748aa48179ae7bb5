/* SPDX-License-Identifier: Apache-2.0 */
#include "session/signed_in.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/key.h"

/* layout 1 | before 4 | latest 4 | for each, the first that began first: family 16 | identity 16 |
 * version 4 | started 4 | expires 4 | address text | browser text */
#define LAYOUT 1
#define ENTRY_MAX (2 * SESSION_ID_BYTES + 3 * 4 + SIGNED_IN_ADDRESS + SIGNED_IN_WORDS)
#define LIST_MAX (1 + 4 + 4 + SIGNED_IN_MAX * ENTRY_MAX)
#define LIST_KEPT apr_time_from_sec(400L * 24 * 3600)

typedef struct signed_in_list_t {
    uint32_t before, latest;
    int count;
    signed_in_t all[SIGNED_IN_MAX + 1];
} signed_in_list_t;

static const char *list_key(const unsigned char uid[SESSION_ID_BYTES], apr_pool_t *p)
{
    return store_key("signed-in", uid, SESSION_ID_BYTES, p);
}

/* ---- the record ------------------------------------------------------------------------------ */

static void read_signed_in(bytes_in_t *in, signed_in_t *entry)
{
    bytes_get(in, entry->family, sizeof entry->family);
    bytes_get(in, entry->identity, sizeof entry->identity);
    entry->version = bytes_get_u32(in);
    entry->started = bytes_get_u32(in);
    entry->expires = bytes_get_u32(in);
    bytes_get_text(in, entry->address, sizeof entry->address);
    bytes_get_text(in, entry->browser, sizeof entry->browser);
}

static void write_signed_in(bytes_out_t *out, const signed_in_t *entry)
{
    bytes_put(out, entry->family, sizeof entry->family);
    bytes_put(out, entry->identity, sizeof entry->identity);
    bytes_put_u32(out, entry->version);
    bytes_put_u32(out, entry->started);
    bytes_put_u32(out, entry->expires);
    bytes_put_text(out, entry->address);
    bytes_put_text(out, entry->browser);
}

/* A record that cannot be read is none: it begins anew. */
static store_status_t load_list(store_t *store, const unsigned char uid[SESSION_ID_BYTES],
                                signed_in_list_t *list, apr_pool_t *p)
{
    store_record_t record;
    list->before = list->latest = 0;
    list->count = 0;
    const store_status_t status = store_get(store, STORE_BEHIND, list_key(uid, p), p, &record);
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    bytes_in_t in = bytes_in(record.data, record.len);
    if (bytes_get_u8(&in) != LAYOUT)
        return STORE_OK;
    list->before = bytes_get_u32(&in);
    list->latest = bytes_get_u32(&in);
    while (in.ok && in.next < in.end && list->count < SIGNED_IN_MAX) {
        read_signed_in(&in, &list->all[list->count]);
        list->count += in.ok;
    }
    return STORE_OK;
}

static store_status_t keep_list(store_t *store, const unsigned char uid[SESSION_ID_BYTES],
                                const signed_in_list_t *list, apr_pool_t *p)
{
    unsigned char record[LIST_MAX];
    bytes_out_t out = bytes_out(record, sizeof record);
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u32(&out, list->before);
    bytes_put_u32(&out, list->latest);
    for (int i = 0; i < list->count; i++)
        write_signed_in(&out, &list->all[i]);
    return store_put(store, STORE_BEHIND, list_key(uid, p), record, bytes_written(&out),
                     apr_time_now() + LIST_KEPT);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* Without a session's family, and what has ended by itself. */
static void leave_out(signed_in_list_t *list, const session_t *session, uint32_t now)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        const signed_in_t *in = &list->all[i];
        if (in->expires > now && in->version >= session->version &&
            memcmp(in->family, session->family, sizeof in->family) != 0)
            list->all[kept++] = *in;
    }
    list->count = kept;
}

/* Where the list is full the first gives way. */
static void append(signed_in_list_t *list, const session_t *session, const char *browser,
                   const char *address)
{
    signed_in_t *in = &list->all[list->count++];
    memcpy(in->family, session->family, sizeof in->family);
    memcpy(in->identity, session->identity, sizeof in->identity);
    in->version = session->version;
    in->started = session->started;
    in->expires = session->expires;
    apr_cpystrn(in->address, address, sizeof in->address);
    apr_cpystrn(in->browser, browser, sizeof in->browser);
    if (list->count <= SIGNED_IN_MAX)
        return;
    list->count--;
    memmove(list->all, list->all + 1, (size_t)list->count * sizeof *list->all);
}

static uint32_t this_second(void)
{
    return (uint32_t)apr_time_sec(apr_time_now());
}

store_status_t signed_in_renew(store_t *store, const session_t *session, const char *browser,
                               const char *address, apr_pool_t *p)
{
    signed_in_list_t *list = apr_palloc(p, sizeof *list);
    const store_status_t status = load_list(store, session->uid, list, p);
    if (status != STORE_OK)
        return status;
    leave_out(list, session, this_second());
    append(list, session, browser, address);
    return keep_list(store, session->uid, list, p);
}

store_status_t signed_in_note(store_t *store, const session_t *session, const char *browser,
                              const char *address, apr_pool_t *p)
{
    signed_in_list_t *list = apr_palloc(p, sizeof *list);
    const store_status_t status = load_list(store, session->uid, list, p);
    if (status != STORE_OK)
        return status;
    list->before = list->latest;
    list->latest = session->started;
    leave_out(list, session, this_second());
    append(list, session, browser, address);
    return keep_list(store, session->uid, list, p);
}

store_status_t signed_in_drop(store_t *store, const session_t *session, apr_pool_t *p)
{
    signed_in_list_t *list = apr_palloc(p, sizeof *list);
    const store_status_t status = load_list(store, session->uid, list, p);
    if (status != STORE_OK || !list->count)
        return status;
    leave_out(list, session, this_second());
    return keep_list(store, session->uid, list, p);
}

store_status_t signed_in_erase(store_t *store, const unsigned char uid[SESSION_ID_BYTES],
                               apr_pool_t *p)
{
    return store_delete(store, STORE_BEHIND, list_key(uid, p));
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool still_stands(const revocations_t *revocations,
                         const unsigned char uid[SESSION_ID_BYTES], const signed_in_t *in)
{
    static const unsigned char none[SESSION_ID_BYTES];
    return revocations_hit(revocations, none, in->family, in->identity, uid, in->version,
                           in->started, in->started) == REVOKED_NOT;
}

static int by_start(const void *one, const void *other)
{
    const signed_in_t *a = one, *b = other;
    if (a->started != b->started)
        return a->started > b->started ? -1 : 1;
    return memcmp(a->family, b->family, sizeof a->family);
}

store_status_t signed_in_list(store_t *store, const revocations_t *revocations,
                              const unsigned char uid[SESSION_ID_BYTES], uint32_t version,
                              signed_in_t **list, int *count, uint32_t *before, apr_pool_t *p)
{
    signed_in_list_t *all = apr_palloc(p, sizeof *all);
    const store_status_t status = load_list(store, uid, all, p);
    const uint32_t now = this_second();
    *list = all->all;
    *count = 0;
    *before = all->before;
    for (int i = 0; status == STORE_OK && i < all->count; i++) {
        const signed_in_t in = all->all[i];
        if (in.expires > now && in.version >= version && still_stands(revocations, uid, &in))
            all->all[(*count)++] = in;
    }
    qsort(*list, (size_t)*count, sizeof **list, by_start);
    return status;
}
