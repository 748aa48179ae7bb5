/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a store: what store_prepare makes, refuses and notices. */
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "store_fixture.h"

#define NOBODY 65534

static int set_up(void **state)
{
    apr_pool_t *p;
    apr_pool_create(&p, NULL);
    *state = fixture_make(p);
    return 0;
}

static int tear_down(void **state)
{
    store_fixture_t *f = *state;
    fixture_close(f);
    apr_pool_destroy(f->home);
    return 0;
}

static const char *in_store(store_fixture_t *f, const char *name)
{
    return apr_pstrcat(f->home, f->dir, "/store/", name, NULL);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* store_prepare refuses, and says why with these words. */
static void refused(store_fixture_t *f, const store_settings_t *settings, const char *words)
{
    const char *why = NULL;
    assert_int_not_equal(store_prepare(settings, f->home, &why), STORE_OK);
    assert_non_null(why);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void prepared(store_fixture_t *f)
{
    const char *why = NULL;
    if (store_prepare(&f->settings, f->home, &why))
        fail_msg("%s", why);
}

static void the_form_of_a_url_is_checked(void **state)
{
    store_fixture_t *f = *state;
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "lmdb:/", 6);
    longest[299] = 0;
    const char *bad[] = {"",           "lmdb",   "lmdb:",     "lmdb:/",
                         "lmdb:store", "/store", "redis://h", longest};
    for (int i = 0; i < 8; i++) {
        store_settings_t settings = f->settings;
        settings.url = bad[i];
        refused(f, &settings, "lmdb:/var/lib/apache2/mpin/store");
        assert_false(store_exists(bad[i], f->home));
    }
    assert_null(store_refuses(f->settings.url, f->home));
    assert_null(store_refuses("lmdb:/not/there/yet", f->home));
}

static void what_an_administrator_writes_becomes_a_url_with_a_full_directory(void **state)
{
    store_fixture_t *f = *state;
    const char *url = "before", *wrong[] = {"", "lmdb", "lmdb:", "/var/lib/x"};
    const char *redis[] = {"redis://h", "rediss://h", "unix:/run/redis.sock"};
    for (int i = 0; i < 4; i++)
        assert_non_null(strstr(store_url_read(&url, wrong[i], "/etc/httpd", f->home),
                               "is no store; write lmdb:DIRECTORY"));
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(store_url_read(&url, redis[i], "/etc/httpd", f->home), "Redis"));
    assert_string_equal(url, "before");
    assert_null(store_url_read(&url, "lmdb:/var/lib/x/", "/etc/httpd", f->home));
    assert_string_equal(url, "lmdb:/var/lib/x");
    assert_null(store_url_read(&url, "lmdb:state/../store", "/etc/httpd", f->home));
    assert_string_equal(url, "lmdb:/etc/httpd/store");
    assert_string_equal(store_directory(url), "/etc/httpd/store");
    assert_string_equal(store_directory(STORE_URL_IN("/var/lib")), "/var/lib/mpin/store");
    assert_null(store_directory("redis://h"));
}

static void a_size_beyond_the_map_is_refused(void **state)
{
    store_fixture_t *f = *state;
    store_settings_t settings = f->settings;
    settings.quota = STORE_QUOTA_MAX + 1;
    refused(f, &settings, "MPinStoreSize");
    settings.quota = STORE_QUOTA_MIN - 1;
    refused(f, &settings, "MPinStoreSize");
}

/* The 4 GiB map of small sizes, the largest one, and back: the file is never longer than its records. */
static void a_store_opens_with_a_larger_size_and_again_with_a_smaller_one(void **state)
{
    store_fixture_t *f = *state;
    const apr_off_t sizes[] = {(apr_off_t)64 << 20, STORE_QUOTA_MAX, (apr_off_t)5 << 30,
                               (apr_off_t)64 << 20};
    store_record_t record;
    struct stat st;
    for (int i = 0; i < 4; i++) {
        f->settings.quota = sizes[i];
        fixture_open(f);
        if (i == 0)
            assert_int_equal(store_put(f->store, STORE_LASTING, "kept", "x", 1, 0), STORE_OK);
        assert_int_equal(store_get(f->store, STORE_LASTING, "kept", f->p, &record), STORE_OK);
        assert_int_equal(store_put(f->store, STORE_LASTING, "new", "x", 1, 0), STORE_OK);
        fixture_close(f);
        const char *file = apr_pstrcat(f->home, f->dir, "/store/lasting/data.mdb", NULL);
        assert_int_equal(stat(file, &st), 0);
        assert_true(st.st_size < 1 << 20);
    }
}

/* Far more than the 47 bits that a process has. */
static void a_size_beyond_the_address_space_is_refused_with_the_mend(void **state)
{
    store_fixture_t *f = *state;
    assert_null(store_refuses_size(f->settings.url, STORE_QUOTA_MAX, f->home));
    const char *why = store_refuses_size(f->settings.url, (apr_off_t)1 << 50, f->home);
    assert_non_null(why);
    assert_non_null(strstr(why, "ulimit -v"));
}

static void a_tmpfs_is_refused(void **state)
{
    store_fixture_t *f = *state;
    struct statfs fs;
    if (statfs("/dev/shm", &fs) || fs.f_type != 0x01021994)
        skip();
    store_settings_t settings = f->settings;
    settings.url = "lmdb:/dev/shm/mpin/store";
    refused(f, &settings, "tmpfs");
    assert_non_null(strstr(store_refuses(settings.url, f->home), "tmpfs"));
    assert_int_not_equal(access("/dev/shm/mpin", F_OK), 0);
}

static void a_store_exists_once_it_was_opened(void **state)
{
    store_fixture_t *f = *state;
    assert_false(store_exists(f->settings.url, f->home));
    fixture_open(f);
    assert_true(store_exists(f->settings.url, f->home));
}

static void the_lock_files_are_real_zeros_of_full_size(void **state)
{
    store_fixture_t *f = *state;
    const char *names[] = {"fleeting/lock.mdb", "lasting/lock.mdb"};
    struct stat st, after;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stat(in_store(f, names[i]), &st), 0);
        assert_int_equal(st.st_size, 192 + 4095 * 64);
        assert_true(st.st_blocks * 512 >= st.st_size);
    }
    fixture_open(f); /* LMDB takes them as they are */
    assert_int_equal(stat(in_store(f, names[1]), &after), 0);
    assert_int_equal(after.st_size, st.st_size);
    fixture_close(f);
    assert_int_equal(truncate(in_store(f, names[1]), 1000), 0);
    prepared(f);
    assert_int_equal(stat(in_store(f, names[1]), &st), 0);
    assert_int_equal(st.st_size, 192 + 4095 * 64);
}

static void second_node_with_other_key_refuses(void **state)
{
    store_fixture_t *f = *state;
    store_settings_t other = f->settings;
    fixture_open(f);
    assert_int_equal(store_put(f->store, STORE_LASTING, "r", "x", 1, 0), STORE_OK);
    fixture_close(f);
    other.keys = fixture_keys(f->home, f->dir, "other.keys");
    refused(f, &other, "another key file");
    prepared(f);
    unlink(in_store(f, "key"));
    refused(f, &f->settings, "restore it from the same backup");
    refused(f, &other, "restore it from the same backup");
}

static void a_boot_empties_what_is_fleeting_and_nothing_else(void **state)
{
    store_fixture_t *f = *state;
    store_record_t record;
    apr_time_t booted;
    fixture_open(f);
    store_put(f->store, STORE_FLEETING, "r", "x", 1, 0);
    store_put(f->store, STORE_LASTING, "r", "x", 1, 0);
    booted = store_boot_time(f->store);
    fixture_close(f);
    prepared(f); /* a restart: nothing goes */
    fixture_open(f);
    assert_int_equal(store_get(f->store, STORE_FLEETING, "r", f->p, &record), STORE_OK);
    assert_true(store_boot_time(f->store) == booted);
    fixture_close(f);

    write_file(in_store(f, "boot"), "11111111-2222-3333-4444-555555555555 1234567890\n");
    const char *why = NULL;
    assert_int_equal(store_open(&f->store, &f->settings, f->home, &why), STORE_DOWN);
    assert_non_null(strstr(why, "not prepared"));
    prepared(f);
    fixture_open(f);
    assert_int_equal(store_get(f->store, STORE_FLEETING, "r", f->p, &record), STORE_MISSING);
    assert_int_equal(store_get(f->store, STORE_LASTING, "r", f->p, &record), STORE_OK);
    assert_true(store_boot_time(f->store) > 1234567890);
    assert_true(fixture_logged("MPIN0111") >= 1);
}

static void a_damaged_part_is_said_and_never_opened(void **state)
{
    store_fixture_t *f = *state;
    const char *why = NULL;
    fixture_open(f);
    fixture_close(f);
    write_file(in_store(f, "lasting/data.mdb"), "this is no database, whatever its name may say");
    assert_int_equal(store_open(&f->store, &f->settings, f->home, &why), STORE_DOWN);
    assert_non_null(strstr(why, "lasting can't be opened"));
    assert_non_null(strstr(why, "backup"));
}

static void owned_by_nobody(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_uid, NOBODY);
    assert_int_equal(st.st_mode & 077, 0);
}

static void root_makes_the_store_as_httpds_user(void **state)
{
    store_fixture_t *f = *state;
    if (geteuid() != 0)
        skip();
    chmod(f->dir, 0755);
    f->settings.uid = f->settings.gid = NOBODY;
    f->settings.url = apr_pstrcat(f->home, "lmdb:", f->dir, "/deep/er/store", NULL);
    prepared(f);
    prepared(f);
    assert_int_equal(geteuid(), 0);
    const char *names[] = {"", "/key", "/boot", "/fleeting", "/lasting", "/lasting/lock.mdb"};
    for (int i = 0; i < 6; i++)
        owned_by_nobody(apr_pstrcat(f->home, f->dir, "/deep/er/store", names[i], NULL));
}

static void root_follows_no_link_that_httpds_user_laid(void **state)
{
    store_fixture_t *f = *state;
    struct stat st;
    if (geteuid() != 0)
        skip();
    chmod(f->dir, 0755);
    f->settings.uid = f->settings.gid = NOBODY;
    const char *store = apr_pstrcat(f->home, f->dir, "/laid", NULL);
    const char *prey = apr_pstrcat(f->home, f->dir, "/prey", NULL);
    f->settings.url = apr_pstrcat(f->home, "lmdb:", store, NULL);
    mkdir(prey, 0700); /* root's */
    mkdir(store, 0700);
    assert_int_equal(chown(store, NOBODY, NOBODY), 0);
    assert_int_equal(symlink(prey, apr_pstrcat(f->home, store, "/lasting", NULL)), 0);
    refused(f, &f->settings, "must belong to httpd's user");
    assert_int_equal(stat(apr_pstrcat(f->home, prey, "/lock.mdb", NULL), &st), -1);
    assert_int_equal(stat(prey, &st), 0);
    assert_int_equal(st.st_uid, 0);
}

/* Through a folder that root sees by a group only, httpd's children would not get either. */
static void root_lays_its_groups_down_as_httpds_user(void **state)
{
    store_fixture_t *f = *state;
    const gid_t staff = 4242;
    gid_t after[2] = {0};
    if (geteuid() != 0)
        skip();
    chmod(f->dir, 0755);
    f->settings.uid = f->settings.gid = NOBODY;
    const char *folder = apr_pstrcat(f->home, f->dir, "/staff", NULL);
    f->settings.url = apr_pstrcat(f->home, "lmdb:", folder, "/store", NULL);
    assert_int_equal(mkdir(folder, 0750), 0);
    assert_int_equal(chown(folder, 0, staff), 0);
    assert_int_equal(setgroups(1, &staff), 0);
    refused(f, &f->settings, "must belong to httpd's user");
    assert_int_equal(getgroups(2, after), 1);
    assert_int_equal(after[0], staff);
    setgroups(0, NULL);
}

static void a_directory_of_somebody_else_is_refused(void **state)
{
    store_fixture_t *f = *state;
    if (geteuid() != 0)
        skip();
    chmod(f->dir, 0755);
    f->settings.uid = f->settings.gid = NOBODY;
    refused(f, &f->settings, "must belong to httpd's user"); /* it was made by root for root */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_form_of_a_url_is_checked),
        TEST(what_an_administrator_writes_becomes_a_url_with_a_full_directory),
        TEST(a_size_beyond_the_map_is_refused),
        TEST(a_store_opens_with_a_larger_size_and_again_with_a_smaller_one),
        TEST(a_size_beyond_the_address_space_is_refused_with_the_mend),
        TEST(a_tmpfs_is_refused),
        TEST(a_store_exists_once_it_was_opened),
        TEST(the_lock_files_are_real_zeros_of_full_size),
        TEST(second_node_with_other_key_refuses),
        TEST(a_boot_empties_what_is_fleeting_and_nothing_else),
        TEST(a_damaged_part_is_said_and_never_opened),
        TEST(root_makes_the_store_as_httpds_user),
        TEST(root_follows_no_link_that_httpds_user_laid),
        TEST(root_lays_its_groups_down_as_httpds_user),
        TEST(a_directory_of_somebody_else_is_refused),
    };
    apr_initialize();
    return cmocka_run_group_tests_name("a store's directory", tests, NULL, NULL);
}
