/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REMOTE_DESK_H
#define REMOTE_DESK_H

#include "http_peer.h"
#include "rps_desk.h"

/* A desk (rps_desk.h) whose RPS is elsewhere: at a peer that answers what the test wants. */
int remote_desk_make(void **state);
int remote_desk_drop(void **state);

#define REMOTE_TEST(name) cmocka_unit_test_setup_teardown(name, remote_desk_make, remote_desk_drop)

/* An RPS that remembers nothing of earlier answers, with the settings as they are now. */
void remote_desk_forget(desk_t *desk);

/* From now on the peer answers so, as application/json. */
void remote_desk_answers(desk_t *desk, int status, const char *body);

#endif
