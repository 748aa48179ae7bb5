/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_CODE_PAGE_H
#define MPIN_ACCOUNT_CODE_PAGE_H

#include "account/amend.h"

/* The page where the code of a new factor is typed, and the turn in which it is judged. */
typedef struct code_page_t {
    facts_t *facts;
    own_factor_t *factor;
    user_t user;
    const char *page;  /* the template's name */
    const char *where; /* below /account: the form goes to "WHERE/confirm", one that sends again to
                          WHERE */
    const kind_ops_t *ops;
} code_page_t;

turn_t code_page_turn(code_page_t *code);

/* `refused` is why the page is shown again, NULL at first. `more` sets further values, or NULL. */
result_t *code_page_show(code_page_t *code, const result_t *refused,
                         void (*more)(page_values_t *page, const void *baton), const void *baton);

/* The factor that the form names is one of the person's of that kind, which waits. False: `*refusal`
 * is the answer, NULL where one has been given. */
bool code_page_find(code_page_t *code, own_factor_t *factor, factor_kind_t kind,
                    result_t **refusal);

/* Judges the field `code`; the right one makes the factor count. */
result_t *code_page_confirm(code_page_t *code);

#endif
