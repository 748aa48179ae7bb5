/* SPDX-License-Identifier: Apache-2.0 */
/* mpinctl check: whose address the site sees (look.h). The site tells it to the phone that signs a
 * computer in: a code is asked for as a computer that claims other addresses, looked at as a phone, and
 * taken back. */
#include "ctl/look.h"

#include <apr_strings.h>
#include <string.h>

/* Addresses that nobody has (RFC 5737), one for each header that may be believed. */
static const struct {
    const char *header, *address;
} claims[] = {{"X-Forwarded-For", "203.0.113.71"}, {"X-Real-IP", "203.0.113.72"},
              {"X-Client-IP", "203.0.113.73"},     {"CF-Connecting-IP", "203.0.113.74"},
              {"True-Client-IP", "203.0.113.75"},  {"Forwarded", "203.0.113.76"}};
#define CLAIMS (sizeof claims / sizeof *claims)

static const json_t *ask_json(look_t *look, const char *url, const char *const *headers,
                              const json_t *body)
{
    const visited_t visited = visitor_post(look->visitor, url, headers, json_write(look->p, body));
    return visited.came && visited.status == 200
               ? json_read(look->p, visited.body, strlen(visited.body))
               : NULL;
}

/* The code of the link in the QR picture, behind its "#". */
static const char *code_asked(look_t *look)
{
    const char *headers[CLAIMS + 3] = {apr_pstrcat(look->p, "Origin: ", look->origin, NULL),
                                       "Content-Type: application/json"};
    for (apr_size_t i = 0; i < CLAIMS; i++)
        headers[2 + i] =
            apr_psprintf(look->p, "%s: %s%s", claims[i].header,
                         strcmp(claims[i].header, "Forwarded") ? "" : "for=", claims[i].address);
    const json_t *code =
        ask_json(look, look_own_url(look, "getQrUrl"), headers, json_tie(look->p, json_object()));
    const char *url = json_string_value(json_object_get(code, "qrUrl"));
    const char *hash = url ? strchr(url, '#') : NULL;
    return hash ? hash + 1 : NULL;
}

/* NULL: it wasn't to be had. */
static const char *address_seen(look_t *look)
{
    const char *headers[] = {apr_pstrcat(look->p, "Origin: ", look->origin, NULL),
                             "Content-Type: application/json", NULL};
    const char *url = look_own_url(look, "codeStatusURL");
    const char *wid = look_own_url(look, "getQrUrl") && url ? code_asked(look) : NULL;
    if (!wid)
        return NULL;
    const json_t *shown =
        ask_json(look, url, headers,
                 json_tie(look->p, json_pack("{s:s, s:s}", "status", "wid", "wid", wid)));
    ask_json(look, url, headers,
             json_tie(look->p, json_pack("{s:s, s:s}", "status", "cancel", "wid", wid)));
    return json_string_value(json_object_get(json_object_get(shown, "desktop"), "address"));
}

static const char *believed(const char *address)
{
    for (apr_size_t i = 0; i < CLAIMS; i++)
        if (!strcmp(address, claims[i].address))
            return claims[i].header;
    return NULL;
}

static bool ends_here(const char *address)
{
    return look_begins(address, "127.") || !strcmp(address, "::1");
}

void look_forwarded(look_t *look)
{
    const char *address = address_seen(look);
    const char *header = address ? believed(address) : NULL;
    if (!address)
        findings_add(look->findings, FINDING_OK, "address", NULL,
                     "whose address the site sees isn't told: phone login is off, or not here");
    else if (header)
        findings_add(look->findings, FINDING_ERROR, "address",
                     MEND(apr_psprintf(look->p,
                                       "write RemoteIPInternalProxy ADDRESS for your proxy alone, "
                                       "and let that set %s anew",
                                       header),
                          "recipes.md#nginx-in-front"),
                     "the site believes %s of anybody: who guesses PINs and passwords has a new "
                     "address each time",
                     header);
    else if (ends_here(address) && !ends_here(look->login.remote))
        findings_add(look->findings, FINDING_ERROR, "address",
                     MEND("load mod_remoteip, with RemoteIPHeader X-Forwarded-For and "
                          "RemoteIPInternalProxy 127.0.0.1",
                          "recipes.md#nginx-in-front"),
                     "the site sees everybody as %s: one who guesses locks all out", address);
    else
        findings_add(look->findings, FINDING_OK, "address", NULL,
                     "the site sees us as %s, and believes no header of ours", address);
}
