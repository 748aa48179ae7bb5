/* SPDX-License-Identifier: Apache-2.0 */
/* Users disabled, enabled, deleted; names freed. */
#include "ctl/changes.h"

#include "ctl/changed.h"
#include "ctl/named.h"
#include "ctl/show.h"
#include "people/subject.h"

ctl_end_t ctl_user_disable(ctl_t *ctl)
{
    user_t user;
    const ctl_end_t end = named_living(ctl, ctl->word[0], &user);
    if (end)
        return end;
    if (user.state == USER_DISABLED)
        return ctl_fail(CTL_NOT_DONE, "%s is disabled already", user.name);
    if (!change_wished(ctl, "Disable %s, and end all their sessions?", user.name))
        return CTL_NOT_DONE;
    const store_status_t status = people_disable(ctl->people, user.uid, ctl->now, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    changed_told_user(ctl, "user_disabled", &user, NOTICE_DISABLED);
    return show_done(ctl, "user_disabled", "%s is disabled: signed out, and let in by nothing.",
                     user.name);
}

ctl_end_t ctl_user_enable(ctl_t *ctl)
{
    user_t user;
    const ctl_end_t end = named_living(ctl, ctl->word[0], &user);
    if (end)
        return end;
    if (user.state == USER_ACTIVE)
        return ctl_fail(CTL_NOT_DONE, "%s is not disabled", user.name);
    if (!change_wished(ctl, "Enable %s?", user.name))
        return CTL_NOT_DONE;
    const store_status_t status = people_enable(ctl->people, user.uid, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    changed_told_user(ctl, "user_enabled", &user, NOTICE_ENABLED);
    return show_done(ctl, "user_enabled", "%s may sign in again, with what they had.", user.name);
}

ctl_end_t ctl_user_delete(ctl_t *ctl)
{
    user_t user;
    const ctl_end_t end = named_living(ctl, ctl->word[0], &user);
    if (end)
        return end;
    if (!change_wished(ctl, "Delete %s with all devices, passkeys and second steps, for good?",
                       user.name))
        return CTL_NOT_DONE;
    /* the mailbox is looked up before: nothing of a deleted user is left after */
    const changed_t changed = {.event = "user_deleted",
                               .user = user.name,
                               .notice = NOTICE_DELETED,
                               .mailbox = people_mailbox(ctl->people, user.uid, user.name, ctl->p)};
    const store_status_t status = people_delete(ctl->people, user.uid, ctl->now, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    changed_told(ctl, &changed);
    return show_done(ctl, "user_deleted", "%s is deleted; the name is free in 30 days.", user.name);
}

ctl_end_t ctl_name_free(ctl_t *ctl)
{
    static const char owned[] = "somebody has proven to own %s: it was not taken openly; mpinctl "
                                "user delete NAME is for that";
    user_t user;
    const ctl_end_t end = named_living(ctl, ctl->word[0], &user);
    if (end)
        return end;
    if (user.proven)
        return ctl_fail(CTL_NOT_DONE, owned, user.name);
    if (!change_wished(ctl, "Free the name %s, and erase what its first comer has set up?",
                       user.name))
        return CTL_NOT_DONE;
    const store_status_t status = people_free_name(ctl->people, user.uid, ctl->now, ctl->p);
    if (status == STORE_EXISTS)
        return ctl_fail(CTL_NOT_DONE, owned, user.name);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    changed_told_user(ctl, "name_freed", &user, NOTICE_NONE);
    return show_done(ctl, "name_freed", "The name %s is free.", user.name);
}
