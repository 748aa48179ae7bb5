/* SPDX-License-Identifier: Apache-2.0 */
/* What a user has to prove who they are (explain.h). */
#include "ctl/explain.h"

#include <apr_strings.h>
#include <string.h>

#include "ctl/named.h"
#include "factor/recovery.h"
#include "people/links.h"
#include "people/tokens.h"
#include "factor/shown_device.h"
#include "rps/admission.h"

/* ---- devices --------------------------------------------------------------------------------- */

static bool registers(const ctl_t *ctl, const char *way)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(ctl->found.json, "register"), i, each)
    {
        if (!strcmp(json_string_value(each), way))
            return true;
    }
    return false;
}

static bool counts_here(const ctl_t *ctl, origin_t origin)
{
    const rps_settings_t settings = {.service =
                                         json_is_true(json_object_get(ctl->found.json, "service")),
                                     .register_open = registers(ctl, "open"),
                                     .register_signed_in = registers(ctl, "signed-in"),
                                     .register_mail = registers(ctl, "mail"),
                                     .register_invite = registers(ctl, "invite")};
    return rps_origin_counts(&settings, origin);
}

/* Is its PIN two factors? Not on one that came after a second step which was not shown on it. */
static store_status_t weigh_pin(ctl_t *ctl, const identity_t *identity, has_t *has)
{
    const device_t device = {identity->uid, identity->handle, identity->created};
    bool shown = true;
    const store_status_t status = device_is_shown(ctl->factors, &device, &shown, ctl->p);
    has->devices++;
    has->whole += shown;
    return status;
}

static store_status_t has_devices(ctl_t *ctl, const user_t *user, has_t *has)
{
    identity_t *list;
    int count = 0;
    store_status_t status = people_identities(ctl->people, user->uid, &list, &count, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        if (!counts_here(ctl, list[i].origin))
            has->elsewhere++;
        else if (list[i].state == IDENTITY_LOCKED)
            has->locked++;
        else
            status = weigh_pin(ctl, &list[i], has);
    return status;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static store_status_t has_factors(ctl_t *ctl, const user_t *user, has_t *has)
{
    own_factor_t *list;
    int count = 0;
    const store_status_t status = factors_list(ctl->factors, user->uid, &list, &count, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        const factor_kind_t kind = list[i].kind;
        if (!list[i].confirmed)
            continue;
        has->apps += kind == KIND_TOTP || kind == KIND_WORKOS_TOTP;
        has->phones += kind == KIND_SMS || kind == KIND_WORKOS_SMS;
        has->passkeys += kind == KIND_PASSKEY;
        if (kind == KIND_RECOVERY)
            has->recovery += recovery_left(&list[i]);
    }
    return status;
}

static store_status_t has_logins(ctl_t *ctl, const user_t *user, has_t *has)
{
    linked_login_t *links;
    access_token_t *tokens;
    int count = 0;
    store_status_t status = people_links(ctl->people, user->uid, &links, &count, ctl->p);
    for (int i = 0; status == STORE_OK && i < count; i++)
        has->logins = apr_pstrcat(ctl->p, has->logins, *has->logins ? ", " : "",
                                  links[i].subject.provider, NULL);
    if (status == STORE_OK)
        status = tokens_list(ctl->people, user->uid, &tokens, &has->tokens, ctl->now, ctl->p);
    return status;
}

store_status_t explain_has(ctl_t *ctl, const char *name, has_t *has)
{
    user_t user;
    *has = (has_t){.name = name, .state = "unknown", .logins = ""};
    store_status_t status = people_find(ctl->people, name, &user, ctl->p);
    if (status == STORE_MISSING)
        return STORE_OK;
    if (status != STORE_OK)
        return status;
    has->name = apr_pstrdup(ctl->p, user.name);
    has->state = user_state_text(user.state);
    status = has_devices(ctl, &user, has);
    if (status == STORE_OK)
        status = has_factors(ctl, &user, has);
    return status == STORE_OK ? has_logins(ctl, &user, has) : status;
}
