/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_INTERIM_H
#define MPIN_AUTHN_INTERIM_H

#include "web/request.h"

/* What a backend answers in advance (101, 103), and all of what a tunnel to one answers, passes no
 * filter of its request: mod_proxy writes it to the connection. There cookies of our names are taken
 * out of it. */
void interim_register(void);

/* True where what answers this request can write past its filters: mod_proxy, and a program that
 * writes its headers itself (`nph-`). Most requests have no handler's name yet. */
bool interim_is_of_handler(const request_rec *r);
static inline bool interim_is_possible(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_REVERSE || (r->handler && interim_is_of_handler(r));
}

/* Watches the connection for as long as this request lasts. */
void interim_watch(request_rec *r);

#endif
