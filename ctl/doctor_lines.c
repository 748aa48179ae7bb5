/* SPDX-License-Identifier: Apache-2.0 */
/* mpinctl doctor: what the lines of the configuration say (doctor.h). */
#include "ctl/doctor.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define VERSION_SINCE 62 /* 2.4.N: what is older has weaknesses that are known */

static void fine(const doctor_t *doctor, const char *about, const char *text)
{
    findings_add(doctor->findings, FINDING_OK, about, NULL, "%s", text);
}

static bool starts(const char *text, const char *with)
{
    return !strncasecmp(text, with, strlen(with));
}

/* ---- httpd ----------------------------------------------------------------------------------- */

static void doctor_version(doctor_t *doctor)
{
    const json_t *version = json_object_get(doctor->said, "version");
    const int minor = (int)json_integer_value(json_array_get(version, 1));
    const int patch = (int)json_integer_value(json_array_get(version, 2));
    if (minor < 4 || (minor == 4 && patch < VERSION_SINCE))
        findings_add(doctor->findings, FINDING_WARNING, "version",
                     MEND("take your distribution's updates; where it mends old versions, look "
                          "whether it still does",
                          "mpinctl.md#httpd"),
                     "Apache httpd 2.%d.%d is old", minor, patch);
    else
        findings_add(doctor->findings, FINDING_OK, "version", NULL, "Apache httpd 2.%d.%d", minor,
                     patch);
}

static void hear_signature(doctor_t *doctor, const conf_line_t *line)
{
    if (strcasecmp(line->args, "Off"))
        findings_add(doctor->findings, FINDING_WARNING, "signature",
                     MEND("write ServerSignature Off", "mpinctl.md#httpd"),
                     "%s: error pages show which httpd this is", line->at);
}

static void hear_tokens(doctor_t *doctor, const conf_line_t *line)
{
    if (!starts(line->args, "Prod"))
        findings_add(doctor->findings, FINDING_WARNING, "signature",
                     MEND("write ServerTokens Prod", "mpinctl.md#httpd"),
                     "%s: ServerTokens %s tells strangers which weaknesses to try", line->at,
                     line->args);
}

static void hear_log_level(doctor_t *doctor, const conf_line_t *line)
{
    const char *word;
    for (int i = 0; (word = doctor_word(line, i, doctor->p)); i++) {
        const char *level = strchr(word, ':') ? strchr(word, ':') + 1 : word;
        const bool all = level == word;
        if (starts(level, "trace") &&
            (all || starts(word, "ssl:") || starts(word, "core:") || starts(word, "http")))
            findings_add(doctor->findings, FINDING_ERROR, "logs",
                         MEND("write LogLevel warn auth_mpin:debug, and delete what was written so",
                              "operations.md#what-httpd-itself-logs"),
                         "%s: LogLevel %s writes cookies and secrets down", line->at, word);
    }
}

static void doctor_httpd(doctor_t *doctor)
{
    doctor_version(doctor);
    doctor_each(doctor, "ServerSignature", hear_signature);
    doctor_each(doctor, "ServerTokens", hear_tokens);
    if (!doctor_count(doctor, "ServerTokens"))
        findings_add(doctor->findings, FINDING_WARNING, "signature",
                     MEND("write ServerTokens Prod", "mpinctl.md#httpd"),
                     "there is no ServerTokens: strangers are told which weaknesses to try");
    doctor_each(doctor, "LogLevel", hear_log_level);
    if (doctor_has_module(doctor, "mod_reqtimeout.c"))
        fine(doctor, "slow clients", "mod_reqtimeout is loaded");
    else
        findings_add(doctor->findings, FINDING_WARNING, "slow clients",
                     MEND("load mod_reqtimeout, with RequestReadTimeout "
                          "header=20-40,MinRate=500 body=20,MinRate=500",
                          "mpinctl.md#httpd"),
                     "mod_reqtimeout is not loaded: a few slow clients hold all workers");
}

/* ---- TLS ------------------------------------------------------------------------------------- */

/* Which of the old ones are on, after words as "all -SSLv3 +TLSv1". */
static bool takes_old(const conf_line_t *line, apr_pool_t *p)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1"};
    unsigned on = 0;
    const char *word;
    for (int i = 0; (word = doctor_word(line, i, p)); i++) {
        const bool off = *word == '-', plain = *word != '-' && *word != '+';
        const char *name = plain ? word : word + 1;
        unsigned bits = strcasecmp(name, "all") ? 0 : 7;
        for (unsigned bit = 0; bit < 3; bit++)
            bits |= strcasecmp(name, names[bit]) ? 0 : 1u << bit;
        on = off ? on & ~bits : plain ? bits : on | bits;
    }
    return on;
}

static void hear_protocol(doctor_t *doctor, const conf_line_t *line)
{
    if (takes_old(line, doctor->p))
        findings_add(doctor->findings, FINDING_ERROR, "TLS",
                     MEND("write SSLProtocol -all +TLSv1.2 +TLSv1.3", "mpinctl.md#tls"),
                     "%s: SSLProtocol %s takes versions that are broken", line->at, line->args);
}

/* "Off" is no TLS. */
static bool ends_tls(const doctor_t *doctor)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(doctor->said, "lines"), i, each)
    {
        if (!strcasecmp(json_string_value(json_object_get(each, "directive")), "SSLEngine") &&
            strcasecmp(json_string_value(json_object_get(each, "args")), "Off"))
            return true;
    }
    return false;
}

static void doctor_tls(doctor_t *doctor)
{
    if (!ends_tls(doctor))
        return;
    doctor_each(doctor, "SSLProtocol", hear_protocol);
    if (!doctor_count(doctor, "SSLProtocol"))
        findings_add(doctor->findings, FINDING_WARNING, "TLS",
                     MEND("write SSLProtocol -all +TLSv1.2 +TLSv1.3", "mpinctl.md#tls"),
                     "there is no SSLProtocol: OpenSSL's policy alone keeps old versions away");
}

/* ---- proxies --------------------------------------------------------------------------------- */

static void doctor_proxies(doctor_t *doctor)
{
    const bool header = doctor_count(doctor, "RemoteIPHeader") != 0;
    const bool named = doctor_count(doctor, "RemoteIPInternalProxy*") ||
                       doctor_count(doctor, "RemoteIPTrustedProxy*");
    bool behind = false;
    apr_size_t i;
    json_t *site;
    json_array_foreach(json_object_get(doctor->said, "sites"), i, site)
    {
        behind |=
            starts(json_string_value(json_object_get(site, "url")), "https") && !ends_tls(doctor);
    }
    if (header && !named)
        findings_add(doctor->findings, FINDING_ERROR, "proxy",
                     MEND("write RemoteIPInternalProxy and the addresses of your proxy",
                          "recipes.md#nginx-in-front"),
                     "RemoteIPHeader is believed of anybody, so that throttles and Require ip hold "
                     "nobody");
    else if (behind && !header && !doctor_count(doctor, "RemoteIPProxyProtocol"))
        findings_add(doctor->findings, FINDING_ERROR, "proxy",
                     MEND("load mod_remoteip, with RemoteIPHeader X-Forwarded-For and "
                          "RemoteIPInternalProxy ADDRESS",
                          "recipes.md#nginx-in-front"),
                     "TLS ends before httpd, and without mod_remoteip all people have one "
                     "address: one who guesses locks all out");
    else
        fine(doctor, "proxy", header ? "only named proxies are believed" : "none in front");
}

/* ---- places ---------------------------------------------------------------------------------- */

/* The place of a trusted login: its password is asked once, and made a session of. */
static bool is_trusted_login(const doctor_t *doctor, const conf_line_t *line)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(doctor->said, "lines"), i, each)
    {
        const char *section = json_string_value(json_object_get(each, "section"));
        const char *args = json_string_value(json_object_get(each, "args"));
        if (section && !strcmp(section, line->section) && strstr(args, "mpin-trusted-login") &&
            !strcasecmp(json_string_value(json_object_get(each, "directive")), "SetHandler"))
            return true;
    }
    return false;
}

static void hear_auth_type(doctor_t *doctor, const conf_line_t *line)
{
    if (strcasecmp(line->args, "Basic") || !line->engine || is_trusted_login(doctor, line))
        return;
    findings_add(doctor->findings, FINDING_WARNING, "Basic",
                 MEND("write AuthType MPin there; programs come in by MPinTokens", "tokens.md"),
                 "%s: %s takes a password with each request, past PIN, second step and sign-out",
                 line->at, line->section);
}

/* ---- sites ----------------------------------------------------------------------------------- */

static bool registers_by(const json_t *list, const char *word)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        if (!strcmp(json_string_value(each), word))
            return true;
    }
    return false;
}

static bool is_public(const char *url)
{
    const char *host = strstr(url, "://") ? strstr(url, "://") + 3 : url;
    return !starts(host, "localhost") && !starts(host, "127.") && !starts(host, "[::1]");
}

/* Several vhosts may be one site. */
static bool is_repeated(const doctor_t *doctor, const json_t *site)
{
    const char *url = json_string_value(json_object_get(site, "url"));
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(doctor->said, "sites"), i, each)
    {
        if (each == site)
            return false;
        if (!strcmp(json_string_value(json_object_get(each, "url")), url))
            return true;
    }
    return false;
}

static void doctor_site(doctor_t *doctor, const json_t *site)
{
    const char *url = json_string_value(json_object_get(site, "url"));
    const bool open = is_public(url) && registers_by(json_object_get(site, "register"), "open");
    if (is_public(url) && !starts(url, "https"))
        findings_add(doctor->findings, FINDING_ERROR, "public URL",
                     MEND("write MPinPublicURL https://HOST", "directives.md#mpinpublicurl"),
                     "%s is plain http", url);
    else
        findings_add(doctor->findings, FINDING_OK, "public URL", NULL, "%s", url);
    if (open)
        findings_add(doctor->findings, FINDING_ERROR, "registration",
                     MEND("write MPinRegister signed-in, mail or invite; or Require user and group "
                          "lines, which a new name is in none of",
                          "directives.md#mpinregister"),
                     "%s: MPinRegister open lets anybody be a valid-user", url);
    if (json_is_null(json_object_get(site, "audit")))
        findings_add(doctor->findings, FINDING_WARNING, "audit",
                     MEND("write MPinAuditLog journald, syslog or a file", "audit.md"),
                     "%s has no MPinAuditLog: who did what can't be found later", url);
    if (!json_is_true(json_object_get(site, "mail")) &&
        !json_is_true(json_object_get(site, "service")))
        findings_add(doctor->findings, FINDING_WARNING, "mail",
                     MEND("write MPinMail and MPinMailFrom", "directives.md#mpinmail"),
                     "%s sends no mail: nobody hears of a new device or a lock of theirs", url);
}

void doctor_lines(doctor_t *doctor)
{
    apr_size_t i;
    json_t *site;
    json_array_foreach(json_object_get(doctor->said, "sites"), i, site)
    {
        if (!is_repeated(doctor, site))
            doctor_site(doctor, site);
    }
    doctor_httpd(doctor);
    doctor_tls(doctor);
    doctor_proxies(doctor);
    doctor_each(doctor, "AuthType", hear_auth_type);
}
