/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of mail. */
#include "config/parse.h"
#include "base/name.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "config/public_url.h"

#define CONTACT_MAX 200 /* bytes */

static const char *not_a_server(const char *word, apr_pool_t *p)
{
    return apr_psprintf(
        p, "\"%.80s\" is no mail server; write smtp://HOST[:PORT] or smtps://USER@HOST[:PORT]",
        word);
}

/* smtp[s]://[user@]host[:port]; a password never stands in a URL. */
static const char *read_server(mail_server_t *server, const char *word, apr_pool_t *p)
{
    const bool tls = !strncasecmp(word, "smtps://", 8);
    if (!tls && strncasecmp(word, "smtp://", 7))
        return not_a_server(word, p);
    const char *rest = word + (tls ? 8 : 7);
    const char *at = strrchr(rest, '@');
    if (at) {
        server->user = apr_pstrmemdup(p, rest, (apr_size_t)(at - rest));
        if (!*server->user || strchr(server->user, ':') || strlen(server->user) > NAME_MAX_BYTES)
            return "a password does not belong into the URL; write USER@HOST, and file:/PATH or "
                   "exec:/PROGRAM behind it";
        rest = at + 1;
    }

    /* As a web address: the same rules for host and port. */
    public_url_t url;
    if (public_url_parse(&url, apr_pstrcat(p, "https://", rest, NULL), p))
        return not_a_server(word, p);
    const char *port = strrchr(url.text + strlen("https://"), ':');
    server->host = url.host;
    server->loopback = url.loopback;
    server->port = port && port[1] && !strchr(port, ']') ? (int)apr_atoi64(port + 1) : 0;
    if (!server->port)
        server->port = tls ? 465 : url.loopback ? 25 : 587;
    server->security = tls ? SMTP_TLS : url.loopback ? SMTP_PLAIN : SMTP_STARTTLS;
    return NULL;
}

static const char *read_password(mail_server_t *server, const words_t *words, int at)
{
    const char *word = words->word[at];
    if (!strncmp(word, "file:/", 6) && at + 1 == words->count) {
        server->password_file = word + 5;
        return NULL;
    }
    if (strncmp(word, "exec:/", 6))
        return apr_psprintf(words->p,
                            "\"%.80s\" is no way to a password; write file:/full/path or "
                            "exec:/full/path and its arguments",
                            word);
    const words_t command = {words->count - at, words->word + at, words->root, words->p};
    return parse_passphrase(&server->password_command, &command);
}

const char *parse_mail(mail_server_t *mail, const words_t *words)
{
    mail_server_t server = {0};
    const char *wrong = read_server(&server, words->word[0], words->p);
    int at = 1;
    if (!wrong && at < words->count && !strcasecmp(words->word[at], "starttls")) {
        if (server.security == SMTP_TLS)
            return "smtps has TLS from the first byte; leave out starttls, or write smtp://";
        server.security = SMTP_STARTTLS;
        at++;
    }
    if (!wrong && at < words->count)
        wrong = read_password(&server, words, at);
    if (wrong)
        return wrong;
    if (!server.user != !(server.password_file || server.password_command))
        return server.user ? "the user has no password; add file:/PATH or exec:/PROGRAM"
                           : "the password has no user; write smtp://USER@HOST";
    *mail = server;
    return NULL;
}

const char *parse_mail_from(const char **address, const words_t *words)
{
    if (!smtp_address_ok(words->word[0]))
        return apr_psprintf(words->p,
                            "\"%.80s\" is no sender's address; write one as in "
                            "no-reply@example.org",
                            words->word[0]);
    *address = words->word[0];
    return NULL;
}

const char *parse_contact(const char **contact, const words_t *words)
{
    const char *word = words->word[0];
    const size_t len = strlen(word);
    if (!len || len > CONTACT_MAX || !smtp_header(word, words->p))
        return apr_psprintf(words->p,
                            "people shall read it, so it is a line of 1 to %d bytes; write such a "
                            "one, as in \"the help desk, phone 1234\"",
                            CONTACT_MAX);
    *contact = word;
    return NULL;
}
