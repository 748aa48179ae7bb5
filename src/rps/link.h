/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_RPS_LINK_H
#define MPIN_RPS_LINK_H

#include "rps/room.h"

/* Links of mails. One holds which registration or identity it is about, and a MAC, so that nobody
 * makes one up; what it is worth is looked up when it is followed (rps/activation.h). */
typedef enum {
    LINK_ACTIVATE, /* somebody wants to set up a PIN for this name */
    LINK_NOT_ME    /* a device that was added may be a stranger's */
} link_kind_t;

/* The whole URL. */
const char *link_to(const rps_t *rps, link_kind_t kind, const unsigned char handle[HANDLE_BYTES],
                    apr_pool_t *p);

/* Reads what the token of a URL is about. False: we have made no such token. */
bool link_read(const rps_t *rps, const char *token, link_kind_t *kind,
               unsigned char handle[HANDLE_BYTES]);

/* 410 for a link that leads nowhere (any more). */
result_t *link_gone(apr_pool_t *p);

#endif
