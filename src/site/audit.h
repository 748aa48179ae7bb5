/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_AUDIT_H
#define MPIN_SITE_AUDIT_H

#include <httpd.h>

#include "base/journal.h"

/* Where MPinAuditLog leads, in the parent. A file is opened anew in each generation. A pipe and the
 * program behind it last as long as any generation names them: children of earlier ones go on
 * writing into it, and nothing in it is lost. A program that no line names any more reads to the
 * end, which comes with the last old child. At the end of httpd it has AUDIT_END_SECONDS for what
 * is still in its pipe; one that needs longer is left to it, as one that hangs. */
#define AUDIT_END_SECONDS 3

/* In post_config: begins a generation, opens what its lines name, and lets go of what no line named
 * between the two. Where a line's file can't be opened (NULL), what `without` gives counts what is
 * lost; NULL: memory is out. */
void audit_begin(const server_rec *main_server);
journal_t *audit_open(const char *log, apr_pool_t *pconf);
journal_t *audit_without(const char *log, apr_pool_t *pconf);
void audit_settle(server_rec *main_server, apr_pool_t *pconf);

/* The monitor hook: starts a program that has ended as soon as it was started. */
int audit_monitor(apr_pool_t *p, server_rec *main_server);

#endif
