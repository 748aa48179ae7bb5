/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/smtp.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 10000L
#define WORD_BYTES 45 /* of text in an encoded word, for its 75 characters (RFC 2047, section 2) */
#define ADDRESS_MAX 254

/* ---- headers --------------------------------------------------------------------------------- */

static bool is_ascii_text(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* False where a sequence is longer than it need be, half a pair of UTF-16, or beyond Unicode. */
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second < 0xa0;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second < 0x90;
    default:
        return true;
    }
}

/* Bytes of the UTF-8 sequence that begins here, 0 where none does. */
static apr_size_t sequence(const char *text)
{
    const unsigned char c = (unsigned char)*text;
    const apr_size_t len = c < 0x80   ? 1
                           : c < 0xc2 ? 0
                           : c < 0xe0 ? 2
                           : c < 0xf0 ? 3
                           : c < 0xf5 ? 4
                                      : 0;
    if (c < ' ' || c == 0x7f)
        return 0;
    for (apr_size_t i = 1; i < len; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    return len == 1 || second_fits(c, (unsigned char)text[1]) ? len : 0;
}

static const char *encoded_word(const char *text, apr_size_t len, apr_pool_t *p)
{
    const apr_size_t size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *word = apr_palloc(p, size);
    sodium_bin2base64(word, size, (const unsigned char *)text, len, sodium_base64_VARIANT_ORIGINAL);
    return apr_pstrcat(p, "=?UTF-8?B?", word, "?=", NULL);
}

const char *smtp_header(const char *text, apr_pool_t *p)
{
    if (is_ascii_text(text) && !strstr(text, "=?"))
        return text;
    const char *header = "";
    while (*text) {
        apr_size_t len = 0, next = sequence(text);
        while (next && len + next <= WORD_BYTES && text[len]) {
            len += next;
            next = text[len] ? sequence(text + len) : 0;
        }
        if (!len || (text[len] && !next))
            return NULL;
        header = apr_pstrcat(p, header, *header ? " " : "", encoded_word(text, len, p), NULL);
        text += len;
    }
    return header;
}

bool smtp_address_ok(const char *address)
{
    const char *at = strchr(address, '@');
    if (!at || at == address || !at[1] || strchr(at + 1, '@') || strlen(address) > ADDRESS_MAX)
        return false;
    for (const char *c = address; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>()[],;:\\\"", *c))
            return false;
    return true;
}

/* "Sat, 01 Jan 2028 00:00:00 +0000" (RFC 5322, section 3.3). */
static const char *date_text(apr_time_t when, apr_pool_t *p)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    apr_time_exp_t t;
    apr_time_exp_gmt(&t, when);
    return apr_psprintf(p, "%s, %02d %s %d %02d:%02d:%02d +0000", days[t.tm_wday], t.tm_mday,
                        months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* NULL where something cannot be a header. */
static struct curl_slist *headers_of(const smtp_server_t *server, const mail_t *mail, apr_pool_t *p)
{
    const char *subject = smtp_header(mail->subject, p);
    if (!subject || !smtp_address_ok(mail->to) || !smtp_address_ok(server->from))
        return NULL;
    const char *const lines[] = {
        apr_pstrcat(p, "From: <", server->from, ">", NULL),
        apr_pstrcat(p, "To: <", mail->to, ">", NULL),
        apr_pstrcat(p, "Subject: ", subject, NULL),
        apr_pstrcat(p, "Date: ", date_text(mail->date, p), NULL),
        apr_pstrcat(p, "Message-ID: <", mail->id, strchr(server->from, '@'), ">", NULL),
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative", /* libcurl adds the boundary */
    };
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        list = curl_slist_append(list, lines[i]);
    return list;
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void add_part(curl_mime *mime, const char *type, const char *body)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    curl_mime_data(part, body, CURL_ZERO_TERMINATED);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
}

/* The last part is the one to be preferred. */
static curl_mime *mime_parts(CURL *handle, const mail_t *mail)
{
    curl_mime *mime = curl_mime_init(handle);
    add_part(mime, "text/plain; charset=utf-8", mail->text);
    add_part(mime, "text/html; charset=utf-8", mail->html);
    return mime;
}

/* ---- the conversation ------------------------------------------------------------------------ */

/* libcurl asks several times a second. */
static int stop_asked(void *stop, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    return *(const bool *)stop;
}

static void set_server(CURL *handle, const smtp_server_t *server, apr_pool_t *p)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    const bool tls = server->security == SMTP_TLS;
    curl_easy_setopt(
        handle, CURLOPT_URL,
        apr_psprintf(p, "%s://%s:%d", tls ? "smtps" : "smtp", server->host, server->port));
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_USE_SSL,
                     (long)(server->security == SMTP_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)SMTP_SECONDS);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, stop_asked);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, server->stop);
    if (authorities)
        curl_easy_setopt(handle, CURLOPT_CAINFO, authorities);
}

/* libcurl copies the password; the copy goes with the handle. */
static void set_login(CURL *handle, const smtp_server_t *server)
{
    char *password = malloc(server->password->len + 1);
    if (!password)
        return;
    memcpy(password, server->password->bytes, server->password->len);
    password[server->password->len] = '\0';
    curl_easy_setopt(handle, CURLOPT_USERNAME, server->user);
    curl_easy_setopt(handle, CURLOPT_PASSWORD, password);
    sodium_memzero(password, server->password->len);
    free(password);
}

/* RFC 5321, section 4.2.1: 5yz will not do as it is. A refused sender or login is our own mistake,
 * which an administrator can mend. */
static smtp_outcome_t smtp_outcome(CURL *handle, CURLcode code, const char **why, apr_pool_t *p)
{
    long reply = 0;
    if (code == CURLE_OK)
        return SMTP_SENT;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply);
    *why = apr_psprintf(p, "%s (%ld)", curl_easy_strerror(code), reply);
    const bool mailbox = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    return mailbox && reply >= 550 && reply <= 553 ? SMTP_NEVER : SMTP_LATER;
}

smtp_outcome_t smtp_send(const smtp_server_t *server, const mail_t *mail, const char **why,
                         apr_pool_t *p)
{
    struct curl_slist *headers = headers_of(server, mail, p);
    CURL *handle = curl_easy_init();
    smtp_outcome_t outcome = headers ? SMTP_LATER : SMTP_NEVER;
    *why = headers ? "out of memory" : "it has an address or a subject that no mail can have";
    if (handle && headers) {
        struct curl_slist *to = curl_slist_append(NULL, apr_pstrcat(p, "<", mail->to, ">", NULL));
        curl_mime *mime = mime_parts(handle, mail);
        set_server(handle, server, p);
        if (server->user)
            set_login(handle, server);
        curl_easy_setopt(handle, CURLOPT_MAIL_FROM, apr_pstrcat(p, "<", server->from, ">", NULL));
        curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(handle, CURLOPT_MIMEPOST, mime);
        outcome = smtp_outcome(handle, curl_easy_perform(handle), why, p);
        curl_mime_free(mime);
        curl_slist_free_all(to);
    }
    curl_easy_cleanup(handle);
    curl_slist_free_all(headers);
    return outcome;
}
