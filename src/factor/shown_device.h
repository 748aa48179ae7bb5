/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_SHOWN_DEVICE_H
#define MPIN_FACTOR_SHOWN_DEVICE_H

#include "factor/factors.h"

/* A PIN is two factors. But where its user had a second step before the device came, whoever has
 * the password or the mailbox could add one: such a device's PIN is one factor until the second
 * step has been shown on it once (docs/identity.md, "What each event does"). */
typedef struct device_t {
    const unsigned char *uid, *handle; /* the user's, and the identity's */
    uint32_t made;                     /* when it was added, in seconds */
} device_t;

store_status_t device_is_shown(factors_t *factors, const device_t *device, bool *shown,
                               apr_pool_t *p);

/* The second step has just been shown in a session of this device's. */
store_status_t device_show(factors_t *factors, const unsigned char handle[HANDLE_BYTES],
                           apr_pool_t *p);

/* The device is withdrawn: for people_erase_with. */
store_status_t device_unshow(store_t *store, const unsigned char handle[HANDLE_BYTES],
                             apr_pool_t *p);

#endif
