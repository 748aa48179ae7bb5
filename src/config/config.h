#ifndef MPIN_CONFIG_CONFIG_H
#define MPIN_CONFIG_CONFIG_H

#include <httpd.h>
#include <http_config.h>
#include "rps/rps.h"

/* What the administrator wrote: one structure a server (merged into each vhost) and one a directory (merged
 * downwards, .htaccess included). Every field starts unset; config_* functions give the value in force. */

extern module AP_MODULE_DECLARE_DATA auth_mpin_module;

/* First factors, bits of MPinLoginMethods and of a pre-login entry. */
#define METHOD_PIN 1u
#define METHOD_PASSWORD 2u

/* Our URLs, as MPinPath names them. */
typedef enum {
    PATH_LOGIN,        /* "login"            /login */
    PATH_LOGOUT,       /* "logout"           /logout */
    PATH_AUTHENTICATE, /* "mpinAuthenticate" /mpinAuthenticate */
    PATH_RPS,          /* "rps"              /rps (and all under it) */
    PATH_PAD,          /* "mpin.js"          /mpin.js */
    PATH_ASSETS,       /* "mpin"             /mpin (and all under it) */
    PATH_COUNT
} path_name_t;

typedef enum { UNAUTH_AUTO = 0, UNAUTH_REDIRECT, UNAUTH_401, UNAUTH_PASS } unauthenticated_t;

/* One MPinPassHeaders NAME=FIELD. */
typedef struct pass_header_t {
    const char *name;
    enum { PASS_USER, PASS_EMAIL, PASS_PROVIDER, PASS_AMR, PASS_AUTH_TIME, PASS_SESSION } field;
} pass_header_t;

/* Where a directive stood, so that check_config can name file and line. */
typedef struct written_t {
    const char *directive;
    const char *file;
    int line;
} written_t;

typedef struct public_url_t {
    const char *text;   /* "https://www.example.com", no trailing slash; default port left out */
    const char *host;   /* host name without port */
    bool https;
    bool loopback;      /* localhost, 127.0.0.1, [::1] */
} public_url_t;

typedef struct server_config_t server_config_t; /* config/directives.h has the fields; rooms above use site_t */

typedef struct dir_config_t {
    int methods;             /* -1 unset, else METHOD_ bits */
    int reauth_after;        /* seconds, -1 unset, 0 none */
    int unauthenticated;     /* -1 unset, else unauthenticated_t */
    const char *redirect;    /* MPinUnauthenticated redirect:PATH, or NULL = the login page */
    apr_array_header_t *written;
} dir_config_t;

#endif
