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
#include "people/token_cache.h"
#include "people/tokens.h"
#include "people_fixture.h"

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;
static apr_time_t now;

typedef struct made_t {
    access_token_t token;
    char text[TOKEN_TEXT_SIZE];
} made_t;

static access_token_t token_of(const user_t *user)
{
    access_token_t token = {.expires = (uint32_t)apr_time_sec(now) + 86400};
    memcpy(token.uid, user->uid, UID_BYTES);
    strcpy(token.name, "git");
    strcpy(token.provider, "local");
    return token;
}

static made_t make(const user_t *user)
{
    made_t made = {.token = token_of(user)};
    assert_int_equal(tokens_add(people, &made.token, made.text, now, pool), STORE_OK);
    return made;
}

static store_status_t find_at(const char *text, apr_time_t when)
{
    access_token_t token;
    user_t owner;
    return tokens_find(people, text, strlen(text), &token, &owner, when, pool);
}

static int count_of(const user_t *user)
{
    access_token_t *list;
    int count;
    assert_int_equal(tokens_list(people, user->uid, &list, &count, now, pool), STORE_OK);
    return count;
}

static void token_is_found_by_its_text_and_by_nothing_else(void **state)
{
    (void)state;
    const user_t anna = fixture_user(fixture, "anna", pool);
    made_t made = make(&anna);
    access_token_t found;
    user_t owner;
    assert_int_equal(strlen(made.text), TOKEN_TEXT_LEN);
    assert_int_equal(tokens_find(people, made.text, TOKEN_TEXT_LEN, &found, &owner, now, pool),
                     STORE_OK);
    assert_string_equal(owner.name, "anna");
    assert_memory_equal(found.handle, made.token.handle, HANDLE_BYTES);
    for (size_t i = 0; i < TOKEN_TEXT_LEN; i++) {
        char other[TOKEN_TEXT_SIZE];
        strcpy(other, made.text);
        other[i] ^= 1;
        assert_int_equal(find_at(other, now), STORE_MISSING);
    }
    assert_int_equal(find_at("mpin_", now), STORE_MISSING);
    assert_int_equal(find_at(apr_pstrcat(pool, made.text, "A", NULL), now), STORE_MISSING);
    assert_int_equal(
        find_at(apr_psprintf(pool, "mpin_%.43s", "00000000000000000000000000000000000000000000"),
                now),
        STORE_MISSING);
}

static void token_is_over_when_it_expires(void **state)
{
    (void)state;
    const user_t anna = fixture_user(fixture, "late", pool);
    made_t made = make(&anna);
    assert_int_equal(find_at(made.text, now + apr_time_from_sec(86399)), STORE_OK);
    assert_int_equal(find_at(made.text, now + apr_time_from_sec(86400)), STORE_MISSING);
    access_token_t never = token_of(&anna);
    char text[TOKEN_TEXT_SIZE];
    never.expires = (uint32_t)apr_time_sec(now);
    assert_int_equal(tokens_add(people, &never, text, now, pool), STORE_CHANGED);
    never.expires = (uint32_t)apr_time_sec(now) + 400 * 86400;
    assert_int_equal(tokens_add(people, &never, text, now, pool), STORE_CHANGED);
}

static void user_has_twenty_at_most(void **state)
{
    (void)state;
    const user_t user = fixture_user(fixture, "many", pool);
    char text[TOKEN_TEXT_SIZE];
    access_token_t token = token_of(&user);
    made_t first = make(&user);
    for (int i = 1; i < TOKENS_MAX; i++)
        make(&user);
    assert_int_equal(tokens_add(people, &token, text, now, pool), STORE_EXISTS);
    assert_int_equal(tokens_remove(people, &first.token, now, pool), STORE_OK);
    assert_int_equal(tokens_add(people, &token, text, now, pool), STORE_OK);
    assert_int_equal(count_of(&user), TOKENS_MAX);
}

static bool is_revoked(const made_t *made, const user_t *user)
{
    static const unsigned char none[16];
    return revocations_hit(fixture->revocations, made->token.handle, made->token.handle, none,
                           user->uid, user->version, (uint32_t)apr_time_sec(now) + 1,
                           (uint32_t)apr_time_sec(now) + 1) == REVOKED;
}

static void removed_token_is_gone_and_revoked_wherever_it_is_remembered(void **state)
{
    (void)state;
    const user_t user = fixture_user(fixture, "gone", pool);
    const user_t other = fixture_user(fixture, "other", pool);
    made_t made = make(&user);
    made_t kept = make(&user);
    access_token_t found;
    assert_int_equal(tokens_get(people, other.uid, made.token.handle, &found, pool), STORE_MISSING);
    assert_int_equal(tokens_get(people, user.uid, made.token.handle, &found, pool), STORE_OK);
    assert_false(is_revoked(&made, &user));
    assert_int_equal(tokens_remove(people, &made.token, now, pool), STORE_OK);
    assert_int_equal(tokens_remove(people, &made.token, now, pool), STORE_OK);
    assert_true(is_revoked(&made, &user));
    assert_false(is_revoked(&kept, &user));
    assert_int_equal(find_at(made.text, now), STORE_MISSING);
    assert_int_equal(find_at(kept.text, now), STORE_OK);
}

static void tokens_go_with_their_user_and_with_disabling(void **state)
{
    (void)state;
    const user_t user = fixture_user(fixture, "leaver", pool);
    const user_t second = fixture_user(fixture, "deleted", pool);
    made_t made = make(&user), other = make(&second);
    assert_int_equal(people_disable(people, user.uid, now, pool), STORE_OK);
    assert_int_equal(find_at(made.text, now), STORE_MISSING);
    char text[TOKEN_TEXT_SIZE];
    access_token_t more = token_of(&user);
    assert_int_equal(tokens_add(people, &more, text, now, pool), STORE_MISSING);
    assert_int_equal(people_enable(people, user.uid, pool), STORE_OK);
    assert_int_equal(find_at(made.text, now), STORE_MISSING);
    assert_int_equal(count_of(&user), 0);
    assert_int_equal(people_delete(people, second.uid, now, pool), STORE_OK);
    assert_int_equal(find_at(other.text, now), STORE_MISSING);
    assert_int_equal(count_of(&second), 0);
}

static void token_of_who_was_merely_first_goes_at_the_first_proof(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "first", pool);
    access_token_t open = token_of(&user);
    char text[TOKEN_TEXT_SIZE];
    open.open = true;
    assert_int_equal(tokens_add(people, &open, text, now, pool), STORE_OK);
    assert_int_equal(people_name_proven(people, &user, now + apr_time_from_sec(5), pool), STORE_OK);
    assert_int_equal(find_at(text, now), STORE_MISSING);
    made_t proven = make(&user);
    assert_int_equal(find_at(proven.text, now), STORE_OK);
}

static void last_use_is_noted_once_a_minute(void **state)
{
    (void)state;
    const user_t user = fixture_user(fixture, "user", pool);
    made_t made = make(&user);
    uint32_t used;
    assert_int_equal(tokens_last_use(people, &made.token, &used, pool), STORE_OK);
    assert_int_equal(used, 0);
    tokens_note_use(people, &made.token, now, pool);
    tokens_note_use(people, &made.token, now + apr_time_from_sec(59), pool);
    assert_int_equal(tokens_last_use(people, &made.token, &used, pool), STORE_OK);
    assert_int_equal(used, apr_time_sec(now));
    tokens_note_use(people, &made.token, now + apr_time_from_sec(60), pool);
    assert_int_equal(tokens_last_use(people, &made.token, &used, pool), STORE_OK);
    assert_int_equal(used, apr_time_sec(now) + 60);
}

static void cache_believes_for_a_minute_and_holds_no_token(void **state)
{
    (void)state;
    token_cache_t *cache = token_cache_make(pool);
    const user_t user = fixture_user(fixture, "cached", pool);
    made_t made = make(&user);
    token_pass_t pass = {.token = made.token}, got;
    token_cache_session(&made.token, &user, now, &pass.session);
    assert_string_equal(pass.session.name, "cached");
    assert_int_equal(pass.session.amr, AMR_TOKEN);
    assert_false(token_cache_get(cache, made.text, TOKEN_TEXT_LEN, now, &got));
    token_cache_keep(cache, made.text, TOKEN_TEXT_LEN, now, &pass);
    assert_true(token_cache_get(cache, made.text, TOKEN_TEXT_LEN, now, &got));
    assert_string_equal(got.session.name, "cached");
    assert_false(token_cache_get(cache, made.text, TOKEN_TEXT_LEN - 1, now, &got));
    assert_false(
        token_cache_get(cache, made.text, TOKEN_TEXT_LEN, now + apr_time_from_sec(60), &got));
    assert_false(
        token_cache_get(cache, made.text, TOKEN_TEXT_LEN, now - apr_time_from_sec(1), &got));
}

static void wrong_token_is_known_as_such_for_a_minute_beside_the_good_ones(void **state)
{
    (void)state;
    token_cache_t *cache = token_cache_make(pool);
    const user_t user = fixture_user(fixture, "beside", pool);
    made_t made = make(&user);
    token_pass_t pass = {.token = made.token}, got;
    token_cache_keep(cache, made.text, TOKEN_TEXT_LEN, now, &pass);
    assert_false(token_cache_is_wrong(cache, "mpin_wrong", 10, now));
    for (int i = 0; i < 2000; i++) {
        const char *guess = apr_psprintf(pool, "mpin_%d", i);
        token_cache_keep_wrong(cache, guess, strlen(guess), now);
        assert_true(token_cache_is_wrong(cache, guess, strlen(guess), now));
    }
    assert_false(token_cache_is_wrong(cache, "mpin_1999", 9, now + apr_time_from_sec(60)));
    assert_false(token_cache_is_wrong(cache, made.text, TOKEN_TEXT_LEN, now));
    assert_true(token_cache_get(cache, made.text, TOKEN_TEXT_LEN, now, &got));
}

static void paths_and_methods_are_read_in_one_form(void **state)
{
    (void)state;
    assert_string_equal(token_paths(" /git/,/a/b  /c ", pool), "/git /a/b /c");
    assert_string_equal(token_paths("", pool), "");
    assert_string_equal(token_paths("/git /", pool), "");
    const char *const wrong[] = {"git",   "/a//b", "/a/../b", "/a/.",  "/a%20b",
                                 "/a\\b", "/a?b",  "/a#b",    "/a/..;"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(token_paths(wrong[i], pool));
    assert_string_equal(token_methods("get, PROPFIND  version-control", pool),
                        "GET PROPFIND VERSION-CONTROL");
    assert_null(token_methods("GET;", pool));
    assert_null(token_methods("GET1", pool));
}

static void path_lies_at_or_below_a_limit_or_nowhere(void **state)
{
    (void)state;
    assert_true(token_allows_path("", "/any/../thing"));
    const char *const in[] = {"/git", "/git/", "/git/x", "/git/x.y/..z", "/git/100%", "/a/b/.c"};
    const char *const out[] = {"/gitx",      "/Git/x",      "/",           "/a",
                               "/git/../x",  "/git/..",     "/git/./x",    "/git/..;/x",
                               "/git/.;x/y", "/git\\..\\x", "/git/%2e%2e", "/git/%2Fx",
                               "/git/%5cx",  "/git/%252e",  "/a/bc",       ""};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        assert_true(token_allows_path("/git /a/b", in[i]));
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        assert_false(token_allows_path("/git /a/b", out[i]));
}

static void method_is_one_of_the_limits(void **state)
{
    (void)state;
    assert_true(token_allows_method("", "BREW"));
    assert_true(token_allows_method("GET POST", "HEAD"));
    assert_true(token_allows_method("HEAD", "HEAD"));
    assert_false(token_allows_method("HEAD", "GET"));
    assert_false(token_allows_method("GET POST", "get"));
    assert_false(token_allows_method("GET POST", "POS"));
    assert_false(token_allows_method("GET", "PUT"));
}

static void only_what_was_written_is_read(void **state)
{
    (void)state;
    const user_t user = fixture_user(fixture, "record", pool);
    access_token_t token = token_of(&user), read;
    unsigned char record[TOKEN_RECORD_MAX];
    strcpy(token.paths, "/git");
    strcpy(token.methods, "GET");
    const apr_size_t len = tokens_write(&token, record);
    assert_true(tokens_read(record, len, &read));
    assert_string_equal(read.paths, "/git");
    for (apr_size_t cut = 0; cut < len; cut++)
        assert_false(tokens_read(record, cut, &read));
    record[0]++;
    assert_false(tokens_read(record, len, &read));
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
        cmocka_unit_test(token_is_found_by_its_text_and_by_nothing_else),
        cmocka_unit_test(token_is_over_when_it_expires),
        cmocka_unit_test(user_has_twenty_at_most),
        cmocka_unit_test(removed_token_is_gone_and_revoked_wherever_it_is_remembered),
        cmocka_unit_test(tokens_go_with_their_user_and_with_disabling),
        cmocka_unit_test(token_of_who_was_merely_first_goes_at_the_first_proof),
        cmocka_unit_test(last_use_is_noted_once_a_minute),
        cmocka_unit_test(cache_believes_for_a_minute_and_holds_no_token),
        cmocka_unit_test(wrong_token_is_known_as_such_for_a_minute_beside_the_good_ones),
        cmocka_unit_test(paths_and_methods_are_read_in_one_form),
        cmocka_unit_test(path_lies_at_or_below_a_limit_or_nowhere),
        cmocka_unit_test(method_is_one_of_the_limits),
        cmocka_unit_test(only_what_was_written_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
