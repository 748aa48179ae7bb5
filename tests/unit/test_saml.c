/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#include <apr_strings.h>

#include "base/saml.h"

#define NAMESPACES                                                                                 \
    " xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' "                                             \
    "xmlns:a='urn:oasis:names:tc:SAML:2.0:assertion'"
#define LOGOUT(inside) "<p:LogoutRequest" NAMESPACES " ID='_1'>" inside "</p:LogoutRequest>"

static apr_pool_t *pool;

static const char *base64(const void *bytes, size_t len)
{
    const size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
    return sodium_bin2base64(apr_palloc(pool, room), room, bytes, len,
                             sodium_base64_VARIANT_ORIGINAL);
}

static const char *packed(const char *bytes, size_t len)
{
    z_stream stream = {.next_in = (unsigned char *)bytes, .avail_in = (uInt)len};
    const size_t room = len + 1000;
    stream.next_out = apr_palloc(pool, room);
    stream.avail_out = (uInt)room;
    unsigned char *out = stream.next_out;
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return base64(out, stream.total_out);
}

static void a_message_is_unpacked_as_it_was_packed(void **state)
{
    (void)state;
    assert_string_equal(saml_of_form(base64("<x/>", 4), pool), "<x/>");
    assert_string_equal(saml_of_form("PHg\r\nvPg==", pool), "<x/>");
    assert_string_equal(saml_of_query(packed("<x/>", 4), pool), "<x/>");
    for (const char *const *bad =
             (const char *const[]){"", "=", "a", "<x/>", "PHgvPg", "PHgvPg==x", "PHg_", NULL};
         *bad; bad++)
        assert_null(saml_of_form(*bad, pool));
    assert_null(saml_of_query(base64("<x/>", 4), pool));
    assert_null(saml_of_form(base64("<x\0/>", 5), pool));
    assert_null(saml_of_query(packed("<x\0/>", 5), pool));
}

static void a_message_that_grows_too_large_is_none(void **state)
{
    (void)state;
    char *large = apr_pcalloc(pool, SAML_TEXT_MAX + 2);
    memset(large, 'x', SAML_TEXT_MAX + 1);
    assert_null(saml_of_query(packed(large, SAML_TEXT_MAX + 1), pool));
    assert_non_null(saml_of_query(packed(large, SAML_TEXT_MAX), pool));
    assert_null(saml_of_form(large, pool));
}

static void a_logout_request_names_somebody(void **state)
{
    (void)state;
    saml_logout_t logout;
    assert_true(saml_read_logout(LOGOUT("<a:NameID>_x&amp;1</a:NameID>"), &logout, pool));
    assert_string_equal(logout.name, "_x&1");
    assert_false(logout.has_signature);
    assert_true(saml_read_logout(
        LOGOUT("<d:Signature xmlns:d='d'/><a:NameID>an<!-- -->na</a:NameID>"), &logout, pool));
    assert_string_equal(logout.name, "anna");
    assert_true(logout.has_signature);
    assert_true(saml_read_logout(LOGOUT("<a:EncryptedID/><x><d:Signature xmlns:d='d'/></x>"),
                                 &logout, pool));
    assert_null(logout.name);
    assert_false(logout.has_signature);
    assert_true(saml_read_logout(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>" LOGOUT(
            "<a:NameID>b</a:NameID>") "</s:Body></s:Envelope>",
        &logout, pool));
    assert_string_equal(logout.name, "b");
}

#define LINES 40000

static void a_name_of_many_lines_costs_what_it_is_long(void **state)
{
    (void)state;
    saml_logout_t logout;
    char *lines = apr_pcalloc(pool, LINES + 1);
    memset(lines, '\n', LINES);
    const char *xml = apr_pstrcat(pool, "<p:LogoutRequest" NAMESPACES "><a:NameID>", lines,
                                  "</a:NameID></p:LogoutRequest>", NULL);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    assert_true(saml_read_logout(xml, &logout, pool));
    getrusage(RUSAGE_SELF, &after);
    assert_int_equal(strlen(logout.name), LINES);
    assert_true(after.ru_maxrss - before.ru_maxrss < 65536); /* KiB */
}

static void what_is_no_logout_request_names_nobody(void **state)
{
    (void)state;
    saml_logout_t logout;
    static const char *const bad[] = {
        "",
        "x",
        "<p:LogoutRequest>",
        "<LogoutRequest><NameID>b</NameID></LogoutRequest>",
        "<LogoutRequest xmlns='urn:oasis:names:tc:SAML:2.0:assertion'/>",
        "<p:LogoutResponse" NAMESPACES "><a:NameID>b</a:NameID></p:LogoutResponse>",
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>",
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>",
        LOGOUT("<a:NameID>b</a:NameID>") "<x/>",
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>" LOGOUT(
            "<a:NameID>b</a:NameID>") LOGOUT("<a:NameID>c</a:NameID>") "</s:Body></s:Envelope>",
        "<!DOCTYPE x [<!ENTITY e 'anna'>]>" LOGOUT("<a:NameID>&e;</a:NameID>"),
        NULL};
    for (const char *const *each = bad; *each; each++)
        assert_false(saml_read_logout(*each, &logout, pool));
}

#define SEEN(when) "<x" NAMESPACES "><y><a:AuthnStatement AuthnInstant='" when "'/></y></x>"

static void an_assertion_says_when_somebody_was_seen(void **state)
{
    (void)state;
    assert_int_equal(saml_seen_at(SEEN("2026-11-30T16:27:26Z"), pool), 1796056046);
    assert_int_equal(saml_seen_at(SEEN("2026-11-30T16:27:26.123Z"), pool), 1796056046);
    static const char *const bad[] = {
        SEEN(""),
        SEEN("2026-11-30"),
        SEEN("2026-11-30T16:27:26"),
        SEEN("2026-11-30T16:27:26+01:00"),
        SEEN("2026-13-30T16:27:26Z"),
        SEEN("1026-11-30T16:27:26Z"),
        SEEN("9999-11-30T16:27:26Z"),
        "<x><AuthnStatement AuthnInstant='2026-11-30T16:27:26Z'/></x>",
        "<x>",
        "",
        NULL};
    for (const char *const *each = bad; *each; each++)
        assert_int_equal(saml_seen_at(*each, pool), 0);
}

int main(void)
{
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&pool, NULL);
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_unpacked_as_it_was_packed),
        cmocka_unit_test(a_message_that_grows_too_large_is_none),
        cmocka_unit_test(a_logout_request_names_somebody),
        cmocka_unit_test(a_name_of_many_lines_costs_what_it_is_long),
        cmocka_unit_test(what_is_no_logout_request_names_nobody),
        cmocka_unit_test(an_assertion_says_when_somebody_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
