/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STATUS_STATUS_H
#define MPIN_STATUS_STATUS_H

#include "keys/keys.h"
#include "notice/outbox.h"
#include "web/facts.h"

/* How a site does, for its administrator: gathered once, and shown as a page, as JSON, for Prometheus
 * and in mod_status' page. It holds no secret; names are masked. */

typedef enum { PART_WELL, PART_ODD, PART_BAD } part_state_t;

/* What the site is made of, or depends on. */
typedef struct part_t {
    const char *name; /* texts "status.part.NAME" */
    part_state_t state;
    const char *word;  /* texts "status.is.WORD", and where it is not well, "status.do.WORD" */
    apr_time_t since;  /* 0: nobody knows, or ever */
    const char *value; /* stands for {value} in them, or NULL */
} part_t;

#define STATUS_PARTS 10

typedef struct status_t {
    const site_t *site;
    apr_time_t now;
    part_t parts[STATUS_PARTS];
    int part_count;
    const part_t *worst; /* the first of those that are worst; NULL: all are well */

    const keys_t *keys; /* NULL: the parent could not read them */
    bool store_works;
    store_fill_t fill[STORE_PARTS];
    outbox_waiting_t mail;
    apr_size_t revocations;
    apr_time_t behind; /* since when revocations can't be read, 0: they can */
    uint64_t audit_lost;
} status_t;

/* status_gather.c. The site has counters. */
void status_gather(status_t *status, const server_rec *server, const site_t *site, apr_pool_t *p);

/* "well", "odd" or "bad". */
const char *part_state_word(part_state_t state);

/* status_page.c: answers with the page. */
int status_page(request_rec *r, const status_t *status);

/* status_json.c */
json_t *status_json(const status_t *status, apr_pool_t *p);

/* prometheus.c: text/plain; version=0.0.4 */
const char *status_prometheus(const status_t *status, apr_pool_t *p);

#endif
