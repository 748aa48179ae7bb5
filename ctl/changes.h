/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_CHANGES_H
#define MPIN_CTL_CHANGES_H

#include "ctl/ctl.h"

/* What an administrator changes of people (docs/identity.md, "What each event does"). */
ctl_end_t ctl_user_disable(ctl_t *ctl);
ctl_end_t ctl_user_enable(ctl_t *ctl);
ctl_end_t ctl_user_delete(ctl_t *ctl);
ctl_end_t ctl_name_free(ctl_t *ctl);

ctl_end_t ctl_device_unlock(ctl_t *ctl);
ctl_end_t ctl_device_remove(ctl_t *ctl);
ctl_end_t ctl_factor_reset(ctl_t *ctl);

ctl_end_t ctl_session_end(ctl_t *ctl);

ctl_end_t ctl_invite(ctl_t *ctl);

ctl_end_t ctl_token_add(ctl_t *ctl);
ctl_end_t ctl_token_remove(ctl_t *ctl);

#endif
