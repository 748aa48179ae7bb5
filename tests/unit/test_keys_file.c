/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/keys.h"
#include "keys/keys_text.h"

static apr_pool_t *pool;
static uid_t stranger; /* "nobody": a user that we aren't */

/* Each test has a directory of its own, gone with everything in it afterwards. */
typedef struct place_t {
    char base[64];
    const char *dir;
    const char *file;
} place_t;

static int make_place(void **state)
{
    place_t *place = apr_pcalloc(pool, sizeof *place);
    strcpy(place->base, "/tmp/mpin-keys-XXXXXX");
    if (!mkdtemp(place->base))
        return -1;
    place->dir = apr_pstrcat(pool, place->base, "/keys", NULL);
    place->file = apr_pstrcat(pool, place->dir, "/mpin.keys", NULL);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    const place_t *place = *state;
    return system(apr_pstrcat(pool, "rm -rf ", place->base, NULL));
}

static keys_status_t open_as(const place_t *place, uid_t httpd_uid)
{
    keys_t *keys = NULL;
    const char *why = NULL;
    keys_status_t status = keys_open(&keys, place->file, NULL, httpd_uid, pool, &why);
    assert_int_equal(status == KEYS_OK, keys != NULL);
    if (status != KEYS_OK)
        assert_non_null(strstr(why, place->file));
    return status;
}

static keys_status_t open_it(const place_t *place)
{
    return open_as(place, geteuid());
}

static keys_status_t create(const place_t *place)
{
    const char *why;
    return keys_create(place->file, NULL, pool, &why);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static int count_files(const char *dir)
{
    apr_dir_t *open_dir;
    apr_finfo_t info;
    int count = 0;
    assert_int_equal(apr_dir_open(&open_dir, dir, pool), 0);
    while (!apr_dir_read(&info, APR_FINFO_NAME, open_dir))
        count += *info.name != '.';
    apr_dir_close(open_dir);
    return count;
}

static void a_new_file_is_private_and_opens(void **state)
{
    const place_t *place = *state;
    mode_t before = umask(0);
    assert_int_equal(open_it(place), KEYS_MISSING);
    assert_int_equal(create(place), KEYS_OK);
    umask(before);
    assert_int_equal(mode_of(place->dir), 0700);
    assert_int_equal(mode_of(place->file), 0600);
    assert_int_equal(count_files(place->dir), 1);
    assert_int_equal(open_it(place), KEYS_OK);
    assert_int_equal(open_as(place, stranger), KEYS_OK);
}

static void a_file_is_never_replaced(void **state)
{
    const place_t *place = *state;
    struct stat before, after;
    assert_int_equal(create(place), KEYS_OK);
    stat(place->file, &before);
    assert_int_equal(create(place), KEYS_EXISTS);
    stat(place->file, &after);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(count_files(place->dir), 1);

    unlink(place->file);
    assert_int_equal(symlink("/nowhere", place->file), 0);
    assert_int_equal(create(place), KEYS_EXISTS);
}

static void of_many_that_make_the_file_at_once_one_does(void **state)
{
    const place_t *place = *state;
    int made = 0;
    for (int i = 0; i < 8; i++)
        if (!fork())
            _exit(create(place) == KEYS_OK);
    for (int i = 0; i < 8; i++) {
        int status;
        wait(&status);
        made += WEXITSTATUS(status);
    }
    assert_int_equal(made, 1);
    assert_int_equal(open_it(place), KEYS_OK);
    assert_int_equal(count_files(place->dir), 1);
}

static void a_file_that_cannot_be_made_says_so(void **state)
{
    const place_t *place = *state;
    const char *why = NULL;
    const char *no_directory = apr_pstrcat(pool, place->base, "/a", NULL);
    const char *file = apr_pstrcat(pool, no_directory, "/b/mpin.keys", NULL);
    assert_int_equal(close(open(no_directory, O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(keys_create(file, NULL, pool, &why), KEYS_UNREADABLE);
    assert_non_null(strstr(why, "/a/b"));
}

static void a_file_open_to_others_is_unsafe(void **state)
{
    const place_t *place = *state;
    static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666, 0777};
    create(place);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        chmod(place->file, modes[i]);
        assert_int_equal(open_it(place), KEYS_UNSAFE);
    }
    chmod(place->file, 0400);
    assert_int_equal(open_it(place), KEYS_OK);
    if (!geteuid()) {
        assert_int_equal(chown(place->file, stranger, (gid_t)-1), 0);
        assert_int_equal(open_it(place), KEYS_UNSAFE);
    }
}

static void what_is_no_regular_file_is_unsafe(void **state)
{
    const place_t *place = *state;
    create(place);
    const char *real = apr_pstrcat(pool, place->dir, "/real", NULL);
    rename(place->file, real);

    assert_int_equal(symlink(real, place->file), 0);
    assert_int_equal(open_it(place), KEYS_UNSAFE);
    unlink(place->file);
    assert_int_equal(mkfifo(place->file, 0600), 0);
    assert_int_equal(open_it(place), KEYS_UNSAFE);
    unlink(place->file);
    assert_int_equal(mkdir(place->file, 0700), 0);
    assert_int_equal(open_it(place), KEYS_UNSAFE);
}

static void a_file_that_we_may_not_read_is_told_from_a_missing_one(void **state)
{
    const place_t *place = *state;
    int status;
    create(place);
    chmod(place->file, 0);
    if (!fork()) {
        if (!geteuid()) {
            chmod(place->base, 0755);
            if (setuid(stranger))
                _exit(99);
        }
        _exit((int)open_it(place));
    }
    wait(&status);
    assert_int_equal(WEXITSTATUS(status), KEYS_UNREADABLE);
}

static void a_directory_that_httpds_user_can_write_is_unsafe(void **state)
{
    const place_t *place = *state;
    create(place);

    chmod(place->dir, 0777);
    assert_int_equal(open_as(place, stranger), KEYS_UNSAFE);
    assert_int_equal(open_it(place), KEYS_OK); /* httpd's user is ours: there is nothing to win */
    chmod(place->dir, 01777);
    assert_int_equal(open_as(place, stranger), KEYS_UNSAFE);
    chmod(place->dir, 0770); /* our group, which a stranger isn't in */
    assert_int_equal(open_as(place, stranger), KEYS_OK);
    assert_int_equal(open_as(place, 54321), KEYS_UNSAFE); /* who knows what groups this one is in */
    chmod(place->dir, 0700);

    chmod(place->base, 0777);
    assert_int_equal(open_as(place, stranger), KEYS_UNSAFE);
    chmod(place->base, 01777);
    assert_int_equal(open_as(place, stranger), KEYS_OK);
    if (!geteuid()) {
        assert_int_equal(chown(place->base, stranger, (gid_t)-1), 0);
        assert_int_equal(open_as(place, stranger), KEYS_UNSAFE);
        chmod(place->base, 0700);
        assert_int_equal(open_as(place, stranger), KEYS_UNSAFE);
    }
}

static void an_empty_or_huge_file_is_broken(void **state)
{
    const place_t *place = *state;
    create(place);
    assert_int_equal(truncate(place->file, 0), 0);
    assert_int_equal(open_it(place), KEYS_BROKEN);
    assert_int_equal(truncate(place->file, KEYS_TEXT_MAX + 1), 0);
    assert_int_equal(open_it(place), KEYS_BROKEN);
    assert_int_equal(truncate(place->file, (off_t)1 << 40), 0);
    assert_int_equal(open_it(place), KEYS_BROKEN);
}

static void a_sealed_file_is_made_and_opened(void **state)
{
    const place_t *place = *state;
    secret_t *passphrase = secret_make(pool, 5), *wrong = secret_make(pool, 5);
    keys_t *keys;
    const char *why;
    memcpy(passphrase->bytes, "right", 5);
    memcpy(wrong->bytes, "wrong", 5);

    assert_int_equal(keys_create(place->file, passphrase, pool, &why), KEYS_OK);
    assert_int_equal(keys_open(&keys, place->file, passphrase, geteuid(), pool, &why), KEYS_OK);
    assert_int_equal(keys_open(&keys, place->file, wrong, geteuid(), pool, &why), KEYS_PASSPHRASE);
    assert_int_equal(keys_open(&keys, place->file, NULL, geteuid(), pool, &why), KEYS_PASSPHRASE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_private_and_opens),
        TEST(a_file_is_never_replaced),
        TEST(of_many_that_make_the_file_at_once_one_does),
        TEST(a_file_that_cannot_be_made_says_so),
        TEST(a_file_open_to_others_is_unsafe),
        TEST(what_is_no_regular_file_is_unsafe),
        TEST(a_file_that_we_may_not_read_is_told_from_a_missing_one),
        TEST(a_directory_that_httpds_user_can_write_is_unsafe),
        TEST(an_empty_or_huge_file_is_broken),
        TEST(a_sealed_file_is_made_and_opened),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    stranger = getpwnam("nobody")->pw_uid;
    return cmocka_run_group_tests_name("keys_file", tests, NULL, NULL);
}
