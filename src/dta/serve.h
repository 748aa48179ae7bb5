/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_DTA_SERVE_H
#define MPIN_DTA_SERVE_H

#include "dta/sign.h"
#include "store/store.h"

/* A D-TA for an application elsewhere: each function is one endpoint (docs/protocol.md, "D-TA").
 * Every request but `status` is signed with the application's key (keys/keys.h), and one with
 * `expires` is good once. */
typedef struct dta_service_t dta_service_t;

/* It gives shares of the key file's master, whatever D-TAs our own RPS has. Everything given must
 * outlive it. NULL when memory is out. */
dta_service_t *dta_service_make(const keys_t *keys, store_t *store, const log_sink_t *log,
                                apr_time_t now, apr_pool_t *p);

/* GET /serverSecret: {serverSecret, startTime, message}. */
result_t *dta_serve_server_secret(const dta_service_t *service, const dta_request_t *request,
                                  apr_time_t now, apr_pool_t *p);

/* GET /clientSecret: {clientSecret, message}. Once for each hash_mpin_id, ever: 403
 * dta_secret_issued afterwards. */
result_t *dta_serve_client_secret(const dta_service_t *service, const dta_request_t *request,
                                  apr_time_t now, apr_pool_t *p);

/* GET /timePermit: {timePermit, message}, today's. GET /timePermits: {timePermits: {"<day>":
 * "<hex>", ...}, message}, from today on. */
result_t *dta_serve_time_permit(const dta_service_t *service, const dta_request_t *request,
                                apr_time_t now, apr_pool_t *p);
result_t *dta_serve_time_permits(const dta_service_t *service, const dta_request_t *request,
                                 apr_time_t now, apr_pool_t *p);

/* GET /status: {message: "OK", service_name, startTime: [...]}. */
result_t *dta_serve_status(const dta_service_t *service, apr_pool_t *p);

#endif
