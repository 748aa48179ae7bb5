/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_PENDING_H
#define MPIN_RPS_PENDING_H

#include "rps/room.h"

/* A registration between its PUT and its signature: one fleeting record an mpinId. */
#define PENDING_SECONDS 3600      /* unless MPinExpiry says otherwise */
#define PENDING_OF_STRANGERS 5000 /* an hour, in all; or more: pending_of_strangers */
#define PENDING_OF_USERS 4000

typedef struct pending_t {
    unsigned char version;
    unsigned char origin; /* origin_t: how the name was proven */
    unsigned char bound;  /* `browser` counts */
    unsigned char active; /* the name is proven: 0 = that has still to come */
    /* of the session that proved the name, with which the registration ends */
    uint32_t user_version;
    uint32_t sealed, expires; /* seconds */
    unsigned char family[SESSION_ID_BYTES];
    unsigned char identity[SESSION_ID_BYTES];
    unsigned char reg_ott[TOKEN_BYTES];
    unsigned char browser[PRELOGIN_ID_BYTES];
    unsigned char uid[UID_BYTES]; /* by session; an open name gets its user at the signature */
    unsigned char replaces[HANDLE_BYTES];
    /* by mail */
    unsigned char silent;   /* no mail was sent, and none may be */
    uint32_t number;        /* 1..999999 that its pad shows; 0: the pad shows none */
    uint32_t wrong_numbers; /* typed so far */
    uint32_t made;          /* seconds */
    char address[46];       /* where it was asked for */
    char device[DEVICE_MAX + 1];
    char name[NAME_MAX_BYTES + 1];
} pending_t;

/* So many registrations strangers may begin in an hour, in all, where an address may begin that many:
 * twice what one may, so that none uses up what is for all, and PENDING_OF_STRANGERS at least. */
int64_t pending_of_strangers(const throttle_rule_t *address);

/* So long a registration waits. */
apr_interval_time_t pending_life(const rps_t *rps);

store_status_t pending_keep(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            pending_t *pending, apr_time_t now, apr_pool_t *p);

/* The registration whose regOTT this is, asked for by the browser that began it where that had a
 * pre-login cookie. STORE_MISSING for every mismatch, and the record stays. */
store_status_t pending_find(rps_t *rps, const caller_t *caller,
                            const unsigned char handle[HANDLE_BYTES], const char *reg_ott,
                            pending_t *pending, apr_pool_t *p);

/* The same for whoever knows another secret of it: the record as it is. */
store_status_t pending_get(rps_t *rps, const unsigned char handle[HANDLE_BYTES], pending_t *pending,
                           apr_pool_t *p);

/* The name has been proven: its pad may fetch the secret. STORE_OK also where it is active. */
store_status_t pending_activate(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                                apr_pool_t *p);

/* The same for a person who types the number that the pad shows. STORE_CHANGED: it is another; five
 * of these, and the registration is gone. */
#define WRONG_NUMBERS 5
store_status_t pending_confirm(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                               uint32_t number, apr_pool_t *p);

/* Consumes it: exactly one caller gets STORE_OK. */
store_status_t pending_take(rps_t *rps, const unsigned char handle[HANDLE_BYTES], apr_pool_t *p);

/* How its name is proven, as MPinRegister has it: "by session", "by mail". */
const char *pending_origin_text(const pending_t *pending);

/* True for the name that a device may give itself, "" included. False also for NULL. */
bool pending_device_ok(const char *device);

/* 400 for an mpinId or a regOTT that does not match, and for a registration that has ended. */
result_t *pending_unknown(apr_pool_t *p);

#endif
