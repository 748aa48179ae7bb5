/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_DESCRIBED_LINES_H
#define MPIN_SITE_DESCRIBED_LINES_H

#include <httpd.h>

#include "base/json.h"

/* For mpinctl doctor (-t -D DUMP_MPIN_LINES), added to `all`: httpd's version, its modules, and each line
 * that tells how safe the server is, with where it stands. None of them holds a secret. */
void described_lines(json_t *all, const server_rec *main_server, apr_pool_t *p);

#endif
