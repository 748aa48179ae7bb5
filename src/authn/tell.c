/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/tell.h"
#include "authn/asked.h"
#include "authn/caching.h"
#include "authn/check.h"
#include "authn/export.h"
#include "authn/groups.h"
#include "web/original.h"

result_t *tell_asker(facts_t *facts)
{
    request_rec *r = facts->r;
    original_t original;
    result_t *refusal = asked_read(r, &original);
    if (refusal)
        return refusal;
    caching_depends(r, facts->request); /* so that a session in use is sealed anew */
    const session_t *session = check_admit(r);
    const demand_t demand = check_demand(r);
    if (!session) {
        asked_stranger(r, &demand);
        return NULL;
    }
    if (export_answer(r, session) != OK)
        return groups_refusal(r->pool);
    return result_ok(r->pool, NULL);
}
