/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind in which something is typed, and how a turn goes. */
#include "factor/kinds.h"

#include "factor/recovery.h"
#include "factor/sms.h"
#include "factor/totp.h"
#include "factor/workos_kinds.h"
#include "store/refusal.h"

const kind_ops_t *kind_ops(factor_kind_t kind)
{
    switch (kind) {
    case KIND_TOTP:
        return &totp_ops;
    case KIND_RECOVERY:
        return &recovery_ops;
    case KIND_SMS:
        return &sms_ops;
    case KIND_WORKOS_TOTP:
        return &workos_totp_ops;
    case KIND_WORKOS_SMS:
        return &workos_sms_ops;
    default:
        return NULL;
    }
}

/* A code that was judged, and was not right. A code that could not be judged charges nobody. */
static bool was_wrong(const result_t *refusal)
{
    return refusal && refusal->status == 401;
}

static result_t *settle(const turn_t *turn, const kind_ops_t *ops, result_t *refusal)
{
    const unsigned char *uid = turn->factor->uid;
    if (was_wrong(refusal))
        return refusal;
    const store_status_t status = refusal ? tries_take_back(turn->factors, uid, ops->tries, turn->p)
                                          : tries_right(turn->factors, uid, ops->tries, turn->p);
    return refusal || status == STORE_OK ? refusal : store_refusal(status, turn->p);
}

result_t *kind_judge(const turn_t *turn, const char *typed)
{
    const kind_ops_t *ops = kind_ops(turn->factor->kind);
    int wait;
    if (!ops)
        return code_wrong(turn->p);
    const store_status_t status = tries_begin(turn->factors, turn->factor->uid, ops->tries,
                                              turn->caller->now, &wait, turn->p);
    if (status != STORE_OK)
        return store_refusal(status, turn->p);
    if (wait)
        return result_later(turn->p, "throttled", "too many wrong codes; wait", wait);
    return settle(turn, ops, ops->judge(turn, typed));
}

result_t *kind_forget(const turn_t *turn)
{
    const kind_ops_t *ops = kind_ops(turn->factor->kind);
    return ops && ops->forget ? ops->forget(turn) : NULL;
}
