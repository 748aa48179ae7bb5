/* SPDX-License-Identifier: Apache-2.0 */
/* What WorkOS answers, read and bounded. */
#include "factor/workos.h"

#include <apr_strings.h>
#include <string.h>

#define SECRET_MAX 256
#define URI_MAX 1024
#define ID_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define TIME_CHARS "0123456789-:.TZ+"

/* A text of these characters under `key`, 1 to `max` bytes; it stands in URLs and pages of ours. */
static bool read_plain(const json_t *json, const char *key, const char *characters, char *text,
                       apr_size_t max)
{
    const char *found = json_text(json, key, max);
    if (!found || !*found || strspn(found, characters) != strlen(found))
        return false;
    apr_cpystrn(text, found, max + 1);
    return true;
}

static bool workos_read_id(const json_t *json, const char *key, char id[WORKOS_ID_MAX + 1])
{
    return read_plain(json, key, ID_CHARS, id, WORKOS_ID_MAX);
}

static bool read_time(const json_t *json, const char *key, char time[WORKOS_TIME_MAX + 1])
{
    return read_plain(json, key, TIME_CHARS, time, WORKOS_TIME_MAX);
}

static bool is_absent(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    return !value || json_is_null(value);
}

static bool is_object_of(const json_t *json, const char *kind)
{
    const char *object = json ? json_text(json, "object", 32) : NULL;
    return object && strcmp(object, kind) == 0;
}

/* Secret and URI come with an enrolment only. */
static bool read_totp(const json_t *json, workos_factor_t *factor, apr_pool_t *p)
{
    const json_t *totp = json_object_get(json, "totp");
    factor->type = WORKOS_TOTP;
    if (!json_is_object(totp))
        return false;
    if (is_absent(totp, "secret") && is_absent(totp, "uri"))
        return true;
    const char *secret = json_text(totp, "secret", SECRET_MAX);
    const char *uri = json_text(totp, "uri", URI_MAX);
    if (!secret || !uri || strncmp(uri, "otpauth://totp/", 15) != 0)
        return false;
    factor->secret = apr_pstrdup(p, secret);
    factor->uri = apr_pstrdup(p, uri);
    return true;
}

static bool read_sms(const json_t *json, workos_factor_t *factor)
{
    const json_t *sms = json_object_get(json, "sms");
    factor->type = WORKOS_SMS;
    return json_is_object(sms) &&
           phone_read(json_text(sms, "phone_number", 2 * PHONE_SIZE), factor->number);
}

bool workos_read_factor(const json_t *json, workos_factor_t *factor, apr_pool_t *p)
{
    *factor = (workos_factor_t){.secret = NULL};
    if (!is_object_of(json, "authentication_factor") || !workos_read_id(json, "id", factor->id) ||
        !read_time(json, "created_at", factor->created) ||
        !read_time(json, "updated_at", factor->updated))
        return false;
    if (!is_absent(json, "environment_id") &&
        !workos_read_id(json, "environment_id", factor->environment))
        return false;
    const char *type = json_text(json, "type", 16);
    if (type && strcmp(type, "totp") == 0)
        return read_totp(json, factor, p);
    return type && strcmp(type, "sms") == 0 && read_sms(json, factor);
}

/* It may have a `code`, which is nobody's business here. */
bool workos_read_challenge(const json_t *json, workos_challenge_t *challenge)
{
    *challenge = (workos_challenge_t){.id = ""};
    return is_object_of(json, "authentication_challenge") &&
           workos_read_id(json, "id", challenge->id) &&
           workos_read_id(json, "authentication_factor_id", challenge->factor) &&
           read_time(json, "created_at", challenge->created) &&
           (is_absent(json, "expires_at") || read_time(json, "expires_at", challenge->expires));
}

bool workos_read_verified(const json_t *json, workos_challenge_t *challenge, bool *valid)
{
    const json_t *word = json ? json_object_get(json, "valid") : NULL;
    *valid = json_is_true(word);
    return json_is_boolean(word) &&
           workos_read_challenge(json_object_get(json, "challenge"), challenge);
}

const char *workos_key(const secret_t *line, apr_size_t *len)
{
    const apr_size_t name = strlen(WORKOS_KEY_NAME);
    const char *text = (const char *)line->bytes;
    if (line->len <= name || strncmp(text, WORKOS_KEY_NAME, name) != 0)
        return NULL;
    *len = line->len - name;
    return text + name;
}
