/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-login and known-browser cookies and form tokens from strangers: none is accepted. Sealed
 * bytes of any layout: what opens is in bounds and seals and opens the same again. */
#include <stdlib.h>
#include <string.h>

#include "../unit/sample_keys.h"
#include "session/cookie.h"
#include "session/known.h"
#include "session/prelogin.h"

#define SECOND apr_time_from_sec(1)

static void require(bool holds)
{
    if (!holds)
        abort();
}

static apr_pool_t *all;
static cookie_sealer_t *sealer;
static prelogins_t *prelogins;
static known_browsers_t *browsers;
static const apr_time_t now = 20000 * 86400 * SECOND;

static void set_up(void)
{
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&all, NULL);
    keys_t *keys = sample_keys(all);
    sealer = cookie_sealer_make(keys, "pre-login", 86400 * SECOND, "mpin", "realm", all);
    prelogins = prelogins_make(keys, "mpin", "realm", 3600 * SECOND, all);
    browsers = known_browsers_make(keys, "mpin", "realm", all);
}

static void from_a_stranger(const char *text, size_t len, apr_pool_t *p)
{
    static const unsigned char id[16];
    prelogin_t prelogin;
    known_t known;
    require(!prelogin_open(prelogins, text, len, now, &prelogin));
    require(!known_open(browsers, text, len, now, &known));
    char *token = apr_palloc(p, len + 1);
    memcpy(token, text, len);
    token[len] = '\0';
    require(!prelogin_token_ok(prelogins, id, "login", token));
}

static void from_us(const unsigned char *bytes, size_t len, apr_pool_t *p)
{
    prelogin_t prelogin, again;
    const char *text = cookie_seal(sealer, now, bytes, len, p);
    if (!text || !prelogin_open(prelogins, text, strlen(text), now, &prelogin))
        return;
    text = prelogin_seal(prelogins, &prelogin, now, p);
    require(text && strlen(text) <= PRELOGIN_TEXT_MAX);
    require(prelogin_open(prelogins, text, strlen(text), now, &again));
    require(!memcmp(again.id, prelogin.id, sizeof again.id));
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
