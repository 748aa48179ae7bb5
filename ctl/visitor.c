/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/visitor.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_SECONDS 10L
#define BODY_KEPT ((apr_size_t)256 << 10)
#define HEADERS_KEPT 200

struct visitor_t {
    CURL *handle;
    struct curl_slist *connect_to;
    const char *authorities; /* SSL_CERT_FILE, NULL = the system's */
    const char *cookie;
    apr_pool_t *p;
};

static apr_status_t visitor_leave(void *data)
{
    visitor_t *visitor = data;
    curl_easy_cleanup(visitor->handle);
    curl_slist_free_all(visitor->connect_to);
    return APR_SUCCESS;
}

visitor_t *visitor_make(const char *connect_to, apr_pool_t *p)
{
    visitor_t *visitor = apr_pcalloc(p, sizeof *visitor);
    char *last, *word = connect_to ? apr_strtok(apr_pstrdup(p, connect_to), ",", &last) : NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    visitor->handle = curl_easy_init();
    visitor->authorities = getenv("SSL_CERT_FILE");
    visitor->p = p;
    for (; word; word = apr_strtok(NULL, ",", &last))
        visitor->connect_to = curl_slist_append(visitor->connect_to, word);
    apr_pool_cleanup_register(p, visitor, visitor_leave, apr_pool_cleanup_null);
    return visitor;
}

void visitor_carry(visitor_t *visitor, const char *cookie)
{
    visitor->cookie = cookie;
}

const char *visited_header(const visited_t *visited, const char *name)
{
    const char *value = apr_table_get(visited->headers, name);
    return value ? value : "";
}

/* ---- what comes ------------------------------------------------------------------------------ */

typedef struct arrival_t {
    apr_table_t *headers;
    char *body;
    apr_size_t len;
    apr_pool_t *p;
} arrival_t;

/* A body is heard to its end, and no more than that much of it is kept. */
static size_t hear_body(char *bytes, size_t size, size_t count, void *baton)
{
    arrival_t *arrival = baton;
    const apr_size_t len = size * count, room = BODY_KEPT - arrival->len;
    memcpy(arrival->body + arrival->len, bytes, len < room ? len : room);
    arrival->len += len < room ? len : room;
    return len;
}

static size_t hear_header(char *bytes, size_t size, size_t count, void *baton)
{
    arrival_t *arrival = baton;
    const apr_size_t len = size * count;
    char *line = apr_pstrmemdup(arrival->p, bytes, len), *colon = strchr(line, ':');
    if (!strncmp(line, "HTTP/", 5))
        apr_table_clear(arrival->headers); /* of a 100 or 103 before */
    if (!colon || apr_table_elts(arrival->headers)->nelts >= HEADERS_KEPT)
        return len;
    *colon = '\0';
    for (colon++; apr_isspace(*colon);)
        colon++;
    for (char *end = colon + strlen(colon); end > colon && apr_isspace(end[-1]);)
        *--end = '\0';
    apr_table_addn(arrival->headers, line, colon);
    return len;
}

/* The site's own, first in the chain. */
static const char *first_certificate(const visitor_t *visitor)
{
    static const char name[] = "Cert:";
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(visitor->handle, CURLINFO_CERTINFO, &chain) || !chain ||
        chain->num_of_certs < 1)
        return NULL;
    for (const struct curl_slist *line = chain->certinfo[0]; line; line = line->next)
        if (!strncmp(line->data, name, sizeof name - 1))
            return apr_pstrdup(visitor->p, line->data + sizeof name - 1);
    return NULL;
}

static void read_visit(const visitor_t *visitor, visited_t *visited)
{
    long status = 0;
    const char *local = NULL, *remote = NULL;
    curl_easy_getinfo(visitor->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(visitor->handle, CURLINFO_LOCAL_IP, &local);
    curl_easy_getinfo(visitor->handle, CURLINFO_PRIMARY_IP, &remote);
    visited->status = (int)status;
    visited->local = apr_pstrdup(visitor->p, local ? local : "");
    visited->remote = apr_pstrdup(visitor->p, remote ? remote : "");
    visited->certificate = first_certificate(visitor);
}

/* ---- a visit --------------------------------------------------------------------------------- */

typedef struct outing_t {
    const char *url, *json; /* NULL: a GET */
    struct curl_slist *headers;
    bool trusting;
} outing_t;

static void set_outing(const visitor_t *visitor, const outing_t *outing, arrival_t *arrival)
{
    CURL *handle = visitor->handle;
    curl_easy_reset(handle);
    curl_easy_setopt(handle, CURLOPT_URL, outing->url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, WAIT_SECONDS);
    curl_easy_setopt(handle, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECT_TO, visitor->connect_to);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, outing->headers);
    curl_easy_setopt(handle, CURLOPT_COOKIE, visitor->cookie);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, hear_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, arrival);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, hear_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, arrival);
    if (visitor->authorities)
        curl_easy_setopt(handle, CURLOPT_CAINFO, visitor->authorities);
    if (outing->json)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, outing->json);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, outing->trusting ? 0L : 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, outing->trusting ? 0L : 2L);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L); /* on a kept one, no certificate is told */
}

static CURLcode run_outing(const visitor_t *visitor, const outing_t *outing, visited_t *visited)
{
    arrival_t arrival = {apr_table_make(visitor->p, 16), apr_palloc(visitor->p, BODY_KEPT + 1), 0,
                         visitor->p};
    set_outing(visitor, outing, &arrival);
    const CURLcode code = curl_easy_perform(visitor->handle);
    arrival.body[arrival.len] = '\0';
    visited->headers = arrival.headers;
    visited->body = arrival.body;
    read_visit(visitor, visited);
    return code;
}

static bool is_distrust(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR;
}

/* What a certificate is wrong by is told once; the rest of the site is looked at all the same, which
 * gives nobody a secret: none is sent. */
static visited_t visit_site(visitor_t *visitor, const char *url, const char *const *headers,
                            const char *json)
{
    visited_t visited = {.why = ""};
    outing_t outing = {.url = url, .json = json};
    outing.headers = curl_slist_append(NULL, "User-Agent: Mozilla/5.0 mpinctl");
    for (; headers && *headers; headers++)
        outing.headers = curl_slist_append(outing.headers, *headers);
    CURLcode code = run_outing(visitor, &outing, &visited);
    if (is_distrust(code)) {
        visited.untrusted = true;
        visited.why = curl_easy_strerror(code);
        outing.trusting = true;
        code = run_outing(visitor, &outing, &visited);
    }
    visited.came = code == CURLE_OK;
    if (!visited.came)
        visited.why = curl_easy_strerror(code);
    curl_slist_free_all(outing.headers);
    return visited;
}

visited_t visitor_get(visitor_t *visitor, const char *url, const char *const *headers)
{
    return visit_site(visitor, url, headers, NULL);
}

visited_t visitor_post(visitor_t *visitor, const char *url, const char *const *headers,
                       const char *json)
{
    return visit_site(visitor, url, headers, json);
}
