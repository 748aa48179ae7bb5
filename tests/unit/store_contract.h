/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include "store_fixture.h"

/* Every promise of store.h and change.h, for whatever backend `make` prepares a fresh, empty store of. Returns
 * the number of tests that failed. */
int store_contract(const char *backend, store_fixture_t *(*make)(apr_pool_t *p));

#endif
