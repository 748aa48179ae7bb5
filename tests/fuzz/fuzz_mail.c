/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a mail, and the links that mails carry: no header and no address breaks its line, a
 * header's encoded words hold the text again, and no link but one of ours leads anywhere; ours
 * activates nothing without its number. The first byte says which of them it is. */
#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/rps_desk.h"
#include "base/json.h"
#include "notice/smtp.h"
#include "notice/outbox.h"
#include "rps/activation.h"

#define SITE "https://www.example.com"
#define LINK SITE "/mpinActivate?t="
#define WORD "=?UTF-8?B?"

static desk_t *desk;
static const bool go_on;
static char ours[128], number[8]; /* of the link that waits */
static int begun, wrong;          /* registrations; wrong numbers for the last */

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void drop(void)
{
    void *state = desk;
    desk_drop(&state);
}

/* ---- heads ----------------------------------------------------------------------------------- */

/* What a reader sees of encoded words; NULL where something else is between them. */
static const char *decoded(const char *header, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, strlen(header) + 1), *to = text;
    while (*header) {
        const char *end = strstr(header, "?=");
        size_t len;
        if (strncmp(header, WORD, strlen(WORD)) != 0 || !end || end + 2 - header > 75)
            return NULL;
        header += strlen(WORD);
        if (sodium_base642bin((unsigned char *)to, strlen(header), header, (size_t)(end - header),
                              NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL))
            return NULL;
        to += len;
        header = end + 2 + (end[2] == ' ');
    }
    return text;
}

static void heads(const char *text, apr_pool_t *p)
{
    const char *header = smtp_header(text, p);
    for (const char *c = header; c && *c; c++)
        require(*c >= ' ' && *c <= '~');
    if (header && strcmp(header, text) != 0) {
        const char *read = decoded(header, p);
        require(read && strcmp(read, text) == 0);
    }
    require(!header || json_tie(p, json_string(text))); /* which is UTF-8 */
    require(!smtp_address_ok(text) || !strpbrk(text, "\r\n <>,;:\"\\()[]"));
}

/* ---- links ----------------------------------------------------------------------------------- */

static outbox_outcome_t take_link(void *baton, const notice_t *notice, const char **why,
                                  apr_pool_t *p)
{
    (void)baton, (void)why, (void)p;
    require(strncmp(notice->link, LINK, strlen(LINK)) == 0);
    require(!strpbrk(notice->link, "\r\n \"<>"));
    apr_cpystrn(ours, notice->link + strlen(LINK), sizeof ours);
    return OUTBOX_SENT;
}

static void begin(apr_pool_t *p)
{
    const outbox_t outbox = {desk->store, SITE};
    const outbox_sender_t sender = {take_link, NULL, &go_on, &desk->log};
    const caller_t caller = desk_browser(desk);
    json_t *body =
        json_tie(p, json_pack("{s:o, s:i}", "userId", json_sprintf("anna%d@example.org", begun++),
                              "confirm", 1));
    desk->shift += apr_time_from_sec(3600); /* so that no cap of an hour ends the run */
    const result_t *result = rps_register(desk->rps, &caller, NULL, body, p);
    require(result->status == 200);
    ours[0] = '\0';
    wrong = 0;
    apr_cpystrn(number, json_text(result->json, "confirm", 6), sizeof number);
    outbox_send(&outbox, &sender, apr_time_now() + desk->shift, p);
    require(ours[0]);
}

static bool is_number(const char *text)
{
    char digits[8] = "";
    for (int i = 0; *text && i < 7; text++)
        if (*text != ' ' && *text != '-')
            digits[i++] = *text;
    return strcmp(digits, number) == 0;
}

static void links(const char *text, apr_pool_t *p)
{
    link_t link;
    if (!ours[0])
        begin(p);
    const caller_t stranger = desk_caller(desk, "192.0.2.2", 2);
    require(!strcasecmp(text, ours) ||
            rps_link(desk->rps, &stranger, text, &link, p)->status == 410);
    require(!strcasecmp(text, ours) ||
            rps_link_follow(desk->rps, &stranger, text, number, p)->status == 410);

    require(!rps_link(desk->rps, &stranger, ours, &link, p) && link.wants_number && !link.done);
    const int status = rps_link_follow(desk->rps, &stranger, ours, text, p)->status;
    require(status == (is_number(text) ? 200 : ++wrong < 5 ? 403 : 410));
    if (status != 403)
        ours[0] = '\0';
}

/* What the desk keeps hangs from APR's pools, which are mapped memory that the leak checker does
 * not search: it would take all of it for lost. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    void *state;
    (void)argc, (void)argv;
    require(desk_place(&state) == 0);
    desk = state;
    desk->settings.register_mail = true;
    desk->settings.mail_site = SITE;
    desk->settings.activate_url = SITE "/mpinActivate";
    desk->settings.allow.kind = ALLOW_ANY;
    desk_open(desk);
    atexit(drop);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    if (size == 0)
        return 0;
    apr_pool_create(&p, desk->pool);
    const char *text = apr_pstrmemdup(p, (const char *)data + 1, size - 1);
    if (data[0] & 1)
        links(text, p);
    else
        heads(text, p);
    apr_pool_destroy(p);
    return 0;
}
