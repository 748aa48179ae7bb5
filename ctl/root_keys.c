/* SPDX-License-Identifier: Apache-2.0 */
/* Root keys rotated and retired. The file is changed by who runs mpinctl, the store by its owner, in a
 * process apart; in between the running server takes up what has changed. */
#include "ctl/root_keys.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "ctl/apart.h"
#include "ctl/changed.h"
#include "ctl/opened.h"
#include "ctl/reloaded.h"
#include "ctl/show.h"
#include "ctl/typed.h"
#include "factor/recovery.h"
#include "keys/keys_roots.h"
#include "store/roots.h"

#define NAMES_SHOWN 20

static const changed_t rotated = {.event = "keys_rotated"}, retired = {.event = "key_retired"};

static ctl_end_t tell_apart(ctl_t *ctl, const void *changed)
{
    changed_told(ctl, changed);
    return CTL_DONE;
}

/* Two that change the file at once would lose what one of them writes. Held until the process ends. */
static ctl_end_t change_alone(const ctl_t *ctl)
{
    const char *file = ctl->found.key_file;
    const char *dir = apr_pstrmemdup(ctl->p, file, (apr_size_t)(strrchr(file, '/') - file));
    const int fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
        return ctl_fail(CTL_NOT_DONE, "another mpinctl changes %s now: %s", file, strerror(errno));
    return CTL_DONE;
}

/* Where the key file is, and by whom it is loaded, only httpd's configuration says. */
static ctl_end_t begin_change(const ctl_t *ctl)
{
    if (!ctl->found.json)
        return ctl_fail(CTL_UNABLE, "httpd's configuration is needed for this: leave out --store "
                                    "and --keys");
    if (ctl->found.keys_shared)
        return ctl_fail(CTL_NOT_DONE,
                        "several stores are sealed by %s: give each a key file of its "
                        "own first",
                        ctl->found.key_file);
    return change_alone(ctl);
}

/* At which place in the file, from 0; -1: there is none. */
static int place_of_root(const ctl_t *ctl, unsigned char number, char date[KEY_DATE_SIZE])
{
    unsigned char its;
    for (int i = 0; keys_root(ctl->keys, i, &its, date); i++)
        if (its == number)
            return i;
    return -1;
}

/* ---- rotate ---------------------------------------------------------------------------------- */

/* One that was added before, and was to seal when mpinctl was interrupted: it stands before an older one,
 * which is the last. */
static bool root_pending(const ctl_t *ctl, unsigned char *number)
{
    char date[KEY_DATE_SIZE], last[KEY_DATE_SIZE];
    const int end = place_of_root(ctl, keys_current(ctl->keys), last);
    return end > 0 && keys_root(ctl->keys, end - 1, number, date) && strcmp(date, last) > 0;
}

static ctl_end_t let_seal(ctl_t *ctl, const secret_t *passphrase, unsigned char number)
{
    const char *why;
    ctl_end_t end = reloaded_with(ctl, number, ROOT_KNOWN);
    if (end)
        return end;
    if (keys_seal_by(ctl->found.key_file, passphrase, number, ctl->p, &why) != KEYS_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    end = reloaded_with(ctl, number, ROOT_SEALS);
    return end ? end : apart_run(ctl, tell_apart, &rotated);
}

ctl_end_t ctl_keys_rotate(ctl_t *ctl)
{
    const char *why;
    unsigned char number;
    ctl_end_t end = begin_change(ctl);
    if (end)
        return end;
    const secret_t *passphrase = opened_passphrase(ctl, &why);
    if (why)
        return ctl_fail(CTL_UNABLE, "%s", why);
    if (!change_wished(ctl, "Make a new root key, by which all is sealed from now on?"))
        return CTL_NOT_DONE;
    const keys_status_t added =
        root_pending(ctl, &number)
            ? KEYS_OK
            : keys_add_root(ctl->found.key_file, passphrase, &number, ctl->p, &why);
    if (added != KEYS_OK)
        return ctl_fail(added == KEYS_EXISTS ? CTL_NOT_DONE : CTL_UNABLE, "%s", why);
    end = let_seal(ctl, passphrase, number);
    return end ? end
               : show_done(ctl, "keys_rotated",
                           "Root key %d seals; what the others have sealed still opens. Take a "
                           "backup: one of before has not this key.",
                           number);
}

/* ---- retire ---------------------------------------------------------------------------------- */

typedef struct holders_t {
    ctl_t *ctl;
    unsigned char number;
    const char *names;
    int count;
    apr_pool_t *scratch;
    store_status_t status;
} holders_t;

/* Recovery codes are kept as hashes that only their root key can judge, and nobody has the codes. */
static bool note_holder(void *baton, const user_t *user)
{
    holders_t *holders = baton;
    own_factor_t *list;
    int count = 0;
    bool holds = false;
    apr_pool_clear(holders->scratch);
    holders->status =
        factors_list(holders->ctl->factors, user->uid, &list, &count, holders->scratch);
    for (int i = 0; holders->status == STORE_OK && i < count; i++)
        holds |= list[i].kind == KIND_RECOVERY && recovery_left(&list[i]) &&
                 recovery_root(&list[i]) == holders->number;
    if (holds && holders->count++ < NAMES_SHOWN)
        holders->names = apr_pstrcat(holders->ctl->p, holders->names, *holders->names ? ", " : "",
                                     user->name, NULL);
    return holders->status == STORE_OK;
}

static ctl_end_t refuse_while_held(ctl_t *ctl, const void *baton)
{
    const unsigned char number = *(const unsigned char *)baton;
    holders_t holders = {.ctl = ctl, .number = number, .names = ""};
    apr_pool_create(&holders.scratch, ctl->p);
    store_status_t status = people_each(ctl->people, note_holder, &holders, ctl->p);
    if (status == STORE_OK)
        status = holders.status;
    if (status != STORE_OK)
        return ctl_fail_store(status, "store");
    return holders.count
               ? ctl_fail(CTL_NOT_DONE,
                          "root key %d is needed: only it judges the recovery codes of "
                          "%d users: %s%s. They make new ones at /account; mpinctl factor "
                          "reset NAME erases those of one who doesn't",
                          number, holders.count, holders.names,
                          holders.count > NAMES_SHOWN ? ", ..." : "")
               : CTL_DONE;
}

/* A server that was not reloaded since would go on sealing by it. */
static ctl_end_t may_retire(ctl_t *ctl, const unsigned char *number)
{
    const root_wish_t wish = {keys_current(ctl->keys), ROOT_SEALS, 0};
    const ctl_end_t end = server_runs(ctl) ? apart_run(ctl, root_loaded, &wish) : CTL_DONE;
    if (end == CTL_NOT_DONE)
        return ctl_fail(CTL_NOT_DONE, "the running httpd hasn't loaded the key file as it is: "
                                      "reload it first");
    return end ? end : apart_run(ctl, refuse_while_held, number);
}

static ctl_end_t reseal_apart(ctl_t *ctl, const void *baton)
{
    uint64_t done, wrong;
    const store_status_t status =
        roots_reseal(ctl->store, *(const unsigned char *)baton, &done, &wrong);
    if (status != STORE_OK)
        return ctl_fail_store(status, "store");
    return wrong ? ctl_fail(CTL_NOT_DONE,
                            "%d records don't open, and the key stays; mpinctl store "
                            "check says more",
                            (int)wrong)
                 : CTL_DONE;
}

static ctl_end_t take_root_out(ctl_t *ctl, const unsigned char *number)
{
    const char *why;
    const secret_t *passphrase = opened_passphrase(ctl, &why);
    if (why)
        return ctl_fail(CTL_UNABLE, "%s", why);
    ctl_end_t end = apart_run(ctl, reseal_apart, number);
    if (end)
        return end;
    if (keys_drop_root(ctl->found.key_file, passphrase, *number, ctl->p, &why) != KEYS_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    end = reloaded_with(ctl, *number, ROOT_GONE);
    return end ? end : apart_run(ctl, tell_apart, &retired);
}

ctl_end_t ctl_keys_retire(ctl_t *ctl)
{
    char date[KEY_DATE_SIZE], until[KEY_DATE_SIZE];
    long typed = 0;
    unsigned char number, next;
    ctl_end_t end = begin_change(ctl);
    if (end)
        return end;
    if (!typed_number(ctl->word[0], 0, 255, &typed))
        return ctl_fail(CTL_UNABLE, "a root key is named by its number: see mpinctl keys");
    number = (unsigned char)typed;
    const int place = place_of_root(ctl, number, date);
    if (place < 0)
        return ctl_fail(CTL_NOT_DONE, "there is no root key %d: see mpinctl keys", number);
    if (number == keys_current(ctl->keys) || !keys_root(ctl->keys, place + 1, &next, until))
        return ctl_fail(CTL_NOT_DONE, "root key %d seals: write mpinctl keys rotate first", number);
    end = may_retire(ctl, &number);
    if (end)
        return end;
    if (!change_wished(ctl,
                       "Root key %d sealed until %s. Its sessions, remembered browsers and links "
                       "in mails that are left end. Retire it?",
                       number, until))
        return CTL_NOT_DONE;
    end = take_root_out(ctl, &number);
    return end ? end
               : show_done(ctl, "key_retired",
                           "Root key %d is gone: nothing that it has sealed opens any more. "
                           "A backup of before still has it.",
                           number);
}
