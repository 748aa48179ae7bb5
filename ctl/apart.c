/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/apart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/opened.h"

static ctl_end_t open_and_work(ctl_t *ctl, apart_work_t work, const void *baton)
{
    const ctl_end_t end = opened_for(ctl, NEEDS_STORE);
    return end ? end : work(ctl, baton);
}

ctl_end_t apart_run(ctl_t *ctl, apart_work_t work, const void *baton)
{
    int status = 0;
    fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0)
        return ctl_fail(CTL_UNABLE, "no process can be started: %s", strerror(errno));
    if (!pid) {
        const ctl_end_t end = open_and_work(ctl, work, baton);
        apr_pool_destroy(ctl->p); /* closes the store */
        fflush(stdout);
        _exit(end);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? (ctl_end_t)WEXITSTATUS(status) : CTL_UNABLE;
}
