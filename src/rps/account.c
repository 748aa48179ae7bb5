/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/account.h"

#include <string.h>

static result_t *name_is_taken(apr_pool_t *p)
{
    return result_error(p, 403, "name_taken", "This name is taken. Sign in to add a device to it.");
}

static account_word_t look_up(const caller_t *caller, const char *name)
{
    return caller->book->look_up(caller->book->baton, name);
}

/* A stranger must not be "Admin" either, where "admin" has a password: what comes behind this
 * server may take the two for one. */
result_t *account_is_free(const caller_t *caller, const char *name, apr_pool_t *p)
{
    const char *folded = name_folded(name, p);
    if (!caller->book)
        return NULL;
    account_word_t word = look_up(caller, name);
    if (word == ACCOUNT_UNKNOWN && strcmp(folded, name) != 0)
        word = look_up(caller, folded);
    if (word == ACCOUNT_KNOWN)
        return name_is_taken(p);
    return word == ACCOUNT_UNKNOWN ? NULL
                                   : result_error(p, 503, "accounts_down",
                                                  "Whose name this is can't be told just now.");
}

result_t *account_is_theirs(const rps_t *rps, const caller_t *caller, const identity_t *identity,
                            apr_pool_t *p)
{
    const account_book_t *book = caller->book;
    const bool open = identity->origin == ORIGIN_OPEN;
    if (!book || rps->settings->service || (!open && !book->decides))
        return NULL;
    const account_word_t word = book->recall(book->baton, identity->name);
    if (open && word == ACCOUNT_KNOWN)
        return name_is_taken(p);
    if (book->decides && word == ACCOUNT_UNKNOWN)
        return result_error(p, 403, "account_gone", "There is no account of this name any more.");
    return NULL;
}
