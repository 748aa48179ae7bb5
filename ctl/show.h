/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_SHOW_H
#define MPIN_CTL_SHOW_H

#include "base/json.h"
#include "ctl/ctl.h"

/* What a command has to say is JSON; with --json that is what is printed, else tables made of it, so
 * that both say the same. */
typedef struct column_t {
    const char *key;   /* in each object of the rows; NULL ends the columns */
    const char *title; /* in the table's first line */
} column_t;

/* An array of objects as a table; `none` where there is nothing. */
void show_table(const ctl_t *ctl, const json_t *rows, const column_t *columns, const char *none);

/* An object: its plain fields, a line each, in the order of the columns. */
void show_fields(const ctl_t *ctl, const json_t *object, const column_t *columns);

/* "heading" over what follows; not with --json. */
void show_heading(const ctl_t *ctl, const char *text);

/* The whole as JSON, where that is wished: true, and nothing else is to be shown. */
bool show_json(const ctl_t *ctl, const json_t *whole);

/* "done", of a change: {"done": event, "user": ...}, or the sentence. */
ctl_end_t show_done(const ctl_t *ctl, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As a terminal may get it: a '?' for what moves its cursor or turns its direction. */
const char *show_plain(const char *text, apr_pool_t *p);

/* "2026-11-30T20:10:30Z", null for 0. */
json_t *show_time(uint32_t seconds);

/* In a new array each. */
json_t *show_rows(const ctl_t *ctl);

#endif
