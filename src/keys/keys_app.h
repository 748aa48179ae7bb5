/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_KEYS_APP_H
#define MPIN_KEYS_KEYS_APP_H

#include "keys/keys.h"

/* The file that an application and its D-TA share: one line, the application's id (32 hex), ":" and
 * the key that it signs requests with (64 hex). A reader of it can ask that D-TA for secrets. */

/* Reads it, before privileges are dropped: a secret's file, as keys/secret_file.h has it. NULL:
 * `*why` is one sentence with the mend. */
const keys_app_t *keys_app_open(const char *path, apr_pool_t *p, const char **why);

/* Sees to it that the file at `path` holds `app`. False: `*why`; true, and `*made` where it had to
 * be written. */
bool keys_app_write(const keys_app_t *app, const char *path, bool *made, apr_pool_t *p,
                    const char **why);

#endif
