/* SPDX-License-Identifier: Apache-2.0 */
/* What the system refuses to do for secrets is told. It refuses here what it is asked for while
 * `refused` is set; that it locks nothing is tried in test_secret.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keys/hardening.h"
#include "keys/locked.h"

static bool refused;

static int refuse(void)
{
    errno = ENOMEM;
    return -1;
}

int madvise(void *at, size_t len, int advice)
{
    return refused ? refuse() : (int)syscall(SYS_madvise, at, len, advice);
}

int mprotect(void *at, size_t len, int rights)
{
    return refused && rights == PROT_READ ? refuse() : (int)syscall(SYS_mprotect, at, len, rights);
}

int prctl(int option, ...)
{
    va_list given;
    va_start(given, option);
    const unsigned long value = va_arg(given, unsigned long);
    va_end(given);
    return refused ? refuse() : (int)syscall(SYS_prctl, option, value, 0L, 0L, 0L);
}

static void hear(void *baton, log_level_t level, const char *id, const char *text)
{
    char *heard = baton;
    assert_int_equal(level, LOG_LEVEL_WARN);
    assert_non_null(strstr(text, strerror(ENOMEM)));
    strcat(strcat(heard, id), " ");
}

static void each_refusal_is_told_once(void **state)
{
    (void)state;
    char heard[256] = "";
    const log_sink_t log = {hear, heard, LOG_LEVEL_INFO};
    hardening_undumpable();
    hardening_tell(&log);
    assert_string_equal(heard, "");

    refused = true;
    void *bytes = locked_make(64);
    assert_non_null(bytes); /* the site goes on */
    locked_seal(bytes, 64);
    hardening_undumpable();
    refused = false;
    locked_free(bytes, 64);
    hardening_tell(&log);
    assert_string_equal(heard, "MPIN0986 MPIN0987 MPIN0988 ");
    hardening_tell(&log);
    assert_string_equal(heard, "MPIN0986 MPIN0987 MPIN0988 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_is_told_once),
    };
    return cmocka_run_group_tests_name("hardening", tests, NULL, NULL);
}
