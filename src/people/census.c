/* SPDX-License-Identifier: Apache-2.0 */
/* Everybody, one after the other, for administrators: no request asks this. */
#include "people/records.h"
#include "people/tokens.h"

#include <apr_strings.h>
#include <string.h>
#include "base/hex.h"

#define USERS "user:"
#define IDENTITIES "identity:"
#define TOKENS "token:"

typedef struct census_t {
    people_t *people;
    bool (*each)(void *baton, const user_t *user);
    void *baton;
} census_t;

static bool visit_user(void *baton, const char *key, store_status_t status,
                       const store_record_t *record, apr_pool_t *scratch)
{
    const census_t *census = baton;
    user_t user;
    (void)scratch;
    if (status == STORE_OK && people_read_user(record->data, record->len, &user))
        return census->each(census->baton, &user);
    people_unreadable(census->people, key);
    return true;
}

store_status_t people_each(people_t *people, bool (*each)(void *baton, const user_t *user),
                           void *baton, apr_pool_t *p)
{
    census_t census = {people, each, baton};
    return store_each(people->store, STORE_LASTING, USERS, visit_user, &census, p);
}

typedef struct label_search_t {
    apr_size_t prefix;                    /* characters before a handle */
    char handle[2][2 * HANDLE_BYTES + 1]; /* of the first two that were found */
    int found;
} label_search_t;

static bool visit_labelled(void *baton, const char *key, store_status_t status,
                           const store_record_t *record, apr_pool_t *scratch)
{
    label_search_t *search = baton;
    (void)status, (void)record, (void)scratch;
    apr_cpystrn(search->handle[search->found], key + search->prefix,
                sizeof search->handle[search->found]);
    return ++search->found < 2;
}

/* Of what lies under "prefix" and its handle. */
static store_status_t find_labelled(people_t *people, const char *prefix, const char *label,
                                    unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    label_search_t search = {.prefix = strlen(prefix)};
    const apr_size_t len = strlen(label);
    if (len < PEOPLE_LABEL_MIN || len > 2 * HANDLE_BYTES ||
        label[strspn(label, "0123456789abcdef")])
        return STORE_MISSING;
    const store_status_t status =
        store_each(people->store, STORE_LASTING, apr_pstrcat(p, prefix, label, NULL),
                   visit_labelled, &search, p);
    if (status)
        return status;
    if (search.found != 1)
        return search.found ? STORE_EXISTS : STORE_MISSING;
    return hex_decode(search.handle[0], handle, HANDLE_BYTES) ? STORE_OK : STORE_DOWN;
}

store_status_t people_labelled(people_t *people, const char *label, identity_t *identity,
                               apr_pool_t *p)
{
    unsigned char handle[HANDLE_BYTES];
    const store_status_t status = find_labelled(people, IDENTITIES, label, handle, p);
    return status ? status : people_identity(people, handle, identity, p);
}

store_status_t tokens_labelled(people_t *people, const char *label, access_token_t *token,
                               apr_pool_t *p)
{
    unsigned char handle[HANDLE_BYTES];
    const store_status_t status = find_labelled(people, TOKENS, label, handle, p);
    return status ? status : tokens_get(people, NULL, handle, token, p);
}
