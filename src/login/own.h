#ifndef MPIN_LOGIN_OWN_H
#define MPIN_LOGIN_OWN_H

#include "config/site.h"
#include "login/template.h"

/* Templates in force: the administrator's folder first (MPinTemplates), then the built-in ones.
 * "login" is login.html; a name with a dot is the file's own name, and a .txt is text, in which
 * nothing is escaped. One of the folder's that cannot be used is told in the log, and the built-in
 * one is shown. NULL only where that is broken, too. */
const char *own_render(const site_t *site, const char *name, const apr_table_t *values,
                       apr_hash_t *texts, apr_pool_t *p);

#endif
