/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_LISTED_H
#define MPIN_CTL_LISTED_H

#include "ctl/ctl.h"

/* Everybody, a line each, and what there is of one. */
ctl_end_t ctl_users(ctl_t *ctl); /* users [TEXT] */
ctl_end_t ctl_user(ctl_t *ctl);  /* user NAME: one_user.c */

ctl_end_t ctl_token_list(ctl_t *ctl); /* token list [NAME]: token_changes.c */

#endif
