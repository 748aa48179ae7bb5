/* SPDX-License-Identifier: Apache-2.0 */
/* The page for phones, /m. */
#include "login/login.h"
#include "login/page.h"
#include "web/answer.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* The phone's page does its work by itself (htdocs/pinpad/screens). The code in a QR link never
 * comes here: it stands behind a "#", which browsers keep, and take along when /m leads on. */
result_t *login_mobile(facts_t *facts)
{
    request_rec *r = facts->r;
    if (!*facts->rest) {
        answer_see_other(
            r, apr_pstrcat(r->pool, facts->site->paths[PATH_MOBILE], "/index.html", NULL));
        return NULL;
    }
    if (strcmp(facts->rest, "index.html") != 0)
        return result_error(r->pool, HTTP_NOT_FOUND, "not_found", "no such file");

    const apr_array_header_t *pages = facts->site->services ? facts->site->cors : NULL;
    page_values_t page = page_begin(r, facts->site);
    page_set(&page, "application",
             pages && pages->nelts ? APR_ARRAY_IDX(pages, 0, const char *) : NULL);
    page_answer(&page, HTTP_OK, "mobile");
    return NULL;
}
