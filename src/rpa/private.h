/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_PRIVATE_H
#define MPIN_RPA_PRIVATE_H

#include "web/facts.h"

/* What an RPS answers to the applications that it serves (docs/protocol.md, "RPS, private"): rows
 * of the route table, on vhosts with MPinService rps only but for one-time codes. */
result_t *service_activate(facts_t *facts);     /* POST /user/<mpinId> */
result_t *service_authenticate(facts_t *facts); /* POST /authenticate */
result_t *service_otp(facts_t *facts);          /* POST /rps/otp, at a site too */
result_t *service_login_result(facts_t *facts); /* POST /loginResult */
result_t *service_status(facts_t *facts);       /* GET /status */

#endif
