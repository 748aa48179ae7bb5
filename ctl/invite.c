/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations: a link, and its QR code for a phone that looks at the screen. */
#include "ctl/changes.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "ctl/changed.h"
#include "ctl/named.h"
#include "ctl/show.h"
#include "ctl/typed.h"
#include "people/invitation.h"
#include "phone/qr.h"

static bool takes_invitations(const found_t *found)
{
    apr_size_t i;
    json_t *way;
    json_array_foreach(json_object_get(found->json, "register"), i, way)
    {
        if (!strcmp(json_string_value(way), "invite"))
            return found->url && found->activate;
    }
    return false;
}

/* A user that is there must be active; a name that is nobody's may be invited as well. */
static ctl_end_t may_be_invited(const ctl_t *ctl, const char *name)
{
    user_t user;
    const store_status_t status = people_find(ctl->people, name, &user, ctl->p);
    if (status == STORE_MISSING)
        return CTL_DONE;
    if (status == STORE_OK && user.state != USER_ACTIVE)
        return ctl_fail(CTL_NOT_DONE, "%s is %s; an invitation would let nobody in", name,
                        user_state_text(user.state));
    return ctl_fail_store(status, name);
}

static ctl_end_t show_invitation(const ctl_t *ctl, const char *name, const char *link,
                                 apr_time_t until)
{
    json_t *made = json_tie(ctl->p, json_object());
    json_set_text(made, "user", name);
    json_set_text(made, "link", link);
    json_object_set_new(made, "until", show_time((uint32_t)apr_time_sec(until)));
    if (show_json(ctl, made))
        return CTL_DONE;
    const char *drawn = qr_terminal(link, ctl->p);
    printf(
        "%s\n%s\nWhoever opens it sets up a device as %s: give it to nobody else. Good once, until "
        "%s.\n",
        drawn ? drawn : "", link, name, json_string_value(json_object_get(made, "until")));
    return CTL_DONE;
}

ctl_end_t ctl_invite(ctl_t *ctl)
{
    char token[INVITATION_TEXT];
    long days = INVITATION_DAYS;
    const char *typed = ctl->options->given[OPTION_DAYS];
    const char *name = name_of_site(ctl->found.names, ctl->word[0], ctl->p);
    if (typed && !typed_number(typed, 1, INVITATION_DAYS_MAX, &days))
        return ctl_fail(CTL_UNABLE, "--days is a number from 1 to %d", INVITATION_DAYS_MAX);
    if (!name)
        return ctl_fail(CTL_UNABLE, "\"%s\" is no name of a user here", ctl->word[0]);
    if (!ctl->found.json)
        return ctl_fail(CTL_UNABLE,
                        "the link is the site's, which httpd's configuration names: leave "
                        "out --store and --keys");
    if (!takes_invitations(&ctl->found))
        return ctl_fail(CTL_NOT_DONE, "the site takes no invitations; write invite into its "
                                      "MPinRegister and reload httpd");
    const ctl_end_t end = may_be_invited(ctl, name);
    if (end)
        return end;
    if (!change_wished(ctl, "Invite whoever gets the link to be %s?", name))
        return CTL_NOT_DONE;
    const apr_time_t until = ctl->now + apr_time_from_sec((apr_int64_t)days * 86400);
    const store_status_t status =
        invitation_make(ctl->people, name, ctl->now, until, token, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, name);
    const changed_t changed = {.event = "invitation_made", .user = name};
    changed_told(ctl, &changed);
    return show_invitation(
        ctl, name, apr_pstrcat(ctl->p, ctl->found.url, ctl->found.activate, "?i=", token, NULL),
        until);
}
