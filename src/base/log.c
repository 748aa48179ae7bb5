/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 512

static void __attribute__((format(printf, 4, 0)))
hand_on(const log_sink_t *sink, log_level_t level, const char *id, const char *format, va_list args)
{
    if (!sink || level > sink->most)
        return;
    char text[TEXT_MAX + 1];
    vsnprintf(text, sizeof text, format, args);
    sink->write(sink->baton, level, id, text);
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const log_sink_t *sink, const char *id, const char *format, ...)                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        hand_on(sink, level, id, format, args);                                                    \
        va_end(args);                                                                              \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug_line, LOG_LEVEL_DEBUG)

bool log_may_say(apr_time_t *last)
{
    apr_time_t now = apr_time_now();
    apr_time_t then = __atomic_load_n(last, __ATOMIC_RELAXED);
    return now - then >= apr_time_from_sec(60) &&
           __atomic_compare_exchange_n(last, &then, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
