/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_ROOT_KEYS_H
#define MPIN_CTL_ROOT_KEYS_H

#include "ctl/ctl.h"

/* The key file's root keys: a new one seals, an old one goes (docs/people.md, "A new root key"). */
ctl_end_t ctl_keys_rotate(ctl_t *ctl);
ctl_end_t ctl_keys_retire(ctl_t *ctl);

#endif
