/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as the body of each endpoint of the RPS: whatever comes, nothing crashes, every
 * answer is one that the protocol knows, and nobody is let in. */
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/phone_desk.h"
#include "base/json.h"

/* The first byte says which endpoint and what a fuzzer would not guess is put into the body; that
 * of a live code goes into each body of phone login. The questions of applications are among those, too. */
enum {
    ENDPOINT = 7,
    WITH_MPIN_ID = 8,
    WITH_PASS_ID = 16,
    WITH_U = 32,
    WITH_COOKIE = 64,
    BY_PHONE = 128
};

static desk_t *desk;
static device_t device;
static shown_t shown;
static int answers, shown_for;

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
    static const int known[] = {200, 400, 401, 403, 404, 408, 412, 429};
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

/* A fresh code now and then, as what is said may end one; none once all numbers are taken. */
static void show(const caller_t *desktop)
{
    if (shown_for++ % 64 == 0) {
        const int status = phone_show(desk, desktop, &shown);
        require(status == 200 || (status == 429 && shown.wid[0]));
    }
}

/* Nothing in a poll's answer needs an escape, whatever anybody has said. */
static void poll(const caller_t *caller, const char *body, size_t size, apr_pool_t *p)
{
    result_t *result = phone_access(desk->phones, caller, body, size, p);
    known_status(result);
    if (result->status != 200)
        return;
    require(json_read(p, result->text, strlen(result->text)) != NULL);
    require(!strpbrk(result->text, "<>&'\\"));
}

static void serve_phone(unsigned endpoint, const caller_t *caller, json_t *body, const char *text,
                        size_t size, apr_pool_t *p)
{
    result_t *result;
    show(caller);
    if (body && json_object_get(body, "wid"))
        json_object_set_new(body, "wid", json_string(shown.wid));
    switch (endpoint) {
    case 0:
        known_status(phone_qr_url(desk->phones, caller, body, p));
        break;
    case 1:
        poll(caller, text, size, p);
        break;
    case 2:
        known_status(rps_phone_authenticate(desk->rps, NULL, caller, body, p));
        break;
    case 3:
        known_status(rps_login_result(desk->rps, caller, body, p));
        break;
    case 4:
        known_status(rps_activate(desk->rps, caller, device.mpin_id, body, p));
        known_status(rps_activate(desk->rps, caller, text, body, p));
        break;
    case 5:
        result = rps_authenticate(desk->rps, caller, body, p);
        require(result->status != 200);
        require(result->code ||
                json_integer_value(json_object_get(result->json, "status")) == result->status);
        break;
    default:
        known_status(phone_code_status(desk->phones, caller, body, p));
        text = apr_psprintf(p, "{\"webOTT\":\"%s\"}", shown.web_ott);
        poll(caller, text, strlen(text), p);
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
    require(phone_desk_make(&state) == 0);
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
    const char *text = apr_pstrmemdup(p, (const char *)data + 1, size - 1);
    if (flags & BY_PHONE)
        serve_phone(flags & ENDPOINT, &caller, body, text, size - 1, p);
    else
        serve(flags & ENDPOINT, &caller, body, text, p);
    apr_pool_destroy(p);
    return 0;
}
