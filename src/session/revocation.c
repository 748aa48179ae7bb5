/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revocation.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "session/revoked.h"
#include "store/change.h"

#define LOG "revocations"
#define LONGEST "longest-session" /* lasting: its seconds, four bytes big-endian */
#define LONGEST_BYTES 4
#define SIGN_IN_SECONDS 600 /* a sign-in that has begun may seal its session so much later */

/* An entry of the log: kind 1 | id 16 | limit 4, big-endian. The limit: REVOKE_USER, sessions of a
 * lower version; REVOKE_ALL, sessions sealed up to this second; REVOKE_SESSION, how long before the
 * end of time it is void (of two entries the higher limit counts, which is the earlier moment);
 * else 1. */
#define ENTRY_BYTES 21
#define EVER 1

#define NOT_LOADED UINT64_MAX

struct revocations_t {
    store_t *store;
    revoked_t *revoked;
    _Atomic uint64_t generation; /* the store's, before the log was last read */
    _Atomic apr_time_t behind;   /* since when the log cannot be read, 0: it can */
    pthread_mutex_t reading;     /* of what follows */
    uint64_t sequence;           /* newest entry of the log that was read */
    apr_pool_t *scratch;         /* with an allocator of its own, as other threads make pools too */
};

static const unsigned char everybody[16];

static uint32_t limit_of(revoke_kind_t kind, uint32_t limit, uint32_t now)
{
    switch (kind) {
    case REVOKE_USER:
        return limit;
    case REVOKE_ALL:
        return now;
    case REVOKE_SESSION:
        return UINT32_MAX - limit;
    default:
        return EVER;
    }
}

typedef struct taking_t {
    revoked_t *revoked;
    uint32_t now;
    bool failed;
} taking_t;

static bool take_entry(void *baton, uint64_t sequence, const void *data, apr_size_t len,
                       apr_time_t expires)
{
    taking_t *taking = baton;
    bytes_in_t in = bytes_in(data, len);
    unsigned char id[16];
    (void)sequence;

    uint8_t kind = bytes_get_u8(&in);
    bytes_get(&in, id, sizeof id);
    uint32_t limit = bytes_get_u32(&in);
    taking->failed = !bytes_all_read(&in) || kind < REVOKE_SESSION || kind > REVOKE_ALL ||
                     !revoked_add(taking->revoked, kind, id, limit, (uint32_t)apr_time_sec(expires),
                                  taking->now);
    return !taking->failed;
}

/* Reads what is new. An entry that can't be taken in is not passed over: nobody is let in until it
 * can. */
static store_status_t read_log(revocations_t *revocations)
{
    uint64_t generation = store_generation(revocations->store), last = 0;
    taking_t taking = {revocations->revoked, (uint32_t)apr_time_sec(apr_time_now()), false};

    store_status_t status = store_log_read(revocations->store, LOG, revocations->sequence,
                                           revocations->scratch, take_entry, &taking, &last);
    apr_pool_clear(revocations->scratch);
    if (status != STORE_OK)
        return status;
    if (taking.failed)
        return STORE_DOWN;
    if (last != revocations->sequence)
        log_debug(store_log_sink(revocations->store), "MPIN0784",
                  "%" APR_UINT64_T_FMT " new revocations were read: %" APR_SIZE_T_FMT " are held",
                  last - revocations->sequence, revoked_count(revocations->revoked));
    revocations->sequence = last;
    atomic_store(&revocations->generation, generation);
    return STORE_OK;
}

static apr_status_t revocations_end(void *data)
{
    revocations_t *revocations = data;
    pthread_mutex_destroy(&revocations->reading);
    return APR_SUCCESS;
}

store_status_t revocations_make(revocations_t **revocations, store_t *store, apr_pool_t *p)
{
    revocations_t *made = apr_pcalloc(p, sizeof *made);
    apr_allocator_t *allocator;

    *revocations = NULL;
    made->store = store;
    atomic_init(&made->generation, NOT_LOADED);
    made->revoked = revoked_make(p);
    pthread_mutex_init(&made->reading, NULL);
    apr_pool_cleanup_register(p, made, revocations_end, apr_pool_cleanup_null);
    if (!made->revoked || apr_allocator_create(&allocator) ||
        apr_pool_create_ex(&made->scratch, p, NULL, allocator))
        return STORE_DOWN;
    apr_allocator_owner_set(allocator, made->scratch);
    *revocations = made;
    return read_log(made);
}

/* ---- how long an entry lives ---- */

static uint32_t longest_of(const store_record_t *record)
{
    bytes_in_t in = bytes_in(record->data, record->len);
    return bytes_get_u32(&in);
}

static store_status_t raise_longest(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    const uint32_t *longest = baton;
    unsigned char *record = apr_palloc(scratch, LONGEST_BYTES);
    bytes_out_t out = bytes_out(record, LONGEST_BYTES);

    if (change->seen && longest_of(change->seen) >= *longest)
        return STORE_OK;
    bytes_put_u32(&out, *longest);
    change->data = record;
    change->len = LONGEST_BYTES;
    return STORE_OK;
}

store_status_t revocations_note_longest(revocations_t *revocations, apr_interval_time_t longest,
                                        apr_pool_t *p)
{
    uint32_t seconds = (uint32_t)apr_time_sec(longest);
    return store_change(revocations->store, STORE_LASTING, LONGEST, raise_longest, &seconds, p);
}

/* Asked of the store each time: a newer generation of children may have noted a longer one. */
static store_status_t read_longest(revocations_t *revocations, apr_interval_time_t *longest)
{
    store_record_t record;

    *longest = 0;
    pthread_mutex_lock(&revocations->reading);
    store_status_t status =
        store_get(revocations->store, STORE_LASTING, LONGEST, revocations->scratch, &record);
    if (status == STORE_OK)
        *longest = apr_time_from_sec((apr_time_t)longest_of(&record) + SIGN_IN_SECONDS);
    apr_pool_clear(revocations->scratch);
    pthread_mutex_unlock(&revocations->reading);
    return status == STORE_MISSING ? STORE_OK : status;
}

static store_status_t entry_end(revocations_t *revocations, revoke_kind_t kind, apr_time_t now,
                                apr_time_t *until)
{
    apr_interval_time_t longest = 0;
    const store_status_t status =
        kind == REVOKE_SESSION ? STORE_OK : read_longest(revocations, &longest);
    if (longest && *until < now + longest)
        *until = now + longest;
    return status;
}

/* Kept a little longer than the sessions, whose sealer's clock may have been ahead. */
store_status_t revocations_add(revocations_t *revocations, revoke_kind_t kind,
                               const unsigned char id[16], uint32_t limit, apr_time_t now,
                               apr_time_t until)
{
    uint32_t seconds = (uint32_t)apr_time_sec(now);
    unsigned char entry[ENTRY_BYTES];
    bytes_out_t out = bytes_out(entry, sizeof entry);
    uint64_t sequence;

    limit = limit_of(kind, limit, seconds);
    if (kind == REVOKE_ALL)
        id = everybody;
    bytes_put_u8(&out, (uint8_t)kind);
    bytes_put(&out, id, 16);
    bytes_put_u32(&out, limit);

    store_status_t status = entry_end(revocations, kind, now, &until);
    if (status != STORE_OK)
        return status;
    until += apr_time_from_sec(SEAL_SKEW);
    status = store_log_append(revocations->store, LOG, entry, sizeof entry, until, &sequence);
    if (status != STORE_OK)
        return status;
    return revoked_add(revocations->revoked, kind, id, limit, (uint32_t)apr_time_sec(until),
                       seconds)
               ? STORE_OK
               : STORE_DOWN;
}

bool revocations_refresh(revocations_t *revocations)
{
    if (atomic_load(&revocations->generation) == store_generation(revocations->store))
        return true;
    pthread_mutex_lock(&revocations->reading);
    bool fresh = atomic_load(&revocations->generation) == store_generation(revocations->store) ||
                 read_log(revocations) == STORE_OK;
    if (fresh)
        atomic_store(&revocations->behind, 0);
    else if (!atomic_load(&revocations->behind))
        atomic_store(&revocations->behind, apr_time_now());
    pthread_mutex_unlock(&revocations->reading);
    return fresh;
}

apr_size_t revocations_known(const revocations_t *revocations)
{
    return revoked_count(revocations->revoked);
}

apr_time_t revocations_behind(const revocations_t *revocations)
{
    return atomic_load(&revocations->behind);
}

revoked_state_t revocations_hit(const revocations_t *revocations, const unsigned char session[16],
                                const unsigned char family[16], const unsigned char identity[16],
                                const unsigned char uid[16], uint32_t version, uint32_t sealed,
                                uint32_t now)
{
    enum { SESSION, FAMILY, IDENTITY, USER, ALL, LOOKS };
    revoked_look_t looks[LOOKS] = {
        [SESSION] = {REVOKE_SESSION, session, 0},    [FAMILY] = {REVOKE_FAMILY, family, 0},
        [IDENTITY] = {REVOKE_IDENTITY, identity, 0}, [USER] = {REVOKE_USER, uid, 0},
        [ALL] = {REVOKE_ALL, everybody, 0},
    };
    revoked_look(revocations->revoked, looks, LOOKS);
    if (looks[FAMILY].limit || looks[IDENTITY].limit || version < looks[USER].limit ||
        sealed <= looks[ALL].limit)
        return REVOKED;
    if (!looks[SESSION].limit)
        return REVOKED_NOT;
    return now < UINT32_MAX - looks[SESSION].limit ? REVOKED_SUPERSEDED : REVOKED;
}
