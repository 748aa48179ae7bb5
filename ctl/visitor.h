/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_VISITOR_H
#define MPIN_CTL_VISITOR_H

#include <apr_tables.h>
#include <stdbool.h>

/* Asks a site as a browser would, by libcurl: it follows no redirect, so that each can be looked at,
 * and keeps no cookie but the ones it is told. base/http.h asks peers of ours: it shows no headers and
 * no certificate, and goes on with none that is wrong. */
typedef struct visitor_t visitor_t;

typedef struct visited_t {
    bool came;       /* an answer */
    bool untrusted;  /* it came, from a certificate that browsers would not take */
    const char *why; /* ... or why none came; libcurl's words, "" else */
    int status;
    const apr_table_t *headers; /* each as it came, so a name may be there more than once */
    const char *body;           /* its first 256 KiB, with a NUL */
    const char *certificate;    /* PEM, NULL without */
    const char *local, *remote; /* addresses of the connection's ends */
} visited_t;

/* `connect_to`: HOST:PORT:ADDRESS:PORT, with commas between; NULL for none. */
visitor_t *visitor_make(const char *connect_to, apr_pool_t *p);

/* A cookie to be sent from now on, NULL for none. */
void visitor_carry(visitor_t *visitor, const char *cookie);

/* `headers`: "Name: value", ended by NULL, or NULL. Waits for 10 seconds at most. */
visited_t visitor_get(visitor_t *visitor, const char *url, const char *const *headers);
visited_t visitor_post(visitor_t *visitor, const char *url, const char *const *headers,
                       const char *json);

/* A header's value, "" without. */
const char *visited_header(const visited_t *visited, const char *name);

#endif
