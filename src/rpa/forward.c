/* SPDX-License-Identifier: Apache-2.0 */
#include "rpa/forward.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "config/header_name.h"

static bool is_forwarded(const apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        const char *wanted = APR_ARRAY_IDX(names, i, const char *);
        if (strcmp(wanted, "*") == 0)
            return header_name_ok(name, strlen(name)) && header_name_goes_on(name);
        if (strcasecmp(wanted, name) == 0)
            return true;
    }
    return false;
}

/* There our secret stands. */
static bool is_ours(const site_t *site, const char *name)
{
    return site->service_secret && header_name_same(name, "Authorization");
}

const char *const *forward_headers(const facts_t *facts)
{
    const apr_array_header_t *names = facts->site->forward_headers;
    if (!names)
        return NULL;
    apr_pool_t *p = facts->r->pool;
    const apr_array_header_t *all = apr_table_elts(facts->r->headers_in);
    const char **found = apr_pcalloc(p, ((apr_size_t)all->nelts + 1) * sizeof *found);
    int count = 0;
    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *header = &APR_ARRAY_IDX(all, i, apr_table_entry_t);
        if (is_forwarded(names, header->key) && !is_ours(facts->site, header->key))
            found[count++] = apr_pstrcat(p, header->key, ": ", header->val, NULL);
    }
    return found;
}
