/* SPDX-License-Identifier: Apache-2.0 */
/* Second steps: authenticator apps by RFC 6238's own vectors, recovery codes, remembered browsers, and how wrong codes are
 * counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <ctype.h>
#include <sodium.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "factor/browser.h"
#include "factor/shown_device.h"
#include "factor/kinds.h"
#include "factor/recovery.h"
#include "factor/totp.h"
#include "store_fixture.h"

#define NOW 1700000000u
#define AT(seconds) apr_time_from_sec((apr_time_t)(seconds))

static apr_pool_t *pool;
static store_fixture_t *fixture;
static factors_t *factors;

/* A user whom no other test has. */
static user_t somebody(void)
{
    user_t user = {.version = 1, .state = USER_ACTIVE, .name = "anna@example.org"};
    randombytes_buf(user.uid, sizeof(user.uid));
    return user;
}

/* The secret of RFC 6238, appendix B, as totp.c keeps it; confirmed. */
static own_factor_t vector_app(const user_t *user)
{
    own_factor_t app = {.kind = KIND_TOTP, .confirmed = true, .len = 25};
    memcpy(app.uid, user->uid, sizeof(app.uid));
    app.data[0] = 1;
    memcpy(app.data + 1, "12345678901234567890", 20);
    assert_int_equal(factors_add(factors, &app, AT(NOW), pool), STORE_OK);
    return app;
}

static int judge_at(own_factor_t *factor, const user_t *user, const char *code, uint64_t seconds)
{
    const caller_t caller = {.now = AT(seconds)};
    const turn_t turn = {
        .factors = factors, .factor = factor, .caller = &caller, .user = user, .p = pool};
    const result_t *refusal = kind_judge(&turn, code);
    return refusal ? refusal->status : 200;
}

/* ---- authenticator apps ---- */

static void totp_takes_the_vectors_of_rfc_6238(void **state)
{
    static const struct {
        uint32_t at;
        const char *code;
    } vectors[] = {{59, "94287082"},
                   {1111111109, "07081804"},
                   {1111111111, "14050471"},
                   {1234567890, "89005924"},
                   {2000000000, "69279037"}};
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        const user_t user = somebody();
        own_factor_t app = vector_app(&user);
        assert_int_equal(judge_at(&app, &user, vectors[i].code, vectors[i].at), 401); /* eight */
        assert_int_equal(judge_at(&app, &user, vectors[i].code + 2, vectors[i].at), 200);
        assert_int_equal(app.used, vectors[i].at);
    }
}

static void totp_takes_one_step_before_and_after_and_no_more(void **state)
{
    static const struct {
        int off, status;
    } cases[] = {{-60, 401}, {-31, 401}, {-30, 200}, {0, 200}, {29, 200},
                 {30, 200},  {59, 200},  {60, 401},  {90, 401}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const user_t user = somebody();
        own_factor_t app = vector_app(&user);
        /* 1111111110 is a step's first second, whose code is 050471 */
        assert_int_equal(judge_at(&app, &user, "050471", (uint64_t)(1111111110 + cases[i].off)),
                         cases[i].status);
    }
}

static void a_code_of_an_app_is_good_once(void **state)
{
    const user_t user = somebody();
    own_factor_t app = vector_app(&user);
    (void)state;
    assert_int_equal(judge_at(&app, &user, "050471", 1111111111), 200);
    assert_int_equal(judge_at(&app, &user, "050471", 1111111111), 401);
    assert_int_equal(judge_at(&app, &user, "081804", 1111111111), 401); /* the step before it */
    assert_int_equal(judge_at(&app, &user, "005924", 1234567890), 200);
}

static void a_clock_that_was_set_back_makes_no_code_good_again(void **state)
{
    const user_t user = somebody();
    own_factor_t app = vector_app(&user);
    (void)state;
    assert_int_equal(judge_at(&app, &user, "005924", 1234567890), 200);
    assert_int_equal(judge_at(&app, &user, "050471", 1111111111), 401);
    assert_int_equal(judge_at(&app, &user, "279037", 2000000000), 200);
}

static void what_is_typed_may_have_spaces_and_dashes_and_nothing_else(void **state)
{
    static const char *const wrong[] = {"",       " ",       "05047",  "0504711", "05047a",
                                        "+50471", "050471;", "٠٥٠٤٧١", NULL};
    (void)state;
    for (int i = 0; wrong[i]; i++) {
        const user_t user = somebody();
        own_factor_t app = vector_app(&user);
        assert_int_equal(judge_at(&app, &user, wrong[i], 1111111111), 401);
        assert_int_equal(judge_at(&app, &user, NULL, 1111111111), 401);
        assert_int_equal(judge_at(&app, &user, " 050-471 ", 1111111111), 200);
    }
}

static void an_app_waits_for_its_first_code_and_then_shows_its_secret_no_more(void **state)
{
    const user_t user = somebody();
    own_factor_t app = {.name = "phone"}, found, second = {.name = "another"};
    totp_offer_t offer;
    (void)state;
    memcpy(app.uid, user.uid, sizeof(app.uid));
    memcpy(second.uid, user.uid, sizeof(second.uid));
    assert_int_equal(totp_begin(factors, &app, apr_time_now(), pool), STORE_OK);
    assert_true(totp_offer(&app, "Zoo & wiki: a+b", "o'brien jr@example.org", &offer, pool));
    assert_int_equal(strlen(offer.typed), 32 + 7);
    const char *secret = apr_pstrdup(pool, offer.typed);
    char *bare = apr_pcalloc(pool, 33);
    for (int i = 0; *secret; secret++)
        if (*secret != ' ')
            bare[i++] = *secret;
    const char *uri = apr_psprintf(
        pool,
        "otpauth://totp/Zoo%%20%%26%%20wiki%%3a%%20a%%2bb:o%%27brien%%20jr%%40example.org"
        "?secret=%s&issuer=Zoo%%20%%26%%20wiki%%3a%%20a%%2bb",
        bare);
    assert_string_equal(offer.uri, uri);
    uint32_t since;
    assert_int_equal(factors_ever(factors, user.uid, &since, pool), STORE_OK);
    assert_int_equal(since, 0);

    assert_int_equal(totp_begin(factors, &second, apr_time_now(), pool), STORE_OK);
    assert_int_equal(factors_get(factors, user.uid, app.id, &found, pool), STORE_MISSING);
    own_factor_t counts = vector_app(&user);
    assert_false(totp_offer(&counts, "Wiki", "anna", &offer, pool));
    assert_int_equal(factors_ever(factors, user.uid, &since, pool), STORE_OK);
    assert_int_equal(since, NOW);
    assert_int_equal(factors_remove(factors, &counts, pool), STORE_OK);
    assert_int_equal(factors_ever(factors, user.uid, &since, pool), STORE_OK);
    assert_int_equal(since, NOW);
}

static void one_that_waits_too_long_is_gone(void **state)
{
    const user_t user = somebody();
    own_factor_t app = {.name = "phone"}, found;
    (void)state;
    memcpy(app.uid, user.uid, sizeof(app.uid));
    const apr_time_t long_ago = apr_time_now() - AT(FACTOR_WAITS + 1);
    assert_int_equal(totp_begin(factors, &app, long_ago, pool), STORE_OK);
    assert_int_equal(factors_get(factors, user.uid, app.id, &found, pool), STORE_MISSING);
    own_factor_t *list;
    int count;
    assert_int_equal(factors_list(factors, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 0);
}

static void another_users_factor_is_missing(void **state)
{
    const user_t user = somebody(), other = somebody();
    own_factor_t app = vector_app(&user), found;
    (void)state;
    assert_int_equal(factors_get(factors, other.uid, app.id, &found, pool), STORE_MISSING);
    memcpy(app.uid, other.uid, sizeof(app.uid));
    assert_int_equal(judge_at(&app, &other, "050471", 1111111111), 401);
}

static void a_user_has_so_many_at_most(void **state)
{
    const user_t user = somebody();
    own_factor_t app = {.kind = KIND_TOTP, .confirmed = true};
    (void)state;
    memcpy(app.uid, user.uid, sizeof(app.uid));
    for (int i = 0; i < FACTORS_MAX; i++)
        assert_int_equal(factors_add(factors, &app, AT(NOW), pool), STORE_OK);
    assert_int_equal(factors_add(factors, &app, AT(NOW), pool), STORE_EXISTS);
    recovery_codes_t codes;
    assert_int_equal(recovery_make(factors, user.uid, &codes, AT(NOW), pool), STORE_EXISTS);
}

/* ---- wrong codes ---- */

static int wait_of(const user_t *user, tries_t group, uint64_t seconds)
{
    int wait;
    assert_int_equal(tries_begin(factors, user->uid, group, AT(seconds), &wait, pool), STORE_OK);
    return wait;
}

/* The next one in UTC: the store itself reads the clock. */
static uint64_t midnight(void)
{
    return ((uint64_t)apr_time_sec(apr_time_now()) / 86400 + 1) * 86400;
}
#define MIDNIGHT midnight()

static void the_fifth_wrong_code_waits_and_each_further_one_twice_as_long(void **state)
{
    const user_t user = somebody();
    uint64_t now = MIDNIGHT;
    static const int waits[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
    (void)state;
    for (int i = 0; i < TRIES_FREE; i++)
        assert_int_equal(wait_of(&user, TRIES_CODE, now), 0);
    for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        assert_int_equal(wait_of(&user, TRIES_CODE, now), waits[i]);
        assert_int_equal(wait_of(&user, TRIES_CODE, now + (unsigned)waits[i] - 1), 1);
        now += (unsigned)waits[i];
        assert_int_equal(wait_of(&user, TRIES_CODE, now), 0);
    }
}

static void there_are_twenty_wrong_codes_a_day_and_none_locks_for_good(void **state)
{
    const user_t user = somebody();
    (void)state;
    for (int i = 0; i < TRIES_A_DAY; i++)
        assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT + 4000u * (unsigned)i), 0);
    assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT + 86399 - 1), 2);
    assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT + 86400), 0);
}

static void a_right_code_leaves_what_is_left_of_the_day(void **state)
{
    const user_t user = somebody();
    uint64_t now = MIDNIGHT;
    int judged = 0;
    (void)state;
    /* a thief tries four times, and then the owner signs in, again and again */
    for (int round = 0; round < 10; round++, now += 7200) {
        for (int i = 0; i < 4; i++)
            judged += wait_of(&user, TRIES_CODE, now) == 0;
        if (wait_of(&user, TRIES_CODE, now) == 0)
            assert_int_equal(tries_right(factors, user.uid, TRIES_CODE, pool), STORE_OK);
    }
    assert_int_equal(judged, TRIES_A_DAY);
}

static void groups_and_users_have_counters_of_their_own(void **state)
{
    const user_t user = somebody(), other = somebody();
    (void)state;
    for (int i = 0; i < TRIES_FREE; i++)
        assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT), 0);
    assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT), 60);
    assert_int_equal(wait_of(&user, TRIES_SMS, MIDNIGHT), 0);
    assert_int_equal(wait_of(&other, TRIES_CODE, MIDNIGHT), 0);
    assert_int_equal(tries_right(factors, other.uid, TRIES_CODE, pool), STORE_OK);
    assert_int_equal(tries_right(factors, user.uid, TRIES_SMS, pool), STORE_OK);
    assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT), 60);
}

static void what_could_not_be_judged_counts_for_nothing(void **state)
{
    const user_t user = somebody();
    (void)state;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT), 0);
        assert_int_equal(tries_take_back(factors, user.uid, TRIES_CODE, pool), STORE_OK);
    }
}

static void a_clock_that_was_ahead_makes_nobody_wait_longer_than_an_hour(void **state)
{
    const user_t user = somebody();
    (void)state;
    for (int i = 0; i < TRIES_FREE; i++)
        wait_of(&user, TRIES_CODE, MIDNIGHT + 86400 * 365u);
    assert_int_equal(wait_of(&user, TRIES_CODE, MIDNIGHT), TRIES_WAIT_MAX);
}

/* Guesses of several processes at once; how many were judged. */
static void guesses_of_processes_count_one_by_one(void **state)
{
    const user_t user = somebody();
    int ends[2], judged = 0, one;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    fixture_close(fixture);
    for (int child = 0; child < 4; child++)
        if (fork() == 0) {
            factors = factors_make(fixture_open(fixture), NULL, pool);
            for (int i = 0; i < 10; i++) {
                const int mine = wait_of(&user, TRIES_CODE, MIDNIGHT) == 0;
                if (write(ends[1], &mine, sizeof(mine)) != sizeof(mine))
                    _exit(1);
            }
            _exit(0);
        }
    for (int child = 0; child < 4; child++)
        wait(NULL);
    close(ends[1]);
    while (read(ends[0], &one, sizeof(one)) == sizeof(one))
        judged += one;
    close(ends[0]);
    factors = factors_make(fixture_open(fixture), NULL, pool);
    factors_use_keys(factors, fixture->keys);
    assert_int_equal(judged, TRIES_FREE);
}

/* ---- recovery codes ---- */

static own_factor_t codes_of(const user_t *user)
{
    own_factor_t *list, found = {.kind = KIND_END};
    int count;
    assert_int_equal(factors_list(factors, user->uid, &list, &count, pool), STORE_OK);
    for (int i = 0; i < count; i++)
        if (list[i].kind == KIND_RECOVERY) {
            assert_int_equal(found.kind, KIND_END); /* one only */
            found = list[i];
        }
    return found;
}

static void recovery_codes_are_good_once_each(void **state)
{
    const user_t user = somebody();
    recovery_codes_t codes;
    (void)state;
    assert_int_equal(recovery_make(factors, user.uid, &codes, AT(NOW), pool), STORE_OK);
    own_factor_t factor = codes_of(&user);
    for (int i = 0; i < RECOVERY_CODES; i++) {
        assert_int_equal(recovery_left(&factor), RECOVERY_CODES - i);
        assert_int_equal(judge_at(&factor, &user, codes.text[i], NOW), 200);
        assert_int_equal(judge_at(&factor, &user, codes.text[i], NOW), 401);
    }
    assert_int_equal(recovery_left(&factor), 0);
    assert_int_equal(judge_at(&factor, &user, "0000-0000-0000-0000-0000-0000", NOW), 401);
}

static void recovery_codes_are_read_as_people_type_them(void **state)
{
    const user_t user = somebody();
    recovery_codes_t codes;
    (void)state;
    assert_int_equal(recovery_make(factors, user.uid, &codes, AT(NOW), pool), STORE_OK);
    own_factor_t factor = codes_of(&user);
    char typed[2 * RECOVERY_TEXT_SIZE], *at = typed;
    for (const char *c = codes.text[0]; *c; c++) {
        if (*c != '-')
            *at++ = *c == '0' ? 'O' : *c == '1' ? 'l' : (char)toupper(*c);
        *at++ = ' ';
    }
    *at = '\0';
    assert_int_equal(judge_at(&factor, &user, typed, NOW), 200);
    typed[0] = '\0';
    assert_int_equal(judge_at(&factor, &user, typed, NOW), 401);
    assert_int_equal(judge_at(&factor, &user, codes.text[1] + 1, NOW), 401);
    assert_int_equal(judge_at(&factor, &user, apr_pstrcat(pool, codes.text[1], "0", NULL), NOW),
                     401);
}

static void new_codes_make_the_old_ones_void_and_nobodys_work_for_another(void **state)
{
    const user_t user = somebody(), other = somebody();
    recovery_codes_t old, fresh, others;
    (void)state;
    assert_int_equal(recovery_make(factors, user.uid, &old, AT(NOW), pool), STORE_OK);
    assert_int_equal(recovery_make(factors, other.uid, &others, AT(NOW), pool), STORE_OK);
    assert_int_equal(recovery_make(factors, user.uid, &fresh, AT(NOW + 5), pool), STORE_OK);
    own_factor_t factor = codes_of(&user);
    assert_int_equal(factor.created, NOW + 5);
    assert_int_equal(judge_at(&factor, &user, old.text[0], NOW), 401);
    assert_int_equal(judge_at(&factor, &user, others.text[0], NOW), 401);
    assert_int_equal(judge_at(&factor, &user, fresh.text[0], NOW), 200);
}

static void no_code_stands_in_its_record(void **state)
{
    const user_t user = somebody();
    recovery_codes_t codes;
    (void)state;
    assert_int_equal(recovery_make(factors, user.uid, &codes, AT(NOW), pool), STORE_OK);
    const own_factor_t factor = codes_of(&user);
    for (int i = 0; i < RECOVERY_CODES; i++)
        assert_null(memmem(factor.data, factor.len, codes.text[i], 4));
}

static void recovery_codes_and_apps_share_a_counter(void **state)
{
    const user_t user = somebody();
    recovery_codes_t codes;
    own_factor_t app = vector_app(&user);
    (void)state;
    assert_int_equal(recovery_make(factors, user.uid, &codes, AT(NOW), pool), STORE_OK);
    own_factor_t factor = codes_of(&user);
    for (int i = 0; i < TRIES_FREE; i++)
        assert_int_equal(judge_at(&app, &user, "000000", MIDNIGHT), 401);
    assert_int_equal(judge_at(&factor, &user, codes.text[0], MIDNIGHT), 429);
}

/* ---- browsers and devices ---- */

static void a_browser_counts_for_its_version_and_time(void **state)
{
    const user_t user = somebody();
    own_factor_t browser = {.name = "Chrome on Linux"}, found;
    unsigned char family[SESSION_ID_BYTES], read[SESSION_ID_BYTES];
    uint32_t used;
    (void)state;
    memcpy(browser.uid, user.uid, sizeof(browser.uid));
    randombytes_buf(family, sizeof(family));
    const apr_time_t now = apr_time_now();
    assert_int_equal(
        browser_add(factors, &browser, &(browser_t){7, now + AT(60), false}, now, pool), STORE_OK);
    assert_int_equal(factors_get(factors, user.uid, browser.id, &found, pool), STORE_OK);
    assert_true(browser_counts(&found, 7, now + AT(59)));
    assert_false(browser_counts(&found, 7, now + AT(60)));
    assert_false(browser_counts(&found, 8, now));
    found.kind = KIND_TOTP;
    assert_false(browser_counts(&found, 7, now));
    assert_int_equal(browser_last_use(factors, &browser, &used, read, pool), STORE_MISSING);
    browser_note_use(factors, &browser, family, now, pool);
    assert_int_equal(browser_last_use(factors, &browser, &used, read, pool), STORE_OK);
    assert_int_equal(used, (uint32_t)apr_time_sec(now));
    assert_memory_equal(read, family, sizeof(family));
}

static void browsers_take_no_more_places_than_are_theirs(void **state)
{
    const user_t user = somebody();
    own_factor_t *list;
    int count;
    uint32_t since;
    (void)state;
    for (uint32_t i = 0; i < BROWSERS_MAX + 3; i++) {
        own_factor_t browser = {.name = "Firefox on Linux"};
        memcpy(browser.uid, user.uid, sizeof(browser.uid));
        assert_int_equal(browser_add(factors, &browser, &(browser_t){1, AT(NOW + 1000), false},
                                     AT(NOW + i), pool),
                         STORE_OK);
    }
    assert_int_equal(factors_list(factors, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, BROWSERS_MAX);
    assert_int_equal(list[0].created, NOW + 3);
    own_factor_t browser = {.name = "Firefox on Linux"};
    memcpy(browser.uid, user.uid, sizeof(browser.uid));
    assert_int_equal(
        browser_add(factors, &browser, &(browser_t){2, AT(NOW + 1000), true}, AT(NOW), pool),
        STORE_OK);
    assert_int_equal(factors_list(factors, user.uid, &list, &count, pool), STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(factors_ever(factors, user.uid, &since, pool), STORE_OK);
    assert_int_equal(since, 0); /* a browser is no second step that somebody had */
}

static void a_device_that_came_after_the_second_step_must_show_it_once(void **state)
{
    const user_t user = somebody();
    unsigned char handle[HANDLE_BYTES];
    device_t device = {user.uid, handle, NOW + 1};
    bool shown;
    (void)state;
    randombytes_buf(handle, sizeof(handle));
    assert_int_equal(device_is_shown(factors, &device, &shown, pool), STORE_OK);
    assert_true(shown);
    vector_app(&user);
    assert_int_equal(device_is_shown(factors, &device, &shown, pool), STORE_OK);
    assert_false(shown);
    device.made = NOW - 1;
    assert_int_equal(device_is_shown(factors, &device, &shown, pool), STORE_OK);
    assert_true(shown);
    device.made = NOW + 1;
    assert_int_equal(device_show(factors, handle, pool), STORE_OK);
    assert_int_equal(device_is_shown(factors, &device, &shown, pool), STORE_OK);
    assert_true(shown);
}

static int set_up(void **state)
{
    (void)state;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    fixture = fixture_store(pool);
    factors = factors_make(fixture->store, NULL, pool);
    factors_use_keys(factors, fixture->keys);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totp_takes_the_vectors_of_rfc_6238),
        cmocka_unit_test(totp_takes_one_step_before_and_after_and_no_more),
        cmocka_unit_test(a_code_of_an_app_is_good_once),
        cmocka_unit_test(a_clock_that_was_set_back_makes_no_code_good_again),
        cmocka_unit_test(what_is_typed_may_have_spaces_and_dashes_and_nothing_else),
        cmocka_unit_test(an_app_waits_for_its_first_code_and_then_shows_its_secret_no_more),
        cmocka_unit_test(one_that_waits_too_long_is_gone),
        cmocka_unit_test(another_users_factor_is_missing),
        cmocka_unit_test(a_user_has_so_many_at_most),
        cmocka_unit_test(the_fifth_wrong_code_waits_and_each_further_one_twice_as_long),
        cmocka_unit_test(there_are_twenty_wrong_codes_a_day_and_none_locks_for_good),
        cmocka_unit_test(a_right_code_leaves_what_is_left_of_the_day),
        cmocka_unit_test(groups_and_users_have_counters_of_their_own),
        cmocka_unit_test(what_could_not_be_judged_counts_for_nothing),
        cmocka_unit_test(a_clock_that_was_ahead_makes_nobody_wait_longer_than_an_hour),
        cmocka_unit_test(guesses_of_processes_count_one_by_one),
        cmocka_unit_test(recovery_codes_are_good_once_each),
        cmocka_unit_test(recovery_codes_are_read_as_people_type_them),
        cmocka_unit_test(new_codes_make_the_old_ones_void_and_nobodys_work_for_another),
        cmocka_unit_test(no_code_stands_in_its_record),
        cmocka_unit_test(recovery_codes_and_apps_share_a_counter),
        cmocka_unit_test(a_browser_counts_for_its_version_and_time),
        cmocka_unit_test(browsers_take_no_more_places_than_are_theirs),
        cmocka_unit_test(a_device_that_came_after_the_second_step_must_show_it_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
