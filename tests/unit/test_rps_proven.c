/* SPDX-License-Identifier: Apache-2.0 */
/* A stranger who registers a free name openly, against its owner who signs in by password for the
 * first time: whichever step of one comes between two of the other, the device does not outlive
 * both. */
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rps_desk.h"
#include "store/sealed.h"

typedef struct scene_t {
    desk_t *desk;
    caller_t stranger;
    const char *name;
    device_t device;
    const result_t *answer; /* the stranger's */
    store_status_t owner;
} scene_t;

/* Each has an address of its own: one may have only so many registrations. */
static scene_t new_scene(desk_t *desk)
{
    static int count;
    const int n = count++;
    const char *address = apr_psprintf(desk->pool, "10.0.%d.%d", n / 256, n % 256);
    scene_t scene = {.desk = desk,
                     .stranger = desk_caller(desk, address, 1),
                     .name = apr_psprintf(desk->pool, "owner%d", n)};
    assert_int_equal(desk_register(desk, &scene.stranger, scene.name, &scene.device), 200);
    return scene;
}

static void stranger_asks_for_the_secret(scene_t *scene, apr_pool_t *p)
{
    scene->answer = rps_signature(scene->desk->rps, &scene->stranger, scene->device.mpin_id,
                                  scene->device.reg_ott, p);
}

/* As the login room does after a right password. */
static void owner_signs_in(scene_t *scene, apr_pool_t *p)
{
    user_t user;
    apr_time_t now = apr_time_now();
    scene->owner = people_claim(scene->desk->people, scene->name, now, &user, p);
    if (scene->owner == STORE_OK)
        scene->owner = people_name_proven(scene->desk->people, &user, now, p);
}

static void assert_the_owner_is_alone(const scene_t *scene)
{
    user_t user;
    identity_t identity, *list;
    int count;
    desk_t *desk = scene->desk;
    assert_int_equal(scene->owner, STORE_OK);
    assert_int_equal(people_find(desk->people, scene->name, &user, desk->pool), STORE_OK);
    assert_int_not_equal(user.proven, 0);
    assert_int_equal(people_identities(desk->people, user.uid, &list, &count, desk->pool),
                     STORE_OK);
    assert_int_equal(count, 0);
    store_status_t status =
        people_identity(desk->people, scene->device.handle, &identity, desk->pool);
    assert_true(status == STORE_MISSING ||
                (status == STORE_OK && identity.state == IDENTITY_REVOKED));
}

static void assert_no_secret(const scene_t *scene, int status, const char *code)
{
    assert_int_equal(scene->answer->status, status);
    assert_string_equal(scene->answer->code, code);
    assert_null(scene->answer->json);
}

/* ---- one between two steps of the other ------------------------------------------------------ */

typedef void (*action_t)(scene_t *scene, apr_pool_t *p);

/* Before the step of this number whatever uses the store is interrupted, once. */
static store_backend_t hooked;
static const store_backend_t *real;
static scene_t *interrupted;
static action_t interruption;
static int steps_left;
static bool down;

static store_status_t step(void)
{
    action_t act = interruption;
    if (act && steps_left-- == 0) {
        interruption = NULL;
        act(interrupted, interrupted->desk->pool);
    }
    return down ? STORE_DOWN : STORE_OK;
}

static store_status_t hooked_view(void *state, store_class_t in, const char *key,
                                  store_viewer_t viewer, void *baton)
{
    store_status_t status = step();
    return status ? status : real->view(state, in, key, viewer, baton);
}

static store_status_t hooked_edit(void *state, store_class_t in, const store_editing_t *edits,
                                  int count)
{
    store_status_t status = step();
    return status ? status : real->edit(state, in, edits, count);
}

static store_status_t hooked_append(void *state, const char *log, store_log_writer_t writer,
                                    void *baton, uint64_t *sequence)
{
    store_status_t status = step();
    return status ? status : real->log_append(state, log, writer, baton, sequence);
}

static int desk_make_hooked(void **state)
{
    if (desk_make(state))
        return -1;
    desk_t *desk = *state;
    real = desk->store->backend;
    hooked = *real;
    hooked.view = hooked_view;
    hooked.edit = hooked_edit;
    hooked.log_append = hooked_append;
    desk->store->backend = &hooked;
    return 0;
}

#define HOOKED_TEST(name) cmocka_unit_test_setup_teardown(name, desk_make_hooked, desk_drop)

/* False when `act` was over before it could be interrupted. */
static bool interrupt(scene_t *scene, action_t act, int steps, action_t by)
{
    interrupted = scene;
    interruption = by;
    steps_left = steps;
    act(scene, scene->desk->pool);
    bool done = interruption == NULL;
    interruption = NULL;
    return done;
}

/* All of a registration is there, or nothing. */
static bool is_an_identity(const scene_t *scene)
{
    identity_t identity;
    return people_identity(scene->desk->people, scene->device.handle, &identity,
                           scene->desk->pool) == STORE_OK;
}

static void owner_who_signs_in_during_a_strangers_registration_is_alone(void **state)
{
    desk_t *desk = *state;
    scene_t scene = new_scene(desk);
    int steps = 0, withdrawn = 0;
    for (; interrupt(&scene, stranger_asks_for_the_secret, steps, owner_signs_in); steps++) {
        assert_the_owner_is_alone(&scene);
        if (is_an_identity(&scene)) /* the owner came when all was done but the answer */
            withdrawn++;
        else
            assert_no_secret(&scene, 403, "name_taken");
        scene = new_scene(desk);
    }
    assert_int_equal(scene.answer->status, 200);
    assert_true(withdrawn >= 1);
    assert_true(steps > withdrawn);
}

static void stranger_who_registers_during_an_owners_login_is_withdrawn(void **state)
{
    desk_t *desk = *state;
    scene_t scene = new_scene(desk);
    int first = 0, late = 0;
    for (int i = 0; interrupt(&scene, owner_signs_in, i, stranger_asks_for_the_secret); i++) {
        assert_the_owner_is_alone(&scene);
        if (scene.answer->status == 200) {
            first++;
        } else {
            assert_no_secret(&scene, 403, "name_taken");
            late++;
        }
        scene = new_scene(desk);
    }
    assert_true(first >= 2); /* before the owner looks, and before they write */
    assert_true(late >= 2);  /* before they mark the user, and before they look for identities */
}

static void store_goes_down(scene_t *scene, apr_pool_t *p)
{
    (void)scene;
    (void)p;
    down = true;
}

static void registration_that_a_failing_store_stops_gives_no_secret(void **state)
{
    desk_t *desk = *state;
    scene_t scene = new_scene(desk);
    int steps = 0, stopped = 0;
    for (; interrupt(&scene, stranger_asks_for_the_secret, steps, store_goes_down); steps++) {
        down = false;
        stopped += !is_an_identity(&scene);
        if (!is_an_identity(&scene))
            assert_no_secret(&scene, 503, "store_down");
        owner_signs_in(&scene, desk->pool);
        assert_the_owner_is_alone(&scene);
        scene = new_scene(desk);
    }
    assert_int_equal(scene.answer->status, 200);
    assert_true(stopped >= 3); /* the registration, the name, and the one write */
}

static void proven_name_is_taken_though_it_has_no_device(void **state)
{
    desk_t *desk = *state;
    scene_t scene = new_scene(desk);
    device_t other;
    owner_signs_in(&scene, desk->pool);
    assert_int_equal(desk_register(desk, &scene.stranger, scene.name, &other), 403);
    stranger_asks_for_the_secret(&scene, desk->pool);
    assert_no_secret(&scene, 403, "name_taken");
    assert_the_owner_is_alone(&scene);
}

static void delete_user(scene_t *scene, apr_pool_t *p)
{
    user_t user;
    scene->owner = people_find(scene->desk->people, scene->name, &user, p);
    if (scene->owner == STORE_OK)
        scene->owner = people_delete(scene->desk->people, user.uid, apr_time_now(), p);
}

static void user_who_is_deleted_during_a_registration_has_no_device(void **state)
{
    desk_t *desk = *state;
    scene_t scene = new_scene(desk);
    int deleted = 0;
    for (int i = 0; interrupt(&scene, stranger_asks_for_the_secret, i, delete_user); i++) {
        if (scene.owner == STORE_OK) {
            assert_int_equal(desk_identity(desk, &scene.device).state, IDENTITY_REVOKED);
            deleted++;
        }
        scene = new_scene(desk);
    }
    assert_true(deleted >= 1);
}

/* ---- at once --------------------------------------------------------------------------------- */

#define ROUNDS 200

typedef struct runner_t {
    scene_t *scene;
    pthread_barrier_t *start;
    action_t act;
    apr_interval_time_t delay;
    apr_pool_t *pool;
} runner_t;

static void *run(void *data)
{
    runner_t *runner = data;
    pthread_barrier_wait(runner->start);
    apr_sleep(runner->delay);
    runner->act(runner->scene, runner->pool);
    return NULL;
}

static void race(scene_t *scene, apr_interval_time_t delay)
{
    pthread_t thread[2];
    pthread_barrier_t start;
    runner_t runner[2] = {{scene, &start, stranger_asks_for_the_secret, 0, NULL},
                          {scene, &start, owner_signs_in, delay, NULL}};
    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        apr_pool_create(&runner[i].pool, scene->desk->pool);
        if (pthread_create(&thread[i], NULL, run, &runner[i]))
            abort();
    }
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&start);
}

/* The owner comes a little later in each round, over as long as a registration takes. */
static void owner_and_stranger_at_once_leave_the_owner_alone(void **state)
{
    desk_t *desk = *state;
    scene_t scene = new_scene(desk);
    apr_time_t began = apr_time_now();
    stranger_asks_for_the_secret(&scene, desk->pool);
    const apr_interval_time_t takes = apr_time_now() - began;
    for (int round = 0; round < ROUNDS; round++) {
        scene = new_scene(desk);
        race(&scene, takes * round / ROUNDS);
        assert_the_owner_is_alone(&scene);
        if (scene.answer->status != 200)
            assert_no_secret(&scene, 403, "name_taken");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOOKED_TEST(owner_who_signs_in_during_a_strangers_registration_is_alone),
        HOOKED_TEST(stranger_who_registers_during_an_owners_login_is_withdrawn),
        HOOKED_TEST(registration_that_a_failing_store_stops_gives_no_secret),
        DESK_TEST(proven_name_is_taken_though_it_has_no_device),
        HOOKED_TEST(user_who_is_deleted_during_a_registration_has_no_device),
        DESK_TEST(owner_and_stranger_at_once_leave_the_owner_alone),
    };
    return cmocka_run_group_tests_name("rps proven", tests, NULL, NULL);
}
