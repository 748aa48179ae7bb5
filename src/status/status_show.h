/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STATUS_STATUS_SHOW_H
#define MPIN_STATUS_STATUS_SHOW_H

#include "web/facts.h"

/* GET /mpin-status (format: json or prometheus, else the page): for those whom MPinAdmins names. */
result_t *status_route(facts_t *facts);

/* In pre_config: the same at a place with `SetHandler mpin-status`, for whom httpd's own Require lets
 * in. Where no line of the configuration says so (an .htaccess is none), no request pays for a
 * handler that would look for it. */
int status_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* Registers our block in mod_status' page. */
void status_register(void);

#endif
