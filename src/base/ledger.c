/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ledger.h"

#include <apr_strings.h>
#include <string.h>
#include <sys/mman.h>

#define MS 1000

const apr_interval_time_t ledger_bounds[LEDGER_BUCKETS] = {
    1 * MS,   2500,     5 * MS,    10 * MS,   25 * MS,   50 * MS,   100 * MS,
    250 * MS, 500 * MS, 1000 * MS, 2500 * MS, 5000 * MS, 10000 * MS};

/* One that is being written has an odd turn, and a reader passes it over. */
typedef struct ledger_slot_t {
    uint32_t turn;
    ledger_locked_t lock;
} ledger_slot_t;

struct ledger_t {
    apr_time_t since;
    uint64_t events[EVENT_COUNT];
    uint64_t codes[LEDGER_CODES];
    uint64_t mails[LEDGER_MAILS];
    uint64_t throttles;
    ledger_latency_t latency[LEDGER_ENDPOINTS];
    health_t health[LEDGER_OTHERS];
    /* the minute in the upper half, its count in the lower: one word, so that a minute of yesterday
     * gives way and nothing of today's is lost */
    uint64_t minutes[LEDGER_SERIES][LEDGER_MINUTES];
    uint64_t locks;
    ledger_slot_t slots[LEDGER_LOCKS];
};

ledger_t *ledger_make(apr_time_t now)
{
    ledger_t *ledger =
        mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ledger == MAP_FAILED)
        return NULL;
    ledger->since = now;
    return ledger;
}

/* FNV-1a of what stands where in it. */
uint32_t ledger_layout(void)
{
    uint32_t layout = 2166136261u ^ (uint32_t)sizeof(ledger_t);
    for (int i = 0; i < EVENT_COUNT; i++)
        for (const char *c = event_word((event_t)i); *c; c++)
            layout = (layout ^ (unsigned char)*c) * 16777619u;
    return layout;
}

/* ---- counting -------------------------------------------------------------------------------- */

static void count_up(uint64_t *number)
{
    __atomic_fetch_add(number, 1, __ATOMIC_RELAXED);
}

static uint64_t minute_of(apr_time_t now)
{
    return (uint64_t)apr_time_sec(now) / 60;
}

static void count_minute(ledger_t *ledger, ledger_series_t series, apr_time_t now)
{
    const uint64_t minute = minute_of(now);
    uint64_t *at = &ledger->minutes[series][minute % LEDGER_MINUTES], fresh;
    uint64_t seen = __atomic_load_n(at, __ATOMIC_RELAXED);
    do
        fresh = seen >> 32 == minute ? seen + 1 : minute << 32 | 1;
    while (
        !__atomic_compare_exchange_n(at, &seen, fresh, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void ledger_event(ledger_t *ledger, event_t event, apr_time_t now)
{
    if (!ledger || event >= EVENT_COUNT)
        return;
    count_up(&ledger->events[event]);
    const event_means_t means = event_means(event);
    if (means == EVENT_IN)
        count_minute(ledger, LEDGER_IN, now);
    else if (means != EVENT_OTHER)
        count_minute(ledger, LEDGER_REFUSED, now);
    if (means == EVENT_LOCKED)
        count_minute(ledger, LEDGER_LOCKED, now);
}

void ledger_lock(ledger_t *ledger, const char *masked, apr_time_t now)
{
    if (!ledger)
        return;
    const uint64_t number = __atomic_fetch_add(&ledger->locks, 1, __ATOMIC_RELAXED);
    ledger_slot_t *slot = &ledger->slots[number % LEDGER_LOCKS];
    __atomic_fetch_or(&slot->turn, 1, __ATOMIC_ACQ_REL);
    slot->lock.at = now;
    apr_cpystrn(slot->lock.name, masked, sizeof slot->lock.name);
    __atomic_fetch_add(&slot->turn, 1, __ATOMIC_ACQ_REL);
}

static int bucket_of(apr_interval_time_t took)
{
    int bucket = 0;
    while (bucket < LEDGER_BUCKETS && took > ledger_bounds[bucket])
        bucket++;
    return bucket;
}

void ledger_answer(ledger_t *ledger, unsigned endpoint, int status, apr_interval_time_t took,
                   apr_time_t now)
{
    if (!ledger)
        return;
    count_minute(ledger, LEDGER_REQUESTS, now);
    if (status == 429)
        count_up(&ledger->throttles);
    if (endpoint >= LEDGER_ENDPOINTS)
        return;
    ledger_latency_t *latency = &ledger->latency[endpoint];
    count_up(&latency->bucket[bucket_of(took)]);
    __atomic_fetch_add(&latency->sum, took > 0 ? (uint64_t)took : 0, __ATOMIC_RELAXED);
}

void ledger_refusal(ledger_t *ledger, unsigned code)
{
    if (ledger && code < LEDGER_CODES)
        count_up(&ledger->codes[code]);
}

void ledger_mail(ledger_t *ledger, ledger_mail_t outcome, apr_time_t now)
{
    if (!ledger)
        return;
    count_up(&ledger->mails[outcome]);
    health_note(&ledger->health[LEDGER_OF_MAIL], outcome != LEDGER_MAIL_LATER, now);
}

health_t *ledger_health(ledger_t *ledger, ledger_other_t of)
{
    return ledger ? &ledger->health[of] : NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint64_t ledger_number(const uint64_t *number)
{
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

apr_time_t ledger_since(const ledger_t *ledger)
{
    return ledger->since;
}

uint64_t ledger_events(const ledger_t *ledger, event_t event)
{
    return ledger_number(&ledger->events[event]);
}

uint64_t ledger_refusals(const ledger_t *ledger, unsigned code)
{
    return code < LEDGER_CODES ? ledger_number(&ledger->codes[code]) : 0;
}

uint64_t ledger_mails(const ledger_t *ledger, ledger_mail_t outcome)
{
    return ledger_number(&ledger->mails[outcome]);
}

uint64_t ledger_throttles(const ledger_t *ledger)
{
    return ledger_number(&ledger->throttles);
}

ledger_latency_t ledger_latency(const ledger_t *ledger, unsigned endpoint)
{
    ledger_latency_t latency = {.sum = 0};
    if (endpoint >= LEDGER_ENDPOINTS)
        return latency;
    for (int i = 0; i <= LEDGER_BUCKETS; i++)
        latency.bucket[i] = ledger_number(&ledger->latency[endpoint].bucket[i]);
    latency.sum = ledger_number(&ledger->latency[endpoint].sum);
    return latency;
}

health_t ledger_health_of(const ledger_t *ledger, ledger_other_t of)
{
    return health_read(&ledger->health[of]);
}

uint64_t ledger_lately(const ledger_t *ledger, ledger_series_t series, int minutes, apr_time_t now)
{
    const uint64_t last = minute_of(now);
    uint64_t sum = 0;
    for (int i = 0; i < LEDGER_MINUTES; i++) {
        const uint64_t seen = ledger_number(&ledger->minutes[series][i]), minute = seen >> 32;
        if (minute <= last && last - minute < (uint64_t)minutes)
            sum += seen & UINT32_MAX;
    }
    return sum;
}

static bool read_lock(const ledger_slot_t *slot, ledger_locked_t *lock)
{
    const uint32_t before = __atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE);
    *lock = slot->lock;
    lock->name[sizeof lock->name - 1] = '\0';
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return !(before & 1) && __atomic_load_n(&slot->turn, __ATOMIC_RELAXED) == before;
}

int ledger_locks(const ledger_t *ledger, ledger_locked_t locks[LEDGER_LOCKS])
{
    const uint64_t all = ledger_number(&ledger->locks);
    const int held = all < LEDGER_LOCKS ? (int)all : LEDGER_LOCKS;
    int count = 0;
    for (int i = 1; i <= held; i++)
        count += read_lock(&ledger->slots[(all - (uint64_t)i) % LEDGER_LOCKS], &locks[count]);
    return count;
}
