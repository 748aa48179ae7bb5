/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_EXPORT_H
#define MPIN_AUTHN_EXPORT_H

#include "web/request.h"

/* Says in the answer's headers who somebody is: under the names of MPinPassHeaders, else X-User, X-Email
 * and X-AMR. Each of them is there, if empty, so that whoever copies them overwrites a client's own. OK, or
 * 503 where one of them cannot be told. */
int export_answer(request_rec *r, const session_t *session);

#endif
