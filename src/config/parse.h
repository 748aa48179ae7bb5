/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_PARSE_H
#define MPIN_CONFIG_PARSE_H

#include "config/values.h"

/* The words behind a directive become a value here, once. Each parser fills its field and gives
 * NULL; or gives what is wrong and the mend ("\"9\" is no PIN length; write a number from 4 to 8")
 * and leaves the field alone. Everything lives in the pool of the words. */
typedef struct words_t {
    int count;
    char *const *word;
    const char *root; /* ServerRoot, for files with a relative name */
    apr_pool_t *p;
} words_t;

/* ---- server ---- */
const char *parse_flag(bool *flag, const words_t *words);
const char *parse_path(paths_t *paths, const words_t *words);
const char *parse_path_prefix(const char **prefix, const words_t *words);
const char *parse_public_url(public_url_t *url, const words_t *words);
const char *parse_store(const char **url, const words_t *words);
const char *parse_size(apr_off_t *bytes, const words_t *words);
const char *parse_file(const char **file, const words_t *words);
const char *parse_passphrase(const char *const **command, const words_t *words);
const char *parse_rps(external_rps_t *rps, const words_t *words);
const char *parse_service(service_t *service, const words_t *words);
const char *parse_tokens(tokens_setting_t *tokens, const words_t *words);
const char *parse_issue_otp(issue_otp_t *otp, const words_t *words);
const char *parse_application_url(const char **url, const words_t *words);
const char *parse_origins(const apr_array_header_t **origins, const words_t *words);
const char *parse_forward_headers(const apr_array_header_t **names, const words_t *words);
const char *parse_expiry(expiry_t *expiry, const words_t *words);
const char *parse_register(unsigned *ways, const words_t *words);
const char *parse_allow(allow_rule_t *allow, const words_t *words);
const char *parse_pin_length(int *digits, const words_t *words);
const char *parse_max_failures(uint32_t *failures, const words_t *words);
const char *parse_providers(const apr_array_header_t **names, const words_t *words);
const char *parse_user_case(bool *to_lower, const words_t *words);
const char *parse_recheck(bool *recheck, const words_t *words);
const char *parse_duration(apr_interval_time_t *time, const words_t *words);
const char *parse_realm(const char **realm, const words_t *words);
const char *parse_cookie_name(const char **name, const words_t *words);
const char *parse_remember(apr_interval_time_t *time, const words_t *words);
const char *parse_admins(const apr_array_header_t **admins, const words_t *words);
const char *parse_hosts(const apr_array_header_t **hosts, const words_t *words);
const char *parse_cookie_domain(const char **domain, const words_t *words);
const char *parse_cookie_path(const char **path, const words_t *words);
const char *parse_same_site(const char **value, const words_t *words);
const char *parse_own_page(const char **path, const words_t *words);
const char *parse_throttle(throttle_rules_t *rules, const words_t *words);
const char *parse_audit_log(const char **log, const words_t *words);
const char *parse_pass_headers(const apr_array_header_t **headers, const words_t *words);
const char *parse_second_dta(second_dta_setting_t *second, const words_t *words);
const char *parse_sms(sms_setting_t *sms, const words_t *words);
const char *parse_workos(workos_setting_t *workos, const words_t *words);
const char *parse_title(const char **title, const words_t *words);
const char *parse_trusted_max_age(apr_interval_time_t *time, const words_t *words);
const char *parse_trusted_login(const apr_array_header_t **logins, const words_t *words);

/* Parts that several have: an absolute path on this site; a name of a trusted login; and of a
 * variable that another module sets. */
bool parse_is_path(const char *path);
bool parse_is_trusted_name(const char *name);
bool parse_is_variable(const char *name);

const char *parse_accent(accent_t *accent, const words_t *words);
const char *parse_links(const apr_array_header_t **links, const words_t *words);
const char *parse_languages(const apr_array_header_t **languages, const words_t *words);

const char *parse_mail(mail_server_t *mail, const words_t *words);
const char *parse_mail_from(const char **address, const words_t *words);
const char *parse_contact(const char **contact, const words_t *words);

/* ---- directory ---- */
const char *parse_methods(dir_config_t *dir, const words_t *words);
const char *parse_second_factor(dir_config_t *dir, const words_t *words);
const char *parse_reauth_after(dir_config_t *dir, const words_t *words);
const char *parse_unauthenticated(dir_config_t *dir, const words_t *words);

#endif
