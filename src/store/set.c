/* SPDX-License-Identifier: Apache-2.0 */
/* Small sets, each one record. */
#include "store/piece.h"

#include <apr_strings.h>
#include <string.h>

#define MEMBER_HEAD 9

/* The member at `*at`, which moves on; false at the end, and `*broken` where there is no row. */
static bool member_next(const members_t *members, apr_size_t *at, member_t *member, bool *broken)
{
    apr_size_t left = members->len - *at;
    if (left == 0)
        return false;
    const unsigned char *head = members->bytes + *at;
    if (left < MEMBER_HEAD || left - MEMBER_HEAD < head[8] || head[8] == 0) {
        *broken = true;
        return false;
    }
    *member = (member_t){head + MEMBER_HEAD, head[8], (apr_time_t)record_get64(head)};
    *at += MEMBER_HEAD + member->len;
    return true;
}

static bool member_append(members_t *members, const member_t *member)
{
    if (sizeof(members->bytes) - members->len < MEMBER_HEAD + member->len)
        return false;
    unsigned char *head = members->bytes + members->len;
    record_put64(head, (uint64_t)member->expires);
    head[8] = (unsigned char)member->len;
    memcpy(head + MEMBER_HEAD, member->text, member->len);
    members->len += MEMBER_HEAD + member->len;
    return true;
}

static bool member_is(const member_t *member, const member_t *other)
{
    return member->len == other->len && memcmp(member->text, other->text, other->len) == 0;
}

static bool member_live(const member_t *member, apr_time_t now)
{
    return !member->expires || member->expires > now;
}

static store_status_t members_open(store_t *store, const record_name_t *name,
                                   const store_raw_t *raw, members_t *members)
{
    apr_time_t expires;
    store_status_t status = store_unseal(store, name, raw, members->bytes, &members->len, &expires);
    if (status == STORE_MISSING)
        members->len = 0;
    return status == STORE_MISSING ? STORE_OK : status;
}

/* ---- changes --------------------------------------------------------------------------------- */

/* Opens the set and copies its live members but for `member`; false where it is not one. */
static bool keep_others(set_edit_t *edit, const store_raw_t *old)
{
    set_work_t *work = edit->work;
    member_t member;
    bool broken = false;
    work->after.len = 0;
    work->others = 0;
    edit->status = members_open(edit->store, &edit->name, old, &work->before);
    if (edit->status)
        return false;
    for (apr_size_t at = 0; member_next(&work->before, &at, &member, &broken);) {
        if (member_is(&member, &edit->member) || !member_live(&member, edit->now))
            continue;
        member_append(&work->after, &member); /* fits: it is part of what fitted */
        work->others++;
    }
    if (broken)
        edit->status = STORE_DOWN;
    return !broken;
}

static apr_time_t last_expiry(const members_t *members)
{
    apr_time_t last = 1;
    member_t member;
    bool broken;
    for (apr_size_t at = 0; member_next(members, &at, &member, &broken);) {
        if (!member.expires)
            return 0;
        if (member.expires > last)
            last = member.expires;
    }
    return last;
}

static store_edit_t write_set(set_edit_t *edit, store_raw_t *fresh)
{
    set_work_t *work = edit->work;
    const members_t *before = &work->before, *after = &work->after;
    if (after->len == before->len && !memcmp(after->bytes, before->bytes, after->len))
        return EDIT_KEEP;
    if (after->len == 0)
        return EDIT_ERASE;
    if (!record_seal(edit->store->sealer, &edit->name, edit->now, last_expiry(after), after->bytes,
                     after->len, work->raw)) {
        edit->status = STORE_DOWN;
        return EDIT_KEEP;
    }
    *fresh = (store_raw_t){work->raw, after->len + RECORD_OVERHEAD};
    return EDIT_WRITE;
}

store_edit_t set_add(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    set_edit_t *edit = baton;
    if (!keep_others(edit, old))
        return EDIT_KEEP;
    if (edit->work->others >= edit->max || !member_append(&edit->work->after, &edit->member)) {
        edit->status = STORE_FULL;
        return EDIT_KEEP;
    }
    return write_set(edit, fresh);
}

store_edit_t set_remove(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    set_edit_t *edit = baton;
    return keep_others(edit, old) ? write_set(edit, fresh) : EDIT_KEEP;
}

static store_status_t edit_set(store_t *store, store_class_t in, const char *key,
                               store_editor_t editor, const char *member, int max,
                               apr_time_t expires)
{
    if (!store_key_fits(store, key) || !store_key_fits(store, member))
        return STORE_DOWN;
    set_work_t work;
    set_edit_t edit = {.store = store, .max = max, .now = apr_time_now(), .work = &work};
    edit.member = (member_t){(const unsigned char *)member, strlen(member), expires};
    record_name(&edit.name, in, RECORD_SET, key);
    store_status_t status = store_edit(store, in, key, editor, &edit);
    return status ? status : edit.status;
}

store_status_t store_member_add(store_t *store, store_class_t in, const char *key,
                                const char *member, int max, apr_time_t expires)
{
    return edit_set(store, in, key, set_add, member, max, expires);
}

store_status_t store_member_remove(store_t *store, store_class_t in, const char *key,
                                   const char *member)
{
    return edit_set(store, in, key, set_remove, member, 0, 0);
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct set_view_t {
    store_t *store;
    record_name_t name;
    members_t members;
    store_status_t status;
} set_view_t;

static void open_members(void *baton, const store_raw_t *raw)
{
    set_view_t *view = baton;
    view->status = members_open(view->store, &view->name, raw, &view->members);
}

static store_status_t members_list(const members_t *members, apr_pool_t *p, const char ***list)
{
    apr_time_t now = apr_time_now();
    member_t member;
    bool broken = false;
    apr_size_t count = 0;
    *list = apr_palloc(p, (members->len / (MEMBER_HEAD + 1) + 1) * sizeof(**list));
    for (apr_size_t at = 0; member_next(members, &at, &member, &broken);)
        if (member_live(&member, now))
            (*list)[count++] = apr_pstrmemdup(p, (const char *)member.text, member.len);
    (*list)[count] = NULL;
    return broken ? STORE_DOWN : STORE_OK;
}

store_status_t store_members(store_t *store, store_class_t in, const char *key, apr_pool_t *p,
                             const char ***list)
{
    set_view_t view;
    if (!store_key_fits(store, key))
        return STORE_DOWN;
    view.store = store;
    view.members.len = 0;
    view.status = STORE_OK;
    record_name(&view.name, in, RECORD_SET, key);
    store_status_t status = store->backend->view(store->state, in, key, open_members, &view);
    if (status == STORE_OK)
        status = view.status;
    return status && status != STORE_MISSING ? status : members_list(&view.members, p, list);
}
