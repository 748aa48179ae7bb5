/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_OTP_H
#define MPIN_RPS_OTP_H

#include "rps/room.h"

/* One-time codes (MPinIssueOTP): six digits for a place that knows no PIN pad. pass2 answers some
 * whatever the PIN was, so that it tells nobody whether it was right; those of a right PIN count
 * from the moment its authOTT is redeemed. An application then asks POST /rps/otp, once. */
#define OTP_DIGITS 6
#define OTP_SECONDS 120

/* Wrong codes of an account: these pass, then each waits twice as long as the one before. */
#define OTP_FREE_FAILURES 5
#define OTP_FIRST_WAIT 30
#define OTP_LONGEST_WAIT 3600

/* Fills in six random digits and a NUL. */
void otp_draw(char code[OTP_DIGITS + 1]);

/* From `now` on this is the user's code: the one before is none any more. */
store_status_t otp_issue(rps_t *rps, const identity_t *identity, const char *code, apr_time_t now,
                         apr_pool_t *p);

#endif
