/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_IN_FRONT_H
#define MPIN_RPA_IN_FRONT_H

#include "web/facts.h"

/* In front of an RPS elsewhere (MPinRPS URL): rows of the route table ... */
result_t *front_client_settings(facts_t *facts); /* GET /rps/clientSettings */
result_t *front_verify(facts_t *facts);          /* POST /mpinVerify, and with the secret behind */
result_t *front_permit(facts_t *facts);          /* GET /mpinPermitUser?mpin_id= */

/* ... and what POST /mpinAuthenticate does there: the authOTT is redeemed at that RPS, and a phone
 * that may wait there hears the end of it. */
void front_redeem(facts_t *facts, const char *auth_ott, redemption_t *redemption);
void front_signed_in(facts_t *facts, const char *auth_ott, const session_t *session);

#endif
