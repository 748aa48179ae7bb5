/* SPDX-License-Identifier: Apache-2.0 */
#include "config/parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "config/least_store.h"
#include "session/demand.h"
#include "config/number.h"
#include "base/log_daemon.h"
#include "base/name.h"
#include "base/path.h"

#define TITLE_MAX 64

const char *parse_flag(bool *flag, const words_t *words)
{
    const char *word = words->word[0];
    if (strcasecmp(word, "on") && strcasecmp(word, "off"))
        return apr_psprintf(words->p, "\"%.80s\" is neither On nor Off; write one of these", word);
    *flag = !strcasecmp(word, "on");
    return NULL;
}

const char *parse_public_url(public_url_t *url, const words_t *words)
{
    return public_url_parse(url, words->word[0], words->p);
}

static const char *full_name(const char *name, const words_t *words)
{
    return path_full(name, words->root, words->p);
}

const char *parse_file(const char **file, const words_t *words)
{
    const char *full = full_name(words->word[0], words);
    if (!full)
        return apr_psprintf(words->p, "\"%.80s\" is no file name; write its full path",
                            words->word[0]);
    *file = full;
    return NULL;
}

const char *parse_store(const char **url, const words_t *words)
{
    return store_url_read(url, words->word[0], words->root, words->p);
}

const char *parse_size(apr_off_t *bytes, const words_t *words)
{
    apr_off_t size;
    if (!number_size(words->word[0], &size) || size > STORE_QUOTA_MAX)
        return apr_psprintf(
            words->p, "\"%.80s\" is no size that a store can have; write one from %dM to 256G",
            words->word[0], (int)(LEAST_STORE >> 20));
    if (size < LEAST_STORE)
        return apr_psprintf(
            words->p,
            "\"%.80s\" does not hold what strangers may make and leave people room; "
            "write %dM at least",
            words->word[0], (int)(LEAST_STORE >> 20));
    *bytes = size;
    return NULL;
}

const char *parse_passphrase(const char *const **command, const words_t *words)
{
    if (strncmp(words->word[0], "exec:/", 6))
        return "only a program can give the passphrase; write exec:/full/path and its arguments";

    const char **argv = apr_pcalloc(words->p, sizeof(*argv) * ((apr_size_t)words->count + 1));
    argv[0] = words->word[0] + 5;
    for (int i = 1; i < words->count; i++)
        argv[i] = words->word[i];
    *command = argv;
    return NULL;
}

const char *parse_service(service_t *service, const words_t *words)
{
    service_t found = {0};
    for (int i = 0; i < words->count; i++) {
        const char *word = words->word[i];
        if (!strcasecmp(word, "rps"))
            found.parts |= SERVICE_RPS;
        else if (!strcasecmp(word, "dta"))
            found.parts |= SERVICE_DTA;
        else if (strncasecmp(word, "secret=", 7))
            return apr_psprintf(
                words->p, "\"%.80s\" is no service; write rps, dta or both, and secret=FILE", word);
        else if (!(found.secret_file = full_name(word + 7, words)))
            return "the secret's file has no name; write secret= and its full path";
    }
    if (!found.parts)
        return "it says not what it serves; write rps, dta or both";
    *service = found;
    return NULL;
}

const char *parse_issue_otp(issue_otp_t *otp, const words_t *words)
{
    issue_otp_t found = {0};
    const char *wrong = parse_flag(&found.on, words);
    const char *word = words->count > 1 ? words->word[1] : NULL;
    if (wrong)
        return wrong;
    if (word && (!found.on || strncasecmp(word, "secret=", 7)))
        return apr_psprintf(words->p, "\"%.80s\" is too much; write On, On secret=FILE or Off",
                            word);
    if (word && !(found.secret_file = full_name(word + 7, words)))
        return "the secret's file has no name; write secret= and its full path";
    *otp = found;
    return NULL;
}

const char *parse_tokens(tokens_setting_t *tokens, const words_t *words)
{
    bool on = false;
    const char *wrong = parse_flag(&on, words);
    const char *word = words->count > 1 ? words->word[1] : NULL;
    if (wrong)
        return wrong;
    if (word && (!on || strcasecmp(word, "pass")))
        return apr_psprintf(words->p, "\"%.80s\" is too much; write On, On pass or Off", word);
    *tokens = word ? TOKENS_PASSED : on ? TOKENS_ON : TOKENS_OFF;
    return NULL;
}

const char *parse_register(unsigned *ways, const words_t *words)
{
    unsigned found = 0;
    bool closed = false;
    for (int i = 0; i < words->count; i++) {
        const char *word = words->word[i];
        if (!strcasecmp(word, "signed-in"))
            found |= REGISTER_SIGNED_IN;
        else if (!strcasecmp(word, "open"))
            found |= REGISTER_OPEN;
        else if (!strcasecmp(word, "open-to-anyone"))
            found |= REGISTER_OPEN_TO_ANYONE;
        else if (!strcasecmp(word, "closed"))
            closed = true;
        else if (!strcasecmp(word, "mail"))
            found |= REGISTER_MAIL;
        else if (!strcasecmp(word, "invite"))
            found |= REGISTER_INVITE;
        else
            return apr_psprintf(
                words->p,
                "\"%.80s\" is no way to register; write signed-in, mail, invite, open or closed",
                word);
    }
    if (closed && found)
        return "closed stands alone; leave out the other words, or closed";
    if ((found & REGISTER_OPEN_TO_ANYONE) && !(found & REGISTER_OPEN))
        return "open-to-anyone means nothing without open; write open open-to-anyone";
    *ways = found;
    return NULL;
}

/* The domains that follow the word "domain", as A-labels: spelled as the name of an address there
 * would be. */
static const char *allow_domains(allow_rule_t *allow, const words_t *words)
{
    const char **domains = apr_pcalloc(words->p, sizeof(*domains) * (apr_size_t)words->count);
    for (int i = 1; i < words->count; i++) {
        const char *name =
            name_canonical(apr_pstrcat(words->p, "a@", words->word[i], NULL), words->p);
        domains[i - 1] = name ? name_domain(name) : NULL;
        if (!domains[i - 1])
            return apr_psprintf(words->p,
                                "\"%.80s\" is no mail domain; write one as in example.org",
                                words->word[i]);
    }
    allow->kind = ALLOW_DOMAINS;
    allow->domains = domains;
    return NULL;
}

const char *parse_allow(allow_rule_t *allow, const words_t *words)
{
    const char *kind = words->word[0];
    if (!strcasecmp(kind, "any") && words->count == 1) {
        allow->kind = ALLOW_ANY;
        return NULL;
    }
    if (!strcasecmp(kind, "domain") && words->count > 1)
        return allow_domains(allow, words);
    if (!strcasecmp(kind, "file") && words->count == 2) {
        const char *file = full_name(words->word[1], words);
        if (!file)
            return "it names no file; write file and the file's full path";
        allow->kind = ALLOW_FILE;
        allow->file = file;
        return NULL;
    }
    if (!strcasecmp(kind, "url") && words->count == 2) {
        const words_t url = {1, words->word + 1, words->root, words->p};
        const char *wrong = parse_application_url(&allow->url, &url);
        if (!wrong)
            allow->kind = ALLOW_URL;
        return wrong;
    }
    return "it names nobody; write any, domain D..., file F or url U";
}

const char *parse_pin_length(int *digits, const words_t *words)
{
    apr_int64_t number;
    if (!number_read(words->word[0], 4, 8, &number))
        return apr_psprintf(words->p, "\"%.80s\" is no PIN length; write a number from 4 to 8",
                            words->word[0]);
    *digits = (int)number;
    return NULL;
}

const char *parse_max_failures(uint32_t *failures, const words_t *words)
{
    apr_int64_t number;
    if (!number_read(words->word[0], 1, 10, &number))
        return apr_psprintf(words->p,
                            "\"%.80s\" is no number of wrong PINs; write one from 1 to 10",
                            words->word[0]);
    *failures = (uint32_t)number;
    return NULL;
}

const char *parse_providers(const apr_array_header_t **names, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(const char *));
    for (int i = 0; i < words->count; i++) {
        for (int earlier = 0; earlier < i; earlier++)
            if (!strcmp(words->word[i], words->word[earlier]))
                return apr_psprintf(words->p, "%.80s stands there twice; name each provider once",
                                    words->word[i]);
        APR_ARRAY_PUSH(list, const char *) = words->word[i];
    }
    *names = list;
    return NULL;
}

/* NULL where the word is one of two, and whether it is the second; else what is wrong. */
static const char *parse_either(const words_t *words, const char *first, const char *second,
                                bool *is_second)
{
    *is_second = !strcasecmp(words->word[0], second);
    return *is_second || !strcasecmp(words->word[0], first)
               ? NULL
               : apr_psprintf(words->p, "\"%.80s\" is neither %s nor %s; write one of them",
                              words->word[0], first, second);
}

const char *parse_user_case(bool *to_lower, const words_t *words)
{
    return parse_either(words, "keep", "lower", to_lower);
}

const char *parse_recheck(bool *recheck, const words_t *words)
{
    bool off;
    const char *wrong = parse_either(words, "auto", "off", &off);
    if (!wrong)
        *recheck = !off;
    return wrong;
}

const char *parse_duration(apr_interval_time_t *time, const words_t *words)
{
    if (!number_duration(words->word[0], time))
        return apr_psprintf(words->p,
                            "\"%.80s\" is no time; write a number with s, min, h or d, as in 30min",
                            words->word[0]);
    return NULL;
}

/* The one that a word is for, and where its numbers begin. */
static throttle_rule_t *rule_named(throttle_rules_t *rules, const char *word, const char **rate)
{
    *rate = strchr(word, '=');
    if (!*rate)
        return NULL;
    ++*rate;
    if (!strncasecmp(word, "address=", 8))
        return &rules->address;
    if (!strncasecmp(word, "account=", 8))
        return &rules->account;
    return !strncasecmp(word, "register=", 9) ? &rules->registration : NULL;
}

const char *parse_throttle(throttle_rules_t *rules, const words_t *words)
{
    throttle_rules_t found = *rules;
    for (int i = 0; i < words->count; i++) {
        const char *word = words->word[i], *rate;
        throttle_rule_t *rule = rule_named(&found, word, &rate);
        if (!rule || !number_rate(rate, &rule->count, &rule->window))
            return apr_psprintf(
                words->p,
                "\"%.80s\" is no limit; write as in address=30/60s account=10/60s register=60/1h",
                word);
        if (rule == &found.registration && rule->window > apr_time_from_sec(3600))
            return apr_psprintf(words->p,
                                "\"%.80s\" is over more than an hour; write register= with 1h at "
                                "most",
                                word);
    }
    *rules = found;
    return NULL;
}

const char *parse_audit_log(const char **log, const words_t *words)
{
    const char *word = words->word[0], *wrong = NULL;
    if (log_daemon_named(word)) {
        if (!log_daemon_make(word, words->p, &wrong))
            return wrong;
        *log = word;
        return NULL;
    }
    if (*word != '|')
        return parse_file(log, words);
    if (!word[1 + strspn(word + 1, "| ")])
        return "the pipe leads nowhere; write \"|/full/path/of/program arguments\"";
    *log = word;
    return NULL;
}

const char *parse_title(const char **title, const words_t *words)
{
    const char *word = words->word[0];
    for (const char *c = word; *c; c++)
        if (apr_iscntrl(*c))
            return "it has a control character in it; write plain text";
    if (!*word || strlen(word) > TITLE_MAX)
        return apr_psprintf(words->p, "a title has 1 to %d bytes; write a shorter one", TITLE_MAX);
    *title = word;
    return NULL;
}

const char *parse_second_factor(dir_config_t *dir, const words_t *words)
{
    const int second = demand_second(words->word[0]);
    if (second < 0)
        return apr_psprintf(words->p,
                            "\"%.80s\" is no second factor; write none, any, totp, sms, passkey "
                            "or strong",
                            words->word[0]);
    dir->second = second;
    return NULL;
}

const char *parse_reauth_after(dir_config_t *dir, const words_t *words)
{
    apr_interval_time_t time = 0;
    if (strcasecmp(words->word[0], "none")) {
        const char *wrong = parse_duration(&time, words);
        if (wrong)
            return wrong;
    }
    dir->reauth_after = (int)apr_time_sec(time);
    return NULL;
}
