/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a D-TA from strangers: one field a line, as the edge would hand it on. None is taken
 * that is not signed, whatever its fields are; and what the checks say of a request that is signed
 * does not depend on how its fields are cut. */
#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "dta/sign.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddee01"

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The next line of the text, or NULL; one that begins with '-' stands for a field that is absent.
 */
static const char *next_field(char **rest)
{
    char *line = *rest, *end = line ? strchr(line, '\n') : NULL;
    if (end)
        *end++ = '\0';
    *rest = end;
    return line && *line != '-' ? line : NULL;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static unsigned char key_bytes[KEY_BYTES] = {1};
    static secret_t key = {key_bytes, KEY_BYTES};
    static const keys_app_t app = {"00112233445566778899aabbccddeeff", &key};
    apr_pool_t *p;
    apr_initialize();
    require(sodium_init() >= 0);
    apr_pool_create(&p, NULL);

    char *rest = apr_pstrmemdup(p, (const char *)data, size);
    dta_request_t request = {false};
    const char **fields[] = {&request.app_id,       &request.expires,   &request.hash_mpin_id,
                             &request.hash_user_id, &request.signature, &request.count};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i] = next_field(&rest);
    dta_asked_t asked;
    apr_time_t now = apr_time_now();
    require(dta_check_server_secret(&app, &request, now, &asked, p));
    require(dta_check_client_secret(&app, &request, now, &asked, p));
    require(dta_check_time_permit(&app, &request, &asked, p));
    require(dta_check_time_permits(&app, &request, now, &asked, p));

    /* With a good permit's signature, today's is all that there is. */
    request.hash_mpin_id = HASH;
    request.signature = dta_sign_time_permit(&app, HASH, p);
    require(!dta_check_time_permit(&app, &request, &asked, p) && asked.count == 1);
    require(dta_check_time_permits(&app, &request, now, &asked, p) ||
            (asked.count == 1 && !request.expires));
    require(dta_check_client_secret(&app, &request, now, &asked, p));
    apr_pool_destroy(p);
    return 0;
}
