/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_SENDERS_H
#define MPIN_FACTOR_SENDERS_H

/* Those who send codes and keep factors for the users of a site; NULL where it has none. */
typedef struct senders_t {
    struct sms_t *sms;
    struct workos_t *workos;
} senders_t;

#endif
