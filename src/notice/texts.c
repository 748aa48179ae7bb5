/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/texts.h"
#include "base/assets.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

/* Those that we speak, the default first; each has its htdocs/texts/NAME.json. */
static const char *const languages[] = {
    "en", /* English */
    "de", /* Deutsch */
    "fr", /* Français */
    "es", /* Español */
    "it", /* Italiano */
    "nl", /* Nederlands */
    "pl", /* Polski */
    "pt", /* Português, as far as Portugal and Brazil say the same */
    "ja", /* 日本語 */
    "zh", /* 中文, in simplified characters */
    "ar", /* العربية, from right to left */
};
#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

/* Unicode's marks (UAX 9): what is between them is ordered for itself. */
#define FIRST_STRONG_ISOLATE "\xe2\x81\xa8"
#define POP_DIRECTIONAL_ISOLATE "\xe2\x81\xa9"

static texts_t catalogues[LANGUAGES];

static void flatten(apr_hash_t *texts, const char *prefix, json_t *object, apr_pool_t *p)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const char *name = *prefix ? apr_pstrcat(p, prefix, ".", key, NULL) : apr_pstrdup(p, key);
        if (json_is_string(value))
            apr_hash_set(texts, name, APR_HASH_KEY_STRING,
                         apr_pstrdup(p, json_string_value(value)));
        else if (json_is_object(value))
            flatten(texts, name, value, p);
    }
}

static apr_hash_t *read_catalogue(const char *lang, const apr_hash_t *fallback, apr_pool_t *p)
{
    apr_hash_t *texts = fallback ? apr_hash_copy(p, fallback) : apr_hash_make(p);
    const asset_t *asset = asset_find(apr_pstrcat(p, "mpin/texts/", lang, ".json", NULL));
    json_t *json = asset ? json_loadb((const char *)asset->plain, asset->plain_len, 0, NULL) : NULL;
    if (json)
        flatten(texts, "", json, p);
    json_decref(json);
    return texts;
}

void texts_load(apr_pool_t *p)
{
    for (apr_size_t i = 0; i < LANGUAGES; i++) {
        catalogues[i].lang = languages[i];
        catalogues[i].all = read_catalogue(languages[i], i ? catalogues[0].all : NULL, p);
    }
}

const char *texts_language(const char *name)
{
    for (apr_size_t i = 0; i < LANGUAGES; i++)
        if (!strcasecmp(name, languages[i]))
            return languages[i];
    return NULL;
}

const char *texts_direction(const char *lang)
{
    return strcmp(lang, "ar") ? "ltr" : "rtl";
}

const char *texts_apart(const char *value, const char *lang, apr_pool_t *p)
{
    if (!*value || strcmp(texts_direction(lang), "rtl") != 0)
        return value;
    return apr_pstrcat(p, FIRST_STRONG_ISOLATE, value, POP_DIRECTIONAL_ISOLATE, NULL);
}

const char *texts_languages(apr_pool_t *p)
{
    const char *all = languages[0];
    for (apr_size_t i = 1; i < LANGUAGES; i++)
        all = apr_pstrcat(p, all, " ", languages[i], NULL);
    return all;
}

static bool is_offered(const char *lang, const apr_array_header_t *offered)
{
    for (int i = 0; offered && i < offered->nelts; i++)
        if (!strcmp(APR_ARRAY_IDX(offered, i, const char *), lang))
            return true;
    return !offered;
}

/* The catalogue of the language that a header's item begins with, NULL for none of ours. */
static const texts_t *catalogue_at(const char *item)
{
    for (apr_size_t i = 0; i < LANGUAGES; i++) {
        const apr_size_t length = strlen(languages[i]);
        if (strncasecmp(item, languages[i], length) == 0 && !apr_isalnum(item[length]))
            return &catalogues[i];
    }
    return NULL;
}

const texts_t *texts_for(const char *accept_language, const apr_array_header_t *offered)
{
    for (const char *at = accept_language; at && *at;
         at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        while (*at == ' ')
            at++;
        const texts_t *texts = catalogue_at(at);
        if (texts && is_offered(texts->lang, offered))
            return texts;
    }
    return catalogue_at(offered ? APR_ARRAY_IDX(offered, 0, const char *) : languages[0]);
}

const char *texts_moment(apr_time_t time, apr_pool_t *p)
{
    apr_time_exp_t utc;
    apr_time_exp_gmt(&utc, time);
    return apr_psprintf(p, "%04d-%02d-%02d %02d:%02d UTC", utc.tm_year + 1900, utc.tm_mon + 1,
                        utc.tm_mday, utc.tm_hour, utc.tm_min);
}
