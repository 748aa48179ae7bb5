/* SPDX-License-Identifier: Apache-2.0 */
/* What there is of one user (listed.h). */
#include "ctl/listed.h"

#include <apr_strings.h>
#include <sodium.h>

#include "ctl/named.h"
#include "ctl/show.h"
#include "factor/recovery.h"
#include "people/links.h"
#include "people/misses.h"
#include "session/signed_in.h"

typedef store_status_t (*rows_of_t)(ctl_t *ctl, const user_t *user, json_t *rows);

/* ---- devices --------------------------------------------------------------------------------- */

static const char *origin_text(origin_t origin)
{
    switch (origin) {
    case ORIGIN_OPEN:
        return "open";
    case ORIGIN_SESSION:
        return "signed-in";
    case ORIGIN_MAIL:
        return "mail";
    case ORIGIN_INVITATION:
        return "invite";
    case ORIGIN_APPLICATION:
        break;
    }
    return "application";
}

static store_status_t add_device(ctl_t *ctl, const identity_t *device, json_t *rows)
{
    uint32_t used = 0, wrong = 0;
    store_status_t status = people_last_use(ctl->people, device, ctl->now, &used, ctl->p);
    if (status == STORE_OK)
        status = people_failures(ctl->people, device, &wrong, ctl->p);
    json_t *row = json_object();
    json_set_text(row, "handle", people_label(device->handle, ctl->p));
    json_set_text(row, "device", device->device);
    json_set_text(row, "state", device->state == IDENTITY_LOCKED ? "locked" : "active");
    json_set_text(row, "proven_by", origin_text(device->origin));
    json_object_set_new(row, "created", show_time(device->created));
    json_object_set_new(row, "last_use", show_time(used));
    json_object_set_new(row, "wrong_pins", json_integer(wrong));
    json_object_set_new(row, "wrong_pins_30_days",
                        json_integer(people_recent_failures(device, ctl->now)));
    json_array_append_new(rows, row);
    return status;
}

static store_status_t devices_of(ctl_t *ctl, const user_t *user, json_t *rows)
{
    identity_t *list;
    int count = 0;
    store_status_t status = people_identities(ctl->people, user->uid, &list, &count, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        status = add_device(ctl, &list[i], rows);
    return status;
}

/* ---- factors --------------------------------------------------------------------------------- */

static const char *kind_text(factor_kind_t kind)
{
    static const char *const kinds[KIND_END] = {[KIND_TOTP] = "authenticator app",
                                                [KIND_SMS] = "sms",
                                                [KIND_WORKOS_TOTP] = "authenticator app (WorkOS)",
                                                [KIND_WORKOS_SMS] = "sms (WorkOS)",
                                                [KIND_RECOVERY] = "recovery codes",
                                                [KIND_PASSKEY] = "passkey",
                                                [KIND_BROWSER] = "remembered browser"};
    return kind > 0 && kind < KIND_END ? kinds[kind] : "unknown";
}

static void add_factor(const own_factor_t *factor, json_t *rows)
{
    json_t *row = json_object();
    json_set_text(row, "kind", kind_text(factor->kind));
    json_set_text(row, "name", factor->name);
    json_object_set_new(row, "confirmed", json_boolean(factor->confirmed));
    json_object_set_new(row, "created", show_time(factor->created));
    json_object_set_new(row, "last_use", show_time(factor->used));
    if (factor->kind == KIND_RECOVERY)
        json_object_set_new(row, "left", json_integer(recovery_left(factor)));
    json_array_append_new(rows, row);
}

static store_status_t factors_of(ctl_t *ctl, const user_t *user, json_t *rows)
{
    own_factor_t *list;
    int count = 0;
    const store_status_t status = factors_list(ctl->factors, user->uid, &list, &count, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        add_factor(&list[i], rows);
    return status;
}

/* ---- logins and sessions --------------------------------------------------------------------- */

static store_status_t linked_of(ctl_t *ctl, const user_t *user, json_t *rows)
{
    linked_login_t *list;
    int count = 0;
    const store_status_t status = people_links(ctl->people, user->uid, &list, &count, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        json_t *row = json_object();
        json_set_text(row, "login", list[i].subject.provider);
        json_set_text(row, "name", list[i].name);
        json_object_set_new(row, "created", show_time(list[i].added));
        json_array_append_new(rows, row);
    }
    return status;
}

static store_status_t sessions_of(ctl_t *ctl, const user_t *user, json_t *rows)
{
    signed_in_t *list;
    uint32_t before;
    int count = 0;
    const store_status_t status = signed_in_list(ctl->store, ctl->revocations, user->uid,
                                                 user->version, &list, &count, &before, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        json_t *row = json_object();
        json_set_text(row, "browser", list[i].browser);
        json_set_text(row, "address", list[i].address);
        json_object_set_new(row, "started", show_time(list[i].started));
        json_object_set_new(row, "expires", show_time(list[i].expires));
        if (!sodium_is_zero(list[i].identity, sizeof list[i].identity))
            json_set_text(row, "handle", people_label(list[i].identity, ctl->p));
        json_array_append_new(rows, row);
    }
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const struct {
    const char *key, *heading, *none;
    rows_of_t of;
    column_t columns[9];
} sections[] = {
    {"devices",
     "Devices with a PIN",
     "none",
     devices_of,
     {{"handle", "HANDLE"},
      {"device", "DEVICE"},
      {"state", "STATE"},
      {"last_use", "LAST USE"},
      {"wrong_pins", "WRONG PINS"},
      {"wrong_pins_30_days", "IN 30 DAYS"},
      {"proven_by", "PROVEN BY"},
      {"created", "SINCE"}}},
    {"factors",
     "Passkeys and second steps",
     "none",
     factors_of,
     {{"kind", "KIND"},
      {"name", "NAME"},
      {"confirmed", "CONFIRMED"},
      {"left", "LEFT"},
      {"last_use", "LAST USE"},
      {"created", "SINCE"}}},
    {"logins",
     "Linked logins",
     "none",
     linked_of,
     {{"login", "LOGIN"}, {"name", "NAME"}, {"created", "SINCE"}}},
    {"sessions",
     "Sessions",
     "none",
     sessions_of,
     {{"started", "STARTED"},
      {"expires", "ENDS AT LAST"},
      {"browser", "BROWSER"},
      {"address", "ADDRESS"},
      {"handle", "DEVICE"}}},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* A wrong password or code counts for nobody's lock, but tells that somebody tries. */
static store_status_t add_misses(ctl_t *ctl, const user_t *user, json_t *all)
{
    misses_t misses = {.last = 0};
    const store_status_t status = people_misses(ctl->people, user->uid, 0, &misses, ctl->p);
    json_object_set_new(all, "wrong_passwords", json_integer(misses.of[MISS_PASSWORD]));
    json_object_set_new(all, "wrong_codes", json_integer(misses.of[MISS_CODE]));
    json_object_set_new(all, "last_wrong", show_time(misses.last));
    return status == STORE_MISSING ? STORE_OK : status;
}

static store_status_t gather(ctl_t *ctl, const user_t *user, json_t *all)
{
    json_set_text(all, "user", user->name);
    json_set_text(all, "state", user_state_text(user->state));
    json_object_set_new(all, "proven", json_boolean(user->proven));
    json_object_set_new(all, "created", show_time(user->created));
    store_status_t status = add_misses(ctl, user, all);
    for (apr_size_t i = 0; status == STORE_OK && i < SECTIONS; i++) {
        json_t *rows = json_array();
        json_object_set_new(all, sections[i].key, rows);
        status = sections[i].of(ctl, user, rows);
    }
    return status;
}

ctl_end_t ctl_user(ctl_t *ctl)
{
    static const column_t columns[] = {{"user", "User"},
                                       {"state", "State"},
                                       {"proven", "Name proven"},
                                       {"created", "Since"},
                                       {"wrong_passwords", "Wrong passwords"},
                                       {"wrong_codes", "Wrong codes"},
                                       {"last_wrong", "Last wrong"},
                                       {NULL, NULL}};
    user_t user;
    const ctl_end_t end = named_user(ctl, ctl->word[0], &user);
    if (end)
        return end;
    json_t *all = json_tie(ctl->p, json_object());
    const store_status_t status = gather(ctl, &user, all);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    if (show_json(ctl, all))
        return CTL_DONE;
    show_fields(ctl, all, columns);
    for (apr_size_t i = 0; i < SECTIONS; i++) {
        show_heading(ctl, sections[i].heading);
        show_table(ctl, json_object_get(all, sections[i].key), sections[i].columns,
                   sections[i].none);
    }
    return CTL_DONE;
}
