/* SPDX-License-Identifier: Apache-2.0 */
#include "config/number.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 15 /* far below what an apr_int64_t holds */
#define DAY 86400

bool number_read(const char *text, apr_int64_t least, apr_int64_t most, apr_int64_t *number)
{
    const size_t digits = strspn(text, "0123456789");
    if (!digits || digits > DIGITS_MAX || text[digits])
        return false;

    const apr_int64_t value = apr_atoi64(text);
    if (value < least || value > most)
        return false;
    *number = value;
    return true;
}

/* The number at the start of the text; `*unit` is what follows it. */
static bool number_and_unit(const char *text, apr_int64_t *number, const char **unit)
{
    char digits[DIGITS_MAX + 1] = "";
    const size_t len = strspn(text, "0123456789");
    if (len > DIGITS_MAX)
        return false;
    memcpy(digits, text, len);
    *unit = text + len;
    return number_read(digits, 1, INT64_MAX, number);
}

typedef struct unit_t {
    const char *name;
    apr_int64_t worth;
} unit_t;

static apr_int64_t worth_of(const char *name, const unit_t *units)
{
    for (; units->name; units++)
        if (!strcmp(name, units->name))
            return units->worth;
    return 0;
}

bool number_duration(const char *text, apr_interval_time_t *time)
{
    static const unit_t units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", DAY}, {NULL, 0}};
    apr_int64_t number;
    const char *unit;
    if (!number_and_unit(text, &number, &unit))
        return false;

    const apr_int64_t worth = worth_of(unit, units);
    if (!worth || number > 366 * (apr_int64_t)DAY / worth)
        return false;
    *time = apr_time_from_sec(number * worth);
    return true;
}

bool number_size(const char *text, apr_off_t *bytes)
{
    static const unit_t units[] = {{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
    apr_int64_t number;
    const char *unit;
    if (!number_and_unit(text, &number, &unit))
        return false;

    const apr_int64_t worth = worth_of(unit, units);
    if (!worth || number > INT64_MAX / worth)
        return false;
    *bytes = number * worth;
    return true;
}

bool number_rate(const char *text, int *count, apr_interval_time_t *window)
{
    char digits[DIGITS_MAX + 1] = "";
    apr_int64_t number;
    apr_interval_time_t time;
    const char *slash = strchr(text, '/');
    if (!slash || slash - text > DIGITS_MAX)
        return false;
    memcpy(digits, text, (size_t)(slash - text));

    if (!number_read(digits, 1, 1000000, &number) || !number_duration(slash + 1, &time) ||
        time > apr_time_from_sec(DAY))
        return false;
    *count = (int)number;
    *window = time;
    return true;
}
