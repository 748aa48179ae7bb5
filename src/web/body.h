/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_BODY_H
#define MPIN_WEB_BODY_H

#include "web/facts.h"

/* Reads the request's body as the row wants it into facts->body or facts->form. NULL, or the
 * refusal. */
result_t *body_read(facts_t *facts, const route_t *route);

/* The body as bytes, a NUL after them. NULL, or why it can't be read. */
result_t *body_read_bytes(request_rec *r, apr_size_t limit, const char **bytes, apr_size_t *len);

#endif
