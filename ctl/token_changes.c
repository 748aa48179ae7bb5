/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens for programs: made and shown once, listed, removed. */
#include "ctl/changes.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/unicode.h"
#include "ctl/changed.h"
#include "ctl/listed.h"
#include "ctl/named.h"
#include "ctl/show.h"
#include "ctl/typed.h"
#include "people/subject.h"
#include "people/tokens.h"

#define NAME_USUAL "mpinctl"

static const char *given_or(const ctl_t *ctl, option_t option, const char *usual)
{
    const char *given = ctl->options->given[option];
    return given ? given : usual;
}

static void told_of_token(const ctl_t *ctl, const char *event, notice_kind_t notice,
                          const access_token_t *token, const user_t *user)
{
    const changed_t changed = {.event = event,
                               .user = user->name,
                               .notice = notice,
                               .mailbox =
                                   people_mailbox(ctl->people, user->uid, user->name, ctl->p),
                               .device = token->name};
    changed_told(ctl, &changed);
}

/* ---- a new one ------------------------------------------------------------------------------- */

/* As /account would take it. */
static ctl_end_t read_limits(const ctl_t *ctl, access_token_t *token)
{
    const char *name = unicode_composed(given_or(ctl, OPTION_NAME, NAME_USUAL), ctl->p);
    const char *paths = token_paths(given_or(ctl, OPTION_PATHS, ""), ctl->p);
    const char *methods = token_methods(given_or(ctl, OPTION_METHODS, ""), ctl->p);
    const int characters = name ? unicode_printable_length(name) : 0;
    long days = TOKEN_DAYS_USUAL;
    if (characters <= 0 || characters > DEVICE_CHARACTERS)
        return ctl_fail(CTL_UNABLE, "--name is 1 to %d printable characters", DEVICE_CHARACTERS);
    if (!typed_number(given_or(ctl, OPTION_DAYS, APR_STRINGIFY(TOKEN_DAYS_USUAL)), 1,
                      TOKEN_DAYS_MAX, &days))
        return ctl_fail(CTL_UNABLE, "--days is a number from 1 to %d", TOKEN_DAYS_MAX);
    if (!paths)
        return ctl_fail(CTL_UNABLE, "--paths are as in '/git /files/anna', not encoded");
    if (!methods)
        return ctl_fail(CTL_UNABLE, "--methods are as in 'GET POST'");
    token->expires = (uint32_t)(apr_time_sec(ctl->now) + days * 86400);
    apr_cpystrn(token->name, name, sizeof token->name);
    apr_cpystrn(token->provider, "local", sizeof token->provider);
    apr_cpystrn(token->paths, paths, sizeof token->paths);
    apr_cpystrn(token->methods, methods, sizeof token->methods);
    return CTL_DONE;
}

static ctl_end_t token_refused(store_status_t status, const user_t *user)
{
    if (status == STORE_EXISTS)
        return ctl_fail(CTL_NOT_DONE, "%s has %d tokens, and may have no more: remove one",
                        user->name, TOKENS_MAX);
    if (status == STORE_MISSING)
        return ctl_fail(CTL_NOT_DONE, "%s is not active", user->name);
    return ctl_fail_store(status, user->name);
}

static ctl_end_t show_made(const ctl_t *ctl, const access_token_t *token, const user_t *user,
                           const char *text)
{
    json_t *made = json_tie(ctl->p, json_object());
    json_set_text(made, "user", user->name);
    json_set_text(made, "id", people_label(token->handle, ctl->p));
    json_set_text(made, "token", text);
    json_object_set_new(made, "expires", show_time(token->expires));
    if (show_json(ctl, made))
        return CTL_DONE;
    printf("%s\n", text);
    fprintf(stderr, "A program with it comes in as %s until %s. It is not shown again.\n",
            user->name, json_string_value(json_object_get(made, "expires")));
    return CTL_DONE;
}

ctl_end_t ctl_token_add(ctl_t *ctl)
{
    access_token_t token = {.created = 0};
    char text[TOKEN_TEXT_SIZE];
    user_t user;
    ctl_end_t end = named_living(ctl, ctl->word[0], &user);
    if (end == CTL_DONE)
        end = read_limits(ctl, &token);
    if (end)
        return end;
    if (ctl->found.json && !json_is_true(json_object_get(ctl->found.json, "tokens")))
        return ctl_fail(CTL_NOT_DONE, "the site takes no tokens; write MPinTokens On and reload "
                                      "httpd");
    if (!change_wished(ctl, "Let a program in as %s?", user.name))
        return CTL_NOT_DONE;
    memcpy(token.uid, user.uid, UID_BYTES);
    const store_status_t status = tokens_add(ctl->people, &token, text, ctl->now, ctl->p);
    if (status != STORE_OK)
        return token_refused(status, &user);
    told_of_token(ctl, "token_made", NOTICE_TOKEN_MADE, &token, &user);
    end = show_made(ctl, &token, &user, text);
    sodium_memzero(text, sizeof text);
    return end;
}

/* ---- those there are ------------------------------------------------------------------------- */

typedef struct token_listing_t {
    ctl_t *ctl;
    apr_pool_t *scratch; /* emptied for each user: there may be very many */
    json_t *rows;
    store_status_t status;
} token_listing_t;

static bool list_tokens_of(void *baton, const user_t *user)
{
    token_listing_t *listing = baton;
    ctl_t *ctl = listing->ctl;
    access_token_t *list;
    int count = 0;
    apr_pool_clear(listing->scratch);
    listing->status =
        tokens_list(ctl->people, user->uid, &list, &count, ctl->now, listing->scratch);
    for (int i = 0; listing->status == STORE_OK && i < count; i++) {
        uint32_t used = 0;
        json_t *row = json_object();
        listing->status = tokens_last_use(ctl->people, &list[i], &used, listing->scratch);
        json_set_text(row, "id", people_label(list[i].handle, listing->scratch));
        json_set_text(row, "user", user->name);
        json_set_text(row, "name", list[i].name);
        json_set_text(row, "paths", list[i].paths);
        json_set_text(row, "methods", list[i].methods);
        json_object_set_new(row, "created", show_time(list[i].created));
        json_object_set_new(row, "last_use", show_time(used));
        json_object_set_new(row, "expires", show_time(list[i].expires));
        json_array_append_new(listing->rows, row);
    }
    return listing->status == STORE_OK;
}

ctl_end_t ctl_token_list(ctl_t *ctl)
{
    static const column_t columns[] = {
        {"id", "ID"},           {"user", "USER"},         {"name", "NAME"},     {"paths", "PATHS"},
        {"methods", "METHODS"}, {"last_use", "LAST USE"}, {"expires", "UNTIL"}, {NULL, NULL}};
    token_listing_t listing = {.ctl = ctl, .rows = show_rows(ctl)};
    store_status_t status = STORE_OK;
    apr_pool_create(&listing.scratch, ctl->p);
    if (ctl->word[0]) {
        user_t user;
        const ctl_end_t end = named_user(ctl, ctl->word[0], &user);
        if (end)
            return end;
        list_tokens_of(&listing, &user);
    } else
        status = people_each(ctl->people, list_tokens_of, &listing, ctl->p);
    if (status == STORE_OK)
        status = listing.status;
    if (status != STORE_OK)
        return ctl_fail_store(status, "token");
    show_table(ctl, listing.rows, columns, "There are no tokens.");
    return CTL_DONE;
}

/* ---- ending one ------------------------------------------------------------------------------ */

ctl_end_t ctl_token_remove(ctl_t *ctl)
{
    access_token_t token;
    user_t user;
    const char *typed = ctl->word[0], *what = apr_psprintf(ctl->p, "token %s", typed);
    store_status_t status = tokens_labelled(ctl->people, typed, &token, ctl->p);
    if (status == STORE_EXISTS)
        return ctl_fail(CTL_NOT_DONE, "several tokens' ids begin with %s: write more digits",
                        typed);
    if (status == STORE_OK)
        status = people_get(ctl->people, token.uid, &user, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, what);
    if (!change_wished(ctl, "Remove the token \"%s\" of %s?", token.name, user.name))
        return CTL_NOT_DONE;
    status = tokens_remove(ctl->people, &token, ctl->now, ctl->p);
    if (status != STORE_OK)
        return ctl_fail_store(status, what);
    told_of_token(ctl, "token_removed", NOTICE_TOKEN_REMOVED, &token, &user);
    return show_done(ctl, "token_removed", "The token lets no program in any more.");
}
