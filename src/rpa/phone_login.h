/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPA_PHONE_LOGIN_H
#define MPIN_RPA_PHONE_LOGIN_H

#include "web/facts.h"

/* Endpoints of phone login: rows of the route table. */
result_t *rpa_access_number(facts_t *facts);      /* POST /rps/getAccessNumber */
result_t *rpa_qr_url(facts_t *facts);             /* POST /rps/getQrUrl {prerollid?} */
result_t *rpa_access(facts_t *facts);             /* POST /rps/access {webOTT} */
result_t *rpa_code_status(facts_t *facts);        /* POST /rps/codeStatus {status, wid, ...} */
result_t *rpa_phone_authenticate(facts_t *facts); /* POST /rps/authenticate {mpinResponse} */
result_t *rpa_mobile_config(facts_t *facts);      /* GET /rps/mobileConfig */
result_t *rpa_service(facts_t *facts);            /* GET /service */

/* What a phone can sign this session's login out with. Tied to the request's pool. */
json_t *rpa_logout_data(facts_t *facts, const session_t *session);

/* This browser was signed in by a phone: what that one is told. */
void rpa_phone_done(facts_t *facts, const redemption_t *redemption, const session_t *session);

#endif
