/* SPDX-License-Identifier: Apache-2.0 */
#include "site/start.h"

#include <apr_strings.h>
#include <http_core.h>
#include <ap_mpm.h>
#include <http_log.h>
#include <sodium.h>
#include <string.h>

#include "site/app_key.h"
#include "site/audit.h"
#include "site/counters.h"
#include "site/outline.h"
#include "keys/hardening.h"
#include "keys/passphrase.h"
#include "site/place.h"
#include "site/sent.h"
#include "keys/secret_file.h"
#include "site/sink.h"
#include "config/surroundings.h"

APLOG_USE_MODULE(auth_mpin);

#define MAIL_PASSWORD_MAX 256 /* bytes */
#define SERVICE_SECRET_MIN 16 /* bytes */
#define SERVICE_SECRET_MAX 128

int site_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf, (void)plog, (void)ptemp;
    return sodium_init() < 0 ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

/* Makes the key file where there is no store yet. Beside a store with records a missing one is an
 * error: with fresh keys nobody could sign in, and the old file would be forgotten. */
static keys_status_t first_keys(keys_t **keys, const depot_t *depot, const secret_t *passphrase,
                                apr_pool_t *p, const char **why)
{
    const char *file = depot->config->key_file;
    if (store_exists(depot->settings.url, p)) {
        *why = apr_psprintf(p,
                            "key file %s is missing, but its store %s is in use; restore the file "
                            "from a copy, or remove the store and everybody's PIN with it",
                            file, depot->settings.url);
        return KEYS_MISSING;
    }
    const keys_status_t status = keys_create(file, passphrase, p, why);
    if (status && status != KEYS_EXISTS) /* another httpd that starts now may be first */
        return status;
    log_warn(&depot->log, "MPIN0201", "made the key file %s: keep a copy in a safe place", file);
    return keys_open(keys, file, passphrase, depot->settings.uid, p, why);
}

bool depot_prepare(depot_t *depot, apr_pool_t *p, const char **why)
{
    const server_config_t *config = depot->config;
    const secret_t *passphrase = NULL;
    if (config->passphrase &&
        !(passphrase = passphrase_read("MPinKeyPassphrase", config->passphrase, p, why)))
        return false;

    keys_t *keys;
    keys_status_t status =
        keys_open(&keys, config->key_file, passphrase, depot->settings.uid, p, why);
    if (status == KEYS_MISSING)
        status = first_keys(&keys, depot, passphrase, p, why);
    if (status)
        return false;

    log_debug(&depot->log, "MPIN0789", "the key file %s is open, for the store %s%s%s",
              config->key_file, depot->settings.url, depot->second ? ", beside the D-TA " : "",
              depot->second ? depot->second->url : "");
    if (depot->second && !app_key_read_second(depot, keys, p, why))
        return false;
    depot->settings.keys = keys;
    depot->read = apr_time_now();
    const store_status_t prepared = store_prepare(&depot->settings, p, why);
    if (prepared == STORE_FULL) /* the disk: no reason to keep other sites from starting */
        log_error(&depot->log, "MPIN0206", "%s; until then every page of ours answers 503", *why);
    else if (prepared != STORE_OK)
        depot->settings.keys = NULL;
    return depot->settings.keys != NULL;
}

/* The depot of a server's store, made at its first vhost. */
static depot_t *depot_of(apr_array_header_t *depots, const server_config_t *config,
                         server_rec *server, apr_pool_t *p)
{
    for (int i = 0; i < depots->nelts; i++) {
        depot_t *depot = APR_ARRAY_IDX(depots, i, depot_t *);
        if (!strcmp(depot->config->store, config->store))
            return depot;
    }
    depot_t *depot = apr_pcalloc(p, sizeof(*depot));
    depot->config = config;
    depot->log = sink_of(server);
    depot->settings = (store_settings_t){.url = config->store,
                                         .quota = config->store_size,
                                         .uid = surroundings_uid(),
                                         .gid = surroundings_gid(),
                                         .log = &depot->log};
    APR_ARRAY_PUSH(depots, depot_t *) = depot;
    return depot;
}

/* Tells what keeps a site from working. At a start that is the end of it; a server that already
 * serves goes on, and the site answers 503. */
static int refuse_to_serve(const server_rec *server, const char *why)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server, "MPIN0202: %s", why);
    return surroundings_reload() ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

/* What applications, or an RPS elsewhere, name themselves by. NULL: `*why` says what is wrong with
 * the file. */
static const secret_t *read_service_secret(const char *file, apr_pool_t *p, const char **why)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    const secret_t *secret = secret_file_line(file, SERVICE_SECRET_MAX, p, why);
    if (!secret)
        return NULL;
    if (secret->len >= SERVICE_SECRET_MIN &&
        strspn((const char *)secret->bytes, good) == secret->len)
        return secret;
    *why = apr_psprintf(p,
                        "%s holds no secret that a URL can carry; write %d to %d letters and "
                        "digits, as openssl rand -hex 32 makes them",
                        file, SERVICE_SECRET_MIN, SERVICE_SECRET_MAX);
    return NULL;
}

/* Where the right secret can't be read, nobody knows the one that counts. */
static int set_secret(const secret_t **secret, const char *file, const server_rec *server,
                      apr_pool_t *p)
{
    const char *why = "";
    *secret = read_service_secret(file, p, &why);
    if (*secret)
        return OK;
    secret_t *unknown = secret_make(p, SERVICE_SECRET_MAX);
    if (!unknown)
        return HTTP_INTERNAL_SERVER_ERROR;
    randombytes_buf(unknown->bytes, unknown->len);
    *secret = unknown;
    return refuse_to_serve(server, why);
}

static int set_secrets(site_t *site, const server_config_t *config, const server_rec *server,
                       apr_pool_t *p)
{
    int status = OK;
    if (config->service.secret_file)
        status = set_secret(&site->service_secret, config->service.secret_file, server, p);
    if (status == OK && config->rps.secret_file)
        status = set_secret(&site->rps_secret, config->rps.secret_file, server, p);
    site->remote_settings.secret = site->rps_secret;
    site->rps_settings.service_secret = site->service_secret;
    if (status == OK && config->issue_otp.secret_file)
        status = set_secret(&site->service_secret, config->issue_otp.secret_file, server, p);
    return status;
}

/* Without its password, at a reload, no mail leaves: they wait for it, and nobody goes untold. */
static int set_mail(site_t *site, const server_config_t *config, const server_rec *server,
                    apr_pool_t *p)
{
    const mail_server_t *mail = &config->mail;
    const char *why = "";
    const secret_t *password = NULL;
    if (mail->password_file)
        password = secret_file_line(mail->password_file, MAIL_PASSWORD_MAX, p, &why);
    else if (mail->password_command)
        password = passphrase_read("MPinMail", mail->password_command, p, &why);
    site->rps_settings.mail_site = site->url.text;
    if (mail->user && !password)
        return refuse_to_serve(server, why);

    smtp_server_t *smtp = apr_pcalloc(p, sizeof(*smtp));
    *smtp = (smtp_server_t){.host = mail->host,
                            .port = mail->port,
                            .security = mail->security,
                            .user = mail->user,
                            .password = password,
                            .from = config->mail_from};
    if (!smtp->from)
        smtp->from = apr_pstrcat(p, "no-reply@", site->url.host, NULL);
    site->mail = smtp;
    return OK;
}

/* A reload goes on without it: records are lost and counted until a file can be opened. */
static int set_audit(site_t *site, const server_config_t *config, const server_rec *server,
                     apr_pool_t *p)
{
    site->audit = audit_open(config->audit, p);
    if (site->audit)
        return OK;
    site->audit = audit_without(config->audit, p);
    return refuse_to_serve(
        server, apr_psprintf(p, "MPinAuditLog %s can't be opened; check the path and its rights",
                             config->audit));
}

/* The health of a second D-TA is kept where the first of its vhosts counts. */
static void count_at(place_t *place, const server_rec *server)
{
    ledger_t *ledger = counters_of(server, place->down.url.text);
    depot_t *depot = place->depot;
    place->down.ledger = ledger;
    place->down.remote_settings.health = ledger_health(ledger, LEDGER_OF_RPS);
    if (!depot->health)
        depot->health = ledger_health(ledger, LEDGER_OF_DTA);
    place->down.dta_health = depot->health;
}

static int make_place(server_config_t *config, server_rec *server, apr_array_header_t *depots,
                      apr_pool_t *p)
{
    place_t *place = place_make(config, server, p);
    if (!place)
        return refuse_to_serve(server, "no public URL; write MPinPublicURL");
    place->depot = depot_of(depots, config, server, p);
    if (place->depot->longest < config->session_max)
        place->depot->longest = config->session_max;
    if (config->second_dta.url && !config->rps.url && config->service.parts != SERVICE_DTA)
        place->depot->second = &config->second_dta;
    place->down.second_dta = place->depot->second != NULL;
    config->place = place;
    count_at(place, server);
    place->down.accounts = &place->depot->accounts;
    if (config->audit && set_audit(&place->down, config, server, p) != OK)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (config->mail.host && set_mail(&place->down, config, server, p) != OK)
        return HTTP_INTERNAL_SERVER_ERROR;
    const char *why = "";
    if (!sent_read_secrets(&place->down, config, p, &why) && refuse_to_serve(server, why) != OK)
        return HTTP_INTERNAL_SERVER_ERROR;
    return set_secrets(&place->down, config, server, p);
}

/* All vhosts of a store are known now, and so is whether names come from their providers only. */
static void finish_accounts(depot_t *depot, server_rec *main_server, apr_pool_t *p)
{
    accounts_find_files(&depot->accounts, main_server, p);
    for (server_rec *server = main_server; server; server = server->next) {
        const server_config_t *config = directives_of(server);
        if (config->place && config->place->depot == depot)
            config->place->down.recheck = config->recheck && !config->service.parts &&
                                          accounts_end_sessions(&depot->accounts);
    }
}

/* A request that waits for a phone, an application, an RPS, a D-TA or a sender of SMS holds a worker meanwhile: for
 * each of them a tenth may. False: memory is out. */
static bool make_seats(seat_pools_t *seats, apr_pool_t *p)
{
    int daemons = 1, threads = 1;
    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons); /* by MaxRequestWorkers, not ServerLimit */
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    const int tenth = daemons * (threads > 0 ? threads : 1) / 10;
    *seats = (seat_pools_t){seats_make(tenth, p), seats_make(tenth, p), seats_make(tenth, p),
                            seats_make(tenth, p), seats_make(tenth, p)};
    return seats->phones && seats->applications && seats->rps && seats->dta && seats->senders;
}

/* A vhost without directives of ours has those of the main server, but not always its address: on
 * loopback the vhost's own port is its public URL, unless one is written. */
static server_config_t *config_of_its_own(server_rec *server, apr_pool_t *p)
{
    server_config_t *config = directives_of(server);
    public_url_t url;
    if (!config->place || config->written[SETTING_public_url] ||
        !surroundings_local_url(server, &url, p) ||
        strcmp(url.text, config->place->down.url.text) == 0)
        return config;
    server_config_t *own = apr_pmemdup(p, config, sizeof(*own));
    own->place = NULL;
    ap_set_module_config(server->module_config, &auth_mpin_module, own);
    return own;
}

int site_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *main_server)
{
    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;

    apr_array_header_t *depots = apr_array_make(ptemp, 2, sizeof(depot_t *));
    seat_pools_t seats;
    together_t *together = together_make(together_places(), pconf);
    if (!together || !make_seats(&seats, pconf))
        return HTTP_INTERNAL_SERVER_ERROR;
    hardening_share(pconf);
    audit_begin(main_server);
    for (server_rec *server = main_server; server; server = server->next) {
        server_config_t *config = config_of_its_own(server, pconf);
        if (config->engine && !config->place && make_place(config, server, depots, pconf) != OK)
            return HTTP_INTERNAL_SERVER_ERROR;
        if (!config->place)
            continue;
        config->place->down.seats = seats;
        config->place->down.together = together;
        accounts_add(&config->place->depot->accounts, config, server, main_server,
                     config->place->down.providers, pconf); /* its <Location>s are its own */
    }

    for (int i = 0; i < depots->nelts; i++) {
        const char *why = "";
        depot_t *depot = APR_ARRAY_IDX(depots, i, depot_t *);
        depot->seats = seats.dta;
        finish_accounts(depot, main_server, pconf);
        if (!depot_prepare(depot, pconf, &why) && refuse_to_serve(main_server, why) != OK)
            return HTTP_INTERNAL_SERVER_ERROR;
    }
    audit_settle(main_server, pconf);
    app_key_write_files(main_server, ptemp);
    for (const server_rec *server = main_server; server; server = server->next)
        if (directives_of(server)->place)
            outline_say(directives_of(server)->place, ptemp);
    return OK;
}
