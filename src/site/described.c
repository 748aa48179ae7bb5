/* SPDX-License-Identifier: Apache-2.0 */
#include "site/described.h"

#include <apr_file_io.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <mpm_common.h>
#include <string.h>

#include "base/json.h"
#include "config/directives.h"
#include "config/surroundings.h"
#include "site/described_lines.h"
#include "site/described_place.h"
#include "site/site.h"

static json_t *words_of(const char *const *word)
{
    json_t *words = json_array();
    while (word && *word)
        json_array_append_new(words, json_string(*word++));
    return words;
}

static json_t *described_ways(unsigned ways)
{
    json_t *words = json_array();
    if (ways & REGISTER_SIGNED_IN)
        json_array_append_new(words, json_string("signed-in"));
    if (ways & REGISTER_MAIL)
        json_array_append_new(words, json_string("mail"));
    if (ways & REGISTER_INVITE)
        json_array_append_new(words, json_string("invite"));
    if (ways & REGISTER_OPEN)
        json_array_append_new(words, json_string("open"));
    return words;
}

static json_t *described_site(const site_t *site, const server_config_t *config)
{
    json_t *json = json_object();
    json_set_text(json, "url", site->url.text);
    json_set_text(json, "title", site->title);
    json_set_text(json, "store", config->store);
    json_object_set_new(json, "store_size", json_integer(config->store_size));
    json_set_text(json, "keys", config->key_file);
    json_object_set_new(json, "passphrase", words_of(config->passphrase));
    json_set_text(json, "audit", config->audit);
    json_object_set_new(json, "mail", json_boolean(config->mail.host));
    json_set_text(json, "account", site->paths[PATH_ACCOUNT]);
    json_set_text(json, "login", site->paths[PATH_LOGIN]);
    json_set_text(json, "activate", site->paths[PATH_ACTIVATE]);
    json_object_set_new(json, "names", json_integer(site->rps_settings.names));
    json_object_set_new(json, "session_max", json_integer(apr_time_sec(config->session_max)));
    json_object_set_new(json, "service", json_boolean(site->services));
    json_object_set_new(json, "tokens", json_boolean(site->tokens));
    json_object_set_new(json, "register", described_ways(config->ways));
    return json;
}

#define AT "MPIN_AT=" /* -D MPIN_AT=URL: what holds there */

static const char *url_asked(void)
{
    const apr_array_header_t *defines = ap_server_config_defines;
    for (int i = 0; i < defines->nelts; i++)
        if (!strncmp(APR_ARRAY_IDX(defines, i, const char *), AT, sizeof AT - 1))
            return APR_ARRAY_IDX(defines, i, const char *) + sizeof AT - 1;
    return NULL;
}

static json_t *described_sites(server_rec *main_server, apr_pool_t *p)
{
    json_t *sites = json_array();
    for (server_rec *server = main_server; server; server = server->next) {
        const server_config_t *config = directives_of(server);
        site_t *site = apr_pcalloc(p, sizeof *site);
        if (config->engine && site_make(site, config, server, p))
            json_array_append_new(sites, described_site(site, config));
    }
    return sites;
}

void described_dump(apr_pool_t *p, server_rec *main_server)
{
    if (!ap_exists_config_define("DUMP_MPIN"))
        return;
    const char *url = url_asked();
    const char *pid_file = ap_pid_fname ? ap_runtime_dir_relative(p, ap_pid_fname) : NULL;
    json_t *all =
        json_tie(p, json_pack("{s:i, s:I, s:I, s:s*, s:o}", "mpin", 1, "uid",
                              (json_int_t)surroundings_uid(), "gid", (json_int_t)surroundings_gid(),
                              "pid_file", pid_file, "sites", described_sites(main_server, p)));
    if (url)
        json_object_set_new(all, "place", described_place(url, main_server, p));
    if (ap_exists_config_define("DUMP_MPIN_LINES"))
        described_lines(all, main_server, p);
    apr_file_t *out;
    if (apr_file_open_stdout(&out, p) == APR_SUCCESS)
        apr_file_printf(out, "%s\n", json_write(p, all));
}
