/* SPDX-License-Identifier: Apache-2.0 */
/* The caller who registers at an RPS elsewhere, sealed for the way round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "sample_keys.h"
#include "session/applicant.h"

static apr_pool_t *pool;
static applicants_t *applicants;
static apr_time_t now;

static session_t somebody(void)
{
    session_t session = {.amr = AMR_PWD | AMR_PIN | AMR_MFA, .version = 3};
    session.seen = (uint32_t)apr_time_sec(now);
    session.expires = session.seen + 3600;
    session.proven[FACTOR_PASSWORD] = session.seen - 700;
    session.proven[FACTOR_PIN] = session.seen - 40;
    session.auth_time = session.proven[FACTOR_PIN];
    memcpy(session.family, "the one's family", SESSION_ID_BYTES);
    apr_cpystrn(session.name, "john", sizeof session.name);
    apr_cpystrn(session.provider, "local", sizeof session.provider);
    return session;
}

static void an_applicants_proofs_keep_their_times(void **state)
{
    (void)state;
    const unsigned char browser[PRELOGIN_ID_BYTES] = "the browser's id";
    const session_t session = somebody();
    applicant_t opened;
    const char *text = applicant_seal(applicants, browser, &session, now, pool);
    assert_non_null(text);
    assert_true(applicant_open(applicants, text, now + apr_time_from_sec(3000), &opened));
    assert_memory_equal(opened.session.proven, session.proven, sizeof session.proven);
    assert_int_equal(opened.session.auth_time, session.auth_time);
    assert_int_equal(opened.session.amr, session.amr);
    assert_string_equal(opened.session.name, "john");
}

static void the_longest_fits(void **state)
{
    (void)state;
    const unsigned char browser[PRELOGIN_ID_BYTES] = {1};
    session_t session = somebody();
    memset(session.name, 'x', SESSION_NAME_MAX);
    memset(session.provider, 'p', SESSION_PROVIDER_MAX);
    for (int factor = 0; factor < FACTOR_COUNT; factor++)
        session.proven[factor] = UINT32_MAX;
    const char *text = applicant_seal(applicants, browser, &session, now, pool);
    applicant_t opened;
    assert_non_null(text);
    assert_true(strlen(text) <= APPLICANT_TEXT_MAX);
    assert_true(applicant_open(applicants, text, now, &opened));
    assert_string_equal(opened.session.provider, session.provider);
}

static int begin(void **state)
{
    (void)state;
    apr_initialize();
    if (sodium_init() < 0 || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return -1;
    now = apr_time_now();
    applicants = applicants_make(sample_keys(pool), "https://example.org", NULL, pool);
    return applicants ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_applicants_proofs_keep_their_times),
        cmocka_unit_test(the_longest_fits),
    };
    return cmocka_run_group_tests_name("applicant", tests, begin, end);
}
