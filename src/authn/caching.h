/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_CACHING_H
#define MPIN_AUTHN_CACHING_H

#include "web/request.h"

/* The last word on an answer's Cache-Control: who may keep it (docs/security.md, "Caches"). */

/* What the answer's headers say so far, of both tables. */
typedef struct caching_said_t {
    int lines;         /* of Cache-Control */
    const char *value; /* of the last one */
    bool expires;
    bool targeted; /* something for caches of one kind */
} caching_said_t;

/* Takes notice of one header. */
void caching_hear(caching_said_t *said, const apr_table_entry_t *header);

/* Once for each answer, when its headers are about to go. Ours keep what they have said themselves;
 * one that depended on the user is private, and asked for again where nobody has said how long it
 * is fresh. */
void caching_decide(request_rec *r, request_t *request, const caching_said_t *said);

/* True where the subrequest `r` is part of an answer whose headers are gone and let everybody keep it: what
 * depends on the user comes too late. Says so in the log. */
bool caching_too_late(const request_rec *r);

/* True where mod_cache is there: most servers pay for no more than a look at this. */
extern bool caching_by_httpd;

/* mod_cache never stores the answer to this request, nor one of which it is a part. Said before its
 * handler comes, because an administrator can put its filter before ours (`SetOutputFilter CACHE`),
 * and it stores answers to subrequests, too, which have no filter of ours. */
void caching_keep_out(request_rec *r);

/* The answer depends on who asks; that to a subrequest, and so the whole. */
static inline void caching_depends(request_rec *r, request_t *request)
{
    request->personal = true;
    if (caching_by_httpd)
        caching_keep_out(r);
}

/* insert_filter, last: what mod_include makes may depend on who asks. */
void caching_insert_filter(request_rec *r);

/* Once in each child: which modules are there. */
void caching_start(void);

#endif
