#include "authn/inside.h"

void authn_register(apr_pool_t *p)
{
    require_register(p);
    filter_register();
}
