/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_PIECE_H
#define MPIN_STORE_PIECE_H

#include "store/sealed.h"

/* Edits of a record and of a set, made alone or together with others. */

/* What the caller wants of a record, what came of it. */
typedef struct record_edit_t {
    const store_record_t *seen; /* swap */
    store_raw_t fresh;
    apr_time_t now;
    apr_pool_t *p; /* take: where `taken` goes, NULL: nowhere */
    store_raw_t taken;
    store_status_t status;
} record_edit_t;

store_edit_t record_write_if_none(void *baton, const store_raw_t *old, store_raw_t *fresh);
store_edit_t record_write_if_seen(void *baton, const store_raw_t *old, store_raw_t *fresh);
store_edit_t record_take_out(void *baton, const store_raw_t *old, store_raw_t *fresh);
store_edit_t record_erase_any(void *baton, const store_raw_t *old, store_raw_t *fresh);

/* A set is one sealed record, so that a store writer can neither make a member up nor leave one
 * out: a row of  expiry 8 | length 1 | member.  It expires with its last member. */
typedef struct members_t {
    unsigned char bytes[STORE_RECORD_MAX];
    apr_size_t len;
} members_t;

typedef struct member_t {
    const unsigned char *text;
    apr_size_t len;
    apr_time_t expires;
} member_t;

/* Where a set is taken apart and put together: one for all that are edited together. */
typedef struct set_work_t {
    members_t before, after;
    int others; /* live members but for the one that is added or removed */
    unsigned char raw[RECORD_RAW_MAX];
} set_work_t;

typedef struct set_edit_t {
    store_t *store;
    record_name_t name;
    member_t member;
    int max;
    apr_time_t now;
    set_work_t *work;
    store_status_t status;
} set_edit_t;

store_edit_t set_add(void *baton, const store_raw_t *old, store_raw_t *fresh);
store_edit_t set_remove(void *baton, const store_raw_t *old, store_raw_t *fresh);

#endif
