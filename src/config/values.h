/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_VALUES_H
#define MPIN_CONFIG_VALUES_H

#include <apr_tables.h>
#include "base/name.h"
#include "config/public_url.h"
#include "factor/sms.h"
#include "factor/workos.h"
#include "notice/smtp.h"
#include "people/throttle.h"
#include "rps/allow.h"
#include "session/factor.h"
#include "session/mark.h"

/* What directives hold, once they are read. Nothing here knows httpd. */

/* How a name is proven before it gets a PIN, bits of MPinRegister; none = closed. */
#define REGISTER_SIGNED_IN 1u
#define REGISTER_OPEN 2u
#define REGISTER_OPEN_TO_ANYONE 4u
#define REGISTER_MAIL 8u
#define REGISTER_INVITE 16u

/* Our URLs, as MPinPath names them. */
typedef enum {
    PATH_LOGIN,          /* "login"            /login */
    PATH_LOGOUT,         /* "logout"           /logout */
    PATH_AUTHENTICATE,   /* "mpinAuthenticate" /mpinAuthenticate */
    PATH_RPS,            /* "rps"              /rps (and all under it) */
    PATH_PAD,            /* "mpin.js"          /mpin.js */
    PATH_ASSETS,         /* "mpin"             /mpin (and all under it) */
    PATH_VERIFY,         /* "mpinVerify"       /mpinVerify */
    PATH_ACTIVATE,       /* "mpinActivate"     /mpinActivate */
    PATH_PERMIT,         /* "mpinPermitUser"   /mpinPermitUser */
    PATH_MOBILE,         /* "m"                /m (and all under it) */
    PATH_MOBILE_SERVICE, /* "service"        /service */
    PATH_ACCOUNT,        /* "account"          /account (and all under it) */
    PATH_REFRESH,        /* "refresh"          /refresh */
    PATH_STATUS,         /* "mpin-status"      /mpin-status */
    PATH_CHECK,          /* "check"            off (and all under it) */
    PATH_COUNT,

    /* The root of a vhost with MPinService: what only the applications that it serves may ask. Rows
     * there name their paths in full, so that everything else of the vhost stays httpd's. */
    BASE_RPS_SERVICE = PATH_COUNT,
    BASE_DTA_SERVICE,

    /* PATH_RPS, where the RPS is elsewhere: what is under it then belongs to mod_proxy, but for
     * clientSettings */
    BASE_RPS_FRONT,
    BASE_COUNT
} path_name_t;

/* The word of MPinPath; "service" for the root of one. */
const char *path_word(path_name_t path);

typedef struct paths_t {
    const char *path[PATH_COUNT]; /* NULL = off */
    bool moved[PATH_COUNT];       /* named by an MPinPath, so that a vhost's wins one by one */
} paths_t;

/* MPinService: what a vhost is for other applications. */
#define SERVICE_RPS 1u
#define SERVICE_DTA 2u

typedef struct service_t {
    unsigned parts;          /* SERVICE_ bits; none = a site */
    const char *secret_file; /* NULL: only who is on this machine may ask */
} service_t;

/* MPinSecondDTA. */
typedef struct second_dta_setting_t {
    const char *url; /* the origin and "/"; NULL = none */
    public_url_t origin;
    const char *key_file; /* NULL with an RPS elsewhere: only it asks that D-TA */
} second_dta_setting_t;

/* MPinRPS: an RPS elsewhere, which we stand in front of. */
typedef struct external_rps_t {
    const char *url;         /* without a slash at its end; NULL = the RPS is in this module */
    const char *secret_file; /* NULL: it is told from a stranger by being on this machine */
} external_rps_t;

/* MPinIssueOTP. */
typedef struct issue_otp_t {
    bool on;
    /* of the applications that redeem codes; NULL: those on this machine */
    const char *secret_file;
} issue_otp_t;

/* MPinExpiry; 0: as ever. */
typedef struct expiry_t {
    apr_interval_time_t code, registration;
} expiry_t;

typedef enum { UNAUTH_AUTO = 0, UNAUTH_REDIRECT, UNAUTH_401, UNAUTH_PASS } unauthenticated_t;

/* MPinTokens. PASSED: the header that a token came in goes on to the application that it opens. */
typedef enum { TOKENS_OFF = 0, TOKENS_ON, TOKENS_PASSED } tokens_setting_t;

/* One MPinPassHeaders NAME=FIELD. */
typedef struct pass_header_t {
    const char *name;
    enum {
        PASS_USER,
        PASS_EMAIL,
        PASS_PROVIDER,
        PASS_AMR,
        PASS_AUTH_TIME,
        PASS_SESSION,
        PASS_SUBJECT,
        PASS_FLASH,
        PASS_GROUPS,
        PASS_CLAIM
    } field;
    const char *claim; /* PASS_CLAIM: the variable that a trusted login sets */
} pass_header_t;

#define PASS_CLAIMS_MAX 8 /* of a site */

/* How the name that a trusted login gives becomes a local one (docs/trusted.md, "Whose name it is"). */
typedef enum {
    LOCAL_NEVER = 0, /* it is NAME:subject */
    LOCAL_PLAIN,     /* as it is, where it has no '@' */
    LOCAL_USER_OF,   /* as it is, where it is user@ one of the domains */
    LOCAL_EMAIL_OF   /* the e-mail, where it is verified and of one of the domains */
} local_rule_t;

/* A word of a provider's that counts as a second step: the variable has the value, alone or among
 * others. */
typedef struct counted_t {
    const char *variable, *value;
    factor_t factor;
} counted_t;

/* One MPinTrustedLogin. */
#define TRUSTED_NAME_MAX 32
typedef struct trusted_setting_t {
    const char *name;
    uint32_t mark; /* of the name */
    const char *location;
    const char *type; /* what the other module calls its way to authenticate */
    const char *label;
    const char *logout;             /* path or URL, NULL: the provider has none */
    const char *user;               /* an expression, NULL: the other module's user */
    const char *email, *sid, *time; /* names of variables, NULL without */
    const char *email_verified;     /* ... of the one that tells of `email` */
    const char *issuer, *id; /* ... of those that tell whose session `sid` is, NULL without */
    const char *icon;        /* path or NULL */
    const char *callback; /* where the other module hears its provider, if not below `location` */
    const char *const
        *pass; /* fields of a query that go on to the place, NULL-terminated, or NULL */
    const struct counted_t
        *counted; /* what counts as a second step, ended by one without a value */
    bool at_once; /* where it is the only way, nobody has to choose it */
    local_rule_t local;
    const char *const *domains; /* of `local`: A-labels in lower case, NULL-terminated */
} trusted_setting_t;

/* MPinAccent: the colour of buttons and links, as #rrggbb; NULL = ours. */
typedef struct accent_t {
    const char *light, *dark;
} accent_t;

/* One of MPinLinks. */
typedef struct page_link_t {
    const char *text, *href;
} page_link_t;

#define PAGE_LINKS_MAX 5

/* MPinMail. */
typedef struct mail_server_t {
    const char *host; /* NULL: no mail */
    int port;
    smtp_security_t security;
    bool loopback;
    const char *user; /* NULL: none, and no password */
    const char *password_file;
    const char *const *password_command;
} mail_server_t;

typedef struct throttle_rules_t {
    throttle_rule_t address;
    throttle_rule_t account;
    throttle_rule_t registration;
} throttle_rules_t;

/* Other hosts that a login may lead back to. */
typedef struct return_hosts_t {
    const char *domain;            /* every host of it, NULL for none */
    const apr_array_header_t *are; /* of const char *: exactly HOST or HOST:PORT; NULL for none */
} return_hosts_t;

typedef struct dir_config_t {
    int methods;                      /* -1 unset, else FACTOR_BITs of first factors */
    const apr_array_header_t *logins; /* of const char *: trusted logins that it names, or NULL */
    const uint32_t *marks;            /* ... and their marks, ended by 0; NULL = any */
    int second;                       /* -1 unset, else FACTOR_BITs, 0 none */
    int reauth_after;                 /* seconds, -1 unset, 0 none */
    int unauthenticated;              /* -1 unset, else unauthenticated_t */
    const char *redirect;   /* MPinUnauthenticated redirect:PATH, or NULL = the login page */
    const char *group_file; /* httpd's AuthGroupFile, or NULL */
} dir_config_t;

/* Where a directive stood, so that check_config can name file and line. */
typedef struct written_t {
    const char *directive;
    const char *file;
    int line;
} written_t;

#endif
