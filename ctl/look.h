/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_LOOK_H
#define MPIN_CTL_LOOK_H

#include "ctl/findings.h"
#include "ctl/visitor.h"

/* mpinctl check: a site as its visitors meet it. Nobody signs in, and nothing lasting is written. */
typedef struct look_t {
    const ctl_t *ctl;
    visitor_t *visitor;
    findings_t *findings;
    const char *origin; /* "https://wiki.example.com", as it was typed */
    const char *host;
    const char *prefix; /* below which MPinPath has moved all pages, "" without */
    bool https, usual_port;
    visited_t login;        /* GET of the login page */
    const json_t *settings; /* what clientSettings says, NULL without */
    apr_pool_t *p;
} look_t;

/* A page of the site's: the prefix and the path. */
const char *look_url(const look_t *look, const char *path);

/* A URL of clientSettings in full; NULL where it isn't there, or leads to another site. */
const char *look_own_url(const look_t *look, const char *key);

/* A text of clientSettings, `usual` without. */
const char *look_setting(const look_t *look, const char *key, const char *usual);

/* Does the text begin with that? */
bool look_begins(const char *text, const char *with);

/* look_address.c: the public URL, http in place of https, www, the certificate, HSTS, the clock */
void look_address(look_t *look);

/* look_answers.c: the pages, their headers and cookies, what strangers must not see */
void look_answers(look_t *look);

/* look_forwarded.c: whose address the site sees */
void look_forwarded(look_t *look);

ctl_end_t ctl_check(ctl_t *ctl);

#endif
