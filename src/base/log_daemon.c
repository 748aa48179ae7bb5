/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_daemon.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SYSLOG "syslog"
#define JOURNALD "journald"
#define SYSLOG_SOCKET "/dev/log"
#define JOURNALD_SOCKET "/run/systemd/journal/socket"
#define IDENTIFIER "mod_auth_mpin"
#define HEAD_MAX 160

struct log_daemon_t {
    bool journald;
    int facility; /* as <syslog.h> has it */
    struct sockaddr_un at;
};

static const struct {
    const char *word;
    int facility;
} facilities[] = {{"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"daemon", LOG_DAEMON},
                  {"user", LOG_USER},     {"local0", LOG_LOCAL0},     {"local1", LOG_LOCAL1},
                  {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},     {"local4", LOG_LOCAL4},
                  {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},     {"local7", LOG_LOCAL7}};

static bool starts_as(const char *log, const char *word)
{
    const size_t len = strlen(word);
    return strncmp(log, word, len) == 0 && (log[len] == '\0' || log[len] == ':');
}

bool log_daemon_named(const char *log)
{
    return starts_as(log, SYSLOG) || starts_as(log, JOURNALD);
}

static bool find_facility(const char *word, size_t len, int *facility)
{
    for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
        if (strlen(facilities[i].word) == len && !strncmp(facilities[i].word, word, len)) {
            *facility = facilities[i].facility;
            return true;
        }
    return false;
}

/* The rest of the name, from its ':' on. */
static const char *read_rest(log_daemon_t *daemon, const char *rest)
{
    const char *path = daemon->journald ? JOURNALD_SOCKET : SYSLOG_SOCKET;
    if (*rest && rest[1] != '/' && !daemon->journald) {
        const size_t len = strcspn(rest + 1, ":");
        if (!find_facility(rest + 1, len, &daemon->facility))
            return "syslog has no such facility; write auth, authpriv, daemon, user or local0 to "
                   "local7";
        rest += 1 + len;
    }
    if (*rest)
        path = rest + 1;
    if (*path != '/' || strlen(path) >= sizeof daemon->at.sun_path)
        return "a log daemon's socket is a full path; write as in syslog:auth:/dev/log";
    apr_cpystrn(daemon->at.sun_path, path, sizeof daemon->at.sun_path);
    return NULL;
}

const log_daemon_t *log_daemon_make(const char *log, apr_pool_t *p, const char **wrong)
{
    log_daemon_t *daemon = apr_pcalloc(p, sizeof *daemon);
    daemon->journald = starts_as(log, JOURNALD);
    daemon->facility = LOG_AUTHPRIV;
    daemon->at.sun_family = AF_UNIX;
    *wrong = read_rest(daemon, log + strcspn(log, ":"));
    return *wrong ? NULL : daemon;
}

const char *log_daemon_socket(const log_daemon_t *daemon)
{
    return daemon->at.sun_path;
}

int log_daemon_open(void)
{
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* syslog's time is the machine's own, and has English names whatever the locale. */
static int write_head(const log_daemon_t *daemon, char head[HEAD_MAX])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm here;
    const time_t now = time(NULL);
    if (daemon->journald)
        return snprintf(head, HEAD_MAX,
                        "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER
                        "\nMESSAGE=",
                        LOG_NOTICE, daemon->facility >> 3);
    localtime_r(&now, &here);
    return snprintf(head, HEAD_MAX, "<%d>%.3s %2d %02d:%02d:%02d " IDENTIFIER "[%d]: ",
                    daemon->facility | LOG_NOTICE, months + 3 * here.tm_mon, here.tm_mday,
                    here.tm_hour, here.tm_min, here.tm_sec, (int)getpid());
}

bool log_daemon_send(const log_daemon_t *daemon, int fd, const char *line, apr_size_t len)
{
    char head[HEAD_MAX];
    const int head_len = write_head(daemon, head);
    const apr_size_t body = len && line[len - 1] == '\n' ? len - 1 : len;
    /* journald passes over a field that no "\n" ends; syslog would show it. */
    struct iovec parts[] = {{head, (size_t)head_len},
                            {(void *)(apr_uintptr_t)line, body},
                            {(void *)(apr_uintptr_t) "\n", daemon->journald}};
    struct sockaddr_un at = daemon->at;
    const struct msghdr message = {
        .msg_name = &at, .msg_namelen = sizeof at, .msg_iov = parts, .msg_iovlen = 3};
    ssize_t sent;
    while ((sent = sendmsg(fd, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent >= 0;
}
