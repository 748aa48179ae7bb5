#ifndef MPIN_REMOTE_REMOTE_H
#define MPIN_REMOTE_REMOTE_H

#include "rps/rps.h"

/* This room's twin elsewhere: the RPS is a Milagro server, or another instance of this module, and
 * is asked over HTTP (protocol: RPS, private; RPS to RPA). Only where the settings have a
 * remote_url.
 *
 * Where it gives no answer that counts, that is the refusal: 502 rps_unreachable, rps_broken or
 * rps_userid_mismatch, 503 rps_busy, 504 rps_slow. Each can be tried again, and nobody is let in on
 * its account. Who asks holds a worker meanwhile: one of a tenth of them, for a few seconds. */

/* GET /rps/clientSettings, rebuilt from the fields that we know, beside what our pad wants to know.
 * `user_data` is what clients hand back when they register. */
result_t *remote_client_settings(rps_t *rps, const caller_t *caller, const char *user_data,
                                 apr_pool_t *p);

/* What an authOTT of that RPS is worth, once: as rps_redeem. 408 without a pre-login cookie: which
 * browser made pass2 only the RPS could know, so at least it has been here before. With
 * `logout_data` a phone may wait for the word (protocol: /loginResult), and that is how it can sign
 * this browser out; NULL where no phone is in play as far as the request tells. */
void remote_redeem(rps_t *rps, const caller_t *caller, const char *auth_ott,
                   const json_t *logout_data, redemption_t *redemption, apr_pool_t *p);

/* The last word for a phone that may wait (`redemption->wants_word`): in, with what signs it out
 * again; or the refusal. What the RPS answers changes nothing. */
void remote_signed_in(rps_t *rps, const char *auth_ott, const json_t *logout_data, apr_pool_t *p);
void remote_refused(rps_t *rps, const char *auth_ott, const result_t *refusal, apr_pool_t *p);

/* POST /mpinVerify: may this user register? {forceActivate: true}; false, and a mail is
 * on its way whose link activates it; or 403. The caller's session and
 * pre-login cookie are those of who registers, as far as their userData proves them. */
result_t *remote_verify(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* GET /mpinPermitUser?mpin_id=: 200, or 403 for who may not sign in (any more). */
result_t *remote_permit(rps_t *rps, const char *mpin_id, apr_pool_t *p);

#endif
