/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>

#include "config/hooks.h"
#include "config/mistakes.h"

#define WRITTEN "mod_auth_mpin directory directives"

/* httpd's own test for directives that stand in a .htaccess file. */
static bool in_htaccess(const cmd_parms *cmd)
{
    return cmd->pool == cmd->temp_pool;
}

static written_t written_at(const cmd_parms *cmd)
{
    return (written_t){cmd->cmd->name, cmd->directive->filename, cmd->directive->line_num};
}

/* A mistake in the configuration proper is told by check_config, in one line and together with all
 * others; one in .htaccess goes back to httpd, which logs it and answers 500. */
static const char *directive_wrong(cmd_parms *cmd, const char *what)
{
    if (in_htaccess(cmd))
        return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, what);
    const written_t at = written_at(cmd);
    mistake(cmd->server->process->pconf, &at, "%s", what);
    return NULL;
}

/* httpd's words lie in its scratch pool; ours last as long as the configuration. */
static words_t lasting_words(cmd_parms *cmd, int argc, char *const argv[])
{
    char **word = apr_palloc(cmd->pool, sizeof(*word) * (apr_size_t)argc);
    for (int i = 0; i < argc; i++)
        word[i] = apr_pstrdup(cmd->pool, argv[i]);
    return (words_t){argc, word, ap_server_root, cmd->pool};
}

static const char *server_directive(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    (void)dir;
    const setting_t *setting = &server_settings[(apr_size_t)cmd->info];
    if (ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT))
        return directive_wrong(
            cmd,
            "it stands in a section, but belongs to a whole server; move it out of the section");

    server_config_t *config = ap_get_module_config(cmd->server->module_config, &auth_mpin_module);
    const words_t words = lasting_words(cmd, argc, argv);
    const char *what = setting_read(setting, config, &words);
    const written_t at = written_at(cmd);
    config->written[setting->index] = apr_pmemdup(cmd->pool, &at, sizeof(at));
    return what ? directive_wrong(cmd, what) : NULL;
}

static apr_array_header_t *directory_list(apr_pool_t *pconf)
{
    void *list;
    apr_pool_userdata_get(&list, WRITTEN, pconf);
    if (!list) {
        list = apr_array_make(pconf, 4, sizeof(directory_written_t));
        apr_pool_userdata_setn(list, WRITTEN, NULL, pconf);
    }
    return list;
}

const apr_array_header_t *directives_of_directories(apr_pool_t *pconf)
{
    return directory_list(pconf);
}

bool directives_name_no_login(const cmd_parms *cmd, const char *name)
{
    const server_config_t *config = directives_of(cmd->server);
    return in_htaccess(cmd) && config->engine && config->paths.path[PATH_LOGIN] &&
           !settings_trust(config, name);
}

static const char *names_no_login(const cmd_parms *cmd, const dir_config_t *dir)
{
    for (int i = 0; dir->logins && i < dir->logins->nelts; i++)
        if (directives_name_no_login(cmd, APR_ARRAY_IDX(dir->logins, i, const char *)))
            return apr_psprintf(
                cmd->pool,
                "\"%s\" is no login here; write pin, password, passkey, trusted, or "
                "the name of an MPinTrustedLogin",
                APR_ARRAY_IDX(dir->logins, i, const char *));
    return NULL;
}

static const char *directory_directive(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    if (!cmd->path)
        return directive_wrong(
            cmd, "it stands for the whole server, but belongs to a place; move it into a "
                 "<Location> or the like");

    const words_t words = lasting_words(cmd, argc, argv);
    const char *what = setting_read(&directory_settings[(apr_size_t)cmd->info], dir, &words);
    if (!what)
        what = names_no_login(cmd, dir);
    if (what)
        return directive_wrong(cmd, what);
    if (!in_htaccess(cmd)) {
        directory_written_t *written = apr_array_push(directory_list(cmd->server->process->pconf));
        *written = (directory_written_t){cmd->server, dir, written_at(cmd)};
    }
    return NULL;
}

static const char *unbuilt_directive(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    (void)dir, (void)argc, (void)argv;
    return directive_wrong(cmd, "it is not part of this version; remove the line");
}

/* httpd tells every module that knows a directive. mod_authz_groupfile's own copy is nobody else's to
 * read, and MPinPassHeaders has groups of the same file. */
static const char *hear_group_file(cmd_parms *cmd, void *dir, const char *file)
{
    ((dir_config_t *)dir)->group_file = ap_server_root_relative(cmd->pool, file);
    return NULL;
}

enum {
#define DIRECTORY(directive, field, ...) DIRECTORY_##field,
#include "config/directory.def"
};

/* httpd lets both kinds in everywhere, so that we can say in our one line where they belong. */
const command_rec config_directives[] = {
#define SETTING(directive, type, field, standard, least, most, parser, takes)                      \
    AP_INIT_TAKE_ARGV(#directive, server_directive, (void *)SETTING_##field,                       \
                      RSRC_CONF | ACCESS_CONF, takes),
#include "config/settings.def"
#define DIRECTORY(directive, field, least, most, parser, takes)                                    \
    AP_INIT_TAKE_ARGV(#directive, directory_directive, (void *)DIRECTORY_##field,                  \
                      RSRC_CONF | OR_AUTHCFG, takes),
#include "config/directory.def"
    AP_INIT_TAKE1("AuthGroupFile", hear_group_file, NULL, OR_AUTHCFG, "a file of groups"),
#define UNBUILT(directive)                                                                         \
    AP_INIT_TAKE_ARGV(#directive, unbuilt_directive, NULL, RSRC_CONF | OR_AUTHCFG,                 \
                      "not part of this version"),
#include "config/unbuilt.def"
    {NULL}};

void *config_server_create(apr_pool_t *p, server_rec *server)
{
    (void)server;
    return settings_make(p);
}

void *config_server_merge(apr_pool_t *p, void *base, void *add)
{
    return settings_merge(base, add, p);
}

void *config_dir_create(apr_pool_t *p, char *path)
{
    (void)path;
    return directory_make(p);
}

void *config_dir_merge(apr_pool_t *p, void *base, void *add)
{
    return directory_merge(base, add, p);
}

server_config_t *directives_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &auth_mpin_module);
}
