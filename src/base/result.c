/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <string.h>

#include "base/json.h"

/* The id is spelt out when this is compiled: "MPIN" and four digits. */
#define DIGIT(number, place) (char)('0' + (number) / (place) % 10)
#define CODE(number, word)                                                                         \
    {#word,                                                                                        \
     number,                                                                                       \
     {'M', 'P', 'I', 'N', DIGIT(number, 1000), DIGIT(number, 100), DIGIT(number, 10),              \
      DIGIT(number, 1), '\0'}},

static const struct {
    const char *word;
    unsigned number;
    char id[9];
} codes[] = {
#include "base/codes.def"
};

result_t *result_ok(apr_pool_t *p, json_t *json)
{
    result_t *result = apr_pcalloc(p, sizeof *result);
    result->status = 200;
    if (json)
        result->json = json_tie(p, json);
    return result;
}

result_t *result_text(apr_pool_t *p, const char *text)
{
    result_t *result = result_ok(p, NULL);
    result->text = text;
    return result;
}

result_t *result_error(apr_pool_t *p, int status, const char *code, const char *message)
{
    result_t *result = apr_pcalloc(p, sizeof *result);
    result->status = status;
    result->code = code;
    result->message = message;
    return result;
}

result_t *result_later(apr_pool_t *p, const char *code, const char *message, int seconds)
{
    result_t *result = result_error(p, 429, code, message);
    result->retry_after = seconds;
    return result;
}

result_t *result_no_randomness(apr_pool_t *p)
{
    return result_error(p, 503, "no_randomness", "The server has no randomness just now.");
}

const char *result_id(const char *code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (!strcmp(codes[i].word, code))
            return codes[i].id;
    return "MPIN0000";
}

unsigned result_number(const char *code)
{
    for (apr_size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].word, code) == 0)
            return codes[i].number;
    return 0;
}

const char *result_word(unsigned number)
{
    for (apr_size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == number)
            return codes[i].word;
    return NULL;
}
