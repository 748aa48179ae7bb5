/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of MPinSMS and MPinWorkOS. */
#include "config/parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "base/unicode.h"
#include "config/number.h"

#define TWILIO_URL "https://api.twilio.com"
#define DAY_MAX 1000000

/* The value of "name=...", NULL where the word is another one. */
static char *value_if(char *word, const char *name)
{
    const size_t len = strlen(name);
    return strncasecmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

/* httpd takes a text with spaces for several words where the quotes stand behind the "=": they are
 * joined here. `*at` is the word's, and then the last one's. */
static const char *whole_value(char *value, const words_t *words, int *at)
{
    const char *text = value;
    if (*value != '"')
        return text;
    text = value + 1;
    while (!*text || text[strlen(text) - 1] != '"') {
        if (++*at == words->count)
            return NULL;
        text = apr_pstrcat(words->p, text, " ", words->word[*at], NULL);
    }
    return apr_pstrmemdup(words->p, text, strlen(text) - 1);
}

static const char *read_text(const char **text, char *value, const words_t *words, int *at)
{
    const char *found = whole_value(value, words, at);
    const char *mark = found ? strstr(found, SMS_CODE_MARK) : NULL;
    if (!found)
        return "template=\" has no quote at its end; write template=\"Your code is " SMS_CODE_MARK
               "\"";
    if (!mark || strstr(mark + 1, SMS_CODE_MARK))
        return "the code must stand in the text once; write as in template=\"Your code "
               "is " SMS_CODE_MARK "\"";
    if (strlen(found) > SMS_TEXT_MAX || unicode_printable_length(found) < 1)
        return apr_psprintf(words->p,
                            "people shall read the text on a phone; write a line of at most %d "
                            "bytes",
                            SMS_TEXT_MAX);
    *text = found;
    return NULL;
}

static const char *read_countries(const apr_array_header_t **countries, const char *value,
                                  apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    char *last, *word = apr_strtok(apr_pstrdup(p, value), ",", &last);
    for (; word; word = apr_strtok(NULL, ",", &last)) {
        if (!phone_is_prefix(word))
            return apr_psprintf(p, "\"%.80s\" begins no number; write as in countries=+49,+1",
                                word);
        APR_ARRAY_PUSH(list, const char *) = word;
    }
    *countries = list;
    return list->nelts ? NULL : "countries= names none; write as in countries=+49,+1";
}

static const char *read_sender(const char **from, const char *value, apr_pool_t *p)
{
    char number[PHONE_SIZE];
    const size_t len = strlen(value);
    const bool service = len == 34 && strncmp(value, "MG", 2) == 0;
    bool name = len && len <= 11;
    for (const char *c = value; *c; c++)
        name = name && apr_isalnum(*c);
    if (!name && !service && !phone_read(value, number))
        return apr_psprintf(p,
                            "\"%.80s\" is no sender; write from=+15005550006, a name of at most 11 "
                            "letters and digits, or a messaging service MG...",
                            value);
    *from = value;
    return NULL;
}

static const char *read_secret_path(const char **file, char *value, const words_t *words)
{
    const words_t one = {1, &value, words->root, words->p};
    return parse_file(file, &one);
}

static const char *read_url(const char **url, char *value, const words_t *words)
{
    const words_t one = {1, &value, words->root, words->p};
    return parse_application_url(url, &one);
}

/* Where an API is: a URL to which paths are added. */
static const char *read_base(const char **url, char *value, const words_t *words)
{
    size_t len = strlen(value);
    while (len && value[len - 1] == '/')
        len--;
    if (strchr(value, '?'))
        return apr_psprintf(words->p, "\"%.80s\" has a query; write the URL of the API alone",
                            value);
    return read_url(url, apr_pstrmemdup(words->p, value, len), words);
}

static const char *read_day(int *day, const char *value, apr_pool_t *p)
{
    apr_int64_t number;
    if (!number_read(value, 1, DAY_MAX, &number))
        return apr_psprintf(p, "\"%.80s\" is no number of messages a day; write one from 1 to %d",
                            value, DAY_MAX);
    *day = (int)number;
    return NULL;
}

/* One word behind the first two, `*at`; it may take more of them. */
static const char *read_option(sms_setting_t *sms, const words_t *words, int *at)
{
    char *word = words->word[*at], *value;
    if ((value = value_if(word, "template")))
        return read_text(&sms->text, value, words, at);
    if ((value = value_if(word, "countries")))
        return read_countries(&sms->countries, value, words->p);
    if ((value = value_if(word, "day")))
        return read_day(&sms->day, value, words->p);
    if (!sms->twilio && (value = value_if(word, "secret")))
        return read_secret_path(&sms->secret_file, value, words);
    if (sms->twilio && (value = value_if(word, "from")))
        return read_sender(&sms->from, value, words->p);
    if (sms->twilio && (value = value_if(word, "url")))
        return read_base(&sms->url, value, words);
    return apr_psprintf(words->p, "\"%.80s\" says nothing here; write %s", word,
                        sms->twilio ? "from=, template=, countries=, day= or url="
                                    : "secret=, template=, countries= or day=");
}

static const char *read_way(sms_setting_t *sms, const words_t *words)
{
    const char *way = words->word[0];
    char *first = words->word[1];
    if (strcasecmp(way, "webhook") == 0)
        return read_url(&sms->url, first, words);
    if (strcasecmp(way, "twilio"))
        return apr_psprintf(words->p, "\"%.80s\" sends no SMS; write webhook URL or twilio KEYFILE",
                            way);
    sms->twilio = true;
    sms->url = TWILIO_URL;
    return read_secret_path(&sms->secret_file, first, words);
}

const char *parse_sms(sms_setting_t *sms, const words_t *words)
{
    sms_setting_t found = {.day = SMS_DAY};
    const char *wrong = read_way(&found, words);
    for (int at = 2; !wrong && at < words->count; at++)
        wrong = read_option(&found, words, &at);
    if (!wrong && !found.text)
        wrong =
            "it does not say what the SMS says; add template=\"Your code is " SMS_CODE_MARK "\"";
    if (!wrong && found.twilio && !found.from)
        wrong = "Twilio needs a sender; add from=+15005550006, as your account has it";
    if (!wrong)
        *sms = found;
    return wrong;
}

const char *parse_workos(workos_setting_t *workos, const words_t *words)
{
    workos_setting_t found = {.url = WORKOS_URL};
    const char *wrong = read_secret_path(&found.key_file, words->word[0], words);
    for (int at = 1; !wrong && at < words->count; at++) {
        char *value = value_if(words->word[at], "template");
        wrong = value ? read_text(&found.text, value, words, &at)
                      : read_base(&found.url, words->word[at], words);
    }
    if (!wrong)
        *workos = found;
    return wrong;
}
