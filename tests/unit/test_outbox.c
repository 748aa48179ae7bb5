/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/hex.h"
#include "notice/outbox.h"
#include "rps_desk.h"

/* The queue of mails: what is in it, who sends it, and for how long. */

typedef struct post_t {
    int sent;
    outbox_outcome_t outcome;
    char last[NAME_MAX_BYTES + 1];
} post_t;

static const bool go_on;

static outbox_outcome_t count(void *baton, const notice_t *notice, const char **why, apr_pool_t *p)
{
    post_t *post = baton;
    (void)p;
    __atomic_fetch_add(&post->sent, 1, __ATOMIC_RELAXED);
    apr_cpystrn(post->last, notice->to, sizeof post->last);
    *why = "so it was";
    return post->outcome;
}

static notice_t notice_to(const char *to)
{
    notice_t notice;
    memset(&notice, 0, sizeof notice);
    notice.kind = NOTICE_DEVICE;
    apr_cpystrn(notice.to, to, sizeof notice.to);
    return notice;
}

static outbox_t outbox_of(const desk_t *desk)
{
    return (outbox_t){desk->store, "https://www.example.com"};
}

static int go_round(desk_t *desk, post_t *post, apr_time_t now)
{
    const outbox_t outbox = outbox_of(desk);
    const outbox_sender_t sender = {count, post, &go_on, &desk->log};
    return outbox_send(&outbox, &sender, now, desk->pool);
}

/* Rounds until nothing is left: each ends after a while, which a slow disk makes few mails. */
static int go_rounds(desk_t *desk, post_t *post, apr_time_t now)
{
    int all = 0;
    for (int sent = 1; sent; all += sent)
        sent = go_round(desk, post, now);
    return all;
}

static void queue(desk_t *desk, const char *to, apr_time_t now)
{
    const outbox_t outbox = outbox_of(desk);
    const notice_t notice = notice_to(to);
    assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, now, desk->pool), STORE_OK);
}

static void what_is_queued_is_sent_once(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    post_t post = {.outcome = OUTBOX_SENT};
    queue(desk, "anna@example.org", now);
    assert_int_equal(go_round(desk, &post, now), 1);
    assert_string_equal(post.last, "anna@example.org");
    assert_int_equal(go_round(desk, &post, now + apr_time_from_sec(100000)), 0);
    assert_int_equal(post.sent, 1);
}

static void what_waits_is_counted_and_since_when(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    const outbox_t outbox = outbox_of(desk);
    const notice_t link = notice_to("bert@example.org");
    post_t post = {.outcome = OUTBOX_LATER};
    outbox_waiting_t waiting;
    assert_int_equal(outbox_waiting(&outbox, &waiting, now, desk->pool), STORE_OK);
    assert_int_equal(waiting.count, 0);
    assert_int_equal(waiting.oldest, 0);
    outbox_add(&outbox, OUTBOX_TO_STRANGERS, &link, now + apr_time_from_sec(600), desk->pool);
    outbox_waiting(&outbox, &waiting, now, desk->pool);
    assert_int_equal(waiting.count, 1);
    assert_int_equal(waiting.oldest, 0); /* it may not leave yet */
    queue(desk, "anna@example.org", now);
    go_round(desk, &post, now);
    outbox_waiting(&outbox, &waiting, now, desk->pool);
    assert_int_equal(waiting.count, 2);
    assert_int_equal(apr_time_sec(waiting.oldest),
                     apr_time_sec(now)); /* whenever it is tried again */
    post.outcome = OUTBOX_SENT;
    go_rounds(desk, &post, now + apr_time_from_sec(3600));
    outbox_waiting(&outbox, &waiting, now, desk->pool);
    assert_int_equal(waiting.count, 0);
    assert_int_equal(waiting.oldest, 0);
}

static void who_has_no_mailbox_is_told_nothing(void **state)
{
    desk_t *desk = *state;
    post_t post = {.outcome = OUTBOX_SENT};
    queue(desk, "anna", apr_time_now());
    assert_int_equal(go_round(desk, &post, apr_time_now()), 0);
    assert_int_equal(post.sent, 0);
}

static void sites_of_one_store_have_queues_of_their_own(void **state)
{
    desk_t *desk = *state;
    const outbox_t other = {desk->store, "https://other.example.com"};
    const notice_t notice = notice_to("anna@example.org");
    post_t post = {.outcome = OUTBOX_SENT};
    assert_int_equal(outbox_add(&other, OUTBOX_TO_PEOPLE, &notice, apr_time_now(), desk->pool),
                     STORE_OK);
    assert_int_equal(go_round(desk, &post, apr_time_now()), 0);
}

static void what_does_not_leave_is_tried_again_later_and_given_up_after_a_day(void **state)
{
    desk_t *desk = *state;
    const apr_time_t began = apr_time_now();
    post_t post = {.outcome = OUTBOX_LATER};
    queue(desk, "anna@example.org", began);
    assert_int_equal(go_round(desk, &post, began), 0);
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(30)), 0);
    assert_int_equal(post.sent, 1); /* not yet */
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(61)), 0);
    assert_int_equal(post.sent, 2);
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(61 + 90)), 0);
    assert_int_equal(post.sent, 2); /* the pauses grow */
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(OUTBOX_LIFE_SECONDS)), 0);
    assert_int_equal(post.sent, 3);
    assert_non_null(strstr(desk_logged(), "MPIN0502"));
    post.outcome = OUTBOX_SENT;
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(OUTBOX_LIFE_SECONDS + 9999)),
                     0);
    assert_null(strstr(desk_logged(), "anna@example.org"));
}

static void what_the_server_refuses_for_good_is_dropped(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    post_t post = {.outcome = OUTBOX_NEVER};
    queue(desk, "anna@example.org", now);
    assert_int_equal(go_round(desk, &post, now), 0);
    assert_int_equal(go_round(desk, &post, now + apr_time_from_sec(7200)), 0);
    assert_int_equal(post.sent, 1);
    assert_non_null(strstr(desk_logged(), "MPIN0504"));
}

static void one_that_goes_nowhere_is_never_sent(void **state)
{
    desk_t *desk = *state;
    const outbox_t outbox = outbox_of(desk);
    notice_t notice = notice_to("anna@example.org");
    post_t post = {.outcome = OUTBOX_SENT};
    notice.kind = NOTICE_NONE;
    assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, apr_time_now(), desk->pool),
                     STORE_OK);
    assert_int_equal(go_round(desk, &post, apr_time_now()), 0);
    assert_int_equal(post.sent, 0);
}

/* A killed sender: its lease ends, and somebody else sends. */
static outbox_outcome_t die(void *baton, const notice_t *notice, const char **why, apr_pool_t *p)
{
    desk_t *desk = baton;
    (void)notice, (void)p;
    post_t post = {.outcome = OUTBOX_SENT};
    *why = "";
    assert_int_equal(go_round(desk, &post, apr_time_now()),
                     0); /* while it sends, nobody else does */
    assert_int_equal(go_round(desk, &post, apr_time_now() + apr_time_from_sec(300)), 1);
    return OUTBOX_SENT;
}

static void a_mail_has_one_sender_until_its_lease_ends(void **state)
{
    desk_t *desk = *state;
    const outbox_t outbox = outbox_of(desk);
    const outbox_sender_t sender = {die, desk, &go_on, &desk->log};
    queue(desk, "anna@example.org", apr_time_now());
    outbox_send(&outbox, &sender, apr_time_now(), desk->pool);
}

typedef struct racer_t {
    desk_t *desk;
    post_t *post;
} racer_t;

static void *race(void *baton)
{
    const racer_t *racer = baton;
    apr_pool_t *p;
    apr_allocator_t *allocator;
    apr_allocator_create(&allocator);
    apr_pool_create_ex(&p, NULL, NULL, allocator);
    const outbox_t outbox = outbox_of(racer->desk);
    const outbox_sender_t sender = {count, racer->post, &go_on, &racer->desk->log};
    outbox_send(&outbox, &sender, apr_time_now(), p);
    apr_pool_destroy(p);
    apr_allocator_destroy(allocator);
    return NULL;
}

static void eight_senders_send_each_mail_once(void **state)
{
    desk_t *desk = *state;
    post_t post = {.outcome = OUTBOX_SENT};
    racer_t racer = {desk, &post};
    pthread_t threads[8];
    for (int i = 0; i < 20; i++)
        queue(desk, apr_psprintf(desk->pool, "user%d@example.org", i), apr_time_now());
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, race, &racer);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(post.sent, 20);
}

static void a_link_is_not_sent_once_it_leads_nowhere(void **state)
{
    desk_t *desk = *state;
    const outbox_t outbox = outbox_of(desk);
    const apr_time_t began = apr_time_now();
    notice_t notice = notice_to("anna@example.org");
    post_t post = {.outcome = OUTBOX_LATER};
    notice.kind = NOTICE_ACTIVATE;
    assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, began, desk->pool), STORE_OK);
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(OUTBOX_LINK_SECONDS)), 0);
    assert_non_null(strstr(desk_logged(), "MPIN0502"));
    post.outcome = OUTBOX_SENT;
    assert_int_equal(go_round(desk, &post, began + apr_time_from_sec(OUTBOX_LIFE_SECONDS)), 0);
}

static bool ending;

static outbox_outcome_t cut_off(void *baton, const notice_t *notice, const char **why,
                                apr_pool_t *p)
{
    (void)baton, (void)notice, (void)p;
    ending = true;
    *why = "aborted";
    return OUTBOX_LATER;
}

static void one_cut_off_by_the_end_of_its_process_leaves_at_once(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    const outbox_t outbox = outbox_of(desk);
    const outbox_sender_t sender = {cut_off, NULL, &ending, &desk->log};
    post_t post = {.outcome = OUTBOX_SENT};
    queue(desk, "anna@example.org", now);
    assert_int_equal(outbox_send(&outbox, &sender, now, desk->pool), 0);
    assert_int_equal(go_round(desk, &post, now + apr_time_from_sec(1)), 1);
    assert_null(strstr(desk_logged(), "MPIN0503"));
}

static void as_many_wait_as_are_promised(void **state)
{
    desk_t *desk = *state;
    const outbox_t outbox = outbox_of(desk);
    const notice_t notice = notice_to("anna@example.org");
    const apr_time_t now = apr_time_now();
    post_t post = {.outcome = OUTBOX_SENT};
    for (int i = 0; i < OUTBOX_NOTICES; i++)
        assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, now, desk->pool), STORE_OK);
    assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, now, desk->pool), STORE_EXISTS);
    assert_int_equal(go_rounds(desk, &post, now), OUTBOX_NOTICES);
    assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, now, desk->pool), STORE_OK);
}

/* A record stands where the queue should be, and opens as no set. */
static void a_queue_that_cannot_be_read_is_no_full_one(void **state)
{
    desk_t *desk = *state;
    const outbox_t outbox = outbox_of(desk);
    const notice_t notice = notice_to("anna@example.org");
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)outbox.site, strlen(outbox.site));
    const char *key = apr_pstrcat(desk->pool, "outbox:", hex_encode(desk->pool, hash, 16), NULL);
    assert_int_equal(store_put(desk->store, STORE_LASTING, key, "x", 1, 0), STORE_OK);
    assert_int_equal(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, apr_time_now(), desk->pool),
                     STORE_DOWN);
}

static store_status_t queue_stranger(desk_t *desk, int number, apr_time_t now)
{
    const outbox_t outbox = outbox_of(desk);
    notice_t notice = notice_to(apr_psprintf(desk->pool, "stranger%d@example.org", number));
    notice.kind = NOTICE_ACTIVATE;
    return outbox_add(&outbox, OUTBOX_TO_STRANGERS, &notice, now, desk->pool);
}

static void links_that_strangers_cause_crowd_out_no_notice(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    const outbox_t other = {desk->store, "https://other.example.com"};
    const notice_t theirs = notice_to("bob@example.org");
    post_t post = {.outcome = OUTBOX_SENT};
    for (int i = 0; i < OUTBOX_STRANGERS; i++)
        assert_int_equal(queue_stranger(desk, i, now), STORE_OK);
    assert_int_equal(queue_stranger(desk, 9999, now), STORE_EXISTS);
    queue(desk, "anna@example.org", now);
    assert_int_equal(outbox_add(&other, OUTBOX_TO_STRANGERS, &theirs, now, desk->pool), STORE_OK);
    assert_int_equal(go_rounds(desk, &post, now), OUTBOX_STRANGERS + 1);
}

/* A mail server that takes long over each: the notice goes first, and again after a while. */
static outbox_outcome_t take_long(void *baton, const notice_t *notice, const char **why,
                                  apr_pool_t *p)
{
    apr_sleep(apr_time_from_msec(700));
    return count(baton, notice, why, p);
}

static void notices_go_before_links_and_links_hold_nobody_long(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    const outbox_t outbox = outbox_of(desk);
    post_t post = {.outcome = OUTBOX_SENT};
    const outbox_sender_t slow = {take_long, &post, &go_on, &desk->log};
    for (int i = 0; i < 10; i++)
        queue_stranger(desk, i, now);
    queue(desk, "anna@example.org", now);
    assert_in_range(outbox_send(&outbox, &slow, now, desk->pool), 2, 6);
    queue(desk, "bob@example.org", now);
    const bool stop_after_one = true;
    const outbox_sender_t one = {take_long, &post, &stop_after_one, &desk->log};
    assert_int_equal(outbox_send(&outbox, &one, now, desk->pool), 0);
    assert_true(outbox_send(&outbox, &slow, now, desk->pool) > 1);
}

static void a_notice_goes_with_what_it_is_about(void **state)
{
    desk_t *desk = *state;
    const apr_time_t now = apr_time_now();
    const outbox_t outbox = outbox_of(desk);
    const notice_t notice = notice_to("anna@example.org");
    post_t post = {.outcome = OUTBOX_SENT};
    for (int there = 0; there < 2;
         there++) { /* the second time, what it is about does not happen */
        store_together_t *together = store_together(desk->store, desk->pool);
        const store_piece_t *place =
            outbox_join(&outbox, OUTBOX_TO_PEOPLE, &notice, now, together, desk->pool);
        together_add(together, "about", "x", 1, 0);
        assert_int_equal(go_round(desk, &post, now), 0);
        assert_int_equal(together_commit(together), there ? STORE_EXISTS : STORE_OK);
        assert_false(together_refused(place));
        assert_int_equal(go_round(desk, &post, now), there ? 0 : 1);
    }
}

static void a_mailbox_gets_three_links_an_hour(void **state)
{
    desk_t *desk = *state;
    const outbox_t outbox = outbox_of(desk);
    const apr_time_t hour = apr_time_from_sec(3600);
    const apr_time_t now = (apr_time_now() / hour + 1) * hour;
    for (int i = 0; i < 3; i++)
        assert_int_equal(outbox_count_link(&outbox, "anna@example.org", now, desk->pool), STORE_OK);
    assert_int_equal(outbox_count_link(&outbox, "anna@example.org", now, desk->pool), STORE_EXISTS);
    assert_int_equal(outbox_count_link(&outbox, "bert@example.org", now, desk->pool), STORE_OK);
    assert_int_equal(outbox_count_link(&outbox, "anna@example.org", now + hour, desk->pool),
                     STORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(what_is_queued_is_sent_once),
        DESK_TEST(what_waits_is_counted_and_since_when),
        DESK_TEST(who_has_no_mailbox_is_told_nothing),
        DESK_TEST(sites_of_one_store_have_queues_of_their_own),
        DESK_TEST(what_does_not_leave_is_tried_again_later_and_given_up_after_a_day),
        DESK_TEST(what_the_server_refuses_for_good_is_dropped),
        DESK_TEST(one_that_goes_nowhere_is_never_sent),
        DESK_TEST(a_mail_has_one_sender_until_its_lease_ends),
        DESK_TEST(eight_senders_send_each_mail_once),
        DESK_TEST(a_link_is_not_sent_once_it_leads_nowhere),
        DESK_TEST(one_cut_off_by_the_end_of_its_process_leaves_at_once),
        DESK_TEST(as_many_wait_as_are_promised),
        DESK_TEST(a_queue_that_cannot_be_read_is_no_full_one),
        DESK_TEST(links_that_strangers_cause_crowd_out_no_notice),
        DESK_TEST(notices_go_before_links_and_links_hold_nobody_long),
        DESK_TEST(a_notice_goes_with_what_it_is_about),
        DESK_TEST(a_mailbox_gets_three_links_an_hour),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
