/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/opened.h"

#include <apr_strings.h>
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "factor/erase.h"
#include "factor/shown_device.h"
#include "keys/hardening.h"
#include "keys/passphrase.h"
#include "keys/secret_file.h"

#define PASSPHRASE_MAX 1024

/* ---- keys ------------------------------------------------------------------------------------ */

const secret_t *opened_passphrase(const ctl_t *ctl, const char **why)
{
    const char *file = ctl->options->given[OPTION_PASSPHRASE];
    *why = NULL;
    if (ctl->found.passphrase)
        return passphrase_read("MPinKeyPassphrase", ctl->found.passphrase, ctl->p, why);
    return file && !ctl->found.json ? secret_file_line(file, PASSPHRASE_MAX, ctl->p, why) : NULL;
}

static ctl_end_t open_keys(ctl_t *ctl, const struct stat *owner)
{
    const char *why;
    keys_t *keys;
    const secret_t *passphrase = opened_passphrase(ctl, &why);
    if (why)
        return ctl_fail(CTL_UNABLE, "%s", why);
    if (keys_open(&keys, ctl->found.key_file, passphrase, owner->st_uid, ctl->p, &why) != KEYS_OK)
        return ctl_fail(CTL_UNABLE, "%s%s", why, geteuid() ? "; run mpinctl as root" : "");
    ctl->keys = keys;
    return CTL_DONE;
}

/* ---- the audit log --------------------------------------------------------------------------- */

ctl_end_t opened_audit(ctl_t *ctl)
{
    const char *log = ctl->found.audit, *why = "";
    if (!log || *log == '|')
        return CTL_DONE;
    journal_gap_t *gap = journal_gap_make();
    if (gap && log_daemon_named(log)) {
        const log_daemon_t *daemon = log_daemon_make(log, ctl->p, &why);
        ctl->audit = daemon ? journal_of_daemon(daemon, log, gap, ctl->p) : NULL;
    } else if (gap)
        ctl->audit = journal_open(log, gap, ctl->p);
    return ctl->audit
               ? CTL_DONE
               : ctl_fail(CTL_UNABLE, "MPinAuditLog %s can't be opened: %s", log, strerror(errno));
}

/* ---- the store ------------------------------------------------------------------------------- */

ctl_end_t opened_become(const struct stat *owner, const char *dir)
{
    if (geteuid() == owner->st_uid)
        return CTL_DONE;
    if (geteuid() != 0)
        return ctl_fail(CTL_UNABLE, "the store in %s is another user's; run mpinctl as root", dir);
    if (setgroups(1, &owner->st_gid) || setgid(owner->st_gid) || setuid(owner->st_uid) ||
        setuid(0) == 0)
        return ctl_fail(CTL_UNABLE, "the store's owner can't be acted for: %s", strerror(errno));
    return CTL_DONE;
}

ctl_end_t opened_store(ctl_t *ctl, const struct stat *owner)
{
    const char *why = "the revocations can't be read", *dir = store_directory(ctl->found.store);
    store_settings_t *settings = apr_pcalloc(ctl->p, sizeof *settings);
    *settings = (store_settings_t){.url = ctl->found.store,
                                   .quota = ctl->found.quota,
                                   .keys = ctl->keys,
                                   .uid = owner->st_uid,
                                   .gid = owner->st_gid,
                                   .log = &ctl->log};
    if (store_prepare(settings, ctl->p, &why) != STORE_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    const ctl_end_t end = opened_become(owner, dir);
    if (end)
        return end;
    hardening_undumpable(); /* once more: another user has come into force */
    if (store_open(&ctl->store, settings, ctl->p, &why) != STORE_OK ||
        revocations_make(&ctl->revocations, ctl->store, ctl->p) != STORE_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    hardening_tell(&ctl->log);
    ctl->people = people_make(ctl->store, ctl->revocations, ctl->found.longest, &ctl->log, ctl->p);
    people_erase_with(ctl->people, factor_erase_user, factor_erase_open, device_unshow);
    ctl->factors = factors_make(ctl->store, &ctl->log, ctl->p);
    return CTL_DONE;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static ctl_end_t find_owner_of(const ctl_t *ctl, struct stat *owner)
{
    const char *dir = store_directory(ctl->found.store);
    if (stat(dir, owner))
        return ctl_fail(CTL_UNABLE, "the store's directory %s can't be seen: %s", dir,
                        strerror(errno));
    return store_exists(ctl->found.store, ctl->p)
               ? CTL_DONE
               : ctl_fail(CTL_UNABLE,
                          "there is no store in %s yet, or it can't be seen: start "
                          "httpd once, and run mpinctl as root",
                          dir);
}

ctl_end_t opened_for(ctl_t *ctl, needs_t needs)
{
    const char *why = "";
    struct stat owner;
    if (needs == NEEDS_NOTHING)
        return CTL_DONE;
    if (!ctl->found.store && !found_site(&ctl->found, ctl->options, ctl->p, &why))
        return ctl_fail(CTL_UNABLE, "%s", why);
    if (needs == NEEDS_SITE)
        return CTL_DONE;
    ctl_end_t end = find_owner_of(ctl, &owner);
    if (end == CTL_DONE)
        end = open_keys(ctl, &owner);
    if (end == CTL_DONE)
        end = opened_audit(ctl);
    return end == CTL_DONE && needs == NEEDS_STORE ? opened_store(ctl, &owner) : end;
}
