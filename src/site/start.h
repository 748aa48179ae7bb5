/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_SITE_START_H
#define MPIN_SITE_START_H

#include <httpd.h>

/* From a configuration to places for sites, in the parent: hooks of the front door. */

/* pre_config: runs before any directive is read. */
int site_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* post_config, as the user who starts httpd: keys read or made, store prepared, audit logs opened,
 * a site for each vhost. At a start what is wrong here stops it; at a reload that vhost answers
 * 503. */
int site_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *main_server);

#endif
