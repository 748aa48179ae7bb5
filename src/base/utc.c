/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utc.h"

#include <apr_strings.h>

const char *utc_text(apr_time_t when, apr_pool_t *p)
{
    apr_time_exp_t t;
    apr_time_exp_gmt(&t, when);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1,
                        t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}
