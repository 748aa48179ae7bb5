/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_SECTION_H
#define MPIN_ACCOUNT_SECTION_H

#include "factor/kinds.h"
#include "login/page.h"
#include "web/facts.h"

/* A section of /account sets the values and lists of its template, account_NAME.html. */
typedef struct section_t {
    facts_t *facts;
    own_factor_t *factors; /* all of the person's, oldest first */
    int count;
    identity_t *devices; /* with a PIN */
    int device_count;
} section_t;

/* Those of the person who asks that are this site's. */
store_status_t account_devices_of(const facts_t *facts, identity_t **list, int *count);

/* NULL, or the refusal of a store in trouble. */
result_t *account_steps(page_values_t *page, const section_t *section);
result_t *account_codes(page_values_t *page, const section_t *section);
result_t *account_browsers(page_values_t *page, const section_t *section);

result_t *account_numbers(page_values_t *page, const section_t *section);
result_t *account_workos(page_values_t *page, const section_t *section);
result_t *account_passkeys(page_values_t *page, const section_t *section);
result_t *account_devices(page_values_t *page, const section_t *section);
result_t *account_logins(page_values_t *page, const section_t *section);
result_t *account_tokens(page_values_t *page, const section_t *section);
result_t *account_sessions(page_values_t *page, const section_t *section);

/* A day as people read it, in UTC; "" for 0. */
const char *account_day(uint32_t seconds, apr_pool_t *p);

#endif
