/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_RESEND_H
#define MPIN_AUTHN_RESEND_H

#include "web/request.h"

/* A request that stands for one that was kept (web/kept.h): the button of /login/again posts nothing to
 * the place, and the place gets what was posted first. */

/* post_read_request: is it one? Then nobody behind us sees how it came. */
static inline bool resend_is_possible(const request_rec *r)
{
    return r->method_number == M_POST && r->args;
}
void resend_begin(request_rec *r);

/* The row that answers it where there is nothing to send, or not by this user; NULL: it goes on. */
const struct route_t *resend_row(request_t *request);

/* fixups: the place lets it in. It is taken out of the store and is the request's body from now on; 0, or
 * the status of who came too late. */
int resend_take(request_rec *r);

/* insert_filter: what the handler reads. */
void resend_insert_filter(request_rec *r);
void resend_register(void);

#endif
