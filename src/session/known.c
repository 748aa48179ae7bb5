/* SPDX-License-Identifier: Apache-2.0 */
#include "session/known.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "session/cookie.h"

/* Every request brings it, and each of its bytes costs: what most browsers lack takes no room. First
 * byte: the layout's version and which parts there are before the users. */
#define LAYOUT 0x10u
enum {
    PART_ID = 1, /* else it is the device's handle */
    PART_DEVICE = 2,
    PART_SITE = 4, /* else it is the realm's */
    PARTS = PART_ID | PART_DEVICE | PART_SITE
};

/* The versions before this one, which are read: browsers keep a cookie for more than a year. The
 * second had everything, the first no device. */
#define LAYOUT_FIRST 1u
#define LAYOUT_SECOND 2u

#define USER_BYTES 16
#define DEVICE_BYTES sizeof(((known_t *)0)->device)
#define SITE_BYTES sizeof(((known_t *)0)->site)
#define BYTES (1 + KNOWN_ID_BYTES + DEVICE_BYTES + SITE_BYTES + KNOWN_USERS * USER_BYTES)

struct known_browsers_t {
    cookie_sealer_t *sealer;
    unsigned char site[SITE_BYTES]; /* which its realm is named after, if any is */
};

static void known_site(const char *site, unsigned char tag[SITE_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)site, strlen(site));
    memcpy(tag, hash, SITE_BYTES);
}

known_browsers_t *known_browsers_make(const keys_t *keys, const char *cookie, const char *realm,
                                      apr_pool_t *p)
{
    known_browsers_t *browsers = apr_palloc(p, sizeof *browsers);
    browsers->sealer = cookie_sealer_make(keys, "known-browser",
                                          apr_time_from_sec(KNOWN_DAYS * 86400), cookie, realm, p);
    known_site(realm, browsers->site);
    return browsers->sealer ? browsers : NULL;
}

/* The user's place, or KNOWN_USERS. */
static int known_place(const known_t *known, const char *name, unsigned char user[USER_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    int place = 0;

    crypto_hash_sha256(hash, (const unsigned char *)name, strlen(name));
    memcpy(user, hash, USER_BYTES);
    while (place < KNOWN_USERS && memcmp(known->users[place], user, USER_BYTES))
        place++;
    return place;
}

bool known_add(known_t *known, const char *name)
{
    unsigned char user[USER_BYTES];
    int place = known_place(known, name, user);
    if (!place)
        return false;

    if (sodium_is_zero(known->id, sizeof known->id))
        randombytes_buf(known->id, sizeof known->id);
    int moved = place < KNOWN_USERS ? place : KNOWN_USERS - 1;
    memmove(known->users[1], known->users[0], (size_t)moved * USER_BYTES);
    memcpy(known->users[0], user, USER_BYTES);
    return true;
}

void known_start(known_t *known, const unsigned char device[16])
{
    memset(known, 0, sizeof *known);
    if (device)
        memcpy(known->id, device, sizeof known->id);
}

bool known_set_device(known_t *known, const char *site, const unsigned char device[16])
{
    const known_t before = *known;
    memset(known->device, 0, sizeof known->device);
    memset(known->site, 0, sizeof known->site);
    if (device) {
        memcpy(known->device, device, sizeof known->device);
        known_site(site, known->site);
    }
    return memcmp(&before, known, sizeof before) != 0;
}

const unsigned char *known_device(const known_t *known, const char *site)
{
    unsigned char tag[SITE_BYTES];
    known_site(site, tag);
    return !sodium_is_zero(known->device, sizeof known->device) &&
                   memcmp(tag, known->site, sizeof tag) == 0
               ? known->device
               : NULL;
}

const unsigned char *known_for(const known_t *known, const char *name)
{
    unsigned char user[USER_BYTES];
    return known_place(known, name, user) < KNOWN_USERS ? known->id : NULL;
}

bool known_share(const known_t *one, const known_t *other)
{
    for (int i = 0; i < KNOWN_USERS; i++)
        for (int j = 0; j < KNOWN_USERS; j++)
            if (!sodium_is_zero(one->users[i], USER_BYTES) &&
                memcmp(one->users[i], other->users[j], USER_BYTES) == 0)
                return true;
    return false;
}

static unsigned known_parts(const known_browsers_t *browsers, const known_t *known)
{
    unsigned parts = 0;
    if (memcmp(known->id, known->device, sizeof known->id) != 0)
        parts |= PART_ID;
    if (sodium_is_zero(known->device, sizeof known->device))
        return parts;
    parts |= PART_DEVICE;
    if (memcmp(known->site, browsers->site, sizeof known->site) != 0)
        parts |= PART_SITE;
    return parts;
}

static unsigned known_parts_of_layout(unsigned layout)
{
    if (layout == LAYOUT_FIRST)
        return PART_ID;
    if (layout == LAYOUT_SECOND)
        return PARTS;
    return layout & PARTS;
}

const char *known_seal(const known_browsers_t *browsers, const known_t *known, apr_time_t now,
                       apr_pool_t *p)
{
    unsigned char bytes[BYTES];
    bytes_out_t out = bytes_out(bytes, sizeof bytes);

    const unsigned parts = known_parts(browsers, known);
    bytes_put_u8(&out, (uint8_t)(LAYOUT | parts));
    bytes_put(&out, known->id, parts & PART_ID ? sizeof known->id : 0);
    bytes_put(&out, known->device, parts & PART_DEVICE ? sizeof known->device : 0);
    bytes_put(&out, known->site, parts & PART_SITE ? sizeof known->site : 0);
    for (int i = 0; i < KNOWN_USERS && !sodium_is_zero(known->users[i], USER_BYTES); i++)
        bytes_put(&out, known->users[i], USER_BYTES);
    return cookie_seal(browsers->sealer, now, bytes, bytes_written(&out), p);
}

bool known_open(const known_browsers_t *browsers, const char *text, apr_size_t len, apr_time_t now,
                known_t *known)
{
    unsigned char bytes[BYTES];
    apr_size_t got;

    if (!cookie_open(browsers->sealer, now, text, len, bytes, sizeof bytes, &got))
        return false;
    bytes_in_t in = bytes_in(bytes, got);
    const unsigned layout = bytes_get_u8(&in);
    if (layout != LAYOUT_FIRST && layout != LAYOUT_SECOND && (layout & ~(unsigned)PARTS) != LAYOUT)
        return false;
    const unsigned parts = known_parts_of_layout(layout);
    memset(known, 0, sizeof *known);
    bytes_get(&in, known->id, parts & PART_ID ? sizeof known->id : 0);
    bytes_get(&in, known->device, parts & PART_DEVICE ? sizeof known->device : 0);
    if (parts & PART_SITE)
        bytes_get(&in, known->site, sizeof known->site);
    else if (parts & PART_DEVICE)
        memcpy(known->site, browsers->site, sizeof known->site);
    if (!(parts & PART_ID))
        memcpy(known->id, known->device, sizeof known->id);
    for (int i = 0; i < KNOWN_USERS && in.ok && in.next < in.end; i++)
        bytes_get(&in, known->users[i], USER_BYTES);
    return bytes_all_read(&in);
}
