/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_OWN_H
#define MPIN_NOTICE_OWN_H

#include "base/log.h"
#include "notice/template.h"

/* The place of an administrator's own templates, and the log. */
typedef struct templates_t {
    const char *folder; /* MPinTemplates, NULL: only the built-in ones */
    const log_sink_t *log;
} templates_t;

/* Templates in force: the administrator's folder first (MPinTemplates), then the built-in ones.
 * "login" is login.html; a name with a dot is the file's own name, and a .txt is text, in which
 * nothing is escaped. `lists` as template_t has them. One of the folder's that cannot be used is told in the log, and the built-in
 * one is shown. NULL only where that is broken, too. */
const char *own_render(const templates_t *templates, const char *name, const apr_table_t *values,
                       apr_hash_t *lists, apr_hash_t *texts, apr_pool_t *p);

#endif
