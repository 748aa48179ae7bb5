/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_REMOTE_REMOTE_ROOM_H
#define MPIN_REMOTE_REMOTE_ROOM_H

#include "base/peer.h"
#include "remote/remote.h"
#include "rps/room.h"

/* What the files of this room share. */
struct remote_t {
    const remote_settings_t *settings;
    rps_t *rps; /* our own */
    peer_t peer;
    struct remote_kept_t *kept; /* remote/remote_kept.h */
};

#endif
