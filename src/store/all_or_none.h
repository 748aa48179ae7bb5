/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_ALL_OR_NONE_H
#define MPIN_STORE_ALL_OR_NONE_H

#include "store/store.h"

/* Changes of lasting records and sets that are made together: all of them or none, whatever stops
 * the process or the machine, and the disk is waited for once. Each has the condition of the
 * operation that it is called after (store.h); where one does not hold, none is made. Rooms add
 * theirs one after the other to one list, which its maker commits. */
typedef struct store_together_t store_together_t;

/* One of the changes, by which its room asks whether it was the one that was refused. */
typedef struct store_piece_t store_piece_t;

/* An empty list. It keeps copies, in the pool, of what it is given. */
store_together_t *store_together(store_t *store, apr_pool_t *p);

store_piece_t *together_add(store_together_t *together, const char *key, const void *data,
                            apr_size_t len, apr_time_t expires);
store_piece_t *together_swap(store_together_t *together, const char *key,
                             const store_record_t *seen, const void *data, apr_size_t len,
                             apr_time_t expires);

/* There must be one, else STORE_MISSING. */
store_piece_t *together_take(store_together_t *together, const char *key);
store_piece_t *together_delete(store_together_t *together, const char *key);
store_piece_t *together_member_add(store_together_t *together, const char *key, const char *member,
                                   int max, apr_time_t expires);
store_piece_t *together_member_remove(store_together_t *together, const char *key,
                                      const char *member);

/* Another limit, for the next commit. */
void together_member_max(store_piece_t *piece, int max);

/* STORE_OK: all are made. Else none is, and it can be tried again: the status is that of the first
 * one whose condition did not hold, or the store's (STORE_FULL, STORE_DOWN). */
store_status_t together_commit(store_together_t *together);

/* True where this one's condition did not hold at the last commit; false for NULL. */
bool together_refused(const store_piece_t *piece);

#endif
