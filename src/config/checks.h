/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_CHECKS_H
#define MPIN_CONFIG_CHECKS_H

#include "config/directives.h"
#include "config/tree.h"

/* The parts of config_check. Each adds the mistakes it finds (config/mistakes.h) and changes
 * nothing. */

/* What the parts look at: a server on which the engine is on. */
typedef struct checked_t {
    const server_rec *server;
    const server_rec *main_server;
    const server_config_t *config;
    public_url_t url; /* in force; text is NULL where there is none */
    apr_pool_t *pconf;
} checked_t;

/* Where a setting was written; where it was not, MPinEngine's line. */
static inline const written_t *check_at(const checked_t *site, int setting)
{
    const written_t *at = site->config->written[setting];
    return at ? at : site->config->written[SETTING_engine];
}

/* check_registration.c: who may register, and the mail that it needs; and `other`, an earlier
 * vhost. */
void check_registration(const checked_t *site);
void check_throttle(const checked_t *site);
void check_registration_beside(const checked_t *site, const checked_t *other);

/* check_address.c: the public URL's port, and other names of the vhost */
void check_address(const checked_t *site);

/* check_around.c: store, keys and files on this machine. */
void check_store(const checked_t *site);
void check_keys(const checked_t *site);
void check_files(const checked_t *site);

/* A file with a secret in it, and a program, that a setting names. */
void check_secret(const checked_t *site, int setting, const char *file);
void check_program(const checked_t *site, int setting, const char *program);

/* check_steps.c: second steps that nobody could take */
void check_steps(const checked_t *site);
void check_second_factors(apr_pool_t *pconf, const server_rec *main_server);

/* check_tokens.c: programs that could never come in; and a place where they are to. */
void check_tokens(const checked_t *site);
void check_tokens_at(apr_pool_t *pconf, const server_rec *main_server,
                     const directory_written_t *place);

/* check_service.c: what a vhost is for other applications; and `other`, an earlier one. */
void check_service(const checked_t *site);
bool check_may_go_without_secret(const checked_t *site);
void check_service_beside(const checked_t *site, const checked_t *other);

/* check_httpd.c: httpd's own directives that would undo ours. */
void check_trailers(const checked_t *site);

/* check_groups.c: groups that nobody is in. */
void check_groups(const checked_t *site);

/* check_mounts.c: one line on which vhosts serve the login, and which send it away. */
void check_mounts(apr_pool_t *pconf, const server_rec *main_server);

/* check_dta.c: the second D-TA; and `other`, an earlier vhost. */
void check_second_dta(const checked_t *site);
void check_second_dta_beside(const checked_t *site, const checked_t *other);

/* check_rps.c: an RPS elsewhere. */
void check_rps(const checked_t *site);

/* check_forward.c: who may ask for another web server. */
void check_forward(const checked_t *site);

/* check_sent.c: who sends codes, and who keeps factors. */
void check_sent(const checked_t *site);

/* check_passkeys.c: passkeys where there can be none. */
void check_passkeys(const checked_t *site);
bool check_takes_passkeys(const server_config_t *config);

/* check_trusted.c: trusted logins whose places do not fit; the places, of whatever server. Does a
 * server that meets this one take a login of that name (NULL: any)? */
void check_trusted(const checked_t *site);
void check_trusted_places(apr_pool_t *pconf, const server_rec *main_server);
bool check_is_trusted_at(const server_rec *main_server, const server_rec *server, const char *name);

#define CHECK_HANDLER "mpin-trusted-login"

/* check_status.c: places that would show the status to anybody, of whatever server. */
void check_status_places(apr_pool_t *pconf, const server_rec *main_server);

/* One login, and where it is written. */
typedef struct login_at_t {
    const checked_t *site;
    const trusted_setting_t *login;
    written_t written;
} login_at_t;

/* check_guard.c: who guards its place; and each line that holds at a path, or may, in the order in
 * which they do. */
void check_guard(const login_at_t *at);
typedef void check_hear_t(void *baton, const ap_directive_t *node, tree_holds_t holds);
void check_lines_at(const checked_t *site, const char *path, check_hear_t *hear, void *baton);

/* check_carriers.c, check_openid.c, check_kerberos.c: what the module of a login must be told. */
void check_basic(const login_at_t *at);
void check_mellon(const login_at_t *at);
void check_openid(const login_at_t *at);
void check_tickets(const login_at_t *at);

/* The page of ours, or the tree of them, in which a path lies; NULL for none. */
const char *check_page_of_ours(const checked_t *site, const char *path);

/* Where a line of any module's stands. */
static inline written_t check_written(const ap_directive_t *node)
{
    return (written_t){node->directive, node->filename, node->line_num};
}

/* check_accounts.c: where names come from; and `with`, a vhost with the same store, or itself. */
void check_names(const checked_t *site);
void check_open_beside(const checked_t *open, const checked_t *with);

/* check_sections.c: password providers and their settings, and the directives of directories. */
void check_passwords(const checked_t *site);
void check_sections(apr_pool_t *pconf, const server_rec *main_server);

/* check_places.c: what other modules' directives around ours would leave open. */
void check_places(apr_pool_t *pconf, const server_rec *main_server);

/* check_require.c: who comes in where `node`, an "AuthType MPin", stands; the walk's baton is pconf. */
void check_require(const tree_walk_t *walk, const ap_directive_t *node, const server_rec *server);

#endif
