/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_FACTOR_KINDS_H
#define MPIN_FACTOR_KINDS_H

#include "factor/kind.h"

/* NULL: one in which nothing is typed (a passkey, a remembered browser). */
const kind_ops_t *kind_ops(factor_kind_t kind);

/* One turn: counted as a wrong one before it is judged. NULL: it was right, the factor is used now,
 * and one that waited is confirmed. Refusals: kind_ops_t's, 429 throttled with Retry-After, 503. */
result_t *kind_judge(const turn_t *turn, const char *typed);

/* Before it is removed here: has whoever else keeps it forget it. NULL, or the refusal. */
result_t *kind_forget(const turn_t *turn);

#endif
