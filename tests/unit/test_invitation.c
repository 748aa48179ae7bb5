/* SPDX-License-Identifier: Apache-2.0 */
/* What administrators do by mpinctl, below the commands: invitations, names freed, devices and tokens
 * found by the first digits of their handles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "people/invitation.h"
#include "people/tokens.h"
#include "people_fixture.h"

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;
static apr_time_t now;
static const unsigned char browser[PRELOGIN_ID_BYTES] = "one", other[PRELOGIN_ID_BYTES] = "two";

/* ---- invitations ----------------------------------------------------------------------------- */

static const char *invite(const char *name, apr_time_t until)
{
    char *token = apr_palloc(pool, INVITATION_TEXT);
    assert_int_equal(invitation_make(people, name, now, until, token, pool), STORE_OK);
    assert_int_equal(strlen(token), INVITATION_TEXT - 1);
    return token;
}

static void the_first_browser_that_accepts_an_invitation_has_it(void **state)
{
    (void)state;
    invitation_t invitation;
    const char *token = invite("anna", now + DAY);
    assert_int_equal(invitation_read(people, token, &invitation, pool), STORE_OK);
    assert_string_equal(invitation.name, "anna");
    assert_int_equal(invitation_of(people, browser, &invitation, pool), STORE_MISSING);
    assert_int_equal(invitation_accept(people, token, browser, now, &invitation, pool), STORE_OK);
    assert_int_equal(invitation_accept(people, token, browser, now, &invitation, pool), STORE_OK);
    assert_int_equal(invitation_accept(people, token, other, now, &invitation, pool), STORE_EXISTS);
    assert_int_equal(invitation_of(people, other, &invitation, pool), STORE_MISSING);
    assert_int_equal(invitation_of(people, browser, &invitation, pool), STORE_OK);
    assert_string_equal(invitation.name, "anna");
}

static void an_invitation_is_used_up_by_one(void **state)
{
    (void)state;
    invitation_t invitation, same;
    const char *token = invite("berta", now + DAY);
    assert_int_equal(invitation_accept(people, token, browser, now, &invitation, pool), STORE_OK);
    same = invitation;
    store_together_t *first = store_together(fixture->store->store, pool);
    store_together_t *second = store_together(fixture->store->store, pool);
    invitation_join(&invitation, first, pool);
    const store_piece_t *used = invitation_join(&same, second, pool);
    assert_int_equal(together_commit(first), STORE_OK);
    assert_int_equal(together_commit(second), STORE_MISSING);
    assert_true(together_refused(used));
    assert_int_equal(invitation_of(people, browser, &invitation, pool), STORE_MISSING);
    assert_int_equal(invitation_read(people, token, &invitation, pool), STORE_MISSING);
}

static void what_is_no_invitation_is_nothing(void **state)
{
    (void)state;
    invitation_t invitation;
    const char *token = invite("carl", now + DAY);
    const char *wrong[] = {NULL,
                           "",
                           "x",
                           "00",
                           apr_pstrcat(pool, token, "0", NULL),
                           apr_pstrndup(pool, token, INVITATION_TEXT - 2),
                           "0000000000000000000000000000000000000000"};
    for (apr_size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(invitation_read(people, wrong[i], &invitation, pool), STORE_MISSING);
        assert_int_equal(invitation_accept(people, wrong[i], browser, now, &invitation, pool),
                         STORE_MISSING);
    }
    token = invite("carl", now - DAY);
    assert_int_equal(invitation_read(people, token, &invitation, pool), STORE_MISSING);
    assert_int_equal(invitation_accept(people, token, browser, now, &invitation, pool),
                     STORE_MISSING);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void a_name_that_was_taken_openly_is_freed_at_once(void **state)
{
    (void)state;
    user_t found;
    const user_t user = fixture_user(fixture, "squatter", pool);
    const identity_t device = fixture_device(fixture, &user, pool);
    identity_t gone;
    assert_int_equal(people_free_name(people, user.uid, now, pool), STORE_OK);
    assert_int_equal(people_find(people, "squatter", &found, pool), STORE_MISSING);
    assert_true(people_identity(people, device.handle, &gone, pool) == STORE_MISSING ||
                gone.state == IDENTITY_REVOKED);
    assert_true(fixture_session_ended(fixture, user.uid, user.version, device.handle));
    const user_t next = fixture_user(fixture, "squatter", pool);
    assert_memory_not_equal(next.uid, user.uid, UID_BYTES);
}

static void a_proven_name_is_not_freed(void **state)
{
    (void)state;
    user_t found;
    user_t user = fixture_user(fixture, "dora", pool);
    assert_int_equal(people_name_proven(people, &user, now, pool), STORE_OK);
    assert_int_equal(people_free_name(people, user.uid, now, pool), STORE_EXISTS);
    assert_int_equal(people_find(people, "dora", &found, pool), STORE_OK);
    assert_int_equal(found.state, USER_ACTIVE);
}

/* ---- by the first digits --------------------------------------------------------------------- */

static identity_t device_with(const user_t *user, unsigned char last)
{
    identity_t device = fixture_identity(user);
    memset(device.handle, 0xab, HANDLE_BYTES);
    device.handle[HANDLE_BYTES - 1] = last;
    assert_int_equal(people_add_identity(people, &device, pool), STORE_OK);
    return device;
}

static void a_device_is_found_by_its_first_digits(void **state)
{
    (void)state;
    identity_t found;
    const user_t user = fixture_user(fixture, "emil", pool);
    const identity_t one = device_with(&user, 1);
    assert_int_equal(people_labelled(people, "ababab", &found, pool), STORE_OK);
    assert_memory_equal(found.handle, one.handle, HANDLE_BYTES);
    device_with(&user, 2);
    assert_int_equal(people_labelled(people, "ababab", &found, pool), STORE_EXISTS);
    assert_int_equal(people_labelled(people, "abababababababababababababababab01", &found, pool),
                     STORE_MISSING);
    assert_int_equal(people_labelled(people, "ababababababababababababababab01", &found, pool),
                     STORE_OK);
    assert_memory_equal(found.handle, one.handle, HANDLE_BYTES);
    const char *none[] = {"", "ababa", "ABABAB", "ababax", "cdcdcd", "ab:abab"};
    for (apr_size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(people_labelled(people, none[i], &found, pool), STORE_MISSING);
}

static void a_token_is_found_by_its_first_digits(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_SIZE];
    access_token_t found, token = {.expires = (uint32_t)apr_time_sec(now) + 86400};
    const user_t user = fixture_user(fixture, "frida", pool);
    memcpy(token.uid, user.uid, UID_BYTES);
    strcpy(token.name, "git");
    strcpy(token.provider, "local");
    assert_int_equal(tokens_add(people, &token, text, now, pool), STORE_OK);
    const char *label = people_label(token.handle, pool);
    assert_int_equal(tokens_labelled(people, label, &found, pool), STORE_OK);
    assert_string_equal(found.name, "git");
    assert_int_equal(people_labelled(people, label, &(identity_t){.name = ""}, pool),
                     STORE_MISSING);
    assert_int_equal(tokens_labelled(people, "000000000000", &found, pool), STORE_MISSING);
}

static int setup(void **state)
{
    (void)state;
    if (sodium_init() < 0 || apr_initialize() || apr_pool_create(&pool, NULL))
        return -1;
    now = apr_time_now();
    fixture = fixture_people(pool);
    people = fixture->people;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_browser_that_accepts_an_invitation_has_it),
        cmocka_unit_test(an_invitation_is_used_up_by_one),
        cmocka_unit_test(what_is_no_invitation_is_nothing),
        cmocka_unit_test(a_name_that_was_taken_openly_is_freed_at_once),
        cmocka_unit_test(a_proven_name_is_not_freed),
        cmocka_unit_test(a_device_is_found_by_its_first_digits),
        cmocka_unit_test(a_token_is_found_by_its_first_digits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
