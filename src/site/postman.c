/* SPDX-License-Identifier: Apache-2.0 */
#include "site/postman.h"
#include "notice/letter.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "site/site.h"

#define LOOK_SECONDS 1

typedef struct postman_t {
    server_rec *main_server;
    apr_pool_t *pool;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop; /* under `mutex`; libcurl and the queue look at it as it is */
} postman_t;

/* A site and who sends for it. */
typedef struct round_t {
    const site_t *site;
    const postman_t *postman;
} round_t;

static outbox_outcome_t send_one(const round_t *round, const notice_t *notice, const char **why,
                                 apr_pool_t *p)
{
    const site_t *site = round->site;
    smtp_server_t server = *site->mail;
    mail_t mail;
    const letterhead_t head = {site->templates, site->title,   site->url.host,
                               site->url.text,  site->contact, site->languages};
    server.stop = &round->postman->stop;
    if (!letter_write(&head, notice, &mail, p)) {
        *why = "its template cannot be used";
        return OUTBOX_NEVER;
    }
    switch (smtp_send(&server, &mail, why, p)) {
    case SMTP_SENT:
        return OUTBOX_SENT;
    case SMTP_NEVER:
        return OUTBOX_NEVER;
    default:
        return OUTBOX_LATER;
    }
}

static outbox_outcome_t send_mail(void *baton, const notice_t *notice, const char **why,
                                  apr_pool_t *p)
{
    static const ledger_mail_t counted[] = {[OUTBOX_SENT] = LEDGER_MAIL_SENT,
                                            [OUTBOX_LATER] = LEDGER_MAIL_LATER,
                                            [OUTBOX_NEVER] = LEDGER_MAIL_NEVER};
    const round_t *round = baton;
    const outbox_outcome_t outcome = send_one(round, notice, why, p);
    if (!round->postman->stop) /* else nothing has failed */
        ledger_mail(round->site->ledger, counted[outcome], apr_time_now());
    return outcome;
}

/* Vhosts may share a configuration: each is looked at once. */
static bool is_first(const postman_t *postman, const server_rec *server)
{
    const server_rec *earlier = postman->main_server;
    while (earlier != server && directives_of(earlier) != directives_of(server))
        earlier = earlier->next;
    return earlier == server;
}

static void go_round(postman_t *postman)
{
    apr_pool_t *p;
    for (server_rec *server = postman->main_server; server; server = server->next) {
        const site_t *site = is_first(postman, server) ? site_of(server) : NULL;
        if (!site || !site->mail || !site->store)
            continue;
        apr_pool_create(&p, postman->pool);
        const outbox_t outbox = {site->store, site->url.text};
        round_t round = {site, postman};
        const outbox_sender_t sender = {send_mail, &round, &postman->stop, &site->log};
        outbox_send(&outbox, &sender, apr_time_now(), p);
        apr_pool_destroy(p);
    }
}

static void *work(void *baton)
{
    postman_t *postman = baton;
    pthread_mutex_lock(&postman->mutex);
    while (!postman->stop) {
        struct timespec until;
        pthread_mutex_unlock(&postman->mutex);
        go_round(postman);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_SECONDS;
        pthread_mutex_lock(&postman->mutex);
        if (!postman->stop)
            pthread_cond_timedwait(&postman->wake, &postman->mutex, &until);
    }
    pthread_mutex_unlock(&postman->mutex);
    return NULL;
}

static apr_status_t postman_stop(void *data)
{
    postman_t *postman = data;
    pthread_mutex_lock(&postman->mutex);
    postman->stop = true;
    pthread_cond_signal(&postman->wake);
    pthread_mutex_unlock(&postman->mutex);
    pthread_join(postman->thread, NULL);
    return APR_SUCCESS;
}

static bool is_wanted(const server_rec *server)
{
    for (; server; server = server->next)
        if (directives_of(server)->engine && directives_of(server)->mail.host)
            return true;
    return false;
}

/* Signals are for httpd's own threads. */
static bool postman_start_thread(postman_t *postman)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&postman->thread, NULL, work, postman);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

void postman_start(apr_pool_t *pchild, server_rec *main_server)
{
    if (!is_wanted(main_server))
        return;
    postman_t *postman = apr_pcalloc(pchild, sizeof(*postman));
    postman->main_server = main_server;
    pthread_mutex_init(&postman->mutex, NULL);
    pthread_cond_init(&postman->wake, NULL);
    apr_allocator_t *allocator;
    if (apr_allocator_create(&allocator))
        return;
    if (apr_pool_create_ex(&postman->pool, pchild, NULL, allocator)) {
        apr_allocator_destroy(allocator);
        return;
    }
    apr_allocator_owner_set(allocator, postman->pool);
    if (postman_start_thread(postman))
        apr_pool_pre_cleanup_register(pchild, postman, postman_stop);
}
