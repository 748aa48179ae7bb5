/* SPDX-License-Identifier: Apache-2.0 */
/* Registration by mail (docs/security.md, "A mail link alone activates nothing"): who gets a link,
 * what it is worth, and in whose hands. */
#include <apr_strings.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/json.h"
#include "notice/outbox.h"
#include "rps/activation.h"
#include "rps_desk.h"

/* The mails that have left, newest last. */
typedef struct postbag_t {
    notice_t notice[32];
    int count;
} postbag_t;

static const bool go_on;

#define MAIL_TEST(name) cmocka_unit_test_setup_teardown(name, desk_make_with_mail, desk_drop)

static outbox_outcome_t put_into(void *baton, const notice_t *notice, const char **why,
                                 apr_pool_t *p)
{
    postbag_t *bag = baton;
    (void)why, (void)p;
    assert_in_range(bag->count, 0, 31);
    bag->notice[bag->count++] = *notice;
    return OUTBOX_SENT;
}

static void collect(desk_t *desk, postbag_t *bag)
{
    const outbox_t outbox = {desk->store, DESK_SITE};
    const outbox_sender_t sender = {put_into, bag, &go_on, &desk->log};
    outbox_send(&outbox, &sender, apr_time_now() + desk->shift, desk->pool);
}

static const char *token_in(const notice_t *notice)
{
    const char *token = strstr(notice->link, "?t=");
    assert_non_null(token);
    return token + 3;
}

/* PUT user of a pad that shows numbers; the device knows its mpinId and regOTT. */
static result_t *put_user(desk_t *desk, const caller_t *caller, const char *body, device_t *device)
{
    result_t *result =
        rps_register(desk->rps, caller, NULL, desk_json(desk->pool, body), desk->pool);
    if (result->status == 200 && device)
        assert_true(desk_registered(result, device));
    return result;
}

static const char *begin(desk_t *desk, const caller_t *caller, const char *name, device_t *device,
                         const char **number)
{
    postbag_t bag = {.count = 0};
    const result_t *result = put_user(
        desk, caller, apr_pstrcat(desk->pool, "{'userId':'", name, "','confirm':1}", NULL), device);
    assert_int_equal(result->status, 200);
    assert_true(json_is_false(json_object_get(result->json, "active")));
    *number = json_text(result->json, "confirm", 6);
    assert_non_null(*number);
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_string_equal(bag.notice[0].to, name);
    assert_true(strncmp(bag.notice[0].link, DESK_SITE "/mpinActivate?t=", 32) == 0);
    return apr_pstrdup(desk->pool, token_in(&bag.notice[0]));
}

static const char *follow(desk_t *desk, const caller_t *caller, const char *token,
                          const char *number)
{
    const result_t *result = rps_link_follow(desk->rps, caller, token, number, desk->pool);
    return result->code ? result->code : "ok";
}

static int sign(desk_t *desk, const caller_t *caller, const device_t *device)
{
    return rps_signature(desk->rps, caller, device->mpin_id, device->reg_ott, desk->pool)->status;
}

/* ---- the link and the number ----------------------------------------------------------------- */

static void activation_link_alone_does_not_activate_a_strangers_device(void **state)
{
    desk_t *desk = *state;
    caller_t stranger = desk_caller(desk, "192.0.2.1", 1),
             owner = desk_caller(desk, "192.0.2.2", 2);
    device_t device;
    const char *number;
    const char *token = begin(desk, &stranger, "anna@example.org", &device, &number);
    link_t link;

    assert_null(rps_link(desk->rps, &owner, token, &link, desk->pool));
    assert_true(link.wants_number && !link.same_browser && !link.done);
    assert_string_equal(link.name, "anna@example.org");
    assert_int_equal(sign(desk, &stranger, &device), 401); /* looking has changed nothing */

    assert_string_equal(follow(desk, &owner, token, NULL), "number_wrong");
    assert_string_equal(follow(desk, &owner, token, "12345"), "number_wrong");
    assert_string_equal(follow(desk, &owner, token, "1234567"), "number_wrong");
    assert_string_equal(follow(desk, &owner, token, "000000"), "number_wrong");
    assert_int_equal(sign(desk, &stranger, &device), 401);
    assert_string_equal(follow(desk, &owner, token, "-1"), "link_gone");
    assert_string_equal(follow(desk, &owner, token, number), "link_gone");
    assert_int_equal(sign(desk, &stranger, &device), 400);
}

static void the_number_activates_and_the_name_is_proven(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1), phone = desk_caller(desk, "192.0.2.2", 2);
    device_t device;
    user_t user;
    link_t link;
    const char *number;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    const char *spaced = apr_psprintf(desk->pool, "%.3s %s", number, number + 3);
    assert_string_equal(follow(desk, &phone, token, spaced), "ok");
    assert_null(rps_link(desk->rps, &phone, token, &link, desk->pool));
    assert_true(link.done);
    assert_int_equal(sign(desk, &pad, &device), 200);
    assert_int_equal(people_find(desk->people, "anna@example.org", &user, desk->pool), STORE_OK);
    assert_int_not_equal(user.proven, 0);
    assert_string_equal(follow(desk, &phone, token, number), "link_gone");
}

static void a_pad_without_a_number_is_activated_in_its_own_browser_only(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1), phone = desk_caller(desk, "192.0.2.2", 2);
    caller_t bare = desk_caller(desk, "192.0.2.1", 0);
    device_t device;
    postbag_t bag = {.count = 0};
    const result_t *result = put_user(desk, &pad, "{'userId':'anna@example.org'}", &device);
    assert_null(json_object_get(result->json, "confirm"));
    collect(desk, &bag);
    assert_string_equal(follow(desk, &phone, token_in(&bag.notice[0]), "000000"), "other_browser");
    assert_string_equal(follow(desk, &bare, token_in(&bag.notice[0]), NULL), "other_browser");
    assert_string_equal(follow(desk, &pad, token_in(&bag.notice[0]), NULL), "ok");
    assert_int_equal(sign(desk, &pad, &device), 200);
}

static void links_are_made_here_or_worth_nothing(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    const char *number;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_string_equal(follow(desk, &pad, NULL, number), "link_gone");
    assert_string_equal(follow(desk, &pad, "", number), "link_gone");
    for (size_t i = 0; token[i]; i++) {
        char *forged = apr_pstrdup(desk->pool, token);
        forged[i] = forged[i] == '0' ? '1' : '0';
        assert_string_equal(follow(desk, &pad, forged, number), "link_gone");
    }
    assert_string_equal(follow(desk, &pad, apr_pstrcat(desk->pool, token, "00", NULL), number),
                        "link_gone");
    assert_string_equal(follow(desk, &pad, token, number), "ok");
}

typedef struct guesser_t {
    desk_t *desk;
    const char *token;
    const char *number;
    int first, wrong, right;
} guesser_t;

static void *guess(void *baton)
{
    guesser_t *guesser = baton;
    apr_pool_t *p;
    apr_allocator_t *allocator;
    apr_allocator_create(&allocator);
    apr_pool_create_ex(&p, NULL, NULL, allocator);
    caller_t caller = desk_caller(guesser->desk, "192.0.2.9", 0);
    for (int i = 0; i < 50; i++) {
        char number[8];
        snprintf(number, sizeof number, "%06d", guesser->first + i);
        if (strcmp(number, guesser->number) == 0)
            continue;
        const result_t *result =
            rps_link_follow(guesser->desk->rps, &caller, guesser->token, number, p);
        guesser->wrong += result->code && strcmp(result->code, "number_wrong") == 0;
        guesser->right += !result->code;
    }
    apr_pool_destroy(p);
    apr_allocator_destroy(allocator);
    return NULL;
}

static void guesses_in_parallel_are_five_at_most(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    const char *number;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    guesser_t guesser[8];
    pthread_t thread[8];
    int wrong = 0, right = 0;
    for (int i = 0; i < 8; i++) {
        guesser[i] = (guesser_t){desk, token, number, 1000 * (i + 1), 0, 0};
        pthread_create(&thread[i], NULL, guess, &guesser[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(thread[i], NULL);
        wrong += guesser[i].wrong;
        right += guesser[i].right;
    }
    assert_int_equal(right, 0);
    assert_int_equal(wrong, 4); /* the fifth is told that the link has gone */
    assert_int_equal(sign(desk, &pad, &device), 400);
}

/* ---- who gets a mail ------------------------------------------------------------------------- */

static void file_refusal_looks_like_mail_sent(void **state)
{
    desk_t *desk = *state;
    const char *path = apr_pstrcat(desk->pool, desk->dir, "/allowed", NULL);
    FILE *list = fopen(path, "w");
    fputs("anna@example.org\n", list);
    fclose(list);
    desk->settings.allow.kind = ALLOW_FILE;
    desk->settings.allow.file = path;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t listed, other;
    postbag_t bag = {.count = 0};
    const result_t *yes =
        put_user(desk, &pad, "{'userId':'anna@example.org','confirm':1}", &listed);
    const result_t *no = put_user(desk, &pad, "{'userId':'eve@example.org','confirm':1}", &other);
    assert_int_equal(yes->status, 200);
    assert_int_equal(no->status, 200);
    assert_int_equal(json_object_size(yes->json), json_object_size(no->json));
    const char *key;
    json_t *value;
    json_object_foreach(yes->json, key, value)
        assert_int_equal(json_typeof(value), json_typeof(json_object_get(no->json, key)));
    assert_int_equal(sign(desk, &pad, &listed), 401);
    assert_int_equal(sign(desk, &pad, &other), 401);
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_string_equal(bag.notice[0].to, "anna@example.org");
    for (int i = 0; i < 3; i++) { /* and so do the throttles */
        yes = put_user(desk, &pad, "{'userId':'anna@example.org','confirm':1}", NULL);
        no = put_user(desk, &pad, "{'userId':'eve@example.org','confirm':1}", NULL);
        assert_int_equal(yes->status, no->status);
    }
    assert_int_equal(no->status, 429);
    assert_string_equal(no->code, "too_many_mails");
}

static void a_domain_is_told_so(void **state)
{
    desk_t *desk = *state;
    static const char *const domains[] = {"example.org", NULL};
    desk->settings.allow.kind = ALLOW_DOMAINS;
    desk->settings.allow.domains = domains;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    postbag_t bag = {.count = 0};
    const result_t *no = put_user(desk, &pad, "{'userId':'eve@example.com','confirm':1}", NULL);
    assert_int_equal(no->status, 403);
    assert_string_equal(no->code, "not_allowed");
    collect(desk, &bag);
    assert_int_equal(bag.count, 0);
}

static void a_closed_account_gets_no_mail_and_no_secret(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    user_t user;
    const char *number;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_string_equal(follow(desk, &pad, token, number), "ok");
    assert_int_equal(people_claim(desk->people, "anna@example.org", pad.now, &user, desk->pool),
                     STORE_OK);
    assert_int_equal(people_disable(desk->people, user.uid, pad.now, desk->pool), STORE_OK);
    assert_int_equal(sign(desk, &pad, &device), 403);

    postbag_t bag = {.count = 0};
    assert_int_equal(
        put_user(desk, &pad, "{'userId':'anna@example.org','confirm':1}", &device)->status, 200);
    collect(desk, &bag);
    assert_int_equal(bag.count, 0);
}

static void who_is_taken_off_the_list_meanwhile_gets_no_secret(void **state)
{
    desk_t *desk = *state;
    static const char *const domains[] = {"example.net", NULL};
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    const char *number;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_string_equal(follow(desk, &pad, token, number), "ok");
    desk->settings.allow.kind = ALLOW_DOMAINS;
    desk->settings.allow.domains = domains;
    assert_int_equal(sign(desk, &pad, &device), 403);
}

/* ---- what a mailbox proves ------------------------------------------------------------------- */

static void a_mailbox_ends_what_was_registered_openly(void **state)
{
    desk_t *desk = *state;
    caller_t stranger = desk_caller(desk, "192.0.2.66", 6), pad = desk_caller(desk, "192.0.2.1", 1);
    device_t squatter, device;
    const char *number;
    postbag_t bag = {.count = 0};
    desk->settings.register_mail = false;
    assert_int_equal(desk_register(desk, &stranger, "anna@example.org", &squatter), 200);
    assert_int_equal(desk_sign(desk, &stranger, &squatter), 200);
    desk->settings.register_mail = true;
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_int_equal(bag.notice[0].kind, NOTICE_DEVICE); /* the owner is told of it */
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_string_equal(follow(desk, &pad, token, number), "ok");
    assert_int_equal(sign(desk, &pad, &device), 200);
    assert_int_equal(desk_identity(desk, &squatter).state, IDENTITY_REVOKED);
}

static void not_me_withdraws_the_device_and_says_so(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1), owner = desk_caller(desk, "192.0.2.2", 2);
    device_t device;
    const char *number;
    postbag_t bag = {.count = 0};
    link_t link;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_string_equal(follow(desk, &pad, token, number), "ok");
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_int_equal(bag.notice[0].kind, NOTICE_DEVICE);
    const char *not_me = apr_pstrdup(desk->pool, token_in(&bag.notice[0]));
    assert_null(rps_link(desk->rps, &owner, not_me, &link, desk->pool));
    assert_true(link.kind == LINK_NOT_ME && !link.done);
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_ACTIVE);

    assert_string_equal(follow(desk, &owner, not_me, NULL), "ok");
    assert_int_equal(desk_identity(desk, &device).state, IDENTITY_REVOKED);
    assert_int_equal(desk_sign_in(desk, &pad, &device, DESK_PIN), 403);
    assert_string_equal(follow(desk, &owner, not_me, NULL), "ok"); /* again, to the same end */
    bag.count = 0;
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_int_equal(bag.notice[0].kind, NOTICE_REVOKED);
}

static void a_lock_is_told_once(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    device_t device;
    const char *number;
    postbag_t bag = {.count = 0};
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_string_equal(follow(desk, &pad, token, number), "ok");
    assert_int_equal(desk_sign(desk, &pad, &device), 200);
    collect(desk, &bag);
    bag.count = 0;
    for (int i = 0; i < 5; i++)
        desk_sign_in(desk, &pad, &device, DESK_PIN + 1);
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_int_equal(bag.notice[0].kind, NOTICE_LOCKED);
}

static result_t *ask_again(desk_t *desk, const caller_t *caller, const device_t *device,
                           const char *name)
{
    const char *body = apr_pstrcat(desk->pool, "{'userId':'", name, "','confirm':1,'regOTT':'",
                                   device->reg_ott, "'}", NULL);
    return rps_register(desk->rps, caller, device->mpin_id, desk_json(desk->pool, body),
                        desk->pool);
}

static void sent_again_the_mail_has_the_same_link_and_the_number_stays(void **state)
{
    desk_t *desk = *state;
    postbag_t bag = {.count = 0};
    device_t device;
    const char *number;
    const caller_t pad = desk_caller(desk, "192.0.2.1", 1),
                   phone = desk_caller(desk, "192.0.2.2", 2);
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    const result_t *again = ask_again(desk, &pad, &device, "anna@example.org");
    assert_int_equal(again->status, 200);
    assert_string_equal(json_text(again->json, "mpinId", 2048), device.mpin_id);
    assert_string_equal(json_text(again->json, "regOTT", 32), device.reg_ott);
    assert_string_equal(json_text(again->json, "confirm", 6), number);
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_string_equal(token_in(&bag.notice[0]), token);

    assert_string_equal(follow(desk, &phone, token, number), "ok");
    again = ask_again(desk, &pad, &device, "anna@example.org");
    assert_true(json_is_true(json_object_get(again->json, "active")));
    collect(desk, &bag);
    assert_int_equal(bag.count, 1); /* it needs none any more */
}

static void asking_too_often_leaves_the_registration_that_waits(void **state)
{
    desk_t *desk = *state;
    device_t device;
    const char *number;
    const apr_time_t hour = apr_time_from_sec(3600);
    desk->shift = hour - apr_time_now() % hour; /* an hour begins */
    const caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    assert_int_equal(ask_again(desk, &pad, &device, "anna@example.org")->status, 200);
    assert_int_equal(ask_again(desk, &pad, &device, "anna@example.org")->status, 200);
    const result_t *often = ask_again(desk, &pad, &device, "anna@example.org");
    assert_int_equal(often->status, 429);
    assert_string_equal(often->code, "too_many_mails");
    assert_in_range(often->retry_after, 1, 3600);
    assert_string_equal(follow(desk, &pad, token, NULL), "ok");
    assert_int_equal(sign(desk, &pad, &device), 200);
}

static void another_address_ends_the_registration_that_waited(void **state)
{
    desk_t *desk = *state;
    postbag_t bag = {.count = 0};
    device_t device;
    const char *number;
    const caller_t pad = desk_caller(desk, "192.0.2.1", 1);
    const char *token = begin(desk, &pad, "ana@example.org", &device, &number);
    const result_t *other = ask_again(desk, &pad, &device, "anna@example.org");
    assert_int_equal(other->status, 200);
    assert_string_not_equal(json_text(other->json, "mpinId", 2048), device.mpin_id);
    collect(desk, &bag);
    assert_int_equal(bag.count, 1);
    assert_string_equal(bag.notice[0].to, "anna@example.org");
    assert_string_equal(follow(desk, &pad, token, number), "link_gone");
}

static void a_wrong_regott_from_a_stranger_leaves_the_registration(void **state)
{
    desk_t *desk = *state;
    caller_t pad = desk_caller(desk, "192.0.2.1", 1), stranger = desk_caller(desk, "192.0.2.6", 6);
    device_t device;
    const char *number;
    const char *token = begin(desk, &pad, "anna@example.org", &device, &number);
    device_t wrong = device;
    memset(wrong.reg_ott, '0', 32);
    assert_int_equal(sign(desk, &stranger, &wrong), 400);
    assert_int_equal(sign(desk, &pad, &wrong), 400);
    assert_int_equal(rps_register(desk->rps, &stranger, device.mpin_id,
                                  desk_json(desk->pool, "{'userId':'anna@example.org','regOTT':"
                                                        "'00000000000000000000000000000000'}"),
                                  desk->pool)
                         ->status,
                     400);
    assert_string_equal(follow(desk, &pad, token, number), "ok");
    assert_int_equal(sign(desk, &pad, &device), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MAIL_TEST(activation_link_alone_does_not_activate_a_strangers_device),
        MAIL_TEST(the_number_activates_and_the_name_is_proven),
        MAIL_TEST(a_pad_without_a_number_is_activated_in_its_own_browser_only),
        MAIL_TEST(links_are_made_here_or_worth_nothing),
        MAIL_TEST(guesses_in_parallel_are_five_at_most),
        MAIL_TEST(file_refusal_looks_like_mail_sent),
        MAIL_TEST(a_domain_is_told_so),
        MAIL_TEST(a_closed_account_gets_no_mail_and_no_secret),
        MAIL_TEST(who_is_taken_off_the_list_meanwhile_gets_no_secret),
        MAIL_TEST(a_mailbox_ends_what_was_registered_openly),
        MAIL_TEST(not_me_withdraws_the_device_and_says_so),
        MAIL_TEST(a_lock_is_told_once),
        MAIL_TEST(sent_again_the_mail_has_the_same_link_and_the_number_stays),
        MAIL_TEST(asking_too_often_leaves_the_registration_that_waits),
        MAIL_TEST(another_address_ends_the_registration_that_waited),
        MAIL_TEST(a_wrong_regott_from_a_stranger_leaves_the_registration),
    };
    return cmocka_run_group_tests_name("rps mailed", tests, NULL, NULL);
}
