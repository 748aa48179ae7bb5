/* SPDX-License-Identifier: Apache-2.0 */
/* Session cookies from strangers: none opens. Sealed bytes of any layout, as another version of the
 * module might have sealed them: what opens is a session that seals and opens the same again. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sample_keys.h"
#include "base/base64.h"
#include "session/cookie.h"
#include "session/session.h"

#define SECOND apr_time_from_sec(1)

static void require(bool holds)
{
    if (!holds)
        abort();
}

static apr_pool_t *all;
static cookie_sealer_t *sealer;
static sessions_t *sessions;
static const apr_time_t now = 20000 * 86400 * SECOND;

static void set_up(void)
{
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&all, NULL);
    keys_t *keys = sample_keys(all);
    sealer = cookie_sealer_make(keys, "session", 86400 * SECOND, "mpin", "realm", all);
    sessions = sessions_make(keys, "mpin", "realm", 1800 * SECOND, 28800 * SECOND, NULL, all);
}

static void from_a_stranger(const char *text, size_t len, apr_pool_t *p)
{
    session_t session;
    unsigned char *bytes = apr_palloc(p, BASE64_BYTES_MAX(len));
    apr_size_t got;
    require(session_open(sessions, text, len, now, &session) == SESSION_NONE);
    if (base64_decode(text, len, bytes, &got)) {
        const char *again = base64_encode(p, bytes, got);
        require(strlen(again) == len && !memcmp(again, text, len));
    }
}

/* Without revocations SESSION_UNKNOWN is as far as a good session gets. */
static void from_us(const unsigned char *bytes, size_t len, apr_pool_t *p)
{
    session_t session, again;
    const char *text = cookie_seal(sealer, now, bytes, len, p);
    if (!text || session_open(sessions, text, strlen(text), now, &session) != SESSION_UNKNOWN)
        return;
    text = session_seal(sessions, &session, now, p);
    require(text && strlen(text) <= SESSION_TEXT_MAX);
    require(session_open(sessions, text, strlen(text), now, &again) == SESSION_UNKNOWN);
    require(!strcmp(session.name, again.name) && !strcmp(session.provider, again.provider));
    require(!memcmp(&session, &again, offsetof(session_t, name)));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    if (!all)
        set_up();
    apr_pool_create(&p, all);
    from_a_stranger((const char *)data, size, p);
    from_us(data, size, p);
    apr_pool_destroy(p);
    return 0;
}
