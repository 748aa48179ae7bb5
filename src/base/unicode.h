/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_UNICODE_H
#define MPIN_BASE_UNICODE_H

#include <apr_pools.h>
#include <stdbool.h>

/* Texts of people, in UTF-8 (by utf8proc). New texts come from the pool. */

/* Bytes of the character that begins here, where it is one that people can read: no control, no
 * mark of direction, nothing unassigned, of all spaces the plain one. 0: it is none of these, or no
 * UTF-8. */
apr_size_t unicode_readable(const char *text);

/* The number of the character that begins here, -1: it is no UTF-8. */
int unicode_code(const char *text);

/* Characters, all of them such or joiners or spaces; -1 where one is not. */
int unicode_printable_length(const char *text);

/* One spelling of each text (NFC). NULL: no UTF-8. */
const char *unicode_composed(const char *text, apr_pool_t *p);

/* Lower case, letter for letter; and without regard to case, for comparing. A text that is no UTF-8
 * loses the case of its ASCII letters. */
const char *unicode_lower(const char *text, apr_pool_t *p);
const char *unicode_folded(const char *text, apr_pool_t *p);

/* All that is left of a text in letters, digits, ' ', '_' and '-' of ASCII ("Buro" of "Büro"), at most
 * `max` bytes: for mails. */
const char *unicode_reduced(const char *text, apr_size_t max, apr_pool_t *p);

#endif
