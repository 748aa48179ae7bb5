/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_WAY_H
#define MPIN_LOGIN_WAY_H

#include "session/demand.h"
#include "web/facts.h"

/* The way back: where a login page leads, which stands in its own URL, and what is asked for there.
 * So any number of tabs, bookmarks and old pages keep theirs, and no cookie knows of it. */
typedef struct way_t {
    const char *target; /* the place that is wanted, NULL for nowhere in particular */
    const char *asked; /* the place whose demand is to be met, where it is another one; else NULL */
    const char *method; /* by which `asked` is asked for, NULL for GET */
    demand_t demand;    /* of the place; it is for the looks only, authn decides */
    bool lost;          /* a POST was not sent on */
    bool prove;         /* of one's own account, before it is changed (prove_anew.h) */
    bool step;          /* nothing is lacking but a second step */
    bool too_long;      /* the place did not fit into a URL */
} way_t;

/* The fields of a login page's query. */
const apr_table_t *way_query(const facts_t *facts);

/* Of the login page that is asked for: its query, or where it is the ErrorDocument of a place, that
 * place. */
way_t way_of_page(facts_t *facts);

/* Of the form that was posted from one. */
way_t way_of_form(facts_t *facts);

/* Of a request that is not let in. */
way_t way_of_refused(request_rec *r, const demand_t *demand, bool lost);

/* The page of our own origin in which somebody sent a form, or a script asks. NULL: none is known. */
const char *way_page_before(const request_rec *r);

/* The path and query of the page that is next on it: the login's, or the second step's. */
const char *way_location(const request_rec *r, const way_t *way);

/* The same of a page of the second step's, `more` below it ("", "/totp"); where another factor is chosen, by its id; and of the login page with
 * one more field. */
const char *way_step(const request_rec *r, const char *more, const way_t *way);
const char *way_choose(const request_rec *r, const char *factor, const way_t *way);
const char *way_login(const request_rec *r, const char *name, const char *value, const way_t *way);

/* Where somebody shows once more that it's them, by what `demand` asks for, and then goes on.
 * NULL: the login is elsewhere, and nobody says where. */
const char *way_prove(const request_rec *r, const demand_t *demand, const char *target);
/* The same of a trusted login's beginning. */
const char *way_with(const request_rec *r, const char *name, const way_t *way);

/* Does it lead to another host? */
bool way_is_foreign(const way_t *way);

/* The same for a page that stands in the login page's place and leads to another host's: it is told
 * the place as a URL, and what the place asks for, as no other host can look there. */
const char *way_elsewhere(const request_rec *r, const char *page, const way_t *way);

/* The login page as a URL, for a person at another web server's place: what that asks for stands in it,
 * as nobody can look there. */
const char *way_for_asker(const request_rec *r, const way_t *way);

/* One of both for somebody who is signed in and wants to be somebody else. NULL: there is no login
 * page. */
const char *way_switch(const request_rec *r, const way_t *way);

/* Where it leads: the target, or MPinAfterLogin. */
const char *way_target(const way_t *way, const site_t *site);

#endif
