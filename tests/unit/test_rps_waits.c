/* SPDX-License-Identifier: Apache-2.0 */
/* What a registration waits for, of whatever kind: one lasting transaction for all that it leaves;
 * and what is left where it is stopped there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <pthread.h>
#include <string.h>

#include "notice/outbox.h"
#include "people/invitation.h"
#include "rps/invited.h"
#include "rps/pending.h"
#include "rps_desk.h"
#include "store/sealed.h"

/* ---- a store that counts its lasting transactions -------------------------------------------- */

static const store_backend_t *real;
static store_backend_t counting;
static int waits;
static bool down; /* from now on */

static store_status_t counted_edit(void *state, store_class_t in, const store_editing_t *edits,
                                   int count)
{
    if (down && in == STORE_LASTING)
        return STORE_DOWN;
    waits += in == STORE_LASTING;
    return real->edit(state, in, edits, count);
}

static store_status_t counted_append(void *state, const char *log, store_log_writer_t writer,
                                     void *baton, uint64_t *sequence)
{
    waits++;
    return real->log_append(state, log, writer, baton, sequence);
}

static int make_counting(void **state)
{
    if (desk_make_with_mail(state))
        return -1;
    desk_t *desk = *state;
    real = desk->store->backend;
    counting = *real;
    counting.edit = counted_edit;
    counting.log_append = counted_append;
    desk->store->backend = &counting;
    desk->settings.register_open = desk->settings.open_to_anyone = true;
    desk->settings.register_signed_in = desk->settings.register_invite = true;
    down = false;
    desk_enrol(desk, "first", &(device_t){.mpin_id = ""}); /* notes which D-TA this store is of */
    return 0;
}

#define WAITS_TEST(name) cmocka_unit_test_setup_teardown(name, make_counting, desk_drop)

/* How many since the last time. */
static int waited(void)
{
    const int since = waits;
    waits = 0;
    return since;
}

/* ---- the kinds ------------------------------------------------------------------------------- */

static void sign_in_waits_for(desk_t *desk, const caller_t *caller, const device_t *device,
                              int most)
{
    waited();
    assert_int_equal(desk_sign_in(desk, caller, device, DESK_PIN), 200);
    assert_int_equal(waited(), most);
}

static void an_open_registration_waits_once(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    device_t device;
    waited();
    assert_int_equal(desk_register(desk, &pad, "bob", &device), 200);
    assert_int_equal(waited(), 0);
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    assert_int_equal(waited(), 1);
    sign_in_waits_for(desk, &pad, &device, 0);
}

static void activate_by_mail(desk_t *desk, const caller_t *pad, const device_t *device)
{
    assert_int_equal(pending_activate(desk->rps, device->handle, desk->pool), STORE_OK);
    (void)pad;
}

/* The link's mail, and the device, with the mail that tells of it: a new user's, and a further
 * one. */
static void a_registration_by_mail_waits_twice(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    for (int further = 0; further < 2; further++) {
        device_t device;
        waited();
        assert_int_equal(desk_register(desk, &pad, "anna@example.org", &device), 200);
        assert_int_equal(waited(), 1);
        activate_by_mail(desk, &pad, &device);
        assert_int_equal(waited(), 0);
        assert_int_equal(desk_sign(desk, &pad, &device), 200);
        assert_int_equal(waited(), 1);
        sign_in_waits_for(desk, &pad, &device, 0);
    }
}

static void a_registration_by_session_waits_once(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_browser(desk);
    const session_t session = desk_session(desk, "john@example.org");
    user_t user;
    assert_int_equal(people_get(desk->people, session.uid, &user, desk->pool), STORE_OK);
    assert_int_equal(people_name_proven(desk->people, &user, pad.now, desk->pool), STORE_OK);
    pad.session = &session;
    for (int further = 0; further < 2; further++) {
        device_t device;
        waited();
        assert_int_equal(desk_register(desk, &pad, "john@example.org", &device), 200);
        assert_int_equal(waited(), 0);
        assert_int_equal(desk_sign(desk, &pad, &device), 200);
        assert_int_equal(waited(), 1);
        sign_in_waits_for(desk, &pad, &device, 0);
    }
}

static void a_registration_by_invitation_waits_twice(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    char token[INVITATION_TEXT];
    for (int further = 0; further < 2; further++) {
        device_t device;
        assert_int_equal(invitation_make(desk->people, "carl@example.org", pad.now,
                                         pad.now + apr_time_from_sec(3600), token, desk->pool),
                         STORE_OK);
        waited();
        assert_int_equal(rps_invitation_accept(desk->rps, &pad, token, desk->pool)->status, 200);
        assert_int_equal(desk_register(desk, &pad, "carl@example.org", &device), 200);
        assert_int_equal(waited(), 1);
        assert_int_equal(desk_sign(desk, &pad, &device), 200);
        assert_int_equal(waited(), 1);
        sign_in_waits_for(desk, &pad, &device, 0);
        assert_int_equal(rps_invitation_accept(desk->rps, &pad, token, desk->pool)->status, 410);
    }
}

/* The application has said yes already. */
static void a_registration_by_an_applications_word_waits_once(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    for (int further = 0; further < 2; further++) {
        device_t device;
        pending_t pending;
        const char *name = apr_psprintf(desk->pool, "of-an-application%d", further);
        desk->settings.service = false;
        assert_int_equal(desk_register(desk, &pad, name, &device), 200);
        assert_int_equal(pending_get(desk->rps, device.handle, &pending, desk->pool), STORE_OK);
        assert_int_equal(pending_take(desk->rps, device.handle, desk->pool), STORE_OK);
        pending.origin = ORIGIN_APPLICATION;
        strcpy(pending.name, "of-an-application");
        assert_int_equal(pending_keep(desk->rps, device.handle, &pending, pad.now, desk->pool),
                         STORE_OK);
        desk->settings.service = true;
        waited();
        assert_int_equal(desk_sign(desk, &pad, &device), 200);
        assert_int_equal(waited(), 1);
        sign_in_waits_for(desk, &pad, &device, 0);
    }
}

/* A new PIN for a device: the old one goes at the first success, which waits for its revocation,
 * for its record, and for what the new one says of it. */
static void a_new_pin_waits_once_until_it_is_used(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    device_t old, fresh;
    assert_int_equal(desk_register(desk, &pad, "dora@example.org", &old), 200);
    activate_by_mail(desk, &pad, &old);
    assert_int_equal(desk_sign(desk, &pad, &old), 200);
    result_t *result = rps_register(
        desk->rps, &pad, NULL,
        desk_json(
            desk->pool,
            apr_psprintf(desk->pool, "{'userId':'dora@example.org','replaces':'%s'}", old.mpin_id)),
        desk->pool);
    assert_true(desk_registered(result, &fresh));
    activate_by_mail(desk, &pad, &fresh);
    waited();
    assert_int_equal(desk_sign(desk, &pad, &fresh), 200);
    assert_int_equal(waited(), 1);
    sign_in_waits_for(desk, &pad, &fresh, 3);
    sign_in_waits_for(desk, &pad, &fresh, 0);
    assert_int_equal(desk_identity(desk, &old).state, IDENTITY_REVOKED);
}

/* ---- stopped --------------------------------------------------------------------------------- */

/* Trouble of ours leaves nothing, ends nothing, and is over when the store is back. */
static void a_registration_that_finds_no_disk_goes_on_later(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    device_t device;
    user_t user;
    assert_int_equal(desk_register(desk, &pad, "emil", &device), 200);
    down = true;
    assert_int_equal(desk_sign(desk, &pad, &device), 503);
    assert_int_equal(people_find(desk->people, "emil", &user, desk->pool), STORE_MISSING);
    down = false;
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    assert_int_equal(desk_sign(desk, &pad, &device), 400);
    assert_int_equal(desk_sign_in(desk, &pad, &device, DESK_PIN), 200);
}

/* ---- at once --------------------------------------------------------------------------------- */

#define AT_ONCE 8

typedef struct asking_t {
    desk_t *desk;
    const caller_t *pad;
    device_t device;
    apr_pool_t *p;
    pthread_barrier_t *start;
    int status;
} asking_t;

static void *ask_for_secret(void *data)
{
    asking_t *asking = data;
    pthread_barrier_wait(asking->start);
    asking->status = rps_signature(asking->desk->rps, asking->pad, asking->device.mpin_id,
                                   asking->device.reg_ott, asking->p)
                         ->status;
    return NULL;
}

/* How many got the secret; the others got `refused`. */
static int all_ask(desk_t *desk, const caller_t *pad, const device_t *devices, int all, int refused)
{
    asking_t asking[AT_ONCE];
    pthread_t threads[AT_ONCE];
    pthread_barrier_t start;
    int got = 0;
    pthread_barrier_init(&start, NULL, (unsigned)all);
    for (int i = 0; i < all; i++) {
        asking[i] = (asking_t){desk, pad, devices[i], NULL, &start, 0};
        apr_pool_create_unmanaged_ex(&asking[i].p, NULL, NULL);
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_secret, &asking[i]), 0);
    }
    for (int i = 0; i < all; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(asking[i].p);
        got += asking[i].status == 200;
        if (asking[i].status != 200)
            assert_int_equal(asking[i].status, refused);
    }
    pthread_barrier_destroy(&start);
    return got;
}

static void of_a_name_registered_by_many_at_once_one_gets_it(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    device_t devices[AT_ONCE];
    identity_t *list;
    user_t user;
    int count;
    for (int i = 0; i < AT_ONCE; i++)
        assert_int_equal(desk_register(desk, &pad, "fritz", &devices[i]), 200);
    assert_int_equal(all_ask(desk, &pad, devices, AT_ONCE, 403), 1);
    assert_int_equal(people_find(desk->people, "fritz", &user, desk->pool), STORE_OK);
    assert_int_equal(people_identities(desk->people, user.uid, &list, &count, desk->pool),
                     STORE_OK);
    assert_int_equal(count, 1);
}

static void of_a_registration_asked_for_by_many_at_once_one_gets_the_secret(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    device_t devices[AT_ONCE];
    assert_int_equal(desk_register(desk, &pad, "gerd@example.org", &devices[0]), 200);
    activate_by_mail(desk, &pad, &devices[0]);
    for (int i = 1; i < AT_ONCE; i++)
        devices[i] = devices[0];
    assert_int_equal(all_ask(desk, &pad, devices, AT_ONCE, 400), 1);
}

/* Each proves the name, and the second finds the user whom the first has made. */
static void devices_of_a_new_name_at_once_are_one_users(void **state)
{
    desk_t *desk = *state;
    const caller_t pad = desk_browser(desk);
    const outbox_t outbox = {desk->store, DESK_SITE};
    device_t devices[MAILBOX_EACH];
    outbox_waiting_t waiting;
    identity_t *list;
    user_t user;
    int count;
    for (int i = 0; i < MAILBOX_EACH; i++)
        assert_int_equal(desk_register(desk, &pad, "hugo@example.org", &devices[i]), 200);
    for (int i = 0; i < MAILBOX_EACH; i++)
        activate_by_mail(desk, &pad, &devices[i]);
    assert_int_equal(all_ask(desk, &pad, devices, MAILBOX_EACH, 0), MAILBOX_EACH);
    assert_int_equal(people_find(desk->people, "hugo@example.org", &user, desk->pool), STORE_OK);
    assert_int_equal(people_identities(desk->people, user.uid, &list, &count, desk->pool),
                     STORE_OK);
    assert_int_equal(count, MAILBOX_EACH);
    assert_int_equal(outbox_waiting(&outbox, &waiting, pad.now, desk->pool), STORE_OK);
    assert_int_equal(waiting.count, 2 * MAILBOX_EACH); /* the links, and what they came to */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAITS_TEST(an_open_registration_waits_once),
        WAITS_TEST(a_registration_by_mail_waits_twice),
        WAITS_TEST(a_registration_by_session_waits_once),
        WAITS_TEST(a_registration_by_invitation_waits_twice),
        WAITS_TEST(a_registration_by_an_applications_word_waits_once),
        WAITS_TEST(a_new_pin_waits_once_until_it_is_used),
        WAITS_TEST(a_registration_that_finds_no_disk_goes_on_later),
        WAITS_TEST(of_a_name_registered_by_many_at_once_one_gets_it),
        WAITS_TEST(of_a_registration_asked_for_by_many_at_once_one_gets_the_secret),
        WAITS_TEST(devices_of_a_new_name_at_once_are_one_users),
    };
    return cmocka_run_group_tests_name("rps waits", tests, NULL, NULL);
}
