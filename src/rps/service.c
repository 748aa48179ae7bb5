#include "rps/room.h"

/* Other applications' RPS: what only they may ask (protocol: RPS, private). */

result_t *rps_status(apr_pool_t *p)
{
    return result_ok(p, json_pack("{s:s, s:s}", "message", "active", "version", RPS_VERSION));
}
