/* SPDX-License-Identifier: Apache-2.0 */
#include "site/sent.h"

#include "keys/secret_file.h"

#include <apr_strings.h>

#define SECRET_MAX 255 /* bytes of a line */

static bool read_sms_secret(site_t *site, const sms_setting_t *setting, apr_pool_t *p,
                            const char **why)
{
    const secret_t *secret = secret_file_line(setting->secret_file, SECRET_MAX, p, why);
    if (!secret)
        return false;
    if (setting->twilio && !sms_twilio_key_ok(secret)) {
        *why = apr_psprintf(p,
                            "%s holds no key of Twilio; write ACCOUNT:TOKEN or ACCOUNT:KEY:SECRET "
                            "in one line, where ACCOUNT is AC and 32 digits",
                            setting->secret_file);
        return false;
    }
    site->sms = setting;
    site->sms_secret = secret;
    return true;
}

static bool read_workos_key(site_t *site, const workos_setting_t *setting, apr_pool_t *p,
                            const char **why)
{
    apr_size_t len;
    const secret_t *key = secret_file_line(setting->key_file, SECRET_MAX, p, why);
    if (!key)
        return false;
    if (!workos_key(key, &len)) {
        *why = apr_psprintf(p, "%s holds no key of WorkOS; write " WORKOS_KEY_NAME "sk_... in it",
                            setting->key_file);
        return false;
    }
    site->workos = setting;
    site->workos_key = key;
    return true;
}

bool sent_read_secrets(site_t *site, const server_config_t *config, apr_pool_t *p, const char **why)
{
    bool good = true;
    site->sms = config->sms.url && !config->sms.secret_file ? &config->sms : NULL;
    if (config->sms.secret_file)
        good = read_sms_secret(site, &config->sms, p, why);
    if (config->workos.key_file)
        good = read_workos_key(site, &config->workos, p, why) && good;
    return good;
}

static peer_t peer_of(const site_t *site, const char *id, const char *who)
{
    return (peer_t){.http = site->http,
                    .seats = site->seats.senders,
                    .log = &site->log,
                    .health = ledger_health(site->ledger, LEDGER_OF_SENDERS),
                    .id = id,
                    .who = who};
}

static sms_t *raise_sms(const site_t *site, const secret_t *key, apr_pool_t *p)
{
    sms_t *sms = apr_palloc(p, sizeof(*sms));
    *sms =
        (sms_t){.setting = site->sms,
                .secret = site->sms_secret,
                .limits = {site->store, key, site->sms->day},
                .peer = peer_of(site, "MPIN0810",
                                site->sms->twilio ? "Twilio (MPinSMS)" : "the webhook of MPinSMS")};
    return sms;
}

static workos_t *raise_workos(const site_t *site, const secret_t *key, apr_pool_t *p)
{
    const char *own = site->workos->text;
    workos_t *workos = apr_palloc(p, sizeof(*workos));
    *workos = (workos_t){
        .setting = site->workos,
        .key = site->workos_key,
        .text = own ? own : apr_pstrcat(p, SMS_CODE_MARK " is your code for ", site->title, NULL),
        .issuer = site->totp_issuer ? site->totp_issuer : site->title,
        .countries = site->sms ? site->sms->countries : NULL,
        .limits = {site->store, key, site->sms ? site->sms->day : SMS_DAY},
        .peer = peer_of(site, "MPIN0812", "WorkOS")};
    return workos;
}

bool sent_raise(site_t *site, const keys_t *keys, apr_pool_t *p)
{
    if (!site->sms && !site->workos)
        return true;
    const secret_t *key = keys_derive_app(keys, "sms limits");
    if (!key)
        return false;
    if (site->sms)
        site->senders.sms = raise_sms(site, key, p);
    if (site->workos)
        site->senders.workos = raise_workos(site, key, p);
    factors_send_by(site->factors, &site->senders);
    return true;
}
