/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_SINK_H
#define MPIN_SITE_SINK_H

#include "base/log.h"
#include "config/config.h"

/* The library's log lines into a server's error log. */
log_sink_t sink_of(server_rec *server);

/* The same with the client's address and the request's id, by the LogLevel of its place. */
log_sink_t sink_of_request(request_rec *r);

#endif
