/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: store, keys and files on this machine. */
#include "config/checks.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log_daemon.h"
#include "config/mistakes.h"
#include "config/served.h"
#include "config/surroundings.h"

void check_store(const checked_t *site)
{
    const char *dir = store_directory(site->config->store);
    const written_t *at = check_at(site, SETTING_store);
    const char *refused = store_refuses(site->config->store, site->pconf);
    if (refused)
        mistake_around(site->pconf, at, "%s; write MPinStore " STORE_URL_FORM " of such a one",
                       refused);

    const char *too_large =
        store_refuses_size(site->config->store, site->config->store_size, site->pconf);
    if (too_large)
        mistake_around(site->pconf, check_at(site, SETTING_store_size), "%s", too_large);

    const char *by = dir ? served_by(dir, site->main_server, site->pconf) : NULL;
    if (by)
        mistake(site->pconf, at,
                "%s lies inside of %s, where it could be served; write MPinStore " STORE_URL_FORM
                " outside",
                dir, by);
}

/* What keys_open will refuse, as far as it can be seen without reading a key. A user who may
 * not look (EACCES) is not the one who starts httpd: no mistake. */
void check_keys(const checked_t *site)
{
    const char *file = site->config->key_file, *dir = store_directory(site->config->store);
    const written_t *at = check_at(site, SETTING_key_file);
    if (dir && surroundings_inside(file, dir))
        mistake(site->pconf, at,
                "the key file %s lies inside of the store, so that who gets one has both; write "
                "MPinKeyFile in a directory of its own",
                file);

    struct stat st;
    if (!lstat(file, &st) && (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO))))
        mistake_around(
            site->pconf, at,
            "the key file %s must be a plain file that only its owner can read; chmod 600 it",
            file);

    const apr_uid_t uid = surroundings_uid();
    const char *own = apr_pstrmemdup(site->pconf, file, (apr_size_t)(strrchr(file, '/') - file));
    if (geteuid() || !uid || stat(*own ? own : "/", &st))
        return;
    if (st.st_uid == uid || (st.st_mode & S_IWOTH) ||
        ((st.st_mode & S_IWGRP) && st.st_gid == surroundings_gid()))
        mistake_around(site->pconf, at,
                       "the user that httpd runs as can write the directory %s of the key file; "
                       "chown it to root and chmod 700 it",
                       own);
}

/* One word on a file or directory that must be there; who may not look is not the one who starts
 * httpd. */
static void check_there(const checked_t *site, int setting, const char *path, mode_t type,
                        const char *mend)
{
    struct stat st;
    if (stat(path, &st) ? errno != EACCES : (st.st_mode & S_IFMT) != type)
        mistake_around(site->pconf, check_at(site, setting), "%s is no such %s; %s", path,
                       type == S_IFDIR ? "directory" : "file", mend);
}

void check_secret(const checked_t *site, int setting, const char *file)
{
    struct stat info;
    const written_t *at = check_at(site, setting);
    if (stat(file, &info) ? errno != EACCES : !S_ISREG(info.st_mode))
        mistake_around(site->pconf, at, "%s is no such file; make it, with a secret in one line",
                       file);
    else if (!stat(file, &info) && (info.st_mode & (S_IRWXG | S_IRWXO)))
        mistake_around(site->pconf, at,
                       "the secret's file %s can be read by others than its owner; chmod 600 it",
                       file);
}

void check_program(const checked_t *site, int setting, const char *program)
{
    if (access(program, X_OK) && errno != EACCES)
        mistake_around(site->pconf, check_at(site, setting),
                       "%s is no such program; write exec:/full/path", program);
}

/* It may come later: records are lost and counted until it does. */
static void check_log_daemon(const checked_t *site)
{
    struct stat st;
    const char *wrong;
    const log_daemon_t *daemon = log_daemon_make(site->config->audit, site->pconf, &wrong);
    if (daemon && (stat(log_daemon_socket(daemon), &st) ? errno != EACCES : !S_ISSOCK(st.st_mode)))
        mistake_maybe(site->pconf, check_at(site, SETTING_audit),
                      "no log daemon listens at %s; start it, or name its socket, as in "
                      "syslog:auth:/dev/log",
                      log_daemon_socket(daemon));
}

static void check_audit(const checked_t *site)
{
    const char *audit = site->config->audit;
    const char *slash = audit ? strrchr(audit, '/') : NULL;
    if (audit && log_daemon_named(audit))
        check_log_daemon(site);
    else if (audit && *audit != '|' && slash != audit)
        check_there(site, SETTING_audit,
                    apr_pstrmemdup(site->pconf, audit, (apr_size_t)(slash - audit)), S_IFDIR,
                    "make it, so that the audit log can be written there");
}

void check_files(const checked_t *site)
{
    const server_config_t *config = site->config;
    if (config->templates)
        check_there(site, SETTING_templates, config->templates, S_IFDIR,
                    "make it, or remove the line");
    if (config->allow.kind == ALLOW_FILE)
        check_there(site, SETTING_allow, config->allow.file, S_IFREG,
                    "make it, with one name or @domain a line");
    if (config->passphrase)
        check_program(site, SETTING_passphrase, config->passphrase[0]);
    check_audit(site);
}
