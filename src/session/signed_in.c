/* SPDX-License-Identifier: Apache-2.0 */
#include "session/signed_in.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "store/key.h"

/* A set a user, behind, whose members are text, so that one write adds or renews one:
 *   <family>|<identity>|<version>|<started>|<address>|<browser>
 * A member has no spaces: they are '_' there. Of two of one family the later one counts. */
#define FIELDS 6
#define BETWEEN '|'

static const char *set_of(const unsigned char uid[SESSION_ID_BYTES], apr_pool_t *p)
{
    return store_key("signed-in", uid, SESSION_ID_BYTES, p);
}

/* At most `size` - 1 bytes that a member may have; "-" for none. */
static const char *fitting(const char *text, apr_size_t size, apr_pool_t *p)
{
    char *word = apr_pstrndup(p, *text ? text : "-", size - 1);
    for (char *c = word; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == BETWEEN)
            *c = '_';
    return word;
}

static const char *member_of(const session_t *session, const char *browser, const char *address,
                             apr_pool_t *p)
{
    return apr_psprintf(p, "%s|%s|%u|%u|%s|%s", hex_encode(p, session->family, SESSION_ID_BYTES),
                        hex_encode(p, session->identity, SESSION_ID_BYTES), session->version,
                        session->started, fitting(address, SIGNED_IN_ADDRESS, p),
                        fitting(browser, SIGNED_IN_WORDS, p));
}

static void copy_words(char *to, apr_size_t size, const char *word)
{
    apr_cpystrn(to, word, size);
    for (; *to; to++)
        if (*to == '_')
            *to = ' ';
}

/* False for what member_of cannot have made. */
static bool read_member(const char *member, signed_in_t *in, apr_pool_t *p)
{
    char *rest = apr_pstrdup(p, member), *word[FIELDS];
    for (int i = 0; i < FIELDS; i++) {
        word[i] = rest;
        rest = i < FIELDS - 1 ? strchr(rest, BETWEEN) : NULL;
        if (!rest && i < FIELDS - 1)
            return false;
        if (rest)
            *rest++ = '\0';
    }
    in->version = (uint32_t)strtoul(word[2], NULL, 10);
    in->started = (uint32_t)strtoul(word[3], NULL, 10);
    apr_cpystrn(in->address, word[4], sizeof in->address);
    copy_words(in->browser, sizeof in->browser, word[5]);
    return hex_decode(word[0], in->family, sizeof in->family) &&
           hex_decode(word[1], in->identity, sizeof in->identity);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* Removes what else there is of a session's family. */
static store_status_t leave_only(store_t *store, const session_t *session, const char *kept,
                                 apr_pool_t *p)
{
    const char *key = set_of(session->uid, p), **members;
    store_status_t status = store_members(store, STORE_BEHIND, key, p, &members);
    for (int i = 0; status == STORE_OK && members[i]; i++) {
        signed_in_t in;
        const bool broken = !read_member(members[i], &in, p);
        if (strcmp(members[i], kept) == 0)
            continue;
        if (broken || memcmp(in.family, session->family, sizeof in.family) == 0)
            status = store_member_remove(store, STORE_BEHIND, key, members[i]);
    }
    return status == STORE_MISSING ? STORE_OK : status;
}

/* Takes out the one that began first. */
static store_status_t drop_oldest(store_t *store, const session_t *session, apr_pool_t *p)
{
    const char *key = set_of(session->uid, p), **members;
    uint32_t oldest = UINT32_MAX;
    int found = -1;
    store_status_t status = store_members(store, STORE_BEHIND, key, p, &members);
    for (int i = 0; status == STORE_OK && members[i]; i++) {
        signed_in_t in;
        if (read_member(members[i], &in, p) && in.started >= oldest)
            continue;
        oldest = in.started;
        found = i;
    }
    if (found < 0)
        return STORE_FULL;
    return store_member_remove(store, STORE_BEHIND, key, members[found]);
}

static store_status_t add_member(store_t *store, const session_t *session, const char *member,
                                 apr_pool_t *p)
{
    return store_member_add(store, STORE_BEHIND, set_of(session->uid, p), member, SIGNED_IN_MAX,
                            apr_time_from_sec((apr_time_t)session->expires));
}

store_status_t signed_in_note(store_t *store, const session_t *session, const char *browser,
                              const char *address, apr_pool_t *p)
{
    const char *member = member_of(session, browser, address, p);
    store_status_t status = add_member(store, session, member, p);
    if (status == STORE_FULL && drop_oldest(store, session, p) == STORE_OK)
        status = add_member(store, session, member, p);
    return status;
}

store_status_t signed_in_renew(store_t *store, const session_t *session, const char *browser,
                               const char *address, apr_pool_t *p)
{
    const store_status_t status = signed_in_note(store, session, browser, address, p);
    return status == STORE_OK
               ? leave_only(store, session, member_of(session, browser, address, p), p)
               : status;
}

store_status_t signed_in_drop(store_t *store, const session_t *session, apr_pool_t *p)
{
    return leave_only(store, session, "", p);
}

store_status_t signed_in_erase(store_t *store, const unsigned char uid[SESSION_ID_BYTES],
                               apr_pool_t *p)
{
    return store_delete(store, STORE_BEHIND, set_of(uid, p));
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool still_stands(const revocations_t *revocations,
                         const unsigned char uid[SESSION_ID_BYTES], const signed_in_t *in)
{
    static const unsigned char none[SESSION_ID_BYTES];
    return revocations_hit(revocations, none, in->family, in->identity, uid, in->version,
                           in->started, in->started) == REVOKED_NOT;
}

/* Where a family has its place in the list, or its end. */
static int place_in(const signed_in_t *list, int count, const signed_in_t *in)
{
    int place = 0;
    while (place < count && memcmp(list[place].family, in->family, sizeof in->family) != 0)
        place++;
    return place;
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
                              signed_in_t **list, int *count, apr_pool_t *p)
{
    const char **members;
    store_status_t status = store_members(store, STORE_BEHIND, set_of(uid, p), p, &members);
    *list = apr_pcalloc(p, sizeof **list * (SIGNED_IN_MAX + 1));
    *count = 0;
    for (int i = 0; status == STORE_OK && members[i] && *count < SIGNED_IN_MAX; i++) {
        signed_in_t in;
        if (!read_member(members[i], &in, p) || in.version < version ||
            !still_stands(revocations, uid, &in))
            continue;
        const int place = place_in(*list, *count, &in);
        (*list)[place] = in;
        *count += place == *count;
    }
    qsort(*list, (size_t)*count, sizeof **list, by_start);
    return status == STORE_MISSING ? STORE_OK : status;
}
