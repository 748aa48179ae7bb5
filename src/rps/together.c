/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/together.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>

/* A proof in line, on its worker's stack. */
typedef struct in_line_t {
    struct in_line_t *next;
    const mpin_server_t *server;
    mpin_proof_t *proof;
    sem_t woken; /* when it has been judged, or its turn has come */
    bool judged;
} in_line_t;

/* While anybody waits, all places are taken: who leaves one gives it to the oldest in line. */
struct together_t {
    pthread_mutex_t lock;
    int places, judging;
    int waiting;
    in_line_t *first, **end;
};

together_t *together_make(int places, apr_pool_t *p)
{
    together_t *together = apr_pcalloc(p, sizeof *together);
    together->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    together->places = places > 0 ? places : 1;
    together->end = &together->first;
    return together;
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

/* True: there is a place at once, and it is taken. */
static bool find_place(together_t *together, in_line_t *mine)
{
    pthread_mutex_lock(&together->lock);
    const bool free = together->judging < together->places;
    if (free)
        together->judging++;
    else
        line_up(together, mine);
    pthread_mutex_unlock(&together->lock);
    return free;
}

/* A place that somebody waits for stays taken. */
static void leave_place(together_t *together)
{
    pthread_mutex_lock(&together->lock);
    in_line_t *next = together->first ? leave_line(together, &together->first) : NULL;
    if (!next)
        together->judging--;
    pthread_mutex_unlock(&together->lock);
    if (next)
        sem_post(&next->woken);
}

/* Puts those who wait for the same server behind `mine`, the oldest first. */
static company_t take_along(together_t *together, in_line_t *mine)
{
    company_t company = {.proofs = 1};
    in_line_t *last = mine;
    pthread_mutex_lock(&together->lock);
    for (in_line_t **at = &together->first; *at && company.proofs < MPIN_BATCH_MAX;) {
        if ((*at)->server != mine->server) {
            at = &(*at)->next;
            continue;
        }
        last = last->next = leave_line(together, at);
        company.proofs++;
    }
    company.judging = together->judging;
    pthread_mutex_unlock(&together->lock);
    return company;
}

static company_t judge_line(together_t *together, in_line_t *mine)
{
    mpin_proof_t *proofs[MPIN_BATCH_MAX];
    const company_t company = take_along(together, mine);
    int count = 0;
    for (const in_line_t *one = mine; one; one = one->next)
        proofs[count++] = one->proof;
    mpin_verify_batch(mine->server, proofs, count);

    leave_place(together);
    for (in_line_t *one = mine->next, *next; one; one = next) {
        next = one->next; /* it is gone once it is woken */
        one->judged = true;
        sem_post(&one->woken);
    }
    return company;
}

company_t together_judge(together_t *together, const mpin_server_t *server, mpin_proof_t *proof)
{
    in_line_t mine = {.server = server, .proof = proof};
    sem_init(&mine.woken, 0, 0);
    if (!find_place(together, &mine))
        while (sem_wait(&mine.woken))
            ; /* a signal's handler ran */
    const company_t company = mine.judged ? (company_t){0} : judge_line(together, &mine);
    sem_destroy(&mine.woken);
    return company;
}
