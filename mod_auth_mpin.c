/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: the module's record, its hooks in httpd's order, its endpoints. */
#include "account/pages.h"
#include "authn/authn.h"
#include "authn/caching.h"
#include "authn/expr.h"
#include "authn/filter.h"
#include "authn/require.h"
#include "authn/tell.h"
#include "config/hooks.h"
#include "login/callback.h"
#include "login/provider_logout.h"
#include "login/activate.h"
#include "login/again.h"
#include "login/login.h"
#include "login/saml_out.h"
#include "login/trusted.h"
#include "site/audit.h"
#include "site/child.h"
#include "site/described.h"
#include "site/postman.h"
#include "site/start.h"
#include "notice/texts.h"
#include "status/status_show.h"
#include "rpa/in_front.h"
#include "rpa/phone_login.h"
#include "rpa/issuer.h"
#include "rpa/rpa.h"
#include "rpa/private.h"
#include "web/overheard.h"
#include "web/route.h"

#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#define BODY_MAX 16384 /* bytes */
#define PASSKEY_MAX WEBAUTHN_BODY_MAX

/* ---- every endpoint ---- */

#define PUBLIC AUDIENCE_PUBLIC
#define UNASKED AUDIENCE_UNASKED
#define SERVICE AUDIENCE_SERVICE
#define RPS AUDIENCE_RPS

static const route_t routes[] = {
    /* method, base, path, audience, body, its limit, refusals, status if malformed, function */
    /* first, because desktops that wait for a phone ask all the time */
    {"POST", PATH_RPS, "/access", UNASKED, BODY_TEXT, BODY_MAX, ANSWER_JSON, 0, rpa_access},
    {"GET", PATH_LOGIN, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_page},
    {"POST", PATH_LOGIN, "", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, login_password},
    {"GET", PATH_LOGIN, "/step", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_step},
    {"POST", PATH_LOGIN, "/step", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, login_step_done},
    {"POST", PATH_LOGIN, "/step/totp", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     first_step_totp},
    {"POST", PATH_LOGIN, "/step/totp/confirm", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     first_step_totp_confirm},
    {"POST", PATH_LOGIN, "/step/send", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     login_step_send},
    {"GET", PATH_LOGIN, "/again/*", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, again_page},
    {"POST", PATH_LOGIN, "/again/*", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, again_drop},
    {"GET", PATH_LOGIN, "/with/*", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_with},
    {"POST", PATH_LOGIN, "/passkey", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, login_passkey},
    {"POST", PATH_LOGIN, "/passkey/verify", PUBLIC, BODY_JSON, PASSKEY_MAX, ANSWER_JSON, 0,
     login_passkey_verify},
    {"GET", PATH_ACCOUNT, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, account_page},
    {"POST", PATH_ACCOUNT, "/totp", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, account_totp},
    {"POST", PATH_ACCOUNT, "/totp/confirm", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_totp_confirm},
    {"POST", PATH_ACCOUNT, "/codes", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_codes_make},
    {"POST", PATH_ACCOUNT, "/browser/remove", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_browser_remove},
    {"POST", PATH_ACCOUNT, "/sms", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, account_sms},
    {"POST", PATH_ACCOUNT, "/sms/confirm", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_sms_confirm},
    {"POST", PATH_ACCOUNT, "/workos", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_workos_enrol},
    {"POST", PATH_ACCOUNT, "/workos/confirm", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_workos_confirm},
    {"POST", PATH_ACCOUNT, "/workos/clear", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_workos_clear},
    {"GET", PATH_ACCOUNT, "/workos/detail", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0,
     account_workos_detail},
    {"POST", PATH_ACCOUNT, "/workos/challenge", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_workos_challenge},
    {"POST", PATH_ACCOUNT, "/workos/verify", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_workos_verify},
    {"POST", PATH_ACCOUNT, "/passkey", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     account_passkey},
    {"POST", PATH_ACCOUNT, "/passkey/add", PUBLIC, BODY_JSON, PASSKEY_MAX, ANSWER_JSON, 0,
     account_passkey_add},
    {"POST", PATH_ACCOUNT, "/passkey/rename", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_passkey_rename},
    {"POST", PATH_ACCOUNT, "/factor/remove", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_factor_remove},
    {"POST", PATH_ACCOUNT, "/device/remove", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_device_remove},
    {"POST", PATH_ACCOUNT, "/device/unlock", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_device_unlock},
    {"POST", PATH_ACCOUNT, "/device/rename", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_device_rename},
    {"POST", PATH_ACCOUNT, "/login/add", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_login_add},
    {"GET", PATH_ACCOUNT, "/login", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, account_login_page},
    {"POST", PATH_ACCOUNT, "/login/confirm", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_login_confirm},
    {"POST", PATH_ACCOUNT, "/login/remove", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_login_remove},
    {"POST", PATH_ACCOUNT, "/token", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_token_make},
    {"POST", PATH_ACCOUNT, "/token/remove", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_token_remove},
    {"POST", PATH_ACCOUNT, "/session/end", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_session_end},
    {"POST", PATH_ACCOUNT, "/sessions/end", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0,
     account_sessions_end},
    {"GET", PATH_STATUS, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, status_route},
    {"POST", PATH_REFRESH, "", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, login_refresh},
    {"GET", PATH_LOGOUT, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, logout_page},
    {"POST", PATH_LOGOUT, "", PUBLIC, BODY_FORM_OR_JSON, BODY_MAX, ANSWER_PAGE, 0, logout_submit},
    {"GET", PATH_ACTIVATE, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, activate_page},
    {"POST", PATH_ACTIVATE, "", PUBLIC, BODY_FORM, BODY_MAX, ANSWER_PAGE, 0, activate_submit},
    {"GET", PATH_CHECK, "", AUDIENCE_ASKER, BODY_NONE, 0, ANSWER_JSON, 0, tell_asker},
    {"GET", PATH_CHECK, "/**", AUDIENCE_ASKER, BODY_NONE, 0, ANSWER_JSON, 0, tell_asker},
    {"POST", PATH_AUTHENTICATE, "", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_authenticate},
    {"GET", PATH_RPS, "/clientSettings", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0, rpa_client_settings},
    {"PUT", PATH_RPS, "/user", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_user},
    {"PUT", PATH_RPS, "/user/*", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_user},
    /* the same where something in front lets GET and POST through and nothing else */
    {"POST", PATH_RPS, "/register", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_user},
    {"POST", PATH_RPS, "/register/*", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_user},
    {"GET", PATH_RPS, "/signature/*", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0, rpa_signature_get},
    {"POST", PATH_RPS, "/signature/*", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     rpa_signature_post},
    {"GET", PATH_RPS, "/timePermit/*", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0, rpa_time_permit_get},
    {"POST", PATH_RPS, "/timePermit/*", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     rpa_time_permit_post},
    {"GET", PATH_RPS, "/dta/clientSecret", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     issuer_half_client_secret},
    {"GET", PATH_RPS, "/dta/timePermit", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     issuer_half_time_permit},
    {"POST", PATH_RPS, "/setupDone/*", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_setup_done},
    {"POST", PATH_RPS, "/standing", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_standing},
    {"POST", PATH_RPS, "/remove", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_remove},
    {"POST", PATH_RPS, "/pass1", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 403, rpa_pass1},
    {"POST", PATH_RPS, "/pass2", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 403, rpa_pass2},
    {"POST", PATH_RPS, "/getAccessNumber", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     rpa_access_number},
    {"POST", PATH_RPS, "/getQrUrl", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_qr_url},
    {"POST", PATH_RPS, "/codeStatus", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, rpa_code_status},
    {"POST", PATH_RPS, "/authenticate", PUBLIC, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     rpa_phone_authenticate},
    {"POST", PATH_RPS, "/otp", SERVICE, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, service_otp},
    {"GET", PATH_RPS, "/mobileConfig", UNASKED, BODY_NONE, 0, ANSWER_JSON, 0, rpa_mobile_config},
    {"GET", PATH_MOBILE_SERVICE, "", UNASKED, BODY_NONE, 0, ANSWER_JSON, 0, rpa_service},
    {"GET", PATH_MOBILE, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_mobile},
    {"GET", PATH_MOBILE, "/**", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_mobile},
    {"GET", PATH_PAD, "", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_asset},
    {"GET", PATH_ASSETS, "/**", PUBLIC, BODY_NONE, 0, ANSWER_PAGE, 0, login_asset},
    {"POST", BASE_RPS_SERVICE, "/user/*", SERVICE, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     service_activate},
    {"POST", BASE_RPS_SERVICE, "/authenticate", SERVICE, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     service_authenticate},
    {"POST", BASE_RPS_SERVICE, "/loginResult", SERVICE, BODY_JSON, BODY_MAX, ANSWER_JSON, 0,
     service_login_result},
    {"GET", BASE_RPS_FRONT, "/clientSettings", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     front_client_settings},
    {"POST", PATH_VERIFY, "", RPS, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, front_verify},
    {"POST", PATH_VERIFY, "/**", RPS, BODY_JSON, BODY_MAX, ANSWER_JSON, 0, front_verify},
    {"GET", PATH_PERMIT, "", RPS, BODY_NONE, 0, ANSWER_JSON, 0, front_permit},
    {"GET", PATH_PERMIT, "/**", RPS, BODY_NONE, 0, ANSWER_JSON, 0, front_permit},
    {"GET", BASE_RPS_SERVICE, "/status", SERVICE, BODY_NONE, 0, ANSWER_JSON, 0, service_status},
    {"GET", BASE_DTA_SERVICE, "/serverSecret", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     issuer_server_secret},
    {"GET", BASE_DTA_SERVICE, "/clientSecret", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     issuer_client_secret},
    {"GET", BASE_DTA_SERVICE, "/timePermit", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     issuer_time_permit},
    {"GET", BASE_DTA_SERVICE, "/timePermits", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0,
     issuer_time_permits},
    {"GET", BASE_DTA_SERVICE, "/status", PUBLIC, BODY_NONE, 0, ANSWER_JSON, 0, issuer_status},
    {.method = NULL}};

/* ---- hooks ---- */

static void start_child(apr_pool_t *pchild, server_rec *main_server)
{
    texts_load(pchild);
    caching_start();
    site_child_init(pchild, main_server);
    postman_start(pchild, main_server);
}

/* Where there are no trusted logins these cost a request next to nothing. */
static inline bool may_be_trusted(const request_rec *r)
{
    const request_t *request = request_of(r);
    return request && request->site->trusted;
}

static int hear_provider_logout(request_rec *r)
{
    return may_be_trusted(r) ? login_provider_logout(r) : DECLINED;
}

static void hear_saml_logout(request_rec *r)
{
    if (may_be_trusted(r))
        saml_out_listen(r);
}

static int answer_trusted_login(request_rec *r)
{
    return may_be_trusted(r) ? login_trusted_handler(r) : DECLINED;
}

/* Filters, functions of expressions, and other modules' hooks. */
static void register_others(void)
{
    expr_register();
    filter_register();
    overheard_register();
    saml_out_register();
    callback_register();
    status_register();
}

/* From the configuration to a child that works. */
static void register_start(void)
{
    ap_hook_pre_config(site_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_config(status_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(config_check, NULL, NULL, APR_HOOK_LAST);
    ap_hook_test_config(described_dump, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(site_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(audit_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(start_child, NULL, NULL, APR_HOOK_MIDDLE);
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const before_dir[] = {"mod_dir.c", NULL};
    static const char *const after_headers[] = {"mod_headers.c",
                                                NULL}; /* its conditions look ahead */
    static const char *const before_proxy[] = {"mod_proxy.c", NULL};
    /* Versions of it let those in whom a Require refuses, to ask them anew by its own handler. */
    static const char *const after_openidc[] = {"mod_auth_openidc.c", NULL};
    /* It writes the whole request into its log as soon as it is read. */
    static const char *const before_forensic[] = {"mod_log_forensic.c", NULL};

    route_table(routes, login_error_page);
    require_register(p);
    register_others();
    register_start();

    ap_hook_post_read_request(authn_post_read_request, NULL, before_forensic,
                              APR_HOOK_REALLY_FIRST);
    ap_hook_quick_handler(authn_quick_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_pre_translate_name(authn_pre_translate, NULL, before_proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(authn_translate, NULL, before_proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(authn_map_to_storage, NULL, before_proxy, APR_HOOK_REALLY_FIRST);
    ap_hook_access_checker_ex(authn_access_checker_ex, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_force_authn(authn_force, NULL, NULL, APR_HOOK_MIDDLE);
    /* Before all who authenticate: some of them say yes to every subrequest, whose page it may be. */
    ap_hook_check_authn(authn_check, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(hear_provider_logout, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_note_auth_failure(authn_note_failure, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(authn_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(authn_fixups_done, after_headers, before_dir, APR_HOOK_LAST);
    ap_hook_insert_filter(authn_insert_filter, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_filter(caching_insert_filter, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(authn_insert_filter, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_error_filter(hear_saml_logout, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(authn_handler, NULL, before_proxy, APR_HOOK_FIRST);
    ap_hook_handler(answer_trusted_login, after_openidc, before_proxy, APR_HOOK_FIRST);
    ap_hook_log_transaction(authn_log, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

/* The one symbol that the module shows. */
__attribute__((visibility("default"))) AP_DECLARE_MODULE(auth_mpin) = {
    STANDARD20_MODULE_STUFF, config_dir_create, config_dir_merge, config_server_create,
    config_server_merge,     config_directives, register_hooks,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE,
#endif
};
