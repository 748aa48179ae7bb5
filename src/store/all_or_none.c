/* SPDX-License-Identifier: Apache-2.0 */
#include "store/all_or_none.h"

#include <apr_strings.h>
#include <string.h>
#include "store/piece.h"

struct store_piece_t {
    const char *key;
    store_editor_t editor;
    union {
        record_edit_t record;
        set_edit_t set;
    } edit;
    bool is_set;
    store_status_t status; /* at the last commit */
    store_piece_t *next;
};

struct store_together_t {
    store_t *store;
    apr_pool_t *p;
    store_piece_t *first, **last;
    int count;
    set_work_t *work; /* of all sets; NULL: there is none */
    store_status_t unfit;
};

store_together_t *store_together(store_t *store, apr_pool_t *p)
{
    store_together_t *together = apr_pcalloc(p, sizeof *together);
    together->store = store;
    together->p = p;
    together->last = &together->first;
    return together;
}

static store_piece_t *add_piece(store_together_t *together, const char *key, store_editor_t editor)
{
    store_piece_t *piece = apr_pcalloc(together->p, sizeof *piece);
    if (!store_key_fits(together->store, key))
        together->unfit = STORE_DOWN;
    piece->key = apr_pstrdup(together->p, key);
    piece->editor = editor;
    *together->last = piece;
    together->last = &piece->next;
    together->count++;
    return piece;
}

/* ---- records --------------------------------------------------------------------------------- */

static store_piece_t *add_sealed(store_together_t *together, const char *key, store_editor_t editor,
                                 const void *data, apr_size_t len, apr_time_t expires)
{
    store_t *store = together->store;
    store_piece_t *piece = add_piece(together, key, editor);
    record_name_t name;
    if (together->unfit || !store_record_fits(store, len)) {
        together->unfit = STORE_DOWN;
        return piece;
    }
    unsigned char *raw = apr_palloc(together->p, len + RECORD_OVERHEAD);
    record_name(&name, STORE_LASTING, RECORD_DATA, key);
    if (!record_seal(store->sealer, &name, apr_time_now(), expires, data, len, raw))
        together->unfit = STORE_DOWN;
    piece->edit.record.fresh = (store_raw_t){raw, len + RECORD_OVERHEAD};
    return piece;
}

store_piece_t *together_add(store_together_t *together, const char *key, const void *data,
                            apr_size_t len, apr_time_t expires)
{
    return add_sealed(together, key, record_write_if_none, data, len, expires);
}

store_piece_t *together_swap(store_together_t *together, const char *key,
                             const store_record_t *seen, const void *data, apr_size_t len,
                             apr_time_t expires)
{
    apr_pool_t *p = together->p;
    store_record_t *copy = apr_pmemdup(p, seen, sizeof *seen);
    copy->raw = apr_pmemdup(p, seen->raw, seen->raw_len);
    store_piece_t *piece = add_sealed(together, key, record_write_if_seen, data, len, expires);
    piece->edit.record.seen = copy;
    return piece;
}

store_piece_t *together_take(store_together_t *together, const char *key)
{
    return add_piece(together, key, record_take_out);
}

store_piece_t *together_delete(store_together_t *together, const char *key)
{
    return add_piece(together, key, record_erase_any);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static store_piece_t *add_set_piece(store_together_t *together, const char *key,
                                    store_editor_t editor, const char *member)
{
    store_piece_t *piece = add_piece(together, key, editor);
    if (!store_key_fits(together->store, member))
        together->unfit = STORE_DOWN;
    if (together->unfit)
        return piece;
    if (!together->work)
        together->work = apr_palloc(together->p, sizeof *together->work);
    set_edit_t *set = &piece->edit.set;
    const char *copy = apr_pstrdup(together->p, member);
    piece->is_set = true;
    *set = (set_edit_t){.store = together->store, .work = together->work};
    set->member = (member_t){(const unsigned char *)copy, strlen(copy), 0};
    record_name(&set->name, STORE_LASTING, RECORD_SET, key);
    return piece;
}

store_piece_t *together_member_add(store_together_t *together, const char *key, const char *member,
                                   int max, apr_time_t expires)
{
    store_piece_t *piece = add_set_piece(together, key, set_add, member);
    piece->edit.set.max = max;
    piece->edit.set.member.expires = expires;
    return piece;
}

store_piece_t *together_member_remove(store_together_t *together, const char *key,
                                      const char *member)
{
    return add_set_piece(together, key, set_remove, member);
}

void together_member_max(store_piece_t *piece, int max)
{
    piece->edit.set.max = max;
}

/* ---- all at once ----------------------------------------------------------------------------- */

/* One that does not do what it should is no reason to keep what is there: nothing is done. */
static store_edit_t edit_or_refuse(void *baton, const store_raw_t *old, store_raw_t *fresh)
{
    store_piece_t *piece = baton;
    const store_edit_t what = piece->editor(&piece->edit, old, fresh);
    piece->status = piece->is_set ? piece->edit.set.status : piece->edit.record.status;
    return piece->status == STORE_OK ? what : EDIT_REFUSE;
}

static store_editing_t begin_piece(store_piece_t *piece, apr_time_t now)
{
    piece->status = STORE_OK;
    if (piece->is_set)
        piece->edit.set.now = now;
    else
        piece->edit.record.now = now;
    return (store_editing_t){piece->key, edit_or_refuse, piece};
}

store_status_t together_commit(store_together_t *together)
{
    store_t *store = together->store;
    const apr_size_t room = (apr_size_t)together->count + 1;
    store_editing_t *edits = apr_palloc(together->p, room * sizeof *edits);
    const apr_time_t now = apr_time_now();
    int count = 0;
    if (together->unfit)
        return together->unfit;
    for (store_piece_t *piece = together->first; piece; piece = piece->next)
        edits[count++] = begin_piece(piece, now);
    const store_status_t status = store->backend->edit(store->state, STORE_LASTING, edits, count);
    for (store_piece_t *piece = together->first; status == STORE_CHANGED && piece;
         piece = piece->next)
        if (together_refused(piece))
            return piece->status;
    return status;
}

bool together_refused(const store_piece_t *piece)
{
    return piece && piece->status != STORE_OK;
}
