#ifndef MPIN_PHONE_PHONE_H
#define MPIN_PHONE_PHONE_H

#include "base/seats.h"
#include "rps/rps.h"

/* A phone signs a desktop in (protocol, "Browser order", 3). Endpoints, as those of rps.h; each is
 * 404 where MPinPhoneLogin is off. */

/* POST /rps/getAccessNumber and /rps/getQrUrl (desktop): a number and a QR for one code, good for
 * CODE_SECONDS, and the webOTT to ask with. 429 too_many_codes. The desktop needs its pre-login
 * cookie to sign in. */
result_t *rps_access_number(rps_t *rps, const caller_t *caller, apr_pool_t *p);
result_t *rps_qr_url(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* POST /rps/access (desktop, every 3 s): how far its code is, with one look-up. `body` is JSON as
 * it came, with a NUL that `len` does not count. */
result_t *rps_access(rps_t *rps, const caller_t *caller, const char *body, apr_size_t len,
                     apr_pool_t *p);

/* POST /rps/codeStatus (phone): it claims the code ("wid"), says who will sign in ("user"), gives
 * it up ("cancel", "abort"). Nobody has proven anything here. 400 for what is malformed, 403
 * code_taken, wrong_pick, second_tap, 412 code_unknown, 429. */
result_t *rps_code_status(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* POST /rps/authenticate (phone): offers a right PIN's authOTT to the desktop and waits on a seat
 * for it to come in. 401 wrong PIN, 408, 410, 412; 429 where no seat is free: the same request may
 * be sent again. Waits `phone_wait` seconds at most. */
result_t *rps_phone_authenticate(rps_t *rps, seats_t *seats, const caller_t *caller,
                                 const json_t *body, apr_pool_t *p);

/* GET /rps/mobileConfig and GET /service: where a mobile client finds us. */
result_t *rps_mobile_config(rps_t *rps, apr_pool_t *p);
result_t *rps_service(rps_t *rps, apr_pool_t *p);

/* The desktop that redeemed a phone's authOTT is in: what its phone is told, so that it can sign it
 * out again. Nothing for a redemption of another kind. `logout_data` is borrowed. */
void rps_phone_done(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                    json_t *logout_data, apr_pool_t *p);

/* The same from an application that said at once what its phone can sign out with (logoutURL and
 * logoutData of `body`), and so has no more to say. */
void rps_phone_told(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                    const json_t *body, apr_pool_t *p);

#endif
