/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a site's store with desktops that wait for a phone: `waiting STORE KEYFILE COUNT`, run by
 * who starts that httpd, while it is stopped. Their webOTTs go to the output, one a line. More than
 * a site gives out itself: what is measured is how a poll fares among many. */
#include <apr_general.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/hex.h"
#include "phone/code.h"

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "waiting: %s: %s\n", what, why);
    return 1;
}

/* The store is that of the user whom httpd's children run as. */
static bool become_owner(const char *dir)
{
    struct stat st;
    if (stat(dir, &st))
        return false;
    return st.st_uid == geteuid() || (!setgid(st.st_gid) && !setuid(st.st_uid));
}

static bool fill(phones_t *phones, long count, apr_pool_t *p)
{
    for (long i = 0; i < count; i++) {
        unsigned char web_ott[TOKEN_BYTES], wid[WID_BYTES];
        code_t code = {.state = CODE_NEW,
                       .bound = 1,
                       .expires = apr_time_now() + apr_time_from_sec(3600),
                       .number = "0144002",
                       .address = "192.0.2.7",
                       .browser_name = "Chrome on Linux"};
        randombytes_buf(web_ott, sizeof web_ott);
        code_wid_of(phones, web_ott, wid);
        if (code_keep(phones, &code, wid, p) != STORE_OK)
            return false;
        puts(hex_encode(p, web_ott, sizeof web_ott));
    }
    return true;
}

int main(int argc, char **argv)
{
    static const phone_settings_t none; /* no endpoint is asked */
    apr_pool_t *p;
    keys_t *keys;
    store_t *store;
    const char *why = "";

    if (argc != 4 || strncmp(argv[1], "lmdb:", 5) || sodium_init() < 0)
        return fail("usage", "waiting STORE KEYFILE COUNT");
    apr_initialize();
    apr_pool_create(&p, NULL);
    if (keys_open(&keys, argv[2], NULL, (apr_uid_t)geteuid(), p, &why))
        return fail(argv[2], why);
    if (!become_owner(argv[1] + strlen("lmdb:")))
        return fail(argv[1], "not the store of a user whom we can be");
    const store_settings_t settings = {.url = argv[1],
                                       .quota = (apr_off_t)1 << 30,
                                       .keys = keys,
                                       .uid = geteuid(),
                                       .gid = getegid()};
    if (store_open(&store, &settings, p, &why))
        return fail(argv[1], why);
    phones_t *phones = phones_make(&none, store, NULL, keys, p);
    if (!phones || !fill(phones, atol(argv[3]), p))
        return fail(argv[1], "no more can be kept");
    apr_pool_destroy(p);
    return 0;
}
