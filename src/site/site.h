/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_SITE_H
#define MPIN_SITE_SITE_H

#include "base/http.h"
#include "base/journal.h"
#include "base/seats.h"
#include "base/ledger.h"
#include "keys/secret.h"
#include "config/directives.h"
#include "site/accounts.h"
#include "notice/own.h"
#include "dta/serve.h"
#include "factor/factors.h"
#include "factor/senders.h"
#include "factor/webauthn.h"
#include "people/token_cache.h"
#include "remote/remote.h"
#include "session/applicant.h"
#include "session/remember.h"
#include "session/signout.h"

/* Where workers wait for somebody else: a tenth of the server's in each, so that those whom one
 * kind keeps waiting take no other kind's place. */
typedef struct seat_pools_t {
    seats_t *phones, *applications, *rps, *dta, *senders;
} seat_pools_t;

/* A vhost on which the engine is on, ready to work: the settings in force, and the library's
 * objects made from them in each child. A site that site_of hands out never changes and is shared
 * by all threads. */
typedef struct site_t {
    /* settings */
    unsigned services; /* SERVICE_ bits; none = a site */
    /* what applications name themselves by (MPinService's, at a site MPinIssueOTP's); NULL: only
     * who is on this machine may ask */
    const secret_t *service_secret;
    const secret_t *rps_secret;     /* the same of an RPS elsewhere, which we name at it too */
    const apr_array_header_t *cors; /* of const char *, origins whose pages may use the RPS; NULL =
                                       our own only */

    public_url_t url;
    const char *paths[BASE_COUNT]; /* absolute path, "" = the root, NULL = off */
    bool path_starts[256];         /* true for what follows the "/" of one of them */
    const char *session_cookie;    /* "__Host-mpin" or "mpin" */
    const char *prelogin_cookie;   /* "__Host-mpin-login" or "mpin-login" */
    const char *known_cookie;      /* "__Host-mpin-known" or "mpin-known" */
    const char *remember_cookie;   /* "__Host-mpin-remember" or "mpin-remember" */
    const char *cookie_attributes; /* "; Path=/; Secure; HttpOnly; SameSite=Lax" */
    const char *realm;             /* bound into every seal */
    const char *after_login;
    const char *after_logout;
    return_hosts_t return_hosts; /* other hosts that a login may lead back to */
    const char *title;
    const char *logo; /* path or NULL */
    templates_t templates;
    const char *content_policy;       /* of pages: Content-Security-Policy */
    const apr_array_header_t *admins; /* of const char *: who may see /mpin-status; NULL: nobody */
    uint32_t refused_amr;             /* amr_t bits of sessions that count for nothing here */
    uint32_t methods; /* FACTOR_BITs of what signs in here; all where login is elsewhere */
    const apr_array_header_t *providers; /* of password_provider_t, empty = no password form */
    const accounts_t *accounts;          /* where the names of its store come from */
    relying_party_t passkeys;            /* `id` NULL: there are none here */
    const apr_array_header_t *trusted;   /* of trusted_login_t (trusted_logins.h), NULL: none */
    apr_interval_time_t trusted_max_age; /* MPinTrustedMaxAge, 0: none is ever too old */
    const char *totp_issuer;             /* MPinTOTP, NULL: nobody sets an app up */
    const sms_setting_t *sms;            /* MPinSMS, NULL: no SMS; and its secret, NULL: none */
    const secret_t *sms_secret;
    const workos_setting_t *workos; /* MPinWorkOS, NULL: none */
    const secret_t *workos_key;
    bool second_enrol; /* who never had a second step sets one up where it is asked for */
    bool recheck; /* a session in use ends once its name is no longer theirs (MPinRecheckUser) */
    tokens_setting_t tokens;                /* MPinTokens */
    apr_interval_time_t remember;           /* MPinRememberBrowser, 0: no browser is */
    const apr_array_header_t *pass_headers; /* of pass_header_t */
    /* of const char *, for the application that says who may register; NULL = none */
    const apr_array_header_t *forward_headers;
    apr_interval_time_t session_idle, session_max;
    bool all_loopback;      /* every Listen address is loopback, and so is the public URL */
    bool open_registration; /* the demo banner */
    rps_settings_t rps_settings;
    phone_settings_t phone_settings;
    remote_settings_t remote_settings;
    throttle_t throttle;
    journal_t *audit;                    /* MPinAuditLog, NULL without */
    const smtp_server_t *mail;           /* MPinMail, NULL without; `stop` is its sender's to set */
    const char *contact;                 /* MPinContact or NULL */
    const char *accent;                  /* MPinAccent as CSS, NULL: mpin.css' own */
    const char *version;                 /* of the files of ours that pages refer to */
    const char *assets;                  /* the path of these, or NULL */
    const apr_array_header_t *links;     /* of page_link_t, MPinLinks or NULL */
    const apr_array_header_t *languages; /* of const char *, MPinLanguage, NULL: all that we have */
    seat_pools_t seats;
    together_t *together;       /* where this process judges proofs, of all vhosts */
    ledger_t *ledger;           /* what has happened here; NULL: nobody counts */
    const health_t *dta_health; /* of the second D-TA, which vhosts of one store share; or NULL */
    bool second_dta;            /* there is one */
    log_sink_t log;

    /* made in child_init; NULL while `store` could not be opened: every route then answers 503 */
    store_t *store;
    revocations_t *revocations;
    sessions_t *sessions;
    prelogins_t *prelogins;
    known_browsers_t *known;
    remembers_t *remembers; /* NULL without MPinRememberBrowser */
    signouts_t *signouts;
    applicants_t *applicants;
    people_t *people;
    token_cache_t *tokens_seen; /* NULL without MPinTokens */
    factors_t *factors;
    senders_t senders;
    http_t *http;
    dta_t *dta;
    dta_service_t *dta_service; /* on vhosts with MPinService dta */
    phones_t *phones;
    rps_t *rps;
    remote_t *remote; /* an RPS elsewhere, NULL without */
} site_t;

/* Fills a site, zero until then, with the settings in force of a server with the engine on: what
 * can be known before a store is open. False: it has no public URL and none can be told. */
bool site_make(site_t *site, const server_config_t *config, server_rec *server, apr_pool_t *p);

/* The site of a server, NULL where the engine is off. Where its store is open that is a look-up;
 * where it is not, one request a second tries to open it first. */
const site_t *site_of(const server_rec *server);

/* The key file of a server with the engine on; NULL where the parent could not read it. */
const keys_t *site_keys(const server_rec *server);

/* The directory's configuration in force. */
static inline const dir_config_t *site_directory(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &auth_mpin_module);
}

#endif
