/* SPDX-License-Identifier: Apache-2.0 */
/* Names that a site's password providers know (rps/account.h), as the book of the caller tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "rps/account.h"
#include "rps_desk.h"

typedef struct providers_t {
    const char *known; /* one name */
    bool away;
    int asked;
} providers_t;

static account_word_t provider_says(void *baton, const char *name)
{
    providers_t *providers = baton;
    providers->asked++;
    if (providers->away)
        return ACCOUNT_UNSURE;
    return providers->known && !strcmp(name, providers->known) ? ACCOUNT_KNOWN : ACCOUNT_UNKNOWN;
}

static account_book_t book_of(providers_t *providers, bool decides)
{
    return (account_book_t){provider_says, provider_says, providers, decides};
}

static caller_t reader(const desk_t *desk, const account_book_t *book)
{
    caller_t caller = desk_browser(desk);
    caller.book = book;
    return caller;
}

static void a_name_that_a_provider_knows_is_no_strangers(void **state)
{
    desk_t *desk = *state;
    providers_t providers = {.known = "admin"};
    const account_book_t book = book_of(&providers, false);
    const caller_t caller = reader(desk, &book);
    device_t device;
    assert_int_equal(desk_register(desk, &caller, "admin", &device), 403);
    assert_int_equal(desk_register(desk, &caller, "Admin", &device), 403);
    assert_int_equal(desk_register(desk, &caller, "somebody", &device), 200);
    providers.known = "Boss";
    assert_int_equal(desk_register(desk, &caller, "boss", &device), 403);
    providers.known = "ROOT";
    assert_int_equal(desk_register(desk, &caller, "root", &device), 403);
    providers.away = true;
    assert_int_equal(desk_register(desk, &caller, "another", &device), 503);
}

static void a_strangers_pin_ends_when_the_name_is_given_to_somebody(void **state)
{
    desk_t *desk = *state;
    providers_t providers = {.known = NULL};
    const account_book_t book = book_of(&providers, false);
    const caller_t caller = reader(desk, &book);
    device_t device;
    desk_enrol(desk, "newcomer", &device);
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    providers.known = "newcomer";
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 403);
    providers.away = true;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
}

static void who_left_signs_in_no_more_where_names_come_from_nowhere_else(void **state)
{
    desk_t *desk = *state;
    providers_t providers = {.known = "bob"};
    const account_book_t beside = book_of(&providers, false), only = book_of(&providers, true);
    const session_t session = desk_session(desk, "bob");
    caller_t caller = reader(desk, &only);
    device_t device, another;
    caller.session = &session;
    assert_int_equal(desk_register(desk, &caller, "bob", &device), 200);
    assert_int_equal(desk_sign(desk, &caller, &device), 200);

    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    providers.known = "john";
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 403);
    assert_int_equal(desk_register(desk, &caller, "bob", &another), 403);
    providers.away = true;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    providers = (providers_t){.known = "bob"};
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);

    providers = (providers_t){.known = "john"};
    caller.book = &beside;
    assert_int_equal(desk_sign_in(desk, &caller, &device, DESK_PIN), 200);
    assert_int_equal(providers.asked, 0);
}

static void names_in_small_letters_are_one_person(void **state)
{
    desk_t *desk = *state;
    device_t device;
    const caller_t caller = desk_browser(desk);
    desk->settings.names = NAMES_LOWER;
    desk_enrol(desk, "Anna", &device);
    assert_string_equal(desk_identity(desk, &device).name, "anna");
    assert_int_equal(desk_register(desk, &caller, "ANNA", &device), 403);
    desk->settings.names = 0;
    assert_int_equal(desk_register(desk, &caller, "ANNA", &device), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_name_that_a_provider_knows_is_no_strangers),
        DESK_TEST(a_strangers_pin_ends_when_the_name_is_given_to_somebody),
        DESK_TEST(who_left_signs_in_no_more_where_names_come_from_nowhere_else),
        DESK_TEST(names_in_small_letters_are_one_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
