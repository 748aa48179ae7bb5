/* SPDX-License-Identifier: Apache-2.0 */
#include "people/links.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "people/records.h"
#include "store/change.h"
#include "store/key.h"

/* linked:<uid>:NAME, lasting: layout 1 | added 4 | name text | subject. link-offer:<id>, fleeting:
 * uid 16 | family 16 | the same. */
#define LINK_LAYOUT 1
#define LINK_RECORD_MAX (1 + 4 + 1 + NAME_MAX_BYTES + SUBJECT_RECORD_MAX)
#define OFFER_RECORD_MAX (UID_BYTES + SESSION_ID_BYTES + LINK_RECORD_MAX)

static const char *links_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("links", uid, UID_BYTES, p);
}

static const char *linked_key(const unsigned char uid[UID_BYTES], const char *provider,
                              apr_pool_t *p)
{
    return apr_pstrcat(p, store_key("linked", uid, UID_BYTES, p), ":", provider, NULL);
}

/* ---- the record ---- */

static apr_size_t write_linked(const linked_login_t *link, unsigned char *record, apr_pool_t *p)
{
    unsigned char *subject = apr_palloc(p, SUBJECT_RECORD_MAX);
    const apr_size_t len = people_write_subject(&link->subject, subject);
    bytes_out_t out = bytes_out(record, LINK_RECORD_MAX);
    bytes_put_u8(&out, LINK_LAYOUT);
    bytes_put_u32(&out, link->added);
    bytes_put_text(&out, link->name);
    bytes_put(&out, subject, len);
    return len ? bytes_written(&out) : 0;
}

static bool read_linked(const unsigned char *record, apr_size_t len, linked_login_t *link,
                        apr_pool_t *p)
{
    char name[NAME_MAX_BYTES + 1];
    bytes_in_t in = bytes_in(record, len);
    const uint8_t layout = bytes_get_u8(&in);
    link->added = bytes_get_u32(&in);
    bytes_get_text(&in, name, sizeof name);
    if (!in.ok || layout != LINK_LAYOUT || !*name)
        return false;
    link->name = apr_pstrdup(p, name);
    return people_read_subject(in.next, (apr_size_t)(in.end - in.next), &link->subject, p);
}

store_status_t people_linked(people_t *people, const unsigned char uid[UID_BYTES],
                             const char *provider, linked_login_t *link, apr_pool_t *p)
{
    const char *key = linked_key(uid, provider, p);
    store_record_t record;
    const store_status_t status = store_get(people->store, STORE_LASTING, key, p, &record);
    if (status != STORE_OK)
        return status;
    return read_linked(record.data, record.len, link, p) ? STORE_OK
                                                         : people_unreadable(people, key);
}

/* ---- linked, and no more ---- */

static store_status_t forget_link(people_t *people, const unsigned char uid[UID_BYTES],
                                  const char *provider, apr_pool_t *p)
{
    const store_status_t status =
        store_delete(people->store, STORE_LASTING, linked_key(uid, provider, p));
    return status == STORE_OK
               ? store_member_remove(people->store, STORE_LASTING, links_key(uid, p), provider)
               : status;
}

/* Where the same one is there already, somebody was stopped half-way, or presses twice. */
static store_status_t keep_link(people_t *people, const unsigned char uid[UID_BYTES],
                                const linked_login_t *link, apr_pool_t *p)
{
    const char *provider = link->subject.provider;
    unsigned char *record = apr_palloc(p, LINK_RECORD_MAX);
    const apr_size_t len = write_linked(link, record, p);
    linked_login_t there;
    if (!len)
        return STORE_DOWN;
    store_status_t status =
        store_add(people->store, STORE_LASTING, linked_key(uid, provider, p), record, len, 0);
    if (status != STORE_EXISTS)
        return status;
    status = people_linked(people, uid, provider, &there, p);
    return status == STORE_OK && strcmp(there.name, link->name) != 0 ? STORE_EXISTS : status;
}

/* Nothing counts that its owner cannot see: it may have been removed meanwhile. */
static store_status_t stays_linked(people_t *people, const unsigned char uid[UID_BYTES],
                                   const linked_login_t *link, apr_pool_t *p)
{
    linked_login_t there;
    const store_status_t status = people_linked(people, uid, link->subject.provider, &there, p);
    if (status == STORE_MISSING)
        people_drop_alias(people, link->name, uid, p);
    return status == STORE_MISSING ? STORE_CHANGED : status;
}

/* What its owner can see and remove is written first, and what counts last. */
store_status_t people_link(people_t *people, const unsigned char uid[UID_BYTES],
                           const linked_login_t *link, apr_pool_t *p)
{
    const char *provider = link->subject.provider;
    store_status_t status = keep_link(people, uid, link, p);
    if (status != STORE_OK)
        return status;
    status =
        store_member_add(people->store, STORE_LASTING, links_key(uid, p), provider, LINKS_MAX, 0);
    if (status == STORE_OK)
        status = people_add_alias(people, link->name, uid, p);
    if (status == STORE_EXISTS || status == STORE_FULL)
        forget_link(people, uid, provider, p);
    return status == STORE_OK ? stays_linked(people, uid, link, p) : status;
}

/* What counts goes first, and once more where somebody has just linked it again. */
store_status_t people_unlink(people_t *people, const unsigned char uid[UID_BYTES],
                             const char *provider, apr_pool_t *p)
{
    linked_login_t link;
    store_status_t status = people_linked(people, uid, provider, &link, p);
    if (status != STORE_OK)
        return status;
    status = people_drop_alias(people, link.name, uid, p);
    if (status == STORE_OK || status == STORE_MISSING)
        status = forget_link(people, uid, provider, p);
    if (status == STORE_OK)
        status = people_drop_alias(people, link.name, uid, p);
    return status == STORE_MISSING ? STORE_OK : status;
}

/* ---- read and told ---- */

static int by_provider(const void *one, const void *other)
{
    const linked_login_t *a = one, *b = other;
    return strcmp(a->subject.provider, b->subject.provider);
}

store_status_t people_links(people_t *people, const unsigned char uid[UID_BYTES],
                            linked_login_t **list, int *count, apr_pool_t *p)
{
    const char **providers;
    *count = 0;
    store_status_t status =
        store_members(people->store, STORE_LASTING, links_key(uid, p), p, &providers);
    if (status != STORE_OK)
        return status == STORE_MISSING ? STORE_OK : status;
    *list = apr_pcalloc(p, LINKS_MAX * sizeof(**list));
    for (int i = 0; i < LINKS_MAX && providers[i]; i++) {
        status = people_linked(people, uid, providers[i], &(*list)[*count], p);
        if (status == STORE_OK)
            ++*count;
        else if (status != STORE_MISSING) /* which is just being removed */
            return status;
    }
    qsort(*list, (size_t)*count, sizeof(**list), by_provider);
    return STORE_OK;
}

typedef struct telling_t {
    const subject_t *subject;
    unsigned char record[LINK_RECORD_MAX];
} telling_t;

static store_status_t tell_step(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    telling_t *mine = baton;
    linked_login_t link;
    if (!change->seen || !read_linked(change->seen->data, change->seen->len, &link, scratch) ||
        strcmp(link.subject.subject, mine->subject->subject) != 0)
        return STORE_MISSING;
    link.subject = *mine->subject;
    const apr_size_t len = write_linked(&link, mine->record, scratch);
    if (!len)
        return STORE_DOWN;
    if (len == change->seen->len && memcmp(mine->record, change->seen->data, len) == 0)
        return STORE_OK;
    change->data = mine->record;
    change->len = len;
    return STORE_OK;
}

store_status_t people_tell_link(people_t *people, const unsigned char uid[UID_BYTES],
                                const subject_t *subject, apr_pool_t *p)
{
    telling_t *mine = apr_palloc(p, sizeof(*mine));
    mine->subject = subject;
    return store_change(people->store, STORE_LASTING, linked_key(uid, subject->provider, p),
                        tell_step, mine, p);
}

store_status_t people_told(people_t *people, const unsigned char uid[UID_BYTES],
                           const char *provider, subject_t *subject, apr_pool_t *p)
{
    linked_login_t link;
    const store_status_t own = people_subject(people, uid, subject, p);
    if (own == STORE_OK ? strcmp(subject->provider, provider) == 0 : own != STORE_MISSING)
        return own;
    const store_status_t linked = people_linked(people, uid, provider, &link, p);
    if (linked == STORE_OK)
        *subject = link.subject;
    return linked == STORE_MISSING ? own : linked;
}

store_status_t people_forget_links(people_t *people, const unsigned char uid[UID_BYTES],
                                   apr_pool_t *p)
{
    const char **providers;
    store_status_t status =
        store_members(people->store, STORE_LASTING, links_key(uid, p), p, &providers);
    for (int i = 0; status == STORE_OK && providers[i]; i++)
        status = store_delete(people->store, STORE_LASTING, linked_key(uid, providers[i], p));
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    return store_delete(people->store, STORE_LASTING, links_key(uid, p));
}

/* ---- offers ---- */

static const char *offer_key(const unsigned char id[LINK_OFFER_BYTES], apr_pool_t *p)
{
    return store_key("link-offer", id, LINK_OFFER_BYTES, p);
}

store_status_t people_offer_link(people_t *people, const link_offer_t *offer,
                                 unsigned char id[LINK_OFFER_BYTES], apr_time_t now, apr_pool_t *p)
{
    unsigned char *record = apr_palloc(p, OFFER_RECORD_MAX);
    const apr_size_t head = UID_BYTES + SESSION_ID_BYTES;
    const apr_size_t len = write_linked(&offer->link, record + head, p);
    memcpy(record, offer->uid, UID_BYTES);
    memcpy(record + UID_BYTES, offer->family, SESSION_ID_BYTES);
    randombytes_buf(id, LINK_OFFER_BYTES);
    return len ? store_add(people->store, STORE_COMING_IN, offer_key(id, p), record, head + len,
                           now + apr_time_from_sec(LINK_OFFER_SECONDS))
               : STORE_DOWN;
}

store_status_t people_offered_link(people_t *people, const unsigned char id[LINK_OFFER_BYTES],
                                   link_offer_t *offer, apr_pool_t *p)
{
    const apr_size_t head = UID_BYTES + SESSION_ID_BYTES;
    store_record_t record;
    const store_status_t status =
        store_get(people->store, STORE_COMING_IN, offer_key(id, p), p, &record);
    if (status != STORE_OK)
        return status;
    if (record.len <= head || !read_linked(record.data + head, record.len - head, &offer->link, p))
        return people_unreadable(people, offer_key(id, p));
    memcpy(offer->uid, record.data, UID_BYTES);
    memcpy(offer->family, record.data + UID_BYTES, SESSION_ID_BYTES);
    return STORE_OK;
}

store_status_t people_take_offer(people_t *people, const unsigned char id[LINK_OFFER_BYTES],
                                 apr_pool_t *p)
{
    store_record_t record;
    return store_take(people->store, STORE_COMING_IN, offer_key(id, p), p, &record);
}
