#ifndef MPIN_RPS_ADMIT_H
#define MPIN_RPS_ADMIT_H

#include "rps/standing.h"

/* A proof was right: may this identity sign in? It and its user are looked at once more, and whether
 * the name is still allowed here. NULL: this is who they say. */
result_t *admit_identity(rps_t *rps, const unsigned char handle[HANDLE_BYTES], identity_t *identity,
                         user_t *user, apr_pool_t *p);

/* What an identity hears whose standing is not VERDICT_NONE: 410 locked, 403 user_disabled, else 403
 * identity_revoked. */
result_t *admit_refusal(verdict_t standing, apr_pool_t *p);

#endif
