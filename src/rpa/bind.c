/* SPDX-License-Identifier: Apache-2.0 */
#include "rpa/bind.h"

bool rpa_bind_anew(facts_t *facts)
{
    if (!facts->prelogin_fresh || !request_was_here(facts->request))
        return true;
    facts->caller.prelogin = facts->prelogin.id;
    return request_keep_prelogin(facts->r, &facts->prelogin, facts->caller.now);
}
