/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_ANSWER_H
#define MPIN_WEB_ANSWER_H

#include "web/request.h"

/* Results as answers. Every one of ours is no-store, nosniff, no-referrer; JSON is
 * application/json. Each also goes into the audit log when it names an event. Returns what the
 * handler returns (OK, or DONE). */
int answer_json(request_rec *r, const result_t *result);

/* The security headers of every page and file of ours (CSP and so on). */
void answer_page_headers(request_rec *r);

/* The same of the one page that may be shown in a frame. */
void answer_framed_page_headers(request_rec *r);

/* A page that is ready: text/html; charset=utf-8. */
int answer_html(request_rec *r, int status, const char *html);

/* The same in gzip, where the client takes that. Nothing secret stands in it that is the same in
 * the next one (docs/security.md, "Packed pages"). */
int answer_html_packed(request_rec *r, int status, const char *html);

/* 303 to a same-origin path or URL of ours. */
int answer_see_other(request_rec *r, const char *location);

/* answer_audit.c: one audit record (JSON line) for a result that names an event. Nobody waits for
 * it: what the audit log does not take is lost and counted. */
void answer_audit(request_rec *r, const result_t *result);

/* True where a library of scripts says that it asks: X-Requested-With, HX-Request and the like. */
bool answer_is_for_library(const request_rec *r);

/* True where the client wants JSON rather than a page: a library, Sec-Fetch-Mode not navigate,
 * Sec-Fetch-Dest not document, or Accept without html. */
bool answer_wants_json(const request_rec *r);

#endif
