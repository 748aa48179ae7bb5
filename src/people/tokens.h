/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_TOKENS_H
#define MPIN_PEOPLE_TOKENS_H

#include "people/people.h"
#include "people/token_limits.h"

/* Tokens by which programs come in as a user (MPinTokens): "mpin_" and 256 random bits, which are
 * shown once and kept as a hash. As long as it is there a token is good, but not for a user who is
 * not active; disabling and deleting a user removes theirs, and a first proof of the name those that
 * were made by who was merely the first. */
#define TOKEN_PREFIX "mpin_"
#define TOKEN_TEXT_LEN 48 /* characters */
#define TOKEN_TEXT_SIZE (TOKEN_TEXT_LEN + 1)
#define TOKENS_MAX 20      /* of a user */
#define TOKEN_DAYS_MAX 366 /* for which one is good at most */
#define TOKEN_DAYS_USUAL 90

typedef struct access_token_t {
    unsigned char handle[HANDLE_BYTES]; /* of its hash: names it, and opens nothing */
    unsigned char uid[UID_BYTES];
    uint32_t created, expires;               /* seconds */
    bool open;                               /* made by who was merely the first to have the name */
    bool told;                               /* a trusted login has told something of the user */
    char name[DEVICE_MAX + 1];               /* what its owner calls it */
    char provider[SESSION_PROVIDER_MAX + 1]; /* whose word the user's name was: "local", or NAME */
    char paths[TOKEN_PATHS_MAX + 1];         /* of token_paths, and the same of methods */
    char methods[TOKEN_METHODS_MAX + 1];
} access_token_t;

/* Gives `token` (everything but handle and created is the caller's: mpinctl's are of "local", not
 * open and not told) its handle, and the text that is shown this once. Lasting before it returns.
 * STORE_EXISTS: the user has TOKENS_MAX. STORE_MISSING: there is no such user, or not an active one.
 * STORE_CHANGED: a field is out of its bounds, or it would have expired, or lives too long. */
store_status_t tokens_add(people_t *people, access_token_t *token, char text[TOKEN_TEXT_SIZE],
                          apr_time_t now, apr_pool_t *p);

/* The user's that have not expired, oldest first, in the pool. */
store_status_t tokens_list(people_t *people, const unsigned char uid[UID_BYTES],
                           access_token_t **list, int *count, apr_time_t now, apr_pool_t *p);

/* STORE_MISSING: there is none of this handle that is this user's (NULL: anybody's). */
store_status_t tokens_get(people_t *people, const unsigned char *uid,
                          const unsigned char handle[HANDLE_BYTES], access_token_t *token,
                          apr_pool_t *p);

/* The one whose handle begins with these hex digits, PEOPLE_LABEL_MIN at least. STORE_EXISTS: several
 * do. */
store_status_t tokens_labelled(people_t *people, const char *label, access_token_t *token,
                               apr_pool_t *p);

/* For good, and in each process with its next request. One that is gone already is STORE_OK. */
store_status_t tokens_remove(people_t *people, const access_token_t *token, apr_time_t now,
                             apr_pool_t *p);

/* Whose token is it? One look into the store, and none for what cannot be a token. STORE_MISSING:
 * nobody's, or not any more, or its owner is not active. */
store_status_t tokens_find(people_t *people, const char *text, apr_size_t len,
                           access_token_t *token, user_t *owner, apr_time_t now, apr_pool_t *p);

/* It has come in: written behind, once a minute at most. And when that was last, in seconds; 0 where
 * it never has, or nobody knows. */
void tokens_note_use(people_t *people, const access_token_t *token, apr_time_t now, apr_pool_t *p);
store_status_t tokens_last_use(people_t *people, const access_token_t *token, uint32_t *seconds,
                               apr_pool_t *p);

/* All of a user's, or those that are open: for this room. */
store_status_t tokens_erase(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                            apr_pool_t *p);
store_status_t tokens_erase_open(people_t *people, const unsigned char uid[UID_BYTES],
                                 apr_time_t now, apr_pool_t *p);

/* As it is stored, for this room. Writing gives the length, 0 when a field is out of its bounds;
 * reading is false for anything that writing cannot have made. */
#define TOKEN_RECORD_MAX                                                                           \
    (1 + UID_BYTES + 4 + 4 + 1 + 1 + DEVICE_MAX + 1 + SESSION_PROVIDER_MAX + 1 + TOKEN_PATHS_MAX + \
     1 + TOKEN_METHODS_MAX)
apr_size_t tokens_write(const access_token_t *token, unsigned char record[TOKEN_RECORD_MAX]);
bool tokens_read(const void *record, apr_size_t len, access_token_t *token);

#endif
