/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_OUTBOX_H
#define MPIN_NOTICE_OUTBOX_H

#include "base/name.h"
#include "store/all_or_none.h"

/* Notices to people by mail (docs/identity.md, "What each event does"), in a lasting queue: a
 * request only puts one there, a thread of each child sends it, tries again after growing
 * pauses, and gives up after a day with a line in the log. Each mail has one sender at a time,
 * over all processes; one whose sender was killed is somebody else's after LEASE_SECONDS, so a
 * mail may come twice, but none is lost. */
#define OUTBOX_NOTICES 400   /* mails that wait at a site: of people whose names are proven ... */
#define OUTBOX_STRANGERS 200 /* ... and those that anybody can cause: links, and open names' */
#define MAILBOX_EACH 3       /* links an hour and mailbox */
#define OUTBOX_LIFE_SECONDS 86400 /* a mail is tried for so long ... */
#define OUTBOX_LINK_SECONDS 3600  /* ... and one to activate as long as its link leads anywhere */
#define NOTICE_LINK_MAX 600

typedef enum {
    NOTICE_NONE = 0,   /* goes nowhere: no answer's time may tell who is allowed to register */
    NOTICE_ACTIVATE,   /* the link that activates a registration */
    NOTICE_DEVICE,     /* a device was added, with a "not me" link */
    NOTICE_PIN,        /* a device got a new PIN, with a "not me" link */
    NOTICE_LOCKED,     /* too many wrong PINs */
    NOTICE_FAILURES,   /* many wrong PINs in 30 days */
    NOTICE_REVOKED,    /* a device's access was withdrawn */
    NOTICE_UNUSED,     /* a device that nobody used gave way to a new one */
    NOTICE_STEP_ADDED, /* a second step can be used from now on */
    NOTICE_STEP_REMOVED,
    NOTICE_PASSKEY_ADDED,
    NOTICE_PASSKEY_REMOVED,
    NOTICE_CODES,       /* there are new recovery codes */
    NOTICE_UNLOCKED,    /* a locked device takes PINs again */
    NOTICE_SIGNED_OUT,  /* everywhere but in one browser */
    NOTICE_LOGIN_ADDED, /* a trusted login was linked */
    NOTICE_LOGIN_REMOVED,
    NOTICE_TOKEN_MADE, /* a program can come in */
    NOTICE_TOKEN_REMOVED,
    NOTICE_DISABLED, /* by an administrator, as those that follow */
    NOTICE_ENABLED,
    NOTICE_DELETED,
    NOTICE_STEPS_RESET,    /* no second step, passkey or code is left */
    NOTICE_SESSIONS_ENDED, /* everywhere */
    NOTICE_COUNT
} notice_kind_t;

typedef struct notice_t {
    unsigned char version;
    unsigned char kind; /* notice_kind_t */
    char lang[9];       /* of the person, "" unknown */
    char to[NAME_MAX_BYTES + 1];
    char device[33];
    char address[64]; /* where the request came from, as text */
    char link[NOTICE_LINK_MAX + 1];
    uint32_t made;  /* seconds */
    uint32_t next;  /* not before, seconds: the next try, or the end of somebody's lease */
    uint32_t tries; /* that have failed */
} notice_t;

/* A site's queue in its store; several sites may share a store. */
typedef struct outbox_t {
    store_t *store;
    const char *site; /* its public origin */
} outbox_t;

/* What strangers cause has a share of its own, so that no flood keeps an owner from being told. */
typedef enum { OUTBOX_TO_PEOPLE, OUTBOX_TO_STRANGERS, OUTBOX_SHARES } outbox_share_t;

/* STORE_OK also for a name that is no mailbox: then there is nobody to tell. STORE_EXISTS: as many
 * as may wait in that share already. STORE_FULL: the store takes nothing new. */
store_status_t outbox_add(const outbox_t *outbox, outbox_share_t share, const notice_t *notice,
                          apr_time_t now, apr_pool_t *p);

/* The same to a mailbox for what may happen only if it is told: with what else is in `together`. The
 * piece is refused where as many wait already. */
store_piece_t *outbox_join(const outbox_t *outbox, outbox_share_t share, const notice_t *notice,
                           apr_time_t now, store_together_t *together, apr_pool_t *p);

/* Counts one link to a mailbox. STORE_EXISTS: it has had MAILBOX_EACH in this hour. */
store_status_t outbox_count_link(const outbox_t *outbox, const char *mailbox, apr_time_t now,
                                 apr_pool_t *p);

/* How many mails wait, and since when the oldest does that should have left by `now`: 0, none. */
typedef struct outbox_waiting_t {
    int count;
    apr_time_t oldest;
} outbox_waiting_t;
store_status_t outbox_waiting(const outbox_t *outbox, outbox_waiting_t *waiting, apr_time_t now,
                              apr_pool_t *p);

/* The end of a mail that `send` was given: it left, it is tried again, or nobody wants it. */
typedef enum { OUTBOX_SENT, OUTBOX_LATER, OUTBOX_NEVER } outbox_outcome_t;

typedef struct outbox_sender_t {
    outbox_outcome_t (*send)(void *baton, const notice_t *notice, const char **why, apr_pool_t *p);
    void *baton;
    const bool *stop; /* looked at before each mail */
    const log_sink_t *log;
} outbox_sender_t;

/* Sends what is due, one after the other, until `*stop`: notices first, and strangers' only for a
 * few seconds, so that a slow mail server keeps neither a notice nor another site waiting long. The
 * number of mails that left. The pool takes scratch. */
int outbox_send(const outbox_t *outbox, const outbox_sender_t *sender, apr_time_t now,
                apr_pool_t *p);

#endif
