/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/together.h"

#include <apr_time.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <time.h>
#include "base/slots.h"

/* A page that finds all workers of its process in line waits for a batch: one of so many takes some
 * 1.5 ms. 16 would save a sixth of their work, and give no more logins a second. */
#define PROOFS_MOST 8
_Static_assert(PROOFS_MOST <= MPIN_BATCH_MAX, "more than a batch takes");

/* Where the last proof was another worker's and not older, others are likely on their way. */
#define COMPANY_IS_NEAR 5000 /* microseconds */

/* A proof in line, on its worker's stack. */
typedef struct in_line_t {
    struct in_line_t *next;
    const mpin_server_t *server;
    mpin_proof_t *proof;
    sem_t woken; /* when it has been judged, or its turn has come */
    bool judged;
} in_line_t;

/* While anybody is in line, as many workers have their turn as there are places: who ends one gives
 * it to the oldest. */
struct together_t {
    slots_t *places;
    pthread_mutex_t lock;
    int turns, waiting;
    in_line_t *first, **end;
    pthread_t last_worker;
    apr_time_t last_came; /* on the clock that nobody sets */
};

together_t *together_make(int places, apr_pool_t *p)
{
    together_t *together = apr_pcalloc(p, sizeof *together);
    together->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    together->end = &together->first;
    together->places = slots_make(places, p);
    return together->places ? together : NULL;
}

int together_places(void)
{
    cpu_set_t set;
    const int processors = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
    return processors > 1 ? processors / 2 : 1;
}

int together_waiting(together_t *together)
{
    pthread_mutex_lock(&together->lock);
    const int waiting = together->waiting;
    pthread_mutex_unlock(&together->lock);
    return waiting;
}

/* ---- the line: its lock is held ---- */

static void line_up(together_t *together, in_line_t *mine)
{
    *together->end = mine;
    together->end = &mine->next;
    together->waiting++;
}

static in_line_t *leave_line(together_t *together, in_line_t **at)
{
    in_line_t *one = *at;
    *at = one->next;
    if (!one->next)
        together->end = at;
    one->next = NULL;
    together->waiting--;
    return one;
}

static bool company_is_near(together_t *together)
{
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    const apr_time_t now = apr_time_from_sec(clock.tv_sec) + clock.tv_nsec / 1000;
    const bool near = now - together->last_came < COMPANY_IS_NEAR &&
                      !pthread_equal(together->last_worker, pthread_self());
    together->last_came = now;
    together->last_worker = pthread_self();
    return near;
}

/* ---- a turn ---- */

/* False: the proof is in line. */
static bool turn_at_once(together_t *together, in_line_t *mine, bool *near)
{
    pthread_mutex_lock(&together->lock);
    *near = company_is_near(together);
    const bool now = together->turns < slots_all(together->places);
    if (now)
        together->turns++;
    else
        line_up(together, mine);
    pthread_mutex_unlock(&together->lock);
    return now;
}

static void end_turn(together_t *together)
{
    pthread_mutex_lock(&together->lock);
    in_line_t *next = together->first ? leave_line(together, &together->first) : NULL;
    if (!next)
        together->turns--;
    pthread_mutex_unlock(&together->lock);
    if (next)
        sem_post(&next->woken);
}

/* Puts those in line for the same server behind `mine`, the oldest first; gives how many there are
 * with it. */
static int take_along(together_t *together, in_line_t *mine)
{
    int count = 1;
    in_line_t *last = mine;
    pthread_mutex_lock(&together->lock);
    for (in_line_t **at = &together->first; *at && count < PROOFS_MOST;) {
        if ((*at)->server != mine->server) {
            at = &(*at)->next;
            continue;
        }
        last = last->next = leave_line(together, at);
        count++;
    }
    pthread_mutex_unlock(&together->lock);
    return count;
}

static void judge_line(const in_line_t *mine)
{
    mpin_proof_t *proofs[PROOFS_MOST];
    int count = 0;
    for (const in_line_t *one = mine; one; one = one->next)
        proofs[count++] = one->proof;
    mpin_verify_batch(mine->server, proofs, count);
}

static void wake_judged(in_line_t *judged)
{
    for (in_line_t *next; judged; judged = next) {
        next = judged->next; /* it is gone once it is woken */
        judged->judged = true;
        sem_post(&judged->woken);
    }
}

/* Where company is near, its workers may want this processor to come into the line. */
static company_t have_turn(together_t *together, in_line_t *mine, bool near)
{
    if (near)
        sched_yield();
    company_t company = {.place = slots_take(together->places)};
    company.proofs = take_along(together, mine);
    judge_line(mine);
    slots_give(together->places, company.place);
    end_turn(together);
    wake_judged(mine->next);
    return company;
}

company_t together_judge(together_t *together, const mpin_server_t *server, mpin_proof_t *proof)
{
    bool near;
    in_line_t mine = {.server = server, .proof = proof};
    sem_init(&mine.woken, 0, 0);
    if (!turn_at_once(together, &mine, &near))
        while (sem_wait(&mine.woken))
            ; /* a signal's handler ran */
    const company_t company = mine.judged ? (company_t){0} : have_turn(together, &mine, near);
    sem_destroy(&mine.woken);
    return company;
}
