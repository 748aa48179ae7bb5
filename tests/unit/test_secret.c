/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hex.h"
#include "keys/hardening.h"
#include "keys/locked.h"
#include "keys/seal.h"
#include "keys/slab.h"

static apr_pool_t *pool;

/* ---- a process's memory as /proc/PID/smaps shows it ------------------------------------------ */

typedef struct area_t {
    uintptr_t from, to;
    char flags[256]; /* " rd wr mr ... " */
} area_t;

/* Calls `look` for each readable area; its answers are added up. */
static int each_area(pid_t pid, int (*look)(void *baton, const area_t *area), void *baton)
{
    char line[512];
    area_t area = {0};
    int sum = 0;
    FILE *smaps = fopen(apr_psprintf(pool, "/proc/%ld/smaps", (long)pid), "r");
    assert_non_null(smaps);
    while (fgets(line, sizeof line, smaps)) {
        uintptr_t from, to;
        char rights[8];
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &to, rights) == 3) {
            area.from = from;
            area.to = *rights == 'r' ? to : from;
        } else if (sscanf(line, "VmFlags:%255[^\n]", area.flags) == 1 && area.to > area.from) {
            strcat(area.flags, " ");
            sum += look(baton, &area);
        }
    }
    fclose(smaps);
    return sum;
}

/* Not dumped: a core, gcore's as the kernel's, leaves these areas out. */
static bool is_dumped(const area_t *area)
{
    return !strstr(area->flags, " dd ");
}

typedef struct wanted_t {
    const void *at;
    const char *flag;
} wanted_t;

static int has_flag(void *baton, const area_t *area)
{
    const wanted_t *wanted = baton;
    uintptr_t at = (uintptr_t)wanted->at;
    return at >= area->from && at < area->to && strstr(area->flags, wanted->flag);
}

static bool flagged(pid_t pid, const void *at, const char *flag)
{
    wanted_t wanted = {at, flag};
    return each_area(pid, has_flag, &wanted);
}

/* ---- the rules ------------------------------------------------------------------------------- */

static void a_secret_is_zeroed_and_out_of_core_dumps(void **state)
{
    (void)state;
    secret_t *secret = secret_make(pool, 48);
    assert_int_equal(secret->len, 48);
    assert_true(sodium_is_zero(secret->bytes, 48));
    assert_int_equal((uintptr_t)secret->bytes % 16, 0);
    assert_true(flagged(getpid(), secret->bytes, " dd "));
    assert_false(flagged(getpid(), pool, " dd "));
}

/* Ends the process by a signal where `work` does what it must not. */
static bool is_killed_by(void (*work)(void))
{
    int status;
    pid_t child = fork();
    if (!child) {
        struct rlimit no_core = {0, 0};
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &no_core);
        work();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

static void write_past_one(void)
{
    apr_pool_t *p;
    apr_pool_create(&p, pool);
    ((volatile unsigned char *)secret_make(p, 32)->bytes)[32]++;
    apr_pool_destroy(p);
}

static void write_into_sealed(void)
{
    unsigned char *bytes = locked_make(5000);
    locked_seal(bytes, 5000);
    ((volatile unsigned char *)bytes)[100] = 1;
}

static void write_behind_pages(void)
{
    ((volatile unsigned char *)locked_make(8192))[8192] = 1;
}

static void a_write_past_a_secret_kills_as_it_goes(void **state)
{
    (void)state;
    assert_true(is_killed_by(write_past_one));
}

static void pages_of_their_own_are_guarded_and_read_only(void **state)
{
    (void)state;
    unsigned char *bytes = locked_make(5000);
    assert_true(sodium_is_zero(bytes, 5000));
    assert_true(flagged(getpid(), bytes, " dd "));
    locked_free(bytes, 5000);
    assert_true(is_killed_by(write_into_sealed));
    assert_true(is_killed_by(write_behind_pages));
}

/* The first of all, as the slab goes with the last secret of a process. */
static void a_secret_is_wiped_as_it_goes_and_the_slab_with_the_last(void **state)
{
    (void)state;
    apr_pool_t *first, *second;
    apr_pool_create(&first, pool);
    apr_pool_create(&second, pool);
    unsigned char *a = secret_make(first, 32)->bytes, *b = secret_make(second, 32)->bytes;
    memset(a, 7, 32);
    secret_make(first, 32);
    apr_pool_destroy(first);
    assert_true(sodium_is_zero(a + sizeof(void *), 32 - sizeof(void *)));
    assert_true(flagged(getpid(), b, " dd "));
    apr_pool_destroy(second);
    assert_false(flagged(getpid(), b, " dd "));
}

static void secrets_of_500_vhosts_lie_side_by_side(void **state)
{
    (void)state;
    apr_pool_t *p;
    apr_pool_create(&p, pool);
    unsigned char *least = secret_make(p, 32)->bytes, *most = least;
    for (int i = 0; i < 500 * 12; i++) {
        unsigned char *bytes = secret_make(p, 32)->bytes;
        assert_true(sodium_is_zero(bytes, 32));
        memset(bytes, 1, 32);
        most = bytes > most ? bytes : most;
    }
    assert_true(most - least < 500 * 1024);
    assert_null(secret_make(p, (size_t)1 << 30));
    apr_pool_destroy(p);
}

static void a_place_is_zeroed_before_the_next_has_it(void **state)
{
    (void)state;
    apr_pool_t *p;
    secret_make(pool, 32);
    for (int i = 0; i < 3; i++) {
        apr_pool_create(&p, pool);
        for (apr_size_t len = 0; len < 20000; len = 2 * len + 1) {
            unsigned char *bytes = secret_make(p, len)->bytes;
            assert_int_equal((uintptr_t)bytes % 16, 0);
            assert_true(sodium_is_zero(bytes, len));
            memset(bytes, 0xff, len);
        }
        apr_pool_destroy(p);
    }
}

/* ---- what the system refuses is told ---------------------------------------------------------- */

typedef struct heard_t {
    int count;
    char text[512];
} heard_t;

static void hear(void *baton, log_level_t level, const char *id, const char *text)
{
    heard_t *heard = baton;
    heard->count += level == LOG_LEVEL_WARN && !strcmp(id, "MPIN0985");
    apr_cpystrn(heard->text, text, sizeof heard->text);
}

/* In a process that may lock nothing, and whose siblings tell, too. */
static void a_lock_that_fails_is_told_once_for_all_children(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("AddressSanitizer makes nothing of mlock\n");
    skip();
#endif
    int status;
    apr_pool_t *p;
    apr_pool_create(&p, pool);
    hardening_share(p);
    secret_make(p, 32);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (!child) {
            const struct rlimit none = {0, 0};
            heard_t heard = {0};
            const log_sink_t sink = {hear, &heard, LOG_LEVEL_WARN};
            if (setrlimit(RLIMIT_MEMLOCK, &none) || (!geteuid() && setuid(65534)))
                _exit(2);
            slab_lock_again();
            hardening_tell(&sink);
            hardening_tell(&sink);
            _exit(heard.count == !i && (i || strstr(heard.text, "LimitMEMLOCK=")) ? 0 : 1);
        }
        waitpid(child, &status, 0);
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    apr_pool_destroy(p);
}

/* The first of two steps. */
static void a_limit_that_is_too_low_for_all_is_used_up(void **state)
{
    (void)state;
    int status;
    apr_pool_t *p;
    apr_pool_create(&p, pool);
    secret_t *first = secret_make(p, 32);
    if (!flagged(getpid(), first->bytes, " lo ")) {
        print_message("no memory may be locked here\n");
        skip();
    }
    secret_make(p, 100000);
    pid_t child = fork();
    if (!child) {
        const struct rlimit little = {64 << 10, 64 << 10};
        if (setrlimit(RLIMIT_MEMLOCK, &little) || (!geteuid() && setuid(65534)) ||
            prctl(PR_SET_DUMPABLE, 1))
            _exit(2);
        slab_lock_again();
        _exit(flagged(getpid(), first->bytes, " lo ") ? 0 : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
    apr_pool_destroy(p);
}

static void a_forked_child_locks_its_secrets_again(void **state)
{
    (void)state;
    int status;
    secret_t *secret = secret_make(pool, 32);
    if (!flagged(getpid(), secret->bytes, " lo ")) {
        print_message("no memory may be locked here\n");
        skip();
    }
    if (!fork()) {
        bool before = flagged(getpid(), secret->bytes, " lo ");
        slab_lock_again();
        bool locked = flagged(getpid(), secret->bytes, " lo ");
        bool undumped = flagged(getpid(), secret->bytes, " dd ");
        _exit(!before && locked && undumped ? 0 : 1);
    }
    wait(&status);
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- core_holds_no_root_or_master_key -------------------------------------------------------- */

#define FORMS 5

/* A key as it may lie about: itself, its words turned round (SHA-256's schedule), under HMAC's two
 * pads, and as hex. */
typedef struct search_t {
    int memory;
    bool dumped;
    unsigned char forms[FORMS][KEY_BYTES];
} search_t;

static void set_forms(search_t *search, const unsigned char key[KEY_BYTES])
{
    for (int i = 0; i < KEY_BYTES; i++) {
        search->forms[0][i] = key[i];
        search->forms[1][i] = key[i ^ 3];
        search->forms[2][i] = key[i] ^ 0x36;
        search->forms[3][i] = key[i] ^ 0x5c;
    }
    memcpy(search->forms[4], hex_encode(pool, key, KEY_BYTES), KEY_BYTES);
}

#define PIECE (1 << 20)

/* The number of places in an area where half a key or more of any form is. Areas over a gigabyte
 * are a sanitizer's shadow. */
static int find_forms(void *baton, const area_t *area)
{
    const search_t *search = baton;
    const size_t half = KEY_BYTES / 2;
    int found = 0;
    if (is_dumped(area) != search->dumped || area->to - area->from > (size_t)1 << 30)
        return 0;
    unsigned char *piece = malloc(PIECE + KEY_BYTES);
    for (uintptr_t at = area->from; at < area->to; at += PIECE) {
        size_t want = area->to - at < PIECE + KEY_BYTES ? area->to - at : PIECE + KEY_BYTES;
        ssize_t got = pread(search->memory, piece, want, (off_t)at);
        for (int form = 0; got > 0 && form < FORMS; form++)
            found += memmem(piece, (size_t)got, search->forms[form], half) ||
                     memmem(piece, (size_t)got, search->forms[form] + half, half);
    }
    free(piece);
    return found;
}

/* What a child of httpd does with its keys. */
static void use_keys(const char *path)
{
    keys_t *keys;
    const char *why;
    unsigned char blob[SEAL_OVERHEAD + 4], text[4];
    if (keys_create(path, NULL, pool, &why) || keys_open(&keys, path, NULL, geteuid(), pool, &why))
        _exit(1);
    for (int day = 0; day < 3; day++) {
        apr_time_t now = apr_time_from_sec(86400 * (apr_time_t)(20000 + day));
        const sealer_t *sealers[] = {sealer_make(keys, "session", 1, pool),
                                     sealer_make_openssl(keys, "session", 1, pool)};
        for (int i = 0; i < 2; i++)
            if (!sealer_seal(sealers[i], now, "a", 1, "text", 4, blob) ||
                !sealer_open(sealers[!i], now, "a", 1, blob, sizeof blob, text))
                _exit(1);
    }
}

/* The child's memory is searched from outside while it waits. That the keys are found in the areas
 * that are not dumped shows that the search finds what is there. */
static void core_holds_no_root_or_master_key(void **state)
{
    (void)state;
    static const char *const lines[] = {"\nroot ", "\napp ", "\nmaster "};
    char dir[] = "/tmp/mpin-core-XXXXXX", text[1024] = {0};
    int ready[2], go[2];
    assert_non_null(mkdtemp(dir));
    const char *path = apr_pstrcat(pool, dir, "/mpin.keys", NULL);
    assert_int_equal(pipe(ready) + pipe(go), 0);
    pid_t child = fork();
    if (!child) {
        close(go[1]);
        use_keys(path);
        if (write(ready[1], "", 1) != 1 || read(go[0], text, 1))
            _exit(1);
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], text, 1), 1);

    int file = open(path, O_RDONLY);
    assert_true(read(file, text, sizeof text - 1) > 0);
    close(file);
    search_t search = {.memory = open(apr_psprintf(pool, "/proc/%ld/mem", (long)child), O_RDONLY)};
    assert_true(search.memory >= 0);
    for (int i = 0; i < 3; i++) {
        unsigned char key[KEY_BYTES];
        char hex[2 * KEY_BYTES + 1] = {0};
        const char *end = strchr(strstr(text, lines[i]) + 1, '\n');
        memcpy(hex, end - 2 * KEY_BYTES, 2 * KEY_BYTES);
        assert_true(hex_decode(hex, key, KEY_BYTES));
        set_forms(&search, key);
        search.dumped = true;
        assert_int_equal(each_area(child, find_forms, &search), 0);
        search.dumped = false;
        assert_true(each_area(child, find_forms, &search) > 0);
    }
    close(search.memory);
    close(go[1]);
    waitpid(child, NULL, 0);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_wiped_as_it_goes_and_the_slab_with_the_last),
        cmocka_unit_test(a_secret_is_zeroed_and_out_of_core_dumps),
        cmocka_unit_test(a_write_past_a_secret_kills_as_it_goes),
        cmocka_unit_test(pages_of_their_own_are_guarded_and_read_only),
        cmocka_unit_test(secrets_of_500_vhosts_lie_side_by_side),
        cmocka_unit_test(a_place_is_zeroed_before_the_next_has_it),
        cmocka_unit_test(a_lock_that_fails_is_told_once_for_all_children),
        cmocka_unit_test(a_forked_child_locks_its_secrets_again),
        cmocka_unit_test(a_limit_that_is_too_low_for_all_is_used_up),
        cmocka_unit_test(core_holds_no_root_or_master_key),
    };
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
