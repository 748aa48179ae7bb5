/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_SENT_AWAY_H
#define MPIN_AUTHN_SENT_AWAY_H

#include "web/request.h"

/* What an administrator's Redirect, RedirectMatch or RewriteRule says of a URL of ours. They have
 * the first word where they send away (to https, to another host) or refuse (a closed site), as
 * they have it for the rest of the vhost. Where they lead to a page or a backend inside, ours is
 * meant to be there all the same. */

/* The status of a redirect or refusal, with its headers in `r`; DECLINED where there is none. */
int sent_away(request_rec *r, const request_t *request);

#endif
