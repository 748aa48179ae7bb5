/* SPDX-License-Identifier: Apache-2.0 */
/* What people type from a screen: access numbers and one-time codes. A number is one when its check
 * digit says so, and any one wrong digit is none; no code but the one that is shown is worth
 * anything, and that once. */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/rps_desk.h"
#include "base/json.h"
#include "phone/access_number.h"
#include "rps/otp.h"

static desk_t *desk;
static identity_t anna;
static char code[OTP_DIGITS + 1];

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void drop(void)
{
    void *state = desk;
    desk_drop(&state);
}

/* ---- access numbers -------------------------------------------------------------------------- */

/* As the protocol has it, cSum 1; 10 stands for no digit. */
static int check_digit(const char *text)
{
    int sum = 0;
    for (int i = 0; i < 6; i++)
        sum += (text[i] - '0') * (7 - i);
    return (11 - sum % 11) % 11;
}

static void numbers(const char *text, apr_pool_t *p)
{
    unsigned char wid[WID_BYTES];
    const bool is = access_number_is(text);
    require(!is || (strlen(text) == NUMBER_DIGITS && strspn(text, "0123456789") == NUMBER_DIGITS &&
                    check_digit(text) == text[6] - '0'));
    for (int i = 0; is && i < NUMBER_DIGITS; i++) {
        char *other = apr_pstrdup(p, text);
        other[i] = (char)('0' + (text[i] - '0' + 1) % 10);
        require(!access_number_is(other));
    }
    require(!is || access_number_find(desk->store, text, apr_time_now(), wid, p) == STORE_MISSING);
}

static void made_ones(unsigned six, apr_pool_t *p)
{
    char number[NUMBER_DIGITS + 1];
    const bool good = access_number_make(six % 1000000, number);
    require(strlen(number) == NUMBER_DIGITS && access_number_is(number) == good);
    if (good)
        numbers(number, p);
}

/* ---- one-time codes -------------------------------------------------------------------------- */

static void redeem(const caller_t *caller, json_t *body, apr_pool_t *p)
{
    const char *otp = json_text(body, "otp", OTP_DIGITS);
    const bool right = otp && strcmp(otp, code) == 0;
    const result_t *result = rps_otp(desk->rps, caller, body, p);
    switch (result->status) {
    case 200:
        require(right && !strcmp(json_text(result->json, "userId", NAME_MAX_BYTES), anna.name));
        require(rps_otp(desk->rps, caller, body, p)->status == 410);
        break;
    case 400:
    case 401:
    case 410:
    case 429:
        require(result->code && result->message && !result->json);
        break;
    default:
        require(false);
    }
}

static void codes(const unsigned char *data, size_t size, apr_pool_t *p)
{
    const caller_t caller = desk_caller(desk, "127.0.0.1", 0);
    json_t *body = json_read(p, (const char *)data, size);
    require(otp_issue(desk->rps, &anna, code, caller.now, p) == STORE_OK);
    redeem(&caller, body, p);
    json_t *named = json_tie(p, json_pack("{s:s}", "userId", "anna"));
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    json_object_set_new(named, "otp", json_string(text));
    redeem(&caller, named, p);

    /* Two wrong ones make nobody wait, and a right one makes up for them. */
    require(otp_issue(desk->rps, &anna, code, caller.now, p) == STORE_OK);
    json_object_set_new(named, "otp", json_string(code));
    require(rps_otp(desk->rps, &caller, named, p)->status == 200);
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
    device_t device;
    (void)argc, (void)argv;
    require(desk_make(&state) == 0);
    desk = state;
    desk->settings.issue_otp = true;
    atexit(drop);
    desk_enrol(desk, "anna", &device);
    const caller_t caller = desk_browser(desk);
    require(desk_sign_in(desk, &caller, &device, DESK_PIN) == 200);
    anna = desk_identity(desk, &device);
    otp_draw(code);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    unsigned six = 0;
    apr_pool_create(&p, desk->pool);
    memcpy(&six, data, size < sizeof six ? size : sizeof six);
    numbers(apr_pstrmemdup(p, (const char *)data, size), p);
    made_ones(six, p);
    codes(data, size, p);
    apr_pool_destroy(p);
    return 0;
}
