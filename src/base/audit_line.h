/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_AUDIT_LINE_H
#define MPIN_BASE_AUDIT_LINE_H

#include <apr_pools.h>
#include <apr_time.h>

/* A record of the audit log (docs/audit.md, "Fields"), whoever writes it. NULL: it has no such
 * field. */
typedef struct audit_record_t {
    apr_time_t time;
    const char *event; /* of base/events.def */
    int status;        /* HTTP, 0 = nobody was answered */
    const char *code;
    const char *user;
    const char *address;
    const char *identity;
    const char *request;
    const char *site;
    const char *by; /* the program that did it, where it was no request */
    const char *operator_name;
} audit_record_t;

/* One line of JSON, its "\n" included. */
const char *audit_line(const audit_record_t *record, apr_pool_t *p);

#endif
