/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the check: who may register, and the mail that it needs. */
#include "config/checks.h"

#include <apr_strings.h>

#include "config/least_store.h"
#include "config/mistakes.h"
#include "config/surroundings.h"

static void check_mail(const checked_t *site)
{
    const server_config_t *config = site->config;
    if ((config->ways & REGISTER_MAIL) && !config->mail.host)
        mistake(site->pconf, check_at(site, SETTING_ways),
                "mail registration without a mail server; write MPinMail smtp://HOST");
    if ((config->ways & REGISTER_MAIL) && !config->paths.path[PATH_ACTIVATE])
        mistake(site->pconf, check_at(site, SETTING_paths),
                "mail registration needs the page that its links lead to; leave mpinActivate on");
    if (config->mail.host && !config->mail_from && site->url.text &&
        !smtp_address_ok(apr_pstrcat(site->pconf, "no-reply@", site->url.host, NULL)))
        mistake(site->pconf, check_at(site, SETTING_mail),
                "mails need a sender; write MPinMailFrom ADDRESS");
    if (config->mail.password_file)
        check_secret(site, SETTING_mail, config->mail.password_file);
    if (config->mail.password_command)
        check_program(site, SETTING_mail, config->mail.password_command[0]);
}

static void check_invite(const checked_t *site)
{
    const server_config_t *config = site->config;
    if (!(config->ways & REGISTER_INVITE))
        return;
    if (config->rps.url)
        mistake(site->pconf, check_at(site, SETTING_ways),
                "invitations are for the RPS here, and MPinRPS names another; leave out invite");
    if (!config->paths.path[PATH_ACTIVATE] || !config->paths.path[PATH_LOGIN])
        mistake(site->pconf, check_at(site, SETTING_paths),
                "invitations need the page that their links lead to, and the login page behind it; "
                "leave mpinActivate and login on");
}

static bool signs_in_by_pin(const server_config_t *config)
{
    return !config->service.parts && config->paths.path[PATH_RPS] &&
           config->paths.path[PATH_AUTHENTICATE];
}

void check_registration_beside(const checked_t *site, const checked_t *other)
{
    const server_config_t *a = site->config, *b = other->config;
    const unsigned ways = REGISTER_SIGNED_IN | REGISTER_OPEN | REGISTER_MAIL | REGISTER_INVITE;
    const written_t *there = check_at(other, SETTING_ways);
    if (((a->ways ^ b->ways) & ways) && signs_in_by_pin(a) && signs_in_by_pin(b) &&
        !strcmp(a->store, b->store))
        mistake_maybe(site->pconf, check_at(site, SETTING_ways),
                      "names are proven otherwise than at %s:%d, which has the same store, and a "
                      "device set up there counts here only where its way is open here, too; write "
                      "the same MPinRegister, or an MPinStore for each",
                      there->file, there->line);
}

/* There is no default for who may register (docs/security.md, "Who may register"). */
void check_registration(const checked_t *site)
{
    const server_config_t *config = site->config;
    const bool local = site->url.loopback && surroundings_all_loopback();
    if (config->service.parts) /* the applications say who */
        return;
    if ((config->ways & (REGISTER_OPEN | REGISTER_MAIL)) && !config->written[SETTING_allow])
        mistake(site->pconf, check_at(site, SETTING_ways),
                "%s registration without MPinRegisterAllow; write MPinRegisterAllow any, domain "
                "D..., file F or url U",
                config->ways & REGISTER_OPEN ? "open" : "mail");
    check_mail(site);
    if (config->admins && (config->ways & REGISTER_OPEN))
        mistake(site->pconf, check_at(site, SETTING_admins),
                "open registration gives an administrator's name to whoever is first; leave open "
                "out of MPinRegister, or show the status by SetHandler mpin-status and Require");
    check_invite(site);
    if ((config->ways & REGISTER_OPEN) && !(config->ways & REGISTER_OPEN_TO_ANYONE) &&
        site->url.text && !local)
        mistake(site->pconf, check_at(site, SETTING_ways),
                "open registration is for servers on loopback; add open-to-anyone if everybody "
                "shall register");

    if (config->ways == REGISTER_SIGNED_IN && !config->written[SETTING_providers] &&
        !config->written[SETTING_trusted] && config->paths.path[PATH_RPS])
        mistake_maybe(site->pconf, check_at(site, SETTING_ways),
                      "nobody can sign in to set up a PIN; write MPinPasswordProvider, or "
                      "MPinRegister closed");
}

/* What strangers may leave has its place in the store. */
void check_throttle(const checked_t *site)
{
    const server_config_t *config = site->config;
    const int64_t all = pending_of_strangers(&config->throttle.registration);
    const apr_off_t least = LEAST_STORE_WITH(all - PENDING_OF_STRANGERS);
    const written_t *at = check_at(site, SETTING_throttle);
    if (all == PENDING_OF_STRANGERS || config->store_size >= least)
        return;
    if (least > STORE_QUOTA_MAX)
        mistake(site->pconf, at,
                "no store holds %" APR_INT64_T_FMT " registrations an hour, twice what register= "
                "gives an address; write a smaller one",
                (apr_int64_t)all);
    else
        mistake(site->pconf, at,
                "strangers may begin %" APR_INT64_T_FMT " registrations an hour, twice what "
                "register= gives an address; write MPinStoreSize %dM at least",
                (apr_int64_t)all, (int)(least >> 20) + 1);
}
