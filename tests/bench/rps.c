/* SPDX-License-Identifier: Apache-2.0 */
/* What a PIN login costs in the RPS, from parsed bodies to results, beside the bare verification of
 * its proof. The client's work is done outside of what is counted. `rps` prints microseconds of
 * processor time; `rps STEP` is for callgrind. */
#include <apr_pools.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>
#include "../unit/rps_desk.h"
#include "base/hex.h"
#include "base/json.h"
#include "dta/local.h"

#define LOGINS 1000

typedef struct step_t {
    const char *name;
    double spent; /* seconds of all runs */
} step_t;

enum { PASS1, PASS2, REDEEM, VERIFY, STEPS };
static step_t steps[STEPS] = {{"pass1", 0}, {"pass2", 0}, {"redeem", 0}, {"verify", 0}};
static const char *counted; /* the step that callgrind counts, NULL = all but verify */
static bool counting;

/* Valgrind runs the ADX instructions but does not announce them (tests/bench/verify.c). */
extern int __blst_platform_cap __attribute__((weak));
#define BLST_CAP_ADX 1

static double cpu(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void toggle(int step)
{
    if (counting && (counted ? strcmp(counted, steps[step].name) == 0 : step != VERIFY))
        CALLGRIND_TOGGLE_COLLECT;
}

static void start(int step)
{
    steps[step].spent -= cpu();
    toggle(step);
}

static void stop(int step)
{
    toggle(step);
    steps[step].spent += cpu();
}

/* The server of the bare verification is the RPS's own share in another verifier. */
static mpin_server_t *verifier(desk_t *desk)
{
    unsigned char secret[MPIN_G2_BYTES];
    dta_server_secret(dta_local(desk->keys, desk->pool), apr_time_now(), secret, desk->pool);
    return mpin_server_make(secret);
}

static bool login(desk_t *desk, const device_t *device, const mpin_server_t *server, apr_pool_t *p)
{
    talk_t talk;
    redemption_t redemption;
    unsigned char wire[MPIN_WIRE_SCALAR_BYTES], v[MPIN_G1_BYTES];
    caller_t caller = desk_browser(desk);

    json_t *body = desk_pass1_body(device, &talk, p);
    start(PASS1);
    result_t *first = rps_pass1(desk->rps, &caller, body, p);
    stop(PASS1);
    const char *y = first->status == 200 ? json_text(first->json, "y", 2 * sizeof wire) : NULL;
    if (!y || !hex_decode(y, wire, sizeof wire))
        return false;
    memcpy(talk.y, wire + sizeof wire - sizeof talk.y, sizeof talk.y);
    memcpy(talk.pass_id, json_text(first->json, "passId", 32), sizeof talk.pass_id);

    body = desk_pass2_body(device, &talk, DESK_PIN, p);
    start(PASS2);
    result_t *second = rps_pass2(desk->rps, &caller, body, p);
    stop(PASS2);
    const char *auth_ott = second->status == 200 ? json_text(second->json, "authOTT", 32) : NULL;

    start(REDEEM);
    rps_redeem(desk->rps, &caller, auth_ott, &redemption, p);
    stop(REDEEM);

    client_pass2(device->token, device->hash, DESK_PIN, talk.x, talk.y, v);
    start(VERIFY);
    mpin_status_t outcome = mpin_verify(server, device->hash, talk.u, talk.y, v);
    stop(VERIFY);
    return !redemption.refusal && outcome == MPIN_ACCEPTED;
}

static bool run(desk_t *desk, int logins)
{
    caller_t caller = desk_browser(desk);
    device_t device;
    apr_pool_t *p;
    mpin_server_t *server = verifier(desk);
    if (desk_register(desk, &caller, "anna@example.org", &device) != 200 ||
        desk_sign(desk, &caller, &device) != 200 || !login(desk, &device, server, desk->pool))
        return false;
    for (int i = 0; i < STEPS; i++)
        steps[i].spent = 0;

    apr_pool_create(&p, desk->pool);
    bool ok = true;
    counting = true;
    for (int i = 0; i < logins && ok; i++) {
        ok = login(desk, &device, server, p);
        apr_pool_clear(p);
    }
    mpin_server_free(server);
    return ok;
}

static void report(void)
{
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
        printf("%-8s %9.1f us\n", steps[i].name, 1e6 * steps[i].spent / LOGINS);
        sum += i == VERIFY ? 0 : steps[i].spent;
    }
    printf("login    %9.1f us, %.3f of the verification\n", 1e6 * sum / LOGINS,
           sum / steps[VERIFY].spent);
}

/* rps [STEP|login [adx]]: with a step, one login for callgrind. */
int main(int argc, char **argv)
{
    void *state;
    if (argc > 2 && strcmp(argv[2], "adx") == 0 && &__blst_platform_cap)
        __blst_platform_cap |= BLST_CAP_ADX;
    if (argc > 1 && strcmp(argv[1], "login") != 0)
        counted = argv[1];
    if (desk_make(&state))
        return 1;
    bool ok = run(state, argc > 1 ? 1 : LOGINS);
    desk_drop(&state);
    if (ok && argc < 2)
        report();
    return ok ? 0 : 1;
}
