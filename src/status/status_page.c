/* SPDX-License-Identifier: Apache-2.0 */
/* The status for people (status.h): a page without script. */
#include "status/status.h"

#include <apr_strings.h>
#include <string.h>

#include "login/page.h"
#include "notice/texts.h"

/* A text of the catalogue, in which {value} stands for one: the texts themselves are in no template. */
static const char *worded(const page_values_t *page, const char *start, const char *word,
                          const char *value)
{
    static const char mark[] = "{value}";
    apr_pool_t *p = page->r->pool;
    const char *text = page_text(page, apr_pstrcat(p, start, word, NULL));
    const char *at = text ? strstr(text, mark) : NULL;
    if (!text)
        return "";
    return at ? apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(at - text)), value ? value : "",
                            at + sizeof mark - 1, NULL)
              : text;
}

static void show_first_line(page_values_t *page, const status_t *status)
{
    const part_t *worst = status->worst;
    const char *text = page_text(page, "status.well");
    if (worst)
        text =
            worded(page, "status.verdict.", worst->word,
                   worst->value ? worst->value : worded(page, "status.part.", worst->name, NULL));
    page_set(page, "verdict", text);
    page_set(page, "heading", text);
    page_set(page, "verdict_state", part_state_word(worst ? worst->state : PART_WELL));
}

static void show_tile(page_values_t *page, apr_array_header_t *tiles, const char *word,
                      ledger_series_t series, const status_t *status)
{
    const ledger_t *ledger = status->site->ledger;
    apr_pool_t *p = page->r->pool;
    apr_table_t *row = page_row(tiles);
    apr_table_setn(row, "tile", worded(page, "status.tile.", word, NULL));
    apr_table_setn(
        row, "hour",
        apr_psprintf(p, "%" APR_UINT64_T_FMT, ledger_lately(ledger, series, 60, status->now)));
    apr_table_setn(row, "day",
                   apr_psprintf(p, "%" APR_UINT64_T_FMT,
                                ledger_lately(ledger, series, LEDGER_MINUTES, status->now)));
}

static void show_tiles(page_values_t *page, const status_t *status)
{
    apr_array_header_t *tiles = page_list(page, "tiles");
    show_tile(page, tiles, "signins", LEDGER_IN, status);
    show_tile(page, tiles, "refusals", LEDGER_REFUSED, status);
    show_tile(page, tiles, "locks", LEDGER_LOCKED, status);
    show_tile(page, tiles, "requests", LEDGER_REQUESTS, status);
}

static void show_parts(page_values_t *page, const status_t *status)
{
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *parts = page_list(page, "parts");
    for (int i = 0; i < status->part_count; i++) {
        const part_t *part = &status->parts[i];
        apr_table_t *row = page_row(parts);
        const bool well = part->state == PART_WELL;
        apr_table_setn(row, "part", worded(page, "status.part.", part->name, NULL));
        apr_table_setn(row, "part_state", part_state_word(part->state));
        apr_table_setn(row, "part_word",
                       worded(page, "status.state.", part_state_word(part->state), NULL));
        apr_table_setn(row, "part_is", worded(page, "status.is.", part->word, part->value));
        apr_table_setn(row, "part_since", part->since ? texts_moment(part->since, p) : "");
        apr_table_setn(row, "part_do", well ? "" : worded(page, "status.do.", part->word, NULL));
    }
}

static void show_locks(page_values_t *page, const ledger_t *ledger)
{
    ledger_locked_t locks[LEDGER_LOCKS];
    const int count = ledger_locks(ledger, locks);
    apr_pool_t *p = page->r->pool;
    apr_array_header_t *rows = page_list(page, "locks");
    for (int i = 0; i < count; i++) {
        apr_table_t *row = page_row(rows);
        apr_table_setn(row, "lock_time", texts_moment(locks[i].at, p));
        apr_table_setn(row, "lock_name", apr_pstrdup(p, locks[i].name));
    }
}

int status_page(request_rec *r, const status_t *status)
{
    page_values_t page = page_begin(r, status->site);
    const request_t *request = request_of(r);
    show_first_line(&page, status);
    show_tiles(&page, status);
    show_parts(&page, status);
    show_locks(&page, status->site->ledger);
    page_set(&page, "counted_since", texts_moment(ledger_since(status->site->ledger), r->pool));
    page_set(&page, "status_time", texts_moment(status->now, r->pool));
    page_set(&page, "status_url",
             request->claimed == r ? status->site->paths[PATH_STATUS] : r->uri);
    return page_answer(&page, HTTP_OK, "status");
}
