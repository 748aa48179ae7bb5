/* SPDX-License-Identifier: Apache-2.0 */
/* mpinctl doctor: files, folders and the clock of this machine (doctor.h). */
#include "ctl/doctor.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "ctl/certificate.h"
#include "ctl/look.h"
#include "store/store.h"

#define DISK_LEAST ((apr_off_t)64 << 20) /* bytes: a full disk lets nobody in */
#define BACKUP_DAYS 8
#define LOG_TAIL ((apr_off_t)8 << 20) /* of the audit log, where its last backup is looked for */
#define CERTIFICATE_DAYS 21

static const char *site_text(const json_t *site, const char *key)
{
    return json_string_value(json_object_get(site, key));
}

/* ---- modes ----------------------------------------------------------------------------------- */

/* Where it can't be seen, that is said, and false. */
static bool seen(doctor_t *doctor, const char *about, const char *file, struct stat *st)
{
    if (!stat(file, st))
        return true;
    findings_add(doctor->findings, FINDING_WARNING, about,
                 errno == EACCES
                     ? MEND("run mpinctl doctor as root", "mpinctl.md#doctor")
                     : MEND("start httpd once, or name the right one", "operations.md#files"),
                 "%s can't be seen: %s", file, strerror(errno));
    return false;
}

static void secret_mode(doctor_t *doctor, const char *about, const char *file, mode_t wrong)
{
    struct stat st;
    if (!seen(doctor, about, file, &st))
        return;
    if (st.st_mode & wrong)
        findings_add(doctor->findings, FINDING_ERROR, about,
                     MEND(apr_psprintf(doctor->p,
                                       "chmod %o %s; then change what is in it: it may "
                                       "have been read",
                                       (unsigned)(st.st_mode & 0777 & ~wrong), file),
                          "mpinctl.md#files"),
                     "%s has mode %o: others on this machine read it", file,
                     (unsigned)(st.st_mode & 0777));
    else
        findings_add(doctor->findings, FINDING_OK, about, NULL, "%s has mode %o", file,
                     (unsigned)(st.st_mode & 0777));
}

/* Can httpd's children write there? Then who takes one over has the keys replaced. */
static void key_folder(doctor_t *doctor, const char *file)
{
    struct stat st;
    const char *slash = strrchr(file, '/');
    const char *dir = slash ? apr_pstrmemdup(doctor->p, file, (apr_size_t)(slash - file)) : ".";
    if (stat(dir, &st))
        return;
    const mode_t writes = st.st_uid == doctor->uid   ? S_IWUSR
                          : st.st_gid == doctor->gid ? S_IWGRP | S_IWOTH
                                                     : S_IWOTH;
    if (doctor->uid && st.st_uid != geteuid() ? st.st_mode & writes : st.st_mode & S_IWOTH)
        findings_add(doctor->findings, FINDING_ERROR, "key file",
                     MEND(apr_psprintf(doctor->p, "chown root %s; chmod 700 %s", dir, dir),
                          "operations.md#files"),
                     "httpd's children can write to %s, and replace the keys", dir);
}

/* ---- the store ------------------------------------------------------------------------------- */

static void store_space(doctor_t *doctor, const char *dir, const json_t *site)
{
    struct statvfs disk;
    if (statvfs(dir, &disk))
        return;
    const apr_off_t left = (apr_off_t)disk.f_bavail * (apr_off_t)disk.f_frsize;
    const apr_off_t quota = json_integer_value(json_object_get(site, "store_size"));
    const int megabytes = (int)(left >> 20);
    if (left < DISK_LEAST)
        findings_add(doctor->findings, FINDING_ERROR, "disk",
                     MEND("make room; when it is full, nobody signs in", "operations.md#the-store"),
                     "%d MiB are left for %s", megabytes, dir);
    else if (left < quota)
        findings_add(doctor->findings, FINDING_WARNING, "disk",
                     MEND("make room, or write a smaller MPinStoreSize", "operations.md#the-store"),
                     "%d MiB are left for %s, whose MPinStoreSize is %d MiB", megabytes, dir,
                     (int)(quota >> 20));
    else
        findings_add(doctor->findings, FINDING_OK, "disk", NULL, "%d MiB are left for %s",
                     megabytes, dir);
}

static void doctor_store(doctor_t *doctor, const json_t *site)
{
    const char *dir = store_directory(site_text(site, "store"));
    struct stat st;
    if (!seen(doctor, "store", dir, &st))
        return;
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        findings_add(doctor->findings, FINDING_ERROR, "store",
                     MEND(apr_psprintf(doctor->p, "chmod 700 %s", dir), "operations.md#files"),
                     "%s has mode %o: others on this machine get at it", dir,
                     (unsigned)(st.st_mode & 0777));
    else if (geteuid() == 0 && st.st_uid != doctor->uid)
        findings_add(doctor->findings, FINDING_ERROR, "store",
                     MEND(apr_psprintf(doctor->p, "chown -R %d %s", (int)doctor->uid, dir),
                          "operations.md#files"),
                     "%s isn't its own user's, so that httpd can't use it", dir);
    else
        findings_add(doctor->findings, FINDING_OK, "store", NULL, "%s has mode %o", dir,
                     (unsigned)(st.st_mode & 0777));
    store_space(doctor, dir, site);
}

/* ---- backups --------------------------------------------------------------------------------- */

/* The last part of a file, in the pool; NULL where it can't be read. */
static const char *tail_of(const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, p))
        return NULL;
    apr_off_t from = apr_file_info_get(&info, APR_FINFO_SIZE, file) ? 0 : info.size - LOG_TAIL;
    from = from < 0 ? 0 : from;
    char *text = apr_palloc(p, (apr_size_t)LOG_TAIL + 1);
    apr_size_t len = (apr_size_t)LOG_TAIL;
    if (apr_file_seek(file, APR_SET, &from) || apr_file_read_full(file, text, len, &len) > APR_EOF)
        len = 0;
    text[len] = '\0';
    apr_file_close(file);
    return text;
}

/* "2026-11-30" of the last record of a backup, NULL without. */
static const char *last_backup(const char *log, apr_pool_t *p)
{
    const char *last = NULL, *at = log;
    while ((at = strstr(at, "\"backup_made\"")))
        last = at++;
    while (last && last > log && last[-1] != '\n')
        last--;
    const char *end = last ? strchr(last, '\n') : NULL;
    const json_t *record = end ? json_read(p, last, (apr_size_t)(end - last)) : NULL;
    return json_string_value(json_object_get(record, "time"));
}

static int days_since(const char *time, apr_time_t now)
{
    struct tm parts = {.tm_mday = 1};
    if (!strptime(time, "%Y-%m-%dT%H:%M:%S", &parts))
        return -1;
    return (int)((apr_time_sec(now) - (apr_int64_t)timegm(&parts)) / 86400);
}

static void doctor_backup(doctor_t *doctor, const json_t *site)
{
    const char *audit = site_text(site, "audit");
    const char *log = audit && *audit == '/' ? tail_of(audit, doctor->p) : NULL;
    const char *time = log ? last_backup(log, doctor->p) : NULL;
    const int days = time ? days_since(time, doctor->ctl->now) : -1;
    const mend_t *mend =
        MEND("mpinctl backup DIR, each night, onto another disk", "operations.md#with-mpinctl");
    if (!log)
        findings_add(doctor->findings, FINDING_OK, "backup", NULL,
                     "its age is not known: only a file of MPinAuditLog tells it");
    else if (!time)
        findings_add(doctor->findings, FINDING_WARNING, "backup", mend,
                     "%s knows of no backup: without keys and store, all set up their PINs anew",
                     audit);
    else if (days > BACKUP_DAYS)
        findings_add(doctor->findings, FINDING_WARNING, "backup", mend,
                     "the last one is %d days old", days);
    else
        findings_add(doctor->findings, FINDING_OK, "backup", NULL, "the last one is of %s", time);
}

/* Vhosts may share them: each is looked at once. */
static bool is_first_of(const doctor_t *doctor, apr_size_t n, const char *key)
{
    const json_t *sites = json_object_get(doctor->said, "sites");
    const char *text = site_text(json_array_get(sites, n), key);
    for (apr_size_t i = 0; text && i < n; i++) {
        const char *its = site_text(json_array_get(sites, i), key);
        if (its && !strcmp(its, text))
            return false;
    }
    return text != NULL;
}

static void doctor_site_files(doctor_t *doctor, const json_t *site, apr_size_t n)
{
    const char *keys = site_text(site, "keys"), *audit = site_text(site, "audit");
    if (is_first_of(doctor, n, "keys")) {
        secret_mode(doctor, "key file", keys, S_IRWXG | S_IRWXO);
        key_folder(doctor, keys);
    }
    if (is_first_of(doctor, n, "store") && store_directory(site_text(site, "store")))
        doctor_store(doctor, site);
    if (is_first_of(doctor, n, "audit") && *audit == '/')
        secret_mode(doctor, "audit", audit, S_IRWXO | S_IWGRP);
    if (is_first_of(doctor, n, audit ? "audit" : "url"))
        doctor_backup(doctor, site);
}

/* ---- files that lines name ------------------------------------------------------------------- */
/* httpd -t itself refuses what others can read of our own directives' secrets. */

static void hear_password_file(doctor_t *doctor, const conf_line_t *line)
{
    const char *word = doctor_word(line, 0, doctor->p);
    if (word)
        secret_mode(doctor, "passwords", doctor_path(doctor, word), S_IRWXO | S_IWGRP);
}

/* Names and addresses stand there. "|PROGRAM" and "syslog" are no files. */
static void hear_log_file(doctor_t *doctor, const conf_line_t *line)
{
    const char *word = doctor_word(line, 0, doctor->p);
    struct stat st;
    if (!word || *word == '|' || look_begins(word, "syslog") || look_begins(word, "journald") ||
        stat(doctor_path(doctor, word), &st) || !S_ISREG(st.st_mode) || !(st.st_mode & S_IRWXO))
        return;
    findings_add(doctor->findings, FINDING_WARNING, "logs",
                 MEND(apr_psprintf(doctor->p,
                                   "chmod o= %s, and its folder and logrotate's create, too", word),
                      "mpinctl.md#files"),
                 "%s has mode %o: others on this machine read who came from where", word,
                 (unsigned)(st.st_mode & 0777));
}

/* A group such as Debian's ssl-cert may read it, httpd's own may not. */
static void hear_private_key(doctor_t *doctor, const conf_line_t *line)
{
    const char *word = doctor_word(line, 0, doctor->p);
    struct stat st;
    if (!word || strchr(word, ':')) /* of a token: pkcs11:... */
        return;
    const char *file = doctor_path(doctor, word);
    const bool its_group = !stat(file, &st) && st.st_gid == doctor->gid;
    secret_mode(doctor, "TLS key", file, S_IRWXO | S_IWGRP | (its_group ? S_IRWXG : 0));
}

static void hear_certificate(doctor_t *doctor, const conf_line_t *line)
{
    const char *word = doctor_word(line, 0, doctor->p);
    certificate_t certificate;
    const char *pem = word && *word ? tail_of(doctor_path(doctor, word), doctor->p) : NULL;
    if (!pem || !certificate_read(&certificate, pem, "localhost"))
        return;
    if (certificate.days < CERTIFICATE_DAYS)
        findings_add(
            doctor->findings, certificate.days < 5 ? FINDING_ERROR : FINDING_WARNING, "certificate",
            MEND("renew it, and see why nothing renews it by itself", "mpinctl.md#certificate"),
            "%s ends in %d days", word, certificate.days);
    else
        findings_add(doctor->findings, FINDING_OK, "certificate", NULL, "%s is good for %d days",
                     word, certificate.days);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void doctor_clock(doctor_t *doctor)
{
    struct timex state = {.modes = 0};
    if (adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC))
        findings_add(doctor->findings, FINDING_WARNING, "clock",
                     MEND("switch NTP on: timedatectl set-ntp true", "mpinctl.md#clock"),
                     "nothing sets this machine's clock; codes of authenticator apps go by it");
    else
        findings_add(doctor->findings, FINDING_OK, "clock", NULL, "NTP sets it");
}

void doctor_files(doctor_t *doctor)
{
    apr_size_t i;
    json_t *site;
    json_array_foreach(json_object_get(doctor->said, "sites"), i, site)
    {
        doctor_site_files(doctor, site, i);
    }
    doctor_each(doctor, "ErrorLog", hear_log_file);
    doctor_each(doctor, "CustomLog", hear_log_file);
    doctor_each(doctor, "AuthUserFile", hear_password_file);
    doctor_each(doctor, "SSLCertificateKeyFile", hear_private_key);
    doctor_each(doctor, "SSLCertificateFile", hear_certificate);
    doctor_clock(doctor);
}
