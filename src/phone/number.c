#include "phone/number.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define SIX_DIGITS 1000000
#define TRIES 64 /* places that are looked at */

/* One place. All numbers of the same remainder share one, so that no more numbers than places can
 * be live, and nothing has to be counted. */
typedef struct place_t {
    apr_time_t expires;
    unsigned char wid[WID_BYTES];
    char number[NUMBER_DIGITS + 1];
} place_t;

bool number_make(unsigned six, char number[NUMBER_DIGITS + 1])
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

bool number_is(const char *text)
{
    char whole[NUMBER_DIGITS + 1];
    const unsigned six = six_of(text);
    return six < SIX_DIGITS && number_make(six, whole) && strcmp(text, whole) == 0;
}

static const char *key_of(unsigned six, apr_pool_t *p)
{
    return apr_psprintf(p, "number:%u", six % NUMBERS_LIVE);
}

static store_status_t place_read(rps_t *rps, const char *key, apr_time_t now, place_t *place,
                                 apr_pool_t *p)
{
    store_record_t record;
    store_status_t status = store_get(rps->store, STORE_FLEETING, key, p, &record);
    if (status != STORE_OK)
        return status;
    if (record.len != sizeof *place)
        return STORE_MISSING;
    memcpy(place, record.data, sizeof *place);
    return place->expires > now ? STORE_OK : STORE_MISSING;
}

/* A place is looked at before it is taken, which no other writer waits for. */
store_status_t number_take(rps_t *rps, const unsigned char wid[WID_BYTES], apr_time_t now,
                           apr_time_t expires, char number[NUMBER_DIGITS + 1], apr_pool_t *p)
{
    for (int i = 0; i < TRIES;) {
        const unsigned six = randombytes_uniform(SIX_DIGITS);
        place_t place = {.expires = expires}, other;
        if (!number_make(six, place.number))
            continue;
        i++;
        const char *key = key_of(six, p);
        store_status_t status = place_read(rps, key, now, &other, p);
        if (status == STORE_OK)
            continue;
        memcpy(place.wid, wid, sizeof place.wid);
        if (status == STORE_MISSING)
            status = store_add(rps->store, STORE_FLEETING, key, &place, sizeof place, expires);
        if (status == STORE_EXISTS)
            continue;
        memcpy(number, place.number, sizeof place.number);
        return status;
    }
    return STORE_FULL;
}

store_status_t number_find(rps_t *rps, const char *number, apr_time_t now,
                           unsigned char wid[WID_BYTES], apr_pool_t *p)
{
    place_t place;
    store_status_t status = place_read(rps, key_of(six_of(number), p), now, &place, p);
    if (status != STORE_OK)
        return status;
    if (memcmp(place.number, number, sizeof place.number) != 0)
        return STORE_MISSING;
    memcpy(wid, place.wid, sizeof place.wid);
    return STORE_OK;
}
