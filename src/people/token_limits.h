/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PEOPLE_TOKEN_LIMITS_H
#define MPIN_PEOPLE_TOKEN_LIMITS_H

#include <apr_pools.h>
#include <stdbool.h>

/* What a token for programs is good for: paths and methods, each a text with one space between its
 * parts, "" for all there are. Nothing here knows a store. */
#define TOKEN_PATHS_MAX 255   /* bytes */
#define TOKEN_METHODS_MAX 120 /* bytes */

/* What somebody typed, blanks and commas between its parts, in the one form that is kept: in the
 * pool. NULL: it is none. A path begins with '/', is written as people read it (nothing encoded,
 * no "//", no "." or ".." as a part of it), and loses a '/' at its end, as it stands for all below
 * it; "/" alone is no limit. A method is in upper case. */
const char *token_paths(const char *typed, apr_pool_t *p);
const char *token_methods(const char *typed, apr_pool_t *p);

/* Does a decoded path lie at or below one of them? Upper and lower case differ. Where there is a
 * limit, a path that somebody behind might read as another one lies nowhere: with ".." as a part of
 * it, also before a ';', with a '\', or with an encoded '/', '\', '.' or '%' left in it. */
bool token_allows_path(const char *paths, const char *path);

/* GET stands for HEAD, too. */
bool token_allows_method(const char *methods, const char *method);

#endif
