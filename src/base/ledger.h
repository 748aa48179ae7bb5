/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_LEDGER_H
#define MPIN_BASE_LEDGER_H

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/event.h"
#include "base/health.h"

/* It counts what has happened at a site since its server was started: all its processes do, in
 * memory that they share. Numbers only rise, and nobody waits. Only what is answered here or noted in the
 * audit log counts: a request of somebody who has signed in to a place comes nowhere near. */

#define LEDGER_ENDPOINTS 160 /* rows of the table of endpoints */
#define LEDGER_CODES 400     /* numbers of refusals (base/codes.def) */
#define LEDGER_LOCKS 20
#define LEDGER_MINUTES 1440
#define LEDGER_NAME 80 /* bytes of a masked name */

/* Upper bounds of the latency buckets in microseconds; one more has all that is slower. */
#define LEDGER_BUCKETS 13
extern const apr_interval_time_t ledger_bounds[LEDGER_BUCKETS];

typedef struct ledger_latency_t {
    uint64_t bucket[LEDGER_BUCKETS + 1]; /* not added up */
    uint64_t sum;                        /* microseconds */
} ledger_latency_t;

/* These are counted by the minute as well, for a day. */
typedef enum {
    LEDGER_IN,
    LEDGER_REFUSED,
    LEDGER_LOCKED,
    LEDGER_REQUESTS,
    LEDGER_SERIES
} ledger_series_t;

typedef enum { LEDGER_MAIL_SENT, LEDGER_MAIL_LATER, LEDGER_MAIL_NEVER, LEDGER_MAILS } ledger_mail_t;

/* The site depends on these. */
typedef enum {
    LEDGER_OF_MAIL,
    LEDGER_OF_RPS,
    LEDGER_OF_DTA,
    LEDGER_OF_APPLICATION,
    LEDGER_OF_SENDERS,
    LEDGER_OTHERS
} ledger_other_t;

typedef struct ledger_t ledger_t;

/* Before the processes fork; it lasts as long as any of them. NULL: memory is out. */
ledger_t *ledger_make(apr_time_t now);

/* Tells one layout from another, for memory that outlives the code that made it. */
uint32_t ledger_layout(void);

/* ---- counting: `ledger` may be NULL ---- */

void ledger_event(ledger_t *ledger, event_t event, apr_time_t now);
void ledger_lock(ledger_t *ledger, const char *masked, apr_time_t now);
void ledger_answer(ledger_t *ledger, unsigned endpoint, int status, apr_interval_time_t took,
                   apr_time_t now);
void ledger_refusal(ledger_t *ledger, unsigned code);
void ledger_mail(ledger_t *ledger, ledger_mail_t outcome, apr_time_t now);

/* Whose health it is, for those who ask; NULL where `ledger` is. */
health_t *ledger_health(ledger_t *ledger, ledger_other_t of);

/* ---- reading ---- */

apr_time_t ledger_since(const ledger_t *ledger);
uint64_t ledger_events(const ledger_t *ledger, event_t event);
uint64_t ledger_refusals(const ledger_t *ledger, unsigned code);
uint64_t ledger_mails(const ledger_t *ledger, ledger_mail_t outcome);
uint64_t ledger_throttles(const ledger_t *ledger); /* answers 429 */
ledger_latency_t ledger_latency(const ledger_t *ledger, unsigned endpoint);
health_t ledger_health_of(const ledger_t *ledger, ledger_other_t of);

/* In the last so many minutes, this one included; LEDGER_MINUTES at most. */
uint64_t ledger_lately(const ledger_t *ledger, ledger_series_t series, int minutes, apr_time_t now);

typedef struct ledger_locked_t {
    apr_time_t at;
    char name[LEDGER_NAME];
} ledger_locked_t;

/* The newest locks first; how many there are, LEDGER_LOCKS at most. */
int ledger_locks(const ledger_t *ledger, ledger_locked_t locks[LEDGER_LOCKS]);

#endif
