/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_EVENT_H
#define MPIN_BASE_EVENT_H

/* The events of base/events.def: the audit log names them, and the counters count them. */
typedef enum {
#define EVENT(word, means, factor) EVENT_##word,
#include "base/events.def"
#undef EVENT
    EVENT_COUNT
} event_t;

/* What an event means for a sign-in. */
typedef enum {
    EVENT_OTHER,    /* nothing */
    EVENT_IN,       /* it, or its second step, was taken */
    EVENT_WRONG,    /* what was shown is wrong */
    EVENT_REFUSED,  /* not taken for another reason */
    EVENT_LOCKED,   /* wrong, and that locks the device */
    EVENT_THROTTLED /* too many failures: not looked at */
} event_means_t;

/* EVENT_COUNT: it is none of them. */
event_t event_of(const char *word);

const char *event_word(event_t event);
event_means_t event_means(event_t event);
const char *event_factor(event_t event); /* "pin", "any" */

/* "ok", "wrong", "refused", "locked", "throttled"; NULL for EVENT_OTHER. */
const char *event_outcome(event_t event);

#endif
