/* SPDX-License-Identifier: Apache-2.0 */
/* What those answer who send SMS, and WorkOS: no code is right by an answer that is about another
 * challenge, and nothing but plain ids and times reaches a page or a URL. The first byte says which
 * call, the second how it is answered. */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/seats.h"
#include "factor/sms.h"
#include "factor/workos.h"

static http_answer_t answer;
static factors_t *factors;
static workos_t workos;
static sms_t sms;

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Linked in place of http_exchange. */
http_answer_t __wrap_http_exchange(http_t *http, const http_request_t *request, apr_pool_t *p);
http_answer_t __wrap_http_exchange(http_t *http, const http_request_t *request, apr_pool_t *p)
{
    (void)http, (void)p;
    require(!strpbrk(request->url, "\r\n ") && request->body_max && request->total_ms);
    for (const char *const *h = request->headers; h && *h; h++)
        require(!strpbrk(*h, "\r\n"));
    return answer;
}

/* And of store_count: nobody has asked too often. */
store_status_t __wrap_store_count(store_t *store, store_class_t in, const char *key, int64_t n,
                                  apr_time_t expires, int64_t *total);
store_status_t __wrap_store_count(store_t *store, store_class_t in, const char *key, int64_t n,
                                  apr_time_t expires, int64_t *total)
{
    (void)store, (void)in, (void)key, (void)expires;
    *total = n;
    return STORE_OK;
}

static void answer_with(unsigned char how, const char *body, size_t len)
{
    static const int statuses[] = {200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503};
    answer = (http_answer_t){.outcome = how & 0x10 ? how >> 6 : HTTP_EXCHANGE_OK,
                             .status = statuses[(how & 0x0f) % 12],
                             .retry_after = how & 0x20 ? 7 : 0,
                             .type = "application/json",
                             .body = body,
                             .len = len,
                             .why = "as the fuzzer wants"};
}

static void refused(const result_t *result)
{
    static const int known[] = {403, 410, 422, 502, 503};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found |= result->status == known[i];
    require(found && strcmp(result_id(result->code), "MPIN0000") != 0);
}

static bool is_plain(const char *text)
{
    return !strpbrk(text, "<>\"'&/?# %\r\n");
}

static void factor_is_plain(const workos_factor_t *factor)
{
    require(is_plain(factor->id) && *factor->id && is_plain(factor->created) &&
            is_plain(factor->updated) && is_plain(factor->environment));
    require(!factor->uri || strncmp(factor->uri, "otpauth://totp/", 15) == 0);
}

static void call(unsigned char which, const turn_t *turn)
{
    const workos_wish_t app = {WORKOS_TOTP, NULL, "Wiki", "john"};
    const workos_wish_t phone = {WORKOS_SMS, "+12025550143", NULL, NULL};
    workos_factor_t factor;
    workos_challenge_t challenge;
    bool valid = false, left;
    result_t *result;
    switch (which % 8) {
    case 0:
    case 1:
        result = workos_enroll(&workos, turn, which % 2 ? &app : &phone, &factor);
        if (!result)
            factor_is_plain(&factor);
        break;
    case 2:
        result = workos_get(&workos, turn, "auth_factor_1", &factor);
        if (!result)
            factor_is_plain(&factor);
        require(result || strcmp(factor.id, "auth_factor_1") == 0);
        break;
    case 3:
        result = workos_challenge(&workos, turn, "auth_factor_1", NULL, &challenge);
        require(result || strcmp(challenge.factor, "auth_factor_1") == 0);
        break;
    case 4:
        result =
            workos_verify(&workos, turn, "auth_challenge_1", "auth_factor_1", "123456", &valid);
        require(!valid || (!result && strstr(answer.body, "auth_challenge_1")));
        break;
    case 5:
        result = workos_delete(&workos, turn, "auth_factor_1");
        break;
    default:
        sms.setting = &(sms_setting_t){.url = "https://sms.example.org",
                                       .twilio = which % 2,
                                       .from = "Wiki",
                                       .text = "it is {{code}}"};
        result = sms_hand_over(&sms, turn, "+12025550143", "123456", &left);
    }
    if (result)
        refused(result);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char twilio[] = "AC0123456789abcdef0123456789abcdef:token",
                      key[] = "WORKOS_API_KEY=sk_1";
    static secret_t secret, line;
    static workos_setting_t setting = {.url = "https://workos.example.org"};
    apr_pool_t *p;
    (void)argc, (void)argv;
    apr_initialize();
    apr_pool_create(&p, NULL);
    seats_t *seats = seats_make(8, p);
    secret = (secret_t){(unsigned char *)twilio, sizeof twilio - 1};
    line = (secret_t){(unsigned char *)key, sizeof key - 1};
    workos = (workos_t){.setting = &setting,
                        .key = &line,
                        .limits = {.key = &line},
                        .peer = {.seats = seats, .who = "WorkOS"}};
    sms = (sms_t){.secret = &secret, .peer = {.seats = seats, .who = "Twilio"}};
    factors = factors_make(NULL, NULL, p);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    own_factor_t factor = {.kind = KIND_SMS};
    const caller_t caller = {.now = apr_time_from_sec(1800000000)};
    char number[PHONE_SIZE];
    if (size < 2)
        return 0;
    apr_pool_create(&p, NULL);
    const turn_t turn = {.factors = factors, .factor = &factor, .caller = &caller, .p = p};
    const char *body = apr_pstrmemdup(p, (const char *)data + 2, size - 2);
    answer_with(data[1], body, size - 2);
    call(data[0], &turn);
    require(!phone_read(body, number) || (*number == '+' && strlen(number) < PHONE_SIZE));
    apr_pool_destroy(p);
    return 0;
}
