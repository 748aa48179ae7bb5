/* SPDX-License-Identifier: Apache-2.0 */
/* GET /rps/mobileConfig and GET /service (docs/protocol.md, "RPS, public"): where a mobile client
 * finds us. */
#include <string.h>
#include "base/json.h"
#include "phone/phones.h"

/* Clients put it behind the url and a slash. */
static const char *path_of_rps(const phone_settings_t *s)
{
    const size_t origin = strlen(s->public_url);
    const char *path = s->base_url;
    if (strncmp(path, s->public_url, origin) == 0)
        path += origin;
    return *path == '/' ? path + 1 : path;
}

static json_t *service_of(const phone_settings_t *s)
{
    json_t *json = json_object();
    json_set_text(json, "name", s->title);
    json_set_text(json, "url", s->public_url);
    json_set_text(json, "rps_prefix", path_of_rps(s));
    json_set_text(json, "logo_url", s->logo_url);
    json_set_text(json, "type", "online");
    return json;
}

result_t *phone_service(phones_t *phones, apr_pool_t *p)
{
    result_t *off = phone_off(phones, p);
    return off ? off : result_ok(p, service_of(phones->settings));
}

result_t *phone_mobile_config(phones_t *phones, apr_pool_t *p)
{
    result_t *off = phone_off(phones, p);
    return off ? off : result_ok(p, json_pack("[o]", service_of(phones->settings)));
}
