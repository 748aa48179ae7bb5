/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_MANUAL_H
#define MPIN_CTL_MANUAL_H

#include "ctl/ctl.h"

/* What the table of commands says of itself: the only source of help, man page and completion. */
ctl_end_t ctl_help(ctl_t *ctl);       /* help: all commands, a line each */
ctl_end_t ctl_manual(ctl_t *ctl);     /* help man: mpinctl(8) as roff */
ctl_end_t ctl_completion(ctl_t *ctl); /* help completion: a file for bash */
void manual_command(const command_t *command);

#endif
