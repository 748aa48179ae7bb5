/* SPDX-License-Identifier: Apache-2.0 */
#include "base/saml.h"

#include <apr_date.h>
#include <apr_strings.h>
#include <apr_xml.h>
#include <sodium.h>
#include <string.h>
#include <zlib.h>

#define PROTOCOL "urn:oasis:names:tc:SAML:2.0:protocol"
#define ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define DEPTH_MAX 20

/* ---- unpacking ---- */

static unsigned char *saml_bytes(const char *text, size_t *len, apr_pool_t *p)
{
    const size_t text_len = strlen(text);
    if (text_len > SAML_TEXT_MAX)
        return NULL;
    unsigned char *bytes = apr_palloc(p, text_len + 1);
    if (sodium_base642bin(bytes, text_len, text, text_len, "\r\n\t ", len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    bytes[*len] = '\0';
    return bytes;
}

static const char *saml_text(unsigned char *bytes, size_t len)
{
    return len && !memchr(bytes, '\0', len) ? (const char *)bytes : NULL;
}

const char *saml_of_form(const char *text, apr_pool_t *p)
{
    size_t len = 0;
    unsigned char *bytes = saml_bytes(text, &len, p);
    return bytes ? saml_text(bytes, len) : NULL;
}

const char *saml_of_query(const char *text, apr_pool_t *p)
{
    size_t len = 0;
    unsigned char *packed = saml_bytes(text, &len, p);
    if (!packed)
        return NULL;
    unsigned char *bytes = apr_palloc(p, SAML_TEXT_MAX + 1);
    z_stream stream = {
        .next_in = packed, .avail_in = (uInt)len, .next_out = bytes, .avail_out = SAML_TEXT_MAX};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return NULL;
    const int status = inflate(&stream, Z_FINISH);
    const size_t whole = stream.total_out;
    inflateEnd(&stream);
    if (status != Z_STREAM_END)
        return NULL;
    bytes[whole] = '\0';
    return saml_text(bytes, whole);
}

/* ---- reading ---- */

static apr_xml_doc *saml_parse(const char *xml, apr_pool_t *p)
{
    apr_xml_doc *doc = NULL;
    apr_xml_parser *parser = apr_xml_parser_create(p);
    if (apr_xml_parser_feed(parser, xml, strlen(xml)) != APR_SUCCESS ||
        apr_xml_parser_done(parser, &doc) != APR_SUCCESS)
        return NULL;
    return doc;
}

static bool is_element(const apr_xml_doc *doc, const apr_xml_elem *elem, const char *space,
                       const char *name)
{
    return elem && elem->ns >= 0 && strcmp(elem->name, name) == 0 &&
           strcmp(APR_XML_GET_URI_ITEM(doc->namespaces, elem->ns), space) == 0;
}

static const apr_xml_elem *child_of(const apr_xml_doc *doc, const apr_xml_elem *elem,
                                    const char *space, const char *name)
{
    const apr_xml_elem *child = elem->first_child;
    while (child && !is_element(doc, child, space, name))
        child = child->next;
    return child;
}

/* Of several who verify may have taken another one. */
static const apr_xml_elem *only_child_of(const apr_xml_elem *elem)
{
    const apr_xml_elem *child = elem->first_child;
    return child && !child->next ? child : NULL;
}

/* expat gives it in as many parts as there are lines and entities. */
static const char *content_of(const apr_xml_elem *elem, apr_pool_t *p)
{
    apr_array_header_t *parts = apr_array_make(p, 1, sizeof(const char *));
    for (const apr_text *part = elem->first_cdata.first; part; part = part->next)
        APR_ARRAY_PUSH(parts, const char *) = part->text;
    const char *text = apr_array_pstrcat(p, parts, '\0');
    return *text ? text : NULL;
}

/* Whatever is called so, as those who verify look at no more than that. */
static bool has_child_called(const apr_xml_elem *elem, const char *name)
{
    const apr_xml_elem *child = elem->first_child;
    while (child && strcmp(child->name, name) != 0)
        child = child->next;
    return child;
}

bool saml_read_logout(const char *xml, saml_logout_t *logout, apr_pool_t *p)
{
    const apr_xml_doc *doc = saml_parse(xml, p);
    const apr_xml_elem *root = doc ? doc->root : NULL;
    if (is_element(doc, root, SOAP, "Envelope")) {
        const apr_xml_elem *body = child_of(doc, root, SOAP, "Body");
        root = body ? only_child_of(body) : NULL;
    }
    if (!is_element(doc, root, PROTOCOL, "LogoutRequest"))
        return false;
    const apr_xml_elem *name = child_of(doc, root, ASSERTION, "NameID");
    logout->name = name ? content_of(name, p) : NULL;
    logout->has_signature = has_child_called(root, "Signature");
    return true;
}

static const apr_xml_elem *find_statement(const apr_xml_doc *doc, const apr_xml_elem *elem,
                                          const char *name, int depth)
{
    if (is_element(doc, elem, ASSERTION, name))
        return elem;
    if (depth == DEPTH_MAX)
        return NULL;
    for (const apr_xml_elem *child = elem->first_child; child; child = child->next) {
        const apr_xml_elem *found = find_statement(doc, child, name, depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* "2026-11-30T16:27:26Z", with a fraction or without (SAML core, section 1.3.3: UTC). */
static uint32_t seconds_of(const char *text)
{
    apr_time_exp_t parts = {0};
    apr_time_t time;
    if (!apr_date_checkmask(text, "####-##-##T##:##:##*") || text[strlen(text) - 1] != 'Z')
        return 0;
    parts.tm_year = (int)apr_atoi64(text) - 1900;
    parts.tm_mon = (int)apr_atoi64(text + 5) - 1;
    parts.tm_mday = (int)apr_atoi64(text + 8);
    parts.tm_hour = (int)apr_atoi64(text + 11);
    parts.tm_min = (int)apr_atoi64(text + 14);
    parts.tm_sec = (int)apr_atoi64(text + 17);
    if (apr_time_exp_get(&time, &parts) != APR_SUCCESS || time <= 0 ||
        apr_time_sec(time) > UINT32_MAX)
        return 0;
    return (uint32_t)apr_time_sec(time);
}

uint32_t saml_seen_at(const char *xml, apr_pool_t *p)
{
    const apr_xml_doc *doc = saml_parse(xml, p);
    const apr_xml_elem *found = doc ? find_statement(doc, doc->root, "AuthnStatement", 0) : NULL;
    const apr_xml_attr *attr = found ? found->attr : NULL;
    while (attr && strcmp(attr->name, "AuthnInstant") != 0)
        attr = attr->next;
    return attr ? seconds_of(attr->value) : 0;
}
