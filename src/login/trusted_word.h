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
    const char *sid; /* what the provider calls its session, NULL for nothing */
    uint32_t at;     /* when it has seen the person, in seconds; 0 = it says nothing of that */
} trusted_word_t;

/* NULL, or the refusal: 403 trusted_name. */
result_t *trusted_hear(const facts_t *facts, const trusted_login_t *login, trusted_word_t *word);

#endif
