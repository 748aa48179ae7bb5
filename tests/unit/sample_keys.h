/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SAMPLE_KEYS_H
#define SAMPLE_KEYS_H

#include "keys/keys.h"

/* Key files with known keys, for every room's tests. SAMPLE_FILE takes the lines of its root keys.
 */
#define SAMPLE_DATE " 2025-01-01T00:00:00Z "
#define SAMPLE_8(c) c c c c c c c c
#define SAMPLE_KEY(c) SAMPLE_8(c) SAMPLE_8(c) SAMPLE_8(c) SAMPLE_8(c)
#define SAMPLE_ROOT_1 "root 1" SAMPLE_DATE SAMPLE_KEY("01") "\n"
#define SAMPLE_ROOT_2 "root 2" SAMPLE_DATE SAMPLE_KEY("02") "\n"
#define SAMPLE_APP "app 101112131415161718191a1b1c1d1e1f" SAMPLE_DATE SAMPLE_KEY("a5") "\n"
#define SAMPLE_MASTER "master 1" SAMPLE_DATE SAMPLE_KEY("11") "\n"
#define SAMPLE_HEAD "mpin-keys 1\nfile 000102030405060708090a0b0c0d0e0f\n"
#define SAMPLE_FILE(roots) SAMPLE_HEAD roots SAMPLE_APP SAMPLE_MASTER

/* The same root key, and another app key. */
#define SAMPLE_OTHER_APP                                                                           \
    SAMPLE_HEAD SAMPLE_ROOT_1                                                                      \
        "app 101112131415161718191a1b1c1d1e1f" SAMPLE_DATE SAMPLE_KEY("77") "\n" SAMPLE_MASTER

/* The keys of a file's text; NULL when it is refused. */
keys_t *sample_keys_of(const char *text, apr_pool_t *p);

/* Those of SAMPLE_FILE(SAMPLE_ROOT_1). */
keys_t *sample_keys(apr_pool_t *p);

#endif
