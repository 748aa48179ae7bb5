/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/phones.h"

phones_t *phones_make(const phone_settings_t *settings, store_t *store, const throttle_t *throttle,
                      const keys_t *keys, apr_pool_t *p)
{
    phones_t *phones = apr_pcalloc(p, sizeof *phones);
    phones->settings = settings;
    phones->store = store;
    phones->throttle = throttle;
    phones->key = keys_derive_app(keys, "phone-code");
    return phones->key ? phones : NULL;
}

bool phone_is_on(const phones_t *phones)
{
    return phones->settings->on;
}

result_t *phone_off(const phones_t *phones, apr_pool_t *p)
{
    return phone_is_on(phones) ? NULL
                               : result_error(p, 404, "not_found", "Phone login is off here.");
}
