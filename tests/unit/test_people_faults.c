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
#include "base/hex.h"
#include "people/links.h"
#include "people_fixture.h"
#include "store/sealed.h"

/* Every operation that writes more than once, stopped after each of its writes: by a store that
 * fails from then on (as a kill looks from outside), and by one whose write arrives and whose
 * answer is lost. */

static apr_pool_t *pool;
static people_fixture_t *sound;  /* over the store */
static people_fixture_t *faulty; /* over the same one, through `backend` */
static apr_time_t now;

/* ---- the failing store ----------------------------------------------------------------------- */

static const store_backend_t *real;
static store_backend_t backend;
static int writes_left;
static bool last_one_arrives;

static store_status_t faulty_edit(void *state, store_class_t in, const store_editing_t *edits,
                                  int count)
{
    if (writes_left-- > 0)
        return real->edit(state, in, edits, count);
    if (writes_left == -1 && last_one_arrives)
        real->edit(state, in, edits, count);
    return STORE_DOWN;
}

static store_status_t faulty_append(void *state, const char *log, store_log_writer_t writer,
                                    void *baton, uint64_t *sequence)
{
    if (writes_left-- > 0)
        return real->log_append(state, log, writer, baton, sequence);
    if (writes_left == -1 && last_one_arrives)
        real->log_append(state, log, writer, baton, sequence);
    return STORE_DOWN;
}

/* ---- what must hold whatever happened -------------------------------------------------------- */

typedef struct scene_t {
    const char *name;
    user_t user, claimed;
    identity_t device;
    identity_t fresh; /* not added yet */
} scene_t;

static bool listed(const scene_t *scene, const identity_t *identity)
{
    identity_t *list;
    int count;
    assert_int_equal(people_identities(sound->people, scene->user.uid, &list, &count, pool),
                     STORE_OK);
    for (int i = 0; i < count; i++)
        if (memcmp(list[i].handle, identity->handle, HANDLE_BYTES) == 0)
            return true;
    return false;
}

/* An identity that can be used is one that its user sees, and a revoked one has no session left. */
static void identity_is_whole(const scene_t *scene, const identity_t *identity)
{
    identity_t found;
    store_status_t status = people_identity(sound->people, identity->handle, &found, pool);
    bool there = status == STORE_OK && found.state != IDENTITY_REVOKED;
    assert_true(status == STORE_OK || status == STORE_MISSING);
    assert_int_equal(there, listed(scene, identity));
    if (status == STORE_OK && !there)
        assert_true(fixture_session_ended(sound, scene->user.uid, 99, identity->handle));
}

static void user_is_whole(const scene_t *scene)
{
    static const unsigned char none[HANDLE_BYTES];
    user_t named, user;
    store_status_t status = people_find(sound->people, scene->name, &named, pool);
    if (status == STORE_MISSING)
        return;
    assert_int_equal(status, STORE_OK);
    assert_int_equal(people_get(sound->people, named.uid, &user, pool), STORE_OK);
    if (user.state != USER_ACTIVE)
        assert_true(fixture_session_ended(sound, user.uid, user.version - 1, none));
}

/* ---- the operations -------------------------------------------------------------------------- */

static store_status_t claim(people_t *people, scene_t *scene)
{
    return people_claim(people, scene->name, now, &scene->claimed, pool);
}

static void claimed(const scene_t *scene)
{
    user_t user;
    assert_int_equal(people_find(sound->people, scene->name, &user, pool), STORE_OK);
    assert_memory_equal(user.uid, scene->claimed.uid, UID_BYTES);
    assert_int_equal(user.state, USER_ACTIVE);
}

static void new_name(scene_t *scene)
{
    scene->name = apr_pstrcat(pool, "new-", scene->name, NULL);
}

static void old_tombstone(scene_t *scene)
{
    assert_int_equal(people_delete(sound->people, scene->user.uid, now - 31 * DAY, pool), STORE_OK);
}

static store_status_t add(people_t *people, scene_t *scene)
{
    store_status_t status = people_add_identity(people, &scene->fresh, pool);
    return status == STORE_EXISTS ? STORE_OK : status;
}

static void added(const scene_t *scene)
{
    assert_true(listed(scene, &scene->fresh));
}

static void full_of_leftovers(scene_t *scene)
{
    const char *set =
        apr_pstrcat(pool, "identities:", hex_encode(pool, scene->user.uid, UID_BYTES), NULL);
    for (int i = 1; i < IDENTITIES_MAX; i++)
        assert_int_equal(store_member_add(sound->store->store, STORE_LASTING, set,
                                          apr_psprintf(pool, "%032d", i), IDENTITIES_MAX, 0),
                         STORE_OK);
}

static store_status_t revoke_device(people_t *people, scene_t *scene)
{
    return people_revoke_identity(people, scene->device.handle, now, pool);
}

static void device_revoked(const scene_t *scene)
{
    assert_false(listed(scene, &scene->device));
    assert_true(fixture_session_ended(sound, scene->user.uid, 99, scene->device.handle));
}

static void openly_registered(scene_t *scene)
{
    scene->device = fixture_identity(&scene->user);
    scene->device.origin = ORIGIN_OPEN;
    assert_int_equal(people_add_identity(sound->people, &scene->device, pool), STORE_OK);
}

static store_status_t prove(people_t *people, scene_t *scene)
{
    return people_name_proven(people, &scene->user, now, pool);
}

static void proven(const scene_t *scene)
{
    user_t user;
    assert_int_equal(people_get(sound->people, scene->user.uid, &user, pool), STORE_OK);
    assert_int_equal(user.proven, apr_time_sec(now));
    device_revoked(scene);
}

static store_status_t end_sessions(people_t *people, scene_t *scene)
{
    return people_end_sessions(people, scene->user.uid, now, pool);
}

static void sessions_ended(const scene_t *scene)
{
    static const unsigned char none[HANDLE_BYTES];
    user_t user;
    assert_int_equal(people_get(sound->people, scene->user.uid, &user, pool), STORE_OK);
    assert_true(fixture_session_ended(sound, user.uid, scene->user.version, none));
    if (user.state == USER_ACTIVE)
        assert_false(fixture_session_ended(sound, user.uid, user.version, none));
}

static store_status_t disable(people_t *people, scene_t *scene)
{
    return people_disable(people, scene->user.uid, now, pool);
}

static void disabled_and_can_be_enabled(const scene_t *scene)
{
    user_t user;
    assert_int_equal(people_get(sound->people, scene->user.uid, &user, pool), STORE_OK);
    assert_int_equal(user.state, USER_DISABLED);
    sessions_ended(scene);
    assert_int_equal(people_enable(sound->people, scene->user.uid, pool), STORE_OK);
    sessions_ended(scene);
}

static store_status_t delete (people_t *people, scene_t *scene)
{
    store_status_t status = people_delete(people, scene->user.uid, now, pool);
    return status == STORE_MISSING ? STORE_OK : status;
}

static void deleted(const scene_t *scene)
{
    user_t user;
    assert_int_equal(people_get(sound->people, scene->user.uid, &user, pool), STORE_OK);
    assert_int_equal(user.state, USER_DELETED);
    sessions_ended(scene);
    device_revoked(scene);
}

static store_status_t wrong_pin(people_t *people, scene_t *scene)
{
    uint32_t consecutive;
    return people_failed(people, &scene->device, 1, now, &consecutive, pool);
}

static void locked(const scene_t *scene)
{
    identity_t found;
    assert_int_equal(people_identity(sound->people, scene->device.handle, &found, pool), STORE_OK);
    assert_int_equal(found.state, IDENTITY_LOCKED);
    assert_int_equal(found.failures, 1);
}

static void replacing(scene_t *scene)
{
    uint32_t consecutive;
    memcpy(scene->fresh.replaces, scene->device.handle, HANDLE_BYTES);
    assert_int_equal(people_add_identity(sound->people, &scene->fresh, pool), STORE_OK);
    assert_int_equal(people_failed(sound->people, &scene->fresh, 3, now, &consecutive, pool),
                     STORE_OK);
}

static store_status_t right_pin(people_t *people, scene_t *scene)
{
    return people_succeeded(people, &scene->fresh, now, pool);
}

static void replaced(const scene_t *scene)
{
    identity_t found;
    uint32_t consecutive;
    device_revoked(scene);
    assert_int_equal(people_identity(sound->people, scene->fresh.handle, &found, pool), STORE_OK);
    assert_true(sodium_is_zero(found.replaces, HANDLE_BYTES));
    assert_int_equal(people_failures(sound->people, &found, &consecutive, pool), STORE_OK);
    assert_int_equal(consecutive, 0);
}

static void nothing(scene_t *scene)
{
    (void)scene;
}

/* ---- every operation, stopped everywhere ----------------------------------------------------- */

typedef struct operation_t {
    void (*before)(scene_t *scene);
    store_status_t (*act)(people_t *people, scene_t *scene);
    void (*after)(const scene_t *scene);
    int writes;
} operation_t;

static scene_t *new_scene(const operation_t *operation)
{
    static int count;
    scene_t *scene = apr_pcalloc(pool, sizeof *scene);
    writes_left = 1000;
    scene->name = apr_psprintf(pool, "scene%d", count++);
    scene->user = fixture_user(sound, scene->name, pool);
    scene->device = fixture_device(sound, &scene->user, pool);
    scene->fresh = fixture_identity(&scene->user);
    operation->before(scene);
    return scene;
}

static void stopped_after(const operation_t *operation, int writes)
{
    scene_t *scene = new_scene(operation);
    writes_left = writes;
    assert_int_not_equal(operation->act(faulty->people, scene), STORE_OK);
    assert_true(writes_left < 0);
    user_is_whole(scene);
    identity_is_whole(scene, &scene->device);
    identity_is_whole(scene, &scene->fresh);

    assert_int_equal(operation->act(sound->people, scene), STORE_OK);
    operation->after(scene);
    user_is_whole(scene);
    identity_is_whole(scene, &scene->device);
    identity_is_whole(scene, &scene->fresh);
}

static void completes_after_being_stopped_anywhere(void **state)
{
    const operation_t *operation = *state;
    scene_t *scene = new_scene(operation);
    assert_int_equal(operation->act(faulty->people, scene), STORE_OK);
    assert_int_equal(1000 - writes_left, operation->writes);
    operation->after(scene);

    for (int k = 0; k < operation->writes; k++)
        for (int arrives = 0; arrives < 2; arrives++) {
            last_one_arrives = arrives;
            stopped_after(operation, k);
        }
}

static void enabling_heals_a_disabling_that_was_stopped(void **state)
{
    static const unsigned char none[HANDLE_BYTES];
    const operation_t operation = {nothing, disable, NULL, 2};
    scene_t *scene = new_scene(&operation);
    user_t user;
    (void)state;
    writes_left = 1;
    last_one_arrives = false;
    assert_int_equal(disable(faulty->people, scene), STORE_DOWN);
    assert_true(fixture_session_ended(sound, scene->user.uid, scene->user.version, none));
    assert_int_equal(people_enable(sound->people, scene->user.uid, pool), STORE_OK);
    assert_int_equal(people_get(sound->people, scene->user.uid, &user, pool), STORE_OK);
    assert_false(fixture_session_ended(sound, user.uid, user.version, none));
}

static void name_that_is_proven_already_is_not_written(void **state)
{
    const operation_t operation = {openly_registered, prove, proven, 3};
    scene_t *scene = new_scene(&operation);
    (void)state;
    assert_int_equal(prove(sound->people, scene), STORE_OK);
    writes_left = 0;
    assert_int_equal(prove(faulty->people, scene), STORE_OK);
    assert_int_equal(people_get(sound->people, scene->user.uid, &scene->user, pool), STORE_OK);
    assert_int_equal(prove(faulty->people, scene), STORE_OK);
}

/* ---- links: whatever counts is seen by its owner ---- */

static linked_login_t link_of(const scene_t *scene)
{
    return (linked_login_t){.name = apr_pstrcat(pool, "corp:", scene->name, NULL),
                            .subject = {.provider = "corp", .subject = scene->name, .email = ""}};
}

static store_status_t link_one(people_t *people, scene_t *scene)
{
    const linked_login_t link = link_of(scene);
    return people_link(people, scene->user.uid, &link, pool);
}

static store_status_t unlink_one(people_t *people, scene_t *scene)
{
    linked_login_t there;
    user_t user;
    const store_status_t status = people_unlink(people, scene->user.uid, "corp", pool);
    const bool counts = people_find(sound->people, link_of(scene).name, &user, pool) == STORE_OK;
    assert_true(!counts ||
                people_linked(sound->people, scene->user.uid, "corp", &there, pool) == STORE_OK);
    return status == STORE_MISSING ? STORE_OK : status; /* all but its answer had come */
}

static void linked_already(scene_t *scene)
{
    assert_int_equal(link_one(sound->people, scene), STORE_OK);
}

static void leads_to_them(const scene_t *scene)
{
    linked_login_t *list;
    user_t user;
    int count;
    assert_int_equal(people_find(sound->people, link_of(scene).name, &user, pool), STORE_OK);
    assert_memory_equal(user.uid, scene->user.uid, UID_BYTES);
    assert_int_equal(people_links(sound->people, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 1);
}

static void is_nobodys(const scene_t *scene)
{
    linked_login_t *list;
    user_t user;
    int count;
    assert_int_equal(people_find(sound->people, link_of(scene).name, &user, pool), STORE_MISSING);
    assert_int_equal(people_links(sound->people, scene->user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
}

static operation_t claiming = {new_name, claim, claimed, 1},
                   claiming_again = {old_tombstone, claim, claimed, 1},
                   adding = {nothing, add, added, 1},
                   adding_to_leftovers = {full_of_leftovers, add, added, 3},
                   revoking = {nothing, revoke_device, device_revoked, 2},
                   proving = {openly_registered, prove, proven, 3},
                   ending = {nothing, end_sessions, sessions_ended, 2},
                   disabling = {nothing, disable, disabled_and_can_be_enabled, 3},
                   deleting = {nothing, delete, deleted, 10},
                   linking = {nothing, link_one, leads_to_them, 3},
                   unlinking = {linked_already, unlink_one, is_nobodys, 3},
                   failing = {nothing, wrong_pin, locked, 1},
                   succeeding = {replacing, right_pin, replaced, 4};

#define STOPPED(name, operation)                                                                   \
    {                                                                                              \
        name, completes_after_being_stopped_anywhere, NULL, NULL, &operation                       \
    }

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL))
        return -1;
    now = apr_time_now();
    sound = fixture_people(pool);

    store_t *store = apr_pmemdup(pool, sound->store->store, sizeof *store);
    real = store->backend;
    backend = *real;
    backend.edit = faulty_edit;
    backend.log_append = faulty_append;
    store->backend = &backend;
    faulty = apr_pcalloc(pool, sizeof *faulty);
    fixture_people_over(faulty, store, pool);
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
        STOPPED("claim_stopped_anywhere_leaves_nothing_wrong", claiming),
        STOPPED("claim_of_a_deleted_name_stopped_anywhere_leaves_nothing_wrong", claiming_again),
        STOPPED("adding_an_identity_stopped_anywhere_leaves_nothing_wrong", adding),
        STOPPED("making_room_stopped_anywhere_leaves_nothing_wrong", adding_to_leftovers),
        STOPPED("revoking_stopped_anywhere_leaves_nothing_wrong", revoking),
        STOPPED("proving_a_name_stopped_anywhere_leaves_nothing_wrong", proving),
        cmocka_unit_test(name_that_is_proven_already_is_not_written),
        STOPPED("ending_sessions_stopped_anywhere_leaves_nothing_wrong", ending),
        STOPPED("disabling_stopped_anywhere_leaves_nothing_wrong", disabling),
        cmocka_unit_test(enabling_heals_a_disabling_that_was_stopped),
        STOPPED("deleting_stopped_anywhere_leaves_nothing_wrong", deleting),
        STOPPED("linking_stopped_anywhere_leaves_nothing_wrong", linking),
        STOPPED("unlinking_stopped_anywhere_leaves_nothing_wrong", unlinking),
        STOPPED("failure_that_cannot_be_written_is_reported", failing),
        STOPPED("success_stopped_anywhere_leaves_nothing_wrong", succeeding),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
