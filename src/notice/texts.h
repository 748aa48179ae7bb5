/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_NOTICE_TEXTS_H
#define MPIN_NOTICE_TEXTS_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

/* The words of pages and mails: one catalogue a language, flattened to dotted keys; read-only once
 * they are loaded. */
typedef struct texts_t {
    const char *lang;
    apr_hash_t *all; /* key -> const char *; a text that the language lacks is the English one */
} texts_t;

/* Reads the catalogues into memory; once a process, before any other. */
void texts_load(apr_pool_t *p);

/* Of the first language of an Accept-Language header that is `offered` (of const char *; NULL: all
 * that we have); its order is taken for the preference, as browsers send it that way. NULL and
 * unknown ones: the first that is offered, English. */
const texts_t *texts_for(const char *accept_language, const apr_array_header_t *offered);

/* The language of that name, written in any case, NULL where we don't have it; and all names, with
 * spaces between. */
const char *texts_language(const char *name);
const char *texts_languages(apr_pool_t *p);

/* Which way that language is written, as HTML's `dir` has it: "ltr" or "rtl". */
const char *texts_direction(const char *lang);

/* The value for a line of plain text in that language: from right to left it is set apart, so that an
 * address, a date or a name keeps its own order. */
const char *texts_apart(const char *value, const char *lang, apr_pool_t *p);

/* A moment as every language reads it: 2026-03-29 14:03 UTC. */
const char *texts_moment(apr_time_t time, apr_pool_t *p);

#endif
