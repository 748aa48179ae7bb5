/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_LINKS_H
#define MPIN_PEOPLE_LINKS_H

#include "people/subject.h"

/* Trusted logins that their owner has linked to a user: whoever such a login calls by that subject
 * is this user, and no other can have it (docs/trusted.md, "The same person by two of them"). One
 * subject of each login. */
#define LINKS_MAX 16

typedef struct linked_login_t {
    const char *name;  /* as that login alone would call the user: NAME:subject, canonical */
    uint32_t added;    /* seconds */
    subject_t subject; /* what the login told last; its `at` is of no use */
} linked_login_t;

/* STORE_EXISTS: the name is somebody's, was a deleted user's, or another subject of that login is
 * linked already. STORE_FULL: there are LINKS_MAX, or the store is full. */
store_status_t people_link(people_t *people, const unsigned char uid[UID_BYTES],
                           const linked_login_t *link, apr_pool_t *p);

/* No more: at the next sign-in by it somebody is a user of their own. By the login's NAME. */
store_status_t people_unlink(people_t *people, const unsigned char uid[UID_BYTES],
                             const char *provider, apr_pool_t *p);

/* All of a user's, in the pool, ordered by NAME; and one. */
store_status_t people_links(people_t *people, const unsigned char uid[UID_BYTES],
                            linked_login_t **list, int *count, apr_pool_t *p);
store_status_t people_linked(people_t *people, const unsigned char uid[UID_BYTES],
                             const char *provider, linked_login_t *link, apr_pool_t *p);

/* The user has come by it: what it tells now. Written where it is news. STORE_MISSING: it is linked
 * no more, or by another subject. */
store_status_t people_tell_link(people_t *people, const unsigned char uid[UID_BYTES],
                                const subject_t *subject, apr_pool_t *p);

/* For a session that came by the login `provider`: that one's word of the user, else people_subject's. */
store_status_t people_told(people_t *people, const unsigned char uid[UID_BYTES],
                           const char *provider, subject_t *subject, apr_pool_t *p);

/* Nothing that they have told outlives the user; their names are nobody's until the user's own is
 * free. */
store_status_t people_forget_links(people_t *people, const unsigned char uid[UID_BYTES],
                                   apr_pool_t *p);

/* ---- one that its owner has yet to confirm ---------------------------------------------------- */
#define LINK_OFFER_SECONDS 600
#define LINK_OFFER_BYTES 16

/* For this session alone: whom a login has named, until somebody says that it's them. Fleeting. */
typedef struct link_offer_t {
    unsigned char uid[UID_BYTES];
    unsigned char family[SESSION_ID_BYTES];
    linked_login_t link;
} link_offer_t;

store_status_t people_offer_link(people_t *people, const link_offer_t *offer,
                                 unsigned char id[LINK_OFFER_BYTES], apr_time_t now, apr_pool_t *p);
store_status_t people_offered_link(people_t *people, const unsigned char id[LINK_OFFER_BYTES],
                                   link_offer_t *offer, apr_pool_t *p);
/* Exactly one caller gets STORE_OK. */
store_status_t people_take_offer(people_t *people, const unsigned char id[LINK_OFFER_BYTES],
                                 apr_pool_t *p);

#endif
