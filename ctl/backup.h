/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_BACKUP_H
#define MPIN_CTL_BACKUP_H

#include "ctl/ctl.h"

/* Store and keys in one file, and back: the key file's bytes, then all that lasts of the store. */
ctl_end_t ctl_backup(ctl_t *ctl);
ctl_end_t ctl_restore(ctl_t *ctl);

#endif
