/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_CTL_H
#define MPIN_CTL_CTL_H

#include "base/journal.h"
#include "ctl/found.h"
#include "ctl/options.h"
#include "factor/factors.h"
#include "people/people.h"

/* How a command ends, as its exit code. */
typedef enum {
    CTL_DONE = 0,
    CTL_NOT_DONE = 1, /* there is no such thing, or it was not wished after all */
    CTL_UNABLE = 2    /* it was typed wrong, or the store, its keys, a file can't be used */
} ctl_end_t;

/* A run of mpinctl. */
typedef struct ctl_t {
    apr_pool_t *p;
    const options_t *options;
    const char *const *word; /* behind the command's name; NULL ends them */
    apr_time_t now;
    log_sink_t log; /* onto stderr */
    const char *operator_name;

    /* once it is opened (opened.h) */
    found_t found;
    const keys_t *keys;
    store_t *store;
    revocations_t *revocations;
    people_t *people;
    factors_t *factors;
    journal_t *audit; /* NULL: syslog */
} ctl_t;

static inline bool ctl_given(const ctl_t *ctl, option_t option)
{
    return ctl->options->given[option] != NULL;
}

/* Says on stderr why not, and gives that end. */
ctl_end_t ctl_fail(ctl_end_t end, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Of what the store says; `what` was looked for, as in "user anna". */
ctl_end_t ctl_fail_store(store_status_t status, const char *what);

/* What a command works with. Each is opened before its command begins. */
typedef enum { NEEDS_NOTHING, NEEDS_SITE, NEEDS_KEYS, NEEDS_STORE } needs_t;

typedef struct command_t {
    const char *name; /* one word or two */
    const char *args; /* as the help shows them */
    int least, most;  /* words behind the name */
    unsigned options; /* OPTION_BITs beside OPTIONS_ALWAYS */
    needs_t needs;
    ctl_end_t (*run)(ctl_t *ctl);
    const char *help; /* one line */
} command_t;

/* In the order of the help; one without a name ends them. */
extern const command_t commands[];

#endif
