/* SPDX-License-Identifier: Apache-2.0 */
/* Root keys come, seal and go: in the key file, and in a store that was sealed by them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "keys/keys_roots.h"
#include "keys/keys_text.h"
#include "rps/link.h"
#include "sample_keys.h"
#include "store/roots.h"
#include "store_fixture.h"

#define HOUR apr_time_from_sec(3600)

static apr_pool_t *pool;

/* ---- the key file ---------------------------------------------------------------------------- */

typedef struct key_file_t {
    const char *path;
    const secret_t *passphrase;
    const char *why;
} key_file_t;

static key_file_t new_file(const char *passphrase)
{
    key_file_t file = {.path = apr_pstrcat(pool, fixture_dir(pool), "/keys/mpin.keys", NULL)};
    if (passphrase) {
        secret_t *secret = secret_make(pool, strlen(passphrase));
        memcpy(secret->bytes, passphrase, secret->len);
        file.passphrase = secret;
    }
    assert_int_equal(keys_create(file.path, file.passphrase, pool, &file.why), KEYS_OK);
    return file;
}

static keys_t *open_file(const key_file_t *file)
{
    keys_t *keys;
    const char *why;
    assert_int_equal(keys_open(&keys, file->path, file->passphrase, geteuid(), pool, &why),
                     KEYS_OK);
    return keys;
}

/* "1 2", the one that seals last. */
static const char *roots_of(const key_file_t *file)
{
    const keys_t *keys = open_file(file);
    char date[KEY_DATE_SIZE];
    unsigned char number;
    const char *text = "";
    for (int i = 0; keys_root(keys, i, &number, date); i++)
        text = apr_psprintf(pool, "%s%s%d", text, *text ? " " : "", number);
    return text;
}

static void rotate_and_retire(key_file_t *file)
{
    unsigned char number, before[KEY_BYTES], after[KEY_BYTES];
    const keys_t *old = open_file(file);
    assert_true(keys_derive(old, 1, "session", 7, before));
    assert_int_equal(keys_add_root(file->path, file->passphrase, &number, pool, &file->why),
                     KEYS_OK);
    assert_int_equal(number, 2);
    assert_string_equal(roots_of(file), "2 1");
    assert_int_equal(keys_seal_by(file->path, file->passphrase, 2, pool, &file->why), KEYS_OK);
    assert_string_equal(roots_of(file), "1 2");
    assert_true(keys_derive(open_file(file), 1, "session", 7, after));
    assert_memory_equal(before, after, KEY_BYTES);
    assert_true(keys_derive(open_file(file), 2, "session", 7, after));
    assert_memory_not_equal(before, after, KEY_BYTES);
    assert_int_equal(keys_drop_root(file->path, file->passphrase, 1, pool, &file->why), KEYS_OK);
    assert_string_equal(roots_of(file), "2");
    assert_memory_equal(keys_id(old), keys_id(open_file(file)), KEY_ID_BYTES);
    assert_string_equal(keys_app_id(old), keys_app_id(open_file(file)));
    assert_memory_equal(keys_master(old)->bytes, keys_master(open_file(file))->bytes, KEY_BYTES);
}

static void a_root_key_comes_seals_and_goes(void **state)
{
    (void)state;
    key_file_t plain = new_file(NULL), sealed = new_file("correct horse");
    rotate_and_retire(&plain);
    rotate_and_retire(&sealed);
    assert_int_equal(*keys_bytes(plain.path, pool)->bytes, 'm');
    assert_memory_equal(keys_bytes(sealed.path, pool)->bytes, "mpin-keys-sealed", 16);
}

static void what_cannot_be_done_leaves_the_file_alone(void **state)
{
    (void)state;
    key_file_t file = new_file(NULL);
    unsigned char number;
    assert_int_equal(keys_drop_root(file.path, NULL, 1, pool, &file.why), KEYS_EXISTS);
    assert_int_equal(keys_drop_root(file.path, NULL, 9, pool, &file.why), KEYS_MISSING);
    assert_int_equal(keys_seal_by(file.path, NULL, 9, pool, &file.why), KEYS_MISSING);
    assert_int_equal(keys_seal_by(file.path, NULL, 1, pool, &file.why), KEYS_OK);
    assert_string_equal(roots_of(&file), "1");
    for (int i = 1; i < KEYS_ROOTS_MAX; i++)
        assert_int_equal(keys_add_root(file.path, NULL, &number, pool, &file.why), KEYS_OK);
    assert_int_equal(keys_add_root(file.path, NULL, &number, pool, &file.why), KEYS_EXISTS);
    assert_int_equal(keys_add_root("/nowhere/mpin.keys", NULL, &number, pool, &file.why),
                     KEYS_UNREADABLE);
}

/* ---- the store ------------------------------------------------------------------------------- */

static store_t *open_with(store_fixture_t *fixture, const char *text)
{
    if (fixture->store)
        fixture_close(fixture);
    fixture->settings.keys = sample_keys_of(text, pool);
    return fixture_open(fixture);
}

static const store_class_t classes[] = {STORE_FLEETING, STORE_LASTING, STORE_BEHIND};
#define CLASSES (sizeof classes / sizeof *classes)
#define MANY 300

static void fill_store(store_t *store)
{
    const apr_time_t later = apr_time_now() + HOUR;
    uint64_t sequence;
    int64_t total;
    for (apr_size_t i = 0; i < CLASSES; i++) {
        assert_int_equal(store_put(store, classes[i], "thing:1", "one", 3, later), STORE_OK);
        assert_int_equal(store_member_add(store, classes[i], "set:1", "member", 3, later),
                         STORE_OK);
        assert_int_equal(store_count(store, classes[i], "count:1", 5, later, &total), STORE_OK);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(
            store_put(store, STORE_FLEETING, apr_psprintf(pool, "many:%d", i), "m", 1, later),
            STORE_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_log_append(store, "log", "entry", 5, later, &sequence), STORE_OK);
}

static bool count_entry(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                        apr_time_t expires)
{
    (void)sequence, (void)expires;
    *(int *)baton += len == 5 && !memcmp(data, "entry", 5);
    return true;
}

static void assert_filled(store_t *store)
{
    store_record_t record;
    const char **members;
    int64_t total;
    uint64_t last;
    int entries = 0;
    for (apr_size_t i = 0; i < CLASSES; i++) {
        assert_int_equal(store_get(store, classes[i], "thing:1", pool, &record), STORE_OK);
        assert_memory_equal(record.data, "one", 3);
        assert_int_equal(store_members(store, classes[i], "set:1", pool, &members), STORE_OK);
        assert_string_equal(members[0], "member");
        assert_int_equal(store_count(store, classes[i], "count:1", 0, 0, &total), STORE_OK);
        assert_int_equal(total, 5);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(
            store_get(store, STORE_FLEETING, apr_psprintf(pool, "many:%d", i), pool, &record),
            STORE_OK);
    assert_int_equal(store_log_read(store, "log", 0, pool, count_entry, &entries, &last), STORE_OK);
    assert_int_equal(entries, 2);
}

static void all_is_sealed_anew_and_the_old_key_is_needed_no_more(void **state)
{
    (void)state;
    uint64_t done, wrong;
    store_fixture_t *fixture = fixture_make(pool);
    fill_store(open_with(fixture, SAMPLE_FILE(SAMPLE_ROOT_1)));
    store_t *both = open_with(fixture, SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2));
    assert_filled(both);
    assert_int_equal(roots_reseal(both, 1, &done, &wrong), STORE_OK);
    assert_true(done >= 2 * CLASSES + MANY + 2);
    assert_int_equal(wrong, 0);
    assert_int_equal(roots_reseal(both, 1, &done, &wrong), STORE_OK);
    assert_int_equal(done, 0);
    assert_filled(open_with(fixture, SAMPLE_FILE(SAMPLE_ROOT_2)));
    fixture_close(fixture);
}

static void what_does_not_open_is_counted_and_left(void **state)
{
    (void)state;
    uint64_t done, wrong;
    store_fixture_t *fixture = fixture_make(pool);
    store_t *store = open_with(fixture, SAMPLE_FILE("root 1" SAMPLE_DATE SAMPLE_KEY("77") "\n"));
    assert_int_equal(store_put(store, STORE_LASTING, "thing:1", "one", 3, 0), STORE_OK);
    store = open_with(fixture, SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2));
    assert_int_equal(roots_reseal(store, 1, &done, &wrong), STORE_OK);
    assert_int_equal(done, 0);
    assert_int_equal(wrong, 1);
    fixture_close(fixture);
}

static void a_server_notes_what_it_has_loaded(void **state)
{
    (void)state;
    roots_loaded_t loaded;
    store_fixture_t *fixture = fixture_make(pool);
    store_t *store = open_with(fixture, SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2));
    assert_int_equal(roots_loaded(store, 2, &loaded, pool), STORE_OK);
    assert_false(loaded.known || loaded.seals);
    roots_note(store, fixture->settings.keys, apr_time_now(), pool);
    assert_int_equal(roots_loaded(store, 2, &loaded, pool), STORE_OK);
    assert_true(loaded.known && loaded.seals);
    assert_int_equal(roots_loaded(store, 1, &loaded, pool), STORE_OK);
    assert_true(loaded.known && !loaded.seals);
    assert_int_equal(roots_loaded(store, 3, &loaded, pool), STORE_OK);
    assert_false(loaded.known || loaded.seals);
    fixture_close(fixture);
}

static void a_child_that_was_slow_to_begin_hides_nothing(void **state)
{
    (void)state;
    roots_loaded_t loaded;
    const apr_time_t read = apr_time_now(), earlier = read - 1,
                     to_come = read + apr_time_from_sec(60);
    store_fixture_t *fixture = fixture_make(pool);
    store_t *store = open_with(fixture, SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2));
    const keys_t *slow = sample_keys_of(SAMPLE_FILE(SAMPLE_ROOT_2 SAMPLE_ROOT_1), pool);
    roots_note(store, fixture->settings.keys, read, pool);
    roots_note(store, slow, earlier, pool);
    assert_int_equal(roots_loaded(store, 2, &loaded, pool), STORE_OK);
    assert_true(loaded.seals);
    roots_note(store, slow, to_come, pool); /* by a clock that was wrong */
    roots_note(store, fixture->settings.keys, read, pool);
    assert_int_equal(roots_loaded(store, 2, &loaded, pool), STORE_OK);
    assert_true(loaded.seals);
    fixture_close(fixture);
}

/* ---- what is made by a root key and kept elsewhere ------------------------------------------- */

static rps_t rps_with(const rps_settings_t *settings, const char *text)
{
    const rps_t rps = {.settings = settings,
                       .link_keys = keys_derive_each(sample_keys_of(text, pool), "mail-link")};
    assert_non_null(rps.link_keys);
    return rps;
}

static bool reads(const rps_t *rps, const char *link)
{
    link_kind_t kind;
    unsigned char handle[HANDLE_BYTES];
    return link_read(rps, strstr(link, "?t=") + 3, &kind, handle);
}

static void a_mails_link_is_good_as_long_as_its_root_key(void **state)
{
    (void)state;
    const unsigned char handle[HANDLE_BYTES] = "device";
    const rps_settings_t settings = {.activate_url = "https://www.example.org/mpinActivate"};
    const rps_t before = rps_with(&settings, SAMPLE_FILE(SAMPLE_ROOT_1)),
                rotated = rps_with(&settings, SAMPLE_FILE(SAMPLE_ROOT_1 SAMPLE_ROOT_2)),
                retired = rps_with(&settings, SAMPLE_FILE(SAMPLE_ROOT_2));
    const char *old = link_to(&before, LINK_NOT_ME, handle, pool),
               *fresh = link_to(&rotated, LINK_NOT_ME, handle, pool);
    assert_true(reads(&before, old) && reads(&rotated, old) && reads(&rotated, fresh));
    assert_true(reads(&retired, fresh));
    assert_false(reads(&retired, old));
    assert_false(reads(&before, fresh));
}

static int setup(void **state)
{
    (void)state;
    return sodium_init() < 0 || apr_initialize() || apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_key_comes_seals_and_goes),
        cmocka_unit_test(what_cannot_be_done_leaves_the_file_alone),
        cmocka_unit_test(all_is_sealed_anew_and_the_old_key_is_needed_no_more),
        cmocka_unit_test(what_does_not_open_is_counted_and_left),
        cmocka_unit_test(a_server_notes_what_it_has_loaded),
        cmocka_unit_test(a_child_that_was_slow_to_begin_hides_nothing),
        cmocka_unit_test(a_mails_link_is_good_as_long_as_its_root_key),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
