/* SPDX-License-Identifier: Apache-2.0 */
/* Every record is opened, one after the other, as its reader would open it. */
#include "store/sealed.h"

#include <apr_strings.h>
#include <string.h>

typedef struct checking_t {
    store_t *store;
    const char *key;
    bool good;
} checking_t;

/* The first byte of a value says what it is (record.h). One that has expired is as good as gone. */
static void judge_value(void *baton, const store_raw_t *raw)
{
    checking_t *checking = baton;
    const record_kind_t kind = raw->len ? (record_kind_t)raw->bytes[0] : RECORD_DATA;
    unsigned char data[STORE_RECORD_MAX];
    record_name_t name;
    apr_size_t len;
    apr_time_t expires;
    int64_t count;
    checking->good = true;
    if (!record_live(raw, apr_time_now()))
        return;
    if (kind == RECORD_COUNT) {
        checking->good = record_count_read(raw, &count);
        return;
    }
    record_name(&name, STORE_LASTING, kind, checking->key);
    checking->good = (kind == RECORD_DATA || kind == RECORD_SET) && raw->len <= RECORD_RAW_MAX &&
                     record_open(checking->store->sealer, &name, apr_time_now(), raw, data, &len,
                                 &expires) != STORE_DOWN;
}

store_status_t store_check(store_t *store, uint64_t *all, uint64_t *wrong,
                           char first[STORE_KEY_MAX + 1])
{
    char key[2][STORE_KEY_MAX + 1] = {"", ""};
    int now = 0;
    store_status_t status;
    *all = *wrong = 0;
    *first = '\0';
    while ((status = store->backend->next(store->state, STORE_LASTING, "", key[now], key[!now])) ==
           STORE_OK) {
        now = !now;
        checking_t checking = {.store = store, .key = key[now]};
        status =
            store->backend->view(store->state, STORE_LASTING, key[now], judge_value, &checking);
        if (status == STORE_MISSING)
            continue;
        if (status != STORE_OK)
            return status;
        ++*all;
        *wrong += !checking.good;
        if (!checking.good && !*first)
            apr_cpystrn(first, key[now], STORE_KEY_MAX + 1);
    }
    return status == STORE_MISSING ? STORE_OK : status;
}
