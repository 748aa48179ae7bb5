/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_AT_WORKOS_H
#define MPIN_ACCOUNT_AT_WORKOS_H

#include "account/code_page.h"
#include "factor/workos_kinds.h"

/* May this form change something at WorkOS? False: `*refusal` is the answer, NULL where one has been
 * given. */
bool workos_may_change(facts_t *facts, result_t **refusal);

bool workos_keeps(const own_factor_t *factor);

/* The person's own factor at WorkOS that `fields` name, and the person. 404 for any other. */
result_t *workos_find(facts_t *facts, const apr_table_t *fields, own_factor_t *factor,
                      user_t *user);

#endif
