/* SPDX-License-Identifier: Apache-2.0 */
#include "base/event.h"

#include <string.h>

static const struct {
    const char *word;
    event_means_t means;
    const char *factor;
} events[EVENT_COUNT] = {
#define EVENT(word, means, factor) {#word, EVENT_##means, factor},
#include "base/events.def"
#undef EVENT
};

event_t event_of(const char *word)
{
    for (int i = 0; i < EVENT_COUNT; i++)
        if (strcmp(events[i].word, word) == 0)
            return (event_t)i;
    return EVENT_COUNT;
}

const char *event_word(event_t event)
{
    return events[event].word;
}

event_means_t event_means(event_t event)
{
    return events[event].means;
}

const char *event_factor(event_t event)
{
    return events[event].factor;
}

const char *event_outcome(event_t event)
{
    switch (events[event].means) {
    case EVENT_IN:
        return "ok";
    case EVENT_WRONG:
        return "wrong";
    case EVENT_REFUSED:
        return "refused";
    case EVENT_LOCKED:
        return "locked";
    case EVENT_THROTTLED:
        return "throttled";
    default:
        return NULL;
    }
}
