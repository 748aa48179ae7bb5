/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_ISSUER_H
#define MPIN_RPA_ISSUER_H

#include "web/facts.h"

/* What a D-TA answers (docs/protocol.md, "D-TA"): rows of the route table, on vhosts with
 * MPinService dta only. The signature of a request tells who sent it; pages of other origins that
 * MPinCORS lists may ask for a client's secret, a permit and the status. */
result_t *issuer_server_secret(facts_t *facts); /* GET /serverSecret */
result_t *issuer_client_secret(facts_t *facts); /* GET /clientSecret */
result_t *issuer_time_permit(facts_t *facts);   /* GET /timePermit */
result_t *issuer_time_permits(facts_t *facts);  /* GET /timePermits */
result_t *issuer_status(facts_t *facts);        /* GET /status */

/* The second half of what one D-TA has issued, for clients that always ask two. */
result_t *issuer_half_client_secret(facts_t *facts); /* GET /rps/dta/clientSecret */
result_t *issuer_half_time_permit(facts_t *facts);   /* GET /rps/dta/timePermit */

#endif
