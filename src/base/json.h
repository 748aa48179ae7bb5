/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_JSON_H
#define MPIN_BASE_JSON_H

#include <apr_pools.h>
#include <jansson.h>
#include <stdbool.h>

/* JSON in: an object only, no repeated keys, at most 16 levels, no NUL in strings. NULL when it is
 * not. The value belongs to the pool. */
json_t *json_read(apr_pool_t *p, const char *text, apr_size_t len);

/* JSON out, compact, in the pool. */
const char *json_write(apr_pool_t *p, const json_t *value);

/* Ties a value to a pool: its reference is dropped when the pool is cleared. Returns the value. */
json_t *json_tie(apr_pool_t *p, json_t *value);

/* The string under `key`, when it is one of at most `max` bytes; NULL otherwise. Borrowed. */
const char *json_text(const json_t *object, const char *key, apr_size_t max);

/* Reads a boolean or a 0 or 1 into `*flag`, and leaves it alone where `key` is absent. False for
 * anything else. Milagro's clients write some numbers as text: "1" is 1. */
bool json_flag(const json_t *object, const char *key, bool *flag);

/* A number of one digit, or its text. */
bool json_is_digit(const json_t *value, int digit);

/* A text under `key`: null where it is NULL or not UTF-8. */
void json_set_text(json_t *object, const char *key, const char *text);

#endif
