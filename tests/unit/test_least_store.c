/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "config/least_store.h"
#include "phone_desk.h"
#include "store/key.h"

/* The least MPinStoreSize with every pool filled to its cap, by records as large as they get; and
 * what goes on when even more has come. The desk's store has that very size. */

#define LATER (apr_time_now() + apr_time_from_sec(3600))

static const char *random_key(const char *kind, apr_pool_t *p)
{
    unsigned char name[16];
    randombytes_buf(name, sizeof name);
    return store_key(kind, name, sizeof name, p);
}

static store_status_t put_bytes(desk_t *desk, store_class_t in, const char *kind, apr_size_t len,
                                apr_pool_t *p)
{
    static const char bytes[4096];
    return store_add(desk->store, in, random_key(kind, p), bytes, len, LATER);
}

static store_status_t put_counter(desk_t *desk, store_class_t in, apr_pool_t *p)
{
    int64_t total;
    return store_count(desk->store, in, random_key("made:pending:490000:provider", p), 1, LATER,
                       &total);
}

/* `count` registrations with `counters` each. */
static void put_registrations(desk_t *desk, origin_t origin, int count, int counters)
{
    const store_class_t in = origin == ORIGIN_SESSION ? STORE_COMING_IN : STORE_FLEETING;
    apr_pool_t *p;
    apr_pool_create(&p, desk->pool);
    for (int i = 0; i < count; i++) {
        pending_t pending;
        unsigned char handle[HANDLE_BYTES];
        memset(&pending, 'x', sizeof pending);
        pending.origin = (unsigned char)origin;
        randombytes_buf(handle, sizeof handle);
        assert_int_equal(pending_keep(desk->rps, handle, &pending, apr_time_now(), p), STORE_OK);
        for (int n = 0; n < counters; n++)
            assert_int_equal(put_counter(desk, in, p), STORE_OK);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
}

static char *longest_name(apr_pool_t *p)
{
    char *name = apr_pcalloc(p, NAME_MAX_BYTES + 1);
    memset(name, 'n', NAME_MAX_BYTES);
    return name;
}

/* Every number that is to be had, each code with the longest names. */
static void put_codes(desk_t *desk)
{
    apr_pool_t *p = desk->pool;
    const char *name = longest_name(p);
    int made = 0;
    for (int i = 0; i < 4000; i++) {
        caller_t desktop = phone_desktop(desk);
        desktop.address = apr_psprintf(p, "%x:%x::%x", 0x2001 + i, i, i);
        const result_t *result = phone_qr_url(
            desk->phones, &desktop, json_tie(p, json_pack("{s:s}", "prerollid", name)), p);
        assert_true(result->status == 200 || result->status == 429);
        if (result->status != 200)
            continue;
        made++;
        caller_t phone = phone_caller(desk, "198.51.100.1", 2);
        phone_says(desk, &phone, json_text(result->json, "accessNumber", 8),
                   apr_pstrcat(p, "{'status':'user','wid':'$','userId':'", name, "'}", NULL));
    }
    assert_in_range(made, NUMBERS_LIVE * 9 / 10, NUMBERS_LIVE);
}

static void put_grants(desk_t *desk)
{
    apr_pool_t *p;
    apr_pool_create(&p, desk->pool);
    for (int i = 0; i < 2 * GRANTED_OF_STRANGERS; i++) {
        assert_int_equal(put_bytes(desk, STORE_FLEETING, "remote-activation", 1000, p), STORE_OK);
        apr_pool_clear(p);
    }
    for (int i = 0; i < 3 * GRANTED_OF_STRANGERS; i++) {
        assert_int_equal(put_bytes(desk, STORE_FLEETING, "granted", sizeof(pending_t), p),
                         STORE_OK);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    put_registrations(desk, ORIGIN_MAIL, 2 * GRANTED_OF_STRANGERS, 0);
}

static void assert_comes_in(desk_t *desk, const device_t *device, const char *address)
{
    caller_t caller = desk_caller(desk, address, 7);
    int wait;
    assert_int_equal(throttle_reserve(&desk->throttle, &caller, "john", NULL, &wait, desk->pool),
                     STORE_OK);
    assert_int_equal(wait, 0);
    assert_int_equal(desk_sign_in(desk, &caller, device, DESK_PIN), 200);
    throttle_release(&desk->throttle, &caller, "john", NULL, desk->pool);
    assert_int_equal(throttle_wait(&desk->throttle, &caller, "john", NULL, &wait, desk->pool),
                     STORE_OK);
    assert_int_equal(wait, 0);
}

static void the_least_size_holds_every_cap_and_people_come_in(void **state)
{
    desk_t *desk = *state;
    device_t device;
    desk_enrol(desk, "john", &device);
    put_codes(desk);
    put_registrations(desk, ORIGIN_OPEN, 2 * PENDING_OF_STRANGERS, NETWORKS + 1);
    put_grants(desk);
    put_registrations(desk, ORIGIN_SESSION, 2 * PENDING_OF_USERS, 1);
    assert_comes_in(desk, &device, "203.0.113.1");

    /* And more: whatever else strangers think of. */
    apr_pool_t *p;
    apr_pool_create(&p, desk->pool);
    while (put_bytes(desk, STORE_FLEETING, "flood", 1000, p) == STORE_OK)
        apr_pool_clear(p);
    while (put_counter(desk, STORE_FLEETING, p) == STORE_OK)
        apr_pool_clear(p);
    for (int i = 0; i < 50; i++)
        assert_comes_in(desk, &device, apr_psprintf(desk->pool, "203.0.113.%d", 2 + i));
    /* It is said what it is. */
    caller_t stranger = desk_caller(desk, "203.0.113.99", 9);
    assert_refusal(rps_register(desk->rps, &stranger, NULL,
                                desk_json(desk->pool, "{'userId':'mary'}"), desk->pool),
                   503, "store_full");
    assert_int_equal(people_revoke_identity(desk->people, device.handle, stranger.now, desk->pool),
                     STORE_OK);
}

/* Where no bucket of one's own is to be had, the account's limit still holds. */
static void a_full_store_gives_no_more_guesses(void **state)
{
    desk_t *desk = *state;
    int wait = 0, guesses = 0;
    apr_pool_t *p;
    desk->throttle.account = (throttle_rule_t){10, apr_time_from_sec(3600)};
    desk->throttle.address = (throttle_rule_t){30, apr_time_from_sec(3600)};
    apr_pool_create(&p, desk->pool);
    while (put_bytes(desk, STORE_FLEETING, "flood", 4000, p) == STORE_OK)
        apr_pool_clear(p);
    while (put_counter(desk, STORE_FLEETING, p) == STORE_OK)
        apr_pool_clear(p);
    const apr_time_t now = apr_time_now();
    for (; wait == 0 && guesses < 100; guesses++) {
        caller_t caller = desk_caller(desk, apr_psprintf(p, "203.0.113.%d", guesses), 7);
        caller.now = now;
        assert_int_equal(throttle_reserve(&desk->throttle, &caller, "john", NULL, &wait, p),
                         STORE_OK);
    }
    assert_int_equal(guesses, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PHONE_TEST(the_least_size_holds_every_cap_and_people_come_in),
        PHONE_TEST(a_full_store_gives_no_more_guesses),
    };
    _Static_assert(LEAST_STORE == (apr_off_t)64 << 20, "the desk's store");
    return cmocka_run_group_tests_name("least_store", tests, NULL, NULL);
}
