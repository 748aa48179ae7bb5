/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_OVERHEARD_H
#define MPIN_WEB_OVERHEARD_H

#include "site/trusted_logins.h"
#include "web/request.h"

/* The body of a request that another module answers, as that module reads it: what a provider tells
 * it of somebody who has signed out there (login/provider_logout.h, login/saml_out.h). */
void overheard_register(void);

/* From now on it is listened to; up to so many bytes of it are kept. */
void overheard_begin(request_rec *r, const trusted_login_t *login, apr_size_t bytes_max);

/* Whose carrier is being told; NULL: nothing is listened to. */
const trusted_login_t *overheard_login(const request_rec *r);

/* What it has read. NULL: nothing is listened to, it has not read to the end, or that was more than
 * is kept, or has a NUL. */
const char *overheard_text(const request_rec *r);

#endif
