/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of MPinTrustedLogin and of what names one. */
#include "config/parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stddef.h>
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
    return *name && !apr_isdigit(*name) && strlen(name) <= VARIABLE_MAX &&
           strncasecmp(name, "HTTP_", 5) != 0 && strncasecmp(name, "MPIN_", 5) != 0 &&
           strncasecmp(name, "REDIRECT_", 9) != 0;
}

/* ---- options that are one text ---- */

static bool is_place(const char *value)
{
    return parse_is_path(value) && value[1];
}

/* A path of this site with a query, or where the provider is. */
static bool is_sign_out(const char *value)
{
    char path[LOGOUT_MAX + 1];
    for (const char *c = value; *c; c++)
        if (!apr_isgraph(*c) || strchr("\"#<>\\^`{|}", *c) || c - value >= LOGOUT_MAX)
            return false;
    apr_cpystrn(path, value, strcspn(value, "?") + 1);
    return parse_is_path(path) || (!strncasecmp(value, "https://", 8) && apr_isalnum(value[8]));
}

/* An expression with something in it, and that no header, which is the client's own word, or what
 * one is copied into. */
static bool is_user(const char *value)
{
    static const char *const headers[] = {
        "http:",      "http_",       "http(",        "req:",        "req(",
        "req_novary", "request_uri", "query_string", "the_request", NULL};
    bool fits = strstr(value, "%{") && strlen(value) <= EXPRESSION_MAX;
    for (const char *const *each = headers; *each; each++)
        fits = fits && !strcasestr(value, *each);
    return fits;
}

#define NO_VARIABLE                                                                                \
    "no variable of another module's; write the name of one, as in email=OIDC_CLAIM_email"

static const struct text_option_t {
    const char *name;
    size_t field;
    bool (*fits)(const char *value);
    const char *wrong;
} texts[] = {
    {"logout", offsetof(trusted_setting_t, logout), is_sign_out,
     "no sign-out; write a path of this site or an https URL"},
    {"user", offsetof(trusted_setting_t, user), is_user,
     "the same for all people, or what the client sends, which proves nothing; write a variable "
     "that the other module sets, as in user=%{reqenv:NAME}"},
    {"email", offsetof(trusted_setting_t, email), parse_is_variable, NO_VARIABLE},
    {"sid", offsetof(trusted_setting_t, sid), parse_is_variable, NO_VARIABLE},
    {"time", offsetof(trusted_setting_t, time), parse_is_variable, NO_VARIABLE},
    {"icon", offsetof(trusted_setting_t, icon), parse_is_path,
     "no path of a picture on this site; write as in icon=/icons/company.svg"},
    {"callback", offsetof(trusted_setting_t, callback), is_place,
     "no path on this site; write that of the other module's callback, as in callback=/login"},
};

/* The value of "name=...", NULL where the word is another one. */
static const char *option_value(const char *word, const char *name)
{
    const size_t len = strlen(name);
    return strncasecmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static const struct text_option_t *text_option(const char *word)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (option_value(word, texts[i].name))
            return &texts[i];
    return NULL;
}

static const char *read_text_option(trusted_setting_t *login, const struct text_option_t *option,
                                    const char *value, apr_pool_t *p)
{
    const char **field = (const char **)(void *)((char *)login + option->field);
    if (*field)
        return apr_psprintf(p, "%s= stands twice; write it once", option->name);
    *field = value;
    return option->fits(value) ? NULL : apr_psprintf(p, "\"%.80s\" is %s", value, option->wrong);
}

/* ---- lists ---- */

/* Those that the place, and we, understand ourselves are nobody else's to give. */
static const char *keep_field(const char **kept, const char *word, apr_pool_t *p)
{
    static const char *const ours[] = {"anew",   "asked",  "refresh", "return", "to",
                                       "switch", "state",  "code",    "error",  "logout",
                                       "offer",  "failed", NULL};
    bool fits = strlen(word) <= FIELD_MAX;
    for (const char *const *each = ours; *each; each++)
        fits = fits && strcasecmp(*each, word);
    for (const char *c = word; *c; c++)
        fits = fits && (apr_isalnum(*c) || strchr("-_", *c));
    *kept = word;
    return fits ? NULL
                : apr_psprintf(p,
                               "\"%.80s\" is no field that could go on to the place; write as in "
                               "pass=prerollid",
                               word);
}

static const char *keep_domain(const char **kept, const char *word, apr_pool_t *p)
{
    const char *name = name_canonical(apr_pstrcat(p, "a@", word, NULL), p);
    *kept = name ? name_domain(name) : NULL;
    return *kept ? NULL
                 : apr_psprintf(p, "\"%.80s\" is no domain; write one as in example.org", word);
}

/* Words with commas between them, kept with NULL at the end; none is `none`. */
static const char *read_list(const char *const **kept, const char *value,
                             const char *(*keep)(const char **, const char *, apr_pool_t *),
                             const char *none, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    char *last, *word = apr_strtok(apr_pstrdup(p, value), ",", &last);
    const char *wrong = word ? NULL : none;
    for (; word && !wrong; word = apr_strtok(NULL, ",", &last))
        wrong = keep(apr_array_push(list), word, p);
    APR_ARRAY_PUSH(list, const char *) = NULL;
    *kept = (const char *const *)list->elts;
    return wrong;
}

static const char *read_pass(trusted_setting_t *login, const char *value, apr_pool_t *p)
{
    return read_list(&login->pass, value, keep_field,
                     "pass= names no field; write as in pass=prerollid", p);
}

/* Whose name it is. */
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
    return read_list(&login->domains, domains ? domains + 1 : "", keep_domain,
                     "as-local names no domain; write as in as-local=email:example.org", p);
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

/* ---- the options ---- */

static const char *read_trusted_option(trusted_setting_t *login, const char *word, apr_pool_t *p)
{
    const struct text_option_t *text = text_option(word);
    const char *value;
    if (text)
        return read_text_option(login, text, option_value(word, text->name), p);
    if ((value = option_value(word, "pass")))
        return login->pass ? "pass= stands twice; write one with commas"
                           : read_pass(login, value, p);
    if ((value = option_value(word, "counts")))
        return read_counts(login, value, p);
    if (login->local && !strncasecmp(word, "as-local", strlen("as-local")))
        return "as-local stands twice; choose one rule";
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
    login->name = word;
    login->mark = mark_of(word);
    if (!parse_is_trusted_name(word))
        return apr_psprintf(p,
                            "\"%.80s\" is no name for a login; write 1 to %d letters, digits, - "
                            "and _",
                            word, TRUSTED_NAME_MAX);
    return is_reserved(word)
               ? apr_psprintf(p, "the name %s means something else; choose another", word)
               : NULL;
}

static const char *read_where(trusted_setting_t *login, char *const word[], apr_pool_t *p)
{
    login->location = word[0];
    login->type = word[1];
    if (!is_place(word[0]))
        return apr_psprintf(p,
                            "\"%.80s\" is no path on this site that another module could guard; "
                            "write as in /trusted/%s",
                            word[0], login->name);
    for (const char *c = word[1]; *c; c++)
        if (!apr_isalnum(*c) && !strchr("-_.", *c))
            return apr_psprintf(p, "\"%.80s\" is no AuthType; write that of %s", word[1], word[0]);
    return *word[1] && strcasecmp(word[1], "MPin")
               ? NULL
               : apr_psprintf(p, "another module must guard %s; write its AuthType, as in Basic",
                              word[0]);
}

static const char *read_button(trusted_setting_t *login, const char *word, apr_pool_t *p)
{
    if (text_option(word))
        return apr_psprintf(p, "the LABEL is missing before %.80s; write what stands on the button",
                            word);
    if (strlen(word) > LABEL_MAX || unicode_printable_length(word) < 1)
        return apr_psprintf(
            p, "people shall read the LABEL on a button; write 1 to %d bytes of UTF-8", LABEL_MAX);
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

static const char *read_login(trusted_setting_t *login, const apr_array_header_t *earlier,
                              const words_t *words)
{
    apr_pool_t *p = words->p;
    const char *wrong = read_name(login, words->word[0], p);
    if (!wrong)
        wrong = read_where(login, words->word + 1, p);
    for (int i = 0; !wrong && i < earlier->nelts; i++)
        wrong = differs_from(login, &APR_ARRAY_IDX(earlier, i, trusted_setting_t), p);
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
    apr_array_header_t *list = *logins ? apr_array_copy(words->p, *logins)
                                       : apr_array_make(words->p, 1, sizeof(trusted_setting_t));
    const char *wrong = read_login(&login, list, words);
    if (!wrong && list->nelts == TRUSTED_LOGINS_MAX)
        wrong = apr_psprintf(words->p, "nobody chooses among more than %d; write fewer",
                             TRUSTED_LOGINS_MAX);
    if (wrong)
        return wrong;
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
                   {"trusted", FACTOR_TRUSTED},
                   {"token", FACTOR_TOKEN}};
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
            return apr_psprintf(
                words->p,
                "\"%.80s\" is no login of this version; write pin, password, "
                "passkey, token, trusted or the name of a trusted login, or several",
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
