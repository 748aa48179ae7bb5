/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/typed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool typed_number(const char *typed, long least, long most, long *number)
{
    if (!*typed || typed[strspn(typed, "0123456789")])
        return false;
    errno = 0;
    *number = strtol(typed, NULL, 10);
    return !errno && *number >= least && *number <= most;
}
