/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/kind.h"

#include <apr_lib.h>

result_t *code_wrong(apr_pool_t *p)
{
    return result_error(p, 401, "code_wrong", "that code is not right");
}

const char *kind_digits(const char *typed, int count, apr_pool_t *p)
{
    char *digits = apr_palloc(p, (apr_size_t)count + 1);
    int found = 0;
    for (; typed && *typed; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        if (!apr_isdigit(*typed) || found == count)
            return NULL;
        digits[found++] = *typed;
    }
    digits[found] = '\0';
    return found == count ? digits : NULL;
}
