/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RPS_DESK_H
#define RPS_DESK_H

#include "mpin_client.h"
#include "remote/remote.h"
#include "rps/rps.h"

/* An RPS on a store of its own, and what a device does with it: for the tests of the RPS. Times are
 * the machine's plus `shift`. */
#define DESK_PIN 1234

typedef struct desk_t {
    char dir[64];
    keys_t *keys;
    log_sink_t log;
    rps_settings_t settings;
    phone_settings_t phone_settings;
    remote_settings_t remote_settings;
    http_t *http;
    seats_t *seats; /* two */
    apr_pool_t *pool;
    apr_interval_time_t shift;

    /* made by desk_open, once a process */
    store_t *store;
    revocations_t *revocations;
    people_t *people;
    throttle_t throttle;
    phones_t *phones;
    together_t *together; /* one place */
    rps_t *rps;
    remote_t *remote; /* remote_desk.h; else NULL */
} desk_t;

/* cmocka: *state becomes a desk that is open, or one that each process opens for itself.
 * Registration is by session, and open to anyone. */
int desk_make(void **state);
int desk_place(void **state);

/* A desk at which anybody's name is proven by mail, which this site sends. */
#define DESK_SITE "https://www.example.com"
int desk_make_with_mail(void **state);

int desk_drop(void **state);
void desk_open(desk_t *desk);

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_make, desk_drop)
#define DESK_FORK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_place, desk_drop)

/* Another RPS beside the desk's own, on the same store: with those settings, and that D-TA. */
rps_t *desk_rps(desk_t *desk, const rps_settings_t *settings, const dta_t *dta);

/* Does MPinRegisterAllow list this name? */
bool desk_allows(const desk_t *desk, const char *name, apr_pool_t *p);

/* Everything logged since the desk was made. */
const char *desk_logged(void);

/* A browser at an address, with a pre-login cookie made of `cookie` (0: without). */
caller_t desk_caller(const desk_t *desk, const char *address, unsigned char cookie);
caller_t desk_browser(const desk_t *desk);

/* A session of that user, as a password login makes it. */
session_t desk_session(const desk_t *desk, const char *name);

/* An object from text with ' for ". */
json_t *desk_json(apr_pool_t *p, const char *text);

typedef struct device_t {
    char mpin_id[1025];
    char reg_ott[33];
    unsigned char hash[MPIN_HASH_BYTES];
    unsigned char handle[HANDLE_BYTES];
    unsigned char token[MPIN_G1_BYTES];
} device_t;

/* PUT user of that name; the status. With 200 the device knows its mpinId and regOTT. */
int desk_register(desk_t *desk, const caller_t *caller, const char *name, device_t *device);

/* The same from an answer of PUT user. */
bool desk_registered(const result_t *result, device_t *device);

/* GET signature; the status. With 200 the device has its token for DESK_PIN. */
int desk_sign(desk_t *desk, const caller_t *caller, device_t *device);

/* Both, by open registration; they must succeed. */
void desk_enrol(desk_t *desk, const char *name, device_t *device);

identity_t desk_identity(desk_t *desk, const device_t *device);

/* One conversation of a device. */
typedef struct talk_t {
    unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_SCALAR_BYTES];
    unsigned char u[MPIN_G1_BYTES];
    char pass_id[33];
} talk_t;

json_t *desk_pass1_body(const device_t *device, talk_t *talk, apr_pool_t *p);
int desk_pass1(desk_t *desk, const caller_t *caller, const device_t *device, talk_t *talk,
               apr_pool_t *p);

/* The body with passId, when the talk has one. */
json_t *desk_pass2_body(const device_t *device, const talk_t *talk, uint32_t pin, apr_pool_t *p);

/* The status; with 200 `auth_ott` is in the pool. */
int desk_pass2(desk_t *desk, const caller_t *caller, const device_t *device, const talk_t *talk,
               uint32_t pin, const char **auth_ott, apr_pool_t *p);

/* What mpinAuthenticate would answer; 200 = signed in. */
int desk_redeem(desk_t *desk, const caller_t *caller, const char *auth_ott, apr_pool_t *p);

/* pass1, pass2 and redemption: the first status that is not 200. */
int desk_sign_in(desk_t *desk, const caller_t *caller, const device_t *device, uint32_t pin);

#endif
