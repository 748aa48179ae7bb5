/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults and merge of every directive, and our cookies' names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <apr_general.h>
#include "config/cookie_name.h"
#include "config/settings.h"

static apr_pool_t *pool;
static const written_t somewhere = {"MPinX", "a.conf", 1};

/* Where each field lies, and how long it is. */
static const struct {
    const char *directive;
    size_t at, len;
} fields[] = {
#define SETTING(directive, type, field, ...)                                                       \
    {#directive, offsetof(server_config_t, field), sizeof(type)},
#include "config/settings.def"
};

/* A server with one field filled with a byte and marked as written. */
static server_config_t *with_field(int i, unsigned char byte)
{
    server_config_t *config = settings_make(pool);
    memset((char *)config + fields[i].at, byte, fields[i].len);
    config->written[i] = &somewhere;
    return config;
}

static void assert_same_field(int i, const server_config_t *is, const server_config_t *expected)
{
    if (i != SETTING_paths && memcmp((const char *)is + fields[i].at,
                                     (const char *)expected + fields[i].at, fields[i].len))
        fail_msg("%s", fields[i].directive);
}

static void every_directive_of_a_vhost_wins_and_every_other_is_inherited(void **state)
{
    (void)state;
    const server_config_t *plain = settings_make(pool);
    for (int i = 0; i < SETTING_COUNT; i++) {
        const server_config_t *one = with_field(i, 1), *two = with_field(i, 0);
        server_config_t *inherited = settings_merge(one, plain, pool);
        assert_same_field(i, inherited, one);
        assert_ptr_equal(inherited->written[i], &somewhere);

        assert_same_field(i, settings_merge(plain, one, pool), one);
        assert_same_field(i, settings_merge(one, two, pool), two);

        server_config_t *nothing = settings_merge(plain, plain, pool);
        assert_same_field(i, nothing, plain);
        assert_null(nothing->written[i]);
    }
}

static void a_vhost_moves_one_page_and_inherits_the_others(void **state)
{
    (void)state;
    server_config_t *base = settings_make(pool), *add = settings_make(pool);
    base->paths.path[PATH_LOGIN] = "/base";
    base->paths.moved[PATH_LOGIN] = true;
    add->paths.path[PATH_RPS] = NULL;
    add->paths.moved[PATH_RPS] = true;
    add->written[SETTING_paths] = &somewhere;
    const server_config_t *merged = settings_merge(base, add, pool);
    assert_string_equal(merged->paths.path[PATH_LOGIN], "/base");
    assert_null(merged->paths.path[PATH_RPS]);
    assert_string_equal(merged->paths.path[PATH_LOGOUT], "/logout");
    assert_true(merged->paths.moved[PATH_LOGIN] && merged->paths.moved[PATH_RPS] &&
                !merged->paths.moved[PATH_LOGOUT]);
}

static void a_prefix_moves_each_page_that_no_line_names(void **state)
{
    (void)state;
    server_config_t *base = settings_make(pool), *add = settings_make(pool);
    base->path_prefix = "/_mpin";
    base->written[SETTING_path_prefix] = &somewhere;
    add->paths.path[PATH_ACCOUNT] = "/me";
    add->paths.moved[PATH_ACCOUNT] = true;
    add->paths.path[PATH_RPS] = NULL;
    add->paths.moved[PATH_RPS] = true;
    server_config_t *merged = settings_merge(base, add, pool);
    for (int times = 0; times < 2; times++) {
        settings_move(merged, pool);
        assert_string_equal(merged->paths.path[PATH_LOGIN], "/_mpin/login");
        assert_string_equal(merged->paths.path[PATH_PAD], "/_mpin/mpin.js");
        assert_string_equal(merged->paths.path[PATH_ACCOUNT], "/me");
        assert_null(merged->paths.path[PATH_RPS]);
        assert_null(merged->paths.path[PATH_CHECK]); /* it is off */
    }
    server_config_t *plain = settings_make(pool);
    settings_move(plain, pool);
    assert_string_equal(plain->paths.path[PATH_LOGIN], "/login");
}

/* The table of the documentation, word by word. */
static void defaults_are_the_documented_ones(void **state)
{
    (void)state;
    const server_config_t *config = settings_make(pool);
    assert_false(config->engine);
    assert_null(config->public_url.text);
    assert_null(config->rps.url);
    assert_int_equal(config->ways, REGISTER_SIGNED_IN);
    assert_int_equal(config->allow.kind, ALLOW_NOBODY);
    assert_null(config->mail.host);
    assert_null(config->mail_from);
    assert_null(config->contact);
    assert_int_equal(config->pin_length, 4);
    assert_int_equal(config->max_failures, 3);
    assert_false(config->time_permits);
    assert_null(config->second_dta.url);
    assert_false(config->issue_otp.on);
    assert_null(config->providers);
    assert_int_equal(config->session_idle, apr_time_from_sec(30 * 60));
    assert_int_equal(config->session_max, apr_time_from_sec(8 * 3600));
    assert_string_equal(config->cookie_name, "mpin");
    assert_string_equal(config->same_site, "Lax");
    assert_string_equal(config->after_login, "/");
    assert_string_equal(config->after_logout, "/");
    assert_int_equal(config->throttle.address.count, 30);
    assert_int_equal(config->throttle.account.count, 10);
    assert_int_equal(config->throttle.registration.count, 60);
    assert_int_equal(config->throttle.registration.window, apr_time_from_sec(3600));
    assert_int_equal(config->throttle.address.window, apr_time_from_sec(60));
    assert_int_equal(config->throttle.account.window, apr_time_from_sec(60));
    assert_null(config->audit);
    assert_int_equal(config->service.parts, 0);
    assert_null(config->service.secret_file);
    assert_null(config->cors);
    assert_null(config->verify_url);
    assert_null(config->permit_url);
    static const char *const paths[] = {"/login",      "/logout",       "/mpinAuthenticate",
                                        "/rps",        "/mpin.js",      "/mpin",
                                        "/mpinVerify", "/mpinActivate", "/mpinPermitUser",
                                        "/m",          "/service",      "/account",
                                        "/refresh",    "/mpin-status",  NULL};
    assert_true(config->phone_login);
    for (int i = 0; i < PATH_CHECK; i++)
        assert_string_equal(config->paths.path[i], paths[i]);
    assert_null(config->paths.path[PATH_CHECK]); /* nobody else asks */
}

static void a_directory_inherits_what_it_does_not_say(void **state)
{
    (void)state;
    dir_config_t *outer = directory_make(pool), *inner = directory_make(pool);
    outer->methods = (int)FACTOR_BIT(FACTOR_PIN);
    outer->reauth_after = 60;
    outer->unauthenticated = UNAUTH_REDIRECT;
    outer->redirect = "/welcome";
    outer->group_file = "/etc/groups";
    dir_config_t *merged = directory_merge(outer, inner, pool);
    assert_int_equal(merged->methods, FACTOR_BIT(FACTOR_PIN));
    assert_int_equal(merged->reauth_after, 60);
    assert_string_equal(merged->redirect, "/welcome");
    assert_string_equal(merged->group_file, "/etc/groups");

    inner->methods = (int)FACTOR_BIT(FACTOR_PASSWORD);
    inner->reauth_after = 0;
    inner->unauthenticated = UNAUTH_REDIRECT;
    merged = directory_merge(outer, inner, pool);
    assert_int_equal(merged->methods, FACTOR_BIT(FACTOR_PASSWORD));
    assert_int_equal(merged->reauth_after, 0);
    assert_null(merged->redirect);
}

static void too_few_and_too_many_words_are_refused(void **state)
{
    (void)state;
    char *word[WORDS_MAX + 1];
    for (int i = 0; i <= WORDS_MAX; i++)
        word[i] = (char *)"x";
    for (const setting_t *setting = server_settings; setting->directive; setting++) {
        server_config_t *config = settings_make(pool);
        const words_t few = {setting->least - 1, word, "/", pool},
                      many = {setting->most + 1, word, "/", pool};
        assert_non_null(strstr(setting_read(setting, config, &few), "too few"));
        assert_non_null(strstr(setting_read(setting, config, &many), "too many"));
        assert_memory_equal(config, settings_make(pool), sizeof(*config));
    }
}

static void assert_cookie(const cookie_settings_t *cookie, const char *name, const char *attributes)
{
    assert_string_equal(cookie_name(cookie, "-login", pool), name);
    assert_string_equal(cookie_attributes(cookie, pool), attributes);
}

static void cookie_names_follow_from_the_public_url(void **state)
{
    (void)state;
    assert_cookie(&(cookie_settings_t){true, "mpin", NULL, NULL, "Lax"}, "__Host-mpin-login",
                  "; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_cookie(&(cookie_settings_t){true, "sso", "example.org", NULL, "Strict"},
                  "__Secure-sso-login",
                  "; Domain=example.org; Path=/; Secure; HttpOnly; SameSite=Strict");
    assert_cookie(&(cookie_settings_t){true, "mpin", NULL, "/app", "Lax"}, "__Secure-mpin-login",
                  "; Path=/app; Secure; HttpOnly; SameSite=Lax");
    assert_cookie(&(cookie_settings_t){false, "mpin", NULL, NULL, "Lax"}, "mpin-login",
                  "; Path=/; HttpOnly; SameSite=Lax");
}

static void a_cookie_that_no_browser_would_keep_or_send_is_noticed(void **state)
{
    (void)state;
    assert_true(cookie_domain_fits("example.org", "www.example.org"));
    assert_true(cookie_domain_fits("www.example.org", "www.example.org"));
    assert_false(cookie_domain_fits("ample.org", "www.example.org"));
    assert_false(cookie_domain_fits("www.example.org", "example.org"));
    assert_true(cookie_path_covers("/app", "/app/login"));
    assert_true(cookie_path_covers("/app/", "/app/login"));
    assert_true(cookie_path_covers("/", "/login"));
    assert_false(cookie_path_covers("/app", "/apple"));
    assert_false(cookie_path_covers("/app/", "/app"));
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_directive_of_a_vhost_wins_and_every_other_is_inherited),
        cmocka_unit_test(a_vhost_moves_one_page_and_inherits_the_others),
        cmocka_unit_test(a_prefix_moves_each_page_that_no_line_names),
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(a_directory_inherits_what_it_does_not_say),
        cmocka_unit_test(too_few_and_too_many_words_are_refused),
        cmocka_unit_test(cookie_names_follow_from_the_public_url),
        cmocka_unit_test(a_cookie_that_no_browser_would_keep_or_send_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
