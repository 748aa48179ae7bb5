/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ROOM_H
#define MPIN_RPS_ROOM_H

#include "base/peer.h"
#include "base/token.h"
#include "dta/halves.h"
#include "notice/outbox.h"
#include "rps/rps.h"
#include "store/refusal.h"

/* What the files of this room share. */

#define RPS_VERSION "0.3" /* the protocol's, in the answers of pass1 and pass2 */
#define MPIN_ID_MAX 1024  /* bytes of a decoded mpinId */

struct rps_t {
    const rps_settings_t *settings;
    store_t *store;
    people_t *people;
    revocations_t *revocations;
    const dta_t *dta;
    phones_t *phones;
    const throttle_t *throttle;
    together_t *together;
    const keys_t *keys;
    const log_sink_t *log;
    split_t *split;
    const mpin_server_t *server; /* NULL until split_ready has said yes */
    halves_t *halves;
    bool noted_split, told_split; /* rps/split.c; atomic */
    allow_t *allow;
    outbox_t outbox;                    /* where settings->mail_site is not NULL */
    const secret_t *const *link_keys;   /* links of mails (rps/link.h) */
    const secret_t *idle_key;           /* authOTTs that are kept nowhere (rps/authott.h) */
    const secret_t *const *device_keys; /* what devices prove themselves by (rps/device.c) */
    const secret_t *activation;         /* what keys of activation are made with (rps/vouch.h) */
    apr_time_t told_way;                /* rps/admission.c: when last */
    peer_t verifier, permitter;         /* applications that are asked (rps/application.h) */
};

/* An mpinId as clients send it, decoded once. It is confidential: only its handle is ever shown, in
 * part. */
typedef struct mpin_id_t {
    unsigned char hash[MPIN_HASH_BYTES];
    unsigned char handle[HANDLE_BYTES];
} mpin_id_t;

/* False where `text` is NULL or not lower-case hex of 1 to MPIN_ID_MAX bytes. */
bool mpin_id_read(mpin_id_t *id, const char *text, apr_pool_t *p);

/* The UTC day number of time permits. */
uint32_t rps_day(apr_time_t now);

/* "2026-11-22T01:01:36.505788", in UTC, with that character in its middle. */
const char *rps_time(apr_time_t when, char between, apr_pool_t *p);

/* Names the result for the audit log. `name` and `handle` may be NULL. */
result_t *rps_audited(result_t *result, const char *event, const char *name,
                      const unsigned char *handle, apr_pool_t *p);

#endif
