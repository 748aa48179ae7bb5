/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_DOCTOR_H
#define MPIN_CTL_DOCTOR_H

#include "ctl/findings.h"

/* mpinctl doctor: what is unsafe in the configuration as httpd has read it, and around it on this
 * machine. Nothing is changed, and the store isn't opened. */
typedef struct doctor_t {
    const ctl_t *ctl;
    findings_t *findings;
    const json_t *said; /* by httpd (src/site/described_lines.c) */
    apr_uid_t uid;      /* of httpd's children */
    apr_gid_t gid;
    apr_pool_t *p;
} doctor_t;

/* A line of the configuration. */
typedef struct conf_line_t {
    const char *directive, *args;
    const char *at;      /* "FILE:LINE" */
    const char *section; /* "<Location /x>", "" at the level of a server */
    const char *host;    /* of its vhost, "" of the main server */
    bool engine;         /* MPinEngine On holds there */
} conf_line_t;

/* Each line of that directive, or of all whose names begin so where it ends in "*". */
typedef void doctor_hear_t(doctor_t *doctor, const conf_line_t *line);
void doctor_each(doctor_t *doctor, const char *directive, doctor_hear_t *hear);
int doctor_count(doctor_t *doctor, const char *directive);
bool doctor_has_module(const doctor_t *doctor, const char *module);

/* The n-th word of its arguments from 0, without quotes; NULL behind the last. */
const char *doctor_word(const conf_line_t *line, int n, apr_pool_t *p);

/* A file's full path: a relative one lies below ServerRoot. */
const char *doctor_path(const doctor_t *doctor, const char *file);

/* doctor_lines.c: what the lines say; doctor_files.c: files, folders, the clock */
void doctor_lines(doctor_t *doctor);
void doctor_files(doctor_t *doctor);

ctl_end_t ctl_doctor(ctl_t *ctl);

#endif
