/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_CBOR_H
#define MPIN_FACTOR_CBOR_H

#include "base/bytes.h"

/* CBOR (RFC 8949) as authenticators write it (CTAP 2.1, section 8): definite lengths only, each
 * number in its shortest form. Strings stay where they are; nothing is allocated. As with all of
 * bytes_in_t, whatever does not fit makes `ok` false, and one judges at the end. */
#define CBOR_LEVELS 8 /* of arrays and maps in each other, in what is skipped */

/* A number, which may be negative; 0 for anything else. */
int64_t cbor_number(bytes_in_t *in);

/* A string of bytes, and one of text: where it lies, NULL for anything else. */
const unsigned char *cbor_bytes(bytes_in_t *in, size_t *len);
const char *cbor_text(bytes_in_t *in, size_t *len);

/* How many pairs of a map follow; 0 for anything else. */
uint64_t cbor_map(bytes_in_t *in);

/* Is the next one a number? */
bool cbor_is_number(const bytes_in_t *in);

/* Passes over one item, with all that is in it. */
void cbor_skip(bytes_in_t *in);

#endif
