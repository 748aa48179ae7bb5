#include "rpa/service.h"

result_t *service_status(facts_t *facts)
{
    return rps_status(facts->r->pool);
}
