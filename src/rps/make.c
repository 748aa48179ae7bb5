/* SPDX-License-Identifier: Apache-2.0 */
/* An RPS, as a vhost's child has it. */
#include "rps/application.h"
#include "rps/split.h"

static apr_status_t free_server(void *data)
{
    rps_t *rps = data;
    mpin_server_free(rps->server);
    return APR_SUCCESS;
}

static bool make_secrets(rps_t *rps, apr_pool_t *p)
{
    apr_pool_cleanup_register(p, rps, free_server, apr_pool_cleanup_null);
    if (!split_begin(rps, p))
        return false;

    rps->halves = halves_make(rps->keys, p);
    rps->idle_key = keys_derive_app(rps->keys, "idle-authott", p);
    rps->link_keys = keys_derive_each(rps->keys, "mail-link", p);
    rps->device_keys = keys_derive_each(rps->keys, "device-key", p);
    rps->activation = keys_derive_app(rps->keys, "activate-key", p);
    return rps->halves && rps->idle_key && rps->activation && rps->link_keys && rps->device_keys;
}

rps_t *rps_make(const rps_settings_t *settings, const rps_means_t *means, apr_pool_t *p)
{
    rps_t *rps = apr_pcalloc(p, sizeof *rps);
    rps->settings = settings;
    rps->store = means->store;
    rps->people = means->people;
    rps->revocations = means->revocations;
    rps->dta = means->dta;
    rps->phones = means->phones;
    rps->throttle = means->throttle;
    rps->together = means->together;
    rps->keys = means->keys;
    rps->log = means->log;
    rps->outbox = (outbox_t){means->store, settings->mail_site};
    rps->allow = allow_make(&settings->allow, means->log, p);
    rps->verifier = application_peer(means, "MPinVerifyURL or MPinRegisterAllow url", p);
    rps->permitter = application_peer(means, "MPinPermitURL", p);
    return make_secrets(rps, p) ? rps : NULL;
}
