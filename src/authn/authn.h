/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_AUTHN_H
#define MPIN_AUTHN_AUTHN_H

#include <httpd.h>

/* The user of a request. Hooks of the front door, in httpd's order. */

/* post_read_request: scrub what only we may set; take our cookies out */
int authn_post_read_request(request_rec *r);

/* quick_handler: our output filter, before mod_cache's */
int authn_quick_handler(request_rec *r, int lookup);

/* pre_translate_name and translate_name: claim our URLs */
int authn_pre_translate(request_rec *r);
int authn_translate(request_rec *r);

/* map_to_storage: our URLs are no files */
int authn_map_to_storage(request_rec *r);

/* access_checker_ex: public rows of ours need no user */
int authn_access_checker_ex(request_rec *r);

/* force_authn: `pass`, and pages that are open to all */
int authn_force(request_rec *r);

/* check_authn: session -> r->user, or the login */
int authn_check(request_rec *r);

/* note_auth_failure: a signed-in user who fails Require gets 403 */
int authn_note_failure(request_rec *r, const char *type);

/* fixups, first and before mod_dir's: variables and headers for applications */
int authn_fixups(request_rec *r);
int authn_fixups_done(request_rec *r);

/* insert_filter and insert_error_filter */
void authn_insert_filter(request_rec *r);

/* handler: our URLs; the internal route, 401, 403 and 503 with a body of ours */
int authn_handler(request_rec *r);

/* log_transaction, first: no log shows an mpinId */
int authn_log(request_rec *r);

#endif
