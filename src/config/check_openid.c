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
    apr_pool_t *p;
    bool client, passphrase, provider, several;
    bool issuer;          /* Require claim iss:... */
    const char *callback; /* the path */
    written_t callback_at;
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

static void note_callback(openid_t *openid, const ap_directive_t *node)
{
    apr_uri_t uri;
    if (apr_uri_parse(openid->p, tree_first_word(node, openid->p), &uri) == APR_SUCCESS)
        openid->callback = uri.path ? uri.path : "/";
    openid->callback_at = check_written(node);
}

static void hear_openid(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    openid_t *openid = baton;
    const char *name = node->directive;
    if (holds != TREE_HOLDS)
        return;
    openid->issuer |= !strcasecmp(name, "Require") && strstr(node->args, "iss:");
    openid->client |= !strcasecmp(name, "OIDCClientID");
    openid->passphrase |= !strcasecmp(name, "OIDCCryptoPassphrase");
    openid->provider |=
        !strcasecmp(name, "OIDCProviderMetadataURL") || !strcasecmp(name, "OIDCProviderIssuer");
    openid->several |= !strcasecmp(name, "OIDCMetadataDir");
    if (!strcasecmp(name, "OIDCClientSecret") || !strcasecmp(name, "OIDCCryptoPassphrase"))
        check_secret_line(openid->p, node);
    if (!strcasecmp(name, "OIDCMetadataDir"))
        check_folder(openid->p, node);
    if (!strcasecmp(name, "OIDCRedirectURI"))
        note_callback(openid, node);
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
}

/* mod_auth_openidc has one session, whichever provider it is of. */
static bool shares_module(const login_at_t *at)
{
    const apr_array_header_t *logins = at->site->config->trusted;
    for (int i = 0; i < logins->nelts; i++) {
        const trusted_setting_t *other = &APR_ARRAY_IDX(logins, i, trusted_setting_t);
        if (other != at->login && !strcasecmp(other->type, at->login->type))
            return true;
    }
    return false;
}

void check_openid(const login_at_t *at)
{
    openid_t openid = {.p = at->site->pconf};
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
    if (openid.several && !openid.issuer && shares_module(at))
        mistake(openid.p, &at->written,
                "people of another provider would be taken for people of %s; write Require claim "
                "iss:ISSUER and Require valid-user into a <RequireAll> at %s",
                at->login->name, at->login->location);
    if (openid.callback)
        check_callback(&openid, at);
}
