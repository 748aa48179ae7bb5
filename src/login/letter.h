#ifndef MPIN_LOGIN_LETTER_H
#define MPIN_LOGIN_LETTER_H

#include "config/site.h"
#include "people/outbox.h"

/* A notice of the queue as a mail, in its reader's language: subject from mail_subject.txt, text
 * from mail.txt, HTML from mail.html. False where a template is broken beyond use. */
bool letter_write(const site_t *site, const notice_t *notice, mail_t *mail, apr_pool_t *p);

#endif
