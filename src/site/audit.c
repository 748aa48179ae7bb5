/* SPDX-License-Identifier: Apache-2.0 */
#include "site/audit.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <http_core.h>
#include <http_log.h>
#include <http_config.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "site/sink.h"

APLOG_USE_MODULE(auth_mpin);

#define RETAINED "mod_auth_mpin/audit/1" /* a number for each layout of what follows */
#define PIPE_BYTES (1 << 20)             /* some thousand records: what an unprivileged user may */
#define SOON apr_time_from_sec(1)

/* One value of MPinAuditLog. It outlives the configuration and this very code, which is loaded anew
 * at each reload: nothing in it points to either. */
typedef struct outlet_t {
    struct outlet_t *next;
    const char *log; /* as it was written */
    journal_gap_t *gap;
    bool named; /* by this generation */

    /* a pipe's */
    int reading, writing; /* -1: let go of, or a file */
    apr_proc_t program;   /* pid 0: none */
    apr_time_t begun;
} outlet_t;

typedef struct outlets_t {
    apr_pool_t *pool; /* the process's */
    outlet_t *first;
} outlets_t;

/* Of this generation. */
static outlets_t *outlets;
static server_rec *audit_server;
static pid_t audit_parent;

static outlet_t *outlet_of(const char *log)
{
    for (outlet_t *outlet = outlets->first; outlet; outlet = outlet->next)
        if (!strcmp(outlet->log, log))
            return outlet;
    journal_gap_t *gap = journal_gap_make();
    if (!gap)
        return NULL;
    outlet_t *outlet = apr_pcalloc(outlets->pool, sizeof(*outlet));
    outlet->log = apr_pstrdup(outlets->pool, log);
    outlet->gap = gap;
    outlet->reading = outlet->writing = -1;
    outlet->next = outlets->first;
    outlets->first = outlet;
    return outlet;
}

/* ---- the program behind a pipe --------------------------------------------------------------- */

/* "|PROGRAM ARGUMENTS" or "||..."; "|$COMMAND" is a shell's: as httpd reads its own. */
static char **audit_words(const char *log, apr_pool_t *p)
{
    char **words;
    const char *text = log + 1;
    if (*text == '|')
        text++;
    if (*text == '$') {
        words = apr_pcalloc(p, 4 * sizeof(*words));
        words[0] = apr_pstrdup(p, "/bin/sh");
        words[1] = apr_pstrdup(p, "-c");
        words[2] = apr_pstrdup(p, text + 1);
        return words;
    }
    return apr_tokenize_to_argv(text, &words, p) == APR_SUCCESS && words[0] ? words : NULL;
}

/* In the new process. httpd signals its process group when it stops or restarts: the program is in
 * another one, because its end is the end of the pipe. */
static void become_program(const outlet_t *outlet, char **words)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    apr_pool_cleanup_for_exec();
    dup2(outlet->reading, STDIN_FILENO);
    execvp(words[0], words);
    fprintf(stderr, "MPinAuditLog: %s: %s\n", words[0], strerror(errno));
    _exit(127);
}

/* Such a program is found by httpd's parent when it ends, which must not take it for a child of its
 * own. */
static void program_ended(int reason, void *data, int status);

static void watch_program(outlet_t *outlet)
{
    apr_pool_t *pconf = audit_server->process->pconf;
    apr_proc_other_child_register(&outlet->program, program_ended, outlet, NULL, pconf);
}

static void start_program(outlet_t *outlet)
{
    apr_pool_t *p;
    apr_pool_create(&p, audit_server->process->pconf);
    char **words = audit_words(outlet->log, p);
    const pid_t pid = words ? fork() : -1;
    if (pid == 0)
        become_program(outlet, words);
    apr_pool_destroy(p);
    outlet->begun = apr_time_now();
    outlet->program = (apr_proc_t){.pid = pid > 0 ? pid : 0};
    if (pid > 0)
        watch_program(outlet);
}

static bool audit_goes_on(void)
{
    int state = AP_MPMQ_RUNNING;
    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) != APR_SUCCESS || state != AP_MPMQ_STOPPING;
}

static void program_ended(int reason, void *data, int status)
{
    outlet_t *outlet = data;
    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST)
        return;
    apr_proc_other_child_unregister(outlet);
    outlet->program.pid = 0;
    if (!outlet->named || !audit_goes_on())
        return;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, audit_server,
                 "MPIN0482: the program of MPinAuditLog %s has ended (status %d) and is started "
                 "again; records wait in its pipe meanwhile",
                 outlet->log, status);
    if (apr_time_now() - outlet->begun >= SOON)
        start_program(outlet);
}

int audit_monitor(apr_pool_t *p, server_rec *main_server)
{
    (void)p, (void)main_server;
    for (outlet_t *outlet = outlets ? outlets->first : NULL; outlet; outlet = outlet->next)
        if (outlet->named && outlet->writing >= 0 && !outlet->program.pid)
            start_program(outlet);
    return OK;
}

/* ---- a generation ---------------------------------------------------------------------------- */

void audit_begin(const server_rec *main_server)
{
    void *retained = ap_retained_data_get(RETAINED);
    if (!retained) {
        outlets_t *fresh = ap_retained_data_create(RETAINED, sizeof(*fresh));
        fresh->pool = main_server->process->pool;
        retained = fresh;
    }
    outlets = retained;
    for (outlet_t *outlet = outlets->first; outlet; outlet = outlet->next)
        outlet->named = false;
}

/* We keep the reading end, too: while a program is started again, what was written waits. */
static bool open_pipe(outlet_t *outlet)
{
    int ends[2];
    if (outlet->writing >= 0)
        return true;
    if (pipe2(ends, O_CLOEXEC))
        return false;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* where it may not, 64 KB do */
    outlet->reading = ends[0];
    outlet->writing = ends[1];
    return true;
}

journal_t *audit_open(const char *log, apr_pool_t *pconf)
{
    const char *wrong; /* is told by the parser */
    outlet_t *outlet = outlet_of(log);
    if (!outlet)
        return NULL;
    outlet->named = true;
    if (log_daemon_named(log))
        return journal_of_daemon(log_daemon_make(log, pconf, &wrong), log, outlet->gap, pconf);
    if (*log != '|')
        return journal_open(log, outlet->gap, pconf);
    return open_pipe(outlet) ? journal_of_pipe(outlet->writing, log, outlet->gap, pconf) : NULL;
}

journal_t *audit_without(const char *log, apr_pool_t *pconf)
{
    outlet_t *outlet = outlet_of(log);
    return outlet ? journal_absent(outlet->log, outlet->gap, pconf) : NULL;
}

static void let_go(outlet_t *outlet)
{
    if (outlet->writing < 0)
        return;
    close(outlet->writing);
    close(outlet->reading);
    outlet->reading = outlet->writing = -1;
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool has_ended(outlet_t *outlet)
{
    if (outlet->program.pid > 0 && waitpid(outlet->program.pid, NULL, WNOHANG) != 0)
        outlet->program.pid = 0;
    return outlet->program.pid <= 0;
}

/* One that needs longer is left to it: who ended it could not know what it still works on. */
static void read_to_the_end(outlet_t *outlet)
{
    log_sink_t sink = sink_of(audit_server);
    if (outlet->writing >= 0) {
        journal_end(journal_of_pipe(outlet->writing, outlet->log, outlet->gap, outlets->pool),
                    &sink);
        close(outlet->writing);
    }
    for (int tries = 0; !has_ended(outlet) && tries < 100 * AUDIT_END_SECONDS; tries++)
        apr_sleep(10000);
}

/* The configuration is given up: for another one, or because httpd ends. */
static apr_status_t audit_over(void *data)
{
    (void)data;
    if (getpid() != audit_parent || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_EXITING)
        return APR_SUCCESS;
    for (outlet_t *outlet = outlets->first; outlet; outlet = outlet->next)
        read_to_the_end(outlet);
    return APR_SUCCESS;
}

void audit_settle(server_rec *main_server, apr_pool_t *pconf)
{
    audit_server = main_server;
    audit_parent = getpid();
    for (outlet_t *outlet = outlets->first; outlet; outlet = outlet->next) {
        if (!outlet->named)
            let_go(outlet);
        if (outlet->program.pid)
            watch_program(outlet);
        else if (outlet->named && outlet->writing >= 0)
            start_program(outlet);
    }
    apr_pool_cleanup_register(pconf, NULL, audit_over, apr_pool_cleanup_null);
}
