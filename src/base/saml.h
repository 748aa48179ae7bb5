/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_SAML_H
#define MPIN_BASE_SAML_H

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

/* What little we read of SAML 2.0 messages. Whether one is genuine another module has found out:
 * nothing here looks at a signature. */
#define SAML_TEXT_MAX 131072 /* bytes of a message, packed or not */

/* The XML of a message as a form carries it (base64; SAML bindings, section 3.5.4), or as a query
 * does (base64 of DEFLATE; section 3.4.4.1). NULL: it is no such thing, or too long. */
const char *saml_of_form(const char *text, apr_pool_t *p);
const char *saml_of_query(const char *text, apr_pool_t *p);

/* A LogoutRequest, in a SOAP envelope or without. */
typedef struct saml_logout_t {
    const char *name; /* its NameID; NULL: it is encrypted */
    bool has_signature;
} saml_logout_t;

/* False: it is no such request. */
bool saml_read_logout(const char *xml, saml_logout_t *logout, apr_pool_t *p);

/* When the provider has last seen the person, in seconds: the AuthnInstant of the first AuthnStatement.
 * 0: it does not say so. */
uint32_t saml_seen_at(const char *xml, apr_pool_t *p);

#endif
