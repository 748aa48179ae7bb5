/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_FACTOR_RECORD_H
#define MPIN_FACTOR_FACTOR_RECORD_H

#include "factor/own_factor.h"

/* The records of this room; all are lasting:
 *   factor:<uid><id>   own_factor_t; expires where it waits for being confirmed
 *   factors:<uid>      set of ids
 *   had-factor:<uid>   since when there has been one that was confirmed
 *   tries:<uid><group> wrong codes (tries.h)
 *   shown:<handle>     a device with a PIN by which the second step has been shown, too (shown_device.h)
 * and one is written behind:
 *   browser-use:<uid><id>  when and in which family a remembered browser signed in last (browser.h)
 * and these are fleeting:
 *   challenge:<uid><id>            a code on its way (challenge.h)
 *   sms:<whose>:<mac>:<window>     counts of messages (sms_limits.h)
 */
#define FACTOR_RECORD_MAX (1 + 1 + 1 + 4 + 4 + 1 + FACTOR_NAME_MAX + 4 + FACTOR_DATA_MAX)

struct factors_t {
    store_t *store;
    const log_sink_t *log;
    const keys_t *keys; /* NULL until factors_use_keys */
    const struct senders_t *senders;
};

/* Writing gives the length, 0 when a field is out of its bounds; reading is false for anything that
 * writing cannot have made. uid and id are the key's. */
apr_size_t factor_write(const own_factor_t *factor, unsigned char record[FACTOR_RECORD_MAX]);
bool factor_read(const void *record, apr_size_t len, own_factor_t *factor);

#endif
