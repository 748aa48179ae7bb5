/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <apr_file_info.h>
#include <string.h>

const char *path_full(const char *name, const char *root, apr_pool_t *p)
{
    char *full = NULL;
    if (!*name || apr_filepath_merge(&full, root, name, APR_FILEPATH_TRUENAME, p))
        return NULL;
    const size_t len = strlen(full);
    if (len > 1 && full[len - 1] == '/')
        full[len - 1] = '\0';
    return full;
}
