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
#include "people/records.h"
#include "people_fixture.h"
#include "store/key.h"

static apr_pool_t *pool;
static people_fixture_t *fixture;
static people_t *people;

/* ---- users ----------------------------------------------------------------------------------- */

static void claimed_name_is_found_with_the_same_user(void **state)
{
    (void)state;
    user_t user, found;
    apr_time_t now = apr_time_now();
    assert_int_equal(people_find(people, "anna@example.org", &found, pool), STORE_MISSING);
    assert_int_equal(people_claim(people, "anna@example.org", now, &user, pool), STORE_OK);
    assert_string_equal(user.name, "anna@example.org");
    assert_int_equal(user.version, 1);
    assert_int_equal(user.state, USER_ACTIVE);
    assert_int_equal(user.created, apr_time_sec(now));
    assert_false(sodium_is_zero(user.uid, UID_BYTES));

    assert_int_equal(people_find(people, "anna@example.org", &found, pool), STORE_OK);
    assert_memory_equal(found.uid, user.uid, UID_BYTES);
    assert_int_equal(people_get(people, user.uid, &found, pool), STORE_OK);
    assert_string_equal(found.name, "anna@example.org");
    assert_int_equal(people_claim(people, "anna@example.org", now + DAY, &found, pool), STORE_OK);
    assert_memory_equal(found.uid, user.uid, UID_BYTES);
    assert_int_equal(found.created, apr_time_sec(now));
}

static void name_that_somebody_claimed_is_created_by_nobody(void **state)
{
    (void)state;
    user_t user, other;
    apr_time_t now = apr_time_now();
    assert_int_equal(people_create(people, "squatter", now, &user, pool), STORE_OK);
    assert_int_equal(people_create(people, "squatter", now, &other, pool), STORE_EXISTS);
    assert_int_equal(people_claim(people, "squatter", now, &other, pool), STORE_OK);
    assert_memory_equal(other.uid, user.uid, UID_BYTES);

    fixture_user(fixture, "owner", pool);
    assert_int_equal(people_create(people, "owner", now, &other, pool), STORE_EXISTS);
}

static void names_that_differ_in_case_are_two_users(void **state)
{
    (void)state;
    user_t lower = fixture_user(fixture, "john", pool), upper = fixture_user(fixture, "John", pool);
    assert_memory_not_equal(lower.uid, upper.uid, UID_BYTES);
}

static void longest_name_and_device_are_kept_whole(void **state)
{
    (void)state;
    char name[NAME_MAX_BYTES + 1];
    memset(name, 'x', NAME_MAX_BYTES);
    name[NAME_MAX_BYTES] = '\0';
    user_t user = fixture_user(fixture, name, pool);
    identity_t identity = fixture_identity(&user), found;
    memset(identity.device, 'd', DEVICE_MAX);
    assert_int_equal(people_add_identity(people, &identity, pool), STORE_OK);
    assert_int_equal(people_identity(people, identity.handle, &found, pool), STORE_OK);
    assert_string_equal(found.name, name);
    assert_int_equal(strlen(found.device), DEVICE_MAX);
}

#define CHILDREN 8
#define NAMES 10

static void claim_in_a_child(store_fixture_t *store, int start, int answers)
{
    apr_pool_t *p;
    people_fixture_t mine = {.store = store};
    user_t users[NAMES];
    char byte;
    apr_pool_create(&p, NULL);
    fixture_people_over(&mine, fixture_open(store), p);
    if (read(start, &byte, 1) != 0)
        _exit(1);
    for (int i = 0; i < NAMES; i++)
        users[i] = fixture_user(&mine, apr_psprintf(p, "name%d", i), p);
    _exit(write(answers, users, sizeof users) == sizeof users ? 0 : 1);
}

static void eight_processes_that_claim_a_name_get_one_uid(void **state)
{
    (void)state;
    store_fixture_t *store = fixture_make(pool);
    int start[2], answers[CHILDREN][2];
    user_t first[NAMES], users[NAMES];
    assert_int_equal(pipe(start), 0);
    for (int c = 0; c < CHILDREN; c++) {
        assert_int_equal(pipe(answers[c]), 0);
        if (fork() == 0) {
            close(start[1]);
            claim_in_a_child(store, start[0], answers[c][1]);
        }
        close(answers[c][1]);
    }
    close(start[0]);
    close(start[1]); /* they are off */
    for (int c = 0; c < CHILDREN; c++) {
        user_t *into = c == 0 ? first : users;
        size_t got = 0;
        for (ssize_t n; got < sizeof users; got += (size_t)n) {
            n = read(answers[c][0], (char *)into + got, sizeof users - got);
            assert_true(n > 0);
        }
        for (int i = 0; i < NAMES; i++)
            assert_memory_equal(into[i].uid, first[i].uid, UID_BYTES);
        close(answers[c][0]);
    }
    for (int c = 0; c < CHILDREN; c++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
}

static void ending_sessions_raises_the_version_and_ends_the_older(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "ends", pool), after;
    const unsigned char none[HANDLE_BYTES] = {0};
    assert_false(fixture_session_ended(fixture, user.uid, 1, none));
    assert_int_equal(people_end_sessions(people, user.uid, apr_time_now(), pool), STORE_OK);
    assert_int_equal(people_get(people, user.uid, &after, pool), STORE_OK);
    assert_int_equal(after.version, 2);
    assert_int_equal(after.state, USER_ACTIVE);
    assert_true(fixture_session_ended(fixture, user.uid, 1, none));
    assert_false(fixture_session_ended(fixture, user.uid, 2, none));
}

static void disabling_ends_sessions_and_enabling_brings_none_back(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "disabled", pool), after;
    const unsigned char none[HANDLE_BYTES] = {0};
    assert_int_equal(people_disable(people, user.uid, apr_time_now(), pool), STORE_OK);
    assert_int_equal(people_claim(people, "disabled", apr_time_now(), &after, pool), STORE_OK);
    assert_memory_equal(after.uid, user.uid, UID_BYTES);
    assert_int_equal(after.state, USER_DISABLED);
    assert_true(fixture_session_ended(fixture, user.uid, 1, none));

    assert_int_equal(people_enable(people, user.uid, pool), STORE_OK);
    assert_int_equal(people_get(people, user.uid, &after, pool), STORE_OK);
    assert_int_equal(after.state, USER_ACTIVE);
    assert_true(fixture_session_ended(fixture, user.uid, 1, none));
    assert_false(fixture_session_ended(fixture, user.uid, after.version, none));
}

static void unknown_users_are_missing_everywhere(void **state)
{
    (void)state;
    const unsigned char nobody[16] = {7};
    user_t user;
    identity_t identity, *list;
    int count;
    apr_time_t now = apr_time_now();
    assert_int_equal(people_get(people, nobody, &user, pool), STORE_MISSING);
    assert_int_equal(people_end_sessions(people, nobody, now, pool), STORE_MISSING);
    assert_int_equal(people_disable(people, nobody, now, pool), STORE_MISSING);
    assert_int_equal(people_enable(people, nobody, pool), STORE_MISSING);
    assert_int_equal(people_delete(people, nobody, now, pool), STORE_MISSING);
    assert_int_equal(people_identity(people, nobody, &identity, pool), STORE_MISSING);
    assert_int_equal(people_revoke_identity(people, nobody, now, pool), STORE_MISSING);
    assert_int_equal(people_unlock_identity(people, nobody, pool), STORE_MISSING);
    assert_int_equal(people_identities(people, nobody, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
}

static void deleted_user_loses_devices_and_sessions_and_stays_deleted(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "leaves", pool), after;
    identity_t device = fixture_device(fixture, &user, pool);
    apr_time_t now = apr_time_now();
    assert_int_equal(people_delete(people, user.uid, now, pool), STORE_OK);
    assert_int_equal(people_get(people, user.uid, &after, pool), STORE_OK);
    assert_int_equal(after.state, USER_DELETED);
    assert_int_equal(people_identity(people, device.handle, &device, pool), STORE_OK);
    assert_int_equal(device.state, IDENTITY_REVOKED);
    const unsigned char none[HANDLE_BYTES] = {0};
    assert_true(fixture_session_ended(fixture, user.uid, 1, none));

    assert_int_equal(people_enable(people, user.uid, pool), STORE_MISSING);
    assert_int_equal(people_disable(people, user.uid, now, pool), STORE_MISSING);
    assert_int_equal(people_end_sessions(people, user.uid, now, pool), STORE_MISSING);
    assert_int_equal(people_get(people, user.uid, &after, pool), STORE_OK);
    assert_int_equal(after.state, USER_DELETED);
}

static void deleted_name_is_free_after_30_days_with_a_new_uid(void **state)
{
    (void)state;
    apr_time_t now = apr_time_now();
    user_t user = fixture_user(fixture, "returns", pool), again;
    assert_int_equal(people_delete(people, user.uid, now - 30 * DAY + apr_time_from_sec(600), pool),
                     STORE_OK);
    assert_int_equal(people_claim(people, "returns", now, &again, pool), STORE_EXISTS);

    user = fixture_user(fixture, "returned", pool);
    assert_int_equal(people_delete(people, user.uid, now - 30 * DAY, pool), STORE_OK);
    assert_int_equal(people_find(people, "returned", &again, pool), STORE_MISSING);
    assert_int_equal(people_claim(people, "returned", now, &again, pool), STORE_OK);
    assert_memory_not_equal(again.uid, user.uid, UID_BYTES);
    assert_int_equal(people_find(people, "returned", &user, pool), STORE_OK);
    assert_memory_equal(again.uid, user.uid, UID_BYTES);
}

/* ---- identities ------------------------------------------------------------------------------ */

static void assert_same_identity(const identity_t *one, const identity_t *other)
{
    assert_memory_equal(one->handle, other->handle, HANDLE_BYTES);
    assert_memory_equal(one->uid, other->uid, UID_BYTES);
    assert_int_equal(one->state, other->state);
    assert_int_equal(one->origin, other->origin);
    assert_int_equal(one->created, other->created);
    assert_int_equal(one->failures, other->failures);
    assert_int_equal(one->cleared, other->cleared);
    assert_memory_equal(one->recent, other->recent, sizeof one->recent);
    assert_memory_equal(one->replaces, other->replaces, HANDLE_BYTES);
    assert_string_equal(one->device, other->device);
    assert_string_equal(one->name, other->name);
}

static void handle_is_the_head_of_the_hash(void **state)
{
    (void)state;
    unsigned char hash[32], handle[HANDLE_BYTES];
    for (int i = 0; i < 32; i++)
        hash[i] = (unsigned char)i;
    people_handle(hash, handle);
    assert_memory_equal(hash, handle, HANDLE_BYTES);
}

static void added_identity_is_found_and_listed(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "devices", pool);
    identity_t first = fixture_device(fixture, &user, pool), found, *list;
    fixture_device(fixture, &user, pool);
    assert_int_equal(people_identity(people, first.handle, &found, pool), STORE_OK);
    assert_same_identity(&found, &first);
    int count;
    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 2);
    assert_memory_not_equal(list[0].handle, list[1].handle, HANDLE_BYTES);
    assert_memory_equal(list[0].uid, user.uid, UID_BYTES);
}

static void identity_is_never_added_twice(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "twice", pool);
    identity_t identity = fixture_device(fixture, &user, pool);
    assert_int_equal(people_add_identity(people, &identity, pool), STORE_EXISTS);
    assert_int_equal(people_revoke_identity(people, identity.handle, apr_time_now(), pool),
                     STORE_OK);
    assert_int_equal(people_add_identity(people, &identity, pool), STORE_EXISTS);
    assert_int_equal(people_identity(people, identity.handle, &identity, pool), STORE_OK);
    assert_int_equal(identity.state, IDENTITY_REVOKED);
}

static void revoked_identity_is_final_and_its_sessions_end(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "revokes", pool);
    identity_t gone = fixture_device(fixture, &user, pool),
               kept = fixture_device(fixture, &user, pool);
    identity_t *list;
    int count;
    for (int again = 0; again < 2; again++)
        assert_int_equal(people_revoke_identity(people, gone.handle, apr_time_now(), pool),
                         STORE_OK);
    assert_true(fixture_session_ended(fixture, user.uid, 1, gone.handle));
    assert_false(fixture_session_ended(fixture, user.uid, 1, kept.handle));
    assert_int_equal(people_unlock_identity(people, gone.handle, pool), STORE_MISSING);
    uint32_t consecutive;
    assert_int_equal(people_failed(people, &gone, 3, apr_time_now(), &consecutive, pool), STORE_OK);
    assert_int_equal(gone.state, IDENTITY_REVOKED);
    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(list[0].handle, kept.handle, HANDLE_BYTES);
}

static void proven_name_revokes_what_was_registered_openly(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "proven", pool);
    identity_t own = fixture_device(fixture, &user, pool);
    identity_t open = fixture_identity(&user);
    open.origin = ORIGIN_OPEN;
    assert_int_equal(people_add_identity(people, &open, pool), STORE_OK);

    assert_int_equal(people_name_proven(people, &user, apr_time_now(), pool), STORE_OK);
    identity_t now;
    assert_int_equal(people_identity(people, open.handle, &now, pool), STORE_OK);
    assert_int_equal(now.state, IDENTITY_REVOKED);
    assert_true(fixture_session_ended(fixture, user.uid, user.version, open.handle));
    assert_int_equal(people_identity(people, own.handle, &now, pool), STORE_OK);
    assert_int_equal(now.state, IDENTITY_ACTIVE);
}

static void name_is_proven_once_and_stays_so(void **state)
{
    (void)state;
    apr_time_t first = apr_time_now(), later = first + DAY;
    user_t before = fixture_user(fixture, "once", pool), user;
    assert_int_equal(before.proven, 0);
    assert_int_equal(people_name_proven(people, &before, first, pool), STORE_OK);
    assert_int_equal(people_get(people, before.uid, &user, pool), STORE_OK);
    assert_int_equal(user.proven, apr_time_sec(first));
    assert_int_equal(user.version, before.version);

    assert_int_equal(people_name_proven(people, &user, later, pool), STORE_OK);
    assert_int_equal(people_name_proven(people, &before, later, pool), STORE_OK); /* read before */
    assert_int_equal(people_end_sessions(people, user.uid, later, pool), STORE_OK);
    assert_int_equal(people_disable(people, user.uid, later, pool), STORE_OK);
    assert_int_equal(people_enable(people, user.uid, pool), STORE_OK);
    assert_int_equal(people_get(people, user.uid, &user, pool), STORE_OK);
    assert_int_equal(user.proven, apr_time_sec(first));

    user = fixture_user(fixture, "left", pool);
    assert_int_equal(people_delete(people, user.uid, first, pool), STORE_OK);
    assert_int_equal(people_name_proven(people, &user, later, pool), STORE_MISSING);
}

static void eleventh_identity_is_refused_until_one_is_revoked(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "many", pool);
    identity_t device = fixture_device(fixture, &user, pool), one_more = fixture_identity(&user);
    identity_t *list;
    int count;
    for (int i = 1; i < IDENTITIES_MAX; i++)
        fixture_device(fixture, &user, pool);
    assert_int_equal(people_add_identity(people, &one_more, pool), STORE_FULL);
    assert_int_equal(people_identity(people, one_more.handle, &device, pool), STORE_MISSING);

    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, IDENTITIES_MAX);
    assert_int_equal(people_revoke_identity(people, list[3].handle, apr_time_now(), pool),
                     STORE_OK);
    assert_int_equal(people_add_identity(people, &one_more, pool), STORE_OK);
    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, IDENTITIES_MAX);
}

/* As an older version left one when it was killed: the record expires, the member is there. */
static void what_an_older_version_began_to_add_is_none(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "begun", pool);
    identity_t begun = fixture_device(fixture, &user, pool), found, *list;
    const char *key = store_key("identity", begun.handle, HANDLE_BYTES, pool);
    store_t *store = fixture->store->store;
    store_record_t seen;
    int count;
    assert_int_equal(store_get(store, STORE_LASTING, key, pool, &seen), STORE_OK);
    assert_int_equal(store_swap(store, STORE_LASTING, key, &seen, seen.data, seen.len,
                                apr_time_now() + apr_time_from_sec(600)),
                     STORE_OK);
    assert_int_equal(people_identity(people, begun.handle, &found, pool), STORE_MISSING);
    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(people_places_taken(people, user.uid, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(people_revoke_identity(people, begun.handle, apr_time_now(), pool),
                     STORE_MISSING);
}

static void members_without_an_identity_give_way(void **state)
{
    (void)state;
    user_t user = fixture_user(fixture, "leftovers", pool);
    const char *key = store_key("identities", user.uid, UID_BYTES, pool);
    identity_t *list;
    int count;
    fixture_device(fixture, &user, pool);
    for (int i = 1; i < IDENTITIES_MAX; i++) /* what kills have left */
        assert_int_equal(store_member_add(fixture->store->store, STORE_LASTING, key,
                                          apr_psprintf(pool, "%032d", i), IDENTITIES_MAX, 0),
                         STORE_OK);
    fixture_device(fixture, &user, pool);
    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 2);
}

/* ---- records --------------------------------------------------------------------------------- */

static void record_that_does_not_parse_is_a_store_failure(void **state)
{
    (void)state;
    store_t *store = fixture->store->store;
    user_t user = fixture_user(fixture, "broken", pool);
    identity_t identity = fixture_device(fixture, &user, pool), *list;
    unsigned char record[IDENTITY_RECORD_MAX + 1];
    const char *key = store_key("identity", identity.handle, HANDLE_BYTES, pool);
    apr_size_t len = people_write_identity(&identity, record);
    int count, said = fixture_logged("MPIN0151");

    assert_int_equal(store_put(store, STORE_LASTING, key, record, len - 1, 0), STORE_OK);
    assert_int_equal(people_identity(people, identity.handle, &identity, pool), STORE_DOWN);
    assert_int_equal(people_identities(people, user.uid, &list, &count, pool), STORE_DOWN);
    assert_true(fixture_logged("MPIN0151") > said);

    key = store_key("user", user.uid, UID_BYTES, pool);
    assert_int_equal(store_put(store, STORE_LASTING, key, "", 0, 0), STORE_OK);
    assert_int_equal(people_get(people, user.uid, &user, pool), STORE_DOWN);
    assert_int_equal(people_find(people, "broken", &user, pool), STORE_DOWN);
    assert_int_equal(people_claim(people, "broken", apr_time_now(), &user, pool), STORE_DOWN);
}

static void record_of_another_user_or_identity_is_a_store_failure(void **state)
{
    (void)state;
    store_t *store = fixture->store->store;
    user_t user = fixture_user(fixture, "mine", pool), other = fixture_user(fixture, "other", pool);
    user_t found;
    unsigned char record[USER_RECORD_MAX];
    apr_size_t len = people_write_user(&other, record);
    assert_int_equal(store_put(store, STORE_LASTING, store_key("user", user.uid, UID_BYTES, pool),
                               record, len, 0),
                     STORE_OK);
    assert_int_equal(people_get(people, user.uid, &found, pool), STORE_DOWN);
    assert_int_equal(people_find(people, "mine", &found, pool), STORE_DOWN);
    assert_int_equal(people_enable(people, user.uid, pool), STORE_DOWN);

    identity_t device = fixture_device(fixture, &other, pool);
    const identity_t second = fixture_device(fixture, &other, pool);
    unsigned char bytes[IDENTITY_RECORD_MAX];
    uint32_t consecutive;
    len = people_write_identity(&second, bytes);
    assert_int_equal(store_put(store, STORE_LASTING,
                               store_key("identity", device.handle, HANDLE_BYTES, pool), bytes, len,
                               0),
                     STORE_OK);
    assert_int_equal(people_unlock_identity(people, device.handle, pool), STORE_DOWN);
    assert_int_equal(people_failed(people, &device, 3, apr_time_now(), &consecutive, pool),
                     STORE_DOWN);
}

static void records_out_of_bounds_are_refused(void **state)
{
    (void)state;
    user_t user = {.version = 3, .state = USER_ACTIVE, .created = 5, .proven = 6, .name = "anna"},
           read_user;
    identity_t identity = {.state = IDENTITY_ACTIVE,
                           .origin = ORIGIN_MAIL,
                           .failures = 2,
                           .recent = {0x12345678, 9},
                           .replaces = {1, 2, 3},
                           .cleared = 1,
                           .device = "d",
                           .name = "anna"},
               read_identity;
    unsigned char record[IDENTITY_RECORD_MAX + 1] = {0};

    apr_size_t len = people_write_user(&user, record);
    assert_int_equal(len, 1 + 16 + 4 + 1 + 4 + 4 + 1 + 4);
    assert_memory_equal(record + 17, "\0\0\0\3\1\0\0\0\5\0\0\0\6\4anna", 18);
    assert_true(people_read_user(record, len, &read_user));
    assert_memory_equal(user.uid, read_user.uid, UID_BYTES);
    assert_int_equal(read_user.version, 3);
    assert_int_equal(read_user.state, USER_ACTIVE);
    assert_int_equal(read_user.created, 5);
    assert_int_equal(read_user.proven, 6);
    assert_string_equal(read_user.name, "anna");
    for (apr_size_t short_of = 0; short_of < len; short_of++)
        assert_false(people_read_user(record, short_of, &read_user));
    assert_false(people_read_user(record, len + 1, &read_user));
    static const struct {
        int at;
        unsigned char byte;
    } bad[] = {
        {0, 0}, {0, 1}, {0, 3}, {21, 0}, {21, 4}, {30, 3}, {30, 5}, {30, 255}, {31, 0}, {33, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char was = record[bad[i].at];
        record[bad[i].at] = bad[i].byte;
        assert_false(people_read_user(record, len, &read_user));
        record[bad[i].at] = was;
    }

    len = people_write_identity(&identity, record);
    assert_true(people_read_identity(record, len, &read_identity));
    assert_same_identity(&identity, &read_identity);
    for (apr_size_t short_of = 0; short_of < len; short_of++)
        assert_false(people_read_identity(record, short_of, &read_identity));
    assert_false(people_read_identity(record, len + 1, &read_identity));
    identity.cleared = 3; /* more than failed */
    len = people_write_identity(&identity, record);
    assert_false(people_read_identity(record, len, &read_identity));
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
        return -1;
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
        cmocka_unit_test(eight_processes_that_claim_a_name_get_one_uid),
        cmocka_unit_test(claimed_name_is_found_with_the_same_user),
        cmocka_unit_test(name_that_somebody_claimed_is_created_by_nobody),
        cmocka_unit_test(names_that_differ_in_case_are_two_users),
        cmocka_unit_test(longest_name_and_device_are_kept_whole),
        cmocka_unit_test(ending_sessions_raises_the_version_and_ends_the_older),
        cmocka_unit_test(disabling_ends_sessions_and_enabling_brings_none_back),
        cmocka_unit_test(unknown_users_are_missing_everywhere),
        cmocka_unit_test(deleted_user_loses_devices_and_sessions_and_stays_deleted),
        cmocka_unit_test(deleted_name_is_free_after_30_days_with_a_new_uid),
        cmocka_unit_test(handle_is_the_head_of_the_hash),
        cmocka_unit_test(added_identity_is_found_and_listed),
        cmocka_unit_test(identity_is_never_added_twice),
        cmocka_unit_test(revoked_identity_is_final_and_its_sessions_end),
        cmocka_unit_test(proven_name_revokes_what_was_registered_openly),
        cmocka_unit_test(name_is_proven_once_and_stays_so),
        cmocka_unit_test(eleventh_identity_is_refused_until_one_is_revoked),
        cmocka_unit_test(what_an_older_version_began_to_add_is_none),
        cmocka_unit_test(members_without_an_identity_give_way),
        cmocka_unit_test(record_that_does_not_parse_is_a_store_failure),
        cmocka_unit_test(record_of_another_user_or_identity_is_a_store_failure),
        cmocka_unit_test(records_out_of_bounds_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
