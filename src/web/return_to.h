/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_RETURN_TO_H
#define MPIN_WEB_RETURN_TO_H

#include <stdbool.h>

#include "config/values.h"

/* Places that a login may lead back to. They are strangers' words: a browser must end at a host of
 * ours whatever it makes of them. */

/* Bytes of one. A login page's own URL has httpd's limit for a request line besides
 * (LimitRequestLine, 8190 where nobody says more); the pad's request for a body. */
#define RETURN_TO_MAX 15360

/* A place on our own origin: a path that begins with one '/' and neither '//' nor '/\\', without
 * control characters or backslashes, nor percent-encoded forms that would make it one of these; as
 * it came, else NULL. */
const char *return_to_path(const char *value, apr_pool_t *p);

/* A place at another host: a URL of our own scheme at one of `hosts`, with a path as above, without
 * user and password; else NULL. Of a URL of our own origin: its path. */
const char *return_to_url(const char *value, const public_url_t *own, const return_hosts_t *hosts,
                          apr_pool_t *p);

/* True where a browser that leads from us to the place (one of the two above) sends the cookies of
 * SameSite=Strict along: a path, or a host of the cookies' own domain. */
bool return_to_is_near(const char *place, const return_hosts_t *hosts, apr_pool_t *p);

/* A path with query as a browser would have sent it: bytes that no URL has are escaped. */
const char *return_to_spell(const char *value, apr_pool_t *p);

/* `value` as the value of a query's field. In a long one only what means something there is escaped,
 * so that it still fits into a request line. */
const char *return_to_escape(const char *value, apr_pool_t *p);

/* The path of such a place, or of a URL, as people are told where they are going: without host,
 * query and fragment, cut where it is long; "" for none and for "/". */
const char *return_to_shown(const char *value, apr_pool_t *p);

#endif
