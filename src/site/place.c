/* SPDX-License-Identifier: Apache-2.0 */
#include "site/place.h"

place_t *place_make(const server_config_t *config, server_rec *server, apr_pool_t *p)
{
    place_t *place = apr_pcalloc(p, sizeof(*place));
    place->now = &place->down;
    return site_make(&place->down, config, server, p) ? place : NULL;
}

const site_t *site_of(const server_rec *server)
{
    place_t *place = directives_of(server)->place;
    return place ? place_site(place) : NULL;
}

const keys_t *site_keys(const server_rec *server)
{
    const place_t *place = directives_of(server)->place;
    return place ? place->depot->settings.keys : NULL;
}
