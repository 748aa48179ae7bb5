/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/workos_left.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define LEFT_KEY "workos-left:all" /* a lasting set of "UID:ID:WORKOS-ID" */
#define AT_ONCE 2                  /* a browser waits meanwhile */
#define UID_TEXT (2 * UID_BYTES)
#define ID_TEXT (FACTOR_ID_SIZE - 1)

bool workos_left_note(store_t *store, const own_factor_t *factor, const char *id, apr_pool_t *p)
{
    char ours[FACTOR_ID_SIZE], uid[UID_TEXT + 1];
    factor_write_id(ours, factor->id);
    sodium_bin2hex(uid, sizeof(uid), factor->uid, UID_BYTES);
    return store_member_add(store, STORE_LASTING, LEFT_KEY,
                            apr_pstrcat(p, uid, ":", ours, ":", id, NULL), WORKOS_LEFT_MAX,
                            0) == STORE_OK;
}

typedef struct left_t {
    unsigned char uid[UID_BYTES], id[FACTOR_ID_BYTES];
    const char *workos_id;
} left_t;

static bool read_left(const char *member, left_t *left)
{
    char id[FACTOR_ID_SIZE];
    if (strlen(member) < UID_TEXT + ID_TEXT + 3)
        return false;
    apr_cpystrn(id, member + UID_TEXT + 1, sizeof(id));
    left->workos_id = member + UID_TEXT + ID_TEXT + 2;
    return sodium_hex2bin(left->uid, UID_BYTES, member, UID_TEXT, NULL, NULL, NULL) == 0 &&
           factor_read_id(id, left->id);
}

/* Is it somebody's, for good? Then it is none; one that waits may still become one. */
typedef enum { LEFT_WAITS, LEFT_KEPT, LEFT_DUE } left_state_t;

static left_state_t state_of_left(const turn_t *turn, const left_t *left)
{
    own_factor_t factor;
    const store_status_t status = factors_get(turn->factors, left->uid, left->id, &factor, turn->p);
    if (status == STORE_MISSING)
        return LEFT_DUE;
    return status == STORE_OK && factor.confirmed ? LEFT_KEPT : LEFT_WAITS;
}

/* False: WorkOS is in trouble, and there is no use in going on. */
static bool settle_one(const turn_t *turn, workos_t *workos, const char *member, int *asked)
{
    left_t left;
    const left_state_t state = read_left(member, &left) ? state_of_left(turn, &left) : LEFT_KEPT;
    if (state == LEFT_WAITS)
        return true;
    if (state == LEFT_DUE && (++*asked > AT_ONCE || workos_delete(workos, turn, left.workos_id)))
        return false;
    store_member_remove(factors_store(turn->factors), STORE_LASTING, LEFT_KEY, member);
    return true;
}

void workos_left_settle(const turn_t *turn, workos_t *workos)
{
    const char **members;
    int asked = 0;
    if (store_members(factors_store(turn->factors), STORE_LASTING, LEFT_KEY, turn->p, &members) !=
        STORE_OK)
        return;
    while (*members && settle_one(turn, workos, *members, &asked))
        members++;
}
