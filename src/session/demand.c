/* SPDX-License-Identifier: Apache-2.0 */
#include "session/demand.h"
#include "session/mark.h"

#include <apr_strings.h>
#include <string.h>

static const char *const factor_names[FACTOR_COUNT] = {[FACTOR_PIN] = "pin",
                                                       [FACTOR_PASSWORD] = "password",
                                                       [FACTOR_PASSKEY] = "passkey",
                                                       [FACTOR_TOTP] = "totp",
                                                       [FACTOR_SMS] = "sms",
                                                       [FACTOR_SECURITY_KEY] = "security-key",
                                                       [FACTOR_TRUSTED] = "trusted",
                                                       [FACTOR_RECOVERY] = "recovery",
                                                       [FACTOR_REMEMBERED] = "remembered",
                                                       [FACTOR_REMEMBERED_SMS] = "remembered-sms",
                                                       [FACTOR_TOKEN] = "token"};

const demand_t demand_any = {.first = FACTORS_FIRST};

bool demand_is_same(const demand_t *one, const demand_t *other)
{
    return one->first == other->first && one->second == other->second &&
           one->max_age == other->max_age && one->trusted == other->trusted;
}

/* Proven at all, and recently enough? */
static bool is_fresh(uint32_t proven, uint32_t max_age, apr_time_t now)
{
    return proven && (!max_age || apr_time_sec(now) - (apr_time_t)proven <= max_age);
}

static bool any_is_fresh(uint32_t factors, const session_t *session, uint32_t max_age,
                         apr_time_t now)
{
    for (; factors; factors &= factors - 1)
        if (is_fresh(session->proven[__builtin_ctz(factors)], max_age, now))
            return true;
    return false;
}

/* Another trusted login than the place takes is none. */
static inline bool first_is_fresh(const demand_t *demand, const session_t *session, apr_time_t now)
{
    uint32_t first = demand->first;
    if (demand->trusted && !mark_is_among(demand->trusted, session->trusted))
        first &= ~FACTOR_BIT(FACTOR_TRUSTED);
    return any_is_fresh(first, session, demand->max_age, now);
}

/* The factors that are a second step, by the word that asks for them. A recovery code stands for
 * what was lost; neither it nor a browser that is remembered for what cannot be phished, and one
 * that is remembered by a code that was sent for such codes only. */
#define STANDS_IN_APP (FACTOR_BIT(FACTOR_RECOVERY) | FACTOR_BIT(FACTOR_REMEMBERED))
#define STANDS_IN (STANDS_IN_APP | FACTOR_BIT(FACTOR_REMEMBERED_SMS))
#define KEYS (FACTOR_BIT(FACTOR_PASSKEY) | FACTOR_BIT(FACTOR_SECURITY_KEY))
static const struct {
    const char *word;
    uint32_t factors;
} seconds_called[] = {{"none", 0},
                      {"any", FACTOR_BIT(FACTOR_PIN) | FACTOR_BIT(FACTOR_TOTP) |
                                  FACTOR_BIT(FACTOR_SMS) | KEYS | STANDS_IN},
                      {"totp", FACTOR_BIT(FACTOR_TOTP) | STANDS_IN_APP},
                      {"sms", FACTOR_BIT(FACTOR_SMS) | STANDS_IN},
                      {"passkey", KEYS},
                      {"strong", KEYS}}; /* what nobody can phish */
#define SECONDS (sizeof seconds_called / sizeof *seconds_called)

int demand_second(const char *word)
{
    for (size_t i = 0; i < SECONDS; i++)
        if (!strcasecmp(seconds_called[i].word, word))
            return (int)seconds_called[i].factors;
    return -1;
}

const char *demand_second_word(uint32_t second)
{
    for (size_t i = 0; i < SECONDS; i++)
        if (seconds_called[i].factors == second)
            return seconds_called[i].word;
    return NULL;
}

/* A PIN is two factors where its device is known to be the user's (AMR_MFA). */
static uint32_t seconds_that_count(uint32_t second, const session_t *session)
{
    return session->amr & AMR_MFA ? second : second & ~FACTOR_BIT(FACTOR_PIN);
}

bool demand_is_met(const demand_t *demand, const session_t *session, apr_time_t now)
{
    return first_is_fresh(demand, session, now) &&
           (!demand->second || any_is_fresh(seconds_that_count(demand->second, session), session,
                                            demand->max_age, now));
}

uint32_t demand_lacks(const demand_t *demand, const session_t *session, apr_time_t now)
{
    if (demand_is_met(demand, session, now))
        return 0;
    return first_is_fresh(demand, session, now) ? demand->second : demand->first;
}

bool demand_lacks_step(const demand_t *demand, const session_t *session, apr_time_t now)
{
    return (demand_lacks(demand, session, now) & ~FACTORS_FIRST) != 0;
}

const char *demand_need(const demand_t *demand, const session_t *session, apr_time_t now)
{
    if (!session || !demand_lacks_step(demand, session, now))
        return "login";
    for (size_t i = 0; i < SECONDS; i++)
        if ((seconds_called[i].factors & ~STANDS_IN) == (demand->second & ~STANDS_IN))
            return seconds_called[i].word;
    return "any";
}

uint32_t demand_of_amr(uint32_t amr)
{
    static const struct {
        uint32_t amr, factors;
    } proves[] = {
        {AMR_PWD, FACTOR_BIT(FACTOR_PASSWORD)},
        {AMR_PIN | AMR_PHONE, FACTOR_BIT(FACTOR_PIN)},
        {AMR_TRUSTED, FACTOR_BIT(FACTOR_TRUSTED)},
        {AMR_OTP, FACTOR_BIT(FACTOR_TOTP) | FACTOR_BIT(FACTOR_RECOVERY)},
        {AMR_SMS, FACTOR_BIT(FACTOR_SMS)},
        {AMR_HWK | AMR_SWK, KEYS},
        {AMR_USER, FACTOR_BIT(FACTOR_PASSKEY)},
        {AMR_MFA, FACTOR_BIT(FACTOR_PIN) | FACTOR_BIT(FACTOR_TOTP) | FACTOR_BIT(FACTOR_SMS) | KEYS |
                      FACTOR_BIT(FACTOR_RECOVERY)},
    };
    uint32_t factors = 0;
    for (size_t i = 0; i < sizeof proves / sizeof *proves; i++)
        if (amr & proves[i].amr)
            factors |= proves[i].factors;
    return factors;
}

bool demand_lasting(const session_t *session, uint32_t factors, apr_time_t now)
{
    const demand_t demand = {.first = factors, .max_age = DEMAND_LASTING_AGE};
    return demand_is_met(&demand, session, now);
}

/* The names between `between`; NULL where there is none. */
static const char *demand_join(uint32_t factors, const char *between, apr_pool_t *p)
{
    const char *text = NULL;
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        if (factors & FACTOR_BIT(factor))
            text = text ? apr_pstrcat(p, text, between, factor_names[factor], NULL)
                        : factor_names[factor];
    return text;
}

const char *demand_names(uint32_t factors, apr_pool_t *p)
{
    const char *text = demand_join(factors, ",", p);
    return text ? text : "";
}

uint32_t demand_named(const char *names, apr_pool_t *p)
{
    uint32_t factors = 0;
    char *last, *name = apr_strtok(apr_pstrdup(p, names), ",", &last);
    for (; name; name = apr_strtok(NULL, ",", &last))
        for (int factor = 0; factor < FACTOR_COUNT; factor++)
            if (strcmp(name, factor_names[factor]) == 0)
                factors |= FACTOR_BIT(factor);
    return factors;
}

const char *demand_text(const demand_t *demand, apr_pool_t *p)
{
    const char *text = demand_join(demand->first, " or ", p);
    if (!text)
        return "what nobody can give";
    if (demand->second)
        text = apr_pstrcat(p, text, " and ", demand_join(demand->second, " or ", p), NULL);
    return demand->max_age ? apr_psprintf(p, "%s, at most %u s ago", text, demand->max_age) : text;
}

const char *demand_proven_text(const session_t *session, apr_time_t now, apr_pool_t *p)
{
    const char *text = NULL;
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        if (session->proven[factor])
            text = apr_psprintf(p, "%s%s%s %" APR_TIME_T_FMT " s ago", text ? text : "",
                                text ? ", " : "", factor_names[factor],
                                apr_time_sec(now) - (apr_time_t)session->proven[factor]);
    return text ? text : "nothing";
}
