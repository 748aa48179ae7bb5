/* SPDX-License-Identifier: Apache-2.0 */
#include "web/knows.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hex.h"
#include "base/name.h"
#include "people/subject.h"
#include "site/sink.h"
#include "store/key.h"
#include "web/answer.h"
#include "web/directory.h"
#include "web/providers.h"
#include "web/signin.h"

/* An answer is believed for so long, unless a password file has changed. With the minute in which a
 * session that was just renewed is not looked at, it makes ten. */
#define BELIEVED apr_time_from_sec(9 * 60)

/* ... and for so long it is kept, for when there is no other. */
#define KEPT apr_time_from_sec(30 * 86400L)

/* Providers in trouble are left alone for so long: most are waited for. */
#define PAUSE apr_time_from_sec(30)

/* A password file that is being written may be half there. */
#define SETTLED apr_time_from_sec(1)
#define AGAIN apr_time_from_msec(100)
#define ROUNDS 3

#define STAMP_BYTES 16
#define LAYOUT 1

typedef struct kept_t {
    unsigned char layout;
    unsigned char word; /* account_word_t */
    unsigned char stamp[STAMP_BYTES];
    apr_time_t asked;
} kept_t;

/* ---- the password files, as they are now ---- */

/* When the youngest of them has changed. */
static apr_time_t files_stamp(const accounts_t *accounts, unsigned char stamp[STAMP_BYTES])
{
    crypto_generichash_state state;
    apr_time_t youngest = 0;
    crypto_generichash_init(&state, NULL, 0, STAMP_BYTES);
    for (int i = 0; i < accounts->files->nelts; i++) {
        struct stat info;
        if (stat(APR_ARRAY_IDX(accounts->files, i, const char *), &info))
            memset(&info, 0, sizeof(info));
        const int64_t facts[] = {(int64_t)info.st_dev,          (int64_t)info.st_ino,
                                 (int64_t)info.st_size,         (int64_t)info.st_mtim.tv_sec,
                                 (int64_t)info.st_mtim.tv_nsec, (int64_t)info.st_ctim.tv_sec,
                                 (int64_t)info.st_ctim.tv_nsec};
        crypto_generichash_update(&state, (const unsigned char *)facts, sizeof(facts));
        if (apr_time_from_sec(info.st_mtim.tv_sec) > youngest)
            youngest = apr_time_from_sec(info.st_mtim.tv_sec);
    }
    crypto_generichash_final(&state, stamp, STAMP_BYTES);
    return youngest;
}

/* ---- the answer that is kept ---- */

static const char *kept_key(const char *name, apr_pool_t *p)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)name, strlen(name));
    return store_key("account-known", hash, sizeof(hash), p);
}

/* The last answer; UNSURE where there is none. */
static kept_t kept_read(const site_t *site, const char *key, apr_pool_t *p)
{
    kept_t kept = {.word = ACCOUNT_UNSURE};
    store_record_t record;
    if (store_get(site->store, STORE_FLEETING, key, p, &record) == STORE_OK &&
        record.len == sizeof(kept) && record.data[0] == LAYOUT)
        memcpy(&kept, record.data, sizeof(kept));
    return kept;
}

/* ---- asking ---- */

/* The request as it would be at the login page. */
static request_rec *request_at(request_rec *r, const account_source_t *source, apr_pool_t *p)
{
    request_rec *at = apr_pmemdup(p, r, sizeof(*at));
    at->pool = p;
    at->server = source->server;
    at->per_dir_config = source->settings;
    at->request_config = ap_create_request_config(p);
    at->main = at->prev = at->next = NULL;
    at->uri = at->unparsed_uri = apr_pstrdup(p, source->path);
    at->args = at->path_info = at->user = at->ap_auth_type = NULL;
    at->notes = apr_table_make(p, 2);
    at->subprocess_env = apr_table_make(p, 8);
    at->headers_in = apr_table_copy(p, r->headers_in);
    at->headers_out = apr_table_make(p, 2);
    at->err_headers_out = apr_table_make(p, 2);
    return at;
}

/* By a password that is nobody's. */
static account_word_t ask_by_password(request_rec *at, const password_provider_t *provider,
                                      const char *name)
{
    unsigned char random[16];
    const char *called;
    randombytes_buf(random, sizeof(random));
    switch (providers_check(at, provider, name, hex_encode(at->pool, random, sizeof(random)),
                            &called)) {
    case AUTH_GRANTED: /* whatever the password */
    case AUTH_DENIED:
        return ACCOUNT_KNOWN;
    case AUTH_USER_NOT_FOUND:
        return ACCOUNT_UNKNOWN;
    default:
        return ACCOUNT_UNSURE;
    }
}

/* A search that has never found anybody may be one that can't: it is not believed, but of a name
 * that was known all the same, which is another provider's. */
#define FOUND_KEY "account-found"

static bool has_found(const site_t *site, apr_pool_t *p)
{
    store_record_t record;
    return store_get(site->store, STORE_FLEETING, FOUND_KEY, p, &record) == STORE_OK;
}

static bool finds(const site_t *site, const char *name, apr_pool_t *p)
{
    return has_found(site, p) || kept_read(site, kept_key(name, p), p).word == ACCOUNT_KNOWN;
}

static account_word_t ask_by_search(request_rec *at, const site_t *site,
                                    const password_provider_t *provider, const char *name)
{
    const account_word_t word = directory_ask(at, provider, name);
    if (word == ACCOUNT_UNKNOWN)
        return finds(site, name, at->pool) ? word : ACCOUNT_UNSURE;
    if (word == ACCOUNT_KNOWN && !has_found(site, at->pool))
        store_put(site->store, STORE_FLEETING, FOUND_KEY, "", 1, apr_time_now() + KEPT);
    return word;
}

/* In order, as at a login. A cache is passed over where those are asked whose answers it
 * repeats. */
static account_word_t ask_source(request_rec *at, const site_t *site,
                                 const account_source_t *source, const char *name)
{
    account_word_t word = ACCOUNT_UNKNOWN;
    for (int i = 0; i < source->providers->nelts && word == ACCOUNT_UNKNOWN; i++) {
        const password_provider_t *provider =
            &APR_ARRAY_IDX(source->providers, i, password_provider_t);
        if (provider->manner == PROVIDER_REPEATS && source->providers->nelts > 1)
            continue;
        at->per_dir_config =
            provider->settings
                ? ap_merge_per_dir_configs(at->pool, source->settings, provider->settings)
                : source->settings;
        word = provider->manner == PROVIDER_SEARCHES ? ask_by_search(at, site, provider, name)
                                                     : ask_by_password(at, provider, name);
        if (word == ACCOUNT_UNSURE) {
            const log_sink_t log = sink_of_request(at);
            providers_complain(&log, provider);
        }
    }
    return word;
}

/* A name that a trusted login gives, and has told us so: it is that one's to know. */
static bool is_of_provider(request_rec *r, const site_t *site, const char *name)
{
    user_t user;
    subject_t subject;
    return strchr(name, ':') ||
           (people_find(site->people, name, &user, r->pool) == STORE_OK &&
            people_subject(site->people, user.uid, &subject, r->pool) == STORE_OK);
}

/* Known where one source knows it; unknown where all say so. */
static account_word_t ask_all(request_rec *r, const site_t *site, const char *name)
{
    const accounts_t *accounts = site->accounts;
    account_word_t word = ACCOUNT_UNKNOWN;
    for (int i = 0; i < accounts->sources->nelts && word != ACCOUNT_KNOWN; i++) {
        const account_source_t *source = &APR_ARRAY_IDX(accounts->sources, i, account_source_t);
        apr_pool_t *p; /* what a provider borrows (a connection to a database) goes back with it */
        apr_pool_create(&p, r->pool);
        const account_word_t said = ask_source(request_at(r, source, p), site, source, name);
        apr_pool_destroy(p);
        if (said != ACCOUNT_UNKNOWN)
            word = said;
    }
    return word == ACCOUNT_UNKNOWN && is_of_provider(r, site, name) ? ACCOUNT_KNOWN : word;
}

/* `stamp` is that of the files that the answer is about. */
static account_word_t ask_settled(request_rec *r, const char *name,
                                  unsigned char stamp[STAMP_BYTES])
{
    const site_t *site = request_of(r)->site;
    const accounts_t *accounts = site->accounts;
    unsigned char after[STAMP_BYTES];
    account_word_t word = ACCOUNT_UNSURE;
    for (int i = 0; i < ROUNDS; i++) {
        files_stamp(accounts, stamp);
        word = ask_all(r, site, name);
        const apr_time_t youngest = files_stamp(accounts, after);
        if (word != ACCOUNT_UNKNOWN ||
            (youngest + SETTLED < apr_time_now() && memcmp(stamp, after, STAMP_BYTES) == 0))
            return word;
        apr_sleep(AGAIN);
    }
    return word;
}

/* ---- for how long an answer holds ---- */

/* That a name is unknown is asked again: somebody may just have come back. */
static bool kept_holds(const site_t *site, const kept_t *kept, apr_time_t now)
{
    unsigned char stamp[STAMP_BYTES];
    if (kept->word != ACCOUNT_KNOWN || kept->asked > now || now - kept->asked > BELIEVED)
        return false;
    files_stamp(site->accounts, stamp);
    return memcmp(stamp, kept->stamp, STAMP_BYTES) == 0;
}

#define TROUBLE_KEY "account-trouble"

static bool in_trouble(const site_t *site, apr_pool_t *p)
{
    store_record_t record;
    return store_get(site->store, STORE_FLEETING, TROUBLE_KEY, p, &record) == STORE_OK;
}

/* A full store keeps nothing, and the next one asks again. */
static void keep_answer(const site_t *site, const char *key, const kept_t *kept)
{
    if (kept->word == ACCOUNT_UNSURE)
        store_put(site->store, STORE_FLEETING, TROUBLE_KEY, "", 1, kept->asked + PAUSE);
    else
        store_put(site->store, STORE_FLEETING, key, kept, sizeof(*kept), kept->asked + KEPT);
}

/* ---- the book ---- */

static const char *said(account_word_t word)
{
    return word == ACCOUNT_KNOWN     ? "it is known"
           : word == ACCOUNT_UNKNOWN ? "nobody knows it"
                                     : "that can't be told now";
}

static account_word_t book_look_up(void *baton, const char *name)
{
    request_rec *r = baton;
    unsigned char stamp[STAMP_BYTES];
    const account_word_t word = ask_settled(r, name, stamp);
    const log_sink_t log = sink_of_request(r);
    log_debug(&log, "MPIN0544", "the password providers are asked for the name %s: %s",
              name_masked(name, r->pool), said(word));
    return word;
}

/* A provider in trouble keeps nobody out who was in, and lets nobody back in who was out. */
static account_word_t book_recall(void *baton, const char *name)
{
    request_rec *r = baton;
    const site_t *site = request_of(r)->site;
    const char *key = kept_key(name, r->pool);
    const apr_time_t now = apr_time_now();
    const kept_t before = kept_read(site, key, r->pool);
    if (kept_holds(site, &before, now) || in_trouble(site, r->pool))
        return (account_word_t)before.word;

    kept_t kept;
    memset(&kept, 0, sizeof(kept)); /* the gaps too: it is stored as it lies here */
    kept.layout = LAYOUT;
    kept.asked = now;
    kept.word = (unsigned char)ask_settled(r, name, kept.stamp);
    keep_answer(site, key, &kept);
    const log_sink_t log = sink_of_request(r);
    log_debug(&log, "MPIN0545", "the password providers are asked whether %s is still there: %s",
              name_masked(name, r->pool), said((account_word_t)kept.word));
    return (account_word_t)(kept.word == ACCOUNT_UNSURE ? before.word : kept.word);
}

bool knows_open(account_book_t *book, request_rec *r)
{
    const site_t *site = request_of(r)->site;
    *book = (account_book_t){book_look_up, book_recall, r,
                             site->recheck && accounts_decide(site->accounts)};
    return site->store && accounts_tell(site->accounts);
}

/* Kept without a stamp, so that it is asked for again. */
void knows_learn(request_rec *r, const char *name)
{
    const site_t *site = request_of(r)->site;
    if (!site->recheck || !site->accounts->searches || has_found(site, r->pool) ||
        ask_all(r, site, name) != ACCOUNT_KNOWN)
        return;
    kept_t kept;
    memset(&kept, 0, sizeof(kept));
    kept.layout = LAYOUT;
    kept.word = ACCOUNT_KNOWN;
    kept.asked = r->request_time;
    keep_answer(site, kept_key(name, r->pool), &kept);
}

/* ---- a session in use ---- */

/* Whose name nobody has ever proven: they were merely first. */
static bool is_strangers(const request_rec *r, const session_t *session)
{
    user_t user;
    return people_get(request_of(r)->site->people, session->uid, &user, r->pool) == STORE_OK &&
           !user.proven;
}

static void record_gone(request_rec *r, const session_t *session, account_word_t word)
{
    const log_sink_t log = sink_of_request(r);
    result_t *result = result_ok(r->pool, NULL);
    if (word == ACCOUNT_KNOWN)
        log_info(&log, "MPIN0543",
                 "the name %s, which somebody registered openly, is a password provider's now: "
                 "their session ends",
                 session->name);
    else
        log_info(&log, "MPIN0546",
                 "%s is no longer known to the password providers of this site: the session ends",
                 session->name);
    result->status = HTTP_UNAUTHORIZED;
    result->event = word == ACCOUNT_KNOWN ? "name_taken" : "account_gone";
    result->user = session->name;
    answer_audit(r, result);
}

/* Is the name still theirs? `*word` is what is said of it. */
static bool is_still_theirs(request_rec *r, const session_t *session, account_word_t *word)
{
    const bool decide = accounts_decide(request_of(r)->site->accounts);
    if (!decide && !is_strangers(r, session))
        return true;
    *word = book_recall(r, session->name);
    return *word == (decide ? ACCOUNT_KNOWN : ACCOUNT_UNKNOWN) || *word == ACCOUNT_UNSURE;
}

bool knows_owner(request_rec *r, const session_t *session)
{
    account_word_t word = ACCOUNT_UNSURE;
    return is_still_theirs(r, session, &word);
}

bool knows_session(request_rec *r)
{
    request_t *request = request_of(r);
    const session_t *session = &request->session;
    account_word_t word = ACCOUNT_UNSURE;
    if (is_still_theirs(r, session, &word))
        return true;
    record_gone(r, session, word);
    signin_end(r, r->request_time); /* a store that can't record it keeps this request out, too */
    request->session_status = SESSION_REVOKED;
    return false;
}
