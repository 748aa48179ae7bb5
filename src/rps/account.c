/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/account.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

static result_t *name_is_taken(apr_pool_t *p)
{
    return result_error(p, 403, "name_taken", "This name is taken. Sign in to add a device to it.");
}

static account_word_t look_up(const caller_t *caller, const char *name)
{
    return caller->book->look_up(caller->book->baton, name);
}

/* A stranger must not be "Admin" either, where "admin" has a password, nor the reverse: what comes
 * behind this server may take the two for one. */
static account_word_t look_up_spellings(const caller_t *caller, const char *name, apr_pool_t *p)
{
    const char *small = name_folded(name, p);
    char *large = apr_pstrdup(p, small), *first = apr_pstrdup(p, small);
    const char *const others[] = {small, large, first};
    for (char *c = large; *c; c++)
        *c = (char)apr_toupper(*c);
    *first = *large;

    account_word_t word = look_up(caller, name);
    for (size_t i = 0; i < 3 && word == ACCOUNT_UNKNOWN; i++)
        if (strcmp(others[i], name) != 0)
            word = look_up(caller, others[i]);
    return word;
}

result_t *account_is_free(const caller_t *caller, const char *name, apr_pool_t *p)
{
    const account_word_t word = caller->book ? look_up_spellings(caller, name, p) : ACCOUNT_UNKNOWN;
    if (word == ACCOUNT_KNOWN)
        return name_is_taken(p);
    return word == ACCOUNT_UNKNOWN ? NULL
                                   : result_error(p, 503, "accounts_down",
                                                  "Whose name this is can't be told just now.");
}

static result_t *account_is_gone(apr_pool_t *p)
{
    return result_error(p, 403, "account_gone", "There is no account of this name any more.");
}

/* Asked now: an answer that is kept would hold at the first sign-in, too. */
result_t *account_is_there(const caller_t *caller, const char *name, apr_pool_t *p)
{
    const account_book_t *book = caller->book;
    return book && book->decides && look_up(caller, name) == ACCOUNT_UNKNOWN ? account_is_gone(p)
                                                                             : NULL;
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
    return book->decides && word == ACCOUNT_UNKNOWN ? account_is_gone(p) : NULL;
}
