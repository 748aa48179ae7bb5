/* SPDX-License-Identifier: Apache-2.0 */
/* An RPS elsewhere, as a vhost's child has it. */
#include <apr_strings.h>
#include "remote/remote_kept.h"
#include "remote/remote_room.h"

remote_t *remote_make(const remote_settings_t *settings, rps_t *rps, http_t *http, seats_t *seats,
                      apr_pool_t *p)
{
    remote_t *remote = apr_pcalloc(p, sizeof *remote);
    remote->settings = settings;
    remote->rps = rps;
    remote->peer = (peer_t){.http = http,
                            .seats = seats,
                            .log = rps->log,
                            .health = settings->health,
                            .id = "MPIN0411",
                            .who = apr_pstrcat(p, "the RPS at ", settings->url, NULL)};
    remote->kept = remote_kept_make(p);
    return remote;
}
