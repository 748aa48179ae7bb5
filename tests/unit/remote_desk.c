/* SPDX-License-Identifier: Apache-2.0 */
#include "remote_desk.h"

#include "dta/local.h"

#include <apr_strings.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

int remote_desk_make(void **state)
{
    if (desk_make(state))
        return -1;
    desk_t *desk = *state;
    http_peer_start("", 0);
    const size_t len = strlen(http_peer_url());
    desk->remote_settings.url = apr_pstrmemdup(desk->pool, http_peer_url(), len - 1);
    desk->phone_settings.on = true;
    return 0;
}

int remote_desk_drop(void **state)
{
    http_peer_stop(NULL);
    return desk_drop(state);
}

void remote_desk_forget(desk_t *desk)
{
    desk->rps = desk_rps(desk, &desk->settings, dta_local(desk->keys, desk->pool));
    assert_non_null(desk->rps);
    desk->remote =
        remote_make(&desk->remote_settings, desk->rps, desk->http, desk->seats, desk->pool);
}

void remote_desk_answers(desk_t *desk, int status, const char *body)
{
    http_peer_answers(
        apr_psprintf(desk->pool,
                     "HTTP/1.1 %d X\r\nContent-Type: application/json; charset=UTF-8\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     status, (int)strlen(body), body));
}
