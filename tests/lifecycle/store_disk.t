#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The store on a disk without room: see store_disk.c. A disk of 24 MB is mounted where that can be done.
BUILD=${BUILD:-build}
make --no-print-directory -s BUILD="$BUILD" "$BUILD/lifecycle/store_disk" >&2 || exit 1

at=$(mktemp -d)
truncate -s 24M "$at/image"
mkdir "$at/disk"
trap 'umount "$at/disk" 2>/dev/null; rm -rf "$at"' EXIT
if mkfs.ext4 -q -m 0 "$at/image" 2>/dev/null && mount -o loop "$at/image" "$at/disk" 2>/dev/null; then
    export TMPDIR="$at/disk"
fi
CMOCKA_MESSAGE_OUTPUT=TAP "$(dirname "$0")/../unit/as_tap" "$BUILD/lifecycle/store_disk"
