/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/listed.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/named.h"
#include "ctl/show.h"

typedef struct listing_t {
    ctl_t *ctl;
    apr_pool_t *scratch;
    const char *part; /* of the names that are listed; "" for all */
    json_t *rows;
    store_status_t status;
} listing_t;

/* Devices, how many of them are locked, and when one was last used. */
static store_status_t count_devices(listing_t *listing, const user_t *user, json_t *row)
{
    ctl_t *ctl = listing->ctl;
    identity_t *list;
    uint32_t last = 0;
    int count, locked = 0;
    store_status_t status =
        people_identities(ctl->people, user->uid, &list, &count, listing->scratch);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        uint32_t used = 0;
        locked += list[i].state == IDENTITY_LOCKED;
        status = people_last_use(ctl->people, &list[i], ctl->now, &used, listing->scratch);
        last = used > last ? used : last;
    }
    json_object_set_new(row, "devices", json_integer(status == STORE_OK ? count : 0));
    json_object_set_new(row, "locked", json_integer(locked));
    json_object_set_new(row, "last_pin", show_time(last));
    return status;
}

static bool list_user(void *baton, const user_t *user)
{
    listing_t *listing = baton;
    if (!strstr(user->name, listing->part))
        return true;
    json_t *row = json_object();
    json_set_text(row, "user", user->name);
    json_set_text(row, "state", user_state_text(user->state));
    json_object_set_new(row, "proven", json_boolean(user->proven));
    json_object_set_new(row, "created", show_time(user->created));
    listing->status = count_devices(listing, user, row);
    json_array_append_new(listing->rows, row);
    apr_pool_clear(listing->scratch);
    return listing->status == STORE_OK;
}

static const char *name_of_row(const void *row)
{
    return json_string_value(json_object_get(*(json_t *const *)row, "user"));
}

static int by_name(const void *one, const void *other)
{
    return strcmp(name_of_row(one), name_of_row(other));
}

/* The same rows in the order of their names. */
static json_t *sorted(const ctl_t *ctl, json_t *rows)
{
    const apr_size_t count = json_array_size(rows);
    json_t **row = apr_palloc(ctl->p, (count + 1) * sizeof(json_t *)), *all = show_rows(ctl);
    for (apr_size_t i = 0; i < count; i++)
        row[i] = json_array_get(rows, i);
    qsort(row, count, sizeof(json_t *), by_name);
    for (apr_size_t i = 0; i < count; i++)
        json_array_append(all, row[i]);
    return all;
}

ctl_end_t ctl_users(ctl_t *ctl)
{
    static const column_t columns[] = {{"user", "USER"},         {"state", "STATE"},
                                       {"devices", "DEVICES"},   {"locked", "LOCKED"},
                                       {"last_pin", "LAST PIN"}, {"proven", "PROVEN"},
                                       {"created", "SINCE"},     {NULL, NULL}};
    listing_t listing = {
        .ctl = ctl, .part = ctl->word[0] ? ctl->word[0] : "", .rows = show_rows(ctl)};
    apr_pool_create(&listing.scratch, ctl->p);
    store_status_t status = people_each(ctl->people, list_user, &listing, ctl->p);
    if (status == STORE_OK)
        status = listing.status;
    if (status != STORE_OK)
        return ctl_fail_store(status, "user");
    show_table(ctl, sorted(ctl, listing.rows), columns,
               *listing.part ? "No name of a user has that text in it."
                             : "There are no users yet.");
    return CTL_DONE;
}
