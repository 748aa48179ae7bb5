/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/browser.h"

#include "base/bytes.h"
#include "store/key.h"

/* data: layout 1 | version of the user 4 | until 4, in seconds | by SMS 1 */
#define LAYOUT 1

/* of browser-use: layout 1 | seconds 4 | family */
#define USE_LAYOUT 1
#define USE_RECORD (1 + 4 + SESSION_ID_BYTES)

/* One that cannot be read is over. */
static browser_t read_browser(const own_factor_t *factor)
{
    bytes_in_t in = bytes_in(factor->data, factor->len);
    const uint8_t layout = bytes_get_u8(&in);
    browser_t browser = {.version = bytes_get_u32(&in)};
    browser.until = apr_time_from_sec((apr_time_t)bytes_get_u32(&in));
    browser.by_sms = bytes_get_u8(&in);
    if (!bytes_all_read(&in) || layout != LAYOUT)
        browser.until = 0;
    return browser;
}

bool browser_counts(const own_factor_t *factor, uint32_t version, apr_time_t now)
{
    const browser_t browser = read_browser(factor);
    return factor->kind == KIND_BROWSER && factor->confirmed &&
           apr_time_sec(browser.until) > apr_time_sec(now) && browser.version == version;
}

factor_t browser_proves(const own_factor_t *factor)
{
    return read_browser(factor).by_sms ? FACTOR_REMEMBERED_SMS : FACTOR_REMEMBERED;
}

/* Drops what counts no more, and the oldest of too many. */
static store_status_t make_room_for_browser(factors_t *factors, const unsigned char uid[UID_BYTES],
                                            uint32_t version, apr_time_t now, apr_pool_t *p)
{
    own_factor_t *list;
    int count, kept = 0;
    store_status_t status = factors_list(factors, uid, &list, &count, p);
    for (int i = count - 1; status == STORE_OK && i >= 0; i--) {
        if (list[i].kind != KIND_BROWSER)
            continue;
        if (!browser_counts(&list[i], version, now) || ++kept >= BROWSERS_MAX)
            status = factors_remove(factors, &list[i], p);
    }
    return status;
}

store_status_t browser_add(factors_t *factors, own_factor_t *factor, const browser_t *browser,
                           apr_time_t now, apr_pool_t *p)
{
    const store_status_t status =
        make_room_for_browser(factors, factor->uid, browser->version, now, p);
    bytes_out_t out = bytes_out(factor->data, sizeof(factor->data));
    bytes_put_u8(&out, LAYOUT);
    bytes_put_u32(&out, browser->version);
    bytes_put_u32(&out, (uint32_t)apr_time_sec(browser->until));
    bytes_put_u8(&out, browser->by_sms);
    factor->len = bytes_written(&out);
    factor->kind = KIND_BROWSER;
    factor->confirmed = true;
    return status == STORE_OK ? factors_add(factors, factor, now, p) : status;
}

/* ---- uses ---- */

static const char *use_key(const own_factor_t *browser, apr_pool_t *p)
{
    unsigned char both[UID_BYTES + FACTOR_ID_BYTES];
    memcpy(both, browser->uid, UID_BYTES);
    memcpy(both + UID_BYTES, browser->id, FACTOR_ID_BYTES);
    return store_key("browser-use", both, sizeof(both), p);
}

void browser_note_use(factors_t *factors, const own_factor_t *browser,
                      const unsigned char family[SESSION_ID_BYTES], apr_time_t now, apr_pool_t *p)
{
    unsigned char record[USE_RECORD];
    bytes_out_t out = bytes_out(record, sizeof(record));
    bytes_put_u8(&out, USE_LAYOUT);
    bytes_put_u32(&out, (uint32_t)apr_time_sec(now));
    bytes_put(&out, family, SESSION_ID_BYTES);
    store_put(factors_store(factors), STORE_BEHIND, use_key(browser, p), record, sizeof(record),
              read_browser(browser).until);
}

store_status_t browser_last_use(factors_t *factors, const own_factor_t *browser, uint32_t *seconds,
                                unsigned char family[SESSION_ID_BYTES], apr_pool_t *p)
{
    store_record_t record;
    const store_status_t status =
        store_get(factors_store(factors), STORE_BEHIND, use_key(browser, p), p, &record);
    if (status != STORE_OK)
        return status;
    bytes_in_t in = bytes_in(record.data, record.len);
    const uint8_t layout = bytes_get_u8(&in);
    *seconds = bytes_get_u32(&in);
    bytes_get(&in, family, SESSION_ID_BYTES);
    return bytes_all_read(&in) && layout == USE_LAYOUT ? STORE_OK : STORE_DOWN;
}

store_status_t browser_forget_use(factors_t *factors, const own_factor_t *browser, apr_pool_t *p)
{
    return store_delete(factors_store(factors), STORE_BEHIND, use_key(browser, p));
}
