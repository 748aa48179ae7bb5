/* SPDX-License-Identifier: Apache-2.0 */
#include "people_fixture.h"

#include <apr_strings.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void fixture_people_over(people_fixture_t *fixture, store_t *store, apr_pool_t *p)
{
    if (revocations_make(&fixture->revocations, store, p) != STORE_OK)
        abort();
    fixture->people = people_make(store, fixture->revocations, LONGEST_SESSION,
                                  fixture->store ? fixture->store->settings.log : NULL, p);
}

people_fixture_t *fixture_people(apr_pool_t *p)
{
    people_fixture_t *fixture = apr_pcalloc(p, sizeof(*fixture));
    fixture->store = fixture_store(p);
    fixture_people_over(fixture, fixture->store->store, p);
    return fixture;
}

user_t fixture_user(people_fixture_t *fixture, const char *name, apr_pool_t *p)
{
    user_t user;
    if (people_claim(fixture->people, name, apr_time_now(), &user, p) != STORE_OK)
        abort();
    return user;
}

identity_t fixture_identity(const user_t *user)
{
    identity_t identity = {
        .state = IDENTITY_ACTIVE,
        .origin = ORIGIN_SESSION,
        .created = (uint32_t)apr_time_sec(apr_time_now()),
        .device = "Laptop",
    };
    randombytes_buf(identity.handle, HANDLE_BYTES);
    memcpy(identity.uid, user->uid, UID_BYTES);
    apr_cpystrn(identity.name, user->name, sizeof(identity.name));
    return identity;
}

identity_t fixture_device(people_fixture_t *fixture, const user_t *user, apr_pool_t *p)
{
    identity_t identity = fixture_identity(user);
    if (people_add_identity(fixture->people, &identity, p) != STORE_OK)
        abort();
    return identity;
}

bool fixture_session_ended(people_fixture_t *fixture, const unsigned char uid[UID_BYTES],
                           uint32_t version, const unsigned char handle[HANDLE_BYTES])
{
    static const unsigned char session[16] = {1}, family[16] = {2};
    if (!revocations_refresh(fixture->revocations))
        abort();
    return revocations_hit(fixture->revocations, session, family, handle, uid, version,
                           (uint32_t)apr_time_sec(apr_time_now()),
                           (uint32_t)apr_time_sec(apr_time_now())) != REVOKED_NOT;
}
