/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_FILTER_H
#define MPIN_AUTHN_FILTER_H

/* The answer's headers on their way out: our cookies, nobody else's of their names, and no shared
 * cache. */
void filter_register(void);

#endif
