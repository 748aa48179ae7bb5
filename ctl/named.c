/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/named.h"

#include <apr_strings.h>

ctl_end_t named_user(const ctl_t *ctl, const char *typed, user_t *user)
{
    const char *name = name_here(ctl->found.names, typed, ctl->p);
    if (!name)
        return ctl_fail(CTL_UNABLE, "\"%s\" is no name of a user here", typed);
    return ctl_fail_store(people_find(ctl->people, name, user, ctl->p),
                          apr_pstrcat(ctl->p, "user ", name, NULL));
}

ctl_end_t named_living(const ctl_t *ctl, const char *typed, user_t *user)
{
    const ctl_end_t end = named_user(ctl, typed, user);
    if (end == CTL_DONE && user->state == USER_DELETED)
        return ctl_fail(CTL_NOT_DONE, "%s is deleted already", user->name);
    return end;
}

ctl_end_t named_device(const ctl_t *ctl, const char *typed, identity_t *identity)
{
    const char *what = apr_psprintf(ctl->p, "device %s", typed);
    const store_status_t status = people_labelled(ctl->people, typed, identity, ctl->p);
    if (status == STORE_EXISTS)
        return ctl_fail(CTL_NOT_DONE, "several handles begin with %s: write more digits", typed);
    if (status == STORE_OK && identity->state == IDENTITY_REVOKED)
        return ctl_fail(CTL_NOT_DONE, "%s is removed already", what);
    if (status == STORE_MISSING)
        return ctl_fail(CTL_NOT_DONE,
                        "there is no %s; mpinctl user NAME shows the handles, of which %d digits "
                        "are enough",
                        what, PEOPLE_LABEL_MIN);
    return ctl_fail_store(status, what);
}

const char *user_state_text(user_state_t state)
{
    switch (state) {
    case USER_ACTIVE:
        return "active";
    case USER_DISABLED:
        return "disabled";
    case USER_DELETED:
        break;
    }
    return "deleted";
}
