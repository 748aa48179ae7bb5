/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_HEX_H
#define MPIN_BASE_HEX_H

#include <apr_pools.h>
#include <stdbool.h>
#include <string.h>

/* The two digits of each byte. */
extern const char hex_pairs[];

/* Writes 2 * `len` digits, and no NUL. Here, as every request writes a session's handle. */
static inline void hex_write(char *text, const unsigned char *bytes, apr_size_t len)
{
#pragma GCC unroll 16
    for (apr_size_t i = 0; i < len; i++)
        memcpy(text + 2 * i, hex_pairs + (apr_size_t)bytes[i] * 2, 2);
}

/* Lower-case hex, as every Milagro client writes it; upper case is refused. */
char *hex_encode(apr_pool_t *p, const unsigned char *bytes, apr_size_t len);

/* 0..15 of a digit of either case, as percent-encoding has both; -1 for what is none. */
int hex_digit(char c);

/* True iff `text` is exactly `len` bytes of lower-case hex; then `bytes` holds them. */
bool hex_decode(const char *text, unsigned char *bytes, apr_size_t len);

/* As hex_decode for a text of any even length up to 2 * `max`; `*len` is set. */
bool hex_decode_upto(const char *text, unsigned char *bytes, apr_size_t max, apr_size_t *len);

#endif
