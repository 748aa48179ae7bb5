#ifndef MPIN_PEOPLE_NAME_H
#define MPIN_PEOPLE_NAME_H

#include <apr_pools.h>
#include <stdbool.h>

#define NAME_MAX_BYTES 254

/* The canonical form of a local name, in the pool: trimmed; 1 to 254 bytes of printable ASCII without space
 * and , ; : " \ < > { }; an e-mail address lower-cased whole, with its domain as an A-label. NULL when it is
 * not a name. What is stored, throttled, exported and compared is this form only. */
const char *name_canonical(const char *raw, apr_pool_t *p);

/* "a***@example.org" in the pool, for logs and status pages. */
const char *name_masked(const char *name, apr_pool_t *p);

/* The domain of a canonical e-mail name, NULL when it is none (several '@', quoted local part, trailing dot
 * and empty labels are none). Borrowed. */
const char *name_domain(const char *name);

#endif
