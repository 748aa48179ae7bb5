/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_PHONE_NUMBER_H
#define MPIN_FACTOR_PHONE_NUMBER_H

#include <apr_tables.h>
#include <stdbool.h>

/* Telephone numbers as the whole world writes them (E.164): "+", and 7 to 15 digits of which the
 * first is none of 0. */
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15
#define PHONE_SIZE (1 + PHONE_DIGITS_MAX + 1)

/* Of what somebody typed, without spaces, dashes, dots, slashes and brackets. False for anything
 * else. */
bool phone_read(const char *typed, char number[PHONE_SIZE]);

/* Does it begin with one of these ("+49", of const char *)? NULL: every number is fine. */
bool phone_is_in(const char *number, const apr_array_header_t *countries);

/* What a country's number begins with: "+" and one to four digits; some share "+1" and more. */
bool phone_is_prefix(const char *word);

/* Enough of it for its owner to know it by: "+49 … 123". In the pool. */
const char *phone_masked(const char *number, apr_pool_t *p);

#endif
