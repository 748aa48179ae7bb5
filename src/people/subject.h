/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_SUBJECT_H
#define MPIN_PEOPLE_SUBJECT_H

#include "people/people.h"

/* What the trusted login by which a user came last has told of them. It is read anew for each
 * request of theirs, so that what changes reaches applications at once. */
#define SUBJECT_CLAIMS 8
#define SUBJECT_CLAIM_NAME 128   /* bytes, without the NUL */
#define SUBJECT_CLAIM_VALUE 1000 /* likewise */

typedef struct claim_t {
    const char *name, *value;
} claim_t;

typedef struct subject_t {
    const char *provider; /* NAME of the trusted login */
    const char *subject;  /* as it calls the user */
    const char *email;    /* canonical, "" for none */
    claim_t claims[SUBJECT_CLAIMS];
    int claim_count;
    uint32_t at; /* when it last said so, in seconds */
} subject_t;

/* As it is stored, for this room. Writing gives the length, 0 when a field is out of its bounds;
 * reading is false for anything that writing cannot have made. */
#define SUBJECT_RECORD_MAX                                                                         \
    (1 + 3 * 256 + 1 + SUBJECT_CLAIMS * (1 + SUBJECT_CLAIM_NAME + 2 + SUBJECT_CLAIM_VALUE))
apr_size_t people_write_subject(const subject_t *subject, unsigned char *record);
bool people_read_subject(const unsigned char *record, apr_size_t len, subject_t *subject,
                         apr_pool_t *p);

/* Writes it where it is news, which waits for the disk; that it was said again at `now` is written
 * behind. */
store_status_t people_tell_subject(people_t *people, const unsigned char uid[UID_BYTES],
                                   const subject_t *subject, apr_time_t now, apr_pool_t *p);

/* All of it, in the pool; STORE_MISSING: none has ever told anything. */
store_status_t people_subject(people_t *people, const unsigned char uid[UID_BYTES],
                              subject_t *subject, apr_pool_t *p);

/* The value of a claim, NULL for none. */
const char *subject_claim(const subject_t *subject, const char *name);

/* Where a user can be told of something, in the pool: the name where it is a mailbox, else the e-mail
 * that a trusted login has told; else the name, which is no mailbox. */
const char *people_mailbox(people_t *people, const unsigned char uid[UID_BYTES], const char *name,
                           apr_pool_t *p);

store_status_t people_forget_subject(people_t *people, const unsigned char uid[UID_BYTES],
                                     apr_pool_t *p);

#endif
