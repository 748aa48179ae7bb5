/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include <apr_strings.h>

/* Where state lives, as the installation has it. */
#ifndef MPIN_STATE_DIR
#define MPIN_STATE_DIR "/var/lib/apache2"
#endif
#define DEFAULT_STORE STORE_URL_IN(MPIN_STATE_DIR)
#define DEFAULT_KEY_FILE MPIN_STATE_DIR "/mpin-keys/mpin.keys"

#define DEFAULT_PATHS                                                                              \
    {                                                                                              \
        .path = {                                                                                  \
            "/login",                                                                              \
            "/logout",                                                                             \
            "/mpinAuthenticate",                                                                   \
            "/rps",                                                                                \
            "/mpin.js",                                                                            \
            "/mpin",                                                                               \
            "/mpinVerify",                                                                         \
            "/mpinActivate",                                                                       \
            "/mpinPermitUser",                                                                     \
            "/m",                                                                                  \
            "/service",                                                                            \
            "/account",                                                                            \
            "/refresh",                                                                            \
            "/mpin-status",                                                                        \
            NULL /* check */                                                                       \
        }                                                                                          \
    }
#define DEFAULT_THROTTLE                                                                           \
    {                                                                                              \
        .address = {30, apr_time_from_sec(60)}, .account = {10, apr_time_from_sec(60)},            \
        .registration = {                                                                          \
            60,                                                                                    \
            apr_time_from_sec(3600)                                                                \
        }                                                                                          \
    }

static const server_config_t defaults = {
#define SETTING(directive, type, field, standard, ...) .field = standard,
#include "config/settings.def"
};

#define SETTING(directive, type, field, standard, least, most, parser, takes)                      \
    static const char *read_##field(void *config, const words_t *words)                            \
    {                                                                                              \
        return parser(&((server_config_t *)config)->field, words);                                 \
    }
#include "config/settings.def"

const setting_t server_settings[] = {
#define SETTING(directive, type, field, standard, least, most, parser, takes)                      \
    {#directive, takes, least, most, SETTING_##field, read_##field},
#include "config/settings.def"
    {0}};

#define DIRECTORY(directive, field, least, most, parser, takes)                                    \
    static const char *read_##field(void *config, const words_t *words)                            \
    {                                                                                              \
        return parser(config, words);                                                              \
    }
#include "config/directory.def"

const setting_t directory_settings[] = {
#define DIRECTORY(directive, field, least, most, parser, takes)                                    \
    {#directive, takes, least, most, 0, read_##field},
#include "config/directory.def"
    {0}};

server_config_t *settings_make(apr_pool_t *p)
{
    return apr_pmemdup(p, &defaults, sizeof(defaults));
}

/* Each MPinPath moves one page, so a vhost's win one by one. */
static void merge_paths(paths_t *merged, const paths_t *base, const paths_t *add)
{
    for (int i = 0; i < PATH_COUNT; i++) {
        merged->path[i] = add->moved[i] ? add->path[i] : base->path[i];
        merged->moved[i] = add->moved[i] || base->moved[i];
    }
}

server_config_t *settings_merge(const server_config_t *base, const server_config_t *add,
                                apr_pool_t *p)
{
    server_config_t *merged = apr_pcalloc(p, sizeof(*merged));
#define SETTING(directive, type, field, ...)                                                       \
    merged->field = add->written[SETTING_##field] ? add->field : base->field;
#include "config/settings.def"
    for (int i = 0; i < SETTING_COUNT; i++)
        merged->written[i] = add->written[i] ? add->written[i] : base->written[i];

    merge_paths(&merged->paths, &base->paths, &add->paths);
    return merged;
}

void settings_move(server_config_t *config, apr_pool_t *p)
{
    for (int i = 0; config->path_prefix && i < PATH_COUNT; i++)
        if (!config->paths.moved[i] && defaults.paths.path[i])
            config->paths.path[i] =
                apr_pstrcat(p, config->path_prefix, defaults.paths.path[i], NULL);
}

bool settings_trust(const server_config_t *config, const char *name)
{
    for (int i = 0; config->trusted && i < config->trusted->nelts; i++)
        if (!name || !strcmp(APR_ARRAY_IDX(config->trusted, i, trusted_setting_t).name, name))
            return true;
    return false;
}

dir_config_t *directory_make(apr_pool_t *p)
{
    dir_config_t *dir = apr_pcalloc(p, sizeof(*dir));
#define DIRECTORY(directive, field, ...) dir->field = -1;
#include "config/directory.def"
    return dir;
}

dir_config_t *directory_merge(const dir_config_t *base, const dir_config_t *add, apr_pool_t *p)
{
    dir_config_t *merged = apr_pcalloc(p, sizeof(*merged));
#define DIRECTORY(directive, field, ...)                                                           \
    merged->field = add->field != -1 ? add->field : base->field;
#include "config/directory.def"
    merged->logins = add->methods != -1 ? add->logins : base->logins;
    merged->marks = add->methods != -1 ? add->marks : base->marks;
    merged->group_file = add->group_file ? add->group_file : base->group_file;
    merged->redirect = add->unauthenticated != -1 ? add->redirect : base->redirect;
    return merged;
}

const char *setting_read(const setting_t *setting, void *config, const words_t *words)
{
    if (words->count < setting->least || words->count > setting->most)
        return apr_psprintf(words->p, "it has %s words; write %s",
                            words->count < setting->least ? "too few" : "too many", setting->takes);
    return setting->parse(config, words);
}
