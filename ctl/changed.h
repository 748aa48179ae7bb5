/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_CHANGED_H
#define MPIN_CTL_CHANGED_H

#include "ctl/ctl.h"
#include "notice/outbox.h"

/* Asks once, unless --yes: "Disable anna? [y/N]". False: not wished, which has been said. */
bool change_wished(const ctl_t *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A change has been made. */
typedef struct changed_t {
    const char *event;             /* as the audit log calls it */
    const char *user;              /* canonical name, NULL without */
    const unsigned char *identity; /* handle, NULL without */
    notice_kind_t notice;          /* NOTICE_NONE: nobody is written to */
    const char *mailbox;           /* people_mailbox, as it was before */
    const char *device;            /* NULL without */
} changed_t;

/* One audit record, and one mail where there is a mailbox and the site sends mail. A record or mail
 * that can't be written is said on stderr; the change stands. */
void changed_told(const ctl_t *ctl, const changed_t *changed);

/* The same of a user, to their mailbox as it is now; NOTICE_NONE: no mail. */
void changed_told_user(const ctl_t *ctl, const char *event, const user_t *user,
                       notice_kind_t notice);

#endif
