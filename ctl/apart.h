/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_APART_H
#define MPIN_CTL_APART_H

#include "ctl/ctl.h"

/* Does a part of a command in a process of its own, which becomes the store's owner and opens the store:
 * whoever calls stays who they are, as the key file is root's. How it ended; it can change nothing here. */
typedef ctl_end_t (*apart_work_t)(ctl_t *ctl, const void *baton);
ctl_end_t apart_run(ctl_t *ctl, apart_work_t work, const void *baton);

#endif
