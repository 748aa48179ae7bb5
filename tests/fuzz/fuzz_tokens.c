/* SPDX-License-Identifier: Apache-2.0 */
/* userData and logoutData, which go a long way round: none from strangers opens. Sealed bytes of
 * any layout, as another version of the module might have sealed them: what opens is in bounds,
 * seals and opens the same again, and neither opens as the other. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sample_keys.h"
#include "session/applicant.h"
#include "session/cookie.h"
#include "session/signout.h"

#define SECOND apr_time_from_sec(1)

static void require(bool holds)
{
    if (!holds)
        abort();
}

static apr_pool_t *all;
static cookie_sealer_t *for_applicants, *for_signouts;
static applicants_t *applicants;
static signouts_t *signouts;
static const apr_time_t now = 20000 * 86400 * SECOND;

static void set_up(void)
{
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&all, NULL);
    keys_t *keys = sample_keys(all);
    for_applicants = cookie_sealer_make(keys, "userData", 3600 * SECOND, "userData", "realm", all);
    for_signouts =
        cookie_sealer_make(keys, "logoutData", 28800 * SECOND, "logoutData", "realm", all);
    applicants = applicants_make(keys, "realm", NULL, all);
    signouts = signouts_make(keys, "realm", 28800 * SECOND, all);
}

static void from_a_stranger(const char *text)
{
    applicant_t applicant;
    session_t session;
    require(!applicant_open(applicants, text, now, &applicant));
    require(!signout_open(signouts, text, now, &session));
}

/* Without revocations nobody counts as signed in. */
static void an_applicant(const unsigned char *bytes, size_t len, apr_pool_t *p)
{
    applicant_t applicant, again;
    session_t session;
    const char *text = cookie_seal(for_applicants, now, bytes, len, p);
    if (!text)
        return;
    require(!signout_open(signouts, text, now, &session));
    if (!applicant_open(applicants, text, now, &applicant))
        return;
    require(!applicant.signed_in);
    require(strlen(applicant.session.name) <= SESSION_NAME_MAX);
    require(strlen(applicant.session.provider) <= SESSION_PROVIDER_MAX);
    text = applicant_seal(applicants, applicant.browser, &applicant.session, now, p);
    require(text && strlen(text) <= APPLICANT_TEXT_MAX);
    require(applicant_open(applicants, text, now, &again));
    require(!memcmp(applicant.browser, again.browser, sizeof again.browser));
    require(!strcmp(applicant.session.name, again.session.name));
    require(!memcmp(&applicant.session, &again.session, offsetof(session_t, name)));
}

static void a_signout(const unsigned char *bytes, size_t len, apr_pool_t *p)
{
    applicant_t applicant;
    session_t session, again;
    const char *text = cookie_seal(for_signouts, now, bytes, len, p);
    if (!text)
        return;
    require(!applicant_open(applicants, text, now, &applicant));
    if (!signout_open(signouts, text, now, &session))
        return;
    require(strlen(session.name) <= SESSION_NAME_MAX && session.expires > apr_time_sec(now));
    text = signout_seal(signouts, &session, now, p);
    require(text && signout_open(signouts, text, now, &again));
    require(!memcmp(session.family, again.family, sizeof again.family));
    require(!strcmp(session.name, again.name) && session.expires == again.expires);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    if (!all)
        set_up();
    apr_pool_create(&p, all);
    from_a_stranger(apr_pstrmemdup(p, (const char *)data, size));
    an_applicant(data, size, p);
    a_signout(data, size, p);
    apr_pool_destroy(p);
    return 0;
}
