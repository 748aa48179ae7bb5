/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_PHONE_H
#define MPIN_PHONE_PHONE_H

#include "base/name.h"
#include "base/result.h"
#include "base/token.h"
#include "people/throttle.h"
#include "session/caller.h"

/* A phone signs a desktop in (docs/protocol.md, "A phone signs a computer in"): the codes that
 * desktops show, and what phones make of them. The RPS judges what a PIN is worth (rps/rps.h).
 *
 * Each function below that returns a result is one endpoint, as those of rps.h, and answers 404
 * where MPinPhoneLogin is off. Store trouble is 503. */

/* The wid stands in a code's QR: it leads a phone to the code. */
#define WID_BYTES TOKEN_BYTES

/* What the configuration says; borrowed. */
typedef struct phone_settings_t {
    bool on;                 /* MPinPhoneLogin */
    int wait;                /* seconds that a phone waits for its desktop */
    int code_seconds;        /* that a code is shown; 0: CODE_SECONDS */
    const char *title;       /* of the site */
    const char *public_url;  /* "https://www.example.org" */
    const char *host;        /* of it, with its port where that is not the scheme's */
    const char *base_url;    /* of the RPS as clients see it: "/rps" or "https://host/rps" */
    const char *mobile_url;  /* of the mobile app, with host */
    const char *logo_url;    /* with host; "" without */
    const char *logout_path; /* of an application that gives logoutData alone; NULL for none */
    name_rules_t names;      /* of the site */
} phone_settings_t;

typedef struct phones_t phones_t;

/* One a vhost and child. Everything given must outlive it. NULL when its key cannot be made. */
phones_t *phones_make(const phone_settings_t *settings, store_t *store, const throttle_t *throttle,
                      const keys_t *keys, apr_pool_t *p);

bool phone_is_on(const phones_t *phones);

/* NULL where it is on; else the 404. */
result_t *phone_off(const phones_t *phones, apr_pool_t *p);

/* POST /rps/getAccessNumber and /rps/getQrUrl (desktop): a number and a QR for one code, good for
 * CODE_SECONDS, and the webOTT to ask with. 429 too_many_codes. The desktop needs its pre-login
 * cookie to sign in. */
result_t *phone_access_number(phones_t *phones, const caller_t *caller, apr_pool_t *p);
result_t *phone_qr_url(phones_t *phones, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* POST /rps/access (desktop, every 3 s): how far its code is, with one look-up. `body` is JSON as
 * it came, with a NUL that `len` does not count. */
result_t *phone_access(phones_t *phones, const caller_t *caller, const char *body, apr_size_t len,
                       apr_pool_t *p);

/* POST /rps/codeStatus (phone): it claims the code ("wid"), says who will sign in ("user"), gives
 * it up ("cancel", "abort"). Nobody has proven anything here. 400 for what is malformed, 403
 * code_taken, wrong_pick, second_tap, 412 code_unknown, 429. */
result_t *phone_code_status(phones_t *phones, const caller_t *caller, const json_t *body,
                            apr_pool_t *p);

/* GET /rps/mobileConfig and GET /service: where a mobile client finds us. */
result_t *phone_mobile_config(phones_t *phones, apr_pool_t *p);
result_t *phone_service(phones_t *phones, apr_pool_t *p);

#endif
