/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_OFFER_H
#define MPIN_PHONE_OFFER_H

#include "base/seats.h"
#include "phone/phone.h"

/* The way of a code once a phone's PIN was right: the phone offers its authOTT, the desktop comes
 * in with it, and the relying party leaves a word for the phone. The caller has judged the PIN;
 * here it is only about the code. */

typedef struct offer_t {
    const unsigned char *wid;      /* WID_BYTES: the code that is answered */
    const unsigned char *auth_ott; /* TOKEN_BYTES */
    const char *name;              /* canonical; its PIN was right */
    apr_time_t until;              /* the desktop may come in for so long */
} offer_t;

/* Offers it to the desktop and waits on a seat for the word, the settings' `wait` seconds at most:
 * 200 with logoutURL and logoutData, or the refusal that the word holds; 408 phone_timeout; 412
 * code_unknown; 429 where no seat is free: the same may be offered again. */
result_t *phone_offer(phones_t *phones, seats_t *seats, const caller_t *caller,
                      const offer_t *offer, apr_pool_t *p);

/* The desktop redeems: exactly one caller gets STORE_OK, and it is the browser that asked for the
 * code. STORE_MISSING for all others; a `foreign` one has ended it. STORE_CHANGED: too many at
 * once. And the same for an application, which knows its browsers itself. */
store_status_t phone_enter(phones_t *phones, const caller_t *caller,
                           const unsigned char wid[WID_BYTES],
                           const unsigned char auth_ott[TOKEN_BYTES], bool *foreign, apr_pool_t *p);
store_status_t phone_enter_application(phones_t *phones, const caller_t *caller,
                                       const unsigned char wid[WID_BYTES],
                                       const unsigned char auth_ott[TOKEN_BYTES], apr_pool_t *p);

/* The relying party's last word on a code that its desktop has redeemed: {status, code?, message?,
 * logoutURL?, logoutData?}, CODE_WORD_MAX bytes of JSON at most. STORE_MISSING: nobody waits for
 * it. An application may have said a first one, after which the phone waits a moment for the last
 * and no longer; the last adds to it. */
store_status_t phone_leave_first_word(phones_t *phones, const unsigned char wid[WID_BYTES],
                                      const unsigned char auth_ott[TOKEN_BYTES], apr_time_t now,
                                      const char *word, apr_pool_t *p);
store_status_t phone_leave_word(phones_t *phones, const unsigned char wid[WID_BYTES],
                                const unsigned char auth_ott[TOKEN_BYTES], apr_time_t now,
                                const char *word, apr_pool_t *p);

#endif
