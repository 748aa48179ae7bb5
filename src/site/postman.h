/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_POSTMAN_H
#define MPIN_SITE_POSTMAN_H

#include <httpd.h>

/* Mails leave from a thread of each child that has a site with MPinMail: no request waits for them.
 * Ends with the pool. In child_init, after the sites have been started. */
void postman_start(apr_pool_t *pchild, server_rec *main_server);

#endif
