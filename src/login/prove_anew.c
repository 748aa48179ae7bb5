/* SPDX-License-Identifier: Apache-2.0 */
#include "login/prove_anew.h"

#include "factor/kinds.h"
#include "factor/passkey.h"

/* The FACTOR_BITs of what the user has beside a first factor, and in `*keys` of their passkeys, as
 * far as they are of this site: no other would do here. */
static uint32_t steps_of(const site_t *site, const own_factor_t *list, int count, uint32_t *keys)
{
    uint32_t steps = 0;
    *keys = 0;
    for (int i = 0; i < count; i++) {
        const kind_ops_t *ops = kind_ops(list[i].kind);
        if (!list[i].confirmed)
            continue;
        if (passkey_is_of(&list[i], &site->passkeys))
            *keys = FACTOR_BIT(FACTOR_PASSKEY) | FACTOR_BIT(FACTOR_SECURITY_KEY);
        else if (ops)
            steps |= FACTOR_BIT(ops->proves);
    }
    return steps;
}

/* A recovery code stands for what was lost, and alone for nothing. */
static uint32_t strongest(const site_t *site, uint32_t steps, uint32_t keys)
{
    const uint32_t codes = steps & FACTOR_BIT(FACTOR_RECOVERY);
    if (keys)
        return keys | codes;
    return steps == codes ? site->methods : steps;
}

demand_t prove_demand_of(const facts_t *facts, const own_factor_t *list, int count)
{
    uint32_t keys;
    const uint32_t steps = steps_of(facts->site, list, count, &keys);
    return (demand_t){.first = strongest(facts->site, steps, keys), .max_age = PROVE_AGE};
}

demand_t prove_demand(const facts_t *facts)
{
    const session_t *session = facts->caller.session;
    own_factor_t *list;
    int count;
    if (!session)
        return (demand_t){.first = facts->site->methods, .max_age = PROVE_AGE};
    const store_status_t status =
        factors_list(facts->site->factors, session->uid, &list, &count, facts->r->pool);
    return status == STORE_OK ? prove_demand_of(facts, list, count)
                              : (demand_t){.first = 0, .max_age = PROVE_AGE};
}
