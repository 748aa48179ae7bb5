/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_DESCRIBED_PLACE_H
#define MPIN_SITE_DESCRIBED_PLACE_H

#include "site/site.h"

/* What the configuration says of a URL (-t -D MPIN_AT=URL), for mpinctl explain: the sections that
 * govern it in the order of their merge, and what they come to. "unsure" names what only a request can
 * tell. */
json_t *described_place(const char *url, server_rec *main_server, apr_pool_t *p);

#endif
