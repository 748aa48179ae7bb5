/* SPDX-License-Identifier: Apache-2.0 */
#include "base/journal.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_WHOLE 4096 /* PIPE_BUF: a pipe takes so much whole, or nothing of it */
#define GAP_MAX (PIPE_WHOLE - JOURNAL_LINE_MAX)

journal_gap_t *journal_gap_make(void)
{
    void *gap = mmap(NULL, sizeof(journal_gap_t), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return gap == MAP_FAILED ? NULL : gap;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* O_NONBLOCK is for what is no file, where a full one would hold the worker, and a FIFO that nobody
 * reads the start. */
static int open_path(const char *path)
{
    const int flags = O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC;
    const int fd = open(path, O_WRONLY | flags, 0640);
    return fd < 0 && errno == ENXIO ? open(path, O_RDWR | flags, 0640) : fd;
}

static apr_status_t journal_close(void *data)
{
    const journal_t *journal = data;
    close(journal->fd);
    return APR_SUCCESS;
}

journal_t *journal_of_pipe(int fd, const char *name, journal_gap_t *gap, apr_pool_t *p)
{
    journal_t *journal = apr_pcalloc(p, sizeof *journal);
    journal->fd = fd;
    journal->name = name;
    journal->gap = gap;
    return journal;
}

static journal_t *journal_of_file(int fd, const char *path, journal_gap_t *gap, apr_pool_t *p)
{
    if (fd < 0)
        return NULL;
    journal_t *journal = journal_of_pipe(fd, path, gap, p);
    journal->is_file = *path != '|';
    apr_pool_cleanup_register(p, journal, journal_close, apr_pool_cleanup_null);
    return journal;
}

journal_t *journal_open(const char *path, journal_gap_t *gap, apr_pool_t *p)
{
    return journal_of_file(open_path(path), path, gap, p);
}

journal_t *journal_of_daemon(const log_daemon_t *daemon, const char *name, journal_gap_t *gap,
                             apr_pool_t *p)
{
    journal_t *journal = journal_of_file(log_daemon_open(), name, gap, p);
    if (!journal)
        return NULL;
    journal->is_file = false;
    journal->daemon = daemon;
    return journal;
}

/* In place of the file stands a descriptor that takes nothing (EBADF). */
journal_t *journal_absent(const char *path, journal_gap_t *gap, apr_pool_t *p)
{
    return journal_of_file(open("/dev/null", O_RDONLY | O_CLOEXEC), path, gap, p);
}

/* ---- rotation -------------------------------------------------------------------------------- */

static bool lies_there_still(const journal_t *journal)
{
    struct stat there, ours;
    if (stat(journal->name, &there))
        return errno != ENOENT; /* where we may not look, the next reload opens it anew */
    return !fstat(journal->fd, &ours) && there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

/* The descriptor keeps its number, so that threads which write meanwhile are none the wiser. */
static void follow_rotation(journal_t *journal)
{
    const apr_time_t now = apr_time_now();
    apr_time_t looked = __atomic_load_n(&journal->looked, __ATOMIC_RELAXED);
    if (!journal->is_file || (now >= looked && now - looked < APR_USEC_PER_SEC) ||
        !__atomic_compare_exchange_n(&journal->looked, &looked, now, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED) ||
        lies_there_still(journal))
        return;
    const int fd = open_path(journal->name);
    if (fd < 0)
        return;
    dup3(fd, journal->fd, O_CLOEXEC);
    close(fd);
}

/* ---- writing --------------------------------------------------------------------------------- */

void journal_time(apr_time_t when, char text[JOURNAL_TIME])
{
    apr_time_exp_t utc;
    apr_time_exp_gmt(&utc, when);
    apr_snprintf(text, JOURNAL_TIME, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                 utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                 utc.tm_usec / 1000);
}

/* False: errno says why, and what was written of it is nobody's record. */
static bool put_bytes(const journal_t *journal, const char *bytes, apr_size_t len)
{
    ssize_t written;
    if (journal->daemon)
        return log_daemon_send(journal->daemon, journal->fd, bytes, len);
    while ((written = write(journal->fd, bytes, len)) < 0 && errno == EINTR)
        ;
    if (written == (ssize_t)len)
        return true;
    if (written > 0) {
        __atomic_store_n(&journal->gap->torn, 1, __ATOMIC_RELAXED);
        errno = ENOSPC;
    }
    return false;
}

static void say_gap(const journal_t *journal, uint64_t lost, const log_sink_t *log)
{
    journal_gap_t *gap = journal->gap;
    __atomic_fetch_add(&gap->unsaid, lost, __ATOMIC_RELAXED);
    if (log_may_say(&gap->said))
        log_warn(log, "MPIN0481", "the audit log %s takes records again: %" PRIu64 " were lost",
                 journal->name, __atomic_exchange_n(&gap->unsaid, 0, __ATOMIC_RELAXED));
}

static int gap_record(char bytes[GAP_MAX], int torn, uint64_t lost)
{
    char time[JOURNAL_TIME];
    journal_time(apr_time_now(), time);
    return snprintf(bytes, GAP_MAX,
                    "%s{\"time\":\"%s\",\"event\":\"lost\",\"count\":%" PRIu64 "}\n",
                    torn ? "\n" : "", time, lost);
}

/* The gap's record and the line in one write: the small one alone would go into what is left of a
 * full pipe, again and again. */
static bool put_after_gap(const journal_t *journal, uint64_t lost, const char *line, apr_size_t len)
{
    char bytes[PIPE_WHOLE];
    const int torn = __atomic_exchange_n(&journal->gap->torn, 0, __ATOMIC_RELAXED);
    const int head = gap_record(bytes, torn, lost);
    memcpy(bytes + head, line, len);
    if (put_bytes(journal, bytes, (apr_size_t)head + len))
        return true;
    if (torn)
        __atomic_store_n(&journal->gap->torn, 1, __ATOMIC_RELAXED);
    return false;
}

/* A datagram of its own: the line follows in the next. */
static bool tell_daemon_gap(const journal_t *journal, uint64_t lost)
{
    char bytes[GAP_MAX];
    return put_bytes(journal, bytes, (apr_size_t)gap_record(bytes, 0, lost));
}

/* Takes the count, so that one process tells it, and gives it back where it could not. */
static bool put_line(const journal_t *journal, const char *line, apr_size_t len,
                     const log_sink_t *log)
{
    journal_gap_t *gap = journal->gap;
    if (len > JOURNAL_LINE_MAX) {
        errno = EMSGSIZE;
        return false;
    }
    const uint64_t lost = __atomic_load_n(&gap->lost, __ATOMIC_RELAXED)
                              ? __atomic_exchange_n(&gap->lost, 0, __ATOMIC_RELAXED)
                              : 0;
    if (!lost)
        return put_bytes(journal, line, len);
    if (journal->daemon ? tell_daemon_gap(journal, lost)
                        : put_after_gap(journal, lost, line, len)) {
        say_gap(journal, lost, log);
        return !journal->daemon || !len || put_bytes(journal, line, len);
    }
    const int why = errno;
    __atomic_fetch_add(&gap->lost, lost, __ATOMIC_RELAXED);
    errno = why;
    return false;
}

void journal_end(journal_t *journal, const log_sink_t *log)
{
    if (__atomic_load_n(&journal->gap->lost, __ATOMIC_RELAXED))
        put_line(journal, "", 0, log);
}

void journal_write(journal_t *journal, const char *line, apr_size_t len, const log_sink_t *log)
{
    char why[120];
    follow_rotation(journal);
    if (put_line(journal, line, len, log))
        return;
    if (errno == EBADF)
        apr_cpystrn(why, "it could not be opened", sizeof why);
    else
        apr_strerror(errno, why, sizeof why);
    __atomic_fetch_add(&journal->gap->lost, 1, __ATOMIC_RELAXED);
    if (log_may_say(&journal->gap->complained))
        log_error(
            log, "MPIN0401",
            "the audit log %s takes no records (%s): they are lost and counted until it does; "
            "make room, or see to the program behind the pipe",
            journal->name, why);
}

uint64_t journal_lost(const journal_t *journal)
{
    return __atomic_load_n(&journal->gap->lost, __ATOMIC_RELAXED);
}
