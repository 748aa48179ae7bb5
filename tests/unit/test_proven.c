/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_general.h>
#include <string.h>
#include "web/proven.h"

static apr_pool_t *pool;
static const user_t anna = {
    .uid = "Anna's uid, 16 b", .version = 7, .state = USER_ACTIVE, .name = "anna@example.org"};
static const unsigned char device[HANDLE_BYTES] = "Anna's computer";

static proven_t by_pin(const user_t *user)
{
    return (proven_t){.user = user,
                      .factor = FACTOR_PIN,
                      .amr = AMR_PIN | AMR_MFA,
                      .provider = "local",
                      .identity = device};
}

static void active_user_may_sign_in(void **state)
{
    (void)state;
    const proven_t proven = by_pin(&anna);
    assert_null(proven_refusal(&proven, pool));
}

static void nobody_else_may_whatever_they_have_proven(void **state)
{
    (void)state;
    static const user_state_t states[] = {USER_DISABLED, USER_DELETED, (user_state_t)0};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        user_t user = anna;
        user.state = states[i];
        const proven_t proven = by_pin(&user);
        const result_t *refusal = proven_refusal(&proven, pool);
        assert_non_null(refusal);
        assert_int_equal(refusal->status, 403);
        assert_string_equal(refusal->code, "user_disabled");
    }
}

static void session_is_the_users_at_this_version(void **state)
{
    (void)state;
    const proven_t proven = by_pin(&anna);
    const session_t session = proven_session(&proven);
    assert_memory_equal(session.uid, anna.uid, sizeof session.uid);
    assert_int_equal(session.version, 7);
    assert_string_equal(session.name, "anna@example.org");
    assert_string_equal(session.provider, "local");
    assert_int_equal(session.amr, AMR_PIN | AMR_MFA);
    assert_memory_equal(session.identity, device, sizeof session.identity);
}

static void proof_without_a_device_leaves_no_identity(void **state)
{
    (void)state;
    static const unsigned char none[SESSION_ID_BYTES];
    proven_t proven = by_pin(&anna);
    proven.factor = FACTOR_TRUSTED;
    proven.amr = 0;
    proven.identity = NULL;
    proven.provider = "company";
    const session_t session = proven_session(&proven);
    assert_memory_equal(session.identity, none, sizeof none);
    assert_string_equal(session.provider, "company");
    assert_int_equal(session.amr, 0);
}

/* Nothing of it counts before session_start has given it an id and its times. */
static void session_is_not_started(void **state)
{
    (void)state;
    static const session_t empty;
    const proven_t proven = by_pin(&anna);
    const session_t session = proven_session(&proven);
    assert_memory_equal(session.id, empty.id, sizeof empty.id);
    assert_memory_equal(session.family, empty.family, sizeof empty.family);
    assert_memory_equal(session.proven, empty.proven, sizeof empty.proven);
    assert_int_equal(session.auth_time, 0);
    assert_int_equal(session.expires, 0);
}

static void longest_name_and_provider_fit(void **state)
{
    (void)state;
    user_t user = anna;
    char provider[SESSION_PROVIDER_MAX + 1];
    memset(user.name, 'n', SESSION_NAME_MAX);
    user.name[SESSION_NAME_MAX] = '\0';
    memset(provider, 'p', sizeof provider - 1);
    provider[sizeof provider - 1] = '\0';
    proven_t proven = by_pin(&user);
    proven.provider = provider;
    const session_t session = proven_session(&proven);
    assert_string_equal(session.name, user.name);
    assert_string_equal(session.provider, provider);
}

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_user_may_sign_in),
        cmocka_unit_test(nobody_else_may_whatever_they_have_proven),
        cmocka_unit_test(session_is_the_users_at_this_version),
        cmocka_unit_test(proof_without_a_device_leaves_no_identity),
        cmocka_unit_test(session_is_not_started),
        cmocka_unit_test(longest_name_and_provider_fit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
