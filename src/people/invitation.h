/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_INVITATION_H
#define MPIN_PEOPLE_INVITATION_H

#include "people/people.h"
#include "store/all_or_none.h"
#include "session/prelogin.h"

/* An administrator's word that whoever opens a link owns a name (docs/identity.md, "Proof of a
 * name"): good for one device. The link's token is kept as its hash. The first browser in which it is
 * accepted has it; in no other it is good any more. */
#define INVITATION_BYTES 20
#define INVITATION_TEXT (2 * INVITATION_BYTES + 1) /* the token in hex */
#define INVITATION_HASH 32
#define INVITATION_DAYS 7 /* unless something else is said ... */
#define INVITATION_DAYS_MAX 30

typedef struct invitation_t {
    unsigned char hash[INVITATION_HASH];
    unsigned char browser[PRELOGIN_ID_BYTES]; /* who has accepted it; all zero: nobody yet */
    uint32_t made;
    char name[NAME_MAX_BYTES + 1]; /* canonical */
} invitation_t;

store_status_t invitation_make(people_t *people, const char *name, apr_time_t now, apr_time_t until,
                               char token[INVITATION_TEXT], apr_pool_t *p);

/* What a link's token stands for. STORE_MISSING: nothing, any more. */
store_status_t invitation_read(people_t *people, const char *token, invitation_t *invitation,
                               apr_pool_t *p);

/* It is this browser's from now on, and for an hour that browser is known by it. STORE_EXISTS: it is
 * another one's. */
store_status_t invitation_accept(people_t *people, const char *token,
                                 const unsigned char browser[PRELOGIN_ID_BYTES], apr_time_t now,
                                 invitation_t *invitation, apr_pool_t *p);

/* The live one that a browser has accepted last; STORE_MISSING: none. */
store_status_t invitation_of(people_t *people, const unsigned char browser[PRELOGIN_ID_BYTES],
                             invitation_t *invitation, apr_pool_t *p);

/* Uses it up with what else is in `together`: it is refused to all but one. */
store_piece_t *invitation_join(const invitation_t *invitation, store_together_t *together,
                               apr_pool_t *p);

#endif
