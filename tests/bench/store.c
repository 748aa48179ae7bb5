/* SPDX-License-Identifier: Apache-2.0 */
/* The store: operations a second of one thread (wall time), or one step under callgrind: `store
 * NAME`. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/callgrind.h>
#include "../unit/store_fixture.h"

#define LATER (apr_time_now() + apr_time_from_sec(600))
#define MIN_SECONDS 1.0

static store_fixture_t *fixture;
static apr_pool_t *p;
static long run;

static const char *key(void)
{
    return apr_psprintf(p, "pass1:%ld", run);
}

static void put(store_class_t in)
{
    static const char data[200];
    store_put(fixture->store, in, key(), data, sizeof(data), LATER);
}

static void take(store_class_t in)
{
    store_record_t record;
    store_take(fixture->store, in, key(), p, &record);
}

static void step_put(void)
{
    put(STORE_FLEETING);
}

static void step_get(void)
{
    store_record_t record;
    store_get(fixture->store, STORE_FLEETING, "there", p, &record);
}

static void step_put_take(void)
{
    put(STORE_FLEETING);
    take(STORE_FLEETING);
}

static void step_count(void)
{
    int64_t total;
    store_count(fixture->store, STORE_FLEETING, "count", 1, LATER, &total);
}

static void step_behind(void)
{
    static const char data[200];
    store_put(fixture->store, STORE_BEHIND, "sessions", data, sizeof(data), LATER);
}

static void step_lasting(void)
{
    put(STORE_LASTING);
    take(STORE_LASTING);
}

static void step_append(void)
{
    uint64_t sequence;
    store_log_append(fixture->store, "log", "a revocation of 21 b.", 21, LATER, &sequence);
}

static void step_generation(void)
{
    store_generation(fixture->store);
}

static const struct {
    const char *name;
    void (*step)(void);
    int operations;
} steps[] = {
    {"put", step_put, 1},           {"get", step_get, 1},
    {"put-take", step_put_take, 2}, {"count", step_count, 1},
    {"behind-put", step_behind, 1}, {"lasting-put-take", step_lasting, 2},
    {"log-append", step_append, 1}, {"generation", step_generation, 1},
};

static double seconds(apr_time_t since)
{
    return (double)(apr_time_now() - since) / APR_USEC_PER_SEC;
}

static double per_second(void (*step)(void), int operations)
{
    apr_time_t start = apr_time_now();
    long first = run;
    for (; seconds(start) < MIN_SECONDS; run++) {
        step();
        if (run % 64 == 0)
            apr_pool_clear(p);
    }
    return (double)((run - first) * operations) / seconds(start);
}

int main(int argc, char **argv)
{
    static const char data[200];
    apr_pool_t *home;
    apr_initialize();
    apr_pool_create(&home, NULL);
    apr_pool_create(&p, home);
    fixture = fixture_make(home);
    fixture->settings.quota = (apr_off_t)1 << 30;
    fixture_open(fixture);
    store_put(fixture->store, STORE_FLEETING, "there", data, sizeof(data), LATER);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        if (argc < 2) {
            printf("%-16s %9.0f a second\n", steps[i].name,
                   per_second(steps[i].step, steps[i].operations));
        } else if (strcmp(argv[1], steps[i].name) == 0) {
            for (; run < 1000; run++) /* warms up */
                steps[i].step();
            CALLGRIND_TOGGLE_COLLECT;
            steps[i].step();
            CALLGRIND_TOGGLE_COLLECT;
        }
    }
    fixture_close(fixture);
    apr_pool_destroy(home);
    return 0;
}
