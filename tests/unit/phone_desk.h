/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PHONE_DESK_H
#define PHONE_DESK_H

#include "phone/phone.h"
#include "rps_desk.h"

/* A desk where phones sign desktops in; a phone waits for one second. The desktop has cookie 1, the
 * phone cookie 2 (0: none). */
int phone_desk_make(void **state);
#define PHONE_TEST(name) cmocka_unit_test_setup_teardown(name, phone_desk_make, desk_drop)

#define DESKTOP_AGENT                                                                              \
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36"

caller_t phone_desktop(const desk_t *desk);
caller_t phone_caller(const desk_t *desk, const char *address, unsigned char cookie);

/* What a desktop shows. */
typedef struct shown_t {
    char number[8], wid[33], web_ott[33];
} shown_t;

/* POST getQrUrl; the status. */
int phone_show(desk_t *desk, const caller_t *desktop, shown_t *shown);

/* POST access: the answer, an object in the pool. */
const json_t *phone_poll(desk_t *desk, const char *web_ott, apr_pool_t *p);
void assert_status(desk_t *desk, const shown_t *shown, const char *status);

/* POST codeStatus of text with ' for ", in which every $ is the wid. */
result_t *phone_says(desk_t *desk, const caller_t *phone, const char *wid, const char *text);

/* pass1 and pass2 with that WID: the authOTT in the desk's pool; it must come. */
const char *phone_proves(desk_t *desk, const caller_t *phone, const device_t *device,
                         const char *wid, uint32_t pin);

/* POST authenticate, with seats. */
result_t *phone_authenticates(desk_t *desk, seats_t *seats, const caller_t *phone,
                              const char *auth_ott, apr_pool_t *p);

void assert_refusal(const result_t *result, int status, const char *code);

#endif
