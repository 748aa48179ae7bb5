/* SPDX-License-Identifier: Apache-2.0 */
#include "site/sink.h"

#include <http_log.h>

APLOG_USE_MODULE(auth_mpin);

static const int levels[] = {[LOG_LEVEL_ERROR] = APLOG_ERR,
                             [LOG_LEVEL_WARN] = APLOG_WARNING,
                             [LOG_LEVEL_INFO] = APLOG_INFO,
                             [LOG_LEVEL_DEBUG] = APLOG_DEBUG};

static void sink_write(void *baton, log_level_t level, const char *id, const char *text)
{
    ap_log_error(APLOG_MARK, levels[level], 0, (server_rec *)baton, "%s: %s", id, text);
}

log_sink_t sink_of(server_rec *server)
{
    return (log_sink_t){sink_write, server, APLOGdebug(server) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO};
}

static void sink_write_request(void *baton, log_level_t level, const char *id, const char *text)
{
    ap_log_rerror(APLOG_MARK, levels[level], 0, (request_rec *)baton, "%s: %s", id, text);
}

log_sink_t sink_of_request(request_rec *r)
{
    return (log_sink_t){sink_write_request, r, APLOGrdebug(r) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO};
}
