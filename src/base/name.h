/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_NAME_H
#define MPIN_BASE_NAME_H

#include <apr_pools.h>
#include <stdbool.h>

#define NAME_MAX_BYTES 254

/* The canonical form of a local name, in the pool: blanks around it trimmed; 1 to 254 bytes of
 * printable ASCII without space and , ; : " \ < > { }. NULL when it is not a name. Only this
 * form is stored, throttled, exported, compared, and given to a password provider.
 *
 * A name with an '@' is lower-cased whole; any other keeps its case, because password files tell
 * "Anna" from "anna". An internationalised domain is written as its A-label (xn--...): a U-label is
 * not ASCII, so it is no name, and nothing here ever turns two spellings into one. */
const char *name_canonical(const char *raw, apr_pool_t *p);

/* Other names keep their case at a site, or lose it (MPinUserCase). */
typedef enum { NAMES_KEEP, NAMES_LOWER } name_case_t;

/* The canonical form of a name at a site. */
const char *name_of_site(name_case_t names, const char *raw, apr_pool_t *p);

/* A name without regard to case, in the pool: what is counted by it. */
const char *name_folded(const char *name, apr_pool_t *p);

/* "a***@example.org", or "a***" where it has no domain, of a canonical name; in the pool, for logs
 * and status pages. */
const char *name_masked(const char *name, apr_pool_t *p);

/* The domain of a canonical e-mail name, NULL when it is none (several '@', trailing dot, empty
 * labels, domain literals). It proves nothing about the mailbox. Borrowed. */
const char *name_domain(const char *name);

#endif
