/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: what mod_auth_gssapi is told at the place of a trusted login (docs/trusted.md,
 * "Kerberos"). */
#include "config/checks.h"

#include <apr_strings.h>
#include <string.h>
#include <sys/stat.h>

#include "config/mistakes.h"
#include "config/surroundings.h"

#define KEYTAB "keytab:"
#define PLAIN_FILE "FILE:"

typedef struct ticket_place_t {
    const login_at_t *at;
    bool local_name; /* GssapiLocalName On */
} ticket_place_t;

/* ---- the keytab ---- */

static bool user_may_read(const struct stat *info)
{
    const apr_uid_t user = surroundings_uid();
    if (user == 0 || info->st_mode & S_IROTH)
        return true;
    return info->st_uid == user ? info->st_mode & S_IRUSR
                                : info->st_gid == surroundings_gid() && info->st_mode & S_IRGRP;
}

/* A thief of it can make tickets of anybody for this server. */
static void check_keytab(apr_pool_t *p, const written_t *at, const char *file)
{
    struct stat info;
    if (stat(file, &info) != 0)
        mistake_around(
            p, at, "%s is not there, so that no ticket counts; make it with kadmin's ktadd", file);
    else if (info.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
        mistake_around(p, at,
                       "others can read or change %s, with which tickets of anybody can be made; "
                       "write chmod 600 %s",
                       file, file);
    else if (!user_may_read(&info))
        mistake_around(p, at,
                       "httpd's user (%d) cannot read %s, so that no ticket counts; make it the "
                       "owner",
                       (int)surroundings_uid(), file);
}

static void hear_store(const ticket_place_t *place, const ap_directive_t *node)
{
    apr_pool_t *p = place->at->site->pconf;
    const written_t at = check_written(node);
    const char *word = tree_first_word(node, p);
    if (strncasecmp(word, KEYTAB, strlen(KEYTAB)))
        return;
    word += strlen(KEYTAB);
    if (!strncmp(word, PLAIN_FILE, strlen(PLAIN_FILE)))
        word += strlen(PLAIN_FILE);
    if (*word == '/')
        check_keytab(p, &at, word);
}

/* ---- what else would surprise ---- */

static void hear_switch(ticket_place_t *place, const ap_directive_t *node)
{
    apr_pool_t *p = place->at->site->pconf;
    const written_t at = check_written(node);
    const bool on = !strcasecmp(tree_first_word(node, p), "On");
    if (!strcasecmp(node->directive, "GssapiLocalName"))
        place->local_name = on;
    if (on && !strcasecmp(node->directive, "GssapiConnectionBound"))
        mistake_maybe(p, &at,
                      "a connection would keep who has come by it, and a proxy's carries many "
                      "people; remove the line, which Kerberos does not need");
    if (on && !strcasecmp(node->directive, "GssapiUseSessions"))
        mistake_maybe(p, &at,
                      "its cookie answers in the ticket's place, also where somebody else sits "
                      "there by now, or a place wants a fresh proof; remove the line");
    if (on && !strcasecmp(node->directive, "GssapiBasicAuth"))
        mistake_maybe(
            p, &at,
            "a password at %s signs nobody in, as it is no %s; remove the line, and write "
            "MPinPasswordProvider for those who have no ticket",
            place->at->login->location, place->at->login->type);
}

static void hear_ticket_line(void *baton, const ap_directive_t *node, tree_holds_t holds)
{
    if (holds != TREE_HOLDS || strncasecmp(node->directive, "Gssapi", 6))
        return;
    if (!strcasecmp(node->directive, "GssapiCredStore"))
        hear_store(baton, node);
    else
        hear_switch(baton, node);
}

void check_tickets(const login_at_t *at)
{
    const trusted_setting_t *login = at->login;
    ticket_place_t place = {at, false};
    check_lines_at(at->site, login->location, hear_ticket_line, &place);
    if (login->local == LOCAL_PLAIN && !login->user && !place.local_name)
        mistake_maybe(at->site->pconf, &at->written,
                      "as-local takes no name with @, and principals have one; write "
                      "GssapiLocalName On at %s, or as-local=user:REALM",
                      login->location);
}
