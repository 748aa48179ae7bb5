/* SPDX-License-Identifier: Apache-2.0 */
/* mpinctl check: the addresses by which people come (look.h). */
#include "ctl/look.h"

#include <apr_date.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/certificate.h"

#define DAYS_SOON 21
#define DAYS_NOW 5
#define HSTS_LEAST (180L * 86400)
#define SKEW_MOST 30 /* seconds: a code of an authenticator app holds so long */

/* ---- the public URL -------------------------------------------------------------------------- */

static void look_public_url(look_t *look)
{
    const char *public_url = look_setting(look, "siteURL", "");
    if (!*public_url)
        findings_add(look->findings, FINDING_OK, "public URL", NULL,
                     "the site doesn't say its MPinPublicURL: a service of other applications");
    else if (strcasecmp(public_url, look->origin))
        findings_add(look->findings, FINDING_ERROR, "public URL",
                     MEND(apr_psprintf(look->p,
                                       "write MPinPublicURL %s, or redirect this name to the "
                                       "public one in a vhost of its own",
                                       look->origin),
                          "directives.md#mpinpublicurl"),
                     "MPinPublicURL is %s: nobody can sign in at %s", public_url, look->origin);
    else
        findings_add(look->findings, FINDING_OK, "public URL", NULL, "MPinPublicURL is %s",
                     public_url);
    if (!look->https && !look_begins(look->origin, "http://localhost") &&
        !look_begins(look->origin, "http://127."))
        findings_add(look->findings, FINDING_ERROR, "public URL",
                     MEND("serve the site over https and write its https URL into MPinPublicURL",
                          "recipes.md#nginx-in-front"),
                     "plain http: whoever is on the way reads along and takes sessions over");
}

/* ---- other ways to the same site ------------------------------------------------------------- */

/* Is it a redirect to the site's own address? */
static bool leads_here(const look_t *look, const visited_t *visited)
{
    const char *to = visited_header(visited, "Location");
    const apr_size_t len = strlen(look->origin);
    return visited->status >= 301 && visited->status <= 308 && look_begins(to, look->origin) &&
           (!to[len] || to[len] == '/');
}

static void look_plain(look_t *look)
{
    if (!look->https || !look->usual_port)
        return;
    const char *url = apr_pstrcat(look->p, "http://", look->host, look->prefix, "/login", NULL);
    const visited_t plain = visitor_get(look->visitor, url, NULL);
    if (!plain.came)
        findings_add(look->findings, FINDING_OK, "http", NULL, "nobody answers at http://%s",
                     look->host);
    else if (leads_here(look, &plain))
        findings_add(look->findings, FINDING_OK, "http", NULL, "%s leads to %s", url,
                     visited_header(&plain, "Location"));
    else
        findings_add(look->findings,
                     visited_header(&plain, "Location")[0] ? FINDING_WARNING : FINDING_ERROR,
                     "http",
                     MEND(apr_psprintf(look->p, "Redirect permanent / %s/, in the vhost of port 80",
                                       look->origin),
                          "operations.md#one-address"),
                     "%s answers %d %s: it doesn't lead to https", url, plain.status,
                     visited_header(&plain, "Location"));
}

/* With "www." before the name, or without. */
static void look_www(look_t *look)
{
    const bool has = look_begins(look->host, "www.");
    const char *other = has ? look->host + 4 : apr_pstrcat(look->p, "www.", look->host, NULL);
    if (!look->usual_port || !strchr(look->host, '.') ||
        look->host[strspn(look->host, "0123456789.")] == '\0')
        return;
    const char *url = apr_pstrcat(look->p, look->https ? "https://" : "http://", other,
                                  look->prefix, "/login", NULL);
    const visited_t visited = visitor_get(look->visitor, url, NULL);
    if (!visited.came)
        findings_add(look->findings, FINDING_OK, "other name", NULL, "nobody answers at %s", other);
    else if (visited.untrusted)
        findings_add(look->findings, FINDING_WARNING, "other name",
                     MEND("add the name to the certificate, or take it out of the DNS",
                          "mpinctl.md#certificate"),
                     "browsers don't take the certificate of %s", other);
    else if (leads_here(look, &visited) || visited.status >= 400)
        findings_add(look->findings, FINDING_OK, "other name", NULL, "%s answers %d %s", url,
                     visited.status, visited_header(&visited, "Location"));
    else
        findings_add(
            look->findings, FINDING_WARNING, "other name",
            MEND(apr_psprintf(look->p, "give %s a vhost of its own with Redirect permanent / %s/",
                              other, look->origin),
                 "directives.md#mpinpublicurl"),
            "%s answers %d: who comes by that name can't sign in there", url, visited.status);
}

/* ---- TLS ------------------------------------------------------------------------------------- */

static void say_certificate(look_t *look, const certificate_t *certificate)
{
    if (!certificate->names_host)
        findings_add(look->findings, FINDING_ERROR, "certificate",
                     MEND("have one made with this name in it", "mpinctl.md#certificate"),
                     "it doesn't name %s", look->host);
    if (certificate->days < 0)
        findings_add(
            look->findings, FINDING_ERROR, "certificate",
            MEND("renew it, and see why nothing renews it by itself", "mpinctl.md#certificate"),
            "it has ended");
    else if (certificate->days < DAYS_SOON)
        findings_add(
            look->findings, certificate->days < DAYS_NOW ? FINDING_ERROR : FINDING_WARNING,
            "certificate",
            MEND("renew it, and see why nothing renews it by itself", "mpinctl.md#certificate"),
            "it ends in %d days", certificate->days);
}

static void look_certificate(look_t *look, const visited_t *visited)
{
    certificate_t certificate;
    if (!look->https)
        return;
    if (!visited->certificate || !certificate_read(&certificate, visited->certificate, look->host))
        return;
    say_certificate(look, &certificate);
    if (visited->untrusted && certificate.names_host && certificate.days >= 0)
        findings_add(look->findings, FINDING_ERROR, "certificate",
                     MEND("have it made by an authority that browsers know, and send its "
                          "intermediate certificates, too",
                          "mpinctl.md#certificate"),
                     "browsers don't take it: %s", visited->why);
    else if (!visited->untrusted && certificate.days >= DAYS_SOON)
        findings_add(look->findings, FINDING_OK, "certificate", NULL,
                     "it names %s, and is good for %d days", look->host, certificate.days);
}

static long hsts_seconds(const char *header)
{
    const char *age = strstr(header, "max-age=");
    return age ? strtol(age + 8 + (age[8] == '"'), NULL, 10) : -1;
}

static void look_hsts(look_t *look, const visited_t *visited)
{
    const char *header = visited_header(visited, "Strict-Transport-Security");
    const mend_t *mend =
        MEND("Header always set Strict-Transport-Security \"max-age=31536000\", once https is "
             "there to stay",
             "mpinctl.md#hsts");
    if (!look->https)
        return;
    if (!*header)
        findings_add(look->findings, FINDING_WARNING, "HSTS", mend,
                     "there is no Strict-Transport-Security: a first visit by http can be taken "
                     "over");
    else if (hsts_seconds(header) < HSTS_LEAST)
        findings_add(look->findings, FINDING_WARNING, "HSTS", mend, "\"%s\" is soon forgotten",
                     header);
    else
        findings_add(look->findings, FINDING_OK, "HSTS", NULL, "%s", header);
}

/* ---- clock ----------------------------------------------------------------------------------- */

/* Of one of the two: which, nobody can tell from here. */
static void look_clock(look_t *look, const visited_t *visited)
{
    const apr_time_t theirs = apr_date_parse_http(visited_header(visited, "Date"));
    const apr_int64_t apart = apr_time_sec(theirs) - apr_time_sec(apr_time_now());
    if (theirs && (apart > SKEW_MOST || apart < -SKEW_MOST))
        findings_add(look->findings, FINDING_WARNING, "clock",
                     MEND("let NTP set both clocks (timedatectl)", "mpinctl.md#clock"),
                     "the site's clock and this machine's are %d s apart; codes of authenticator "
                     "apps need a right one",
                     (int)(apart < 0 ? -apart : apart));
    else if (theirs)
        findings_add(look->findings, FINDING_OK, "clock", NULL, "as here");
}

void look_address(look_t *look)
{
    const visited_t visited =
        look->login.came ? look->login : visitor_get(look->visitor, look_url(look, "/"), NULL);
    if (look->settings)
        look_public_url(look);
    look_certificate(look, &visited);
    look_plain(look);
    look_www(look);
    look_hsts(look, &visited);
    look_clock(look, &visited);
}
