/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_FINDINGS_H
#define MPIN_CTL_FINDINGS_H

#include "base/json.h"
#include "ctl/ctl.h"

/* What a look at a site or a configuration has found, each with its mend. */
typedef enum { FINDING_OK, FINDING_WARNING, FINDING_ERROR } severity_t;

typedef struct findings_t {
    const ctl_t *ctl;
    json_t *rows;
    severity_t worst;
} findings_t;

/* What there is to do about a finding, and where that is explained; NULL where all is well. */
typedef struct mend_t {
    const char *text; /* as in "write MPinPublicURL https://HOST" */
    const char *see;  /* a heading of docs/, as in "directives.md#mpinpublicurl" */
} mend_t;
#define MEND(...) (&(const mend_t){__VA_ARGS__})

findings_t *findings_make(const ctl_t *ctl);

/* `about` is one word of what was looked at. */
void findings_add(findings_t *findings, severity_t severity, const char *about, const mend_t *mend,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* As a list or as JSON, in which `subject` (a URL, a file) stands, too; 1 where anything is to mend. */
ctl_end_t findings_show(const findings_t *findings, const char *subject);

#endif
