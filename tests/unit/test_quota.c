/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <string.h>

#include "rps/quota.h"
#include "rps_desk.h"

/* Quotas: what one may make, what all may make, and that neither is used up by what was refused. */

static apr_time_t now;
static const quota_t small = {"small", 3, 60, 3600, 0};

static store_status_t take_at(desk_t *desk, const quota_t *quota, const char *address)
{
    caller_t caller = desk_caller(desk, address, 1);
    caller.now = now;
    return quota_take_at(desk->store, quota, &caller, NULL, desk->pool);
}

/* How many there may be from what a format makes of numbers, until one is refused. */
static int made_from(desk_t *desk, const quota_t *quota, const char *format)
{
    int made = 0;
    while (take_at(desk, quota, apr_psprintf(desk->pool, format, made)) == STORE_OK)
        made++;
    return made;
}

static void one_address_does_not_use_up_what_is_for_all(void **state)
{
    desk_t *desk = *state;
    assert_int_equal(made_from(desk, &small, "203.0.113.7"), 3);
    for (int i = 0; i < 200; i++)
        assert_int_equal(take_at(desk, &small, "203.0.113.7"), STORE_EXISTS);
    assert_int_equal(made_from(desk, &small, "203.0.113.8"), 3);
    assert_int_equal(made_from(desk, &small, "198.51.100.%d"), 54);
}

static void one_user_does_not_use_up_what_is_for_all(void **state)
{
    desk_t *desk = *state;
    unsigned char who[QUOTA_WHO_BYTES] = {1};
    caller_t caller = desk_caller(desk, "192.0.2.1", 1);
    for (int i = 0; i < 200; i++)
        assert_int_equal(quota_take(desk->store, &small, who, &caller, NULL, desk->pool),
                         i < 3 ? STORE_OK : STORE_EXISTS);
    who[0] = 2;
    assert_int_equal(quota_take(desk->store, &small, who, &caller, NULL, desk->pool), STORE_OK);
}

static void one_ipv6_site_takes_half_of_all_at_most(void **state)
{
    desk_t *desk = *state;
    static const quota_t site = {"site", 1, 60, 3600, 0}, large = {"large", 3, 10000, 3600, 0};
    assert_int_equal(made_from(desk, &site, "2001:db8:1:%x::1"), QUOTA_SITE);
    assert_int_equal(made_from(desk, &site, "2001:db8:2:%x::1"), 30 - QUOTA_SITE);
    assert_int_equal(made_from(desk, &site, "2001:db9:2:%x::1"), QUOTA_SITE);
    assert_int_equal(made_from(desk, &small, "2001:db8:1:%x::1"), 30);
    assert_int_equal(made_from(desk, &large, "2001:db8:1:%x::1"), 3 * QUOTA_SITE);
}

static void a_new_window_begins_anew(void **state)
{
    desk_t *desk = *state;
    assert_int_equal(made_from(desk, &small, "203.0.113.7"), 3);
    now += apr_time_from_sec(3600);
    assert_int_equal(made_from(desk, &small, "203.0.113.7"), 3);
}

/* In a window of its own one may go on before all may; whoever is refused hears how long. */
static void a_part_of_the_window_begins_anew_by_itself(void **state)
{
    desk_t *desk = *state;
    static const quota_t minute = {"minute", 3, 40, 3600, 60};
    caller_t caller = desk_caller(desk, "203.0.113.7", 1);
    int wait = 0;
    now = (apr_time_sec(now) / 3600 + 1) * apr_time_from_sec(3600) + apr_time_from_sec(10);
    assert_int_equal(made_from(desk, &minute, "203.0.113.7"), 3);
    caller.now = now;
    assert_int_equal(quota_take_at(desk->store, &minute, &caller, &wait, desk->pool), STORE_EXISTS);
    assert_int_equal(wait, 50);
    now += apr_time_from_sec(60);
    assert_int_equal(made_from(desk, &minute, "203.0.113.7"), 3);
    assert_int_equal(made_from(desk, &minute, "2001:db8:1:%x::1"), 20); /* a /48: half of all */
    assert_int_equal(made_from(desk, &minute, "198.51.100.%d"), 40 - 6 - 20);
    caller.now = now;
    assert_int_equal(quota_take_at(desk->store, &minute, &caller, &wait, desk->pool), STORE_EXISTS);
    assert_int_equal(wait, 3600 - 70);
}

static int quota_desk_make(void **state)
{
    now = apr_time_now();
    return desk_make(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_address_does_not_use_up_what_is_for_all,
                                        quota_desk_make, desk_drop),
        cmocka_unit_test_setup_teardown(one_user_does_not_use_up_what_is_for_all, quota_desk_make,
                                        desk_drop),
        cmocka_unit_test_setup_teardown(one_ipv6_site_takes_half_of_all_at_most, quota_desk_make,
                                        desk_drop),
        cmocka_unit_test_setup_teardown(a_new_window_begins_anew, quota_desk_make, desk_drop),
        cmocka_unit_test_setup_teardown(a_part_of_the_window_begins_anew_by_itself, quota_desk_make,
                                        desk_drop),
    };
    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
