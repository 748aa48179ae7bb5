/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of MPinRPS, MPinService, MPinIssueOTP and MPinExpiry. */
#include "config/parse.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "config/number.h"

/* Where the RPS is. It says who somebody is, so plain http is for this machine only. Milagro's own
 * configuration ends such a URL in "/"; ours comes without. */
static const char *parse_place(const char **url, char *word, const words_t *words)
{
    if (!strstr(word, "://") || strchr(word, '?'))
        return apr_psprintf(
            words->p,
            "\"%.80s\" is no place of an RPS; write embedded, or as in http://127.0.0.1:8011",
            word);
    size_t len = strlen(word);
    while (len && word[len - 1] == '/')
        len--;
    char *place = apr_pstrmemdup(words->p, word, len);
    const words_t one = {1, &place, words->root, words->p};
    return parse_application_url(url, &one);
}

const char *parse_rps(external_rps_t *rps, const words_t *words)
{
    external_rps_t found = {0};
    const bool embedded = !strcasecmp(words->word[0], "embedded");
    const char *wrong = embedded ? NULL : parse_place(&found.url, words->word[0], words);
    if (wrong)
        return wrong;
    if (words->count == 2) {
        char *file = words->word[1];
        if (embedded || strncasecmp(file, "secret=", 7) || !file[7])
            return apr_psprintf(words->p,
                                "\"%.80s\" says nothing here; write the URL of an RPS and "
                                "secret=FILE",
                                file);
        file += 7;
        const words_t one = {1, &file, words->root, words->p};
        if ((wrong = parse_file(&found.secret_file, &one)))
            return wrong;
    }
    *rps = found;
    return NULL;
}

/* A code is shown to somebody who stands there; a mail with a link may lie for a while. */
const char *parse_expiry(expiry_t *expiry, const words_t *words)
{
    expiry_t found = *expiry;
    if (words->count == 2 && !strncasecmp(words->word[0], words->word[1], 5))
        return "it has the same word twice; write as in code=5min registration=1h";
    for (int i = 0; i < words->count; i++) {
        const char *word = words->word[i], *equals = strchr(word, '=');
        const bool code = !strncasecmp(word, "code=", 5);
        apr_interval_time_t *time = code ? &found.code : &found.registration;
        if ((!code && strncasecmp(word, "registration=", 13)) ||
            !number_duration(equals + 1, time) || *time < apr_time_from_sec(30) ||
            *time > apr_time_from_sec(code ? 600 : 86400))
            return apr_psprintf(words->p,
                                "\"%.80s\" is no time of a code (30s to 10min) or a registration "
                                "(30s to 1d); write as in code=5min registration=1h",
                                word);
    }
    *expiry = found;
    return NULL;
}
