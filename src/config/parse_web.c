/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of URLs, cookies and headers. */
#include "config/parse.h"

#include "config/header_name.h"
#include "session/known.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define PATH_MAX_BYTES 200
#define PREFIX_MAX 100
#define REALM_MAX 200
#define URL_MAX 500
#define COOKIE_NAME_MAX 48
#define REMEMBER_LEAST apr_time_from_sec(86400)

/* An absolute path as a browser would send it: one '/' in front, no empty, '.' or '..' segment, and
 * nothing that would need an escape. */
bool parse_is_path(const char *path)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    if (*path != '/' || strlen(path) > PATH_MAX_BYTES || path[strspn(path, plain)])
        return false;
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        const size_t len = strcspn(slash + 1, "/");
        if ((!len && slash[1]) || (len == 1 && slash[1] == '.') ||
            (len == 2 && !strncmp(slash + 1, "..", 2)))
            return false;
    }
    return true;
}

static const char *not_a_path(const char *word, apr_pool_t *p)
{
    return apr_psprintf(p,
                        "\"%.80s\" is no path on this site; write one that begins with one / and "
                        "is made of letters, digits and - . _ ~ /",
                        word);
}

static const char *const path_words[PATH_COUNT] = {"login",      "logout",       "mpinAuthenticate",
                                                   "rps",        "mpin.js",      "mpin",
                                                   "mpinVerify", "mpinActivate", "mpinPermitUser",
                                                   "m",          "service",      "account",
                                                   "refresh",    "mpin-status",  "check"};

const char *path_word(path_name_t path)
{
    return path < PATH_COUNT ? path_words[path] : "service";
}

const char *parse_path(paths_t *paths, const words_t *words)
{
    const char *name = words->word[0], *path = words->word[1];

    int which = 0;
    while (which < PATH_COUNT && strcmp(name, path_words[which]))
        which++;
    if (which == PATH_COUNT)
        return apr_psprintf(words->p,
                            "we have no page \"%.80s\"; write login, logout, mpinAuthenticate, "
                            "mpinVerify, mpinActivate, mpinPermitUser, rps, mpin.js, mpin, m, "
                            "service, account, refresh, mpin-status or check",
                            name);

    const bool off = !strcasecmp(path, "off");
    if (!off && !parse_is_path(path))
        return not_a_path(path, words->p);
    if (!off && path[strlen(path) - 1] == '/')
        return apr_psprintf(words->p, "\"%.80s\" ends with /; write it without, as in /%s", path,
                            name);
    paths->path[which] = off ? NULL : path;
    paths->moved[which] = true;
    return NULL;
}

/* Each page's own path comes after it, so that it has room for one. */
const char *parse_path_prefix(const char **prefix, const words_t *words)
{
    const char *path = words->word[0];
    const size_t len = strlen(path);
    if (!strcasecmp(path, "off")) {
        *prefix = NULL;
        return NULL;
    }
    if (!parse_is_path(path) || len > PREFIX_MAX)
        return not_a_path(path, words->p);
    if (path[len - 1] == '/')
        return apr_psprintf(
            words->p,
            "\"%.80s\" ends with /; write it without, as in /_mpin, or off where no "
            "page is to be moved",
            path);
    *prefix = path;
    return NULL;
}

/* Where an application is asked. Its answer lets somebody in, so plain http is for this machine
 * only. */
const char *parse_application_url(const char **url, const words_t *words)
{
    const char *word = words->word[0];
    const char *host = strstr(word, "://");
    const char *path = host ? host + 3 + strcspn(host + 3, "/?#") : word;
    public_url_t origin;
    if (!host || strlen(word) > URL_MAX)
        return apr_psprintf(words->p,
                            "\"%.80s\" is no URL of an application; write as in "
                            "https://app.example.com/mpinVerify",
                            word);
    const char *wrong = public_url_parse(
        &origin, apr_pstrmemdup(words->p, word, (apr_size_t)(path - word)), words->p);
    if (wrong)
        return wrong;
    if (!origin.https && !origin.loopback)
        return apr_psprintf(words->p,
                            "plain http off loopback lets others read along; write https://%s%.80s",
                            origin.host, path);
    for (const char *c = path; *c; c++)
        if (!apr_isgraph(*c) || strchr("\"#<>\\^`{|}", *c))
            return "it has a character that no URL has; write it as %XX, and leave out # and more";
    *url = word;
    return NULL;
}

/* Origins of pages, spelled as browsers spell them. */
const char *parse_origins(const apr_array_header_t **origins, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(const char *));
    for (int i = 0; i < words->count; i++) {
        public_url_t origin;
        const char *wrong = public_url_parse(&origin, words->word[i], words->p);
        if (wrong)
            return wrong;
        if (!origin.https && !origin.loopback)
            return apr_psprintf(words->p,
                                "a page by plain http can be changed on its way; write https://%s",
                                origin.host);
        APR_ARRAY_PUSH(list, const char *) = origin.text;
    }
    *origins = list;
    return NULL;
}

/* As they are stored, of any site: which names this one has, the check knows. */
const char *parse_admins(const apr_array_header_t **admins, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(const char *));
    for (int i = 0; i < words->count; i++) {
        const char *name = name_here(NAMES_UNICODE, words->word[i], words->p);
        if (!name)
            return apr_psprintf(words->p,
                                "\"%.80s\" is no name of a user; write it as they sign in",
                                words->word[i]);
        APR_ARRAY_PUSH(list, const char *) = name;
    }
    *admins = list;
    return NULL;
}

const char *parse_hosts(const apr_array_header_t **hosts, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(const char *));
    for (int i = 0; i < words->count; i++) {
        public_url_t url;
        const char *word = words->word[i];
        if (strstr(word, "://") ||
            public_url_parse(&url, apr_pstrcat(words->p, "https://", word, NULL), words->p))
            return apr_psprintf(words->p,
                                "\"%.80s\" is no host; write as in wiki.example.com, with :PORT "
                                "where it is not the usual one",
                                word);
        APR_ARRAY_PUSH(list, const char *) = strstr(url.text, "://") + 3;
    }
    *hosts = list;
    return NULL;
}

/* Browsers keep no cookie for longer than KNOWN_DAYS. */
const char *parse_remember(apr_interval_time_t *time, const words_t *words)
{
    apr_interval_time_t found = 0;
    if (strcasecmp(words->word[0], "Off")) {
        const char *wrong = parse_duration(&found, words);
        if (wrong)
            return wrong;
        if (found < REMEMBER_LEAST || found > apr_time_from_sec(KNOWN_DAYS * 86400L))
            return apr_psprintf(
                words->p,
                "\"%.80s\" is no time that a browser can be remembered for; write 1d "
                "to %dd, or Off",
                words->word[0], KNOWN_DAYS);
    }
    *time = found;
    return NULL;
}

const char *parse_own_page(const char **path, const words_t *words)
{
    if (!parse_is_path(words->word[0]))
        return not_a_path(words->word[0], words->p);
    *path = words->word[0];
    return NULL;
}

const char *parse_cookie_path(const char **path, const words_t *words)
{
    return parse_own_page(path, words);
}

const char *parse_realm(const char **realm, const words_t *words)
{
    const char *word = words->word[0];
    for (const char *c = word; *c; c++)
        if (!apr_isprint(*c))
            return "a realm is printable ASCII; write it so";
    if (!*word || strlen(word) > REALM_MAX)
        return apr_psprintf(words->p, "a realm has 1 to %d bytes; write such a one", REALM_MAX);
    *realm = word;
    return NULL;
}

/* RFC 6265, section 4.1.1: a cookie's name is a token. The prefixes __Host- and __Secure- are ours
 * to set. */
const char *parse_cookie_name(const char **name, const words_t *words)
{
    const char *word = words->word[0];
    const size_t len = strlen(word);
    if (!len || len > COOKIE_NAME_MAX || !strncmp(word, "__", 2))
        return apr_psprintf(
            words->p,
            "\"%.80s\" is no cookie name for us; write 1 to %d bytes that don't begin with __",
            word, COOKIE_NAME_MAX);
    for (const char *c = word; *c; c++)
        if (!apr_isalnum(*c) && !strchr("-_.", *c))
            return apr_psprintf(
                words->p, "\"%.80s\" is no cookie name for us; write letters, digits and - _ .",
                word);
    *name = word;
    return NULL;
}

/* Only how it must look; whether it is the public host's own or its parent's, the check says. */
const char *parse_cookie_domain(const char **domain, const words_t *words)
{
    public_url_t url;
    const char *word = words->word[0];
    const char *wrong = public_url_make(&url, true, *word == '.' ? word + 1 : word, 443, words->p);
    if (wrong)
        return wrong;
    if (!strchr(url.host, '.') || !url.host[strspn(url.host, "0123456789.")] || *url.host == '[')
        return apr_psprintf(
            words->p,
            "\"%.80s\" is no domain that browsers keep cookies for; write one as in example.org",
            word);
    *domain = url.host;
    return NULL;
}

const char *parse_same_site(const char **value, const words_t *words)
{
    static const char *const values[] = {"Lax", "Strict", "None"};
    for (int i = 0; i < 3; i++)
        if (!strcasecmp(words->word[0], values[i])) {
            *value = values[i];
            return NULL;
        }
    return apr_psprintf(words->p, "\"%.80s\" is no SameSite value; write Lax, Strict or None",
                        words->word[0]);
}

/* RFC 9110, section 5.6.2. */

static const char *pass_header(pass_header_t *header, const char *word, apr_pool_t *p)
{
    static const char *const fields[] = {"user",    "email",   "provider", "amr",   "auth_time",
                                         "session", "subject", "flash",    "groups"};
    const char *equals = strchr(word, '=');
    if (!equals || !header_name_ok(word, (size_t)(equals - word)))
        return apr_psprintf(p, "\"%.80s\" is no header; write as in X-WEBAUTH-USER=user", word);

    header->name = apr_pstrmemdup(p, word, (apr_size_t)(equals - word));
    if (header_name_taken(header->name))
        return apr_psprintf(p, "the header %s has a meaning of its own; choose another name",
                            header->name);
    for (int i = PASS_USER; i <= PASS_GROUPS; i++)
        if (!strcasecmp(equals + 1, fields[i])) {
            header->field = (unsigned)i;
            return NULL;
        }
    if (!strncasecmp(equals + 1, "claim:", 6) && parse_is_variable(equals + 7)) {
        header->field = PASS_CLAIM;
        header->claim = apr_pstrdup(p, equals + 7);
        return NULL;
    }
    return apr_psprintf(p,
                        "there is no \"%.80s\" to pass; write user, email, provider, subject, amr, "
                        "auth_time, session, flash, groups or claim:VARIABLE",
                        equals + 1);
}

const char *parse_pass_headers(const apr_array_header_t **headers, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(pass_header_t));
    int claims = 0;
    for (int i = 0; i < words->count; i++) {
        pass_header_t *header = apr_array_push(list);
        const char *wrong = pass_header(header, words->word[i], words->p);
        for (int earlier = 0; !wrong && earlier < i; earlier++)
            if (header_name_same(header->name, APR_ARRAY_IDX(list, earlier, pass_header_t).name))
                wrong = apr_psprintf(words->p,
                                     "the header %s is set twice (- and _ are the same to "
                                     "applications); name it once",
                                     header->name);
        if (!wrong && header->field == PASS_CLAIM && ++claims > PASS_CLAIMS_MAX)
            wrong = apr_psprintf(words->p, "it passes more than %d claims; write fewer",
                                 PASS_CLAIMS_MAX);
        if (wrong)
            return wrong;
    }
    *headers = list;
    return NULL;
}

/* What an application's RPS hands on: any but those that frame a request. */
const char *parse_forward_headers(const apr_array_header_t **names, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(const char *));
    for (int i = 0; i < words->count; i++) {
        const char *word = words->word[i];
        const bool all = !strcmp(word, "*");
        if (all && words->count > 1)
            return "* stands for all of them; write it alone";
        if (!all && !header_name_ok(word, strlen(word)))
            return apr_psprintf(words->p, "\"%.80s\" is no header; write names, or *", word);
        if (!all && !header_name_goes_on(word))
            return apr_psprintf(words->p,
                                "the header %s is of the request itself and goes no further; leave "
                                "it out",
                                word);
        APR_ARRAY_PUSH(list, const char *) = word;
    }
    *names = list;
    return NULL;
}

const char *parse_unauthenticated(dir_config_t *dir, const words_t *words)
{
    const char *word = words->word[0];
    const char *redirect = NULL;
    int answer;
    if (!strcasecmp(word, "auto"))
        answer = UNAUTH_AUTO;
    else if (!strcasecmp(word, "401"))
        answer = UNAUTH_401;
    else if (!strcasecmp(word, "pass"))
        answer = UNAUTH_PASS;
    else if (!strncasecmp(word, "redirect", 8) && (!word[8] || word[8] == ':'))
        answer = UNAUTH_REDIRECT;
    else
        return apr_psprintf(
            words->p,
            "\"%.80s\" is no answer of ours; write auto, redirect, redirect:/PATH, 401 or pass",
            word);
    if (answer == UNAUTH_REDIRECT && word[8]) {
        redirect = word + 9;
        if (!parse_is_path(redirect))
            return not_a_path(redirect, words->p);
    }
    dir->unauthenticated = answer;
    dir->redirect = redirect;
    return NULL;
}
