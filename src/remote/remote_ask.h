/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_REMOTE_ASK_H
#define MPIN_REMOTE_REMOTE_ASK_H

#include "remote/remote_room.h"

/* One exchange with the RPS elsewhere, in a seat. */

typedef struct question_t {
    const char *method, *path; /* "POST", "/authenticate" */
    const json_t *body;        /* NULL for none */
    int total_ms;
    apr_size_t max; /* bytes of the answer */
} question_t;

/* NULL: an answer came, whatever its status; `*json` is its object, NULL where it is none. Else the
 * refusal. */
result_t *remote_ask(remote_t *remote, const caller_t *caller, const question_t *question,
                     int *status, const json_t **json, apr_pool_t *p);

/* 502: an answer, but not the protocol's. The log says what is wrong with it, once a minute. */
result_t *remote_broken(remote_t *remote, const char *what, apr_pool_t *p);

#endif
