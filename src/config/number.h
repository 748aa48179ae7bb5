/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CONFIG_NUMBER_H
#define MPIN_CONFIG_NUMBER_H

#include <apr_time.h>
#include <stdbool.h>

/* Numbers as administrators write them. Each is false for anything but the exact form. */

/* Digits only, from `least` to `most`. */
bool number_read(const char *text, apr_int64_t least, apr_int64_t most, apr_int64_t *number);

/* A whole number and its unit: s, min, h or d; from one second to 366 days. */
bool number_duration(const char *text, apr_interval_time_t *time);

/* A whole number of bytes with K, M or G (1024s). */
bool number_size(const char *text, apr_off_t *bytes);

/* COUNT/TIME, as in 30/60s: a count from 1 to a million, a time of a day at most. */
bool number_rate(const char *text, int *count, apr_interval_time_t *window);

#endif
