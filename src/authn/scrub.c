#include "authn/inside.h"

#include <apr_lib.h>
#include <string.h>

/* Header names as applications see them: CGI and its heirs make '-' and '_', and both cases, the same. */
static char fold(char c)
{
    return c == '_' ? '-' : (char)apr_tolower(c);
}

/* True where `name` begins with `start`, which is folded already. */
static bool begins(const char *name, const char *start)
{
    while (*start)
        if (fold(*name++) != *start++)
            return false;
    return true;
}

static bool is(const char *name, const char *folded)
{
    return begins(name, folded) && name[strlen(folded)] == '\0';
}

static bool same(const char *name, const char *other)
{
    while (*name && fold(*name) == fold(*other)) {
        name++;
        other++;
    }
    return *name == '\0' && *other == '\0';
}

/* True for a header that only we may set. Every request pays for this: the first letter decides for most. */
static bool only_ours(const site_t *site, const char *name)
{
    switch (apr_tolower(name[0])) {
    case 'm':
        if (begins(name, "mpin-"))
            return true;
        break;
    case 'r':
        if (is(name, "remote-user"))
            return true;
        break;
    case 'x':
        if (is(name, "x-remote-user"))
            return true;
        break;
    }
    for (int i = 0; i < site->pass_headers->nelts; i++)
        if (same(name, APR_ARRAY_IDX(site->pass_headers, i, pass_header_t).name))
            return true;
    return false;
}

/* One pass over what the client sent. Internal redirects come by here too: what we set is taken away and set
 * anew. */
int authn_post_read_request(request_rec *r)
{
    const site_t *site = site_of(r->server);
    if (!site)
        return DECLINED;
    request_t *request = r->prev ? request_of(r) : request_make(r, site);

    const apr_array_header_t *headers = apr_table_elts(r->headers_in);
    for (int i = 0; i < headers->nelts;) {
        apr_table_entry_t *header = &APR_ARRAY_IDX(headers, i, apr_table_entry_t);
        bool drop = only_ours(site, header->key);
        if (!r->prev && strcasecmp(header->key, "Cookie") == 0) {
            header->val = (char *)(apr_uintptr_t)request_take_cookies(request, header->val, r->pool);
            drop = !header->val;
        }
        if (drop)
            apr_table_unset(r->headers_in, header->key);
        else
            i++;
    }
    return DECLINED;
}
