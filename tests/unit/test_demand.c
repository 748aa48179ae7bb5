/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <string.h>

#include "session/demand.h"
#include "session/mark.h"

#define NOW 1700000000u
#define PIN FACTOR_BIT(FACTOR_PIN)
#define PASSWORD FACTOR_BIT(FACTOR_PASSWORD)

/* Signed in by password ten minutes ago, by PIN an hour ago. */
static const session_t both = {
    .proven = {[FACTOR_PASSWORD] = NOW - 600, [FACTOR_PIN] = NOW - 3600},
};

static bool met(uint32_t first, uint32_t max_age, const session_t *session)
{
    const demand_t demand = {.first = first, .max_age = max_age};
    return demand_is_met(&demand, session, apr_time_from_sec(NOW));
}

static void place_without_directives_takes_whatever_the_site_offers(void **state)
{
    (void)state;
    const demand_t demand = demand_of(-1, PIN, -1, -1);
    assert_int_equal(demand.first, PIN);
    assert_int_equal(demand.second, 0);
    assert_int_equal(demand.max_age, 0);
}

static void place_with_directives_asks_for_what_they_say(void **state)
{
    (void)state;
    const demand_t demand = demand_of(PASSWORD, PIN, -1, 300);
    assert_int_equal(demand.first, PASSWORD);
    assert_int_equal(demand.max_age, 300);
    assert_int_equal(demand_of(0, PIN, -1, 0).first, 0);
    assert_int_equal(demand_of(-1, PIN, -1, 0).max_age, 0);
}

static void one_of_the_accepted_factors_is_enough(void **state)
{
    (void)state;
    const session_t pin = {.proven = {[FACTOR_PIN] = NOW - 1}};
    assert_true(met(PIN, 0, &pin));
    assert_true(met(PIN | PASSWORD, 0, &pin));
    assert_false(met(PASSWORD, 0, &pin));
}

static void every_factor_counts_where_it_is_accepted_and_nowhere_else(void **state)
{
    (void)state;
    for (int proven = 0; proven < FACTOR_COUNT; proven++) {
        session_t session = {.amr = UINT32_MAX};
        session.proven[proven] = NOW;
        for (int asked = 0; asked < FACTOR_COUNT; asked++)
            assert_int_equal(met(FACTOR_BIT(asked), 60, &session), asked == proven);
    }
}

static void fresh_password_makes_no_old_pin_fresh(void **state)
{
    (void)state;
    assert_true(met(PASSWORD, 1800, &both));
    assert_true(met(PIN | PASSWORD, 1800, &both));
    assert_false(met(PIN, 1800, &both));
    assert_true(met(PIN, 0, &both));
}

static void proof_is_fresh_up_to_the_last_second(void **state)
{
    (void)state;
    assert_true(met(PASSWORD, 600, &both));
    assert_false(met(PASSWORD, 599, &both));
    const session_t future = {.proven = {[FACTOR_PIN] = NOW + 30}}; /* another machine's clock */
    assert_true(met(PIN, 1, &future));
    const session_t first = {.proven = {[FACTOR_PIN] = 1}};
    assert_false(met(PIN, NOW - 2, &first));
    assert_true(met(PIN, UINT32_MAX, &first));
}

static void nothing_meets_a_demand_that_accepts_nothing(void **state)
{
    (void)state;
    const session_t nobody = {.amr = UINT32_MAX, .auth_time = NOW};
    assert_false(met(0, 0, &both));
    assert_false(met(FACTORS_FIRST, 0, &nobody));
    assert_false(demand_is_met(&demand_any, &nobody, apr_time_from_sec(NOW)));
}

static void any_demand_is_met_by_whoever_is_signed_in(void **state)
{
    (void)state;
    const session_t old = {.proven = {[FACTOR_PASSWORD] = 1}};
    assert_true(demand_is_met(&demand_any, &both, apr_time_from_sec(NOW)));
    assert_true(demand_is_met(&demand_any, &old, apr_time_from_sec(NOW)));
}

/* A session keeps a hash of the name: whatever is added before it, or moved, means nothing. */
static void provider_reorder_keeps_meaning(void **state)
{
    (void)state;
    const uint32_t first[] = {mark_of("corp"), mark_of("other"), 0};
    const uint32_t moved[] = {mark_of("new"), mark_of("other"), mark_of("corp"), 0};
    const uint32_t without[] = {mark_of("other"), 0};
    const session_t corp = {.proven = {[FACTOR_TRUSTED] = NOW}, .trusted = mark_of("corp")};
    demand_t demand = {.first = FACTOR_BIT(FACTOR_TRUSTED)};
    assert_true(demand_is_met(&demand, &corp, apr_time_from_sec(NOW)));
    demand.trusted = first;
    assert_true(demand_is_met(&demand, &corp, apr_time_from_sec(NOW)));
    demand.trusted = moved;
    assert_true(demand_is_met(&demand, &corp, apr_time_from_sec(NOW)));
    demand.trusted = without;
    assert_false(demand_is_met(&demand, &corp, apr_time_from_sec(NOW)));
    assert_int_equal(demand_lacks(&demand, &corp, apr_time_from_sec(NOW)), demand.first);
    demand.first |= PASSWORD;
    assert_true(demand_is_met(&demand, &both, apr_time_from_sec(NOW)));
}

static void second_step_that_was_not_taken_is_not_met(void **state)
{
    (void)state;
    demand_t demand = demand_any;
    demand.second = FACTOR_BIT(FACTOR_TOTP);
    assert_false(demand_is_met(&demand, &both, apr_time_from_sec(NOW)));
}

static void demands_are_the_same_when_all_of_them_is(void **state)
{
    (void)state;
    const demand_t one = {.first = PIN, .max_age = 300}, same = one;
    demand_t other = one;
    assert_true(demand_is_same(&one, &same));
    other.first = PASSWORD;
    assert_false(demand_is_same(&one, &other));
    other = one;
    other.second = FACTOR_BIT(FACTOR_TOTP);
    assert_false(demand_is_same(&one, &other));
    other = one;
    other.max_age = 301;
    assert_false(demand_is_same(&one, &other));
}

static void a_pin_is_two_factors_where_its_device_was_shown(void **state)
{
    (void)state;
    const demand_t any = {.first = PIN, .second = (uint32_t)demand_second("any")};
    session_t session = {.amr = AMR_PIN | AMR_MFA, .proven = {[FACTOR_PIN] = NOW - 1}};
    assert_true(demand_is_met(&any, &session, apr_time_from_sec(NOW)));
    session.amr = AMR_PIN;
    assert_false(demand_is_met(&any, &session, apr_time_from_sec(NOW)));
    assert_true(demand_lacks_step(&any, &session, apr_time_from_sec(NOW)));
}

static void what_is_needed_is_called_by_its_word(void **state)
{
    (void)state;
    const apr_time_t now = apr_time_from_sec(NOW);
    const session_t session = {.amr = AMR_PWD, .proven = {[FACTOR_PASSWORD] = NOW - 1}};
    const char *words[] = {"any", "totp", "sms", "passkey"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        const demand_t demand = {.first = PASSWORD, .second = (uint32_t)demand_second(words[i])};
        assert_string_equal(demand_need(&demand, &session, now), words[i]);
        assert_string_equal(demand_need(&demand, NULL, now), "login");
    }
    assert_int_equal(demand_second("strong"), demand_second("passkey"));
    demand_t demand = {.first = PIN, .second = demand_of_amr(AMR_OTP)};
    assert_string_equal(demand_need(&demand, &session, now), "login");
    demand.first = PASSWORD;
    assert_string_equal(demand_need(&demand, &session, now), "totp");
    demand.second = demand_of_amr(AMR_OTP | AMR_SMS);
    assert_string_equal(demand_need(&demand, &session, now), "any");
}

static void a_remembered_browser_adds_no_amr(void **state)
{
    (void)state;
    assert_int_equal(demand_of_amr(~0u) & FACTOR_BIT(FACTOR_REMEMBERED), 0);
    assert_int_equal(demand_of_amr(AMR_PWD), FACTOR_BIT(FACTOR_PASSWORD));
    assert_int_equal(demand_of_amr(AMR_USER), FACTOR_BIT(FACTOR_PASSKEY));
    assert_int_equal(demand_of_amr(0), 0);
}

static void each_factor_has_a_name(void **state)
{
    apr_pool_t *p;
    (void)state;
    apr_initialize();
    apr_pool_create(&p, NULL);
    for (int factor = 0; factor < FACTOR_COUNT; factor++) {
        const demand_t demand = {.first = FACTOR_BIT(factor)};
        session_t session = {.proven = {[0] = 0}};
        session.proven[factor] = 40;
        const char *name = demand_text(&demand, p);
        assert_true(strlen(name) >= 3);
        assert_string_equal(demand_proven_text(&session, apr_time_from_sec(100), p),
                            apr_pstrcat(p, name, " 60 s ago", NULL));
    }
    apr_pool_destroy(p);
}

static void names_of_factors_come_back_and_others_count_for_nothing(void **state)
{
    (void)state;
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    const uint32_t two = FACTOR_BIT(FACTOR_PIN) | FACTOR_BIT(FACTOR_PASSWORD);
    assert_string_equal(demand_names(two, p), "pin,password");
    assert_string_equal(demand_names(0, p), "");
    assert_int_equal(demand_named("password,pin", p), two);
    assert_int_equal(demand_named("pin,,pins,,password ", p), FACTOR_BIT(FACTOR_PIN));
    assert_int_equal(demand_named("", p), 0);
    apr_pool_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_factor_has_a_name),
        cmocka_unit_test(a_pin_is_two_factors_where_its_device_was_shown),
        cmocka_unit_test(what_is_needed_is_called_by_its_word),
        cmocka_unit_test(a_remembered_browser_adds_no_amr),
        cmocka_unit_test(place_without_directives_takes_whatever_the_site_offers),
        cmocka_unit_test(place_with_directives_asks_for_what_they_say),
        cmocka_unit_test(one_of_the_accepted_factors_is_enough),
        cmocka_unit_test(every_factor_counts_where_it_is_accepted_and_nowhere_else),
        cmocka_unit_test(fresh_password_makes_no_old_pin_fresh),
        cmocka_unit_test(proof_is_fresh_up_to_the_last_second),
        cmocka_unit_test(nothing_meets_a_demand_that_accepts_nothing),
        cmocka_unit_test(any_demand_is_met_by_whoever_is_signed_in),
        cmocka_unit_test(provider_reorder_keeps_meaning),
        cmocka_unit_test(second_step_that_was_not_taken_is_not_met),
        cmocka_unit_test(demands_are_the_same_when_all_of_them_is),
        cmocka_unit_test(names_of_factors_come_back_and_others_count_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
