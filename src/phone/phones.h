/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_PHONES_H
#define MPIN_PHONE_PHONES_H

#include "phone/phone.h"

/* What the files of this room share. */
struct phones_t {
    const phone_settings_t *settings;
    store_t *store;
    const throttle_t *throttle;
    const secret_t *key; /* what leads to a code (phone/code.h) */
};

#endif
