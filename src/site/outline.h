/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_OUTLINE_H
#define MPIN_SITE_OUTLINE_H

#include "site/place.h"

/* A debug line at the start: what a vhost serves, as its settings came out. The pool takes
 * scratch. */
void outline_say(const place_t *place, apr_pool_t *p);

#endif
