/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_LEAST_STORE_H
#define MPIN_CONFIG_LEAST_STORE_H

#include "notice/outbox.h"
#include "people/throttle.h"
#include "phone/access_number.h"
#include "phone/code.h"
#include "remote/granted.h"
#include "rps/authott.h"

/* The least MPinStoreSize: the one at which every pool that strangers can fill is full and people
 * still come in. A pool whose cap is raised finds here what that takes. Windows are fixed, so that
 * twice a cap can live around the end of one. */
#define COUNTER_TAKES STORE_TAKES(8)

#define CODES_TAKE                                                                                 \
    (NUMBERS_LIVE * (STORE_TAKES(sizeof(code_t)) + STORE_TAKES(32) + NETWORKS * STORE_TAKES(64)))

/* Each with a counter for each network that its address lies in, and one for its mailbox. */
#define REGISTRATION_TAKES (STORE_TAKES(sizeof(pending_t)) + (NETWORKS + 1) * COUNTER_TAKES)
#define REGISTRATIONS_TAKE (2 * PENDING_OF_STRANGERS * REGISTRATION_TAKES)

/* In front of an RPS elsewhere: what waits for its mail, with what the RPS said of it (1,000 bytes
 * for an mpinId and a key), and what was granted openly. */
#define GRANTS_TAKE                                                                                \
    (2 * GRANTED_OF_STRANGERS * (STORE_TAKES(sizeof(pending_t)) + STORE_TAKES(1000)) +             \
     (GRANTED_OPEN_SECONDS / 3600 + 1) * GRANTED_OF_STRANGERS * STORE_TAKES(sizeof(pending_t)))

#define STRANGERS_TAKE (CODES_TAKE + REGISTRATIONS_TAKE + GRANTS_TAKE)

/* The room of those who come in. */
#define COMING_IN_TAKES                                                                            \
    (2 * PENDING_OF_USERS * (STORE_TAKES(sizeof(pending_t)) + COUNTER_TAKES) +                     \
     2 * AUTHOTT_UNJUDGED * STORE_TAKES(1000) + 4 * 3 * THROTTLE_SLOTS * COUNTER_TAKES)

#define MAILS_TAKE ((OUTBOX_NOTICES + OUTBOX_STRANGERS) * STORE_TAKES(sizeof(notice_t)))

#define LEAST_STORE (STORE_FLEETING_LEAST / 3 * 4)

/* The same where strangers may begin so many more registrations: what they can fill is three quarters
 * of a quarter of it. */
#define LEAST_STORE_WITH(more)                                                                     \
    ((apr_off_t)((STRANGERS_TAKE + 2 * (apr_size_t)(more)*REGISTRATION_TAKES) / 3 * 16))

_Static_assert(STRANGERS_TAKE <= STORE_OF_STRANGERS(STORE_FLEETING_LEAST),
               "a pool that strangers can fill has grown: raise STORE_FLEETING_LEAST");
_Static_assert(COMING_IN_TAKES <= STORE_FLEETING_LEAST - STORE_OF_STRANGERS(STORE_FLEETING_LEAST),
               "too little is kept for those who come in: raise STORE_FLEETING_LEAST");
_Static_assert(8 * MAILS_TAKE <= LEAST_STORE - STORE_FLEETING_LEAST,
               "the mails of eight sites leave too little for people: raise LEAST_STORE");

#endif
