/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/access_number.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define SIX_DIGITS 1000000
#define PLACES_LOOKED_AT 64

/* One place. All numbers of the same remainder share one, so that no more numbers than places can
 * be live, and nothing has to be counted. */
typedef struct number_place_t {
    apr_time_t expires;
    unsigned char wid[WID_BYTES];
    char number[NUMBER_DIGITS + 1];
} number_place_t;

bool access_number_make(unsigned six, char number[NUMBER_DIGITS + 1])
{
    unsigned sum = 0;
    for (int i = 5; i >= 0; i--, six /= 10) {
        unsigned digit = six % 10;
        number[i] = (char)('0' + digit);
        sum += digit * (unsigned)(7 - i);
    }
    unsigned check = (11 - sum % 11) % 11;
    number[6] = (char)('0' + check % 10);
    number[7] = '\0';
    return check != 10 && check != 0;
}

/* The first six digits as a number; SIX_DIGITS where they are none. */
static unsigned six_of(const char *text)
{
    unsigned six = 0;
    for (int i = 0; i < 6; i++) {
        if (text[i] < '0' || text[i] > '9')
            return SIX_DIGITS;
        six = six * 10 + (unsigned)(text[i] - '0');
    }
    return six;
}

bool access_number_is(const char *text)
{
    char whole[NUMBER_DIGITS + 1];
    const unsigned six = six_of(text);
    return six < SIX_DIGITS && access_number_make(six, whole) && strcmp(text, whole) == 0;
}

static const char *number_key(unsigned six, apr_pool_t *p)
{
    return apr_psprintf(p, "number:%u", six % NUMBERS_LIVE);
}

static store_status_t read_number_place(store_t *store, const char *key, apr_time_t now,
                                        number_place_t *place, apr_pool_t *p)
{
    store_record_t record;
    store_status_t status = store_get(store, STORE_FLEETING, key, p, &record);
    if (status != STORE_OK)
        return status;
    if (record.len != sizeof *place)
        return STORE_MISSING;
    memcpy(place, record.data, sizeof *place);
    return place->expires > now ? STORE_OK : STORE_MISSING;
}

/* A place is looked at before it is taken, which no other writer waits for. */
store_status_t access_number_take(store_t *store, const unsigned char wid[WID_BYTES],
                                  apr_time_t now, apr_time_t expires,
                                  char number[NUMBER_DIGITS + 1], apr_pool_t *p)
{
    for (int i = 0; i < PLACES_LOOKED_AT;) {
        const unsigned six = randombytes_uniform(SIX_DIGITS);
        number_place_t place = {.expires = expires}, other;
        if (!access_number_make(six, place.number))
            continue;
        i++;
        const char *key = number_key(six, p);
        store_status_t status = read_number_place(store, key, now, &other, p);
        if (status == STORE_OK)
            continue;
        memcpy(place.wid, wid, sizeof place.wid);
        if (status == STORE_MISSING)
            status = store_add(store, STORE_FLEETING, key, &place, sizeof place, expires);
        if (status == STORE_EXISTS)
            continue;
        memcpy(number, place.number, sizeof place.number);
        return status;
    }
    return STORE_EXISTS;
}

store_status_t access_number_find(store_t *store, const char *number, apr_time_t now,
                                  unsigned char wid[WID_BYTES], apr_pool_t *p)
{
    number_place_t place;
    store_status_t status = read_number_place(store, number_key(six_of(number), p), now, &place, p);
    if (status != STORE_OK)
        return status;
    if (memcmp(place.number, number, sizeof place.number) != 0)
        return STORE_MISSING;
    memcpy(wid, place.wid, sizeof place.wid);
    return STORE_OK;
}

void access_number_free(store_t *store, const char *number, apr_time_t now, apr_pool_t *p)
{
    number_place_t place;
    if (!access_number_is(number))
        return;
    const char *key = number_key(six_of(number), p);
    if (read_number_place(store, key, now, &place, p) == STORE_OK &&
        memcmp(place.number, number, sizeof place.number) == 0)
        store_delete(store, STORE_FLEETING, key);
}
