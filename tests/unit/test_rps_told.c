/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <string.h>

#include "notice/outbox.h"
#include "rps/activation.h"
#include "rps/pending.h"
#include "rps_desk.h"

/* People are told, or it doesn't happen: which events wait for their notice, and which do not. */

#define TOLD_TEST(name) cmocka_unit_test_setup_teardown(name, desk_make_with_mail, desk_drop)

static const bool go_on;

typedef struct told_t {
    int count;
    notice_t last;
} told_t;

static outbox_outcome_t note_told(void *baton, const notice_t *notice, const char **why,
                                  apr_pool_t *p)
{
    told_t *told = baton;
    (void)why, (void)p;
    told->count += notice->kind != NOTICE_FAILURES; /* what fills the queue here */
    if (notice->kind != NOTICE_FAILURES)
        told->last = *notice;
    return OUTBOX_SENT;
}

static outbox_t desk_outbox(const desk_t *desk)
{
    return (outbox_t){desk->store, DESK_SITE};
}

/* Empties the queue. */
static told_t those_told(desk_t *desk)
{
    told_t told = {.count = 0};
    const outbox_t outbox = desk_outbox(desk);
    const outbox_sender_t sender = {note_told, &told, &go_on, &desk->log};
    while (outbox_send(&outbox, &sender, apr_time_now() + desk->shift, desk->pool))
        ;
    return told;
}

/* One is due, and makes room where it is told; the crowd waits. */
static void fill_queue(desk_t *desk, outbox_share_t share)
{
    const outbox_t outbox = desk_outbox(desk);
    const apr_time_t now = apr_time_now();
    notice_t notice;
    int count = 0;
    memset(&notice, 0, sizeof notice);
    notice.kind = NOTICE_FAILURES;
    strcpy(notice.to, "crowd@example.org");
    while (outbox_add(&outbox, share, &notice, count ? now + apr_time_from_sec(3600) : now,
                      desk->pool) == STORE_OK)
        count++;
    assert_true(count > 1);
}

static result_t *put_anna(desk_t *desk, const caller_t *pad, device_t *device)
{
    result_t *result = rps_register(
        desk->rps, pad, NULL, desk_json(desk->pool, "{'userId':'anna@example.org','confirm':1}"),
        desk->pool);
    if (result->status == 200)
        assert_true(desk_registered(result, device));
    return result;
}

/* Registered, and the mailbox proven. */
static void begin_anna(desk_t *desk, const caller_t *pad, device_t *device)
{
    mpin_id_t id;
    assert_int_equal(put_anna(desk, pad, device)->status, 200);
    assert_true(mpin_id_read(&id, device->mpin_id, desk->pool));
    assert_int_equal(pending_activate(desk->rps, id.handle, desk->pool), STORE_OK);
}

static result_t *signature_of(desk_t *desk, const caller_t *pad, const device_t *device)
{
    return rps_signature(desk->rps, pad, device->mpin_id, device->reg_ott, desk->pool);
}

static void an_activation_that_cannot_be_told_is_refused_and_may_be_tried_again(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    identity_t identity;
    mpin_id_t id;
    begin_anna(desk, &pad, &device);
    those_told(desk);
    fill_queue(desk, OUTBOX_TO_PEOPLE);
    const result_t *result = signature_of(desk, &pad, &device);
    assert_int_equal(result->status, 503);
    assert_string_equal(result->code, "mail_queue_full");
    assert_true(result->retry_after > 0);
    assert_null(result->json);
    mpin_id_read(&id, device.mpin_id, desk->pool);
    assert_int_equal(people_identity(desk->people, id.handle, &identity, desk->pool),
                     STORE_MISSING);
    assert_non_null(strstr(desk_logged(), "MPIN0310"));

    those_told(desk);
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    const told_t told = those_told(desk); /* the crowd waits */
    assert_int_equal(told.count, 1);
    assert_int_equal(told.last.kind, NOTICE_DEVICE);
    assert_int_equal(desk_sign_in(desk, &pad, &device, DESK_PIN), 200);
}

static void a_flood_of_links_keeps_no_owner_from_being_told(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device, other;
    begin_anna(desk, &pad, &device);
    those_told(desk);
    fill_queue(desk, OUTBOX_TO_STRANGERS);
    const result_t *result = put_anna(desk, &pad, &other);
    assert_int_equal(result->status, 503);
    assert_string_equal(result->code, "mail_queue_full");
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    assert_int_equal(those_told(desk).last.kind, NOTICE_DEVICE);
}

/* Somebody who has not proven a name that looks like a mailbox mails to whom it may be. */
static void what_an_open_name_causes_is_a_strangers(void **state)
{
    desk_t *desk = *state;
    device_t device;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    desk->settings.register_mail = false;
    desk->settings.register_open = desk->settings.open_to_anyone = true;
    assert_int_equal(desk_register(desk, &pad, "bob@example.org", &device), 200);
    fill_queue(desk, OUTBOX_TO_STRANGERS);
    assert_int_equal(desk_sign(desk, &pad, &device), 503);
    those_told(desk);
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
}

/* What protects happens whether it can be told or not. */
static void a_lock_and_a_withdrawal_happen_untold(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    begin_anna(desk, &pad, &device);
    those_told(desk);
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    const told_t told = those_told(desk);
    const char *not_me = strstr(told.last.link, "?t=") + 3;
    fill_queue(desk, OUTBOX_TO_PEOPLE);
    for (int i = 0; i < 3; i++)
        desk_sign_in(desk, &pad, &device, DESK_PIN + 1);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_LOCKED);
    assert_int_equal(rps_link_follow(desk->rps, &pad, not_me, NULL, desk->pool)->status, 200);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_REVOKED);
    assert_non_null(strstr(desk_logged(), "MPIN0310"));
}

/* One that comes to nothing tells nobody of a device. */
static void what_is_refused_at_last_is_not_told(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    begin_anna(desk, &pad, &device);
    those_told(desk);
    desk->settings.allow.kind = ALLOW_NOBODY;
    assert_int_equal(desk_sign(desk, &pad, &device), 403);
    assert_int_equal(those_told(desk).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOLD_TEST(an_activation_that_cannot_be_told_is_refused_and_may_be_tried_again),
        TOLD_TEST(a_flood_of_links_keeps_no_owner_from_being_told),
        TOLD_TEST(what_an_open_name_causes_is_a_strangers),
        TOLD_TEST(a_lock_and_a_withdrawal_happen_untold),
        TOLD_TEST(what_is_refused_at_last_is_not_told),
    };
    return cmocka_run_group_tests_name("rps_told", tests, NULL, NULL);
}
