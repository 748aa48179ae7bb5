/* SPDX-License-Identifier: Apache-2.0 */
/* mpinctl: what an administrator does for people, beside the running server. Every command is a row
 * of one table; what it needs is opened before it begins. */
#include <apr_general.h>
#include <apr_strings.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/backup.h"
#include "ctl/changes.h"
#include "ctl/doctor.h"
#include "ctl/explain.h"
#include "ctl/inspect.h"
#include "ctl/look.h"
#include "ctl/root_keys.h"
#include "ctl/manual.h"
#include "ctl/opened.h"
#include "ctl/listed.h"
#include "keys/hardening.h"

#define YES OPTION_BIT(OPTION_YES)
#define DAYS OPTION_BIT(OPTION_DAYS)
#define LIMITS (OPTION_BIT(OPTION_NAME) | OPTION_BIT(OPTION_PATHS) | OPTION_BIT(OPTION_METHODS))
#define WHOM (OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_ALL))

const command_t commands[] = {
    /* name, words behind it, least, most, options, what it needs, function, help */
    {"users", "[TEXT]", 0, 1, 0, NEEDS_STORE, ctl_users,
     "list everybody, or those whose name has the text in it"},
    {"user", "NAME", 1, 1, 0, NEEDS_STORE, ctl_user,
     "show one user: devices and wrong PINs, passkeys, second steps, sessions"},
    {"user disable", "NAME", 1, 1, YES, NEEDS_STORE, ctl_user_disable,
     "shut a user out at once, and keep all that they have"},
    {"user enable", "NAME", 1, 1, YES, NEEDS_STORE, ctl_user_enable,
     "let a disabled user in again"},
    {"user delete", "NAME", 1, 1, YES, NEEDS_STORE, ctl_user_delete,
     "end and erase all of a user; the name is free after 30 days"},
    {"device unlock", "HANDLE", 1, 1, YES, NEEDS_STORE, ctl_device_unlock,
     "let a device that is locked after wrong PINs take its PIN again"},
    {"device remove", "[HANDLE]", 0, 1, YES | WHOM, NEEDS_STORE, ctl_device_remove,
     "withdraw a device, or all of one user or of everybody, and end their sessions"},
    {"factor reset", "NAME", 1, 1, YES, NEEDS_STORE, ctl_factor_reset,
     "erase a user's passkeys, second steps, recovery codes and remembered browsers"},
    {"session end", "", 0, 0, YES | WHOM, NEEDS_STORE, ctl_session_end,
     "sign one user, or everybody, out everywhere"},
    {"name free", "NAME", 1, 1, YES, NEEDS_STORE, ctl_name_free,
     "take a name back from who was merely the first to register it"},
    {"invite", "NAME", 1, 1, YES | DAYS, NEEDS_STORE, ctl_invite,
     "make a link by which somebody sets up a device as NAME, good once, for 7 days"},
    {"token add", "NAME", 1, 1, YES | DAYS | LIMITS, NEEDS_STORE, ctl_token_add,
     "make a token by which a program comes in as NAME, shown once, for 90 days"},
    {"token list", "[NAME]", 0, 1, 0, NEEDS_STORE, ctl_token_list,
     "list everybody's tokens, or those of one user"},
    {"token remove", "ID", 1, 1, YES, NEEDS_STORE, ctl_token_remove, "end a token at once"},
    {"keys", "", 0, 0, 0, NEEDS_KEYS, ctl_keys,
     "list the root keys of the key file: which one seals, and which still open"},
    {"keys show", "", 0, 0, 0, NEEDS_KEYS, ctl_keys, "the same as keys"},
    {"keys rotate", "", 0, 0, YES, NEEDS_KEYS, ctl_keys_rotate,
     "seal by a new root key from now on; nobody is signed out"},
    {"keys retire", "NUMBER", 1, 1, YES, NEEDS_KEYS, ctl_keys_retire,
     "seal all anew that an old root key has sealed, and take it out of the key file"},
    {"store stats", "", 0, 0, 0, NEEDS_STORE, ctl_store_stats, "say how full the store is"},
    {"store check", "", 0, 0, 0, NEEDS_STORE, ctl_store_check,
     "open every lasting record, and name what does not open"},
    {"store compact", "", 0, 0, YES, NEEDS_KEYS, ctl_store_compact,
     "write the store's files anew without what is unused, while httpd is stopped"},
    {"backup", "DIR", 1, 1, 0, NEEDS_SITE, ctl_backup,
     "copy store and keys, sealed by a passphrase, while the server works"},
    {"restore", "DIR", 1, 1, YES, NEEDS_SITE, ctl_restore,
     "make store and keys of such a copy, here or on another machine; everybody is signed out"},
    {"check", "URL", 1, 1, OPTION_BIT(OPTION_CONNECT_TO), NEEDS_NOTHING, ctl_check,
     "ask a site as a browser would, and say what is to mend; from any machine"},
    {"explain", "URL USER", 2, 2, 0, NEEDS_NOTHING, ctl_explain,
     "say whether USER would come in at URL, by what, and what is missing"},
    {"doctor", "", 0, 0, 0, NEEDS_NOTHING, ctl_doctor,
     "read the configuration of httpd, and say what in it and around it is unsafe"},
    {"help", "", 0, 0, 0, NEEDS_NOTHING, ctl_help, "list the commands"},
    {"help man", "", 0, 0, 0, NEEDS_NOTHING, ctl_manual, "print the man page"},
    {"help completion", "", 0, 0, 0, NEEDS_NOTHING, ctl_completion, "print what bash completes by"},
    {.name = NULL}};

/* ---- which one ------------------------------------------------------------------------------- */

static int words_in(const char *name)
{
    return strchr(name, ' ') ? 2 : 1;
}

static bool is_typed(const command_t *command, const options_t *options)
{
    const char *space = strchr(command->name, ' ');
    if (options->settled < words_in(command->name))
        return false;
    if (!space)
        return !strcmp(command->name, options->word[0]);
    const apr_size_t len = (apr_size_t)(space - command->name);
    return strlen(options->word[0]) == len && !strncmp(command->name, options->word[0], len) &&
           !strcmp(space + 1, options->word[1]);
}

/* Two words before one: "user disable" is no user of that name. */
static const command_t *command_typed(const options_t *options)
{
    const command_t *found = NULL;
    for (const command_t *command = commands; command->name; command++)
        if (is_typed(command, options) && (!found || words_in(found->name) == 1))
            found = command;
    return found;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void write_log(void *baton, log_level_t level, const char *id, const char *text)
{
    (void)baton, (void)level;
    fprintf(stderr, "%s: %s\n", id, text);
}

/* The audit log names a person: the one who became root by sudo, where that is known. */
static const char *operator_of(apr_pool_t *p)
{
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *entry = getpwuid(getuid());
    const char *own = entry ? entry->pw_name : apr_psprintf(p, "%ld", (long)getuid());
    return sudo && *sudo && !geteuid() ? apr_pstrdup(p, sudo) : apr_pstrdup(p, own);
}

static ctl_end_t run(const command_t *command, const options_t *options, apr_pool_t *p)
{
    ctl_t ctl = {.p = p,
                 .options = options,
                 .word = options->word + words_in(command->name),
                 .now = apr_time_now(),
                 .log = {write_log, NULL, LOG_LEVEL_WARN},
                 .operator_name = operator_of(p)};
    const unsigned foreign = options->had & ~(OPTIONS_ALWAYS | command->options);
    const int words = options->count - words_in(command->name);
    if (options->given[OPTION_HELP]) {
        manual_command(command);
        return CTL_DONE;
    }
    for (int i = 0; i < OPTION_COUNT; i++)
        if (foreign & OPTION_BIT(i))
            return ctl_fail(CTL_UNABLE, "%s has no option %s", command->name, option_texts[i].name);
    if (words < command->least || words > command->most)
        return ctl_fail(CTL_UNABLE, "write mpinctl %s %s", command->name, command->args);
    const ctl_end_t end = opened_for(&ctl, command->needs);
    return end ? end : command->run(&ctl);
}

static ctl_end_t read_and_run(int argc, const char *const *argv, apr_pool_t *p)
{
    options_t options;
    const char *why;
    if (!options_read(&options, argc, argv, &why, p))
        return ctl_fail(CTL_UNABLE, "%s; mpinctl help lists all there is", why);
    if (!options.count && options.given[OPTION_HELP])
        return ctl_help(NULL);
    const command_t *command = command_typed(&options);
    if (!command)
        return ctl_fail(CTL_UNABLE, "%s; mpinctl help lists the commands",
                        options.count ? "there is no such command" : "write a command");
    return run(command, &options, p);
}

int main(int argc, const char *const *argv)
{
    apr_pool_t *p;
    hardening_undumpable(); /* no core holds keys, or what a backup has of them */
    if (sodium_init() < 0 || apr_initialize() || apr_pool_create(&p, NULL))
        return CTL_UNABLE;
    const ctl_end_t end = read_and_run(argc, argv, p);
    apr_pool_destroy(p); /* closes the store: what was to be written behind is moved */
    apr_terminate();
    return fflush(stdout) == 0 ? (int)end : CTL_UNABLE;
}
