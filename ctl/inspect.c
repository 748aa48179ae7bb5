/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/inspect.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/hex.h"
#include "ctl/changed.h"
#include "ctl/opened.h"
#include "ctl/show.h"

/* No key, only what tells them apart. */
ctl_end_t ctl_keys(ctl_t *ctl)
{
    static const column_t columns[] = {
        {"root", "ROOT KEY"}, {"since", "SINCE"}, {"use", "USE"}, {NULL, NULL}};
    json_t *all = json_tie(ctl->p, json_object()), *rows = json_array();
    char date[KEY_DATE_SIZE];
    unsigned char number;
    for (int i = 0; keys_root(ctl->keys, i, &number, date); i++) {
        json_t *row = json_object();
        json_object_set_new(row, "root", json_integer(number));
        json_set_text(row, "since", date);
        json_set_text(row, "use", number == keys_current(ctl->keys) ? "seals" : "opens");
        json_array_append_new(rows, row);
    }
    json_set_text(all, "file", ctl->found.key_file);
    json_set_text(all, "id", hex_encode(ctl->p, keys_id(ctl->keys), KEY_ID_BYTES));
    json_object_set_new(all, "roots", rows);
    if (show_json(ctl, all))
        return CTL_DONE;
    static const column_t fields[] = {{"file", "Key file"}, {"id", "Id"}, {NULL, NULL}};
    show_fields(ctl, all, fields);
    show_heading(ctl, "Root keys");
    show_table(ctl, rows, columns, "none");
    return CTL_DONE;
}

ctl_end_t ctl_store_stats(ctl_t *ctl)
{
    static const column_t columns[] = {{"part", "PART"},       {"records", "RECORDS"},
                                       {"bytes", "BYTES"},     {"quota", "MAY HAVE"},
                                       {"percent", "PERCENT"}, {NULL, NULL}};
    store_fill_t fill[STORE_PARTS];
    json_t *rows = show_rows(ctl);
    const store_status_t status = store_fill(ctl->store, fill);
    if (status != STORE_OK)
        return ctl_fail_store(status, "store");
    for (int i = 0; i < STORE_PARTS; i++) {
        json_t *row = json_object();
        json_set_text(row, "part", fill[i].part);
        json_object_set_new(row, "records", json_integer((json_int_t)fill[i].records));
        json_object_set_new(row, "bytes", json_integer(fill[i].used));
        json_object_set_new(row, "quota", json_integer(fill[i].quota));
        json_object_set_new(row, "percent",
                            json_integer(fill[i].quota ? fill[i].used * 100 / fill[i].quota : 0));
        json_array_append_new(rows, row);
    }
    show_table(ctl, rows, columns, "");
    return CTL_DONE;
}

ctl_end_t ctl_store_check(ctl_t *ctl)
{
    static const column_t columns[] = {
        {"records", "Records"}, {"wrong", "Do not open"}, {"first", "The first"}, {NULL, NULL}};
    char first[STORE_KEY_MAX + 1];
    uint64_t all, wrong;
    const store_status_t status = store_check(ctl->store, &all, &wrong, first);
    if (status != STORE_OK)
        return ctl_fail_store(status, "store");
    json_t *found = json_tie(ctl->p, json_object());
    json_object_set_new(found, "records", json_integer((json_int_t)all));
    json_object_set_new(found, "wrong", json_integer((json_int_t)wrong));
    json_set_text(found, "first", first);
    show_fields(ctl, found, columns);
    return wrong ? ctl_fail(CTL_NOT_DONE, "restore store and key file from the same backup: of "
                                          "those records nobody is let in")
                 : CTL_DONE;
}

static ctl_end_t compact(ctl_t *ctl, const struct stat *owner)
{
    const char *why;
    store_compacted_t sizes;
    const store_settings_t settings = {.url = ctl->found.store,
                                       .quota = ctl->found.quota,
                                       .keys = ctl->keys,
                                       .uid = owner->st_uid,
                                       .gid = owner->st_gid,
                                       .log = &ctl->log};
    const store_status_t status = store_compact(&settings, &sizes, ctl->p, &why);
    if (status == STORE_EXISTS)
        return ctl_fail(CTL_NOT_DONE,
                        "%s: stop httpd first. Unused room in the files is no loss: new "
                        "records take it",
                        why);
    if (status != STORE_OK)
        return ctl_fail(CTL_UNABLE, "%s", why);
    const changed_t changed = {.event = "store_compacted"};
    changed_told(ctl, &changed);
    return show_done(ctl, "store_compacted",
                     "The store's files had %" APR_OFF_T_FMT " bytes, and have %" APR_OFF_T_FMT
                     " now.",
                     sizes.before, sizes.after);
}

ctl_end_t ctl_store_compact(ctl_t *ctl)
{
    struct stat owner;
    const char *dir = store_directory(ctl->found.store);
    if (stat(dir, &owner))
        return ctl_fail(CTL_UNABLE, "the store's directory %s can't be seen", dir);
    if (!change_wished(ctl, "Write the files of the store in %s anew?", dir))
        return CTL_NOT_DONE;
    const ctl_end_t end = opened_become(&owner, dir);
    return end ? end : compact(ctl, &owner);
}
