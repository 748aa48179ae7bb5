/* SPDX-License-Identifier: Apache-2.0 */
/* Where a person is signed in, and what was tried in their name since they were here. */
#include "account/pages.h"
#include "account/amend.h"
#include "account/section.h"
#include "account/told.h"

#include <apr_strings.h>
#include <sodium.h>

#include "base/hex.h"
#include "notice/texts.h"
#include "people/misses.h"
#include "phone/browser_name.h"
#include "session/signed_in.h"
#include "store/refusal.h"
#include "web/signin.h"

/* What a form names a session by: of its family, one-way. */
#define NAMED_BYTES 16

static const char *session_label(const unsigned char family[SESSION_ID_BYTES], apr_pool_t *p)
{
    unsigned char hash[NAMED_BYTES];
    crypto_generichash(hash, sizeof hash, family, SESSION_ID_BYTES, NULL, 0);
    return hex_encode(p, hash, sizeof hash);
}

static const char *moment_of(uint32_t seconds, apr_pool_t *p)
{
    return seconds ? texts_moment(apr_time_from_sec((apr_time_t)seconds), p) : "";
}

static result_t *find_sessions(const facts_t *facts, signed_in_t **list, int *count,
                               uint32_t *before)
{
    const session_t *session = facts->caller.session;
    const store_status_t status =
        signed_in_list(facts->site->store, facts->site->revocations, session->uid, session->version,
                       list, count, before, facts->r->pool);
    return status == STORE_OK ? NULL : store_refusal(status, facts->r->pool);
}

static bool is_this(const facts_t *facts, const signed_in_t *in)
{
    return memcmp(facts->caller.session->family, in->family, sizeof in->family) == 0;
}

/* ---- what was tried ---- */

static int wrong_pins(const section_t *section, uint32_t since, uint32_t *last)
{
    int wrong = 0;
    for (int i = 0; i < section->device_count; i++)
        for (int k = 0; k < RECENT_FAILURES; k++) {
            const uint32_t when = section->devices[i].recent[k];
            if (when <= since)
                continue;
            wrong++;
            *last = when > *last ? when : *last;
        }
    return wrong;
}

static void set_count(page_values_t *page, const char *name, int count)
{
    page_set(page, name, count ? apr_itoa(page->r->pool, count) : "");
}

/* Since the sign-in before this one. */
static result_t *set_misses(page_values_t *page, const section_t *section, uint32_t before)
{
    const facts_t *facts = section->facts;
    apr_pool_t *p = page->r->pool;
    const unsigned char *uid = facts->caller.session->uid;
    misses_t misses;
    const store_status_t status = people_misses(facts->site->people, uid, before, &misses, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    set_count(page, "miss_pins", wrong_pins(section, before, &misses.last));
    set_count(page, "miss_passwords", misses.of[MISS_PASSWORD]);
    set_count(page, "miss_codes", misses.of[MISS_CODE]);
    set_count(page, "miss_passkeys", misses.of[MISS_PASSKEY]);
    page_set(page, "miss_last", moment_of(misses.last, p));
    page_set(page, "before", moment_of(before, p));
    return NULL;
}

/* ---- the section ---- */

/* This browser's stands first, also where the store has forgotten that it began. */
static void set_sessions(page_values_t *page, const facts_t *facts, const signed_in_t *list,
                         int count)
{
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *rows = page_list(page, "sessions");
    apr_table_t *here = page_row(rows);
    apr_table_setn(here, "here", "1");
    apr_table_setn(here, "browser", browser_name(facts->caller.user_agent, p));
    apr_table_setn(here, "address", facts->caller.address);
    apr_table_setn(here, "since", moment_of(facts->caller.session->started, p));
    for (int i = 0; i < count; i++) {
        if (is_this(facts, &list[i]))
            continue;
        apr_table_t *row = page_row(rows);
        apr_table_setn(row, "session", session_label(list[i].family, p));
        apr_table_setn(row, "browser", list[i].browser);
        apr_table_setn(row, "address", list[i].address);
        apr_table_setn(row, "since", moment_of(list[i].started, p));
    }
}

result_t *account_sessions(page_values_t *page, const section_t *section)
{
    signed_in_t *list;
    uint32_t before;
    int count;
    result_t *refusal = find_sessions(section->facts, &list, &count, &before);
    if (refusal)
        return refusal;
    set_sessions(page, section->facts, list, count);
    return set_misses(page, section, before);
}

/* ---- changes ---- */

static const signed_in_t *session_named(const facts_t *facts, const signed_in_t *list, int count)
{
    const char *named = apr_table_get(facts->form, "session");
    for (int i = 0; named && i < count; i++)
        if (strcmp(session_label(list[i].family, facts->r->pool), named) == 0)
            return &list[i];
    return NULL;
}

result_t *account_session_end(facts_t *facts)
{
    result_t *refusal;
    signed_in_t *list;
    uint32_t before;
    int count;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = find_sessions(facts, &list, &count, &before);
    if (refusal)
        return refusal;
    const signed_in_t *in = session_named(facts, list, count);
    if (!in)
        return result_error(facts->r->pool, HTTP_NOT_FOUND, "session_unknown",
                            "there is no such session of yours");
    session_t ended = *facts->caller.session;
    memcpy(ended.family, in->family, sizeof ended.family);
    const store_status_t status = signin_end_family(facts->site, &ended, facts->caller.now);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    signed_in_drop(facts->site->store, &ended, facts->r->pool);
    account_told(facts, "session_ended");
    return account_back(facts, "session_ended");
}

result_t *account_sessions_end(facts_t *facts)
{
    result_t *refusal;
    if (!account_may_change(facts, &refusal))
        return refusal;
    refusal = account_signed_out(facts, "signed_out_elsewhere");
    return refusal ? refusal : account_back(facts, "signed_out_elsewhere");
}
