#include "login/form.h"
#include "login/login.h"

#include <http_protocol.h>

/* GET /logout changes nothing: it shows the button. */
result_t *logout_page(facts_t *facts)
{
    if (!facts->caller.session) {
        answer_see_other(facts->r, facts->site->after_logout);
        return NULL;
    }
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, "logout",
                            facts->r->pool));
    page_answer(&page, HTTP_OK, "logout");
    return NULL;
}

/* The browser itself says that a page of ours sent this: Origin has been compared by the origin
 * policy already. So an application's own sign-out button needs no token; a browser that sends
 * neither header does. */
static bool sent_by_our_pages(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    return apr_table_get(r->headers_in, "Origin") || (site && strcmp(site, "same-origin") == 0);
}

/* Ends the session here, and all that came from the same login. Who is signed out already gets
 * where they wanted. */
result_t *logout_submit(facts_t *facts)
{
    request_rec *r = facts->r;
    const session_t *session = facts->caller.session;

    if (session && !sent_by_our_pages(r) && !form_token_ok(facts, session->id, "logout"))
        return result_error(r->pool, HTTP_FORBIDDEN, "stale_form",
                            "the form's token is not this session's");
    if (session && !request_sign_out(r, facts->caller.now))
        return result_error(r->pool, HTTP_SERVICE_UNAVAILABLE, "store_down",
                            "the sign-out could not be recorded");
    if (session) {
        result_t *done = result_ok(r->pool, NULL);
        done->event = "logout";
        done->user = session->name;
        answer_audit(r, done);
    }
    answer_see_other(r, facts->site->after_logout);
    return NULL;
}
