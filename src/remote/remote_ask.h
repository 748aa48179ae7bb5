#ifndef MPIN_REMOTE_REMOTE_ASK_H
#define MPIN_REMOTE_REMOTE_ASK_H

#include "rps/room.h"

/* One exchange with an RPS elsewhere, in a seat. */

typedef struct question_t {
    const char *method, *path; /* "POST", "/authenticate" */
    const json_t *body;        /* NULL for none */
    int total_ms;
    apr_size_t max; /* bytes of the answer */
} question_t;

typedef struct remote_t remote_t;

remote_t *remote_make(apr_pool_t *p);

/* NULL: an answer came, whatever its status; `*json` is its object, NULL where it is none. Else the
 * refusal. */
result_t *remote_ask(rps_t *rps, const question_t *question, int *status, const json_t **json,
                     apr_pool_t *p);

/* 502: an answer, but not the protocol's. What is wrong with it is logged, once a minute. */
result_t *remote_broken(rps_t *rps, const char *what, apr_pool_t *p);

/* What an mpinId (hex) holds, and the name in it; NULL where it is none. */
const json_t *remote_mpin_id(const char *mpin_id, apr_pool_t *p);
const char *remote_user_id(const char *mpin_id, apr_pool_t *p);

/* clientSettings as it was rebuilt a moment ago: text in the pool, NULL when that is too long ago;
 * and what to keep. */
const char *remote_kept(remote_t *remote, apr_time_t now, apr_pool_t *p);
void remote_keep(remote_t *remote, const char *text, apr_time_t now);

#endif
