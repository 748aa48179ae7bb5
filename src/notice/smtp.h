/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_SMTP_H
#define MPIN_NOTICE_SMTP_H

#include <apr_pools.h>
#include <apr_time.h>
#include "keys/secret.h"

/* One mail to one mailbox, by libcurl: RFC 5321 and 5322, text and HTML side by side (RFC 2046,
 * section 5.1.4). TLS is verified as in base/http.h. */
typedef enum {
    SMTP_PLAIN,    /* smtp:// as it is: on loopback only */
    SMTP_STARTTLS, /* smtp:// with STARTTLS, or nothing is sent */
    SMTP_TLS       /* smtps:// */
} smtp_security_t;

typedef struct smtp_server_t {
    const char *host; /* name or address; an IPv6 address in brackets */
    int port;
    smtp_security_t security;
    const char *user;         /* NULL: no authentication */
    const secret_t *password; /* with `user` */
    const char *from;         /* address of the sender */
    const bool *stop;         /* true: the process ends, and a mail under way is given up */
} smtp_server_t;

typedef struct mail_t {
    const char *to;      /* one address, printable ASCII */
    const char *subject; /* UTF-8, one line */
    const char *text;    /* UTF-8 */
    const char *html;    /* UTF-8 */
    const char *id;      /* Message-ID without its domain: letters and digits */
    apr_time_t date;
} mail_t;

typedef enum {
    SMTP_SENT = 0,
    SMTP_LATER, /* out of reach, slow, busy, or not set up as it should be: another time may do */
    SMTP_NEVER  /* the server refuses its mailbox (5xx), or it cannot be written */
} smtp_outcome_t;

/* Waits at most SMTP_SECONDS. `why`, where it was not sent, are libcurl's words and the server's
 * number. */
#define SMTP_SECONDS 60
smtp_outcome_t smtp_send(const smtp_server_t *server, const mail_t *mail, const char **why,
                         apr_pool_t *p);

/* A header's value as RFC 2047 has it: as it is where it is printable ASCII, else in encoded words
 * of UTF-8. NULL for what is no UTF-8 text of one line. */
const char *smtp_header(const char *text, apr_pool_t *p);

/* True for what can stand between < and > of a header and of the envelope: printable ASCII with one
 * '@', without spaces and brackets. */
bool smtp_address_ok(const char *address);

#endif
