/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_ABOUT_H
#define MPIN_NOTICE_ABOUT_H

#include "notice/outbox.h"
#include "session/caller.h"

/* A notice to that name about what a caller does, and about a device ("" for none). */
notice_t notice_about(const caller_t *caller, notice_kind_t kind, const char *to,
                      const char *device, apr_pool_t *p);

#endif
