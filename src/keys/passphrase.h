/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_PASSPHRASE_H
#define MPIN_KEYS_PASSPHRASE_H

#include "keys/secret.h"

/* Runs a directive's program (no shell) and takes the first line that it prints, at most 1,024
 * bytes. NULL: `*why` is one sentence with the mend. */
secret_t *passphrase_read(const char *directive, const char *const *command, apr_pool_t *p,
                          const char **why);

#endif
