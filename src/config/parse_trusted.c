/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of MPinTrustedLogin and of what names one. */
#include "config/parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "base/unicode.h"
#include "session/demand.h"

#define TRUSTED_LOGINS_MAX 16
#define LABEL_MAX 64 /* bytes */
#define EXPRESSION_MAX 500
#define VARIABLE_MAX 128
#define LOGOUT_MAX 1000
#define FIELD_MAX 32

/* ---- parts ---- */

bool parse_is_trusted_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!apr_isalnum(*c) && (c == name || !strchr("-_", *c)))
            return false;
    return *name && strlen(name) <= TRUSTED_NAME_MAX;
}

/* Words that mean something else where a trusted login may be named, or in a session. */
static bool is_reserved(const char *name)
{
    static const char *const words[] = {"pin", "password", "passkey", "token", "trusted", "totp",
                                        "sms", "any",      "none",    "local", "pwd",     "mfa",
                                        "otp", "hwk",      "swk",     "phone", "user",    NULL};
    for (const char *const *word = words; *word; word++)
        if (!strcasecmp(*word, name))
            return true;
    return false;
}

/* Other modules make them of whatever a provider calls a claim. A name that begins
 * with HTTP_ is a header of the client's, and with MPIN_ a word of ours. */
bool parse_is_variable(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!apr_isgraph(*c) || strchr("=\"'\\,{}%", *c))
            return false;
    return *name && strlen(name) <= VARIABLE_MAX && strncasecmp(name, "HTTP_", 5) != 0 &&
           strncasecmp(name, "MPIN_", 5) != 0 && strncasecmp(name, "REDIRECT_", 9) != 0;
}

/* The value of "name=...", NULL where the word is another one. */
static const char *option_value(const char *word, const char *name)
{
    const size_t len = strlen(name);
    return strncasecmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

/* ---- options ---- */

static bool is_plain_target(const char *value)
{
    bool plain = strlen(value) <= LOGOUT_MAX;
    for (const char *c = value; *c; c++)
        plain = plain && apr_isgraph(*c) && !strchr("\"#<>\\^`{|}", *c);
    return plain;
}

/* A path of this site with a query, or where the provider is. */
static const char *read_logout(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    const size_t path = strcspn(value, "?");
    const bool here = *value == '/' && parse_is_path(apr_pstrmemdup(p, value, path));
    const bool there = !strncasecmp(value, "https://", 8) && apr_isalnum(value[8]);
    if (!is_plain_target(value) || (!here && !there))
        return apr_psprintf(p,
                            "\"%.80s\" leads to no sign-out; write logout= and a path of this site "
                            "or an https URL",
                            value);
    login->logout = value;
    return NULL;
}

/* A header is the client's own word, and so is what one is copied into. */
static const char *read_user(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    static const char *const headers[] = {
        "http:",      "http_",       "http(",        "req:",        "req(",
        "req_novary", "request_uri", "query_string", "the_request", NULL};
    const char *small = unicode_lower(value, p);
    if (!*value || strlen(value) > EXPRESSION_MAX)
        return apr_psprintf(p, "user= has an expression of 1 to %d bytes; write such a one",
                            EXPRESSION_MAX);
    for (const char *const *each = headers; *each; each++)
        if (strstr(small, *each))
            return apr_psprintf(p,
                                "user= asks for what the client sends (%s), which proves nothing; "
                                "write a variable that the other module sets, as in "
                                "user=%%{reqenv:NAME}",
                                *each);
    login->user = value;
    return NULL;
}

static const char *read_variable(const char **variable, const char *option, const char *value,
                                 apr_pool_t *p)
{
    if (!parse_is_variable(value))
        return apr_psprintf(p,
                            "\"%.80s\" is no variable of another module's; write %s= and its name, "
                            "as in %s=OIDC_CLAIM_%s",
                            value, option, option, option);
    *variable = value;
    return NULL;
}

static const char *read_icon(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    if (!parse_is_path(value))
        return apr_psprintf(p,
                            "\"%.80s\" is no path of a picture on this site; write as in "
                            "icon=/icons/company.svg",
                            value);
    login->icon = value;
    return NULL;
}

static const char *read_callback(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    if (!parse_is_path(value) || !value[1])
        return apr_psprintf(p,
                            "\"%.80s\" is no path on this site; write that of the other module's "
                            "callback, as in callback=/login",
                            value);
    login->callback = value;
    return NULL;
}

/* Those that the place, and we, understand ourselves are nobody else's to give. */
static bool is_field(const char *word)
{
    static const char *const ours[] = {"anew",   "asked",  "refresh", "return", "to",
                                       "switch", "state",  "code",    "error",  "logout",
                                       "offer",  "failed", NULL};
    for (const char *const *each = ours; *each; each++)
        if (!strcasecmp(*each, word))
            return false;
    for (const char *c = word; *c; c++)
        if (!apr_isalnum(*c) && !strchr("-_", *c))
            return false;
    return *word && strlen(word) <= FIELD_MAX;
}

static const char *read_pass(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    char *last, *word = apr_strtok(apr_pstrdup(p, value), ",", &last);
    for (; word; word = apr_strtok(NULL, ",", &last)) {
        if (!is_field(word))
            return apr_psprintf(p,
                                "\"%.80s\" is no field that could go on to the place; write as in "
                                "pass=prerollid",
                                word);
        APR_ARRAY_PUSH(list, const char *) = word;
    }
    APR_ARRAY_PUSH(list, const char *) = NULL;
    login->pass = (const char *const *)list->elts;
    return list->nelts > 1 ? NULL : "pass= names no field; write as in pass=prerollid";
}

/* ---- what counts as a second step ---- */

static bool read_factor(counted_t *counted, const char *word)
{
    static const struct {
        const char *word;
        factor_t factor;
    } steps[] = {{"totp", FACTOR_TOTP}, {"sms", FACTOR_SMS}, {"security-key", FACTOR_SECURITY_KEY}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
        if (!strcasecmp(steps[i].word, word)) {
            counted->factor = steps[i].factor;
            return true;
        }
    return false;
}

/* VARIABLE:VALUE=STEP; a value may have colons and equals signs of its own. */
static const char *read_counts(trusted_setting_t *login, const char *text, apr_pool_t *p)
{
    counted_t one = {0};
    const char *value = strchr(text, ':'), *step = strrchr(text, '=');
    int count = 0;
    if (value && step > value + 1) {
        one.variable = apr_pstrmemdup(p, text, (apr_size_t)(value - text));
        one.value = apr_pstrmemdup(p, value + 1, (apr_size_t)(step - value - 1));
    }
    if (!one.value || !parse_is_variable(one.variable) || !read_factor(&one, step + 1))
        return apr_psprintf(p,
                            "\"%.80s\" counts as nothing; write VARIABLE:VALUE= and totp, sms or "
                            "security-key, as in counts=OIDC_CLAIM_amr:otp=totp",
                            text);
    while (login->counted && login->counted[count].value)
        count++;
    counted_t *list = apr_pcalloc(p, sizeof(*list) * ((apr_size_t)count + 2));
    if (count)
        memcpy(list, login->counted, sizeof(*list) * (apr_size_t)count);
    list[count] = one;
    login->counted = list;
    return NULL;
}

/* ---- whose name it is ---- */

static const char *read_domains(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    char *last, *word = apr_strtok(apr_pstrdup(p, value), ",", &last);
    for (; word; word = apr_strtok(NULL, ",", &last)) {
        const char *name = name_canonical(apr_pstrcat(p, "a@", word, NULL), p);
        const char *domain = name ? name_domain(name) : NULL;
        if (!domain)
            return apr_psprintf(p, "\"%.80s\" is no domain; write one as in example.org", word);
        APR_ARRAY_PUSH(list, const char *) = domain;
    }
    APR_ARRAY_PUSH(list, const char *) = NULL;
    login->domains = (const char *const *)list->elts;
    return list->nelts > 1 ? NULL
                           : "as-local names no domain; write as in as-local=email:example.org";
}

static const char *read_local(trusted_setting_t *login, const char *rule, apr_pool_t *p)
{
    const char *domains = strchr(rule, ':');
    const size_t len = strcspn(rule, ":");
    if (len == 5 && !strncasecmp(rule, "email", 5))
        login->local = LOCAL_EMAIL_OF;
    else if (len == 4 && !strncasecmp(rule, "user", 4))
        login->local = LOCAL_USER_OF;
    else
        return apr_psprintf(p,
                            "as-local has no rule \"%.80s\"; write as-local alone, "
                            "as-local=email:DOMAIN or as-local=user:DOMAIN",
                            rule);
    return read_domains(login, domains ? domains + 1 : "", p);
}

static const char *read_trusted_option(trusted_setting_t *login, const char *word, apr_pool_t *p)
{
    const char *value;
    if ((value = option_value(word, "logout")))
        return read_logout(login, value, p);
    if ((value = option_value(word, "user")))
        return read_user(login, value, p);
    if ((value = option_value(word, "email")))
        return read_variable(&login->email, "email", value, p);
    if ((value = option_value(word, "sid")))
        return read_variable(&login->sid, "sid", value, p);
    if ((value = option_value(word, "time")))
        return read_variable(&login->time, "time", value, p);
    if ((value = option_value(word, "icon")))
        return read_icon(login, value, p);
    if ((value = option_value(word, "callback")))
        return read_callback(login, value, p);
    if ((value = option_value(word, "pass")))
        return read_pass(login, value, p);
    if ((value = option_value(word, "counts")))
        return read_counts(login, value, p);
    if ((value = option_value(word, "as-local")))
        return read_local(login, value, p);
    if (!strcasecmp(word, "as-local"))
        login->local = LOCAL_PLAIN;
    else if (!strcasecmp(word, "auto"))
        login->at_once = true;
    else
        return apr_psprintf(
            p,
            "\"%.80s\" says nothing here; write logout=, user=, email=, sid=, "
            "time=, icon=, callback=, pass=, counts=, auto or as-local, and a LABEL "
            "with spaces in quotes",
            word);
    return NULL;
}

/* ---- the four words ---- */

static const char *read_name(trusted_setting_t *login, const char *word, apr_pool_t *p)
{
    if (!parse_is_trusted_name(word))
        return apr_psprintf(p,
                            "\"%.80s\" is no name for a login; write 1 to %d letters, digits, - "
                            "and _",
                            word, TRUSTED_NAME_MAX);
    if (is_reserved(word))
        return apr_psprintf(p, "the name %s means something else; choose another", word);
    login->name = word;
    login->mark = mark_of(word);
    return NULL;
}

static const char *read_where(trusted_setting_t *login, char *const word[], apr_pool_t *p)
{
    if (!parse_is_path(word[0]) || !word[0][1])
        return apr_psprintf(p,
                            "\"%.80s\" is no path on this site that another module could guard; "
                            "write as in /trusted/%s",
                            word[0], login->name);
    for (const char *c = word[1]; *c; c++)
        if (!apr_isalnum(*c) && !strchr("-_.", *c))
            return apr_psprintf(p, "\"%.80s\" is no AuthType; write that of %s", word[1], word[0]);
    if (!*word[1] || !strcasecmp(word[1], "MPin"))
        return apr_psprintf(p, "another module must guard %s; write its AuthType, as in Basic",
                            word[0]);
    login->location = word[0];
    login->type = word[1];
    return NULL;
}

static const char *read_button(trusted_setting_t *login, const char *word, apr_pool_t *p)
{
    if (strlen(word) > LABEL_MAX || unicode_printable_length(word) < 1)
        return apr_psprintf(p, "people shall read the label on a button; write 1 to %d bytes",
                            LABEL_MAX);
    login->label = word;
    return NULL;
}

static const char *differs_from(const trusted_setting_t *login, const trusted_setting_t *earlier,
                                apr_pool_t *p)
{
    if (!strcasecmp(login->name, earlier->name) || login->mark == earlier->mark)
        return apr_psprintf(p, "there is a login %s already; choose another name", earlier->name);
    if (!strcmp(login->location, earlier->location))
        return apr_psprintf(p, "%s is where %s comes back already; write a place for each",
                            login->location, earlier->name);
    return NULL;
}

/* The variables that tell of others have their names: email_verified beside email; iss and sub, which
 * are OpenID Connect's, beside sid. */
static void name_neighbours(trusted_setting_t *login, apr_pool_t *p)
{
    const size_t stem = login->sid && strlen(login->sid) > 3 ? strlen(login->sid) - 3 : 0;
    if (login->email)
        login->email_verified = apr_pstrcat(p, login->email, "_verified", NULL);
    if (!stem || strcmp(login->sid + stem, "sid"))
        return;
    login->issuer = apr_pstrcat(p, apr_pstrmemdup(p, login->sid, stem), "iss", NULL);
    login->id = apr_pstrcat(p, apr_pstrmemdup(p, login->sid, stem), "sub", NULL);
}

static const char *read_login(trusted_setting_t *login, const words_t *words)
{
    apr_pool_t *p = words->p;
    const char *wrong = read_name(login, words->word[0], p);
    if (!wrong)
        wrong = read_where(login, words->word + 1, p);
    if (!wrong)
        wrong = read_button(login, words->word[3], p);
    for (int i = 4; !wrong && i < words->count; i++)
        wrong = read_trusted_option(login, words->word[i], p);
    if (!wrong && login->local == LOCAL_EMAIL_OF && !login->email)
        wrong = "as-local=email: needs to know where the e-mail is; write email=VARIABLE, too";
    if (!wrong)
        name_neighbours(login, p);
    return wrong;
}

/* One line adds one. */
const char *parse_trusted_login(const apr_array_header_t **logins, const words_t *words)
{
    trusted_setting_t login = {0};
    const int before = *logins ? (*logins)->nelts : 0;
    const char *wrong = read_login(&login, words);
    for (int i = 0; !wrong && i < before; i++)
        wrong = differs_from(&login, &APR_ARRAY_IDX(*logins, i, trusted_setting_t), words->p);
    if (!wrong && before == TRUSTED_LOGINS_MAX)
        wrong = apr_psprintf(words->p, "nobody chooses among more than %d; write fewer",
                             TRUSTED_LOGINS_MAX);
    if (wrong)
        return wrong;
    apr_array_header_t *list = apr_array_make(words->p, before + 1, sizeof(trusted_setting_t));
    if (before)
        apr_array_cat(list, *logins);
    APR_ARRAY_PUSH(list, trusted_setting_t) = login;
    *logins = list;
    return NULL;
}

const char *parse_trusted_max_age(apr_interval_time_t *time, const words_t *words)
{
    apr_interval_time_t found = 0;
    const char *wrong = strcasecmp(words->word[0], "Off") ? parse_duration(&found, words) : NULL;
    if (!wrong)
        *time = found;
    return wrong;
}

/* ---- where one is named ---- */

static const uint32_t *marks_of(const apr_array_header_t *names, apr_pool_t *p)
{
    uint32_t *marks = apr_pcalloc(p, sizeof(*marks) * ((apr_size_t)names->nelts + 1));
    for (int i = 0; i < names->nelts; i++)
        marks[i] = mark_of(APR_ARRAY_IDX(names, i, const char *));
    return marks;
}

static unsigned method_named(const char *word)
{
    static const struct {
        const char *word;
        factor_t factor;
    } methods[] = {{"pin", FACTOR_PIN},
                   {"password", FACTOR_PASSWORD},
                   {"passkey", FACTOR_PASSKEY},
                   {"trusted", FACTOR_TRUSTED}};
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
        if (!strcasecmp(word, methods[i].word))
            return FACTOR_BIT(methods[i].factor);
    return 0;
}

/* "trusted" is any of them; a name is that one. */
const char *parse_methods(dir_config_t *dir, const words_t *words)
{
    apr_array_header_t *names = apr_array_make(words->p, words->count, sizeof(const char *));
    unsigned methods = 0;
    for (int i = 0; i < words->count; i++) {
        const char *word = words->word[i];
        const unsigned method = method_named(word);
        if (!method && (!parse_is_trusted_name(word) || is_reserved(word)))
            return apr_psprintf(words->p,
                                "\"%.80s\" is no login of this version; write pin, password, "
                                "passkey, trusted or the name of a trusted login, or several",
                                word);
        if (!method)
            APR_ARRAY_PUSH(names, const char *) = word;
        methods |= method;
    }
    const bool any = methods & FACTOR_BIT(FACTOR_TRUSTED);
    dir->logins = names->nelts ? names : NULL;
    dir->marks = names->nelts && !any ? marks_of(names, words->p) : NULL;
    dir->methods = (int)(methods | (names->nelts ? FACTOR_BIT(FACTOR_TRUSTED) : 0));
    return NULL;
}
