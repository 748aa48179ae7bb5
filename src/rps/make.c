/* SPDX-License-Identifier: Apache-2.0 */
/* An RPS, as a vhost's child has it. */
#include "rps/application.h"
#include "rps/split.h"

static bool make_secrets(rps_t *rps, apr_pool_t *p)
{
    rps->halves = halves_make(rps->keys, p);
    rps->idle_key = keys_derive_app(rps->keys, "idle-authott");
    rps->link_keys = keys_derive_each(rps->keys, "mail-link");
    rps->device_keys = keys_derive_each(rps->keys, "device-key");
    rps->activation = keys_derive_app(rps->keys, "activate-key");
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
    rps->split = means->split ? means->split : split_make(p);
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
