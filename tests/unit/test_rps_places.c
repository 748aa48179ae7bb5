/* SPDX-License-Identifier: Apache-2.0 */
/* How many devices a name has, which one gives way, and what a device may ask of itself. */
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/hex.h"
#include "base/json.h"
#include "notice/outbox.h"
#include "rps_desk.h"

#define DAY apr_time_from_sec(24 * 3600)

/* John's browser, with a session that proves his name just now. */
typedef struct john_t {
    session_t session;
    caller_t caller;
} john_t;

/* A first proof in a later second than the name's would end this session, as one of before. */
static void prove_name(desk_t *desk, session_t *session)
{
    user_t user;
    assert_int_equal(people_get(desk->people, session->uid, &user, desk->pool), STORE_OK);
    assert_int_equal(people_name_proven(desk->people, &user, apr_time_now(), desk->pool), STORE_OK);
    session->version = user.version;
}

static john_t *john_at(desk_t *desk, apr_interval_time_t shift)
{
    john_t *john = apr_palloc(desk->pool, sizeof *john);
    desk->shift = shift;
    john->session = desk_session(desk, "john@example.org");
    prove_name(desk, &john->session);
    john->caller = desk_browser(desk);
    john->caller.session = &john->session;
    return john;
}

static result_t *register_as(desk_t *desk, const john_t *john, const char *more)
{
    const char *body = apr_psprintf(desk->pool, "{'userId':'john@example.org'%s}", more);
    return rps_register(desk->rps, &john->caller, NULL, desk_json(desk->pool, body), desk->pool);
}

static result_t *sign_of(desk_t *desk, const john_t *john, const device_t *device)
{
    return rps_signature(desk->rps, &john->caller, device->mpin_id, device->reg_ott, desk->pool);
}

static void add_device(desk_t *desk, const john_t *john, device_t *device)
{
    assert_true(desk_registered(register_as(desk, john, ""), device));
    assert_int_equal(desk_sign(desk, &john->caller, device), 200);
}

static void add_ten(desk_t *desk, const john_t *john, device_t device[IDENTITIES_MAX])
{
    for (int i = 0; i < IDENTITIES_MAX; i++)
        add_device(desk, john, &device[i]);
}

static const char *instead_of(desk_t *desk, const device_t *old)
{
    return apr_psprintf(desk->pool, ",'replaces':'%s'", old->mpin_id);
}

static void assert_too_many(const result_t *result)
{
    assert_int_equal(result->status, 403);
    assert_string_equal(result->code, "too_many_identities");
}

/* ---- ten ------------------------------------------------------------------------------------- */

static void the_eleventh_is_told_which_ten_there_are(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX];
    john->caller.user_agent =
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    add_ten(desk, john, device);
    const result_t *refusal = register_as(desk, john, "");
    assert_too_many(refusal);
    const json_t *devices = json_object_get(refusal->json, "devices");
    assert_int_equal(json_array_size(devices), IDENTITIES_MAX);
    const json_t *first = json_array_get(devices, 0);
    assert_string_equal(json_text(first, "deviceName", 33), "Firefox on Linux");
    assert_true(json_integer_value(json_object_get(first, "lastUsed")) / 1000 >=
                apr_time_sec(john->caller.now) - 60);
    assert_null(strstr(json_write(desk->pool, refusal->json), device[0].mpin_id));
}

static void a_replacement_takes_no_place_however_many_there_are(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX], again;
    identity_t *list;
    int count, taken;
    add_ten(desk, john, device);
    for (int i = 0; i < 3; i++) {
        assert_true(desk_registered(register_as(desk, john, instead_of(desk, &device[4])), &again));
        assert_int_equal(desk_sign(desk, &john->caller, &again), 200);
    }
    assert_int_equal(people_places_taken(desk->people, john->session.uid, &taken, desk->pool), 0);
    assert_int_equal(taken, IDENTITIES_MAX);
    people_identities(desk->people, john->session.uid, &list, &count, desk->pool);
    assert_int_equal(count, IDENTITIES_MAX + 1); /* those that never signed in made room */
    assert_too_many(register_as(desk, john, ""));

    assert_int_equal(desk_sign_in(desk, &john->caller, &again, DESK_PIN), 200);
    assert_int_equal(desk_identity(desk, &device[4]).state, IDENTITY_REVOKED);
    people_identities(desk->people, john->session.uid, &list, &count, desk->pool);
    assert_int_equal(count, IDENTITIES_MAX);
}

static void what_never_signed_in_hands_its_place_on(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t old, lost, new;
    add_device(desk, john, &old);
    assert_true(desk_registered(register_as(desk, john, instead_of(desk, &old)), &lost));
    assert_int_equal(desk_sign(desk, &john->caller, &lost), 200);
    assert_true(desk_registered(register_as(desk, john, instead_of(desk, &lost)), &new));
    assert_int_equal(desk_sign(desk, &john->caller, &new), 200);
    assert_int_equal(desk_identity(desk, &lost).state, IDENTITY_REVOKED);
    assert_int_equal(desk_identity(desk, &old).state, IDENTITY_ACTIVE);
    assert_int_equal(desk_sign_in(desk, &john->caller, &new, DESK_PIN), 200);
    assert_int_equal(desk_identity(desk, &old).state, IDENTITY_REVOKED);
}

/* ---- the one that gives way ------------------------------------------------------------------ */

static notice_kind_t last_kind;
static int notices;

static outbox_outcome_t count_notice(void *baton, const notice_t *notice, const char **why,
                                     apr_pool_t *p)
{
    (void)baton, (void)why, (void)p;
    last_kind = (notice_kind_t)notice->kind;
    notices++;
    return OUTBOX_SENT;
}

static void collect(desk_t *desk)
{
    static const bool go_on;
    const outbox_t outbox = {desk->store, DESK_SITE};
    const outbox_sender_t sender = {count_notice, NULL, &go_on, &desk->log};
    notices = 0;
    outbox_send(&outbox, &sender, apr_time_now() + desk->shift, desk->pool);
}

static void at_the_eleventh_the_longest_unused_gives_way_and_is_told(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX], eleventh;
    desk->settings.register_signed_in = true;
    add_ten(desk, john, device);
    john = john_at(desk, 5 * DAY);
    for (int i = 0; i < IDENTITIES_MAX; i++)
        if (i != 3)
            assert_int_equal(desk_sign_in(desk, &john->caller, &device[i], DESK_PIN), 200);
    john = john_at(desk, 29 * DAY);
    assert_too_many(register_as(desk, john, ""));
    john = john_at(desk, 31 * DAY);
    collect(desk);
    assert_true(desk_registered(register_as(desk, john, ""), &eleventh));
    assert_int_equal(desk_identity(desk, &device[3]).state, IDENTITY_ACTIVE); /* not by asking */
    assert_int_equal(desk_sign(desk, &john->caller, &eleventh), 200);
    assert_int_equal(desk_identity(desk, &device[3]).state, IDENTITY_REVOKED);
    assert_int_equal(desk_sign_in(desk, &john->caller, &device[2], DESK_PIN), 200);
    collect(desk);
    assert_int_equal(notices, 2); /* that one went, and this one came */
    assert_too_many(register_as(desk, john, ""));
}

static store_status_t refuse_as_full(store_t *store, const unsigned char *id, apr_pool_t *p)
{
    (void)store, (void)id, (void)p;
    return STORE_FULL;
}

static void a_full_store_is_not_told_as_too_many_devices(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX], eleventh;
    add_ten(desk, john, device);
    john = john_at(desk, 31 * DAY);
    people_erase_with(desk->people, NULL, NULL, refuse_as_full);
    assert_true(desk_registered(register_as(desk, john, ""), &eleventh));
    const result_t *refusal = sign_of(desk, john, &eleventh);
    assert_int_equal(refusal->status, 503);
    assert_string_equal(refusal->code, "store_full");
}

static void a_device_from_before_uses_were_noted_does_not_go_at_once(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX], eleventh;
    add_ten(desk, john, device);
    for (int i = 0; i < IDENTITIES_MAX; i++)
        store_delete(desk->store, STORE_BEHIND,
                     apr_pstrcat(desk->pool, "used:",
                                 hex_encode(desk->pool, device[i].handle, HANDLE_BYTES), NULL));
    john = john_at(desk, 31 * DAY);
    assert_too_many(register_as(desk, john, ""));
    john = john_at(desk, 60 * DAY);
    assert_too_many(register_as(desk, john, ""));
    john = john_at(desk, 62 * DAY);
    assert_true(desk_registered(register_as(desk, john, ""), &eleventh));
    assert_int_equal(desk_sign(desk, &john->caller, &eleventh), 200);
}

/* One of several that are added at once. */
typedef struct newcomer_t {
    desk_t *desk;
    caller_t caller;
    device_t device;
    pthread_barrier_t *start;
    int status;
} newcomer_t;

static void *come(void *data)
{
    newcomer_t *newcomer = data;
    pthread_barrier_wait(newcomer->start);
    newcomer->status = desk_sign(newcomer->desk, &newcomer->caller, &newcomer->device);
    return NULL;
}

#define NEWCOMERS 5

static void newcomers_at_once_each_take_a_place_of_their_own(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t old[IDENTITIES_MAX];
    newcomer_t newcomer[NEWCOMERS];
    pthread_t thread[NEWCOMERS];
    pthread_barrier_t start;
    int gone = 0;
    add_ten(desk, john, old);
    john = john_at(desk, 31 * DAY);
    pthread_barrier_init(&start, NULL, NEWCOMERS);
    for (int i = 0; i < NEWCOMERS; i++) {
        newcomer[i] = (newcomer_t){.desk = desk, .caller = john->caller, .start = &start};
        assert_true(desk_registered(register_as(desk, john, ""), &newcomer[i].device));
    }
    for (int i = 0; i < NEWCOMERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, come, &newcomer[i]), 0);
    for (int i = 0; i < NEWCOMERS; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&start);
    for (int i = 0; i < NEWCOMERS; i++)
        assert_int_equal(newcomer[i].status, 200);
    for (int i = 0; i < IDENTITIES_MAX; i++)
        gone += desk_identity(desk, &old[i]).state == IDENTITY_REVOKED;
    assert_int_equal(gone, NEWCOMERS);
}

/* ---- a device without its PIN ---------------------------------------------------------------- */

static json_t *proof_of(desk_t *desk, const device_t *device, const char *key)
{
    return desk_json(desk->pool, apr_psprintf(desk->pool, "{'mpin_id':'%s','deviceKey':'%s'}",
                                              device->mpin_id, key));
}

/* The key that the device got with its secret. */
static const char *add_with_key(desk_t *desk, const john_t *john, device_t *device)
{
    assert_true(desk_registered(register_as(desk, john, ""), device));
    const result_t *result = sign_of(desk, john, device);
    const char *key = json_text(result->json, "deviceKey", 64);
    assert_int_equal(strlen(key), 64);
    return key;
}

static const char *standing(desk_t *desk, const device_t *device, const char *key)
{
    const caller_t caller = desk_browser(desk);
    const result_t *result =
        rps_standing_of_device(desk->rps, &caller, proof_of(desk, device, key), desk->pool);
    return result->code ? apr_psprintf(desk->pool, "%d %s", result->status, result->code) : "good";
}

static void a_device_learns_how_it_stands_without_its_pin(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device;
    identity_t identity;
    uint32_t consecutive;
    const char *key = add_with_key(desk, john, &device);
    assert_string_equal(standing(desk, &device, key), "good");
    identity = desk_identity(desk, &device);
    people_failed(desk->people, &identity, 1, john->caller.now, &consecutive, desk->pool);
    assert_string_equal(standing(desk, &device, key), "410 locked");
    people_unlock_identity(desk->people, device.handle, desk->pool);
    assert_string_equal(standing(desk, &device, key), "good");
    desk->settings.register_open = desk->settings.register_signed_in = false;
    desk->settings.register_mail = true;
    assert_string_equal(standing(desk, &device, key), "403 way_closed");
    people_revoke_identity(desk->people, device.handle, john->caller.now, desk->pool);
    assert_string_equal(standing(desk, &device, key), "403 identity_revoked");
}

static void a_stranger_learns_nothing_of_an_identity(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device, other, nobody = {.mpin_id = "7b7d"};
    const char *key = add_with_key(desk, john, &device);
    const char *others = add_with_key(desk, john, &other);
    static const char *const wrong[] = {"", "ab", "0000"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(standing(desk, &device, wrong[i]), "403 device_key_wrong");
        assert_string_equal(standing(desk, &nobody, wrong[i]), "403 device_key_wrong");
    }
    assert_string_equal(standing(desk, &device, others), "403 device_key_wrong");
    assert_string_equal(standing(desk, &nobody, key), "403 device_key_wrong");
    const caller_t caller = desk_browser(desk);
    unsigned char handle[HANDLE_BYTES];
    const result_t *result =
        rps_remove_device(desk->rps, &caller, proof_of(desk, &device, others), handle, desk->pool);
    assert_string_equal(result->code, "device_key_wrong");
    assert_string_equal(standing(desk, &device, key), "good");
}

static void remove_on_the_device_ends_it_here(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX];
    unsigned char handle[HANDLE_BYTES];
    const char *key = add_with_key(desk, john, &device[0]);
    for (int i = 1; i < IDENTITIES_MAX; i++)
        add_device(desk, john, &device[i]);
    assert_too_many(register_as(desk, john, ""));
    collect(desk);
    for (int i = 0; i < 2; i++) { /* again, to the same end */
        const result_t *result = rps_remove_device(
            desk->rps, &john->caller, proof_of(desk, &device[0], key), handle, desk->pool);
        assert_int_equal(result->status, 200);
        assert_memory_equal(handle, device[0].handle, HANDLE_BYTES);
        assert_true(i || !strcmp(result->event, "identity_removed"));
    }
    collect(desk);
    assert_int_equal(notices, 1);
    assert_int_equal(last_kind, NOTICE_REVOKED);
    assert_int_equal(desk_identity(desk, &device[0]).state, IDENTITY_REVOKED);
    assert_int_equal(register_as(desk, john, "")->status, 200);
}

/* ---- a browser that forgot ------------------------------------------------------------------- */

static known_t browser_of(const desk_t *desk, const device_t *device)
{
    known_t known = {.id = {0}};
    known_add(&known, "john@example.org");
    known_set_device(&known, desk->settings.public_url, device->handle);
    return known;
}

static const char *forgotten(desk_t *desk, const caller_t *caller)
{
    const json_t *json = rps_client_settings(desk->rps, caller, desk->pool)->json;
    const char *name = json_text(json, "forgotten", NAME_MAX_BYTES);
    return name ? name : "nobody";
}

static void a_browser_that_forgot_is_told_whose_pin_it_had(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device;
    add_device(desk, john, &device);
    known_t known = browser_of(desk, &device);
    caller_t caller = desk_browser(desk);
    assert_string_equal(forgotten(desk, &caller), "nobody");
    caller.known = &known;
    assert_string_equal(forgotten(desk, &caller), "john@example.org");

    known_t elsewhere = known;
    known_set_device(&elsewhere, "https://another.example.org", device.handle);
    caller.known = &elsewhere;
    assert_string_equal(forgotten(desk, &caller), "nobody");

    caller.known = &known;
    people_revoke_identity(desk->people, device.handle, john->caller.now, desk->pool);
    assert_string_equal(forgotten(desk, &caller), "nobody");
}

static void whose_name_was_free_is_not_asked_to_prove_it(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t proven, open;
    desk->settings.register_open = true;
    add_device(desk, john, &proven);
    known_t known = browser_of(desk, &proven);
    caller_t caller = desk_browser(desk);
    caller.known = &known;
    assert_null(json_object_get(rps_client_settings(desk->rps, &caller, desk->pool)->json,
                                "forgottenOpen"));
    desk_enrol(desk, "first@example.org", &open);
    known_set_device(&known, desk->settings.public_url, open.handle);
    assert_string_equal(forgotten(desk, &caller), "first@example.org");
    assert_true(json_is_true(json_object_get(
        rps_client_settings(desk->rps, &caller, desk->pool)->json, "forgottenOpen")));
}

static void its_new_set_up_takes_the_old_ones_place(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device[IDENTITIES_MAX], new;
    add_ten(desk, john, device);
    known_t known = browser_of(desk, &device[7]);
    john->caller.known = &known;
    assert_too_many(register_as(desk, john, ""));
    assert_true(desk_registered(register_as(desk, john, ",'forgotten':true"), &new));
    assert_int_equal(desk_sign(desk, &john->caller, &new), 200);
    assert_int_equal(desk_sign_in(desk, &john->caller, &new, DESK_PIN), 200);
    assert_int_equal(desk_identity(desk, &device[7]).state, IDENTITY_REVOKED);
}

/* ---- a registration that waits --------------------------------------------------------------- */

static void looking_whether_it_is_active_takes_no_secret(void **state)
{
    desk_t *desk = *state;
    john_t *john = john_at(desk, 0);
    device_t device;
    assert_true(desk_registered(register_as(desk, john, ""), &device));
    for (int i = 0; i < 2; i++) {
        const result_t *result =
            rps_peek(desk->rps, &john->caller, device.mpin_id, device.reg_ott, desk->pool);
        assert_int_equal(result->status, 200);
        assert_string_equal(json_write(desk->pool, result->json), "{\"active\":true}");
    }
    assert_int_equal(rps_peek(desk->rps, &john->caller, device.mpin_id, "00", desk->pool)->status,
                     400);
    assert_int_equal(desk_sign(desk, &john->caller, &device), 200);
    assert_int_equal(
        rps_peek(desk->rps, &john->caller, device.mpin_id, device.reg_ott, desk->pool)->status,
        400);
}

static int make_with_mail(void **state)
{
    const int failed = desk_make_with_mail(state);
    desk_t *desk = *state;
    if (failed)
        return failed;
    desk->settings.register_signed_in = true;
    desk->settings.register_mail = false;
    return 0;
}

#define PLACES_TEST(name) cmocka_unit_test_setup_teardown(name, make_with_mail, desk_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACES_TEST(the_eleventh_is_told_which_ten_there_are),
        PLACES_TEST(a_replacement_takes_no_place_however_many_there_are),
        PLACES_TEST(what_never_signed_in_hands_its_place_on),
        PLACES_TEST(at_the_eleventh_the_longest_unused_gives_way_and_is_told),
        PLACES_TEST(a_full_store_is_not_told_as_too_many_devices),
        PLACES_TEST(a_device_from_before_uses_were_noted_does_not_go_at_once),
        PLACES_TEST(newcomers_at_once_each_take_a_place_of_their_own),
        PLACES_TEST(a_device_learns_how_it_stands_without_its_pin),
        PLACES_TEST(a_stranger_learns_nothing_of_an_identity),
        PLACES_TEST(remove_on_the_device_ends_it_here),
        PLACES_TEST(a_browser_that_forgot_is_told_whose_pin_it_had),
        PLACES_TEST(whose_name_was_free_is_not_asked_to_prove_it),
        PLACES_TEST(its_new_set_up_takes_the_old_ones_place),
        PLACES_TEST(looking_whether_it_is_active_takes_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
