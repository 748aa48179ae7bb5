/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/backup.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "ctl/changed.h"
#include "ctl/opened.h"
#include "ctl/sealed_file.h"
#include "ctl/show.h"
#include "keys/secret_file.h"

#define PASSPHRASE_MAX 1024
#define KEY_FILE_MAX 16384
#define FOR_ROOT_ALONE (APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE)

/* In a folder of its own, which is made where it isn't there. */
static const char *backup_file(const ctl_t *ctl)
{
    return apr_pstrcat(ctl->p, ctl->word[0], "/mpin.backup", NULL);
}

/* The first line of the file that is named: nothing that a list of processes shows. */
static const secret_t *backup_passphrase(const ctl_t *ctl)
{
    const char *why = "write --passphrase-file FILE; its first line seals the backup",
               *file = ctl->options->given[OPTION_PASSPHRASE];
    const secret_t *secret = file ? secret_file_line(file, PASSPHRASE_MAX, ctl->p, &why) : NULL;
    if (!secret)
        ctl_fail(CTL_UNABLE, "%s", why);
    return secret;
}

/* ---- out ------------------------------------------------------------------------------------- */

/* The store writes into a pipe, in a thread of its own; this side seals what comes out. */
typedef struct copying_t {
    store_t *store;
    int fd;
    store_status_t status;
} copying_t;

static void *copy_store(void *baton)
{
    copying_t *copying = baton;
    copying->status = store_copy(copying->store, copying->fd);
    close(copying->fd);
    return NULL;
}

static bool seal_pipe(sealed_file_t *file, int from)
{
    unsigned char bytes[16384];
    bool done = true;
    ssize_t got;
    while ((got = read(from, bytes, sizeof bytes)) != 0)
        done = got < 0 ? errno == EINTR && done : done && sealed_put(file, bytes, (apr_size_t)got);
    return done;
}

static bool seal_store(const ctl_t *ctl, sealed_file_t *file)
{
    int ends[2];
    pthread_t thread;
    copying_t copying = {.store = ctl->store, .status = STORE_DOWN};
    if (pipe(ends))
        return false;
    copying.fd = ends[1];
    if (pthread_create(&thread, NULL, copy_store, &copying)) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    const bool done = seal_pipe(file, ends[0]);
    pthread_join(thread, NULL);
    close(ends[0]);
    return done && copying.status == STORE_OK;
}

static bool seal_keys(sealed_file_t *file, const secret_t *keys)
{
    unsigned char length[4];
    bytes_out_t out = bytes_out(length, sizeof length);
    bytes_put_u32(&out, (uint32_t)keys->len);
    return sealed_put(file, length, sizeof length) && sealed_put(file, keys->bytes, keys->len);
}

/* The file and the key file are opened as root, the store as its owner. */
static ctl_end_t write_backup(ctl_t *ctl, int fd, const secret_t *passphrase)
{
    sealed_file_t *file = apr_palloc(ctl->p, sizeof *file);
    const secret_t *keys = keys_bytes(ctl->found.key_file, ctl->p);
    if (!keys)
        return ctl_fail(CTL_UNABLE, "key file %s can't be read; run mpinctl as root",
                        ctl->found.key_file);
    const ctl_end_t end = opened_for(ctl, NEEDS_STORE);
    if (end)
        return end;
    if (!sealed_begin(file, fd, passphrase, ctl->p) || !seal_keys(file, keys) ||
        !seal_store(ctl, file) || !sealed_end(file))
        return ctl_fail(CTL_UNABLE, "the backup can't be written: %s", strerror(errno));
    const changed_t changed = {.event = "backup_made"};
    changed_told(ctl, &changed);
    return CTL_DONE;
}

/* None is overwritten but an empty one, which a backup leaves that came to nothing: it was no more root
 * when it failed, and could not take its file away. */
static int make_file(const char *path)
{
    struct stat there;
    if (lstat(path, &there) == 0 && S_ISREG(there.st_mode) && !there.st_size)
        unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

ctl_end_t ctl_backup(ctl_t *ctl)
{
    const char *path = backup_file(ctl);
    const secret_t *passphrase = backup_passphrase(ctl);
    if (!passphrase)
        return CTL_UNABLE;
    const apr_status_t made = apr_dir_make_recursive(ctl->word[0], FOR_ROOT_ALONE, ctl->p);
    if (made)
        return ctl_fail(CTL_UNABLE, "%s can't be made: %s", ctl->word[0], strerror(made));
    const int fd = make_file(path);
    if (fd < 0)
        return ctl_fail(CTL_UNABLE, "%s can't be made: %s", path, strerror(errno));
    const ctl_end_t end = write_backup(ctl, fd, passphrase);
    if (end && ftruncate(fd, 0))
        ctl_fail(end, "%s is no backup: remove it", path);
    close(fd);
    return end ? end
               : show_done(ctl, "backup_made",
                           "%s has the store and the keys; who has it and the passphrase can act "
                           "as anybody.",
                           path);
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool open_piece(void *baton, void *bytes, apr_size_t max, apr_size_t *len)
{
    return sealed_take(baton, bytes, max, len);
}

static bool take_exactly(sealed_file_t *file, unsigned char *bytes, apr_size_t len)
{
    for (apr_size_t got; len; bytes += got, len -= got)
        if (!sealed_take(file, bytes, len, &got) || !got)
            return false;
    return true;
}

/* The key file's bytes; NULL where the backup is damaged. */
static const secret_t *take_keys(sealed_file_t *file, apr_pool_t *p)
{
    unsigned char length[4];
    if (!take_exactly(file, length, sizeof length))
        return NULL;
    bytes_in_t in = bytes_in(length, sizeof length);
    const uint32_t len = bytes_get_u32(&in);
    secret_t *keys = len && len <= KEY_FILE_MAX ? secret_make(p, len) : NULL;
    return keys && take_exactly(file, keys->bytes, len) ? keys : NULL;
}

/* A key file that is there already has to be the same one. */
static ctl_end_t restore_keys(ctl_t *ctl, const secret_t *bytes)
{
    const char *why = "", *file = ctl->found.key_file;
    keys_t *keys;
    const keys_status_t placed = keys_place(file, bytes, ctl->p, &why);
    if (placed == KEYS_EXISTS) {
        const secret_t *there = keys_bytes(file, ctl->p);
        if (!there || there->len != bytes->len ||
            sodium_memcmp(there->bytes, bytes->bytes, bytes->len) != 0)
            return ctl_fail(CTL_NOT_DONE, "there is another key file %s: move it away first", file);
    } else if (placed != KEYS_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    const secret_t *passphrase = opened_passphrase(ctl, &why);
    if (keys_open(&keys, file, passphrase, ctl->found.uid, ctl->p, &why) != KEYS_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    ctl->keys = keys;
    return CTL_DONE;
}

/* Sessions that were ended after the backup was made would count again: so all end. */
static ctl_end_t end_all_sessions(ctl_t *ctl)
{
    const store_status_t status = revocations_add(ctl->revocations, REVOKE_ALL, NULL, 0, ctl->now,
                                                  ctl->now + ctl->found.longest);
    if (status != STORE_OK)
        return ctl_fail_store(status, "session");
    const changed_t changed = {.event = "backup_restored"};
    changed_told(ctl, &changed);
    return show_done(ctl, "backup_restored",
                     "The store and the keys are here; start httpd. Everybody signs in anew, and "
                     "what came after the backup is not there.");
}

static ctl_end_t restore_store(ctl_t *ctl, sealed_file_t *file)
{
    const char *why = "";
    const struct stat owner = {.st_uid = ctl->found.uid, .st_gid = ctl->found.gid};
    const store_source_t source = {open_piece, file};
    const store_settings_t settings = {.url = ctl->found.store,
                                       .quota = ctl->found.quota,
                                       .keys = ctl->keys,
                                       .uid = owner.st_uid,
                                       .gid = owner.st_gid,
                                       .log = &ctl->log};
    if (store_prepare(&settings, ctl->p, &why) != STORE_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    ctl_end_t end = opened_audit(ctl);
    if (end == CTL_DONE)
        end = opened_become(&owner, store_directory(ctl->found.store));
    if (end)
        return end;
    if (store_load(&settings, &source, ctl->p, &why) != STORE_OK)
        return ctl_fail(CTL_UNABLE, "%s; there is no store now", why);
    end = opened_store(ctl, &owner);
    return end ? end : end_all_sessions(ctl);
}

static ctl_end_t read_backup(ctl_t *ctl, int fd, const secret_t *passphrase)
{
    sealed_file_t *file = apr_palloc(ctl->p, sizeof *file);
    const secret_t *keys =
        sealed_open(file, fd, passphrase, ctl->p) ? take_keys(file, ctl->p) : NULL;
    if (!keys)
        return ctl_fail(CTL_NOT_DONE, "%s is no backup, or the passphrase is another",
                        ctl->word[0]);
    const ctl_end_t end = restore_keys(ctl, keys);
    return end ? end : restore_store(ctl, file);
}

ctl_end_t ctl_restore(ctl_t *ctl)
{
    const secret_t *passphrase = backup_passphrase(ctl);
    if (!passphrase)
        return CTL_UNABLE;
    if (store_exists(ctl->found.store, ctl->p))
        return ctl_fail(CTL_NOT_DONE, "there is a store in %s: stop httpd and move it away first",
                        store_directory(ctl->found.store));
    if (!change_wished(ctl, "Make the store %s of %s?", store_directory(ctl->found.store),
                       ctl->word[0]))
        return CTL_NOT_DONE;
    const int fd = open(backup_file(ctl), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ctl_fail(CTL_UNABLE, "%s can't be read: %s", backup_file(ctl), strerror(errno));
    const ctl_end_t end = read_backup(ctl, fd, passphrase);
    close(fd);
    return end;
}
