#ifndef MPIN_RPA_SERVICE_H
#define MPIN_RPA_SERVICE_H

#include "rpa/route.h"

/* What an RPS answers to the applications that it serves (protocol: RPS, private): rows of the
 * route table, on vhosts with MPinService rps only. */
result_t *service_status(facts_t *facts); /* GET /status */

#endif
