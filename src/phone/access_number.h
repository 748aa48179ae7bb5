/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_ACCESS_NUMBER_H
#define MPIN_PHONE_ACCESS_NUMBER_H

#include "phone/phone.h"

/* Access numbers: six random digits and a check digit (cSum 1 of the protocol). It guards against a
 * mistyped digit, and numbers against mix-ups; neither guards against a relay. */
#define NUMBER_DIGITS 7
#define NUMBERS_LIVE 2000 /* so many places are there, and a number lies in one of them */

/* The whole number for six digits (0 to 999999). False: its check digit is one that is not used. */
bool access_number_make(unsigned six, char number[NUMBER_DIGITS + 1]);

/* True where the text is such a number. */
bool access_number_is(const char *text);

/* A fresh number that leads to `wid` until `expires`. STORE_EXISTS: too many are live. */
store_status_t access_number_take(store_t *store, const unsigned char wid[WID_BYTES],
                                  apr_time_t now, apr_time_t expires,
                                  char number[NUMBER_DIGITS + 1], apr_pool_t *p);

/* It leads nowhere from now on, and its place is free. */
void access_number_free(store_t *store, const char *number, apr_time_t now, apr_pool_t *p);

/* The wid that a number leads to. STORE_MISSING: it leads nowhere. */
store_status_t access_number_find(store_t *store, const char *number, apr_time_t now,
                                  unsigned char wid[WID_BYTES], apr_pool_t *p);

#endif
