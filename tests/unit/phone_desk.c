/* SPDX-License-Identifier: Apache-2.0 */
#include "phone_desk.h"

#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"

int phone_desk_make(void **state)
{
    if (desk_place(state))
        return -1;
    desk_t *desk = *state;
    desk->settings.public_url = "https://wiki.example.org";
    desk->phone_settings = (phone_settings_t){.on = true,
                                              .wait = 1,
                                              .title = desk->settings.title,
                                              .public_url = desk->settings.public_url,
                                              .host = "wiki.example.org",
                                              .base_url = desk->settings.base_url,
                                              .mobile_url = "https://wiki.example.org/m",
                                              .logo_url = "https://wiki.example.org/logo.png"};
    desk_open(desk);
    return 0;
}

caller_t phone_desktop(const desk_t *desk)
{
    caller_t caller = desk_caller(desk, "192.0.2.7", 1);
    caller.user_agent = DESKTOP_AGENT;
    return caller;
}

caller_t phone_caller(const desk_t *desk, const char *address, unsigned char cookie)
{
    return desk_caller(desk, address, cookie);
}

int phone_show(desk_t *desk, const caller_t *desktop, shown_t *shown)
{
    result_t *result =
        phone_qr_url(desk->phones, desktop, desk_json(desk->pool, "{'prerollid':''}"), desk->pool);
    if (result->status != 200)
        return result->status;
    const char *url = json_text(result->json, "qrUrl", 200);
    apr_cpystrn(shown->number, json_text(result->json, "accessNumber", 7), sizeof shown->number);
    apr_cpystrn(shown->web_ott, json_text(result->json, "webOTT", 32), sizeof shown->web_ott);
    apr_cpystrn(shown->wid, strchr(url, '#') + 1, sizeof shown->wid);
    return 200;
}

const json_t *phone_poll(desk_t *desk, const char *web_ott, apr_pool_t *p)
{
    caller_t desktop = phone_desktop(desk);
    const char *body = apr_psprintf(p, "{\"webOTT\":\"%s\"}", web_ott);
    result_t *result = phone_access(desk->phones, &desktop, body, strlen(body), p);
    assert_int_equal(result->status, 200);
    const json_t *json = json_read(p, result->text, strlen(result->text));
    assert_non_null(json);
    return json;
}

void assert_status(desk_t *desk, const shown_t *shown, const char *status)
{
    const json_t *json = phone_poll(desk, shown->web_ott, desk->pool);
    assert_string_equal(json_text(json, "status", 20), status);
}

result_t *phone_says(desk_t *desk, const caller_t *phone, const char *wid, const char *text)
{
    const char *at = strchr(text, '$');
    const char *whole = apr_pstrcat(desk->pool, apr_pstrndup(desk->pool, text, (size_t)(at - text)),
                                    wid, at + 1, NULL);
    return phone_code_status(desk->phones, phone, desk_json(desk->pool, whole), desk->pool);
}

const char *phone_proves(desk_t *desk, const caller_t *phone, const device_t *device,
                         const char *wid, uint32_t pin)
{
    talk_t talk;
    assert_int_equal(desk_pass1(desk, phone, device, &talk, desk->pool), 200);
    json_t *body = desk_pass2_body(device, &talk, pin, desk->pool);
    json_object_set_new(body, "WID", json_string(wid));
    result_t *result = rps_pass2(desk->rps, phone, body, desk->pool);
    assert_int_equal(result->status, 200);
    return json_text(result->json, "authOTT", 32);
}

result_t *phone_authenticates(desk_t *desk, seats_t *seats, const caller_t *phone,
                              const char *auth_ott, apr_pool_t *p)
{
    json_t *body = json_tie(p, json_pack("{s:{s:s}}", "mpinResponse", "authOTT", auth_ott));
    return rps_phone_authenticate(desk->rps, seats, phone, body, p);
}

void assert_refusal(const result_t *result, int status, const char *code)
{
    assert_non_null(result->code);
    assert_string_equal(result->code, code);
    assert_int_equal(result->status, status);
}
