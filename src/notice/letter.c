/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/letter.h"
#include "notice/own.h"
#include "notice/texts.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/hex.h"

#define ID_BYTES 16

/* The words that a template asks for: {{#activate}} and so on, one of them set. */
static const char *const kinds[NOTICE_COUNT] = {[NOTICE_ACTIVATE] = "activate",
                                                [NOTICE_DEVICE] = "added",
                                                [NOTICE_PIN] = "new_pin",
                                                [NOTICE_LOCKED] = "locked",
                                                [NOTICE_FAILURES] = "failures",
                                                [NOTICE_REVOKED] = "revoked",
                                                [NOTICE_UNUSED] = "unused",
                                                [NOTICE_STEP_ADDED] = "step_added",
                                                [NOTICE_STEP_REMOVED] = "step_removed",
                                                [NOTICE_PASSKEY_ADDED] = "passkey_added",
                                                [NOTICE_PASSKEY_REMOVED] = "passkey_removed",
                                                [NOTICE_CODES] = "codes_renewed",
                                                [NOTICE_UNLOCKED] = "unlocked",
                                                [NOTICE_SIGNED_OUT] = "signed_out_elsewhere",
                                                [NOTICE_LOGIN_ADDED] = "login_added",
                                                [NOTICE_LOGIN_REMOVED] = "login_removed",
                                                [NOTICE_TOKEN_MADE] = "token_made",
                                                [NOTICE_TOKEN_REMOVED] = "token_removed",
                                                [NOTICE_DISABLED] = "disabled",
                                                [NOTICE_ENABLED] = "enabled",
                                                [NOTICE_DELETED] = "deleted",
                                                [NOTICE_STEPS_RESET] = "steps_reset",
                                                [NOTICE_SESSIONS_ENDED] = "sessions_ended"};

static apr_table_t *values_of(const letterhead_t *head, const notice_t *notice, const char *lang,
                              apr_pool_t *p)
{
    apr_table_t *values = apr_table_make(p, 16);
    apr_table_setn(values, kinds[notice->kind], "1");
    apr_table_setn(values, "account", notice->kind >= NOTICE_STEP_ADDED ? "1" : "");
    apr_table_setn(values, "title", head->title);
    apr_table_setn(values, "host", head->host);
    apr_table_setn(values, "url", head->url);
    apr_table_setn(values, "contact", head->contact ? head->contact : "");
    apr_table_setn(values, "lang", lang);
    apr_table_setn(values, "dir", texts_direction(lang));
    apr_table_setn(values, "user", notice->to);
    apr_table_setn(values, "device", texts_apart(notice->device, lang, p));
    apr_table_setn(values, "address", texts_apart(notice->address, lang, p));
    const char *when = texts_moment(apr_time_from_sec(notice->made), p);
    apr_table_setn(values, "when", texts_apart(when, lang, p));
    apr_table_setn(values, "link", notice->link);
    return values;
}

/* One line, whatever the template has round it. */
static const char *one_line(const char *text, apr_pool_t *p)
{
    char *line = apr_pstrdup(p, text);
    apr_size_t len = strcspn(line + strspn(line, " \r\n"), "\r\n");
    line += strspn(line, " \r\n");
    line[len] = '\0';
    return line;
}

bool letter_write(const letterhead_t *head, const notice_t *notice, mail_t *mail, apr_pool_t *p)
{
    unsigned char id[ID_BYTES];
    if (notice->kind >= NOTICE_COUNT || !kinds[notice->kind])
        return false;
    const texts_t *texts = texts_for(notice->lang, head->languages);
    const apr_table_t *values = values_of(head, notice, texts->lang, p);
    const char *subject =
        own_render(&head->templates, "mail_subject.txt", values, NULL, texts->all, p);
    randombytes_buf(id, sizeof id);
    *mail = (mail_t){.to = notice->to,
                     .subject = subject ? one_line(subject, p) : NULL,
                     .text = own_render(&head->templates, "mail.txt", values, NULL, texts->all, p),
                     .html = own_render(&head->templates, "mail", values, NULL, texts->all, p),
                     .id = hex_encode(p, id, sizeof id),
                     .date = apr_time_from_sec(notice->made)};
    return mail->subject && mail->text && mail->html;
}
