/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: mod_auth_openidc as a trusted login. Its own mistakes it tells only when it
 * starts, and of its secrets it takes any file's word (docs/trusted.md, "OpenID Connect"). */
#include "config/checks.h"

#include <apr_uri.h>
#include <string.h>

#include "config/mistakes.h"
#include "config/surroundings.h"

/* What a provider needs to be known by. */
typedef struct openid_t {
    const checked_t *site;
    apr_pool_t *p;
    bool client, passphrase, provider, several;
    bool one_issuer;      /* the place names whose people it takes */
    const char *callback; /* the path */
    written_t callback_at;
    written_t form_at; /* where an answer in a form is asked for; no directive: nowhere */
} openid_t;

/* A secret on a command line, or in a file that everybody on the machine can read, is none. */
static void check_secret_line(apr_pool_t *p, const ap_directive_t *node)
{
    const written_t at = check_written(node);
    if (strncasecmp(tree_first_word(node, p), "exec:", 5) &&
        surroundings_others_read(node->filename))
        mistake_around(p, &at,
                       "a secret stands in %s, which others than its owner can read; write it into "
                       "a file of its own, chmod 600 that, and Include it",
                       node->filename);
}

static void check_folder(apr_pool_t *p, const ap_directive_t *node)
{
    const written_t at = check_written(node);
    const char *folder = tree_first_word(node, p);
    if (surroundings_others_read(folder))
        mistake_around(p, &at,
                       "the secrets in %s can be read by others than the user that httpd runs as; "
                       "chmod 700 it",
                       folder);
}

static bool is_this_machine(const char *host)
{
    return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

/* Anybody between would be the provider, and hears the secret. */
static void check_metadata(apr_pool_t *p, const ap_directive_t *node)
{
    const written_t at = check_written(node);
    apr_uri_t uri;
    if (apr_uri_parse(p, tree_first_word(node, p), &uri) == APR_SUCCESS && uri.scheme &&
        uri.hostname && !strcasecmp(uri.scheme, "http") && !is_this_machine(uri.hostname))
        mistake_maybe(p, &at,
                      "over http anybody between here and %s could be the provider; write https",
                      uri.hostname);
}

static void check_validation(apr_pool_t *p, const ap_directive_t *node)
{
    const written_t at = check_written(node);
    if (!strcasecmp(tree_first_word(node, p), "Off"))
        mistake_maybe(p, &at,
                      "anybody between here and the provider could be the provider; leave it out, "
                      "and name its authority by OIDCCABundlePath FILE");
}

/* Cookies of one host do not come with the answer to another. */
static void note_callback(openid_t *openid, const ap_directive_t *node)
{
    apr_uri_t uri;
    apr_pool_t *p = openid->p;
    const char *ours = openid->site->url.text;
    openid->callback_at = check_written(node);
    if (apr_uri_parse(p, tree_first_word(node, p), &uri) != APR_SUCCESS)
        return;
    openid->callback = uri.path ? uri.path : "/";
    if (uri.hostname && ours &&
        strcasecmp(apr_uri_unparse(p, &uri, APR_URI_UNP_OMITPATHINFO), ours))
        mistake_maybe(p, &openid->callback_at,
                      "people are at %s, and what the provider says goes elsewhere; write %s%s",
                      ours, ours, openid->callback);
}

static bool is_of_issuer(const ap_directive_t *node, apr_pool_t *p)
{
    const char *args = node->args;
    return !strcasecmp(node->directive, "Require") &&
           !strcasecmp(ap_getword_conf(p, &args), "claim") && !strncmp(args, "iss:", 4);
}

/* Is everybody who is let in there one of a named issuer's? In <RequireAll> one line says so for all,
 * elsewhere each has to. */
static bool names_issuer(const ap_directive_t *section, apr_pool_t *p)
{
    bool some = false, each = true;
    for (const ap_directive_t *node = section->first_child; node; node = node->next) {
        const bool is_line = !strcasecmp(node->directive, "Require");
        if (!is_line && !tree_is_part(node))
            continue;
        const bool named = is_line ? is_of_issuer(node, p) : names_issuer(node, p);
        some |= named;
        each &= named;
    }
    return some && (each || !strcasecmp(section->directive, "<RequireAll"));
}

static void hear_openid(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    openid_t *openid = baton;
    const char *name = node->directive;
    if (holds != TREE_HOLDS)
        return;
    if (!strcasecmp(name, "Require")) /* those of the last section count */
        openid->one_issuer = names_issuer(tree_section_of(node), openid->p);
    openid->client |= !strcasecmp(name, "OIDCClientID");
    openid->passphrase |= !strcasecmp(name, "OIDCCryptoPassphrase");
    openid->provider |=
        !strcasecmp(name, "OIDCProviderMetadataURL") || !strcasecmp(name, "OIDCProviderIssuer");
    openid->several |= !strcasecmp(name, "OIDCMetadataDir");
    if (!strcasecmp(name, "OIDCClientSecret") || !strcasecmp(name, "OIDCCryptoPassphrase"))
        check_secret_line(openid->p, node);
    if (!strcasecmp(name, "OIDCMetadataDir"))
        check_folder(openid->p, node);
    if (!strcasecmp(name, "OIDCProviderMetadataURL"))
        check_metadata(openid->p, node);
    if (!strcasecmp(name, "OIDCSSLValidateServer"))
        check_validation(openid->p, node);
    if (!strcasecmp(name, "OIDCRedirectURI"))
        note_callback(openid, node);
    if (!strcasecmp(name, "OIDCResponseMode") &&
        !strcasecmp(tree_first_word(node, openid->p), "form_post"))
        openid->form_at = check_written(node);
}

/* It takes its callback's whole path, and hears nothing where a page of ours answers. */
static void check_callback(const openid_t *openid, const login_at_t *at)
{
    apr_pool_t *p = openid->p;
    const trusted_setting_t *login = at->login;
    const bool told = login->callback && !strcmp(login->callback, openid->callback);
    const char *ours = check_page_of_ours(at->site, openid->callback);
    if (!strcmp(openid->callback, login->location))
        mistake(p, &openid->callback_at,
                "mod_auth_openidc takes all of %s for itself, so that nobody is signed in there; "
                "write another path, as %s/callback",
                login->location, login->location);
    else if (ours && !told)
        mistake(p, &openid->callback_at,
                "%s is a page of ours, which answers before mod_auth_openidc; write callback=%s at "
                "the end of MPinTrustedLogin %s",
                openid->callback, openid->callback, login->name);
    else if (login->callback && !told)
        mistake(p, &openid->callback_at,
                "it is %s, and MPinTrustedLogin %s says callback=%s; write the same for both",
                openid->callback, login->name, login->callback);
    if (ours && openid->form_at.directive)
        mistake(p, &openid->form_at,
                "an answer in a form is not told from one of ours at %s, which is a page of ours; "
                "write another path for OIDCRedirectURI, or leave this line out",
                openid->callback);
}

void check_openid(const login_at_t *at)
{
    openid_t openid = {.site = at->site, .p = at->site->pconf};
    check_lines_at(at->site, at->login->location, hear_openid, &openid);
    const char *missing = !openid.callback     ? "OIDCRedirectURI"
                          : !openid.passphrase ? "OIDCCryptoPassphrase"
                          : openid.several     ? NULL
                          : !openid.provider   ? "OIDCProviderMetadataURL"
                          : !openid.client     ? "OIDCClientID"
                                               : NULL;
    if (missing)
        mistake(openid.p, &at->written, "mod_auth_openidc cannot work at %s without %s; write it",
                at->login->location, missing);
    if (openid.several && !openid.one_issuer)
        mistake(openid.p, &at->written,
                "with OIDCMetadataDir whoever comes may name a provider of their own, and be "
                "anybody at %s; write Require claim iss:ISSUER there, in a <RequireAll>",
                at->login->location);
    if (openid.callback)
        check_callback(&openid, at);
}
