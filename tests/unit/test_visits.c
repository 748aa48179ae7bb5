/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees of themselves: where they are signed in, what was tried; and that a deleted user
 * leaves none of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "factor/erase.h"
#include "factor/factors.h"
#include "factor/passkey.h"
#include "factor/shown_device.h"
#include "factor/tries.h"
#include "people_fixture.h"
#include "people/misses.h"
#include "session/signed_in.h"

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;
static store_t *store;

static const char *fresh_name(void)
{
    static int count;
    return apr_psprintf(pool, "visitor%d", count++);
}

static session_t session_of(const user_t *user, uint32_t started)
{
    session_t session = {.version = user->version, .started = started};
    memcpy(session.uid, user->uid, sizeof session.uid);
    randombytes_buf(session.family, sizeof session.family);
    session.expires = (uint32_t)apr_time_sec(apr_time_now()) + 3600;
    return session;
}

static uint32_t before; /* of the user who was listed last */

static int listed(const user_t *user, uint32_t version, signed_in_t **list)
{
    int count;
    assert_int_equal(signed_in_list(store, fixture->revocations, user->uid, version, list, &count,
                                    &before, pool),
                     STORE_OK);
    return count;
}

/* ---- where somebody is signed in ---- */

static void sessions_are_listed_the_newest_first(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const session_t old = session_of(&user, 1000), young = session_of(&user, 2000);
    signed_in_t *list;
    (void)state;
    assert_int_equal(listed(&user, 1, &list), 0);
    assert_int_equal(signed_in_note(store, &old, "Firefox on Linux", "192.0.2.1", pool), STORE_OK);
    assert_int_equal(signed_in_note(store, &young, "a b", "2001:db8::7", pool), STORE_OK);
    assert_int_equal(listed(&user, 1, &list), 2);
    assert_memory_equal(list[0].family, young.family, SESSION_ID_BYTES);
    assert_string_equal(list[0].address, "2001:db8::7");
    assert_string_equal(list[0].browser, "a b");
    assert_int_equal(before, 1000);
    assert_string_equal(list[1].browser, "Firefox on Linux");
    assert_int_equal(list[1].started, 1000);
}

static void a_session_that_goes_on_is_listed_once(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    session_t session = session_of(&user, 1000);
    signed_in_t *list;
    (void)state;
    signed_in_note(store, &session, "Firefox on Linux", "192.0.2.1", pool);
    session.version = 2;
    assert_int_equal(signed_in_renew(store, &session, "Firefox on Linux", "192.0.2.9", pool),
                     STORE_OK);
    assert_int_equal(listed(&user, 2, &list), 1);
    assert_string_equal(list[0].address, "192.0.2.9");
    assert_int_equal(signed_in_drop(store, &session, pool), STORE_OK);
    assert_int_equal(listed(&user, 1, &list), 0);
}

static void what_has_ended_is_not_listed(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const apr_time_t now = apr_time_now();
    session_t of_family = session_of(&user, 1), of_device = session_of(&user, 2),
              of_version = session_of(&user, 3);
    signed_in_t *list;
    (void)state;
    randombytes_buf(of_device.identity, sizeof of_device.identity);
    signed_in_note(store, &of_family, "x", "y", pool);
    signed_in_note(store, &of_device, "x", "y", pool);
    signed_in_note(store, &of_version, "x", "y", pool);
    assert_int_equal(listed(&user, 1, &list), 3);
    revocations_add(fixture->revocations, REVOKE_FAMILY, of_family.family, 0, now, now + DAY);
    assert_int_equal(listed(&user, 1, &list), 2);
    revocations_add(fixture->revocations, REVOKE_IDENTITY, of_device.identity, 0, now, now + DAY);
    assert_int_equal(listed(&user, 1, &list), 1);
    assert_int_equal(listed(&user, 2, &list), 0);
}

static void the_list_has_an_end_and_the_first_give_way(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    signed_in_t *list;
    (void)state;
    for (uint32_t i = 1; i <= SIGNED_IN_MAX + 3; i++) {
        const session_t session = session_of(&user, i);
        assert_int_equal(signed_in_note(store, &session, "Chrome on Linux",
                                        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", pool),
                         STORE_OK);
    }
    assert_int_equal(listed(&user, 1, &list), SIGNED_IN_MAX);
    assert_int_equal(list[0].started, SIGNED_IN_MAX + 3);
    assert_int_equal(list[SIGNED_IN_MAX - 1].started, 4);
}

/* ---- what was tried ---- */

static void wrong_ones_are_told_by_kind_since_a_moment(void **state)
{
    const char *name = fresh_name();
    const user_t user = fixture_user(fixture, name, pool);
    const apr_time_t first = apr_time_now(), minute = apr_time_from_sec(60);
    misses_t misses;
    (void)state;
    people_note_miss_of(people, name, MISS_PASSWORD, first - minute, pool);
    people_note_miss_of(people, name, MISS_PASSWORD, first + minute, pool);
    people_note_miss(people, user.uid, MISS_CODE, first + 2 * minute, pool);
    assert_int_equal(people_misses(people, user.uid, (uint32_t)apr_time_sec(first), &misses, pool),
                     STORE_OK);
    assert_int_equal(misses.of[MISS_PASSWORD], 1);
    assert_int_equal(misses.of[MISS_CODE], 1);
    assert_int_equal(misses.last, apr_time_sec(first + 2 * minute));
}

static void any_number_of_wrong_ones_takes_one_record(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    misses_t misses;
    (void)state;
    for (int i = 0; i < 3 * MISSES_KEPT; i++)
        people_note_miss(people, user.uid, MISS_PASSWORD, apr_time_now(), pool);
    assert_int_equal(people_misses(people, user.uid, 0, &misses, pool), STORE_OK);
    assert_int_equal(misses.of[MISS_PASSWORD], MISSES_KEPT);
}

static void names_that_are_nobodys_make_no_records_of_their_own(void **state)
{
    unsigned char uid[UID_BYTES] = {0};
    misses_t misses;
    int records = 0;
    (void)state;
    for (int i = 0; i < 2000; i++)
        people_note_miss_of(people, apr_psprintf(pool, "nobody%d", i), MISS_PASSWORD,
                            apr_time_now(), pool);
    for (int i = 0; i < 256; i++) {
        uid[UID_BYTES - 1] = (unsigned char)i;
        assert_int_equal(people_misses(people, uid, 0, &misses, pool), STORE_OK);
        records += misses.of[MISS_PASSWORD] > 0;
    }
    assert_in_range(records, 200, 256);
}

/* ---- the end ---- */

static void a_deleted_user_leaves_no_factors_lists_and_counts(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const session_t session = session_of(&user, 1000);
    factors_t *factors = factors_make(store, NULL, pool);
    own_factor_t *list, factor = {.kind = KIND_RECOVERY, .confirmed = true, .name = "codes"};
    signed_in_t *sessions;
    misses_t misses;
    int count, wait;
    uint32_t ever;
    (void)state;
    memcpy(factor.uid, user.uid, UID_BYTES);
    for (factor.kind = KIND_TOTP; factor.kind < KIND_END; factor.kind++)
        assert_int_equal(factors_add(factors, &factor, apr_time_now(), pool), STORE_OK);
    for (int i = 0; i < TRIES_FREE; i++)
        tries_begin(factors, user.uid, TRIES_CODE, apr_time_now(), &wait, pool);
    signed_in_note(store, &session, "x", "y", pool);
    signed_in_note(store, &session, "x", "y", pool);
    people_note_miss(people, user.uid, MISS_CODE, apr_time_now(), pool);

    passkey_t passkey = {.key = {.algorithm = COSE_EDDSA, .len = 32}, .credential_len = 16};
    own_factor_t key = {.name = "key"}, found;
    unsigned char handle[USER_HANDLE_BYTES], other[USER_HANDLE_BYTES];
    memcpy(key.uid, user.uid, UID_BYTES);
    assert_null(passkey_add(factors, &key, &passkey, apr_time_now(), pool));
    assert_int_equal(passkey_handle(factors, user.uid, handle, pool), STORE_OK);

    people_erase_with(people, factor_erase_user, factor_erase_open, device_unshow);
    assert_int_equal(people_delete(people, user.uid, apr_time_now(), pool), STORE_OK);
    assert_int_equal(factors_list(factors, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(factors_ever(factors, user.uid, &ever, pool), STORE_OK);
    assert_int_equal(ever, 0);
    assert_int_equal(passkey_find(factors, passkey.credential, 16, &found, pool), STORE_MISSING);
    assert_int_equal(passkey_handle(factors, user.uid, other, pool), STORE_OK);
    assert_memory_not_equal(handle, other, USER_HANDLE_BYTES);
    tries_begin(factors, user.uid, TRIES_CODE, apr_time_now(), &wait, pool);
    assert_int_equal(wait, 0);
    assert_int_equal(listed(&user, 0, &sessions), 0);
    assert_int_equal(people_misses(people, user.uid, 0, &misses, pool), STORE_OK);
    assert_int_equal(misses.last, 0);
    assert_int_equal(before, 0);
}

/* WorkOS keeps it still, and gives no list: ours must outlive the user. */
static void what_workos_keeps_of_an_erased_user_is_noted(void **state)
{
    factors_t *factors = factors_make(store, NULL, pool);
    own_factor_t factor = {.kind = KIND_WORKOS_TOTP, .confirmed = true, .name = "app"};
    const char **left;
    (void)state;
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    memcpy(factor.uid, user.uid, UID_BYTES);
    bytes_out_t out = bytes_out(factor.data, sizeof(factor.data)); /* as workos_kinds.c keeps it */
    bytes_put_u8(&out, 1);
    bytes_put_text(&out, "auth_factor_1");
    factor.len = bytes_written(&out) + 1 + 6 * 20;
    assert_int_equal(factors_add(factors, &factor, apr_time_now(), pool), STORE_OK);
    assert_int_equal(factor_erase_user(store, user.uid, pool), STORE_OK);
    assert_int_equal(store_members(store, STORE_LASTING, "workos-left:all", pool, &left), STORE_OK);
    assert_non_null(strstr(left[0], ":auth_factor_1"));
}

static bool is_shown(factors_t *factors, const identity_t *identity)
{
    const device_t device = {identity->uid, identity->handle, UINT32_MAX};
    bool shown;
    assert_int_equal(device_is_shown(factors, &device, &shown, pool), STORE_OK);
    return shown;
}

/* The mark is looked at where the user had a second step before. */
static void that_a_device_has_shown_the_step_ends_with_it_or_its_user(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const identity_t gone = fixture_device(fixture, &user, pool),
                     other = fixture_device(fixture, &user, pool);
    factors_t *factors = factors_make(store, NULL, pool);
    own_factor_t app = {.kind = KIND_TOTP, .confirmed = true, .name = "app"};
    (void)state;
    memcpy(app.uid, user.uid, UID_BYTES);
    assert_int_equal(factors_add(factors, &app, apr_time_now(), pool), STORE_OK);
    device_show(factors, gone.handle, pool);
    device_show(factors, other.handle, pool);
    people_erase_with(people, factor_erase_user, factor_erase_open, device_unshow);
    people_revoke_identity(people, gone.handle, apr_time_now(), pool);
    assert_false(is_shown(factors, &gone));
    assert_true(is_shown(factors, &other));
    assert_int_equal(people_delete(people, user.uid, apr_time_now(), pool), STORE_OK);
    assert_int_equal(factors_add(factors, &app, apr_time_now(), pool), STORE_OK);
    assert_false(is_shown(factors, &other));
}

static int begin(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0)
        return -1;
    apr_pool_create(&pool, NULL);
    fixture = fixture_people(pool);
    people = fixture->people;
    store = fixture->store->store;
    return 0;
}

static int end(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_listed_the_newest_first),
        cmocka_unit_test(a_session_that_goes_on_is_listed_once),
        cmocka_unit_test(what_has_ended_is_not_listed),
        cmocka_unit_test(the_list_has_an_end_and_the_first_give_way),
        cmocka_unit_test(wrong_ones_are_told_by_kind_since_a_moment),
        cmocka_unit_test(any_number_of_wrong_ones_takes_one_record),
        cmocka_unit_test(names_that_are_nobodys_make_no_records_of_their_own),
        cmocka_unit_test(a_deleted_user_leaves_no_factors_lists_and_counts),
        cmocka_unit_test(what_workos_keeps_of_an_erased_user_is_noted),
        cmocka_unit_test(that_a_device_has_shown_the_step_ends_with_it_or_its_user),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
