#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "rps/application.h"
#include "rps/service.h"
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
    rps->idle_key = secret_make(p, KEY_BYTES);
    rps->link_key = keys_derive_lasting(rps->keys, "mail-link", p);
    rps->activation = keys_derive_app(rps->keys, "activate-key", p);
    return rps->halves && rps->idle_key && rps->activation && rps->link_key &&
           keys_derive(rps->keys, keys_current(rps->keys), "idle-authott", 0, rps->idle_key->bytes);
}

rps_t *rps_make(const rps_settings_t *settings, const rps_means_t *means, apr_pool_t *p)
{
    rps_t *rps = apr_pcalloc(p, sizeof *rps);
    rps->settings = settings;
    rps->store = means->store;
    rps->people = means->people;
    rps->dta = means->dta;
    rps->phones = means->phones;
    rps->throttle = means->throttle;
    rps->keys = means->keys;
    rps->log = means->log;
    rps->outbox = (outbox_t){means->store, settings->mail_site};
    rps->allow = allow_make(settings, means->log, p);
    rps->verifier = application_peer(means, "MPinVerifyURL or MPinRegisterAllow url", p);
    rps->permitter = application_peer(means, "MPinPermitURL", p);
    return make_secrets(rps, p) ? rps : NULL;
}

bool mpin_id_read(mpin_id_t *id, const char *text, apr_pool_t *p)
{
    unsigned char *decoded = apr_palloc(p, MPIN_ID_MAX);
    apr_size_t len = 0;
    if (!text || !hex_decode_upto(text, decoded, MPIN_ID_MAX, &len) || len == 0)
        return false;
    crypto_hash_sha256(id->hash, decoded, len);
    people_handle(id->hash, id->handle);
    return true;
}

store_status_t rps_standing(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                            identity_t *identity, user_t *user, verdict_t *verdict, apr_pool_t *p)
{
    *verdict = VERDICT_WITHDRAWN;
    store_status_t status = people_identity(rps->people, handle, identity, p);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK || identity->state == IDENTITY_REVOKED)
        return status;

    status = people_get(rps->people, identity->uid, user, p);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK || user->state == USER_DELETED)
        return status;

    if (user->state != USER_ACTIVE)
        *verdict = VERDICT_DISABLED;
    else if (identity->state != IDENTITY_ACTIVE)
        *verdict = VERDICT_LOCKED;
    else
        *verdict = VERDICT_NONE;
    return STORE_OK;
}

uint32_t rps_day(apr_time_t now)
{
    return (uint32_t)(apr_time_sec(now) / 86400);
}

const char *rps_time(apr_time_t when, char between, apr_pool_t *p)
{
    apr_time_exp_t t;
    apr_time_exp_gmt(&t, when);
    return apr_psprintf(p, "%04d-%02d-%02d%c%02d:%02d:%02d.%06d", t.tm_year + 1900, t.tm_mon + 1,
                        t.tm_mday, between, t.tm_hour, t.tm_min, t.tm_sec, t.tm_usec);
}

const char *rps_label(const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    return hex_encode(p, handle, 6);
}

result_t *rps_audited(result_t *result, const char *event, const char *name,
                      const unsigned char *handle, apr_pool_t *p)
{
    result->event = event;
    result->user = name ? apr_pstrdup(p, name) : NULL;
    result->identity = handle ? rps_label(handle, p) : NULL;
    return result;
}

/* "All" comes first, so that who changes addresses makes no more counters than records. */
store_status_t rps_count_made(rps_t *rps, const char *kind, const unsigned char who[16],
                              int64_t each, int64_t all, int seconds, apr_time_t now, apr_pool_t *p)
{
    apr_int64_t window = apr_time_sec(now) / seconds;
    apr_time_t expires = now + apr_time_from_sec(seconds);
    int64_t made;

    const char *key = apr_psprintf(p, "made:%s:%" APR_INT64_T_FMT, kind, window);
    store_status_t status = store_count(rps->store, STORE_FLEETING, key, 1, expires, &made);
    if (status != STORE_OK || made > all)
        return status == STORE_OK ? STORE_FULL : status;

    key = apr_pstrcat(p, key, ":", hex_encode(p, who, 16), NULL);
    status = store_count(rps->store, STORE_FLEETING, key, 1, expires, &made);
    return status == STORE_OK && made > each ? STORE_FULL : status;
}
