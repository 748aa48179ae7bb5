/* SPDX-License-Identifier: Apache-2.0 */
/* A disk without room. With TMPDIR on a small filesystem (store_disk.t mounts one) that disk is
 * really full; the limit of file size stands for it elsewhere. Nothing that was answered is lost,
 * and it goes on when there is room. */
#include <apr_general.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../unit/store_fixture.h"

#define LATER (apr_time_now() + apr_time_from_sec(600))

static bool small_disk;

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

/* Puts until there is no room; how many were answered for. */
static int fill(store_t *store, store_class_t in, apr_pool_t *p)
{
    static const char data[9000];
    store_status_t status = STORE_OK;
    int n = 0;
    for (; status == STORE_OK && n < 20000; n++)
        status = store_put(store, in, apr_psprintf(p, "r:%d", n), data, sizeof(data), LATER);
    assert_int_equal(status, STORE_FULL);
    return n - 1;
}

static void all_there(store_t *store, store_class_t in, int n, apr_pool_t *p)
{
    store_record_t record;
    for (int i = 0; i < n; i++) {
        assert_int_equal(store_get(store, in, apr_psprintf(p, "r:%d", i), p, &record), STORE_OK);
        assert_int_equal(record.len, 9000);
    }
}

static bool any(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                apr_time_t expires)
{
    (void)baton;
    (void)sequence;
    (void)data;
    (void)len;
    (void)expires;
    return true;
}

/* Fills both parts, and sees that they answer. */
static void without_room(store_fixture_t *f, int *lasting, int *fleeting)
{
    uint64_t last;
    int said = fixture_logged("MPIN0106");
    *lasting = fill(f->store, STORE_LASTING, f->p);
    *fleeting = fill(f->store, STORE_FLEETING, f->p);
    assert_true(fixture_logged("MPIN0106") > said);
    all_there(f->store, STORE_LASTING, *lasting, f->p);
    all_there(f->store, STORE_FLEETING, *fleeting, f->p);
    assert_int_equal(store_log_read(f->store, "log", 0, f->p, any, NULL, &last), STORE_OK);
    assert_int_equal(last, 1);
}

static void with_room_again(store_fixture_t *f, int lasting, int fleeting)
{
    uint64_t sequence;
    assert_int_equal(store_put(f->store, STORE_LASTING, "new", "x", 1, LATER), STORE_OK);
    assert_int_equal(store_put(f->store, STORE_FLEETING, "new", "x", 1, LATER), STORE_OK);
    assert_int_equal(store_log_append(f->store, "log", "x", 1, LATER, &sequence), STORE_OK);
    assert_int_equal(sequence, 2);
    all_there(f->store, STORE_LASTING, lasting, f->p);
    all_there(f->store, STORE_FLEETING, fleeting, f->p);
}

static void a_limit_of_file_size_is_a_full_disk(void **state)
{
    store_fixture_t *f = *state;
    struct rlimit before, limit;
    int lasting, fleeting;
    uint64_t sequence;
    signal(SIGXFSZ, SIG_IGN);
    fixture_open(f);
    assert_int_equal(store_log_append(f->store, "log", "x", 1, LATER, &sequence), STORE_OK);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    without_room(f, &lasting, &fleeting);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    with_room_again(f, lasting, fleeting);
}

/* All that is left of the disk goes into one file, which is removed again. */
static const char *take_all_room(store_fixture_t *f)
{
    static const char zeros[4096];
    const char *path = apr_pstrcat(f->home, f->dir, "/ballast", NULL);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    while (write(fd, zeros, sizeof(zeros)) > 0)
        ;
    fsync(fd);
    while (write(fd, zeros, 1) > 0)
        ;
    close(fd);
    return path;
}

static void a_full_disk_loses_nothing_and_goes_on_when_there_is_room(void **state)
{
    store_fixture_t *f = *state;
    int lasting, fleeting;
    uint64_t sequence;
    if (!small_disk)
        skip();
    fixture_open(f);
    assert_int_equal(store_log_append(f->store, "log", "x", 1, LATER, &sequence), STORE_OK);
    for (int i = 0; i < 100; i++)
        store_put(f->store, i % 2 ? STORE_LASTING : STORE_FLEETING, "warm", &i, sizeof(i), LATER);
    const char *ballast = take_all_room(f);
    without_room(f, &lasting, &fleeting);
    fixture_close(f); /* a restart on the full disk */
    const char *why = NULL;
    assert_int_equal(store_prepare(&f->settings, f->home, &why), STORE_OK);
    fixture_open(f);
    without_room(f, &lasting, &fleeting);
    assert_int_equal(unlink(ballast), 0);
    with_room_again(f, lasting, fleeting);
}

static void a_new_store_on_a_full_disk_is_an_error_and_no_signal(void **state)
{
    store_fixture_t *f = *state;
    const char *why = NULL;
    if (!small_disk)
        skip();
    const char *ballast = take_all_room(f);
    store_settings_t settings = f->settings;
    settings.url = apr_pstrcat(f->home, "lmdb:", f->dir, "/new", NULL);
    store_status_t status = store_prepare(&settings, f->home, &why);
    assert_int_equal(status, STORE_FULL);
    assert_non_null(strstr(why, "make room on its disk"));
    /* The one that was prepared has its lock files, and no room for data. */
    assert_int_equal(store_open(&f->store, &f->settings, f->home, &why), STORE_FULL);
    assert_non_null(strstr(why, "Make room on its disk"));
    unlink(ballast);
    assert_int_equal(store_prepare(&settings, f->home, &why), STORE_OK);
    fixture_open(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_limit_of_file_size_is_a_full_disk),
        TEST(a_full_disk_loses_nothing_and_goes_on_when_there_is_room),
        TEST(a_new_store_on_a_full_disk_is_an_error_and_no_signal),
    };
    struct statvfs disk;
    const char *tmp = getenv("TMPDIR");
    small_disk = tmp && statvfs(tmp, &disk) == 0 && disk.f_blocks * disk.f_frsize < 64 << 20;
    apr_initialize();
    return cmocka_run_group_tests_name("a disk without room", tests, NULL, NULL);
}
