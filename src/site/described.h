/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_DESCRIBED_H
#define MPIN_SITE_DESCRIBED_H

#include <httpd.h>

/* The test_config hook. With -t -D DUMP_MPIN: what the configuration makes of each vhost, as one line
 * of JSON on stdout, for mpinctl (ctl/found.c), which so reads includes, conditions and variables as
 * httpd does. It holds names of files and no secret, and nothing is opened for it. */
void described_dump(apr_pool_t *p, server_rec *main_server);

#endif
