/* SPDX-License-Identifier: Apache-2.0 */
#include "site/child.h"

#include <http_log.h>
#include <mpm_common.h>

#include "site/place.h"
#include "site/sent.h"
#include "dta/local.h"
#include "dta/second.h"
#include "factor/erase.h"
#include "factor/shown_device.h"
#include "keys/hardening.h"
#include "keys/slab.h"
#include "store/roots.h"

#define RETRY_AFTER apr_time_from_sec(1)
#define PRELOGIN_LIFE apr_time_from_sec(30L * 86400) /* a page may wait over a holiday */

/* NULL when memory is out: never one without the second D-TA that the configuration names. */
static dta_t *make_dta(const depot_t *depot, store_t *store, apr_pool_t *p)
{
    dta_t *ours = dta_local(depot->settings.keys, p);
    if (!depot->second)
        return ours;
    dta_t *both = dta_with_second(depot->second->url, depot->second_app, ours, store, depot->http,
                                  depot->seats, &depot->log, p);
    if (both)
        dta_second_watch(both, depot->health);
    return both;
}

/* Opens the store and what all its sites share. A failure is told once, not at every try. */
static bool depot_open(depot_t *depot)
{
    apr_pool_t *p;
    store_t *store;
    revocations_t *revocations;
    const char *why = "the revocations can't be read";

    apr_pool_create(&p, depot->pool);
    if (store_open(&store, &depot->settings, p, &why) != STORE_OK ||
        revocations_make(&revocations, store, p) != STORE_OK ||
        revocations_note_longest(revocations, depot->longest, p) != STORE_OK) {
        if (!depot->told)
            log_error(&depot->log, "MPIN0203", "%s; until then every page of ours answers 503",
                      why);
        depot->told = true;
        apr_pool_destroy(p);
        return false;
    }
    log_debug(&depot->log, "MPIN0788", "the store %s is open in this process", depot->settings.url);
    if (depot->told)
        log_warn(&depot->log, "MPIN0204", "the store %s is open again", depot->settings.url);
    depot->told = false;
    roots_note(store, depot->settings.keys, depot->read, p);
    depot->people = people_make(store, revocations, depot->longest, &depot->log, p);
    people_erase_with(depot->people, factor_erase_user, factor_erase_open, device_unshow);
    depot->http = http_make(p);
    depot->dta = make_dta(depot, store, p);
    depot->split = split_make(p);
    depot->revocations = revocations;
    depot->store = store;
    return true;
}

/* The site's own RPS, and beside it the one elsewhere that it stands in front of. */
static void raise_rps(site_t *site, const depot_t *depot, apr_pool_t *p)
{
    const rps_means_t means = {.store = site->store,
                               .people = site->people,
                               .revocations = site->revocations,
                               .dta = site->dta,
                               .split = depot->split,
                               .phones = site->phones,
                               .throttle = &site->throttle,
                               .together = site->together,
                               .keys = depot->settings.keys,
                               .http = site->http,
                               .seats = site->seats.applications,
                               .health = ledger_health(site->ledger, LEDGER_OF_APPLICATION),
                               .log = &site->log};
    if (site->dta && site->phones)
        site->rps = rps_make(&site->rps_settings, &means, p);
    if (site->rps && site->remote_settings.url)
        site->remote =
            remote_make(&site->remote_settings, site->rps, site->http, site->seats.rps, p);
}

static bool place_raise(place_t *place)
{
    const depot_t *depot = place->depot;
    const keys_t *keys = depot->settings.keys;
    site_t *site = &place->up;
    apr_pool_t *p;

    apr_pool_create(&p, depot->pool);
    *site = place->down;
    site->store = depot->store;
    site->throttle.store = depot->store;
    site->revocations = depot->revocations;
    site->people = depot->people;
    site->factors = factors_make(depot->store, &site->log, p);
    factors_use_keys(site->factors, keys);
    if (site->tokens)
        site->tokens_seen = token_cache_make(p);
    site->http = depot->http;
    site->dta = depot->dta;
    site->sessions = sessions_make(keys, site->session_cookie, site->realm, site->session_idle,
                                   site->session_max, depot->revocations, p);
    site->prelogins = prelogins_make(keys, site->prelogin_cookie, site->realm, PRELOGIN_LIFE, p);
    site->known = known_browsers_make(keys, site->known_cookie, site->realm, p);
    if (site->remember)
        site->remembers =
            remembers_make(keys, site->remember_cookie, site->realm, site->remember, p);
    site->signouts = signouts_make(keys, site->realm, site->session_max, p);
    site->applicants = applicants_make(keys, site->realm, depot->revocations, p);
    if (site->dta && (site->services & SERVICE_DTA))
        site->dta_service = dta_service_make(keys, site->store, &site->log, apr_time_now(), p);
    site->phones = phones_make(&site->phone_settings, site->store, &site->throttle, keys, p);
    raise_rps(site, depot, p);
    if (!sent_raise(site, keys, p) || !site->sessions || !site->prelogins || !site->known ||
        !site->signouts || !site->rps || !site->applicants ||
        (site->remote_settings.url && !site->remote) ||
        (!site->dta_service && (site->services & SERVICE_DTA)) ||
        (!site->remembers && site->remember)) {
        log_error(&site->log, "MPIN0205", "the server's secrets can't be made: memory is out");
        apr_pool_destroy(p);
        return false;
    }
    log_debug(&site->log, "MPIN0788", "%s is served by this process from now on", site->url.text);
    __atomic_store_n(&place->now, site, __ATOMIC_RELEASE);
    return true;
}

static void place_try(place_t *place, apr_time_t now)
{
    depot_t *depot = place->depot;
    depot->tried = now;
    if (depot->store || depot_open(depot))
        place_raise(place);
}

const site_t *place_site(place_t *place)
{
    const site_t *site = __atomic_load_n(&place->now, __ATOMIC_ACQUIRE);
    depot_t *depot = place->depot;
    if (site->store || !depot->mutex || apr_thread_mutex_trylock(depot->mutex))
        return site;

    const apr_time_t now = apr_time_now();
    if (!place->now->store && now - depot->tried >= RETRY_AFTER)
        place_try(place, now);
    apr_thread_mutex_unlock(depot->mutex);
    return __atomic_load_n(&place->now, __ATOMIC_ACQUIRE);
}

/* The child's share of a depot: a pool that only the holder of the mutex touches, because requests
 * may open the store later, beside threads that use the child's own pool. */
static void depot_start(depot_t *depot, apr_pool_t *pchild)
{
    apr_allocator_t *allocator;
    if (apr_allocator_create(&allocator))
        return;
    if (apr_pool_create_ex(&depot->pool, pchild, NULL, allocator)) {
        apr_allocator_destroy(allocator);
        return;
    }
    apr_allocator_owner_set(allocator, depot->pool);
    apr_thread_mutex_create(&depot->mutex, APR_THREAD_MUTEX_DEFAULT, depot->pool);
}

static void place_start(place_t *place, apr_pool_t *pchild)
{
    depot_t *depot = place->depot;
    if (!depot->settings.keys)
        return;
    if (!depot->pool)
        depot_start(depot, pchild);
    if (depot->mutex)
        place_try(place, apr_time_now());
}

void site_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    bool first = true;
    for (server_rec *server = main_server; server; server = server->next) {
        place_t *place = directives_of(server)->place;
        if (!place || place->now->store)
            continue;
        if (first) {
            slab_lock_again();
            if (!ap_coredumpdir_configured)
                hardening_undumpable();
            first = false;
        }
        place_start(place, pchild);
        hardening_tell(&place->depot->log);
    }
}
