/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_MISTAKES_H
#define MPIN_CONFIG_MISTAKES_H

#include "config/config.h"

/* Mistakes are gathered while the configuration is read and checked, and told together, one line
 * each: FILE:LINE: DIRECTIVE: what is wrong; the mend */

/* The text itself is wrong: nothing starts or reloads with it. */
void mistake(apr_pool_t *pconf, const written_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Something around the text is wrong (a directory, a file). It may have changed by itself since the
 * start, so it never ends a server that already serves. */
void mistake_around(apr_pool_t *pconf, const written_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* It works, but hardly as meant. */
void mistake_maybe(apr_pool_t *pconf, const written_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs all; true where one of them forbids to go on. */
bool mistakes_report(apr_pool_t *pconf, const server_rec *server);

#endif
