/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/reloaded.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ctl/apart.h"
#include "ctl/typed.h"
#include "store/roots.h"

#define WAIT_STEP apr_time_from_msec(100)
#define WAIT_STEPS 600 /* a minute */

/* 0: there is none. */
static pid_t server_pid(const ctl_t *ctl)
{
    char line[32] = "";
    long pid = 0;
    FILE *file = ctl->found.pid_file ? fopen(ctl->found.pid_file, "re") : NULL;
    if (!file)
        return 0;
    const bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    return read && typed_number(line, 2, INT_MAX, &pid) &&
                   (kill((pid_t)pid, 0) == 0 || errno == EPERM)
               ? (pid_t)pid
               : 0;
}

bool server_runs(const ctl_t *ctl)
{
    return server_pid(ctl) != 0;
}

static bool is_so(const roots_loaded_t *loaded, root_state_t state)
{
    switch (state) {
    case ROOT_KNOWN:
        return loaded->known;
    case ROOT_SEALS:
        return loaded->seals;
    case ROOT_GONE:
        break;
    }
    return !loaded->known;
}

ctl_end_t root_loaded(ctl_t *ctl, const void *baton)
{
    const root_wish_t *wish = baton;
    roots_loaded_t loaded;
    apr_pool_t *scratch;
    apr_pool_create(&scratch, ctl->p);
    for (int tries = wish->tries;; tries--) {
        const store_status_t status = roots_loaded(ctl->store, wish->number, &loaded, scratch);
        if (status != STORE_OK)
            return ctl_fail_store(status, "store");
        if (is_so(&loaded, wish->state))
            return CTL_DONE;
        if (tries <= 0)
            return CTL_NOT_DONE;
        apr_pool_clear(scratch);
        apr_sleep(WAIT_STEP);
    }
}

ctl_end_t reloaded_with(ctl_t *ctl, unsigned char number, root_state_t state)
{
    const root_wish_t wish = {number, state, WAIT_STEPS};
    const pid_t pid = server_pid(ctl);
    if (!pid)
        return CTL_DONE;
    if (kill(pid, SIGUSR1))
        return ctl_fail(CTL_UNABLE, "httpd can't be reloaded: %s; run mpinctl as root",
                        strerror(errno));
    const ctl_end_t end = apart_run(ctl, root_loaded, &wish);
    return end == CTL_NOT_DONE
               ? ctl_fail(CTL_UNABLE, "httpd was reloaded, but hasn't loaded the key file: see its "
                                      "error log, and write the same command again")
               : end;
}
