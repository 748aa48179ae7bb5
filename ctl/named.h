/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_NAMED_H
#define MPIN_CTL_NAMED_H

#include "ctl/ctl.h"

/* Whom and what a command's words mean. Where it is not CTL_DONE, why has been said. */
ctl_end_t named_user(const ctl_t *ctl, const char *typed, user_t *user);

/* One that is not deleted: whom something can be changed of. */
ctl_end_t named_living(const ctl_t *ctl, const char *typed, user_t *user);

/* A device by the first digits of its handle; one that is withdrawn is none. */
ctl_end_t named_device(const ctl_t *ctl, const char *typed, identity_t *identity);

const char *user_state_text(user_state_t state);

#endif
