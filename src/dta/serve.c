/* SPDX-License-Identifier: Apache-2.0 */
#include "dta/serve.h"

#include <apr_strings.h>
#include <sodium.h>
#include "base/hex.h"
#include "base/utc.h"
#include "dta/local.h"
#include "store/refusal.h"

struct dta_service_t {
    const dta_t *dta;
    const keys_app_t *app;
    store_t *store;
    const log_sink_t *log;
    const char *start_time;
};

dta_service_t *dta_service_make(const keys_t *keys, store_t *store, const log_sink_t *log,
                                apr_time_t now, apr_pool_t *p)
{
    dta_service_t *service = apr_palloc(p, sizeof *service);
    service->dta = dta_local(keys, p);
    service->app = keys_dta_app(keys, p);
    service->store = store;
    service->log = log;
    service->start_time = utc_text(now, p);
    return service->app ? service : NULL;
}

static result_t *issues_nothing(const dta_service_t *service, apr_pool_t *p)
{
    log_error(service->log, "MPIN0522", "the D-TA issues nothing: the key file is broken");
    return store_refusal(STORE_DOWN, p);
}

/* A request with `expires` is good once. The MAC is its name: nobody makes one up. */
static result_t *use_up(const dta_service_t *service, const dta_asked_t *asked, apr_pool_t *p)
{
    const char *key = apr_pstrcat(p, "dta:used:", hex_encode(p, asked->mac, 16), NULL);
    store_status_t status = store_add(service->store, STORE_COMING_IN, key, "", 0,
                                      asked->expires + apr_time_from_sec(1));
    if (status == STORE_EXISTS)
        return result_error(p, 408, "dta_request_used", "Request used before");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* The device that was given a secret for this id keeps it; somebody who saw the request later, or
 * took over the RPS, gets no second one. */
static result_t *issue_once(const dta_service_t *service, const dta_asked_t *asked, apr_pool_t *p)
{
    const char *key = apr_pstrcat(
        p, "dta:issued:", hex_encode(p, asked->hash_mpin_id, sizeof asked->hash_mpin_id), NULL);
    store_status_t status = store_add(service->store, STORE_LASTING, key, "", 0, 0);
    if (status == STORE_EXISTS)
        return result_error(p, 403, "dta_secret_issued",
                            "A client secret was issued for this id before");
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

result_t *dta_serve_server_secret(const dta_service_t *service, const dta_request_t *request,
                                  apr_time_t now, apr_pool_t *p)
{
    dta_asked_t asked;
    unsigned char secret[MPIN_G2_BYTES];
    result_t *refusal = dta_check_server_secret(service->app, request, now, &asked, p);
    if (!refusal)
        refusal = use_up(service, &asked, p);
    if (refusal)
        return refusal;
    if (dta_server_secret(service->dta, now, secret, p) != DTA_OK)
        return issues_nothing(service, p);
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "serverSecret", hex_encode(p, secret, sizeof secret),
                  "startTime", service->start_time, "message", "OK");
    sodium_memzero(secret, sizeof secret);
    return result_ok(p, json);
}

result_t *dta_serve_client_secret(const dta_service_t *service, const dta_request_t *request,
                                  apr_time_t now, apr_pool_t *p)
{
    dta_asked_t asked;
    unsigned char secret[MPIN_G1_BYTES];
    result_t *refusal = dta_check_client_secret(service->app, request, now, &asked, p);
    if (!refusal)
        refusal = use_up(service, &asked, p);
    if (!refusal)
        refusal = issue_once(service, &asked, p);
    if (refusal)
        return refusal;
    if (dta_client_secret(service->dta, asked.hash_mpin_id, secret) != MPIN_ACCEPTED)
        return issues_nothing(service, p);
    json_t *json = json_pack("{s:s, s:s}", "clientSecret", hex_encode(p, secret, sizeof secret),
                             "message", "OK");
    sodium_memzero(secret, sizeof secret);
    return result_ok(p, json);
}

/* ---- time permits ---------------------------------------------------------------------------- */

static uint32_t dta_day(apr_time_t now)
{
    return (uint32_t)(apr_time_sec(now) / 86400);
}

static const char *permit_text(const dta_service_t *service, const dta_asked_t *asked, uint32_t day,
                               apr_pool_t *p)
{
    unsigned char point[MPIN_G1_BYTES];
    return dta_time_permit(service->dta, day, asked->hash_mpin_id, point) == MPIN_ACCEPTED
               ? hex_encode(p, point, sizeof point)
               : NULL;
}

result_t *dta_serve_time_permit(const dta_service_t *service, const dta_request_t *request,
                                apr_time_t now, apr_pool_t *p)
{
    dta_asked_t asked;
    result_t *refusal = dta_check_time_permit(service->app, request, &asked, p);
    if (refusal)
        return refusal;
    const char *text = permit_text(service, &asked, dta_day(now), p);
    return text ? result_ok(p, json_pack("{s:s, s:s}", "timePermit", text, "message", "OK"))
                : issues_nothing(service, p);
}

result_t *dta_serve_time_permits(const dta_service_t *service, const dta_request_t *request,
                                 apr_time_t now, apr_pool_t *p)
{
    dta_asked_t asked;
    result_t *refusal = dta_check_time_permits(service->app, request, now, &asked, p);
    if (!refusal && asked.expires)
        refusal = use_up(service, &asked, p);
    if (refusal)
        return refusal;

    json_t *permits = json_object();
    for (int i = 0; i < asked.count; i++) {
        uint32_t day = dta_day(now) + (uint32_t)i;
        const char *text = permit_text(service, &asked, day, p);
        if (!text) {
            json_decref(permits);
            return issues_nothing(service, p);
        }
        json_object_set_new(permits, apr_psprintf(p, "%u", day), json_string(text));
    }
    return result_ok(p, json_pack("{s:o, s:s}", "timePermits", permits, "message", "OK"));
}

result_t *dta_serve_status(const dta_service_t *service, apr_pool_t *p)
{
    return result_ok(p, json_pack("{s:s, s:s, s:[s]}", "service_name", "D-TA server", "message",
                                  "OK", "startTime", service->start_time));
}
