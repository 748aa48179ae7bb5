/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/explain.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctl/opened.h"
#include "ctl/show.h"
#include "session/demand.h"

#define DEVICE_FACTORS (FACTOR_BIT(FACTOR_PASSKEY) | FACTOR_BIT(FACTOR_SECURITY_KEY))

typedef struct explained_t {
    ctl_t *ctl;
    const json_t *place;
    has_t has;
    uint32_t first, second; /* FACTOR_BITs that the place takes */
    json_t *by, *lacks;     /* arrays of sentences' ends */
    json_t *all;            /* what is printed */
    apr_pool_t *p;
} explained_t;

static const char *place_text(const explained_t *it, const char *key)
{
    const char *text = json_string_value(json_object_get(it->place, key));
    return text ? text : "";
}

static void __attribute__((format(printf, 3, 4)))
explain_note(const explained_t *it, json_t *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_array_append_new(list, json_string(apr_pvsprintf(it->p, format, args)));
    va_end(args);
}

/* ---- factors --------------------------------------------------------------------------------- */

static bool place_takes(const explained_t *it, factor_t factor)
{
    return it->first & FACTOR_BIT(factor);
}

/* What the user can prove here as a second step, beside a PIN or passkey that is two by itself. */
static uint32_t second_steps(const has_t *has)
{
    return (has->apps ? FACTOR_BIT(FACTOR_TOTP) : 0) | (has->phones ? FACTOR_BIT(FACTOR_SMS) : 0) |
           (has->recovery ? FACTOR_BIT(FACTOR_RECOVERY) : 0) | (has->passkeys ? DEVICE_FACTORS : 0);
}

/* The words behind a first factor: nothing where it is enough. NULL: the second step is missing. */
static const char *second_behind(const explained_t *it, uint32_t first)
{
    const uint32_t have = it->second & second_steps(&it->has);
    if (!it->second || (it->second & first))
        return "";
    if (have)
        return apr_pstrcat(it->p, ", then ", demand_names(have, it->p), NULL);
    return json_is_true(json_object_get(it->place, "enrol"))
               ? ", then a second step that is set up on the way"
               : NULL;
}

static void add_way(explained_t *it, const char *what, uint32_t first)
{
    const char *second = second_behind(it, first);
    const char *account = it->ctl->found.account;
    if (second)
        explain_note(it, it->by, "%s%s", what, second);
    else
        explain_note(it, it->lacks, "a second step (%s) behind their %s; they set one up at %s",
                     place_text(it, "second_word"), what, account ? account : "the account page");
}

static void weigh_devices(explained_t *it)
{
    const has_t *has = &it->has;
    if (has->whole)
        add_way(it, "PIN", FACTOR_BIT(FACTOR_PIN));
    else if (has->devices)
        add_way(it, "PIN (one factor: its device has not shown the second step yet)", 0);
    else if (has->locked)
        explain_note(it, it->lacks,
                     "a PIN: %d locked after wrong PINs; mpinctl user %s, then mpinctl "
                     "device unlock HANDLE",
                     has->locked, has->name);
    else if (has->elsewhere)
        explain_note(it, it->lacks,
                     "a PIN: the device was set up in a way that MPinRegister no longer "
                     "takes");
    else
        explain_note(it, it->lacks, "a PIN: no device is set up");
}

/* Those that MPinLoginMethods names there. */
static const char *logins_taken(const explained_t *it)
{
    const char *text = "trusted login";
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(it->place, "logins"), i, each)
    {
        text = apr_pstrcat(it->p, text, i ? " or " : " ", json_string_value(each), NULL);
    }
    return apr_pstrcat(it->p, text, " (if it says that name)", NULL);
}

/* Whether a password is right, and whether a provider knows them, mpinctl does not ask. */
static void weigh_first(explained_t *it)
{
    const has_t *has = &it->has;
    if (place_takes(it, FACTOR_PIN))
        weigh_devices(it);
    if (place_takes(it, FACTOR_PASSWORD))
        add_way(it, "password (if its provider knows them)", 0);
    if (place_takes(it, FACTOR_PASSKEY) && has->passkeys)
        add_way(it, "passkey", DEVICE_FACTORS);
    else if (place_takes(it, FACTOR_PASSKEY))
        explain_note(it, it->lacks, "a passkey: none is set up");
    if (place_takes(it, FACTOR_TRUSTED) && json_array_size(json_object_get(it->place, "logins")))
        add_way(it, logins_taken(it), 0);
    else if (place_takes(it, FACTOR_TRUSTED))
        add_way(it,
                *has->logins ? apr_pstrcat(it->p, "trusted login ", has->logins, NULL)
                             : "trusted login (if it says that name)",
                0);
    if (place_takes(it, FACTOR_TOKEN) && has->tokens)
        explain_note(it, it->by, "token, for programs (%d)", has->tokens);
}

/* ---- the verdict ----------------------------------------------------------------------------- */

/* The FACTOR_BITs that they can prove in all, for Require mpin-amr. */
static uint32_t can_prove(const explained_t *it)
{
    const has_t *has = &it->has;
    uint32_t first = it->first & (FACTOR_BIT(FACTOR_PASSWORD) | FACTOR_BIT(FACTOR_TRUSTED));
    if (has->devices && place_takes(it, FACTOR_PIN))
        first |= FACTOR_BIT(FACTOR_PIN);
    return first | second_steps(has);
}

static weighs_t say_why(explained_t *it, weighs_t weighs, const char *why)
{
    json_set_text(it->all, "why", why);
    return weighs;
}

static weighs_t judge_require(explained_t *it)
{
    const json_t *require = json_object_get(it->place, "require");
    switch (explain_weigh(require, it->has.name, can_prove(it), it->p)) {
    case WEIGHS_NO:
        return say_why(it, WEIGHS_NO,
                       "Require lets them in by none of their factors, or not by this name");
    case WEIGHS_MAYBE:
        return say_why(it, WEIGHS_MAYBE,
                       "they can sign in; Require asks for more than mpinctl can see (groups, "
                       "addresses, expressions)");
    case WEIGHS_YES:
        break;
    }
    return say_why(it, WEIGHS_YES, "they can sign in, and Require lets them in");
}

static weighs_t judge_user(explained_t *it)
{
    const char *state = it->has.state;
    if (!strcmp(state, "disabled"))
        return say_why(it, WEIGHS_NO, "the user is disabled: mpinctl user enable NAME");
    if (!strcmp(state, "deleted"))
        return say_why(it, WEIGHS_NO, "the user is deleted; the name is free 30 days after that");
    weigh_first(it);
    if (!json_array_size(it->by))
        return say_why(it, WEIGHS_NO, "they have nothing that the place takes");
    const weighs_t weighs = judge_require(it);
    if (weighs == WEIGHS_YES && !strcmp(state, "unknown"))
        return say_why(it, WEIGHS_MAYBE,
                       "they have never been here, and whether a password provider or a trusted "
                       "login knows them isn't asked");
    return weighs;
}

static weighs_t judge(explained_t *it)
{
    const json_t *require = json_object_get(it->place, "require");
    const char *type = place_text(it, "auth_type");
    if (*place_text(it, "page"))
        return say_why(it, WEIGHS_MAYBE,
                       "it is one of our own pages, which says for itself who sees "
                       "it; ask for a place of yours");
    if (!json_is_object(require) && !*type)
        return say_why(it, WEIGHS_YES,
                       "no AuthType and no Require is here: everybody comes in unasked");
    if (json_is_object(require) && explain_is_open(require))
        return say_why(it, WEIGHS_YES, "everybody comes in unasked: Require lets strangers in");
    if (!strcasecmp(place_text(it, "satisfy"), "Any"))
        return say_why(it, WEIGHS_MAYBE, "Satisfy Any is here: an address may be enough");
    if (!strcasecmp(type, "MPin") && json_is_object(require))
        return judge_user(it);
    if (!strcasecmp(type, "MPin"))
        return say_why(it, WEIGHS_YES, "no Require is here, so that nobody is asked to sign in");
    return say_why(it, WEIGHS_MAYBE,
                   *type ? "another module than ours asks here who somebody is"
                         : "nobody is asked to sign in here: Require goes by other "
                           "things");
}

/* ---- printed --------------------------------------------------------------------------------- */

static json_t *described_user(const has_t *has)
{
    json_t *user = json_object();
    json_set_text(user, "user", has->name);
    json_set_text(user, "state", has->state);
    json_object_set_new(user, "devices", json_integer(has->devices));
    json_object_set_new(user, "locked", json_integer(has->locked));
    json_object_set_new(user, "elsewhere", json_integer(has->elsewhere));
    json_object_set_new(user, "passkeys", json_integer(has->passkeys));
    json_object_set_new(user, "apps", json_integer(has->apps));
    json_object_set_new(user, "phones", json_integer(has->phones));
    json_object_set_new(user, "recovery", json_integer(has->recovery));
    json_object_set_new(user, "tokens", json_integer(has->tokens));
    json_set_text(user, "logins", has->logins);
    return user;
}

static void print_list(const explained_t *it, const char *title, const json_t *list)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        printf("%-14s%s\n", i ? "" : title, show_plain(json_string_value(each), it->p));
    }
}

static void print_place(const explained_t *it)
{
    apr_size_t i;
    json_t *each;
    printf("%-14s%s of %s\n", "Place", show_plain(place_text(it, "path"), it->p),
           *place_text(it, "site") ? place_text(it, "site") : "a server without MPinEngine On");
    json_array_foreach(json_object_get(it->place, "sections"), i, each)
    {
        printf("%-14s%s (%s)\n", i ? "" : "Sections",
               json_string_value(json_object_get(each, "section")),
               json_string_value(json_object_get(each, "at")));
    }
    print_list(it, "May differ by", json_object_get(it->place, "unsure"));
    printf("%-14s%s\n", "AuthType",
           *place_text(it, "auth_type") ? place_text(it, "auth_type") : "-");
    const json_t *require = json_object_get(it->place, "require");
    printf("%-14s%s\n", "Require",
           json_is_object(require) ? explain_require_text(require, it->p) : "-");
    printf("%-14s%s\n%-14s%s\n", "Comes in by", place_text(it, "methods"), "Second step",
           place_text(it, "second_word"));
    const json_int_t age = json_integer_value(json_object_get(it->place, "reauth_after"));
    if (age)
        printf("%-14sonce %d s have passed since\n", "Asked again", (int)age);
}

static void print_user(const explained_t *it)
{
    const has_t *has = &it->has;
    printf("%-14s%s: %s; %d devices (%d locked, %d that don't count here), %d passkeys, %d "
           "authenticator apps, %d phones, %d recovery codes, %d tokens\n",
           "User", has->name, !strcmp(has->state, "unknown") ? "has never been here" : has->state,
           has->devices + has->locked + has->elsewhere, has->locked, has->elsewhere, has->passkeys,
           has->apps, has->phones, has->recovery, has->tokens);
}

static ctl_end_t show_explained(const explained_t *it, weighs_t weighs)
{
    static const char *const words[] = {
        [WEIGHS_NO] = "no", [WEIGHS_MAYBE] = "can't tell", [WEIGHS_YES] = "yes"};
    const bool sure = !json_array_size(json_object_get(it->place, "unsure"));
    const ctl_end_t end = weighs == WEIGHS_YES ? CTL_DONE : CTL_NOT_DONE;
    json_object_set_new(it->all, "comes_in",
                        weighs == WEIGHS_MAYBE ? json_null() : json_boolean(weighs == WEIGHS_YES));
    json_object_set_new(it->all, "sure", json_boolean(sure));
    json_object_set(it->all, "place", (json_t *)(apr_uintptr_t)it->place);
    json_object_set_new(it->all, "user", described_user(&it->has));
    if (show_json(it->ctl, it->all))
        return end;
    print_place(it);
    print_user(it);
    print_list(it, "By", it->by);
    print_list(it, "Lacks", it->lacks);
    printf("\nWould %s come in? %s%s: %s.\n", it->has.name, words[weighs],
           sure ? "" : ", as far as this can tell",
           json_string_value(json_object_get(it->all, "why")));
    return end;
}

/* ---- the command ----------------------------------------------------------------------------- */

static ctl_end_t no_site_there(const ctl_t *ctl, const json_t *said)
{
    const char *all = "";
    apr_size_t i;
    json_t *site;
    json_array_foreach(json_object_get(said, "sites"), i, site)
    {
        all = apr_pstrcat(ctl->p, all, *all ? ", " : "",
                          json_string_value(json_object_get(site, "url")), NULL);
    }
    return ctl_fail(CTL_UNABLE, "no site with mod_auth_mpin is at %s here; there are: %s",
                    ctl->word[0], all);
}

static ctl_end_t explain_there(ctl_t *ctl, const json_t *place)
{
    explained_t it = {.ctl = ctl,
                      .place = place,
                      .p = ctl->p,
                      .by = show_rows(ctl),
                      .lacks = show_rows(ctl),
                      .all = json_tie(ctl->p, json_object())};
    const char *name = name_here(ctl->found.names, ctl->word[1], ctl->p);
    if (!name)
        return ctl_fail(CTL_UNABLE, "\"%s\" is no name of a user here", ctl->word[1]);
    const store_status_t status = explain_has(ctl, name, &it.has);
    if (status != STORE_OK)
        return ctl_fail_store(status, name);
    it.first = demand_named(place_text(&it, "methods"), ctl->p);
    it.second = demand_named(place_text(&it, "second"), ctl->p);
    json_object_set(it.all, "by", it.by);
    json_object_set(it.all, "lacks", it.lacks);
    return show_explained(&it, judge(&it));
}

ctl_end_t ctl_explain(ctl_t *ctl)
{
    const char *why = "", *typed = ctl->word[0]; /* of which a query chooses no section */
    const char *url = apr_pstrmemdup(ctl->p, typed, strcspn(typed, "?#"));
    const char *define = apr_pstrcat(ctl->p, "MPIN_AT=", url, NULL);
    if (strpbrk(url, " \t\r\n*\"'\\$`;&|<>()"))
        return ctl_fail(CTL_UNABLE,
                        "\"%s\" is no URL; write https://HOST/PATH, with %%20 for a space", url);
    if (ctl->options->given[OPTION_STORE])
        return ctl_fail(CTL_UNABLE, "explain reads httpd's configuration: leave --store out");
    const json_t *said = found_said(ctl->options, define, ctl->p, &why);
    if (!said)
        return ctl_fail(CTL_UNABLE, "%s", why);
    const json_t *place = json_object_get(said, "place");
    const char *site = json_string_value(json_object_get(place, "site"));
    if (!site)
        return no_site_there(ctl, said);
    if (!found_one(&ctl->found, said, site, ctl->p, &why))
        return ctl_fail(CTL_UNABLE, "%s", why);
    const ctl_end_t end = opened_for(ctl, NEEDS_STORE);
    return end ? end : explain_there(ctl, place);
}
