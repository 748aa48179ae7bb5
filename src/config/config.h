/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_CONFIG_H
#define MPIN_CONFIG_CONFIG_H

#include <httpd.h>
#include <http_config.h>
#include "config/values.h"

/* What the administrator wrote: one structure a server (merged into each vhost) and one a directory
 * (merged downwards, .htaccess included). Rooms above use site_t and site_directory. */

extern module AP_MODULE_DECLARE_DATA auth_mpin_module;

#endif
