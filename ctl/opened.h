/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_OPENED_H
#define MPIN_CTL_OPENED_H

#include "ctl/ctl.h"

/* Opens what a command works with, in this order: the configuration is found, the keys and the audit
 * log are opened as who runs mpinctl, then root becomes the store's owner for good, and as that opens
 * the store, beside a server that works with it. Everything is closed with the pool. */
ctl_end_t opened_for(ctl_t *ctl, needs_t needs);

#endif
