/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_NAME_H
#define MPIN_BASE_NAME_H

#include <apr_pools.h>
#include <stdbool.h>

#define NAME_MAX_BYTES 254

/* Which names a site has: NAMES_ bits. */
typedef unsigned name_rules_t;
#define NAMES_LOWER 1u   /* they lose their case (MPinUserCase lower) */
#define NAMES_UNICODE 2u /* and may have letters of all scripts, and spaces (MPinUserUnicode On) */

/* The canonical form of a local name at a site, in the pool: blanks around it trimmed; 1 to 254
 * bytes. By itself it is printable ASCII without space and , ; : " \ < > { }; with NAMES_UNICODE it
 * is what people can read without : " < >, in one spelling (NFC). NULL when it is not a name. Only
 * this form is stored, throttled, exported, compared, and given to a password provider.
 *
 * A name with an '@' is lower-cased whole; any other keeps its case, because password files tell
 * "Anna" from "anna", unless NAMES_LOWER is there. An internationalised domain is written as its
 * A-label (xn--...): a mailbox with a U-label is none. */
const char *name_of_site(name_rules_t rules, const char *raw, apr_pool_t *p);

/* The same by no site's rules: 0. */
const char *name_canonical(const char *raw, apr_pool_t *p);

/* A name that a trusted login gives: "NAME:subject", as it is to the letter, because subjects that
 * differ in case are two people's. NULL where it is none: NAME is 1 to 32 letters, digits, - and _;
 * the whole is at most 254 bytes of what a site's own names are made of, and ':'. */
const char *name_of_provider(name_rules_t rules, const char *raw, apr_pool_t *p);

/* Either. */
const char *name_here(name_rules_t rules, const char *raw, apr_pool_t *p);

/* Why a text is no name at a site: the character in it that names there do not have, in the pool.
 * NULL: it has none, but is empty or too long. A byte that is no UTF-8 is "\xNN". */
const char *name_foreign(name_rules_t rules, const char *raw, apr_pool_t *p);

/* A name without regard to case, in the pool: what is counted by it. */
const char *name_folded(const char *name, apr_pool_t *p);

/* "a***@example.org", or "a***" where it has no domain, of a canonical name; in the pool, for logs
 * and status pages. */
const char *name_masked(const char *name, apr_pool_t *p);

/* The domain of a canonical e-mail name, NULL when it is none (several '@', trailing dot, empty
 * labels, domain literals). It proves nothing about the mailbox. Borrowed. */
const char *name_domain(const char *name);

#endif
