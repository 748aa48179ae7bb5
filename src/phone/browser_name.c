/* SPDX-License-Identifier: Apache-2.0 */
#include "phone/browser_name.h"

#include <apr_strings.h>
#include <string.h>

#define LOOKED_AT 512 /* bytes of a User-Agent */

/* The first that is found counts: many browsers also give the names of those they imitate. */
typedef struct mark_t {
    const char *mark, *name;
} mark_t;

static const mark_t browsers[] = {
    {"Edg/", "Edge"},          {"EdgA/", "Edge"},       {"EdgiOS/", "Edge"},
    {"OPR/", "Opera"},         {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"},
    {"Firefox/", "Firefox"},   {"FxiOS/", "Firefox"},   {"CriOS/", "Chrome"},
    {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"},   {"Version/", "Safari"},
    {NULL, "Unknown browser"}};

static const mark_t systems[] = {
    {"Windows NT", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"},
    {"iPad", "iPad"},          {"CrOS", "ChromeOS"},   {"Macintosh", "macOS"},
    {"Linux", "Linux"},        {"BSD", "BSD"},         {NULL, NULL}};

static const char *find_mark(const mark_t *marks, const char *text)
{
    while (marks->mark && !strstr(text, marks->mark))
        marks++;
    return marks->name;
}

const char *browser_name(const char *user_agent, apr_pool_t *p)
{
    const char *text = user_agent ? apr_pstrndup(p, user_agent, LOOKED_AT) : "";
    const char *browser = find_mark(browsers, text), *system = find_mark(systems, text);
    return system ? apr_pstrcat(p, browser, " on ", system, NULL) : browser;
}
