/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_HEADER_NAME_H
#define MPIN_CONFIG_HEADER_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Names of HTTP headers, as administrators write them. */

/* A token (RFC 9110, 5.6.2) of at most 64 characters. */
bool header_name_ok(const char *text, size_t len);

/* Two spellings that an application behind CGI or WSGI cannot tell apart. */
bool header_name_same(const char *a, const char *b);

/* One that httpd, proxies or our cookies depend on. */
bool header_name_taken(const char *name);

/* One that says something of the client, and does not frame its request. */
bool header_name_goes_on(const char *name);

#endif
