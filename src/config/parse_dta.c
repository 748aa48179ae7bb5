/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of MPinSecondDTA. */
#include "config/parse.h"

#include <apr_strings.h>

/* The origin and the key file, which an RPS elsewhere has itself; check_dta.c checks further. */
const char *parse_second_dta(second_dta_setting_t *second, const words_t *words)
{
    second_dta_setting_t found = {0};
    const char *wrong = public_url_parse(&found.origin, words->word[0], words->p);
    const words_t file = {1, words->word + 1, words->root, words->p};
    if (!wrong && words->count > 1)
        wrong = parse_file(&found.key_file, &file);
    if (wrong)
        return wrong;
    found.url = apr_pstrcat(words->p, found.origin.text, "/", NULL);
    *second = found;
    return NULL;
}
