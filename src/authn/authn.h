#ifndef MPIN_AUTHN_AUTHN_H
#define MPIN_AUTHN_AUTHN_H

#include "login/login.h"

/* Who is this request. Hooks of the front door, in httpd's order. */
int authn_post_read_request(request_rec *r);      /* scrub what only we may set; take our cookies out */
int authn_quick_handler(request_rec *r, int lookup); /* our output filter, before mod_cache's */
int authn_translate(request_rec *r);              /* pre_translate_name and translate_name: claim our URLs */
int authn_map_to_storage(request_rec *r);         /* our URLs are no files */
int authn_access_checker_ex(request_rec *r);      /* public rows of ours need no user */
int authn_force(request_rec *r);                  /* force_authn: `pass` and pages that are open to all */
int authn_check(request_rec *r);                  /* check_authn: session -> r->user, or the login */
int authn_note_failure(request_rec *r, const char *type); /* a signed-in user who fails Require: 403 */
int authn_fixups(request_rec *r);                 /* env and headers for applications */
void authn_insert_filter(request_rec *r);         /* insert_filter and insert_error_filter */
int authn_handler(request_rec *r);                /* the internal route: 401, 403 and 503 with a body of ours */
int authn_log(request_rec *r);                    /* log_transaction, first: no log shows an mpinId */

/* Require mpin-amr VALUE..., Require mpin-max-age TIME; and the output filter. */
void authn_register(apr_pool_t *p);

#endif
