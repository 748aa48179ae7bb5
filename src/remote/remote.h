/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_REMOTE_H
#define MPIN_REMOTE_REMOTE_H

#include "base/http.h"
#include "base/seats.h"
#include "rps/rps.h"

/* The RPS's twin elsewhere: a Milagro server, or another instance of this module, which is asked
 * over HTTP (docs/protocol.md, "RPS, private" and "RPS to RPA"). Our own RPS stands beside it:
 * names, permissions and identities are kept there.
 *
 * Where the RPS elsewhere gives no answer that counts, that is the refusal: 502 rps_unreachable,
 * rps_broken or rps_userid_mismatch, 503 rps_busy, 504 rps_slow. Each can be tried again, and
 * nobody is let in on its account. A caller holds a worker meanwhile: one of a tenth of them, for a
 * few seconds. */

/* What the configuration says; borrowed. */
typedef struct remote_settings_t {
    const char *url;         /* MPinRPS, without a slash at its end */
    const secret_t *secret;  /* we name it there; NULL for none */
    const char *mobile_page; /* for phones, of this site, a path; NULL for none */
    /* of D-TAs that its clients may ask, NULL-terminated; or NULL */
    const char *const *dta_origins;
    health_t *health; /* where it is noted how it does, NULL: nowhere */
} remote_settings_t;

typedef struct remote_t remote_t;

/* One a vhost and child, beside our own RPS. Everything given must outlive it. */
remote_t *remote_make(const remote_settings_t *settings, rps_t *rps, http_t *http, seats_t *seats,
                      apr_pool_t *p);

/* GET /rps/clientSettings, rebuilt from the fields that we know, beside what our pad wants to know.
 * `user_data` is what clients hand back when they register. */
result_t *remote_client_settings(remote_t *remote, const caller_t *caller, const char *user_data,
                                 apr_pool_t *p);

/* Redeems an authOTT of that RPS, once: as rps_redeem. 408 without a pre-login cookie: which
 * browser made pass2 only the RPS could know, so at least it has been here before. With
 * `logout_data` a phone may wait for the word (POST /loginResult), and that is how it can sign
 * this browser out; NULL where no phone is in play as far as the request tells. */
void remote_redeem(remote_t *remote, const caller_t *caller, const char *auth_ott,
                   const json_t *logout_data, redemption_t *redemption, apr_pool_t *p);

/* The last word for a phone that may wait (`redemption->wants_word`): in, with what signs it out
 * again; or the refusal. The RPS's answer changes nothing. */
void remote_signed_in(remote_t *remote, const caller_t *caller, const char *auth_ott,
                      const json_t *logout_data, apr_pool_t *p);
void remote_refused(remote_t *remote, const caller_t *caller, const char *auth_ott,
                    const result_t *refusal, apr_pool_t *p);

/* POST /mpinVerify: may this user register? {forceActivate: true}; false, and a mail is on its way
 * whose link activates it; or 403. The caller's session and pre-login cookie are those of the
 * person who registers, as far as their userData proves them. */
result_t *remote_verify(remote_t *remote, const caller_t *caller, const json_t *body,
                        apr_pool_t *p);

/* GET /mpinPermitUser?mpin_id=: 200, or 403 for an identity that may not sign in (any more). */
result_t *remote_permit(remote_t *remote, const caller_t *caller, const char *mpin_id,
                        apr_pool_t *p);

/* POST /mpinActivate, as rps_link_follow: a registration that its own browser activates, it
 * activates at the RPS elsewhere. 410 link_gone where that knows of no such registration (any
 * more); where it gives no answer that counts, the link can be followed again. */
result_t *remote_link_follow(remote_t *remote, const caller_t *caller, const char *token,
                             const char *number, apr_pool_t *p);

#endif
