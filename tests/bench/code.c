/* SPDX-License-Identifier: Apache-2.0 */
/* What a right code of an authenticator app costs, from what was typed to what is stored: counted,
 * judged, used up. `code` prints microseconds, disk included; callgrind counts the instructions of
 * `code totp`, which collects nothing but that step, once. */
#include <apr_general.h>
#include <liboath/oath.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>
#include "../unit/store_fixture.h"
#include "factor/kinds.h"
#include "factor/totp.h"

#define ROUNDS 200
#define SECRET "12345678901234567890" /* of RFC 6238, appendix B */

static apr_pool_t *pool;
static factors_t *factors;
static own_factor_t app = {.kind = KIND_TOTP, .confirmed = true, .name = "phone"};
static time_t now; /* the store's clock, by which a count expires */

/* As totp.c keeps it: layout, secret, the step of the last code. */
static int prepare(void)
{
    now = time(NULL);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    store_fixture_t *fixture = fixture_store(pool);
    factors = factors_make(fixture->store, NULL, pool);
    app.data[0] = 1;
    memcpy(app.data + 1, SECRET, sizeof(SECRET) - 1);
    app.len = sizeof(SECRET) + 4;
    return oath_init() == OATH_OK &&
           factors_add(factors, &app, apr_time_from_sec(now), pool) == STORE_OK;
}

/* Each code is good once: the clock goes on. */
static int judge_next(int counted)
{
    char code[TOTP_DIGITS + 1];
    const user_t user = {.version = 1, .state = USER_ACTIVE, .name = "anna"};
    now += TOTP_STEP;
    if (oath_totp_generate(SECRET, sizeof(SECRET) - 1, now, TOTP_STEP, 0, TOTP_DIGITS, code) !=
        OATH_OK)
        return 0;
    const caller_t caller = {.now = apr_time_from_sec(now)};
    const turn_t turn = {
        .factors = factors, .factor = &app, .caller = &caller, .user = &user, .p = pool};
    if (counted)
        CALLGRIND_TOGGLE_COLLECT;
    const result_t *refusal = kind_judge(&turn, code);
    if (counted)
        CALLGRIND_TOGGLE_COLLECT;
    return !refusal;
}

int main(int argc, char **argv)
{
    struct timespec from, to;
    if (!prepare() || !judge_next(0)) /* and the store is warm */
        return 1;
    if (argc > 1)
        return strcmp(argv[1], "totp") != 0 || !judge_next(1);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < ROUNDS; i++)
        if (!judge_next(0))
            return 1;
    clock_gettime(CLOCK_MONOTONIC, &to);
    const double spent =
        (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) * 1e-3;
    printf("%-16s %9.1f us\n", "totp", spent / ROUNDS);
    return 0;
}
