/* SPDX-License-Identifier: Apache-2.0 */
/* What records take and what a store of that many costs, for docs/performance.md ("Sizing"):
 * `size COUNT` in a directory of its own below TMPDIR. `size COUNT KEY_FILE STORE` only fills a store
 * that is there with COUNT people, one device each. */
#include <apr_general.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <sodium.h>
#include <valgrind/callgrind.h>
#include "../unit/people_fixture.h"
#include "factor/factors.h"
#include "notice/outbox.h"
#include "people/tokens.h"
#include "session/signed_in.h"

#define SAMPLE 2000 /* records of each of the other kinds */
#define LOGINS 100
#define UPKEEP_SECONDS 20

static void say_log(void *baton, log_level_t level, const char *id, const char *text)
{
    (void)baton;
    (void)level;
    fprintf(stderr, "%s %s\n", id, text);
}

static const log_sink_t sink = {say_log, NULL, LOG_LEVEL_ERROR};
static people_fixture_t fixture;
static factors_t *factors;
static apr_pool_t *p;
static apr_time_t began;
static bool durable;

/* Filling waits for no disk: nothing in the library can be told so, and nothing shall. */
int mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode)
{
    int (*real)(MDB_env *, const char *, unsigned int, mdb_mode_t);
    *(void **)&real = dlsym(RTLD_NEXT, "mdb_env_open");
    return real(env, path, durable ? flags : flags | MDB_NOSYNC, mode);
}

static void start(void)
{
    began = apr_time_now();
}

static void say_time(const char *what)
{
    printf("%-26s %12.3f s\n", what, (double)(apr_time_now() - began) / APR_USEC_PER_SEC);
    fflush(stdout);
}

static void fail(const char *what)
{
    fprintf(stderr, "size: %s\n", what);
    exit(1);
}

static void must(store_status_t status)
{
    if (status != STORE_OK)
        fail("the store refuses");
}

/* ---- who is there ---------------------------------------------------------------------------- */

static user_t user_at(long i)
{
    return fixture_user(&fixture, apr_psprintf(p, "person%07ld@students.example.org", i), p);
}

static void add_people(long from, long until)
{
    for (long i = from; i < until; i++, apr_pool_clear(p)) {
        const user_t user = user_at(i);
        const identity_t identity = fixture_device(&fixture, &user, p);
        people_note_use(fixture.people, identity.handle, apr_time_now(), p);
    }
}

/* ---- what else there is of them -------------------------------------------------------------- */

static session_t session_of(const user_t *user)
{
    session_t session = {.version = 1};
    session.started = session.seen = (uint32_t)apr_time_sec(apr_time_now());
    session.expires = session.started + 28800;
    memcpy(session.uid, user->uid, UID_BYTES);
    randombytes_buf(session.family, sizeof session.family);
    return session;
}

static void add_device(const user_t *user)
{
    const identity_t identity = fixture_device(&fixture, user, p);
    people_note_use(fixture.people, identity.handle, apr_time_now(), p);
}

static void add_session(const user_t *user)
{
    const session_t session = session_of(user);
    must(signed_in_note(fixture.store->store, &session, "Firefox on Linux", "203.0.113.27", p));
}

static void add_factor(const user_t *user, factor_kind_t kind, const char *name, apr_size_t len)
{
    own_factor_t factor = {.kind = kind, .confirmed = true, .len = len};
    apr_cpystrn(factor.name, name, sizeof factor.name);
    memcpy(factor.uid, user->uid, UID_BYTES);
    must(factors_add(factors, &factor, apr_time_now(), p));
}

static void add_app(const user_t *user)
{
    add_factor(user, KIND_TOTP, "Authenticator", 32);
}

static void add_passkey(const user_t *user)
{
    add_factor(user, KIND_PASSKEY, "Security key", 160);
}

static void add_codes(const user_t *user)
{
    add_factor(user, KIND_RECOVERY, "codes", 330);
}

static void add_token(const user_t *user)
{
    access_token_t token = {.name = "backup job", .provider = "local"};
    char text[TOKEN_TEXT_SIZE];
    token.expires = (uint32_t)apr_time_sec(apr_time_now()) + TOKEN_DAYS_USUAL * 86400;
    memcpy(token.uid, user->uid, UID_BYTES);
    must(tokens_add(fixture.people, &token, text, apr_time_now(), p));
}

static void add_revocation(const user_t *user)
{
    const session_t session = session_of(user);
    must(revocations_add(fixture.revocations, REVOKE_SESSION, session.family, 0, apr_time_now(),
                         apr_time_now() + LONGEST_SESSION));
}

static void add_mail(const user_t *user)
{
    notice_t notice = {.kind = NOTICE_DEVICE, .device = "Laptop", .address = "203.0.113.27"};
    outbox_t outbox = {fixture.store->store, NULL};
    static int mails;
    outbox.site = apr_psprintf(p, "https://site%d.example.org", mails++ / OUTBOX_NOTICES);
    apr_cpystrn(notice.to, user->name, sizeof notice.to);
    apr_cpystrn(notice.link, "https://www.example.org/account/not-me?code=", sizeof notice.link);
    memset(notice.link + strlen(notice.link), 'x', 64);
    must(outbox_add(&outbox, OUTBOX_TO_PEOPLE, &notice, apr_time_now(), p));
}

static const struct {
    const char *name;
    void (*add)(const user_t *user);
} kinds[] = {
    {"another device", add_device},    {"a session that is listed", add_session},
    {"an authenticator app", add_app}, {"a passkey", add_passkey},
    {"recovery codes", add_codes},     {"a token", add_token},
    {"a revocation", add_revocation},  {"a mail that waits", add_mail},
};

/* ---- measured -------------------------------------------------------------------------------- */

static void open_store(void)
{
    store_t *store = fixture_open(fixture.store);
    fixture_people_over(&fixture, store, fixture.store->p);
    factors = factors_make(store, fixture.store->settings.log, fixture.store->p);
}

/* Behind records are moved at the latest when the store is closed. */
static store_fill_t lasting(void)
{
    store_fill_t fill[STORE_PARTS];
    fixture_close(fixture.store);
    open_store();
    must(store_fill(fixture.store->store, fill));
    return fill[0];
}

static void say_bytes(const char *what, const store_fill_t *before, const store_fill_t *after,
                      long count)
{
    const double bytes = (double)(after->used - before->used) / (double)count;
    printf("%-26s %8.0f bytes, %5.2f records, %6.0f a megabyte\n", what, bytes,
           (double)(after->records - before->records) / (double)count, (1 << 20) / bytes);
    fflush(stdout);
}

static void measure_kind(const char *name, void (*add)(const user_t *user), long people)
{
    const store_fill_t before = lasting();
    for (long i = 0; i < SAMPLE; i++, apr_pool_clear(p)) {
        const user_t user = user_at((i * 7919) % people);
        add(&user);
    }
    const store_fill_t after = lasting();
    say_bytes(name, &before, &after, SAMPLE);
}

static void measure_logins(long people)
{
    identity_t *list;
    int count;
    uint32_t failures;
    for (long i = 0; i < LOGINS; i++, apr_pool_clear(p)) {
        const user_t user = user_at((i * 104729) % people);
        must(people_identities(fixture.people, user.uid, &list, &count, p));
        CALLGRIND_TOGGLE_COLLECT;
        must(people_identity(fixture.people, list->handle, list, p));
        must(people_failures(fixture.people, list, &failures, p));
        must(people_succeeded(fixture.people, list, apr_time_now(), p));
        CALLGRIND_TOGGLE_COLLECT;
    }
}

static double cpu_time(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / APR_USEC_PER_SEC;
}

/* What the maintenance thread takes while nobody wants anything. */
static void measure_upkeep(void)
{
    const double before = cpu_time();
    apr_sleep(apr_time_from_sec(UPKEEP_SECONDS));
    printf("%-26s %12.3f ms of CPU a second\n", "upkeep",
           1000 * (cpu_time() - before) / UPKEEP_SECONDS);
    fflush(stdout);
}

static bool count_user(void *baton, const user_t *user)
{
    (void)user;
    ++*(long *)baton;
    return true;
}

static void measure_whole(long people)
{
    const char *why;
    char first[STORE_KEY_MAX + 1];
    uint64_t all, wrong;
    store_compacted_t sizes;
    long users = 0;
    start();
    fixture_close(fixture.store);
    say_time("close");
    durable = true;
    start();
    open_store();
    say_time("open");
    start();
    measure_logins(people);
    say_time(APR_STRINGIFY(LOGINS) " logins' reads");
    measure_upkeep();
    start();
    must(people_each(fixture.people, count_user, &users, p));
    say_time("mpinctl users' walk");
    start();
    must(store_check(fixture.store->store, &all, &wrong, first));
    say_time("check");
    start();
    const int fd =
        open(apr_pstrcat(p, fixture.store->dir, "/copy", NULL), O_CREAT | O_WRONLY, 0600);
    must(store_copy(fixture.store->store, fd));
    fsync(fd);
    close(fd);
    say_time("copy (backup)");
    fixture_close(fixture.store);
    start();
    must(store_compact(&fixture.store->settings, &sizes, p, &why));
    say_time("compact");
    printf("%ld users, %lu records checked, file %.0f MB, compacted %.0f MB\n", users,
           (unsigned long)all, (double)sizes.before / (1 << 20), (double)sizes.after / (1 << 20));
}

static void measure(long people)
{
    apr_pool_t *home;
    apr_pool_create(&home, NULL);
    fixture.store = fixture_make(home);
    fixture.store->settings.quota = (apr_off_t)16 << 30;
    open_store();
    const store_fill_t empty = lasting();
    start();
    add_people(0, people);
    say_time("fill");
    const store_fill_t full = lasting();
    say_bytes("a person with one device", &empty, &full, people);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        measure_kind(kinds[i].name, kinds[i].add, people);
    measure_whole(people);
    apr_pool_destroy(home);
}

/* ---- a store that is there ------------------------------------------------------------------- */

static void fill(long people, const char *key_file, const char *url)
{
    apr_pool_t *home;
    store_fixture_t store = {0};
    const char *why = NULL;
    apr_pool_create(&home, NULL);
    if (keys_open(&store.keys, key_file, NULL, (apr_uid_t)geteuid(), home, &why))
        fail(why);
    store.settings = (store_settings_t){
        .url = url, .quota = (apr_off_t)4 << 30, .keys = store.keys, .log = &sink};
    fixture.store = &store;
    open_store();
    add_people(0, people);
    fixture_close(&store);
    apr_pool_destroy(home);
}

int main(int argc, char **argv)
{
    const long people = argc > 1 ? atol(argv[1]) : 0;
    if (people < 1 || (argc != 2 && argc != 4))
        fail("COUNT [KEY_FILE STORE]");
    apr_initialize();
    apr_pool_create(&p, NULL);
    if (argc == 4)
        fill(people, argv[2], argv[3]);
    else
        measure(people);
    apr_pool_destroy(p);
    return 0;
}
