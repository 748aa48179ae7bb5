/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_TOKEN_CACHE_H
#define MPIN_PEOPLE_TOKEN_CACHE_H

#include "people/tokens.h"

/* What a token was found to be, in this process's memory for a minute: so that a program that asks
 * often pays for no look into the store. It holds hashes, and no token. The caller holds its session
 * against the revocations, as any other (session_judge). */
typedef struct token_pass_t {
    access_token_t token;
    session_t session; /* what the program comes in as */
} token_pass_t;

typedef struct token_cache_t token_cache_t;

/* One a site and child. NULL when memory is out. */
token_cache_t *token_cache_make(apr_pool_t *p);

/* False: it is not known here, or has not been looked at for a minute. */
bool token_cache_get(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now,
                     token_pass_t *pass);

void token_cache_keep(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now,
                      const token_pass_t *pass);

/* The same of one that opens nothing: a program that goes on asking with it is not guessing. */
bool token_cache_is_wrong(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now);
void token_cache_keep_wrong(token_cache_t *cache, const char *text, apr_size_t len, apr_time_t now);

/* The session of a token of its owner's. Its proof is as old as the token: nobody has been there
 * since. */
void token_cache_session(const access_token_t *token, const user_t *owner, apr_time_t now,
                         session_t *session);

#endif
