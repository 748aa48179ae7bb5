/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_WARN_H
#define MPIN_WEB_WARN_H

#include <httpd.h>

#include "base/result.h"

/* What the error log is told at `LogLevel warn`, which is Debian's, of what was answered. */

/* A wrong password or PIN, a lock, a throttle: a line for each, with the client's address, which
 * conf/fail2ban reads. Only such results' events say anything. */
void warn_of_failure(request_rec *r, const result_t *result);

/* A refusal that only the administrator can mend, with the mend; each at most once a minute. */
void warn_of_refusal(request_rec *r, const result_t *refusal);

#endif
