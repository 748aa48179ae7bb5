/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_ACTIVATION_H
#define MPIN_RPS_ACTIVATION_H

#include "rps/link.h"

/* The page that mails link to (GET and POST /mpinActivate). */

typedef struct link_t {
    link_kind_t kind;
    unsigned char handle[HANDLE_BYTES];
    const char *name, *device, *address; /* "" unknown */
    apr_time_t made;
    bool done;         /* activated, or withdrawn, already */
    bool same_browser; /* the one that began the registration: it need not type the number */
    bool wants_number; /* there is one, and it must be typed */
} link_t;

/* Says what a link is about; nothing changes. 410 link_gone for every one that is forged, used up,
 * too old or about something that is not there any more. */
result_t *rps_link(rps_t *rps, const caller_t *caller, const char *token, link_t *link,
                   apr_pool_t *p);

/* Does it: 200; 403 number_wrong; 403 other_browser, where the pad shows no number; 410 link_gone
 * also with the fifth wrong number. `number` may be NULL. */
result_t *rps_link_follow(rps_t *rps, const caller_t *caller, const char *token, const char *number,
                          apr_pool_t *p);

/* The 200 of a registration that the link has activated. */
result_t *rps_link_activated(const link_t *link, apr_pool_t *p);

#endif
