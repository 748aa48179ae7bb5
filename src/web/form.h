/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_FORM_H
#define MPIN_WEB_FORM_H

#include <apr_tables.h>
#include <stdbool.h>

#define FORM_FIELDS_MAX 64

/* The fields of "a=1&b=2" (application/x-www-form-urlencoded, WHATWG URL, section 5.1), decoded, in
 * the pool. A field that does not decode or holds a NUL is left out, and so is all after
 * FORM_FIELDS_MAX fields; of a repeated field the first counts. `text` may be NULL. */
apr_table_t *form_parse(const char *text, apr_pool_t *p);

/* Does form_parse leave anything out: a field that stands there twice, that does not decode, or
 * that has no name? */
bool form_leaves_out(const char *text, apr_pool_t *p);

#endif
