/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_DIRECTORY_H
#define MPIN_WEB_DIRECTORY_H

#include "session/caller.h"
#include "web/providers.h"

/* Does the directory behind mod_authnz_ldap know a name? By httpd's own authorization "ldap-
 * filter", which searches and binds as nobody: so no password is tried. `at` is the request at
 * the login page; it is scratch. */
account_word_t directory_ask(request_rec *at, const password_provider_t *provider,
                             const char *name);

/* The directory that cannot search, as when AuthLDAPBindPassword is not the directory's any more,
 * calls each password wrong. It is asked for a name that is nobody's: true where it says so. */
bool directory_answers(request_rec *at, const password_provider_t *provider);

#endif
