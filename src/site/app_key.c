/* SPDX-License-Identifier: Apache-2.0 */
#include "site/app_key.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "keys/keys_app.h"

bool app_key_read_second(depot_t *depot, const keys_t *keys, apr_pool_t *p, const char **why)
{
    const keys_app_t *ours = keys_dta_app(keys, p);
    depot->second_app = keys_app_open(depot->second->key_file, p, why);
    if (!depot->second_app)
        return false;
    if (ours && strcmp(ours->id, depot->second_app->id) &&
        sodium_memcmp(ours->key->bytes, depot->second_app->key->bytes, KEY_BYTES) != 0)
        return true;
    *why = apr_psprintf(p,
                        "MPinSecondDTA's key file %s is our own D-TA's, so that both shares would "
                        "come from here; name a D-TA with another MPinKeyFile",
                        depot->second->key_file);
    return false;
}

static void write_key_file(const server_config_t *config, apr_pool_t *p)
{
    const depot_t *depot = config->place->depot;
    const char *why = "", *path = apr_pstrcat(p, config->key_file, ".dta", NULL);
    bool made = false;
    const keys_app_t *app = depot->settings.keys ? keys_dta_app(depot->settings.keys, p) : NULL;
    if (app && !keys_app_write(app, path, &made, p, &why))
        log_warn(&depot->log, "MPIN0527", "%s", why);
    if (made)
        log_info(&depot->log, "MPIN0528",
                 "made %s: the key file of MPinSecondDTA at the RPS that asks this D-TA", path);
}

void app_key_write_files(server_rec *main_server, apr_pool_t *p)
{
    for (server_rec *server = main_server; server; server = server->next) {
        const server_config_t *config = directives_of(server);
        if (config->place && (config->service.parts & SERVICE_DTA))
            write_key_file(config, p);
    }
}
