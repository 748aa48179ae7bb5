/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_ATTESTATION_H
#define MPIN_FACTOR_ATTESTATION_H

#include <apr_pools.h>
#include <stdbool.h>

/* The attestation object of a new passkey (WebAuthn Level 3, section 6.5): a map of "fmt",
 * "attStmt" and "authData". Whatever statement an authenticator makes about its own maker is
 * accepted and not looked at: nobody here asks which makers to trust. `data` lies in what was read. */
bool attestation_read(const void *bytes, apr_size_t len, const unsigned char **data,
                      apr_size_t *data_len);

#endif
