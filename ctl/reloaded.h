/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_RELOADED_H
#define MPIN_CTL_RELOADED_H

#include "ctl/ctl.h"

/* What the running server has loaded of the key file. */
typedef enum { ROOT_KNOWN, ROOT_SEALS, ROOT_GONE } root_state_t;

/* Is there a server, by its PidFile? */
bool server_runs(const ctl_t *ctl);

/* Reloads the running server gracefully (SIGUSR1, as apachectl graceful does) and waits until it has
 * loaded root key `number` so. Where none runs it is done: one that starts reads the file anyway. */
ctl_end_t reloaded_with(ctl_t *ctl, unsigned char number, root_state_t state);

/* For apart_run, of a root_wish_t: is it so, at once? CTL_NOT_DONE where it isn't. */
typedef struct root_wish_t {
    unsigned char number;
    root_state_t state;
    int tries; /* of which each waits a little; 0 looks once */
} root_wish_t;
ctl_end_t root_loaded(ctl_t *ctl, const void *wish);

#endif
