/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_RPS_H
#define MPIN_RPS_RPS_H

#include "base/http.h"
#include "base/result.h"
#include "base/health.h"
#include "base/seats.h"
#include "dta/dta.h"
#include "dta/sign.h"
#include "keys/secret.h"
#include "people/people.h"
#include "phone/phone.h"
#include "rps/allow.h"
#include "rps/redemption.h"
#include "rps/together.h"

/* The Relying Party Service of the Milagro MFA protocol: registration, the two passes,
 * authentication. Each function is one endpoint: it takes the caller's facts and the parsed body
 * and returns a result. Nothing here knows httpd. A body may be NULL where it was no JSON: the
 * protocol wants 403 for that in pass1 and pass2, 400 elsewhere. Store trouble is 503. */

/* What the configuration says; borrowed for the life of the RPS. */
typedef struct rps_settings_t {
    int pin_length;        /* 4..8 */
    name_rules_t names;    /* MPinUserCase, MPinUserUnicode */
    uint32_t max_failures; /* the Nth consecutive wrong PIN locks */
    bool time_permits;     /* MPinTimePermits: a login wants today's permit */
    bool issue_otp;        /* MPinIssueOTP: pass2 answers a one-time code, when asked to */
    bool register_signed_in;
    bool register_open;
    bool register_mail;
    bool register_invite;
    bool open_to_anyone; /* `open` off loopback too */
    bool set_device_name;
    int pending_seconds;            /* of a registration; 0: an hour */
    allow_rule_t allow;             /* MPinRegisterAllow */
    bool service;                   /* of other applications: they say who registers, and redeem */
    const secret_t *service_secret; /* a service's: what it and its application know; NULL = none */
    const char *verify_url;         /* a service's: where they are asked */
    const char *permit_url;         /* ... and whether access was withdrawn; NULL = never */
    const char *title;
    const char *contact;          /* MPinContact or NULL */
    const char *base_url;         /* of the RPS as clients see it: "/rps" or "https://host/rps" */
    const char *authenticate_url; /* "/mpinAuthenticate" */
    const char *login_url;
    bool passwords; /* the login page takes them */
    const char *logout_url;
    const char *account_url;  /* where people let devices go; NULL: nowhere */
    const char *mail_site;    /* public origin, with MPinMail; NULL: nobody is told anything */
    const char *activate_url; /* absolute address of the page that mails link to */
    const char *public_url;   /* "https://www.example.org" */
} rps_settings_t;

typedef struct rps_t rps_t;

/* What the proofs of all vhosts of a store and its D-TAs are judged with (rps/split.h). */
typedef struct split_t split_t;
split_t *split_make(apr_pool_t *p);

/* What it works with; all must outlive it. */
typedef struct rps_means_t {
    store_t *store;
    people_t *people;
    revocations_t *revocations; /* NULL: no session is known to last, so none registers anybody */
    const dta_t *dta;
    split_t *split; /* NULL: one of its own */
    phones_t *phones;
    const throttle_t *throttle;
    together_t *together; /* where this process judges its proofs */
    const keys_t *keys;
    http_t *http;     /* what applications are asked with ... */
    seats_t *seats;   /* ... and where the worker sits meanwhile */
    health_t *health; /* ... and where it is noted how they do, NULL: nowhere */
    const log_sink_t *log;
} rps_means_t;

/* One a vhost and child. NULL when memory is out. */
rps_t *rps_make(const rps_settings_t *settings, const rps_means_t *means, apr_pool_t *p);

/* GET /rps/clientSettings */
result_t *rps_client_settings(rps_t *rps, const caller_t *caller, apr_pool_t *p);

/* PUT /rps/user (mpin_id NULL) and PUT /rps/user/<mpinId> (resend): 400 user_id_invalid,
 * field_malformed, registration_unknown; 403 name_taken, registration_closed, not_allowed,
 * too_many_identities, user_disabled; 429; 503 accounts_down. A field of ours, `replaces`, names
 * the user's mpinId that the new one's first success revokes. */
result_t *rps_register(rps_t *rps, const caller_t *caller, const char *mpin_id, const json_t *body,
                       apr_pool_t *p);

/* GET /rps/signature/<mpinId>?regOTT=, and POST with {regOTT}: 400 registration_unknown for
 * everything that does not match, and the registration stays. `reg_ott` may be NULL. The secret
 * share is in the result's JSON. */
result_t *rps_signature(rps_t *rps, const caller_t *caller, const char *mpin_id,
                        const char *reg_ott, apr_pool_t *p);

/* The same for clients of the protocol that always ask two D-TAs (GET): the first half of the
 * secret, and in `params` what to ask the second with. Where there is one D-TA, it is asked at
 * /rps/dta/. */
result_t *rps_signature_in_two(rps_t *rps, const caller_t *caller, const char *mpin_id,
                               const char *reg_ott, apr_pool_t *p);

/* POST /rps/timePermit/<mpinId>, and GET for clients that always ask two D-TAs: today's permit for
 * an identity that is not revoked (one that is locked gets it too, as it gets answers to its
 * passes); 403 identity_revoked, user_disabled; 404 without MPinTimePermits. */
result_t *rps_time_permit(rps_t *rps, const caller_t *caller, const char *mpin_id, apr_pool_t *p);
result_t *rps_time_permit_in_two(rps_t *rps, const caller_t *caller, const char *mpin_id,
                                 apr_pool_t *p);

/* GET /rps/dta/clientSecret and /rps/dta/timePermit: the second half, where there is no second
 * D-TA. */
result_t *rps_half_client_secret(rps_t *rps, const caller_t *caller, const dta_request_t *request,
                                 apr_pool_t *p);
result_t *rps_half_time_permit(rps_t *rps, const caller_t *caller, const dta_request_t *request,
                               apr_pool_t *p);

/* Adds `deviceKey` to an answer: what the device of an identity proves itself with, without its
 * PIN. Only for an answer that this device alone gets. */
void rps_add_device_key(rps_t *rps, const unsigned char handle[HANDLE_BYTES], json_t *json,
                        apr_pool_t *p);

/* POST /rps/standing {mpin_id, deviceKey}: may this device sign in? 200; else what a sign-in would
 * be told: 410 locked, 403 identity_revoked, user_disabled or way_closed. 403 device_key_wrong for
 * everybody who is not that device, whether there is such an identity or not. */
result_t *rps_standing_of_device(rps_t *rps, const caller_t *caller, const json_t *body,
                                 apr_pool_t *p);

/* POST /rps/remove {mpin_id, deviceKey}: the device gives itself up. 200, also where it is gone
 * already, and `handle` is whose it was; 403 device_key_wrong. */
result_t *rps_remove_device(rps_t *rps, const caller_t *caller, const json_t *body,
                            unsigned char handle[HANDLE_BYTES], apr_pool_t *p);

/* Adds `forgotten`, the name of whose PIN this browser had, by its cookie, where that could sign in;
 * and `forgottenOpen` where that name was free, so that nobody can prove it. */
void rps_add_forgotten(rps_t *rps, const caller_t *caller, json_t *json, apr_pool_t *p);

/* POST /rps/signature/<mpinId> {regOTT, peek: true}: 200 {active: true} where the secret is there
 * for the asking, and it stays there; else as rps_signature. */
result_t *rps_peek(rps_t *rps, const caller_t *caller, const char *mpin_id, const char *reg_ott,
                   apr_pool_t *p);

/* POST /rps/setupDone/<mpinId> */
result_t *rps_setup_done(rps_t *rps, const caller_t *caller, const char *mpin_id, apr_pool_t *p);

/* POST /rps/pass1 and /rps/pass2: 403 for what is malformed, 408 without a live pass1. Unknown,
 * revoked and locked identities are answered in the usual shape; only who redeems the authOTT
 * learns more. The authOTT is bound to the pre-login cookie of pass2: without one nobody can redeem
 * it, so a native client must send back the cookie that came with clientSettings. A pass2 without
 * passId is matched by that cookie; without a cookie too it is judged against the pass1s that were
 * made without one. */
result_t *rps_pass1(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);
result_t *rps_pass2(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* POST /user/<mpinId> {activateKey} (private): a registration that waits becomes active. 401
 * activation_unknown for what does not match, and the registration stays. */
result_t *rps_activate(rps_t *rps, const caller_t *caller, const char *mpin_id, const json_t *body,
                       apr_pool_t *p);

/* POST /authenticate {authOTT, logoutURL?, logoutData?} (private): {status, message, userId,
 * mpinId}, and the HTTP status is the same; 401 has attemptsLeft. */
result_t *rps_authenticate(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* GET /status of a service */
result_t *rps_status(apr_pool_t *p);

/* POST /rps/otp {userId, otp} (private): is this the user's one-time code? {userId, message}, once;
 * 401 otp_wrong, and it counts; 410 otp_over; 429 otp_wait after too many wrong ones. */
result_t *rps_otp(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* Adds how long the code of a redemption is good to the answers that carry it: expireTime,
 * ttlSeconds and nowTime. */
void rps_otp_times(json_t *json, apr_time_t now, apr_pool_t *p);

/* Redeems an authOTT, once, whoever asks. A PIN that was not right is in the audit log since its
 * pass2. */
void rps_redeem(rps_t *rps, const caller_t *caller, const char *auth_ott, redemption_t *redemption,
                apr_pool_t *p);

/* The desktop that redeemed a phone's authOTT is in: what its phone is told, so that it can sign it
 * out again. Nothing for a redemption of another kind. `logout_data` is borrowed. */
void rps_phone_done(rps_t *rps, const caller_t *caller, const redemption_t *redemption,
                    json_t *logout_data, apr_pool_t *p);

/* POST /rps/authenticate (phone): offers a right PIN's authOTT to the desktop and waits on a seat
 * for it to come in. 401 wrong PIN, 408, 410, 412; 429 where no seat is free: the same request may
 * be sent again. Waits as long as the phone's settings say at most. */
result_t *rps_phone_authenticate(rps_t *rps, seats_t *seats, const caller_t *caller,
                                 const json_t *body, apr_pool_t *p);

/* POST /loginResult {authOTT, status, message, logoutURL?, logoutData?} (private): an application
 * that redeemed a phone's authOTT says how its login went on, and how the phone can end it. 400 for
 * what is malformed, 404 when no phone waits for it, 408 authott_unknown. */
result_t *rps_login_result(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p);

/* May somebody sign in, or get what outlives a session, who has proven this canonical name by
 * something else than a device? NULL; 403 not_allowed (MPinRegisterAllow), 403 account_gone; or the
 * refusal of an application that is to say and does not. */
result_t *rps_admit_name(rps_t *rps, const caller_t *caller, const char *name, apr_pool_t *p);

#endif
