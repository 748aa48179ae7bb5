/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_WHY_H
#define MPIN_AUTHN_WHY_H

#include "session/demand.h"
#include "web/request.h"

/* Debug lines of this room: why a request was not let in. Each is one sentence without a secret,
 * and made only where somebody reads it. */

/* Says why the session of a request that is answered `status` did not do. */
void why_not_in(request_rec *r, const request_t *request, const demand_t *demand, int status);

/* A place that is open to all is seen by nobody in particular, although a session cookie came. */
void why_nobody(request_rec *r, const request_t *request, const demand_t *demand);

/* The session lacks what a Require line asks for. */
void why_not_authorized(request_rec *r, const session_t *session, const char *require);

#endif
