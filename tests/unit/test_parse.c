/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind our directives: what each takes, and that anything else is refused with the
 * mend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include "config/number.h"
#include "config/colour.h"
#include "config/parse.h"
#include "session/demand.h"

static apr_pool_t *pool;

/* The words of a line, which are separated by single spaces. */
static words_t words_of(const char *line)
{
    static char *word[16];
    words_t words = {0, word, "/etc/httpd", pool};
    char *last = NULL;
    for (char *next = apr_strtok(apr_pstrdup(pool, line), " ", &last); next;
         next = apr_strtok(NULL, " ", &last))
        word[words.count++] = next;
    return words;
}

#define READ(parse, field, line)                                                                   \
    do {                                                                                           \
        const words_t words_ = words_of(line);                                                     \
        const char *wrong_ = parse(field, &words_);                                                \
        if (wrong_)                                                                                \
            fail_msg("%s: %s", line, wrong_);                                                      \
    } while (0)

/* Refused with a mend, and the field as it was. */
#define REFUSED(parse, field, line)                                                                \
    do {                                                                                           \
        unsigned char before_[sizeof(*(field))];                                                   \
        memcpy(before_, field, sizeof(*(field)));                                                  \
        const words_t words_ = words_of(line);                                                     \
        const char *wrong_ = parse(field, &words_);                                                \
        if (!wrong_)                                                                               \
            fail_msg("taken: %s", line);                                                           \
        if (!strstr(wrong_, "; "))                                                                 \
            fail_msg("%s: no mend in \"%s\"", line, wrong_);                                       \
        assert_memory_equal(before_, field, sizeof(*(field)));                                     \
    } while (0)

static void a_duration_has_a_number_and_a_unit(void **state)
{
    (void)state;
    apr_interval_time_t time = 0;
    READ(parse_duration, &time, "1s");
    assert_int_equal(time, apr_time_from_sec(1));
    READ(parse_duration, &time, "30min");
    assert_int_equal(time, apr_time_from_sec(1800));
    READ(parse_duration, &time, "8h");
    assert_int_equal(time, apr_time_from_sec(28800));
    READ(parse_duration, &time, "366d");
    assert_int_equal(time, apr_time_from_sec(366 * 86400));

    static const char *const bad[] = {"30",
                                      "0s",
                                      "-1s",
                                      "+1s",
                                      "1.5h",
                                      "8 h",
                                      "8hours",
                                      "8H",
                                      "h",
                                      "",
                                      "367d",
                                      "1ms",
                                      "99999999999999999999s",
                                      "9223372036854775807h",
                                      "1h30min"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(number_duration(bad[i], &time));
    REFUSED(parse_duration, &time, "30");
}

static void a_size_has_a_number_and_a_unit(void **state)
{
    (void)state;
    apr_off_t size = 0;
    READ(parse_size, &size, "64M");
    assert_int_equal(size, 64 << 20);
    READ(parse_size, &size, "256G");
    assert_int_equal(size, (apr_off_t)256 << 30);
    REFUSED(parse_size, &size, "8M");
    REFUSED(parse_size, &size, "65535K");
    REFUSED(parse_size, &size, "257G");
    REFUSED(parse_size, &size, "1000000");
    REFUSED(parse_size, &size, "1MB");
    REFUSED(parse_size, &size, "99999999999999G");
}

static void a_throttle_names_its_buckets(void **state)
{
    (void)state;
    throttle_rules_t rules = {{30, 60}, {10, 60}, {60, 3600}};
    READ(parse_throttle, &rules, "account=5/2min");
    assert_int_equal(rules.account.count, 5);
    assert_int_equal(rules.account.window, apr_time_from_sec(120));
    assert_int_equal(rules.address.count, 30);
    READ(parse_throttle, &rules, "address=1000000/1d account=1/1s");
    assert_int_equal(rules.address.count, 1000000);
    assert_int_equal(rules.registration.count, 60);
    READ(parse_throttle, &rules, "register=600/1h");
    assert_int_equal(rules.registration.count, 600);
    assert_int_equal(rules.registration.window, apr_time_from_sec(3600));
    READ(parse_throttle, &rules, "Register=1/1s address=7/1d account=8/1h");
    assert_int_equal(rules.registration.count, 1);
    assert_int_equal(rules.address.count, 7);
    static const char *const bad[] = {
        "5/2min",          "user=5/1s",          "account=5",
        "account=0/1s",    "account=/1s",        "account=5/",
        "account=5/1",     "account=1000001/1s", "account=5/2d",
        "account=5/1s/1s", "register",           "register=",
        "register=off",    "register=0/1h",      "register=5/61min",
        "register=5/1d",   "registers=5/1h",     "address=5/1s account=x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        REFUSED(parse_throttle, &rules, bad[i]);
}

static void numbers_keep_within_their_bounds(void **state)
{
    (void)state;
    int digits = 0;
    uint32_t failures = 0;
    READ(parse_pin_length, &digits, "4");
    READ(parse_pin_length, &digits, "8");
    assert_int_equal(digits, 8);
    REFUSED(parse_pin_length, &digits, "3");
    REFUSED(parse_pin_length, &digits, "9");
    REFUSED(parse_pin_length, &digits, "4x");
    REFUSED(parse_pin_length, &digits, "-4");
    READ(parse_max_failures, &failures, "10");
    assert_int_equal(failures, 10);
    REFUSED(parse_max_failures, &failures, "0");
    REFUSED(parse_max_failures, &failures, "11");
    REFUSED(parse_max_failures, &failures, "4294967299");
}

static void a_flag_is_on_or_off(void **state)
{
    (void)state;
    bool flag = false;
    READ(parse_flag, &flag, "on");
    assert_true(flag);
    READ(parse_flag, &flag, "Off");
    assert_false(flag);
    REFUSED(parse_flag, &flag, "yes");
}

static void ways_to_register_are_listed(void **state)
{
    (void)state;
    unsigned ways = 0;
    READ(parse_register, &ways, "signed-in open");
    assert_int_equal(ways, REGISTER_SIGNED_IN | REGISTER_OPEN);
    READ(parse_register, &ways, "open open-to-anyone");
    assert_int_equal(ways, REGISTER_OPEN | REGISTER_OPEN_TO_ANYONE);
    READ(parse_register, &ways, "closed");
    assert_int_equal(ways, 0);
    REFUSED(parse_register, &ways, "closed open");
    REFUSED(parse_register, &ways, "signed-in open-to-anyone");
    READ(parse_register, &ways, "signed-in mail");
    assert_int_equal(ways, REGISTER_SIGNED_IN | REGISTER_MAIL);
    REFUSED(parse_register, &ways, "closed mail");
    READ(parse_register, &ways, "signed-in invite");
    assert_int_equal(ways, REGISTER_SIGNED_IN | REGISTER_INVITE);
    REFUSED(parse_register, &ways, "everybody");
}

static void a_mail_server_has_a_host_and_never_a_password_in_its_url(void **state)
{
    (void)state;
    mail_server_t mail = {0};
    READ(parse_mail, &mail, "smtp://localhost");
    assert_string_equal(mail.host, "localhost");
    assert_int_equal(mail.port, 25);
    assert_int_equal(mail.security, SMTP_PLAIN);
    assert_null(mail.user);
    READ(parse_mail, &mail, "smtp://127.0.0.1:2525 starttls");
    assert_int_equal(mail.port, 2525);
    assert_int_equal(mail.security, SMTP_STARTTLS);
    READ(parse_mail, &mail, "smtp://Mail.example.org");
    assert_string_equal(mail.host, "mail.example.org");
    assert_int_equal(mail.port, 587);
    assert_int_equal(mail.security, SMTP_STARTTLS);
    READ(parse_mail, &mail, "smtps://wiki@example.org@mail.example.org file:/etc/mail-secret");
    assert_string_equal(mail.user, "wiki@example.org");
    assert_string_equal(mail.password_file, "/etc/mail-secret");
    assert_int_equal(mail.port, 465);
    assert_int_equal(mail.security, SMTP_TLS);
    READ(parse_mail, &mail, "smtp://wiki@mail.example.org:25 exec:/bin/pass mail");
    assert_string_equal(mail.password_command[0], "/bin/pass");
    assert_string_equal(mail.password_command[1], "mail");
    REFUSED(parse_mail, &mail, "mail.example.org");
    REFUSED(parse_mail, &mail, "http://mail.example.org");
    REFUSED(parse_mail, &mail, "smtp://");
    REFUSED(parse_mail, &mail, "smtp://host:0");
    REFUSED(parse_mail, &mail, "smtp://host:99999");
    REFUSED(parse_mail, &mail, "smtp://host/path");
    REFUSED(parse_mail, &mail, "smtps://host starttls");
    REFUSED(parse_mail, &mail, "smtps://wiki:secret@host");
    REFUSED(parse_mail, &mail, "smtps://wiki@host");
    REFUSED(parse_mail, &mail, "smtps://host file:/etc/secret");
    REFUSED(parse_mail, &mail, "smtps://wiki@host secret");
    REFUSED(parse_mail, &mail, "smtps://wiki@host file:/a file:/b");
    const char *text = NULL;
    READ(parse_mail_from, &text, "no-reply@example.org");
    REFUSED(parse_mail_from, &text, "example.org");
    REFUSED(parse_mail_from, &text, "a@b@c");
    REFUSED(parse_mail_from, &text, "<a@b>");
    READ(parse_contact, &text, "help@example.org");
}

static void who_may_register_is_anybody_or_domains_or_a_file(void **state)
{
    (void)state;
    allow_rule_t allow = {0};
    READ(parse_allow, &allow, "any");
    assert_int_equal(allow.kind, ALLOW_ANY);
    READ(parse_allow, &allow, "domain Example.ORG sub.example.com");
    assert_int_equal(allow.kind, ALLOW_DOMAINS);
    assert_string_equal(allow.domains[0], "example.org");
    assert_string_equal(allow.domains[1], "sub.example.com");
    assert_null(allow.domains[2]);
    READ(parse_allow, &allow, "file conf/people");
    assert_int_equal(allow.kind, ALLOW_FILE);
    assert_string_equal(allow.file, "/etc/httpd/conf/people");
    REFUSED(parse_allow, &allow, "any example.org");
    REFUSED(parse_allow, &allow, "domain");
    REFUSED(parse_allow, &allow, "domain @example.org");
    REFUSED(parse_allow, &allow, "domain example.org.");
    REFUSED(parse_allow, &allow, "file");
    REFUSED(parse_allow, &allow, "file a b");
    READ(parse_allow, &allow, "url https://app.example.com/may-enter?x=1");
    assert_int_equal(allow.kind, ALLOW_URL);
    assert_string_equal(allow.url, "https://app.example.com/may-enter?x=1");
    REFUSED(parse_allow, &allow, "url");
    REFUSED(parse_allow, &allow, "url https://a https://b");
    REFUSED(parse_allow, &allow, "url http://app.example.com/");
    REFUSED(parse_allow, &allow, "example.org");
}

static void a_service_is_an_rps_or_a_dta_and_may_have_a_secret(void **state)
{
    (void)state;
    service_t service = {0};
    READ(parse_service, &service, "RPS");
    assert_int_equal(service.parts, SERVICE_RPS);
    assert_null(service.secret_file);
    READ(parse_service, &service, "dta rps secret=conf/secret");
    assert_int_equal(service.parts, SERVICE_RPS | SERVICE_DTA);
    assert_string_equal(service.secret_file, "/etc/httpd/conf/secret");
    REFUSED(parse_service, &service, "secret=conf/secret");
    REFUSED(parse_service, &service, "rps secret=");
    REFUSED(parse_service, &service, "rps rpa");
    REFUSED(parse_service, &service, "none");
}

static void an_rps_is_here_or_elsewhere_and_may_have_a_secret(void **state)
{
    (void)state;
    external_rps_t rps = {0};
    READ(parse_rps, &rps, "http://127.0.0.1:8011");
    assert_string_equal(rps.url, "http://127.0.0.1:8011");
    assert_null(rps.secret_file);
    READ(parse_rps, &rps, "https://rps.example.com/milagro// secret=conf/secret");
    assert_string_equal(rps.url, "https://rps.example.com/milagro");
    assert_string_equal(rps.secret_file, "/etc/httpd/conf/secret");
    REFUSED(parse_rps, &rps, "http://rps.example.com");
    REFUSED(parse_rps, &rps, "https://rps.example.com/?a=b");
    REFUSED(parse_rps, &rps, "https://rps.example.com secret=");
    REFUSED(parse_rps, &rps, "https://rps.example.com conf/secret");
    REFUSED(parse_rps, &rps, "embedded secret=conf/secret");
    REFUSED(parse_rps, &rps, "127.0.0.1:8011");
    REFUSED(parse_rps, &rps, "off");
    READ(parse_rps, &rps, "Embedded");
    assert_null(rps.url);
    assert_null(rps.secret_file);
}

static void an_application_is_asked_by_https_or_on_this_machine(void **state)
{
    (void)state;
    static const char *const good[] = {"http://127.0.0.1:8005/mpinVerify", "http://localhost/",
                                       "https://app.example.com/a/b?c=d&e=%20",
                                       "https://app.example.com", "https://[2001:db8::1]:8443/x"};
    static const char *const bad[] = {"http://app.example.com/mpinVerify",
                                      "http://192.0.2.1/",
                                      "http://127.0.0.1.example.com/",
                                      "ftp://app.example.com/",
                                      "app.example.com/mpinVerify",
                                      "https://",
                                      "https:///mpinVerify",
                                      "https://john@app.example.com/",
                                      "https://app.example.com/#x",
                                      "https://app.example.com/\"",
                                      "https://app.example.com:99999/",
                                      "https://app.example.com/\x7f",
                                      "file:///etc/passwd"};
    const char *url = NULL;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        READ(parse_application_url, &url, good[i]);
        assert_string_equal(url, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        REFUSED(parse_application_url, &url, bad[i]);
}

static void origins_are_spelled_as_browsers_do(void **state)
{
    (void)state;
    const apr_array_header_t *list = NULL;
    READ(parse_origins, &list, "https://App.Example.com:443/ http://localhost:8005");
    assert_int_equal(list->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(list, 0, const char *), "https://app.example.com");
    assert_string_equal(APR_ARRAY_IDX(list, 1, const char *), "http://localhost:8005");
    REFUSED(parse_origins, &list, "*");
    REFUSED(parse_origins, &list, "null");
    REFUSED(parse_origins, &list, "http://app.example.com");
    REFUSED(parse_origins, &list, "https://app.example.com/page");
    REFUSED(parse_origins, &list, "https://*.example.com");
    REFUSED(parse_origins, &list, "https://a.example.com app.example.com");
}

static void a_store_is_a_directory_for_lmdb(void **state)
{
    (void)state;
    const char *url = "before";
    READ(parse_store, &url, "lmdb:/var/lib/x/");
    assert_string_equal(url, "lmdb:/var/lib/x");
    READ(parse_store, &url, "lmdb:state/../store");
    assert_string_equal(url, "lmdb:/etc/httpd/store");
    REFUSED(parse_store, &url, "lmdb:");
    REFUSED(parse_store, &url, "/var/lib/x");
    REFUSED(parse_store, &url, "redis://h");
    REFUSED(parse_store, &url, "rediss://h");
    REFUSED(parse_store, &url, "unix:/run/redis.sock");
}

static void a_passphrase_comes_from_a_program(void **state)
{
    (void)state;
    const char *const *command = NULL;
    READ(parse_passphrase, &command, "exec:/usr/bin/pass show mpin");
    assert_string_equal(command[0], "/usr/bin/pass");
    assert_string_equal(command[2], "mpin");
    assert_null(command[3]);
    REFUSED(parse_passphrase, &command, "secret");
    REFUSED(parse_passphrase, &command, "exec:pass");
}

static void pages_of_ours_move_one_by_one(void **state)
{
    (void)state;
    paths_t paths = {.path = {[PATH_LOGIN] = "/login", [PATH_RPS] = "/rps"}};
    READ(parse_path, &paths, "login /auth/login");
    assert_string_equal(paths.path[PATH_LOGIN], "/auth/login");
    assert_true(paths.moved[PATH_LOGIN]);
    assert_false(paths.moved[PATH_RPS]);
    READ(parse_path, &paths, "rps off");
    assert_null(paths.path[PATH_RPS]);
    static const char *const bad[] = {"signin /x",  "login x",     "login /",    "login /x/",
                                      "login //x",  "login /a//b", "login /./a", "login /a/..",
                                      "login /%61", "login /a?b",  "login /a;b", "LOGIN /x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        REFUSED(parse_path, &paths, bad[i]);
}

static void a_prefix_is_a_path_without_a_slash_at_its_end_or_off(void **state)
{
    (void)state;
    const char *prefix = "before";
    READ(parse_path_prefix, &prefix, "/_mpin");
    assert_string_equal(prefix, "/_mpin");
    READ(parse_path_prefix, &prefix, "off");
    assert_null(prefix);
    static const char *const bad[] = {
        "_mpin",
        "/",
        "/_mpin/",
        "//x",
        "/a/../b",
        "/a?b",
        "/%61",
        "https://x.example/_mpin",
        "/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
        "0123456789/0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        REFUSED(parse_path_prefix, &prefix, bad[i]);
}

static void headers_for_applications_have_a_name_and_a_field(void **state)
{
    (void)state;
    const apr_array_header_t *list = NULL;
    READ(parse_pass_headers, &list,
         "X-WEBAUTH-USER=user X-Forwarded-Email=email X-Since=auth_time X-Groups=groups");
    assert_int_equal(list->nelts, 4);
    assert_int_equal(APR_ARRAY_IDX(list, 3, pass_header_t).field, PASS_GROUPS);
    assert_string_equal(APR_ARRAY_IDX(list, 0, pass_header_t).name, "X-WEBAUTH-USER");
    assert_int_equal(APR_ARRAY_IDX(list, 0, pass_header_t).field, PASS_USER);
    assert_int_equal(APR_ARRAY_IDX(list, 2, pass_header_t).field, PASS_AUTH_TIME);
    static const char *const bad[] = {
        "X-User",     "=user",     "X User=user",         "X:User=user",    "X-User=password",
        "X-User=",    "Host=user", "content_length=user", "Cookie=session", "X-A=user x_a=email",
        "X-\x01=user"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        REFUSED(parse_pass_headers, &list, bad[i]);
}

static void cookies_have_names_that_browsers_and_we_can_keep(void **state)
{
    (void)state;
    const char *text = "before";
    READ(parse_cookie_name, &text, "sso_1.a-b");
    REFUSED(parse_cookie_name, &text, "__Host-x");
    REFUSED(parse_cookie_name, &text, "a;b");
    REFUSED(parse_cookie_name, &text, "a=b");
    READ(parse_cookie_domain, &text, ".Example.org");
    assert_string_equal(text, "example.org");
    REFUSED(parse_cookie_domain, &text, "localhost");
    REFUSED(parse_cookie_domain, &text, "192.0.2.1");
    REFUSED(parse_cookie_domain, &text, "a;b.org");
    READ(parse_cookie_path, &text, "/app/");
    REFUSED(parse_cookie_path, &text, "/a;Domain=evil");
    READ(parse_same_site, &text, "strict");
    assert_string_equal(text, "Strict");
    REFUSED(parse_same_site, &text, "lax;Secure");
    READ(parse_realm, &text, "intranet");
    REFUSED(parse_realm, &text, "caf\xc3\xa9");
}

static void a_colour_that_cannot_be_read_is_refused_and_the_nearest_is_named(void **state)
{
    (void)state;
    accent_t accent = {0};
    READ(parse_accent, &accent, "#2457D6");
    assert_string_equal(accent.light, "#2457d6");
    colour_t made, dark = {{0.094, 0.106, 0.137}};
    assert_true(colour_parse(&made, accent.dark));
    assert_true(colour_contrast(&made, &dark) >= 4.5);
    READ(parse_accent, &accent, "#063 #9fd");
    assert_string_equal(accent.light, "#006633");
    assert_string_equal(accent.dark, "#99ffdd");

    REFUSED(parse_accent, &accent, "blue");
    REFUSED(parse_accent, &accent, "#12345");
    REFUSED(parse_accent, &accent, "#12345g");
    REFUSED(parse_accent, &accent, "");
    REFUSED(parse_accent, &accent, "#063 #063"); /* too dark for dark pages */
    const words_t yellow = {1, (char *const[]){(char[]){"#ffcc00"}}, "/etc/httpd", pool};
    const char *wrong = parse_accent(&accent, &yellow);
    assert_non_null(wrong);
    assert_non_null(strstr(wrong, "contrast of 1.3 on our light pages"));
    char *better = apr_pstrdup(pool, strrchr(wrong, '#'));
    READ(parse_accent, &accent, better);
}

/* MPinLinks with one link; what is wrong with it. */
static const char *read_link(const apr_array_header_t **links, const char *link)
{
    char *word = apr_pstrdup(pool, link);
    const words_t words = {1, &word, "/etc/httpd", pool};
    return parse_links(links, &words);
}

static void links_lead_somewhere_and_run_nothing(void **state)
{
    (void)state;
    static const char *const good[] = {"Help & more https://help.example.org/?a=b",
                                       "Privacy /privacy", "Write us mailto:help@example.org",
                                       "Call tel:+491234", "Caf\xc3\xa9 http://cafe.example"};
    static const char *const bad[] = {
        "Privacy",    "/privacy", "X javascript:f()", "X //evil.example", "X data:text/html,x",
        "X https://", "X ",       "a\tb /x",          "X /a\"b",          " /x"};
    const apr_array_header_t *links = NULL;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_null(read_link(&links, good[i]));
        assert_string_equal(APR_ARRAY_IDX(links, 0, page_link_t).href, strrchr(good[i], ' ') + 1);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (!read_link(&links, bad[i]))
            fail_msg("taken: %s", bad[i]);
    assert_string_equal(APR_ARRAY_IDX(links, 0, page_link_t).text, "Caf\xc3\xa9");
}

static void languages_are_those_that_we_speak(void **state)
{
    (void)state;
    const apr_array_header_t *languages = NULL;
    READ(parse_languages, &languages, "DE en");
    assert_string_equal(APR_ARRAY_IDX(languages, 0, const char *), "de");
    READ(parse_languages, &languages, "it nl pl PT");
    assert_string_equal(APR_ARRAY_IDX(languages, 3, const char *), "pt");
    REFUSED(parse_languages, &languages, "de tlh");
    REFUSED(parse_languages, &languages, "pt-BR");
}

static void texts_for_pages_are_bounded(void **state)
{
    (void)state;
    const char *text = "before";
    READ(parse_title, &text, "Caf\xc3\xa9");
    REFUSED(parse_title, &text, "a\tb");
    REFUSED(parse_title, &text, apr_psprintf(pool, "%065d", 1));
    READ(parse_own_page, &text, "/welcome/");
    REFUSED(parse_own_page, &text, "//evil.example");
    REFUSED(parse_own_page, &text, "/\\evil.example");
    REFUSED(parse_own_page, &text, "https://www.example.com/");
    READ(parse_audit_log, &text, "logs/audit");
    assert_string_equal(text, "/etc/httpd/logs/audit");
    READ(parse_audit_log, &text, "|/usr/bin/logger");
    REFUSED(parse_audit_log, &text, "|");
}

static void providers_are_named_once(void **state)
{
    (void)state;
    const apr_array_header_t *list = NULL;
    READ(parse_providers, &list, "file ldap");
    assert_int_equal(list->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(list, 1, const char *), "ldap");
    REFUSED(parse_providers, &list, "file ldap file");
}

static void names_keep_their_case_or_not(void **state)
{
    (void)state;
    bool lower = false;
    bool recheck = true;
    READ(parse_user_case, &lower, "Lower");
    assert_true(lower);
    READ(parse_user_case, &lower, "keep");
    assert_false(lower);
    REFUSED(parse_user_case, &lower, "upper");
    READ(parse_recheck, &recheck, "off");
    assert_false(recheck);
    READ(parse_recheck, &recheck, "auto");
    assert_true(recheck);
    REFUSED(parse_recheck, &recheck, "on");
}

static const trusted_setting_t *trusted(const apr_array_header_t *logins, int i)
{
    return &APR_ARRAY_IDX(logins, i, trusted_setting_t);
}

static void a_trusted_login_is_told_in_one_line(void **state)
{
    (void)state;
    const apr_array_header_t *logins = NULL;
    READ(parse_trusted_login, &logins, "corp /trusted/corp openid-connect Company");
    READ(parse_trusted_login, &logins,
         "B-2_x /t/b Basic B logout=/out?a=b user=%{reqenv:X} email=OIDC_CLAIM_email sid=SID "
         "time=OIDC_CLAIM_auth_time icon=/b.svg auto "
         "as-local=email:Example.org,xn--zrich-kva.example");
    assert_int_equal(logins->nelts, 2);
    assert_string_equal(trusted(logins, 0)->label, "Company");
    assert_int_equal(trusted(logins, 0)->mark, mark_of("corp"));
    assert_int_equal(trusted(logins, 0)->local, LOCAL_NEVER);
    assert_false(trusted(logins, 0)->at_once);
    assert_null(trusted(logins, 0)->logout);
    assert_string_equal(trusted(logins, 1)->location, "/t/b");
    assert_string_equal(trusted(logins, 1)->logout, "/out?a=b");
    assert_string_equal(trusted(logins, 1)->user, "%{reqenv:X}");
    assert_string_equal(trusted(logins, 1)->email, "OIDC_CLAIM_email");
    assert_string_equal(trusted(logins, 1)->email_verified, "OIDC_CLAIM_email_verified");
    assert_string_equal(trusted(logins, 1)->sid, "SID");
    assert_string_equal(trusted(logins, 1)->time, "OIDC_CLAIM_auth_time");
    assert_string_equal(trusted(logins, 1)->icon, "/b.svg");
    assert_true(trusted(logins, 1)->at_once);
    assert_int_equal(trusted(logins, 1)->local, LOCAL_EMAIL_OF);
    assert_string_equal(trusted(logins, 1)->domains[0], "example.org");
    assert_null(trusted(logins, 1)->domains[2]);
    READ(parse_trusted_login, &logins, "c /c Basic C as-local");
    assert_int_equal(trusted(logins, 2)->local, LOCAL_PLAIN);
    READ(parse_trusted_login, &logins, "d /d Basic D as-local=user:a.example");
    assert_int_equal(trusted(logins, 3)->local, LOCAL_USER_OF);
}

static void a_trusted_login_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"pin /t Basic X",
                                        "local /t Basic X",
                                        "a:b /t Basic X",
                                        "-a /t Basic X",
                                        "corp /other Basic X",
                                        "CORP /other Basic X",
                                        "b /trusted/corp Basic X",
                                        "b t Basic X",
                                        "b / Basic X",
                                        "b //t Basic X",
                                        "b /t/../login Basic X",
                                        "b /t?x Basic X",
                                        "b https://x/ Basic X",
                                        "b /t MPin X",
                                        "b /t mpin X",
                                        "b /t Ba$ic X",
                                        "b /t Basic X what=1",
                                        "b /t Basic X what",
                                        "b /t Basic X logout=",
                                        "b /t Basic X logout=//x",
                                        "b /t Basic X logout=http://x/",
                                        "b /t Basic X logout=javascript:x",
                                        "b /t Basic X logout=https://x/\"",
                                        "b /t Basic X user=",
                                        "b /t Basic X user=%{HTTP:X-User}",
                                        "b /t Basic X user=%{http:X-User}",
                                        "b /t Basic X user=%{req:X-User}",
                                        "b /t Basic X user=req('X-User')",
                                        "b /t Basic X user=%{HTTP_X_USER}",
                                        "b /t Basic X user=%{QUERY_STRING}",
                                        "b /t Basic X email=HTTP_X_MAIL",
                                        "b /t Basic X email=MPIN_EMAIL",
                                        "b /t Basic X email=",
                                        "b /t Basic X sid=REDIRECT_SID",
                                        "b /t Basic X icon=https://x/a.png",
                                        "b /t Basic X as-local=",
                                        "b /t Basic X as-local=email",
                                        "b /t Basic X email=E as-local=email:",
                                        "b /t Basic X email=E as-local=email:-",
                                        "b /t Basic X as-local=email:example.org",
                                        "b /t Basic X as-local=all"};
    const apr_array_header_t *logins = NULL;
    READ(parse_trusted_login, &logins, "corp /trusted/corp Basic Company");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        REFUSED(parse_trusted_login, &logins, wrong[i]);
    assert_int_equal(logins->nelts, 1);
}

static void a_directory_says_who_gets_in_how(void **state)
{
    (void)state;
    dir_config_t dir = {.methods = -1, .second = -1, .reauth_after = -1, .unauthenticated = -1};
    READ(parse_methods, &dir, "PIN password");
    assert_int_equal(dir.methods, FACTOR_BIT(FACTOR_PIN) | FACTOR_BIT(FACTOR_PASSWORD));
    REFUSED(parse_methods, &dir, "pin totp");
    REFUSED(parse_methods, &dir, "pin goo.gle");
    assert_null(dir.logins);
    READ(parse_methods, &dir, "pin corp google");
    assert_int_equal(dir.methods, FACTOR_BIT(FACTOR_PIN) | FACTOR_BIT(FACTOR_TRUSTED));
    assert_int_equal(dir.logins->nelts, 2);
    assert_int_equal(dir.marks[0], mark_of("corp"));
    assert_int_equal(dir.marks[1], mark_of("google"));
    assert_int_equal(dir.marks[2], 0);
    READ(parse_methods, &dir, "trusted");
    assert_int_equal(dir.methods, FACTOR_BIT(FACTOR_TRUSTED));
    assert_null(dir.marks);
    READ(parse_second_factor, &dir, "TOTP");
    assert_int_equal(dir.second, demand_second("totp"));
    READ(parse_second_factor, &dir, "none");
    assert_int_equal(dir.second, 0);
    REFUSED(parse_second_factor, &dir, "otp");
    READ(parse_reauth_after, &dir, "10min");
    assert_int_equal(dir.reauth_after, 600);
    READ(parse_reauth_after, &dir, "none");
    assert_int_equal(dir.reauth_after, 0);
    REFUSED(parse_reauth_after, &dir, "10");
    READ(parse_unauthenticated, &dir, "redirect:/welcome");
    assert_int_equal(dir.unauthenticated, UNAUTH_REDIRECT);
    assert_string_equal(dir.redirect, "/welcome");
    READ(parse_unauthenticated, &dir, "redirect");
    assert_null(dir.redirect);
    READ(parse_unauthenticated, &dir, "pass");
    assert_int_equal(dir.unauthenticated, UNAUTH_PASS);
    REFUSED(parse_unauthenticated, &dir, "403");
    REFUSED(parse_unauthenticated, &dir, "redirect:");
    REFUSED(parse_unauthenticated, &dir, "redirect://evil.example");
    REFUSED(parse_unauthenticated, &dir, "redirected");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_has_a_number_and_a_unit),
        cmocka_unit_test(a_size_has_a_number_and_a_unit),
        cmocka_unit_test(a_throttle_names_its_buckets),
        cmocka_unit_test(numbers_keep_within_their_bounds),
        cmocka_unit_test(a_flag_is_on_or_off),
        cmocka_unit_test(ways_to_register_are_listed),
        cmocka_unit_test(a_mail_server_has_a_host_and_never_a_password_in_its_url),
        cmocka_unit_test(who_may_register_is_anybody_or_domains_or_a_file),
        cmocka_unit_test(a_service_is_an_rps_or_a_dta_and_may_have_a_secret),
        cmocka_unit_test(an_rps_is_here_or_elsewhere_and_may_have_a_secret),
        cmocka_unit_test(an_application_is_asked_by_https_or_on_this_machine),
        cmocka_unit_test(origins_are_spelled_as_browsers_do),
        cmocka_unit_test(a_store_is_a_directory_for_lmdb),
        cmocka_unit_test(a_passphrase_comes_from_a_program),
        cmocka_unit_test(pages_of_ours_move_one_by_one),
        cmocka_unit_test(a_prefix_is_a_path_without_a_slash_at_its_end_or_off),
        cmocka_unit_test(headers_for_applications_have_a_name_and_a_field),
        cmocka_unit_test(cookies_have_names_that_browsers_and_we_can_keep),
        cmocka_unit_test(a_colour_that_cannot_be_read_is_refused_and_the_nearest_is_named),
        cmocka_unit_test(links_lead_somewhere_and_run_nothing),
        cmocka_unit_test(languages_are_those_that_we_speak),
        cmocka_unit_test(texts_for_pages_are_bounded),
        cmocka_unit_test(providers_are_named_once),
        cmocka_unit_test(names_keep_their_case_or_not),
        cmocka_unit_test(a_trusted_login_is_told_in_one_line),
        cmocka_unit_test(a_trusted_login_that_cannot_be_is_refused),
        cmocka_unit_test(a_directory_says_who_gets_in_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
