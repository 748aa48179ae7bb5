/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_TYPED_H
#define MPIN_CTL_TYPED_H

#include <stdbool.h>

/* A decimal number within bounds, as it was typed; false for anything else. */
bool typed_number(const char *typed, long least, long most, long *number);

#endif
