/* SPDX-License-Identifier: Apache-2.0 */
#include "web/reader.h"
#include "web/answer.h"

#include <string.h>

static const char *header(const request_rec *r, const char *name)
{
    return apr_table_get(r->headers_in, name);
}

static bool holds(const request_rec *r, const char *name, const char *word)
{
    const char *value = header(r, name);
    return value && ap_strcasestr(value, word);
}

bool reader_is_prefetch(const request_rec *r)
{
    return holds(r, "Sec-Purpose", "prefetch") || holds(r, "Sec-Purpose", "prerender") ||
           holds(r, "Purpose", "prefetch") || holds(r, "Purpose", "preview") ||
           holds(r, "X-Purpose", "pre") || holds(r, "X-Moz", "prefetch");
}

bool reader_is_framed(const request_rec *r)
{
    static const char *const frames[] = {"iframe", "frame", "fencedframe", "embed", "object"};
    const char *dest = header(r, "Sec-Fetch-Dest");
    const char *mode = header(r, "Sec-Fetch-Mode");
    if (!dest || (mode && strcmp(mode, "navigate") != 0))
        return false;
    for (apr_size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        if (strcmp(dest, frames[i]) == 0)
            return true;
    return false;
}

bool reader_is_nobody(const request_rec *r)
{
    return answer_wants_json(r) || reader_is_prefetch(r) || !header(r, "Accept") ||
           holds(r, "Accept", "text/event-stream") || holds(r, "Upgrade", "websocket");
}

/* Each of these is said by browsers, also for what a page's script asks. */
bool reader_is_program(const request_rec *r)
{
    const char *agent = header(r, "User-Agent");
    return reader_is_nobody(r) && !answer_is_for_library(r) && !header(r, "Sec-Fetch-Mode") &&
           !header(r, "Sec-Fetch-Site") && !header(r, "Origin") &&
           !(agent && strncmp(agent, "Mozilla/", 8) == 0);
}

bool reader_is_script(const request_rec *r)
{
    const char *mode = header(r, "Sec-Fetch-Mode");
    return answer_is_for_library(r) || (mode && strcmp(mode, "navigate") != 0) ||
           holds(r, "Accept", "json");
}
