/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_TRUSTED_WORD_H
#define MPIN_LOGIN_TRUSTED_WORD_H

#include "people/subject.h"
#include "site/trusted_logins.h"
#include "web/facts.h"

/* What another module says of the one whom it has let in: from its variables and r->user, never from
 * what the client has sent. */
typedef struct trusted_word_t {
    const char *name; /* here: NAME:subject, or a local one (as-local) */
    subject_t subject;
    const char *sid;    /* what the provider calls its session, NULL for nothing */
    const char *all_of; /* ... and all those of this user, NULL likewise */
    uint32_t steps;     /* FACTOR_BITs of what it has seen beside (counts=) */
    uint32_t at;        /* when it has seen the person, in seconds; 0 = it says nothing of that */
} trusted_word_t;

/* What an issuer of OpenID Connect's calls a session ("sid") or a user ("sub"), in one word. */
const char *trusted_session_of(const char *issuer, const char *kind, const char *id, apr_pool_t *p);

/* NULL, or the refusal: 403 trusted_name. */
result_t *trusted_hear(const facts_t *facts, const trusted_login_t *login, trusted_word_t *word);

/* It is to be linked to somebody who is signed in: leads to the page that asks them whether that is
 * them. NULL, or the refusal. */
result_t *trusted_link(facts_t *facts, const trusted_login_t *login, const trusted_word_t *word);

#endif
