/* SPDX-License-Identifier: Apache-2.0 */
/* Devices unlocked and removed, factors reset, sessions ended. */
#include "ctl/changes.h"

#include "ctl/changed.h"
#include "ctl/named.h"
#include "ctl/show.h"
#include "factor/erase.h"
#include "people/subject.h"

/* ---- devices --------------------------------------------------------------------------------- */

static void told_of_device(const ctl_t *ctl, const char *event, const identity_t *device,
                           notice_kind_t notice)
{
    const changed_t changed = {.event = event,
                               .user = device->name,
                               .identity = device->handle,
                               .notice = notice,
                               .mailbox =
                                   people_mailbox(ctl->people, device->uid, device->name, ctl->p),
                               .device = device->device};
    changed_told(ctl, &changed);
}

ctl_end_t ctl_device_unlock(ctl_t *ctl)
{
    identity_t device;
    const ctl_end_t end = named_device(ctl, ctl->word[0], &device);
    if (end)
        return end;
    if (!change_wished(ctl, "Let the device %s \"%s\" of %s take PINs again?",
                       people_label(device.handle, ctl->p), device.device, device.name))
        return CTL_NOT_DONE;
    const store_status_t status = people_unlock_identity(ctl->people, device.handle, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, "such device");
    told_of_device(ctl, "identity_unlocked", &device, NOTICE_UNLOCKED);
    return show_done(ctl, "identity_unlocked", "The device takes its PIN again.%s",
                     people_recent_failures(&device, ctl->now) >= RECENT_FAILURES - 1
                         ? " One more wrong PIN locks it: there were too many in 30 days."
                         : "");
}

static store_status_t withdraw(ctl_t *ctl, const identity_t *device, apr_pool_t *p)
{
    const store_status_t status = people_revoke_identity(ctl->people, device->handle, ctl->now, p);
    if (status == STORE_OK)
        told_of_device(ctl, "identity_removed", device, NOTICE_REVOKED);
    return status;
}

typedef struct withdrawing_t {
    ctl_t *ctl;
    apr_pool_t *scratch;
    int count;
    store_status_t status;
} withdrawing_t;

static bool withdraw_devices_of(void *baton, const user_t *user)
{
    withdrawing_t *withdrawing = baton;
    ctl_t *ctl = withdrawing->ctl;
    identity_t *list;
    int count = 0;
    apr_pool_clear(withdrawing->scratch);
    withdrawing->status =
        people_identities(ctl->people, user->uid, &list, &count, withdrawing->scratch);
    for (int i = 0; withdrawing->status == STORE_OK && i < count; i++) {
        if (list[i].state == IDENTITY_REVOKED)
            continue;
        withdrawing->status = withdraw(ctl, &list[i], withdrawing->scratch);
        withdrawing->count++;
    }
    return withdrawing->status == STORE_OK;
}

/* Of one user, or of everybody, where `user` is NULL. */
static ctl_end_t remove_devices(ctl_t *ctl, const user_t *user)
{
    withdrawing_t withdrawing = {.ctl = ctl};
    store_status_t status = STORE_OK;
    if (!change_wished(ctl, "Remove all devices of %s, for good?", user ? user->name : "everybody"))
        return CTL_NOT_DONE;
    apr_pool_create(&withdrawing.scratch, ctl->p);
    if (user)
        withdraw_devices_of(&withdrawing, user);
    else
        status = people_each(ctl->people, withdraw_devices_of, &withdrawing, ctl->p);
    if (status == STORE_OK)
        status = withdrawing.status;
    if (status != STORE_OK)
        return ctl_fail_store(status, "device");
    return show_done(ctl, "identity_removed",
                     "%d devices can't sign in any more, and are signed out.", withdrawing.count);
}

static ctl_end_t remove_many(ctl_t *ctl)
{
    user_t user;
    const char *name = ctl->options->given[OPTION_USER];
    if (ctl->word[0] || !name == !ctl_given(ctl, OPTION_ALL))
        return ctl_fail(CTL_UNABLE, "write device remove HANDLE, --user NAME or --all");
    if (!name)
        return remove_devices(ctl, NULL);
    const ctl_end_t end = named_living(ctl, name, &user);
    return end ? end : remove_devices(ctl, &user);
}

ctl_end_t ctl_device_remove(ctl_t *ctl)
{
    identity_t device;
    if (!ctl->word[0] || ctl->options->given[OPTION_USER] || ctl_given(ctl, OPTION_ALL))
        return remove_many(ctl);
    const ctl_end_t end = named_device(ctl, ctl->word[0], &device);
    if (end)
        return end;
    if (!change_wished(ctl, "Remove the device %s \"%s\" of %s, for good?",
                       people_label(device.handle, ctl->p), device.device, device.name))
        return CTL_NOT_DONE;
    const store_status_t status = withdraw(ctl, &device, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, "such device");
    return show_done(ctl, "identity_removed",
                     "The device can't sign in any more, and is signed out.");
}

/* ---- factors --------------------------------------------------------------------------------- */

/* A user without any is as one who never had one: the next sign-in that asks for a second step sets one
 * up, where the site lets people do that. */
ctl_end_t ctl_factor_reset(ctl_t *ctl)
{
    user_t user;
    const ctl_end_t end = named_living(ctl, ctl->word[0], &user);
    if (end)
        return end;
    if (!change_wished(ctl, "Erase all passkeys, second steps and recovery codes of %s?",
                       user.name))
        return CTL_NOT_DONE;
    store_status_t status = factor_erase_user(ctl->store, user.uid, ctl->p);
    if (status == STORE_OK)
        status = people_end_sessions(ctl->people, user.uid, ctl->now, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    changed_told_user(ctl, "factors_reset", &user, NOTICE_STEPS_RESET);
    return show_done(ctl, "factors_reset",
                     "%s has no second step any more, and is signed out; devices with a PIN are "
                     "left alone.",
                     user.name);
}

/* ---- sessions -------------------------------------------------------------------------------- */

static ctl_end_t end_of_one(ctl_t *ctl, const char *typed)
{
    user_t user;
    const ctl_end_t end = named_living(ctl, typed, &user);
    if (end)
        return end;
    if (!change_wished(ctl, "Sign %s out everywhere?", user.name))
        return CTL_NOT_DONE;
    const store_status_t status = people_end_sessions(ctl->people, user.uid, ctl->now, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, user.name);
    changed_told_user(ctl, "sessions_ended", &user, NOTICE_SESSIONS_ENDED);
    return show_done(ctl, "sessions_ended", "%s is signed out everywhere.", user.name);
}

typedef struct ending_t {
    ctl_t *ctl;
    apr_pool_t *scratch;
    store_status_t status;
} ending_t;

/* Browsers in which the second step is spared die with a version of their user. */
static bool forget_browsers(void *baton, const user_t *user)
{
    ending_t *ending = baton;
    ctl_t *ctl = ending->ctl;
    own_factor_t *list;
    int count = 0, browsers = 0;
    apr_pool_clear(ending->scratch);
    if (user->state == USER_DELETED)
        return true;
    ending->status = factors_list(ctl->factors, user->uid, &list, &count, ending->scratch);
    for (int i = 0; ending->status == STORE_OK && i < count; i++)
        browsers += list[i].kind == KIND_BROWSER;
    if (ending->status == STORE_OK && browsers)
        ending->status = people_end_sessions(ctl->people, user->uid, ctl->now, ending->scratch);
    return ending->status == STORE_OK;
}

static ctl_end_t end_of_all(ctl_t *ctl)
{
    ending_t ending = {.ctl = ctl};
    if (!change_wished(ctl, "Sign everybody out, everywhere?"))
        return CTL_NOT_DONE;
    apr_pool_create(&ending.scratch, ctl->p);
    store_status_t status = revocations_add(ctl->revocations, REVOKE_ALL, NULL, 0, ctl->now,
                                            ctl->now + ctl->found.longest);
    if (status == STORE_OK)
        status = people_each(ctl->people, forget_browsers, &ending, ctl->p);
    if (status == STORE_OK)
        status = ending.status;
    if (status != STORE_OK)
        return ctl_fail_store(status, "user");
    const changed_t changed = {.event = "all_sessions_ended"};
    changed_told(ctl, &changed);
    return show_done(ctl, "all_sessions_ended", "Everybody is signed out.");
}

ctl_end_t ctl_session_end(ctl_t *ctl)
{
    const char *name = ctl->options->given[OPTION_USER];
    if (!name == !ctl_given(ctl, OPTION_ALL))
        return ctl_fail(CTL_UNABLE, "write session end --user NAME, or session end --all");
    return name ? end_of_one(ctl, name) : end_of_all(ctl);
}
