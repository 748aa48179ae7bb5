#ifndef MPIN_PHONE_PHONE_CODE_H
#define MPIN_PHONE_PHONE_CODE_H

#include "phone/code.h"

/* What the files of phone login, and the redemption, ask of a code. */

/* True where the code is this phone's, or becomes it now: the first one claims it. A phone is known
 * by its pre-login cookie or, where it keeps none, by its address. */
bool code_claim(code_t *code, const caller_t *caller);

/* The desktop redeems: exactly one caller gets STORE_OK, and it is the browser that asked for the
 * code. STORE_MISSING for all others; a `foreign` one has ended it. */
store_status_t phone_enter(rps_t *rps, const caller_t *caller, const unsigned char wid[WID_BYTES],
                           const unsigned char auth_ott[TOKEN_BYTES], bool *foreign, apr_pool_t *p);

/* The phone learns that its desktop was refused after all. */
void phone_refused(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                   apr_pool_t *p);

#endif
