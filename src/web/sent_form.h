/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_SENT_FORM_H
#define MPIN_WEB_SENT_FORM_H

#include <apr_tables.h>
#include <stdbool.h>

/* What a posted form holds, for people to see: names, not values. Another application's bytes, so
 * whatever they are it ends. */

/* One field, or several of one name. */
typedef struct sent_field_t {
    const char *name; /* readable; what is not is a '?', and what is too long is cut */
    const char *file; /* the same of a file's own name; NULL: it is none */
    apr_size_t bytes; /* of its value */
} sent_field_t;

/* Is it one of the types that forms are sent in? */
bool sent_form_is(const char *type);

/* At most `max` of its fields, of sent_field_t; `*more` is how many are left out. */
apr_array_header_t *sent_form_fields(const char *type, const char *body, apr_size_t len, int max,
                                     int *more, apr_pool_t *p);

#endif
