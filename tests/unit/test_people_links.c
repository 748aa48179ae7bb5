/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "people/links.h"
#include "people_fixture.h"

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;
static apr_time_t now;

static linked_login_t login(const char *provider, const char *subject)
{
    return (linked_login_t){.name = apr_pstrcat(pool, provider, ":", subject, NULL),
                            .added = 1,
                            .subject = {.provider = provider, .subject = subject, .email = ""}};
}

static store_status_t add(const user_t *user, const char *provider, const char *subject)
{
    const linked_login_t link = login(provider, subject);
    return people_link(people, user->uid, &link, pool);
}

static int count_of(const user_t *user)
{
    linked_login_t *list;
    int count;
    assert_int_equal(people_links(people, user->uid, &list, &count, pool), STORE_OK);
    return count;
}

static void assert_leads_to(const char *name, const user_t *user)
{
    user_t found;
    assert_int_equal(people_claim(people, name, now, &found, pool), STORE_OK);
    assert_memory_equal(found.uid, user->uid, UID_BYTES);
}

static void linked_login_leads_to_its_user_and_to_nobody_else(void **state)
{
    (void)state;
    user_t anna = fixture_user(fixture, "anna", pool), john = fixture_user(fixture, "john", pool);
    fixture_user(fixture, "corp:taken", pool);
    assert_int_equal(add(&anna, "corp", "a"), STORE_OK);
    assert_leads_to("corp:a", &anna);
    assert_int_equal(add(&anna, "corp", "a"), STORE_OK);
    assert_int_equal(add(&anna, "corp", "b"), STORE_EXISTS);
    assert_int_equal(add(&john, "corp", "a"), STORE_EXISTS);
    assert_int_equal(add(&john, "corp", "taken"), STORE_EXISTS);
    assert_int_equal(count_of(&john), 0);
    assert_int_equal(add(&anna, "school", "a"), STORE_OK);
    assert_int_equal(count_of(&anna), 2);
    assert_int_equal(people_unlink(people, john.uid, "corp", pool), STORE_MISSING);
    assert_leads_to("corp:a", &anna);
}

static void unlinked_login_is_a_user_of_its_own_again(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "parts", pool), own;
    assert_int_equal(add(&user, "corp", "parts"), STORE_OK);
    assert_int_equal(people_unlink(people, user.uid, "corp", pool), STORE_OK);
    assert_int_equal(people_unlink(people, user.uid, "corp", pool), STORE_MISSING);
    assert_int_equal(count_of(&user), 0);
    assert_int_equal(people_claim(people, "corp:parts", now, &own, pool), STORE_OK);
    assert_memory_not_equal(own.uid, user.uid, UID_BYTES);
    assert_string_equal(own.name, "corp:parts");
    assert_int_equal(add(&user, "corp", "parts"), STORE_EXISTS);
    assert_int_equal(add(&user, "corp", "other"), STORE_OK);
}

static void each_login_tells_its_own(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "one:told", pool);
    subject_t own = {.provider = "one", .subject = "told", .email = "one@example.org"}, heard;
    subject_t news = {.provider = "two", .subject = "t", .email = "two@example.org"};
    assert_int_equal(people_tell_subject(people, user.uid, &own, now, pool), STORE_OK);
    assert_int_equal(people_tell_link(people, user.uid, &news, pool), STORE_MISSING);
    assert_int_equal(add(&user, "two", "t"), STORE_OK);
    assert_int_equal(people_tell_link(people, user.uid, &news, pool), STORE_OK);
    assert_int_equal(people_told(people, user.uid, "two", &heard, pool), STORE_OK);
    assert_string_equal(heard.email, "two@example.org");
    assert_int_equal(people_told(people, user.uid, "one", &heard, pool), STORE_OK);
    assert_string_equal(heard.email, "one@example.org");
    news.subject = "another";
    assert_int_equal(people_tell_link(people, user.uid, &news, pool), STORE_MISSING);
}

static void deleted_users_logins_are_erased_and_free_after_30_days(void **state)
{
    (void)state;
    linked_login_t link;
    user_t user = fixture_user(fixture, "leaves", pool), found;
    assert_int_equal(add(&user, "corp", "leaves"), STORE_OK);
    assert_int_equal(people_delete(people, user.uid, now, pool), STORE_OK);
    assert_int_equal(people_linked(people, user.uid, "corp", &link, pool), STORE_MISSING);
    assert_int_equal(count_of(&user), 0);
    assert_int_equal(people_claim(people, "corp:leaves", now, &found, pool), STORE_EXISTS);

    user = fixture_user(fixture, "left", pool);
    assert_int_equal(add(&user, "corp", "left"), STORE_OK);
    assert_int_equal(people_delete(people, user.uid, now - 31 * DAY, pool), STORE_OK);
    assert_int_equal(people_claim(people, "corp:left", now, &found, pool), STORE_OK);
    assert_string_equal(found.name, "corp:left");
    user = fixture_user(fixture, "left too", pool);
    assert_int_equal(add(&user, "corp", "left too"), STORE_OK);
    assert_int_equal(people_delete(people, user.uid, now - 31 * DAY, pool), STORE_OK);
    user = fixture_user(fixture, "stays", pool);
    assert_int_equal(add(&user, "corp", "left too"), STORE_OK);
    assert_leads_to("corp:left too", &user);
}

static void offers_are_kept_as_they_were_made(void **state)
{
    (void)state;
    unsigned char id[LINK_OFFER_BYTES];
    link_offer_t offer = {.uid = "a user's 16 byte", .family = "a session family"}, found;
    offer.link = login("corp", "offered");
    assert_int_equal(people_offer_link(people, &offer, id, now, pool), STORE_OK);
    assert_int_equal(people_offered_link(people, id, &found, pool), STORE_OK);
    assert_memory_equal(found.uid, offer.uid, UID_BYTES);
    assert_memory_equal(found.family, offer.family, sizeof found.family);
    assert_string_equal(found.link.name, "corp:offered");
    assert_int_equal(people_take_offer(people, id, pool), STORE_OK);
    assert_int_equal(people_take_offer(people, id, pool), STORE_MISSING);
    assert_int_equal(people_offered_link(people, id, &found, pool), STORE_MISSING);
}

/* ---- by many at once ---- */

#define CHILDREN 8
#define SUBJECTS 10
#define USERS 2

/* Half of them link what the other half signs in by, and each user presses twice. */
static void race_in_a_child(store_fixture_t *store, int number, int start)
{
    people_fixture_t mine = {.store = store};
    user_t user, claimed;
    char byte;
    apr_pool_create(&pool, NULL);
    fixture_people_over(&mine, fixture_open(store), pool);
    people = mine.people;
    user = fixture_user(&mine, apr_psprintf(pool, "racer%d", number / 2 % USERS), pool);
    if (read(start, &byte, 1) != 0)
        _exit(1);
    for (int i = 0; i < SUBJECTS; i++) {
        const char *subject = apr_psprintf(pool, "s%d", i);
        const char *provider = apr_psprintf(pool, "p%d", i);
        const char *name = apr_pstrcat(pool, provider, ":", subject, NULL);
        const store_status_t status = number % 2 ? add(&user, provider, subject)
                                                 : people_claim(people, name, now, &claimed, pool);
        if (status != STORE_OK && status != STORE_EXISTS)
            _exit(2);
    }
    _exit(0);
}

static void eight_processes_that_link_and_claim_agree_on_whose_it_is(void **state)
{
    (void)state;
    int start[2], status;
    store_fixture_t *store = fixture_make(pool);
    people_fixture_t mine = {.store = store};
    user_t users[USERS], owner;
    assert_int_equal(pipe(start), 0);
    for (int c = 0; c < CHILDREN; c++)
        if (fork() == 0) {
            close(start[1]);
            race_in_a_child(store, c, start[0]);
        }
    close(start[0]);
    close(start[1]); /* they are off */
    for (int c = 0; c < CHILDREN; c++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    fixture_people_over(&mine, fixture_open(store), pool);
    people = mine.people;
    for (int c = 0; c < USERS; c++)
        users[c] = fixture_user(&mine, apr_psprintf(pool, "racer%d", c), pool);
    for (int i = 0; i < SUBJECTS; i++) {
        int listed = 0;
        linked_login_t link;
        const char *provider = apr_psprintf(pool, "p%d", i);
        const char *name = apr_psprintf(pool, "p%d:s%d", i, i);
        assert_int_equal(people_find(people, name, &owner, pool), STORE_OK);
        for (int c = 0; c < USERS; c++)
            if (people_linked(people, users[c].uid, provider, &link, pool) == STORE_OK) {
                listed++;
                assert_memory_equal(owner.uid, users[c].uid, UID_BYTES);
            }
        assert_int_equal(listed, strcmp(owner.name, name) == 0 ? 0 : 1);
    }
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
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
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linked_login_leads_to_its_user_and_to_nobody_else),
        cmocka_unit_test(unlinked_login_is_a_user_of_its_own_again),
        cmocka_unit_test(each_login_tells_its_own),
        cmocka_unit_test(deleted_users_logins_are_erased_and_free_after_30_days),
        cmocka_unit_test(offers_are_kept_as_they_were_made),
        cmocka_unit_test(eight_processes_that_link_and_claim_agree_on_whose_it_is),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
