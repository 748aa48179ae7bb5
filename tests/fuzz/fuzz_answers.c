/* What those answer whom we ask: an RPS elsewhere, an application, the second D-TA. Nobody gets in
 * on an answer that is not the protocol's, no client is sent off this site, and no share but the
 * first is taken. The first byte says who answers what, the next two how. */
#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/rps_desk.h"
#include "base/hex.h"
#include "base/json.h"
#include "dta/local.h"
#include "dta/second.h"
#include "rps/application.h"

#define SITE "https://www.example.org"
#define DTA "https://dta.example.net"

enum { FRONT = 6, NAMED = 8, INSIDE = 16, ANYBODY = 32 };

static desk_t *desk;
static rps_settings_t closed, open;
static struct site_t {
    rps_t *rps;
    remote_t *remote;
} site_closed, site_open;
static remote_settings_t elsewhere;
static http_answer_t answer; /* of everybody, to everything */
static seats_t *seats;
static dta_t *dta, *pinned;
static keys_app_t app;
static unsigned char good[MPIN_G2_BYTES], sum[MPIN_G2_BYTES];
static int runs;

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

/* ---- the answer ------------------------------------------------------------------------------ */

static void answer_with(const unsigned char *data, const char *body, size_t len)
{
    static const int statuses[] = {200, 200, 200, 200, 401, 403, 404, 408,
                                   410, 412, 429, 500, 503, 302, 204, 0};
    static const char *const types[] = {"application/json", "application/json; charset=UTF-8",
                                        "text/html", ""};
    answer = (http_answer_t){.outcome = data[2] % 8 ? HTTP_EXCHANGE_OK : data[2] / 8 % 4,
                             .status = statuses[data[1] % 16],
                             .type = types[data[1] / 16 % 2 + (data[2] == 255) * 2],
                             .body = body,
                             .len = len,
                             .why = "as the fuzzer wants"};
}

/* What a fuzzer would not guess: an mpinId that holds the userId, and the status in the JSON. */
static json_t *body_of(const unsigned char *data, const char *text, size_t len, apr_pool_t *p)
{
    json_t *json = json_read(p, text, len);
    const char *user_id = json_text(json, "userId", 300);
    if (json && data[0] & NAMED && user_id) {
        char *id = json_dumps(json_tie(p, json_pack("{s:s}", "userID", user_id)), 0);
        json_object_set_new(json, "mpinId",
                            json_string(hex_encode(p, (unsigned char *)id, strlen(id))));
        free(id);
    }
    if (json && data[0] & INSIDE)
        json_object_set_new(json, "status", json_integer(answer.status));
    return json;
}

/* ---- the RPS's ------------------------------------------------------------------------------- */

static void refused(const result_t *result, bool by_us)
{
    static const int known[] = {400, 401, 403, 408, 410, 412, 429, 500, 502, 503, 504};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found |= result->status == known[i];
    require(found && result->code && result->message);
    require(strcmp(result_id(result->code), "MPIN0000") != 0);
    require(by_us || result->status >= 500);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void settings(const struct site_t *site, const caller_t *caller, apr_pool_t *p)
{
    const char *key, *text;
    json_t *value;
    remote_t *fresh = remote_make(&elsewhere, site->rps, desk->http, desk->seats, p);
    const result_t *result = remote_client_settings(fresh, caller, "token", p);
    if (result->status != 200) {
        refused(result, false);
        return;
    }
    require(answer.outcome == HTTP_EXCHANGE_OK && answer.status == 200);
    json_object_foreach((json_t *)(uintptr_t)result->json, key, value)
    {
        if (!(text = json_string_value(value)))
            continue;
        require(!strpbrk(text, "\r\n\\<>\"'%?#@") && !strstr(text, "/.") && !starts(text, "//"));
        if (strstr(key, "URL") || strstr(key, "Url"))
            require(*text == '/' || starts(text, DTA "/") || starts(text, SITE "/"));
        else
            require(!strchr(text, '/') || !strcmp(key, "title"));
    }
}

static void login(const struct site_t *site, const caller_t *caller, const char *text,
                  const json_t *body, apr_pool_t *p)
{
    redemption_t redemption;
    const char *ott = apr_psprintf(p, "%032x", runs);
    remote_redeem(site->remote, caller, text, NULL, &redemption, p);
    require(redemption.refusal || strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
                                               "OPQRSTUVWXYZ-_") == strlen(text));
    remote_redeem(site->remote, caller, ott, runs % 2 ? body : NULL, &redemption, p);
    if (redemption.refusal) {
        refused(redemption.refusal, true);
        return;
    }
    require(site == &site_open && answer.status == 200);
    const char *user_id = json_text(body, "userId", 2 * NAME_MAX_BYTES);
    require(user_id && json_integer_value(json_object_get(body, "status")) == 200);
    require(!strcmp(redemption.user.name, name_canonical(user_id, p)));
    require(!strcmp(redemption.user.name, redemption.identity.name));
    remote_redeem(site->remote, caller, ott, NULL, &redemption, p);
    require(redemption.refusal && redemption.refusal->status == 408);
}

static void asked(const struct site_t *site, const caller_t *caller, const char *text,
                  const json_t *body, apr_pool_t *p)
{
    const result_t *result = remote_verify(site->remote, caller, body, p);
    const char *mpin_id = json_text(body, "mpinId", 2048);
    if (result->status != 200)
        refused(result, true);
    require(result->status != 200 || site == &site_open);
    result = remote_permit(site->remote, caller, mpin_id ? mpin_id : text, p);
    if (result->status != 200)
        refused(result, true);
    require(result->status != 200 || site == &site_open);
}

/* ---- an application's ------------------------------------------------------------------------ */

static void application(rps_t *rps, const char *text, const json_t *body, apr_pool_t *p)
{
    bool active = false, said = false;
    const verify_t verify = {"anna", "00", "", "", text, NULL, 0, false};
    const result_t *refusal =
        application_verify(rps, rps->settings->verify_url, &verify, "No.", &active, p);
    const bool answered = answer.outcome == HTTP_EXCHANGE_OK;
    if (refusal)
        refused(refusal, true);
    require(refusal || (answered && answer.status == 200 && body));
    require(!active || (json_flag(body, "forceActivate", &said) && said));
    refusal = application_permits(rps, "00", p);
    if (refusal)
        refused(refusal, true);
    require(refusal || (answered && answer.status == 200));
}

/* ---- the second D-TA's ----------------------------------------------------------------------- */

static void answer_with_share(const unsigned char bytes[MPIN_G2_BYTES], apr_pool_t *p)
{
    answer.body =
        apr_psprintf(p, "{\"serverSecret\": \"%s\"}", hex_encode(p, bytes, MPIN_G2_BYTES));
    answer.len = strlen(answer.body);
}

/* The one that knows the good share stays with it, and one that knows none takes points only. */
static void share(apr_pool_t *p)
{
    unsigned char got[MPIN_G2_BYTES];
    const apr_time_t now = runs * apr_time_from_sec(100);
    const bool came = answer.outcome == HTTP_EXCHANGE_OK && answer.status == 200;
    keys_app_t other = app;
    apr_cpystrn(other.id, apr_psprintf(p, "%032x", runs), sizeof other.id);
    dta_t *fresh = dta_with_second(DTA "/", &other, dta, desk->store, NULL, seats, &desk->log, p);
    const dta_status_t status = dta_check(pinned, now, p);
    require(fresh && (status == DTA_DOWN || came));
    require(status != DTA_OK || strcasestr(answer.body, hex_encode(p, good, sizeof good)));
    require(dta_server_secret(pinned, now, got, p) == DTA_OK);
    require(memcmp(got, sum, sizeof got) == 0);

    if (dta_server_secret(fresh, now, got, p) == DTA_OK) {
        require(status != DTA_DOWN);
        require((status == DTA_OK) == (memcmp(got, sum, sizeof got) == 0));
        store_delete(desk->store, STORE_LASTING, apr_pstrcat(p, "dta:second:", other.id, NULL));
    } else
        require(status == DTA_DOWN);
}

/* A share that differs from the good one in what the input says. */
static void spoiled_share(const unsigned char *data, size_t size, apr_pool_t *p)
{
    unsigned char bytes[MPIN_G2_BYTES];
    memcpy(bytes, good, sizeof bytes);
    for (size_t i = 0; i < size && i < sizeof bytes; i++)
        bytes[i] ^= data[i];
    answer_with_share(bytes, p);
}

/* ---- set up ---------------------------------------------------------------------------------- */

static void drop(void)
{
    void *state = desk;
    desk_drop(&state);
}

static void open_site(struct site_t *site, rps_settings_t *s)
{
    s->public_url = SITE;
    s->logout_url = SITE "/mpinLogout";
    s->verify_url = "http://10.0.0.9/verify";
    s->permit_url = "http://10.0.0.9/permit";
    site->rps = desk_rps(desk, s, dta);
    require(site->rps);
    site->remote = remote_make(&elsewhere, site->rps, desk->http, desk->seats, desk->pool);
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
    static const unsigned char theirs[MPIN_SCALAR_BYTES] = {0, 7};
    static const char *const origins[] = {DTA, NULL};
    void *state;
    (void)argc, (void)argv;
    require(desk_make(&state) == 0);
    desk = state;
    atexit(drop);
    dta = dta_local(desk->keys, desk->pool);
    closed = open = desk->settings;
    closed.register_open = false;
    closed.allow.kind = ALLOW_NOBODY;
    open.allow.kind = ALLOW_ANY;
    desk->phone_settings.on = true;
    elsewhere = (remote_settings_t){.url = "http://10.0.0.9:8011", .dta_origins = origins};
    open_site(&site_closed, &closed);
    open_site(&site_open, &open);

    seats = seats_make(1, desk->pool);
    app = *keys_dta_app(desk->keys, desk->pool);
    pinned = dta_with_second(DTA "/", &app, dta, desk->store, NULL, seats, &desk->log, desk->pool);
    require(pinned && mpin_server_secret(theirs, good) == MPIN_ACCEPTED);
    answer.status = 200;
    answer.type = "";
    answer_with_share(good, desk->pool);
    require(dta_server_secret(pinned, apr_time_from_sec(2), sum, desk->pool) == DTA_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    if (size < 3)
        return 0;
    apr_pool_create(&p, desk->pool);
    runs++;
    const struct site_t *site = data[0] & ANYBODY ? &site_open : &site_closed;
    const char *text = apr_pstrmemdup(p, (const char *)data + 3, size - 3);
    answer_with(data, text, size - 3);
    json_t *body = body_of(data, text, size - 3, p);
    if (body) {
        answer.body = json_write(p, body);
        answer.len = strlen(answer.body);
    }
    caller_t caller = desk_browser(desk);
    caller.now += runs * apr_time_from_sec(1);
    switch (data[0] & FRONT) {
    case 0:
        settings(site, &caller, p);
        break;
    case 2:
        login(site, &caller, text, body, p);
        break;
    case 4:
        asked(site, &caller, text, body, p);
        application(site->rps, text, body, p);
        break;
    default:
        if (data[0] & INSIDE)
            spoiled_share(data + 3, size - 3, p);
        share(p);
    }
    apr_pool_destroy(p);
    return 0;
}
