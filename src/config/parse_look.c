/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of what pages look like: their colour, their links, their languages. */
#include "config/parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <math.h>
#include <string.h>

#include "config/colour.h"
#include "notice/texts.h"

#define LINK_TEXT_MAX 60 /* bytes */
#define LINK_URL_MAX 500

/* ---- MPinAccent ---- */

#define READABLE 4.5 /* WCAG 2.2, "contrast (minimum)" */
#define WASH                                                                                       \
    0.1 /* mpin.css: how much of the colour is in what stands behind words of that colour */

/* The grounds of mpin.css in light and dark, and which way colours are more readable on them. */
static const colour_t light_page = {{0.953, 0.961, 0.976}}, dark_card = {{0.094, 0.106, 0.137}};
static const colour_t black = {{0, 0, 0}}, white = {{1, 1, 1}};

/* On the ground, and on one that has a little of the colour itself. */
static double contrast_on(const colour_t *colour, const colour_t *ground)
{
    const colour_t washed = colour_mix(ground, colour, WASH);
    return fmin(colour_contrast(colour, ground), colour_contrast(colour, &washed));
}

/* The colour, changed as little as makes it readable. */
static colour_t readable_on(const colour_t *colour, const colour_t *ground, const colour_t *towards)
{
    colour_t best = *towards;
    for (int percent = 99; percent >= 0; percent--) {
        const colour_t mixed = colour_mix(colour, towards, percent / 100.0);
        if (contrast_on(&mixed, ground) < READABLE)
            break;
        best = mixed;
    }
    return best;
}

static const char *read_colour(colour_t *colour, const char *word, const colour_t *ground,
                               apr_pool_t *p)
{
    const bool light = ground == &light_page;
    if (!colour_parse(colour, word))
        return apr_psprintf(p, "\"%.80s\" is no colour; write it as in #2457d6", word);
    const double contrast = contrast_on(colour, ground);
    if (contrast >= READABLE)
        return NULL;
    const colour_t better = readable_on(colour, ground, light ? &black : &white);
    return apr_psprintf(p,
                        "%s has a contrast of %.1f on our %s pages, where words need %.1f; write a "
                        "%s one, as %s",
                        word, contrast, light ? "light" : "dark", READABLE,
                        light ? "darker" : "lighter", colour_text(&better, p));
}

const char *parse_accent(accent_t *accent, const words_t *words)
{
    colour_t light, dark;
    const char *wrong = read_colour(&light, words->word[0], &light_page, words->p);
    if (!wrong && words->count > 1)
        wrong = read_colour(&dark, words->word[1], &dark_card, words->p);
    else if (!wrong)
        dark = readable_on(&light, &dark_card, &white);
    if (wrong)
        return wrong;
    accent->light = colour_text(&light, words->p);
    accent->dark = colour_text(&dark, words->p);
    return NULL;
}

/* ---- MPinLinks ---- */

/* A place on this site or the web, a mailbox, a telephone: nothing that a browser would run. */
static bool is_link(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:", "tel:"};
    bool known = url[0] == '/' && url[1] != '/';
    for (int i = 0; i < 4; i++)
        known = known || (!strncmp(url, schemes[i], strlen(schemes[i])) && url[strlen(schemes[i])]);
    for (const char *c = url; *c; c++)
        if (!apr_isgraph(*c) || strchr("\"'<>\\^`{|}", *c))
            return false;
    return known && strlen(url) <= LINK_URL_MAX;
}

static const char *read_link(page_link_t *link, const char *word, apr_pool_t *p)
{
    const char *space = strrchr(word, ' ');
    const char *text = space ? apr_pstrmemdup(p, word, (apr_size_t)(space - word)) : "";
    for (const char *c = text; *c; c++)
        if (apr_iscntrl(*c))
            return "it has a control character in it; write plain text";
    if (!*text || strlen(text) > LINK_TEXT_MAX)
        return apr_psprintf(p,
                            "\"%.80s\" is no link; write a text of 1 to %d bytes, a space and the "
                            "URL, as in \"Privacy /privacy\"",
                            word, LINK_TEXT_MAX);
    if (!is_link(space + 1))
        return apr_psprintf(p,
                            "\"%.80s\" is no address for a link; write a path of this site, or an "
                            "https, http, mailto or tel URL",
                            space + 1);
    *link = (page_link_t){text, space + 1};
    return NULL;
}

const char *parse_links(const apr_array_header_t **links, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(page_link_t));
    for (int i = 0; i < words->count; i++) {
        const char *wrong = read_link(apr_array_push(list), words->word[i], words->p);
        if (wrong)
            return wrong;
    }
    *links = list;
    return NULL;
}

/* ---- MPinLanguage ---- */

const char *parse_languages(const apr_array_header_t **languages, const words_t *words)
{
    apr_array_header_t *list = apr_array_make(words->p, words->count, sizeof(const char *));
    for (int i = 0; i < words->count; i++) {
        const char *lang = texts_language(words->word[i]);
        if (!lang)
            return apr_psprintf(
                words->p, "we don't speak \"%.80s\"; write one or more of %s, the default first",
                words->word[i], texts_languages(words->p));
        APR_ARRAY_PUSH(list, const char *) = lang;
    }
    *languages = list;
    return NULL;
}
