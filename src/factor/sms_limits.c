/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/sms_limits.h"

#include "base/hex.h"
#include "people/throttle.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define HOUR 3600
#define DAY 86400
#define MINUTE 60
#define MAC_BYTES 16
#define WINDOWS 7

/* One count: whose messages, how many may leave, in how long. */
typedef struct window_t {
    const char *kind;
    const void *bytes;
    apr_size_t len;
    int most, seconds;
} window_t;

static const char *window_key(const sms_limits_t *limits, const window_t *window, apr_time_t now,
                              apr_pool_t *p)
{
    unsigned char mac[MAC_BYTES];
    crypto_generichash(mac, sizeof(mac), window->bytes, window->len, limits->key->bytes,
                       limits->key->len);
    return apr_psprintf(p, "sms:%s:%s:%" APR_TIME_T_FMT, window->kind,
                        hex_encode(p, mac, sizeof(mac)), apr_time_sec(now) / window->seconds);
}

/* How many there are. Strangers, who name a number, use up nothing of its owner's, and no more than
 * half of the day's. */
static int windows_of(const sms_limits_t *limits, const turn_t *turn, const char *number,
                      window_t windows[WINDOWS])
{
    const unsigned char *uid = turn->factor->uid;
    unsigned char *address = apr_palloc(turn->p, ADDRESS_BYTES);
    const apr_size_t len = strlen(number);
    const bool own = turn->factor->confirmed;
    throttle_address(turn->caller->address, address);
    windows[0] = (window_t){"user-hour", uid, UID_BYTES, SMS_USER_HOUR, HOUR};
    windows[1] = (window_t){"user-day", uid, UID_BYTES, SMS_USER_DAY, DAY};
    windows[2] = (window_t){own ? "own-hour" : "number-hour", number, len, SMS_NUMBER_HOUR, HOUR};
    windows[3] = (window_t){own ? "own-day" : "number-day", number, len, SMS_NUMBER_DAY, DAY};
    windows[4] = (window_t){"address-hour", address, ADDRESS_BYTES, SMS_ADDRESS_HOUR, HOUR};
    windows[5] = (window_t){"all-day", "", 0, limits->day, DAY};
    windows[6] = (window_t){"new-day", "", 0, (limits->day + 1) / 2, DAY};
    return own ? WINDOWS - 1 : WINDOWS;
}

static store_status_t add_to(const sms_limits_t *limits, const window_t *window, int n,
                             const turn_t *turn, int64_t *total)
{
    const apr_time_t now = turn->caller->now;
    return store_count(limits->store, STORE_COMING_IN, window_key(limits, window, now, turn->p), n,
                       now + 2 * apr_time_from_sec(window->seconds), total);
}

static void give_first(const sms_limits_t *limits, const turn_t *turn, const window_t *windows,
                       int count)
{
    int64_t total;
    for (int i = 0; i < count; i++)
        add_to(limits, &windows[i], -1, turn, &total);
}

static store_status_t take_all(const sms_limits_t *limits, const turn_t *turn,
                               const window_t *windows, int count, int *wait)
{
    store_status_t status = STORE_OK;
    int taken = 0;
    *wait = 0;
    while (taken < count && status == STORE_OK && !*wait) {
        const window_t *window = &windows[taken];
        int64_t total;
        status = add_to(limits, window, 1, turn, &total);
        taken += status == STORE_OK;
        if (status == STORE_OK && total > window->most)
            *wait = window->seconds - (int)(apr_time_sec(turn->caller->now) % window->seconds);
    }
    if (status != STORE_OK || *wait)
        give_first(limits, turn, windows, taken);
    return status;
}

store_status_t sms_limits_take(const sms_limits_t *limits, const turn_t *turn, const char *number,
                               int *wait)
{
    window_t windows[WINDOWS];
    const int count = windows_of(limits, turn, number, windows);
    return take_all(limits, turn, windows, count, wait);
}

store_status_t sms_limits_ask(const sms_limits_t *limits, const turn_t *turn, int *wait)
{
    const window_t minute = {"asks-minute", turn->factor->uid, UID_BYTES, WORKOS_USER_MINUTE,
                             MINUTE};
    return take_all(limits, turn, &minute, 1, wait);
}

void sms_limits_give(const sms_limits_t *limits, const turn_t *turn, const char *number)
{
    window_t windows[WINDOWS];
    const int count = windows_of(limits, turn, number, windows);
    give_first(limits, turn, windows, count);
}
