/* SPDX-License-Identifier: Apache-2.0 */
/* What trusted logins tell of users, and which sessions came of a provider's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "people_fixture.h"
#include "people/subject.h"
#include "session/mark.h"
#include "session/provider_session.h"

#define HOUR apr_time_from_sec(3600)

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;
static store_t *store;

static subject_t told(const char *email)
{
    return (subject_t){.provider = "corp",
                       .subject = "Anna/1",
                       .email = email,
                       .claims = {{"GROUPS", "staff;admins"}, {"urn:oid:1.2", ""}},
                       .claim_count = 2};
}

static const char *fresh_name(void)
{
    static int count;
    return apr_psprintf(pool, "corp:subject%d", count++);
}

static void what_is_told_of_a_user_comes_back(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const subject_t first = told("anna@example.org"), later = told("new@example.org");
    const apr_time_t now = apr_time_now();
    subject_t kept;
    (void)state;
    assert_int_equal(people_subject(people, user.uid, &kept, pool), STORE_MISSING);
    assert_int_equal(people_tell_subject(people, user.uid, &first, now - HOUR, pool), STORE_OK);
    assert_int_equal(people_subject(people, user.uid, &kept, pool), STORE_OK);
    assert_string_equal(kept.provider, "corp");
    assert_string_equal(kept.subject, "Anna/1");
    assert_string_equal(kept.email, "anna@example.org");
    assert_string_equal(subject_claim(&kept, "GROUPS"), "staff;admins");
    assert_string_equal(subject_claim(&kept, "urn:oid:1.2"), "");
    assert_null(subject_claim(&kept, "groups"));
    assert_int_equal(kept.at, apr_time_sec(now - HOUR));
    assert_int_equal(people_tell_subject(people, user.uid, &later, now, pool), STORE_OK);
    assert_int_equal(people_subject(people, user.uid, &kept, pool), STORE_OK);
    assert_string_equal(kept.email, "new@example.org");
    assert_int_equal(kept.at, apr_time_sec(now));
}

static void a_claim_that_is_too_long_is_not_kept_half(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    char *value = apr_pcalloc(pool, SUBJECT_CLAIM_VALUE + 2);
    subject_t subject = told(""), kept;
    (void)state;
    memset(value, 'x', SUBJECT_CLAIM_VALUE);
    subject.claims[0].value = value;
    assert_int_equal(people_tell_subject(people, user.uid, &subject, apr_time_now(), pool),
                     STORE_OK);
    assert_int_equal(people_subject(people, user.uid, &kept, pool), STORE_OK);
    assert_string_equal(subject_claim(&kept, "GROUPS"), value);
    value[SUBJECT_CLAIM_VALUE] = 'x';
    assert_int_not_equal(people_tell_subject(people, user.uid, &subject, apr_time_now(), pool),
                         STORE_OK);
}

static void a_deleted_user_leaves_nothing_that_was_told(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const subject_t subject = told("anna@example.org");
    subject_t kept;
    (void)state;
    assert_int_equal(people_tell_subject(people, user.uid, &subject, apr_time_now(), pool),
                     STORE_OK);
    assert_int_equal(people_delete(people, user.uid, apr_time_now(), pool), STORE_OK);
    assert_int_equal(people_subject(people, user.uid, &kept, pool), STORE_MISSING);
}

/* ---- a provider's sessions ---- */

static session_t session_of(const user_t *user)
{
    session_t session = {.version = user->version};
    memcpy(session.uid, user->uid, sizeof session.uid);
    randombytes_buf(session.family, sizeof session.family);
    return session;
}

static bool has_ended(const session_t *session)
{
    static const unsigned char none[SESSION_ID_BYTES];
    const uint32_t now = (uint32_t)apr_time_sec(apr_time_now());
    assert_true(revocations_refresh(fixture->revocations));
    return revocations_hit(fixture->revocations, none, session->family, none, session->uid,
                           session->version, now, now) == REVOKED;
}

static void note(const char *name, const char *sid, const session_t *session)
{
    assert_int_equal(provider_session_note(store, name, sid, session, apr_time_now(), HOUR, pool),
                     STORE_OK);
}

static int end(const char *name, const char *sid)
{
    int ended;
    assert_int_equal(
        provider_session_end(store, fixture->revocations, name, sid, apr_time_now(), &ended, pool),
        STORE_OK);
    return ended;
}

static void sessions_that_came_of_a_providers_end_with_it(void **state)
{
    const user_t user = fixture_user(fixture, fresh_name(), pool);
    const session_t one = session_of(&user), two = session_of(&user), other = session_of(&user),
                    school = session_of(&user);
    (void)state;
    note("corp", "sid-1", &one);
    note("corp", "sid-1", &two);
    note("corp", "sid-1", &two); /* it has stepped up */
    note("corp", "sid-2", &other);
    note("school", "sid-1", &school);
    assert_int_equal(end("corp", "sid-3"), 0);
    assert_int_equal(end("cor", "psid-1"), 0);
    assert_int_equal(end("corp", "sid-1"), 2);
    assert_true(has_ended(&one));
    assert_true(has_ended(&two));
    assert_false(has_ended(&other));
    assert_false(has_ended(&school));
    assert_int_equal(end("corp", "sid-1"), 0);
}

static void a_mark_is_never_none(void **state)
{
    const uint32_t some[] = {1, 2, 0};
    (void)state;
    assert_int_not_equal(mark_of("corp"), 0);
    assert_int_not_equal(mark_of("corp"), mark_of("Corp"));
    assert_true(mark_is_among(NULL, 0));
    assert_true(mark_is_among(some, 2));
    assert_false(mark_is_among(some, 0));
    assert_false(mark_is_among(some, 3));
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    fixture = fixture_people(pool);
    people = fixture->people;
    store = fixture->store->store;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_of_a_user_comes_back),
        cmocka_unit_test(a_claim_that_is_too_long_is_not_kept_half),
        cmocka_unit_test(a_deleted_user_leaves_nothing_that_was_told),
        cmocka_unit_test(sessions_that_came_of_a_providers_end_with_it),
        cmocka_unit_test(a_mark_is_never_none),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
