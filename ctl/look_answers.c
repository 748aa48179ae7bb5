/* SPDX-License-Identifier: Apache-2.0 */
/* mpinctl check: pages, headers and cookies (look.h). */
#include "ctl/look.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* ---- pages ----------------------------------------------------------------------------------- */

static const struct {
    const char *about, *key, *path; /* clientSettings' URL of it, and where it is without */
    const char *type;               /* that the answer has */
    bool led;                       /* a redirect within the site will do */
} wanted[] = {
    {"login page", "loginURL", "/login", "text/html", false},
    {"pad", NULL, "/mpin.js", "text/javascript", false},
    {"pad", NULL, "/mpin/mpin.css", "text/css", false},
    {"phone page", NULL, "/m/index.html", "text/html", false},
    {"account page", "accountURL", "/account", "text/html", true},
};
#define WANTED (sizeof wanted / sizeof *wanted)

static const char *wanted_url(const look_t *look, apr_size_t i)
{
    const char *url = wanted[i].key ? look_own_url(look, wanted[i].key) : NULL;
    return url ? url : look_url(look, wanted[i].path);
}

static void look_page(look_t *look, apr_size_t i)
{
    const char *url = wanted_url(look, i);
    const visited_t visited = visitor_get(look->visitor, url, NULL);
    const bool led = wanted[i].led && visited.status >= 301 && visited.status <= 303;
    if (led || (visited.status == 200 &&
                look_begins(visited_header(&visited, "Content-Type"), wanted[i].type)))
        findings_add(look->findings, FINDING_OK, wanted[i].about, NULL, "%s answers %d", url,
                     visited.status);
    else
        findings_add(look->findings,
                     !strcmp(wanted[i].about, "phone page") ? FINDING_WARNING : FINDING_ERROR,
                     wanted[i].about,
                     MEND("let the request reach httpd, and no Redirect or Require stand before "
                          "our pages; MPinPath may have moved it",
                          "directives.md#mpinpath"),
                     "%s answers %d %s", url, visited.status,
                     visited_header(&visited, "Content-Type"));
    if (wanted[i].led && !strstr(visited_header(&visited, "Cache-Control"), "no-store"))
        findings_add(look->findings, FINDING_ERROR, "caching",
                     MEND("take Header and Expires lines away from our pages, in what stands in "
                          "front of httpd, too",
                          "mpinctl.md#headers"),
                     "%s may be kept by caches: Cache-Control is \"%s\"", url,
                     visited_header(&visited, "Cache-Control"));
}

/* ---- headers of pages ------------------------------------------------------------------------ */

static const struct {
    const char *name, *has;
} kept_headers[] = {{"Content-Security-Policy", "default-src 'self'"},
                    {"Content-Security-Policy", "frame-ancestors 'none'"},
                    {"X-Frame-Options", "DENY"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"},
                    {"Cross-Origin-Opener-Policy", "same-origin"},
                    {"Cache-Control", "no-store"}};
#define KEPT_HEADERS (sizeof kept_headers / sizeof *kept_headers)

typedef struct header_count_t {
    const char *has;
    int all, good;
} header_count_t;

static int count_header(void *baton, const char *name, const char *value)
{
    header_count_t *counted = baton;
    (void)name;
    counted->all++;
    counted->good += strstr(value, counted->has) != NULL;
    return 1;
}

static void look_headers(look_t *look)
{
    bool fine = true;
    for (apr_size_t i = 0; i < KEPT_HEADERS; i++) {
        header_count_t counted = {kept_headers[i].has, 0, 0};
        apr_table_do(count_header, &counted, look->login.headers, kept_headers[i].name, NULL);
        if (counted.good && counted.good == counted.all)
            continue;
        fine = false;
        findings_add(look->findings, FINDING_WARNING, "headers",
                     MEND("take the Header line away that changes it on our pages, in httpd or in "
                          "front of it",
                          "mpinctl.md#headers"),
                     counted.all ? "%s of the login page isn't ours: it lacks \"%s\""
                                 : "the login page lacks %s (\"%s\")",
                     kept_headers[i].name, kept_headers[i].has);
    }
    if (fine)
        findings_add(look->findings, FINDING_OK, "headers", NULL,
                     "CSP, framing, sniffing, referrer and caching are as we send them");
    if (strpbrk(visited_header(&look->login, "Server"), "0123456789"))
        findings_add(look->findings, FINDING_WARNING, "headers",
                     MEND("write ServerTokens Prod", "mpinctl.md#headers"),
                     "Server: %s tells strangers which weaknesses to try",
                     visited_header(&look->login, "Server"));
}

/* ---- cookies --------------------------------------------------------------------------------- */

typedef struct cookies_t {
    look_t *look;
    const char *first; /* name and value */
    bool fine;
} cookies_t;

static void blame_cookie(cookies_t *cookies, severity_t severity, const mend_t *mend,
                         const char *what)
{
    cookies->fine = false;
    findings_add(cookies->look->findings, severity, "cookies", mend, "%.*s %s",
                 (int)strcspn(cookies->first, "="), cookies->first, what);
}

static bool has_attribute(const char *cookie, const char *attribute)
{
    const apr_size_t len = strlen(attribute);
    for (const char *at = strchr(cookie, ';'); at; at = strchr(at, ';')) {
        at += 1 + strspn(at + 1, " ");
        if (!strncasecmp(at, attribute, len) && strchr(";=", at[len]))
            return true;
    }
    return false;
}

static int look_cookie(void *baton, const char *name, const char *value)
{
    static const mend_t undone = {
        "take Header edit Set-Cookie, ProxyPassReverseCookieDomain or the "
        "like away, in httpd and in front of it",
        "mpinctl.md#cookies"};
    cookies_t *cookies = baton;
    (void)name;
    if (cookies->first)
        return 1;
    cookies->first = apr_pstrmemdup(cookies->look->p, value, strcspn(value, ";"));
    if (cookies->look->https && !has_attribute(value, "Secure"))
        blame_cookie(cookies, FINDING_ERROR, &undone, "lacks Secure");
    if (!has_attribute(value, "HttpOnly"))
        blame_cookie(cookies, FINDING_ERROR, &undone, "lacks HttpOnly");
    if (!has_attribute(value, "SameSite"))
        blame_cookie(cookies, FINDING_WARNING, &undone, "lacks SameSite");
    if (strstr(value, "SameSite=None"))
        blame_cookie(cookies, FINDING_WARNING,
                     MEND("write MPinCookieSameSite Lax", "directives.md#mpincookiesamesite"),
                     "is sent from pages of other sites, too (SameSite=None)");
    if (has_attribute(value, "Domain"))
        blame_cookie(cookies, FINDING_WARNING,
                     MEND("leave MPinCookieDomain out, unless several hosts share one login",
                          "directives.md#mpincookiedomain"),
                     "is shared with all hosts of a domain, each of which can set it");
    else if (cookies->look->https && !look_begins(value, "__Host-"))
        blame_cookie(cookies, FINDING_WARNING,
                     MEND("leave MPinCookiePath out", "directives.md#mpincookiepath"),
                     "has no __Host- prefix, so that other hosts of the domain can set it");
    return 1;
}

/* A browser that has one already is given no other. */
static bool comes_back(look_t *look, const char *cookie)
{
    visitor_carry(look->visitor, cookie);
    const visited_t again = visitor_get(look->visitor, wanted_url(look, 0), NULL);
    visitor_carry(look->visitor, NULL);
    return again.came && !*visited_header(&again, "Set-Cookie");
}

static void look_cookies(look_t *look)
{
    cookies_t cookies = {look, NULL, true};
    if (look->login.status != 200)
        return;
    apr_table_do(look_cookie, &cookies, look->login.headers, "Set-Cookie", NULL);
    if (!cookies.first)
        findings_add(look->findings, FINDING_ERROR, "cookies",
                     MEND("let Set-Cookie of /login through, and keep no answer of it",
                          "mpinctl.md#cookies"),
                     "the login page sends none, so that nobody can sign in");
    else if (!comes_back(look, cookies.first))
        blame_cookie(&cookies, FINDING_ERROR,
                     MEND("let the Cookie header through to httpd", "mpinctl.md#cookies"),
                     "doesn't come back to httpd");
    else if (cookies.fine)
        findings_add(look->findings, FINDING_OK, "cookies", NULL, "%.*s is safe and comes back",
                     (int)strcspn(cookies.first, "="), cookies.first);
}

/* ---- what strangers must not see ------------------------------------------------------------- */

static void look_status(look_t *look)
{
    const char *url = look_url(look, "/mpin-status");
    const visited_t visited = visitor_get(look->visitor, url, NULL);
    if (visited.status == 200)
        findings_add(look->findings, FINDING_ERROR, "status",
                     MEND("write Require ip or Require user beside SetHandler mpin-status; by "
                          "httpd's proxy, everybody's address is its own",
                          "status.md#who-may-see-it"),
                     "%s shows strangers how the site does", url);
    else
        findings_add(look->findings, FINDING_OK, "status", NULL, "%s answers %d", url,
                     visited.status);
}

/* Asked as nginx would: 401 with a login to go to is an answer for a web server. */
static void look_asker(look_t *look)
{
    const char *url = look_url(look, "/mpin-check");
    const char *headers[] = {apr_pstrcat(look->p, "X-Original-URL: ", look->origin, "/", NULL),
                             NULL};
    const visited_t visited = visitor_get(look->visitor, url, headers);
    if (visited.status == 401 || visited.status == 200)
        findings_add(look->findings, FINDING_ERROR, "forward",
                     MEND("write <Location /mpin-check> with Require ip of the web servers that "
                          "ask",
                          "forward.md#who-may-ask"),
                     "%s answers strangers: anybody may ask in place of your web server", url);
    else
        findings_add(look->findings, FINDING_OK, "forward", NULL, "%s answers %d", url,
                     visited.status);
}

void look_answers(look_t *look)
{
    for (apr_size_t i = 0; i < WANTED; i++)
        look_page(look, i);
    if (look->login.came) {
        look_headers(look);
        look_cookies(look);
    }
    look_status(look);
    look_asker(look);
}
