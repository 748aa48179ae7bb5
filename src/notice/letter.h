/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_LETTER_H
#define MPIN_NOTICE_LETTER_H

#include "notice/outbox.h"
#include "notice/own.h"
#include "notice/smtp.h"

/* The site that writes. */
typedef struct letterhead_t {
    templates_t templates;
    const char *title, *host, *url;      /* of the site */
    const char *contact;                 /* MPinContact, NULL without */
    const apr_array_header_t *languages; /* MPinLanguage, NULL: all */
} letterhead_t;

/* A notice of the queue as a mail, in its reader's language: subject from mail_subject.txt, text
 * from mail.txt, HTML from mail.html. False where a template is broken beyond use. */
bool letter_write(const letterhead_t *head, const notice_t *notice, mail_t *mail, apr_pool_t *p);

#endif
