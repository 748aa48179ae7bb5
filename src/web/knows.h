/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_KNOWS_H
#define MPIN_WEB_KNOWS_H

#include "session/caller.h"
#include "web/request.h"

/* Do the password providers of this site's store know a name? They are asked without the password,
 * where that harms nobody (config/provider.h), with the settings of their login page. */

/* What `facts` and their caller carry; false where they can't be asked. `book` holds `r`. */
bool knows_open(account_book_t *book, request_rec *r);

/* Somebody has signed in with a password: until a search has found one of them, it is tried whether
 * it does, and is believed when it finds nobody. */
void knows_learn(request_rec *r, const char *name);

/* A session in use, once a minute: true while its name is known (or cannot be asked for), or, where
 * names are also registered openly, while a stranger's name is not. Else the session is ended, with
 * all of its family. */
bool knows_session(request_rec *r);

/* The same question about the owner of a token, which stays: it is good again with the name. */
bool knows_owner(request_rec *r, const session_t *session);

#endif
