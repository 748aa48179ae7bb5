/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_JOURNAL_H
#define MPIN_BASE_JOURNAL_H

#include <apr_pools.h>
#include "base/log.h"
#include "base/log_daemon.h"

/* Records, a line each, for a file, a pipe or a log daemon that nobody waits for: what it doesn't take at once is
 * lost and counted. When it takes records again, the first of them says how many are missing, so
 * that a gap is seen where it is. One write a line: lines of several processes do not mix. */

/* Shared by all processes that write there, and zero at first. */
typedef struct journal_gap_t {
    uint64_t lost;   /* records since the last one that was taken */
    int torn;        /* the last write took a part of its line: a full disk */
    uint64_t unsaid; /* records of gaps that no line of the error log has told yet */
    apr_time_t said, complained;
} journal_gap_t;

/* One a process; its threads share it. */
typedef struct journal_t {
    int fd; /* does not block */
    const char *name;
    const log_daemon_t *daemon; /* who gets them as datagrams, or NULL */
    bool is_file; /* `name` is its path, at which it is opened anew after a rotation */
    apr_time_t looked;
    journal_gap_t *gap;
} journal_t;

/* A gap for processes that fork later, as long as they live. NULL: memory is out. */
journal_gap_t *journal_gap_make(void);

/* Opens a file, or whatever lies at that path: a FIFO needs no reader. It is closed with the pool.
 * NULL: errno says why. */
journal_t *journal_open(const char *path, journal_gap_t *gap, apr_pool_t *p);

/* One that could not be opened: records are lost and counted, until a file can be. NULL: not even that. */
journal_t *journal_absent(const char *path, journal_gap_t *gap, apr_pool_t *p);

/* The machine's log daemon, whether it listens already or not. NULL: no descriptor is to be had. */
journal_t *journal_of_daemon(const log_daemon_t *daemon, const char *name, journal_gap_t *gap,
                             apr_pool_t *p);

/* The writing end of a pipe, which stays the caller's. */
journal_t *journal_of_pipe(int fd, const char *name, journal_gap_t *gap, apr_pool_t *p);

/* Writes a line, its "\n" included: at most JOURNAL_LINE_MAX bytes, a longer one counts as lost.
 * Once a second it looks whether the file still lies at its path. */
#define JOURNAL_LINE_MAX 3900
void journal_write(journal_t *journal, const char *line, apr_size_t len, const log_sink_t *log);

/* Records that are lost since the last one that was taken. */
uint64_t journal_lost(const journal_t *journal);

/* Nothing more will be written: the records that are missing are told, if it takes that. */
void journal_end(journal_t *journal, const log_sink_t *log);

/* "2026-11-22T01:01:36.505Z" */
#define JOURNAL_TIME 25
void journal_time(apr_time_t when, char text[JOURNAL_TIME]);

#endif
