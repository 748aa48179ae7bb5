/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_OPENED_H
#define MPIN_CTL_OPENED_H

#include "ctl/ctl.h"

/* Opens what a command works with, in this order: the configuration is found, the keys and the audit
 * log are opened as who runs mpinctl, then root becomes the store's owner for good, and as that opens
 * the store, beside a server that works with it. Everything is closed with the pool. */
ctl_end_t opened_for(ctl_t *ctl, needs_t needs);

/* The last steps of it, for a store that is only just being made: root becomes its owner for good; the
 * store is opened, with `ctl->keys`. */
struct stat;
ctl_end_t opened_audit(ctl_t *ctl); /* a program that httpd writes to is httpd's own: then syslog */
ctl_end_t opened_become(const struct stat *owner, const char *dir);
ctl_end_t opened_store(ctl_t *ctl, const struct stat *owner);

/* What a sealed key file is opened by, NULL without; then `*why` is set where it can't be had. */
const secret_t *opened_passphrase(const ctl_t *ctl, const char **why);

#endif
