/* SPDX-License-Identifier: Apache-2.0 */
#include "dta/sign.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/utc.h"

#define EXPIRES_SHAPE "dddd-dd-ddTdd:dd:ddZ"
#define EXPIRES_SPREAD 30 /* seconds; two requests in one second must not be the same */

/* ---- the MAC --------------------------------------------------------------------------------- */

static void dta_mac(const keys_app_t *app, const char *message, unsigned char mac[32])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, app->key->bytes, app->key->len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)message, strlen(message));
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

static const char *signature_of(const keys_app_t *app, const char *message, apr_pool_t *p)
{
    unsigned char mac[32];
    dta_mac(app, message, mac);
    return hex_encode(p, mac, sizeof mac);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static const char *expiry(apr_time_t now, apr_pool_t *p)
{
    return utc_text(now + apr_time_from_sec(DTA_AHEAD - randombytes_uniform(EXPIRES_SPREAD)), p);
}

static const char *in_query(const char *expires, apr_pool_t *p)
{
    return apr_psprintf(p, "%.13s%%3A%.2s%%3A%s", expires, expires + 14, expires + 17);
}

const char *dta_sign_server_secret(const keys_app_t *app, apr_time_t now, apr_pool_t *p)
{
    const char *expires = expiry(now, p);
    const char *message = apr_pstrcat(p, "serverSecret", app->id, expires, NULL);
    return apr_pstrcat(p, "app_id=", app->id, "&expires=", in_query(expires, p),
                       "&signature=", signature_of(app, message, p), NULL);
}

const char *dta_sign_client_secret(const keys_app_t *app, const char *hash_mpin_id, int mobile,
                                   apr_time_t now, apr_pool_t *p)
{
    const char *expires = expiry(now, p);
    const char *message = apr_pstrcat(p, "clientSecret", app->id, hash_mpin_id, expires, NULL);
    return apr_pstrcat(p, "mobile=", mobile ? "1" : "0", "&expires=", in_query(expires, p),
                       "&app_id=", app->id, "&hash_mpin_id=", hash_mpin_id,
                       "&signature=", signature_of(app, message, p), "&hash_user_id=", NULL);
}

const char *dta_sign_time_permit(const keys_app_t *app, const char *hash_mpin_id, apr_pool_t *p)
{
    return signature_of(app, hash_mpin_id, p);
}

const char *dta_sign_time_permits(const keys_app_t *app, const char *hash_mpin_id, int count,
                                  apr_time_t now, apr_pool_t *p)
{
    const char *expires = expiry(now, p), *days = apr_itoa(p, count);
    const char *message = apr_pstrcat(p, hash_mpin_id, days, expires, NULL);
    return apr_pstrcat(p, "hash_mpin_id=", hash_mpin_id, "&count=", days,
                       "&expires=", in_query(expires, p),
                       "&signature=", signature_of(app, message, p), NULL);
}

/* ---- being asked ----------------------------------------------------------------------------- */

static result_t *dta_malformed(apr_pool_t *p, const char *message)
{
    return result_error(p, 403, "dta_request_malformed", message);
}

static result_t *wrong_signature(apr_pool_t *p)
{
    return result_error(p, 401, "dta_signature_wrong", "Invalid signature");
}

/* Exactly YYYY-MM-DDTHH:MM:SSZ, and a time that there is. */
static bool read_expires(const char *text, apr_time_t *expires)
{
    static const char shape[] = EXPIRES_SHAPE;
    apr_size_t i = 0;
    for (; shape[i] && text[i]; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    if (shape[i] || text[i])
        return false;

#define TWO(at) ((text[at] - '0') * 10 + text[(at) + 1] - '0')
    apr_time_exp_t t = {.tm_year = TWO(0) * 100 + TWO(2) - 1900,
                        .tm_mon = TWO(5) - 1,
                        .tm_mday = TWO(8),
                        .tm_hour = TWO(11),
                        .tm_min = TWO(14),
                        .tm_sec = TWO(17)};
#undef TWO
    return t.tm_mon >= 0 && t.tm_mon < 12 && t.tm_mday > 0 && t.tm_mday < 32 && t.tm_hour < 24 &&
           t.tm_min < 60 && t.tm_sec < 61 && apr_time_exp_gmt_get(expires, &t) == APR_SUCCESS;
}

static result_t *check_hash(const dta_request_t *request, dta_asked_t *asked, apr_pool_t *p)
{
    if (request->repeated)
        return dta_malformed(p, "A parameter stands there twice");
    if (!request->signature)
        return dta_malformed(p, "Missing argument signature");
    if (!request->hash_mpin_id)
        return dta_malformed(p, "Missing argument hash_mpin_id");
    if (!hex_decode(request->hash_mpin_id, asked->hash_mpin_id, sizeof asked->hash_mpin_id))
        return dta_malformed(p, "Invalid data received. hash_mpin_id should be 64 lower-case hex");
    return NULL;
}

static result_t *check_expires(const dta_request_t *request, apr_time_t now, dta_asked_t *asked,
                               apr_pool_t *p)
{
    if (!request->expires)
        return dta_malformed(p, "Missing argument expires");
    if (!read_expires(request->expires, &asked->expires))
        return dta_malformed(p, "Invalid data received. expires should be YYYY-MM-DDTHH:MM:SSZ");
    if (asked->expires > now + apr_time_from_sec(DTA_AHEAD))
        return dta_malformed(p, "Invalid data received. expires lies too far ahead");
    return NULL;
}

/* Another application's request is signed by another key; and an id that has swallowed a part of
 * the next field, or lost one to it, is another's. */
static result_t *check_app(const keys_app_t *app, const dta_request_t *request, apr_pool_t *p)
{
    if (request->repeated)
        return dta_malformed(p, "A parameter stands there twice");
    if (!request->app_id)
        return dta_malformed(p, "Missing argument app_id");
    if (!request->signature)
        return dta_malformed(p, "Missing argument signature");
    return strcmp(request->app_id, app->id) == 0 ? NULL : wrong_signature(p);
}

static result_t *check_mac(const keys_app_t *app, const dta_request_t *request, const char *message,
                           dta_asked_t *asked, apr_pool_t *p)
{
    unsigned char given[32];
    dta_mac(app, message, asked->mac);
    return hex_decode(request->signature, given, sizeof given) &&
                   sodium_memcmp(given, asked->mac, sizeof given) == 0
               ? NULL
               : wrong_signature(p);
}

static result_t *check_live(apr_time_t now, const dta_asked_t *asked, apr_pool_t *p)
{
    return asked->expires > now ? NULL
                                : result_error(p, 408, "dta_request_expired", "Request expired");
}

result_t *dta_check_server_secret(const keys_app_t *app, const dta_request_t *request,
                                  apr_time_t now, dta_asked_t *asked, apr_pool_t *p)
{
    result_t *refusal = check_app(app, request, p);
    if (!refusal)
        refusal = check_expires(request, now, asked, p);
    if (!refusal)
        refusal =
            check_mac(app, request, apr_pstrcat(p, "serverSecret", app->id, request->expires, NULL),
                      asked, p);
    return refusal ? refusal : check_live(now, asked, p);
}

result_t *dta_check_client_secret(const keys_app_t *app, const dta_request_t *request,
                                  apr_time_t now, dta_asked_t *asked, apr_pool_t *p)
{
    unsigned char user[32];
    const char *hash_user_id = request->hash_user_id;
    result_t *refusal = check_app(app, request, p);
    if (!refusal)
        refusal = check_hash(request, asked, p);
    if (refusal)
        return refusal;
    if (!hash_user_id)
        return dta_malformed(p, "Missing argument hash_user_id");
    if (*hash_user_id && !hex_decode(hash_user_id, user, sizeof user))
        return dta_malformed(
            p, "Invalid data received. hash_user_id should be empty or 64 lower-case hex");
    refusal = check_expires(request, now, asked, p);
    if (!refusal)
        refusal = check_mac(app, request,
                            apr_pstrcat(p, "clientSecret", app->id, request->hash_mpin_id,
                                        hash_user_id, request->expires, NULL),
                            asked, p);
    return refusal ? refusal : check_live(now, asked, p);
}

result_t *dta_check_time_permit(const keys_app_t *app, const dta_request_t *request,
                                dta_asked_t *asked, apr_pool_t *p)
{
    result_t *refusal = check_hash(request, asked, p);
    asked->count = 1;
    asked->expires = 0;
    return refusal ? refusal : check_mac(app, request, request->hash_mpin_id, asked, p);
}

static bool read_days(const char *text, int *count)
{
    apr_size_t len = strspn(text, "0123456789");
    if (!len || len > 2 || text[len] || *text == '0')
        return false;
    *count = (int)apr_atoi64(text);
    return *count <= DTA_DAYS_MAX;
}

result_t *dta_check_time_permits(const keys_app_t *app, const dta_request_t *request,
                                 apr_time_t now, dta_asked_t *asked, apr_pool_t *p)
{
    int count = 0;
    result_t *refusal = check_hash(request, asked, p);
    if (refusal)
        return refusal;
    if (!request->count)
        return dta_malformed(p, "Missing argument count");
    if (!read_days(request->count, &count))
        return dta_malformed(p, "Invalid data received. count should be 1 to 30");
    if (count == 1 && !request->expires)
        return dta_check_time_permit(app, request, asked, p);
    if (!request->expires) /* what a client holds: no key to the days to come */
        return wrong_signature(p);

    refusal = check_expires(request, now, asked, p);
    if (!refusal)
        refusal =
            check_mac(app, request,
                      apr_pstrcat(p, request->hash_mpin_id, request->count, request->expires, NULL),
                      asked, p);
    asked->count = count;
    return refusal ? refusal : check_live(now, asked, p);
}
