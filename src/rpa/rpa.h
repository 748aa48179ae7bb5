/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_RPA_H
#define MPIN_RPA_RPA_H

#include "web/facts.h"

/* Endpoints of the relying party and, where it is embedded, of the RPS: rows of the route table. */
result_t *rpa_client_settings(facts_t *facts);  /* GET /rps/clientSettings */
result_t *rpa_user(facts_t *facts);             /* PUT /rps/user, /rps/user/<mpinId> */
result_t *rpa_signature_get(facts_t *facts);    /* GET /rps/signature/<mpinId>?regOTT= */
result_t *rpa_signature_post(facts_t *facts);   /* POST /rps/signature/<mpinId> {regOTT, peek?} */
result_t *rpa_time_permit_get(facts_t *facts);  /* GET /rps/timePermit/<mpinId> */
result_t *rpa_time_permit_post(facts_t *facts); /* POST /rps/timePermit/<mpinId> {} */
result_t *rpa_setup_done(facts_t *facts);       /* POST /rps/setupDone/<mpinId> */
result_t *rpa_standing(facts_t *facts);         /* POST /rps/standing {mpin_id, deviceKey} */
result_t *rpa_remove(facts_t *facts);           /* POST /rps/remove {mpin_id, deviceKey} */
result_t *rpa_pass1(facts_t *facts);
result_t *rpa_pass2(facts_t *facts);

/* POST /mpinAuthenticate {mpinResponse:{authOTT}, return?}: 200 {user, location} and a session. */
result_t *rpa_authenticate(facts_t *facts);

#endif
