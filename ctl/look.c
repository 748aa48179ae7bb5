/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/look.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define URL_MAX_BYTES 2048

bool look_begins(const char *text, const char *with)
{
    return !strncasecmp(text, with, strlen(with));
}

const char *look_url(const look_t *look, const char *path)
{
    return apr_pstrcat(look->p, look->origin, look->prefix, path, NULL);
}

const char *look_setting(const look_t *look, const char *key, const char *usual)
{
    const char *text = json_string_value(json_object_get(look->settings, key));
    return text ? text : usual;
}

const char *look_own_url(const look_t *look, const char *key)
{
    const char *url = look_setting(look, key, "");
    const apr_size_t len = strlen(look->origin);
    if (*url == '/' && url[1] != '/')
        return apr_pstrcat(look->p, look->origin, url, NULL);
    return look_begins(url, look->origin) && url[len] == '/' ? url : NULL;
}

/* ---- what was typed -------------------------------------------------------------------------- */

static const char *url_part(CURLU *url, CURLUPart part, apr_pool_t *p)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
        return NULL;
    const char *own = apr_pstrdup(p, text);
    curl_free(text);
    return own;
}

static bool take_typed(look_t *look, CURLU *url)
{
    apr_pool_t *p = look->p;
    const char *scheme = url_part(url, CURLUPART_SCHEME, p);
    const char *host = url_part(url, CURLUPART_HOST, p);
    const char *port = url_part(url, CURLUPART_PORT, p), *path = url_part(url, CURLUPART_PATH, p);
    if (!scheme || !host || !path || (strcmp(scheme, "https") && strcmp(scheme, "http")))
        return false;
    look->https = !strcmp(scheme, "https");
    look->usual_port = !port || !strcmp(port, look->https ? "443" : "80");
    look->host = host;
    look->origin = apr_pstrcat(p, scheme, "://", host, look->usual_port ? "" : ":",
                               look->usual_port ? "" : port, NULL);
    look->prefix = apr_pstrmemdup(p, path, strlen(path) - (path[strlen(path) - 1] == '/'));
    return true;
}

/* A name without a scheme is asked over https, as people should. */
static bool read_typed(look_t *look, const char *typed)
{
    CURLU *url = curl_url();
    const char *text = strstr(typed, "://") ? typed : apr_pstrcat(look->p, "https://", typed, NULL);
    const bool read = strlen(text) < URL_MAX_BYTES && url &&
                      curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
                      take_typed(look, url);
    curl_url_cleanup(url);
    return read;
}

/* ---- the first two answers ------------------------------------------------------------------- */

static const json_t *settings_heard(look_t *look)
{
    const visited_t visited =
        visitor_get(look->visitor, look_url(look, "/rps/clientSettings"), NULL);
    const json_t *json = visited.came && visited.status == 200
                             ? json_read(look->p, visited.body, strlen(visited.body))
                             : NULL;
    if (json_object_get(json, "mpinAuthServerURL") || json_object_get(json, "loginURL"))
        return json;
    findings_add(look->findings, FINDING_ERROR, "site",
                 MEND("write MPinEngine On in the vhost of this name, or name the right URL, with "
                      "the path behind it where MPinPath has moved all pages below one",
                      "directives.md#mpinengine"),
                 "%s answers %d: no site with mod_auth_mpin is there",
                 look_url(look, "/rps/clientSettings"), visited.status);
    return NULL;
}

/* The page of the site that was typed, even where another URL is its public one. */
static void hear_login(look_t *look)
{
    const char *url = look_own_url(look, "loginURL");
    look->login = visitor_get(look->visitor, url ? url : look_url(look, "/login"), NULL);
}

ctl_end_t ctl_check(ctl_t *ctl)
{
    look_t look = {.ctl = ctl,
                   .visitor = visitor_make(ctl->options->given[OPTION_CONNECT_TO], ctl->p),
                   .findings = findings_make(ctl),
                   .p = ctl->p};
    if (!read_typed(&look, ctl->word[0]))
        return ctl_fail(CTL_UNABLE, "\"%s\" is no URL; write https://HOST", ctl->word[0]);
    const visited_t first = visitor_get(look.visitor, look_url(&look, "/"), NULL);
    if (!first.came)
        return ctl_fail(CTL_UNABLE,
                        "%s can't be asked: %s; is the name right, and does a server "
                        "listen there?",
                        look.origin, first.why);
    look.settings = settings_heard(&look);
    if (look.settings)
        hear_login(&look);
    look_address(&look);
    if (look.settings) {
        look_answers(&look);
        look_forwarded(&look);
    }
    return findings_show(look.findings, apr_pstrcat(ctl->p, look.origin, look.prefix, NULL));
}
