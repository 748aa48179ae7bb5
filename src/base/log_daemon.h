/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_LOG_DAEMON_H
#define MPIN_BASE_LOG_DAEMON_H

#include <apr_pools.h>
#include <stdbool.h>

/* The machine's own log daemon: syslog (RFC 3164, as glibc's syslog(3) writes it) or journald
 * (systemd's native protocol). A record is one datagram; nobody waits for it, and one that is not
 * taken is lost. The socket is looked up for each, so that a daemon may be restarted at any time. */
typedef struct log_daemon_t log_daemon_t;

/* Is a log's name one of these: "syslog" or "journald", alone or before a ':'? */
bool log_daemon_named(const char *log);

/* "syslog[:FACILITY][:/SOCKET]" or "journald[:/SOCKET]". NULL: `*wrong` says what is wrong, and the
 * mend. */
const log_daemon_t *log_daemon_make(const char *log, apr_pool_t *p, const char **wrong);

/* The path at which it listens. */
const char *log_daemon_socket(const log_daemon_t *daemon);

/* A descriptor to send with; -1: errno says why. */
int log_daemon_open(void);

/* Sends a line, whose "\n" may be there. False: errno says why. */
bool log_daemon_send(const log_daemon_t *daemon, int fd, const char *line, apr_size_t len);

#endif
