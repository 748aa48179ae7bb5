/* SPDX-License-Identifier: Apache-2.0 */
/* Records of people: whatever bytes, what can be read was written by us, to the byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "people/records.h"
#include "people/tokens.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    user_t user;
    identity_t identity;
    access_token_t token;
    unsigned char token_record[TOKEN_RECORD_MAX];
    unsigned char user_record[USER_RECORD_MAX], identity_record[IDENTITY_RECORD_MAX];

    if (people_read_user(data, size, &user)) {
        require(people_write_user(&user, user_record) == size);
        require(memcmp(user_record, data, size) == 0);
    }
    if (people_read_identity(data, size, &identity)) {
        require(people_write_identity(&identity, identity_record) == size);
        require(memcmp(identity_record, data, size) == 0);
        require(identity.cleared <= identity.failures);
        require(people_recent_failures(&identity, 0) <= RECENT_FAILURES);
    }
    if (tokens_read(data, size, &token)) {
        require(tokens_write(&token, token_record) == size);
        require(memcmp(token_record, data, size) == 0);
    }
    return 0;
}
