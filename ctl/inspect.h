/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_INSPECT_H
#define MPIN_CTL_INSPECT_H

#include "ctl/ctl.h"

/* How keys and store are. */
ctl_end_t ctl_keys(ctl_t *ctl);
ctl_end_t ctl_store_stats(ctl_t *ctl);
ctl_end_t ctl_store_check(ctl_t *ctl);

/* The store's files without what is unused, while nobody has them open. */
ctl_end_t ctl_store_compact(ctl_t *ctl);

#endif
