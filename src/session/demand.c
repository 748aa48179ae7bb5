#include "session/demand.h"

const demand_t demand_any = {.first = FACTORS_FIRST};

demand_t demand_of(int methods, uint32_t offered, int reauth_after)
{
    return (demand_t){.first = methods < 0 ? offered : (uint32_t)methods,
                      .max_age = reauth_after < 0 ? 0 : (uint32_t)reauth_after};
}

bool demand_is_same(const demand_t *one, const demand_t *other)
{
    return one->first == other->first && one->second == other->second &&
           one->max_age == other->max_age;
}

/* Proven at all, and recently enough? */
static bool is_fresh(uint32_t proven, uint32_t max_age, apr_time_t now)
{
    return proven && (!max_age || apr_time_sec(now) - (apr_time_t)proven <= max_age);
}

/* A second step that nobody can take yet is one that nobody has taken. */
bool demand_is_met(const demand_t *demand, const session_t *session, apr_time_t now)
{
    if (demand->second != DEMAND_NO_SECOND)
        return false;
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        if ((demand->first & FACTOR_BIT(factor)) &&
            is_fresh(session->proven[factor], demand->max_age, now))
            return true;
    return false;
}
