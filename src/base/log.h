/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_LOG_H
#define MPIN_BASE_LOG_H

#include <apr_time.h>
#include <stdbool.h>

/* The library logs through a callback, so that it logs outside httpd too. Ids are stable
 * ("MPIN0101") and documented. Secrets have a type of their own (keys/secret.h) and no format that
 * prints it. */
typedef enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG } log_level_t;

typedef struct log_sink_t {
    void (*write)(void *baton, log_level_t level, const char *id, const char *text);
    void *baton;
    log_level_t most; /* the lowest level that is written: what lies below costs one comparison */
} log_sink_t;

/* Formats at most 512 bytes and hands them on. `sink` may be NULL: nothing is written. */
void log_error(const log_sink_t *sink, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_warn(const log_sink_t *sink, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_info(const log_sink_t *sink, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_debug_line(const log_sink_t *sink, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A debug line says one decision that a person may ask about, and holds no secret at any level. Its
 * arguments are evaluated only where somebody reads it, so they may cost something and must change
 * nothing. */
#define log_debug(sink, ...)                                                                       \
    do {                                                                                           \
        if (log_wants_debug(sink))                                                                 \
            log_debug_line(sink, __VA_ARGS__);                                                     \
    } while (0)

static inline bool log_wants_debug(const log_sink_t *sink)
{
    return sink && sink->most >= LOG_LEVEL_DEBUG;
}

/* True at most once a minute, so that a condition that repeats is logged no more often. `last` is
 * zero at first and belongs to one condition; threads may race for it. */
bool log_may_say(apr_time_t *last);

#endif
