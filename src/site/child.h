/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_CHILD_H
#define MPIN_SITE_CHILD_H

#include <httpd.h>

/* child_init: secrets locked again, no core dumps, stores opened once a URL, and what each site
 * works with. */
void site_child_init(apr_pool_t *pchild, server_rec *main_server);

#endif
