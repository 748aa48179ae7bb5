/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_EXPLAIN_H
#define MPIN_CTL_EXPLAIN_H

#include "base/json.h"
#include "ctl/ctl.h"

/* mpinctl explain URL USER: would they come in there, by what, and what is missing? */
ctl_end_t ctl_explain(ctl_t *ctl);

/* What a user has to prove who they are (explain_has.c). */
typedef struct has_t {
    const char *name,
        *state;         /* "active", "disabled", "deleted", or "unknown": has never been here */
    int devices, whole; /* with a PIN that counts here; of them those where it is two factors */
    int locked;         /* for now, after wrong PINs */
    int elsewhere;      /* whose name was proven in a way that is closed here */
    int passkeys, apps, phones, recovery, tokens;
    const char *logins; /* linked trusted logins, "" for none */
} has_t;

store_status_t explain_has(ctl_t *ctl, const char *name, has_t *has);

/* What a Require makes of them (explain_require.c), as src/site/described_place.c tells it. MAYBE: it
 * asks for what mpinctl can't see, as groups, addresses and expressions. */
typedef enum { WEIGHS_NO, WEIGHS_MAYBE, WEIGHS_YES } weighs_t;

/* `can` has the FACTOR_BITs that they can prove. `open`: strangers come in unasked. */
weighs_t explain_weigh(const json_t *require, const char *name, uint32_t can, apr_pool_t *p);
bool explain_is_open(const json_t *require);

/* As one line: "valid-user", "all of (valid-user, not ip 192.0.2.1)". */
const char *explain_require_text(const json_t *require, apr_pool_t *p);

#endif
