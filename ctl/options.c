/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/options.h"

#include <apr_strings.h>
#include <string.h>

#include "store/store.h"

const option_text_t option_texts[OPTION_COUNT] = {
    [OPTION_HELP] = {"--help", NULL, "say what a command does"},
    [OPTION_JSON] = {"--json", NULL, "print JSON in place of tables"},
    [OPTION_YES] = {"--yes", NULL, "do it without asking"},
    [OPTION_CONFIG] = {"--config", "FILE", "httpd's configuration, where it isn't the usual one"},
    [OPTION_HTTPD] = {"--httpd", "PROGRAM",
                      "who reads it: apache2ctl, httpd or apachectl, the first that is there"},
    [OPTION_SITE] = {"--site", "URL", "the site by its MPinPublicURL, where there are several"},
    [OPTION_STORE] = {"--store", STORE_URL_FORM,
                      "with --keys: this store, and no configuration read"},
    [OPTION_KEYS] = {"--keys", "FILE", "the key file of that store"},
    [OPTION_PASSPHRASE] = {"--passphrase-file", "FILE",
                           "what opens a sealed key file or a backup, in its first line"},
    [OPTION_USER] = {"--user", "NAME", "of this user"},
    [OPTION_ALL] = {"--all", NULL, "of everybody"},
    [OPTION_DAYS] = {"--days", "N", "for so many days"},
    [OPTION_CONNECT_TO] = {"--connect-to", "HOST:PORT:ADDRESS:PORT,...",
                           "ask there in place of what the DNS says"},
    [OPTION_NAME] = {"--name", "TEXT", "what it is called"},
    [OPTION_PATHS] = {"--paths", "PATHS", "at these only, as in '/git /files'"},
    [OPTION_METHODS] = {"--methods", "METHODS", "by these only, as in 'GET POST'"},
};

static int option_of(const char *word, apr_size_t len)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_texts[i].name) == len && !strncmp(option_texts[i].name, word, len))
            return i;
    return OPTION_COUNT;
}

/* "--days 3" or "--days=3". False: `*why` says what is wrong. */
static bool take_option(options_t *options, const char *word, const char *const **rest,
                        const char **why, apr_pool_t *p)
{
    const char *equals = strchr(word, '=');
    const apr_size_t len = equals ? (apr_size_t)(equals - word) : strlen(word);
    const int option = option_of(word, len);
    if (option == OPTION_COUNT) {
        *why = apr_psprintf(p, "there is no option %.*s", (int)len, word);
        return false;
    }
    const char *wanted = option_texts[option].value, *value = equals ? equals + 1 : NULL;
    if (wanted && !value && **rest)
        value = *(*rest)++;
    if (!wanted != !value) {
        *why = apr_psprintf(p, "write %s%s%s", option_texts[option].name, wanted ? " " : "",
                            wanted ? wanted : "");
        return false;
    }
    options->given[option] = value ? value : "";
    options->had |= OPTION_BIT(option);
    return true;
}

bool options_read(options_t *options, int argc, const char *const *argv, const char **why,
                  apr_pool_t *p)
{
    const char *const *rest = argv + (argc > 0);
    bool only_words = false;
    *options = (options_t){.count = 0};
    while (*rest) {
        const char *word = *rest++;
        if (!only_words && !strcmp(word, "--")) {
            only_words = true;
        } else if (!only_words && !strncmp(word, "--", 2)) {
            if (!take_option(options, word, &rest, why, p))
                return false;
        } else if (options->count == WORDS_TYPED_MAX) {
            *why = "these are too many words";
            return false;
        } else {
            options->word[options->count++] = word;
            options->settled += !only_words;
        }
    }
    return true;
}
