/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_BEARER_H
#define MPIN_WEB_BEARER_H

#include "web/request.h"

/* Takes a program's token (people/tokens.h) out of the value of an Authorization header: of
 * "Bearer" (RFC 6750, section 2.1), or the password of "Basic" (RFC 7617), whatever the name beside
 * it. True where there is one, well-formed or not: then nobody else is to see the header. Any other
 * value is other people's. */
bool bearer_take(request_t *request, const char *value);

#endif
