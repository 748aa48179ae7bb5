/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_OPTIONS_H
#define MPIN_CTL_OPTIONS_H

#include <apr_pools.h>
#include <stdbool.h>

/* The words and options of a command line. Options may stand anywhere, words keep their order. */
typedef enum {
    OPTION_HELP,
    OPTION_JSON,
    OPTION_YES,
    OPTION_CONFIG,
    OPTION_HTTPD,
    OPTION_SITE,
    OPTION_STORE,
    OPTION_KEYS,
    OPTION_PASSPHRASE,
    OPTION_USER,
    OPTION_ALL,
    OPTION_DAYS,
    OPTION_CONNECT_TO,
    OPTION_NAME,
    OPTION_PATHS,
    OPTION_METHODS,
    OPTION_COUNT
} option_t;

#define OPTION_BIT(option) (1u << (option))
/* Every command takes these. */
#define OPTIONS_ALWAYS                                                                             \
    (OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_CONFIG) |               \
     OPTION_BIT(OPTION_HTTPD) | OPTION_BIT(OPTION_SITE) | OPTION_BIT(OPTION_STORE) |               \
     OPTION_BIT(OPTION_KEYS) | OPTION_BIT(OPTION_PASSPHRASE))

/* For the help, the man page and the completion, too. */
typedef struct option_text_t {
    const char *name;  /* "--days" */
    const char *value; /* what it is followed by, NULL for nothing */
    const char *help;
} option_text_t;
extern const option_text_t option_texts[OPTION_COUNT];

#define WORDS_TYPED_MAX 8
typedef struct options_t {
    const char
        *given[OPTION_COUNT]; /* its value; "" for one without, NULL where it was not typed */
    const char *word[WORDS_TYPED_MAX + 1];
    int count;    /* of words */
    int settled;  /* so many of them stood before "--": only those may name a command */
    unsigned had; /* OPTION_BITs */
} options_t;

/* False: `*why` says what is wrong. */
bool options_read(options_t *options, int argc, const char *const *argv, const char **why,
                  apr_pool_t *p);

#endif
