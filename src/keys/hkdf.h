/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_KEYS_HKDF_H
#define MPIN_KEYS_HKDF_H

#include <stddef.h>

/* HKDF-SHA-256 (RFC 5869): `len` bytes, at most 255 * 32, of key material from `secret`. */
void hkdf_sha256(const unsigned char *secret, size_t secret_len, const unsigned char *salt,
                 size_t salt_len, const unsigned char *info, size_t info_len, unsigned char *key,
                 size_t len);

#endif
