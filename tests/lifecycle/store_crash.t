#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Children of httpd that are killed while they use the store: see store_crash.c.
BUILD=${BUILD:-build}
make --no-print-directory -s BUILD="$BUILD" "$BUILD/lifecycle/store_crash" >&2 || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP exec "$BUILD/lifecycle/store_crash"
