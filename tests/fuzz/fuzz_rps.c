/* Arbitrary bytes as the body of each endpoint of the RPS: whatever comes, nothing crashes, every
 * answer is one that the protocol knows, and nobody is let in. */
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/rps_desk.h"
#include "base/json.h"

/* The first byte says which endpoint and what a fuzzer would not guess is put into the body. */
enum { ENDPOINT = 7, WITH_MPIN_ID = 8, WITH_PASS_ID = 16, WITH_U = 32, WITH_COOKIE = 64 };

static desk_t *desk;
static device_t device;
static int answers;

static void require(int holds)
{
    if (!holds)
        abort();
}

static void drop(void)
{
    void *state = desk;
    desk_drop(&state);
}

static void known_status(const result_t *result)
{
    static const int known[] = {200, 400, 403, 408, 429};
    int found = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found |= result->status == known[i];
    require(found);
    require(result->status == 200 || (result->code && result->message));
    require(result->status == 200 || strcmp(result_id(result->code), "MPIN0000") != 0);
    answers++;
}

/* The body that was sent, with what only an enrolled device has. */
static json_t *body_of(const unsigned char *data, size_t size, unsigned flags,
                       const caller_t *caller, apr_pool_t *p)
{
    talk_t talk;
    json_t *body = json_read(p, (const char *)data, size);
    if (!body)
        return NULL;
    if (flags & WITH_MPIN_ID)
        json_object_set_new(body, "mpin_id", json_string(device.mpin_id));
    if (flags & WITH_U)
        json_object_set(body, "U", json_object_get(desk_pass1_body(&device, &talk, p), "U"));
    if (flags & WITH_PASS_ID && desk_pass1(desk, caller, &device, &talk, p) == 200)
        json_object_set_new(body, "passId", json_string(talk.pass_id));
    return body;
}

static void redeem(const caller_t *caller, const char *auth_ott, apr_pool_t *p)
{
    redemption_t redemption;
    rps_redeem(desk->rps, caller, auth_ott, &redemption, p);
    require(redemption.refusal != NULL);
}

static void serve(unsigned endpoint, const caller_t *caller, const json_t *body, const char *text,
                  apr_pool_t *p)
{
    result_t *result;
    switch (endpoint) {
    case 0:
        known_status(rps_register(desk->rps, caller, NULL, body, p));
        break;
    case 1:
        known_status(rps_register(desk->rps, caller, text, body, p));
        break;
    case 2:
        result = rps_signature(desk->rps, caller, text, json_text(body, "regOTT", 32), p);
        known_status(result);
        require(result->status != 200);
        break;
    case 3:
        result = rps_signature(desk->rps, caller, device.mpin_id, text, p);
        known_status(result);
        require(result->status != 200);
        break;
    case 4:
        known_status(rps_pass1(desk->rps, caller, body, p));
        break;
    case 5:
        result = rps_pass2(desk->rps, caller, body, p);
        known_status(result);
        if (result->status == 200)
            redeem(caller, json_text(result->json, "authOTT", 32), p);
        break;
    default:
        redeem(caller, text, p);
        known_status(rps_setup_done(desk->rps, caller, text, p));
    }
}

/* What the desk keeps hangs from APR's pools, which are mapped memory that the leak checker does
 * not search: it would take all of it for lost. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    void *state;
    (void)argc;
    (void)argv;
    require(desk_make(&state) == 0);
    desk = state;
    atexit(drop);
    caller_t caller = desk_browser(desk);
    require(desk_register(desk, &caller, "anna", &device) == 200);
    require(desk_sign(desk, &caller, &device) == 200);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    if (size == 0)
        return 0;
    apr_pool_create(&p, desk->pool);
    unsigned flags = data[0];
    /* From an address of its own, so that its caps don't end the run. */
    caller_t caller =
        desk_caller(desk, apr_psprintf(p, "198.51.%d.%d", answers / 256 % 256, answers % 256),
                    flags & WITH_COOKIE ? 1 : 0);
    json_t *body = body_of(data + 1, size - 1, flags, &caller, p);
    serve(flags & ENDPOINT, &caller, body, apr_pstrmemdup(p, (const char *)data + 1, size - 1), p);
    apr_pool_destroy(p);
    return 0;
}
