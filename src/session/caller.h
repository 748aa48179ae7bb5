/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SESSION_CALLER_H
#define MPIN_SESSION_CALLER_H

#include "base/log.h"
#include "session/known.h"
#include "session/prelogin.h"
#include "session/session.h"

/* Where the names of a site come from (its password providers), and what is said there of a
 * canonical one. UNSURE: they are in trouble. */
typedef enum { ACCOUNT_UNSURE, ACCOUNT_UNKNOWN, ACCOUNT_KNOWN } account_word_t;

typedef struct account_book_t {
    account_word_t (*look_up)(void *baton, const char *name); /* now */
    account_word_t (*recall)(void *baton, const char *name);  /* or some minutes ago */
    void *baton;
    bool decides; /* names come from nowhere else: one that is unknown is nobody's any more */
} account_book_t;

/* The one who asks, as far as the edge could tell. */
typedef struct caller_t {
    apr_time_t now;         /* read when the whole body had come: a slow sender stops no clock */
    const char *address;    /* client address as text, after mod_remoteip */
    const char *user_agent; /* as it came; NULL without */
    const unsigned char *prelogin; /* PRELOGIN_ID_BYTES of this browser's cookie; NULL without */
    const session_t *session;      /* valid session, NULL when not signed in */
    const known_t *known;          /* NULL when this browser is not known */
    const account_book_t *book;    /* NULL: nobody can be asked for names */
    const char *lang;              /* Accept-Language as it came; NULL unknown */
    const log_sink_t *log;         /* this request's debug lines; NULL: nobody reads them */
    /* headers for the application that says who may register; NULL: none */
    const char *const *forwarded;
    bool loopback; /* loopback privileges hold (docs/security.md, "Loopback is not local") */
} caller_t;

#endif
