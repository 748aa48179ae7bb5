/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_ASKED_H
#define MPIN_AUTHN_ASKED_H

#include "session/demand.h"
#include "web/facts.h"

/* Another web server asks who its client is (docs/forward.md, "The answer"), and the client is not let
 * in: what the asker is told. */

/* NULL where the question is one; else what is wrong with it. */
struct original_t;
result_t *asked_read(const request_rec *r, struct original_t *original);

/* Nobody is signed in well enough: 401, and where to sign in; and not for this user: 403. */
int asked_stranger(request_rec *r, const demand_t *demand);
int asked_forbidden(request_rec *r, const demand_t *demand);

#endif
