#include "login/page.h"
#include "login/assets.h"
#include "login/template.h"

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <jansson.h>

#define TEMPLATE_MAX 65536 /* bytes of a template of somebody's own */

/* ---- texts: one catalogue a language, flattened to dotted keys; read-only after child_init ----
 */

typedef struct catalogue_t {
    const char *lang;
    apr_hash_t *texts;
} catalogue_t;

static const char *const languages[] = {"en", "de", "fr", "es"};
#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

static catalogue_t catalogues[LANGUAGES];

static void flatten(apr_hash_t *texts, const char *prefix, json_t *object, apr_pool_t *p)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const char *name = *prefix ? apr_pstrcat(p, prefix, ".", key, NULL) : apr_pstrdup(p, key);
        if (json_is_string(value))
            apr_hash_set(texts, name, APR_HASH_KEY_STRING,
                         apr_pstrdup(p, json_string_value(value)));
        else if (json_is_object(value))
            flatten(texts, name, value, p);
    }
}

static apr_hash_t *read_catalogue(const char *lang, const apr_hash_t *fallback, apr_pool_t *p)
{
    apr_hash_t *texts = fallback ? apr_hash_copy(p, fallback) : apr_hash_make(p);
    const asset_t *asset = asset_find(apr_pstrcat(p, "mpin/texts/", lang, ".json", NULL));
    json_t *json = asset ? json_loadb((const char *)asset->plain, asset->plain_len, 0, NULL) : NULL;
    if (json)
        flatten(texts, "", json, p);
    json_decref(json);
    return texts;
}

/* A language that lacks a text shows the English one. */
void page_load_texts(apr_pool_t *pchild)
{
    for (apr_size_t i = 0; i < LANGUAGES; i++) {
        catalogues[i].lang = languages[i];
        catalogues[i].texts = read_catalogue(languages[i], i ? catalogues[0].texts : NULL, pchild);
    }
}

/* The first language of Accept-Language that we have; its order is taken for the preference, as
 * browsers send it that way. */
static const catalogue_t *catalogue_for(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept-Language");
    for (const char *at = accept; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        while (*at == ' ')
            at++;
        for (apr_size_t i = 0; i < LANGUAGES; i++) {
            const apr_size_t length = strlen(languages[i]);
            if (strncasecmp(at, languages[i], length) == 0 && !apr_isalnum(at[length]))
                return &catalogues[i];
        }
    }
    return &catalogues[0];
}

const char *page_text(const page_values_t *page, const char *key)
{
    return apr_hash_get(page->texts, key, APR_HASH_KEY_STRING);
}

/* ---- values ---- */

void page_set(page_values_t *page, const char *name, const char *value)
{
    apr_table_setn(page->values, name, value ? value : "");
}

page_values_t page_begin(request_rec *r, const site_t *site)
{
    const catalogue_t *catalogue = catalogue_for(r);
    page_values_t page = {r, site, apr_table_make(r->pool, 32), catalogue->lang, catalogue->texts};
    const session_t *session = request_session(r);

    page_set(&page, "title", site->title);
    page_set(&page, "host", site->url.host);
    page_set(&page, "logo", site->logo);
    page_set(&page, "lang", page.lang);
    page_set(&page, "base", site->paths[PATH_ASSETS]);
    page_set(&page, "demo", site->open_registration ? "1" : "");
    page_set(&page, "user", session ? session->name : "");
    page_set(&page, "login_url", site->paths[PATH_LOGIN]);
    page_set(&page, "logout_url", site->paths[PATH_LOGOUT]);
    page_set(&page, "home", site->after_login);
    page_set(&page, "settings_url",
             site->paths[PATH_RPS]
                 ? apr_pstrcat(r->pool, site->paths[PATH_RPS], "/clientSettings", NULL)
                 : "");
    return page;
}

/* ---- templates: the administrator's folder first, then the built-in ones ---- */

static const char *read_built_in(void *baton, const char *name, apr_pool_t *p)
{
    (void)baton;
    const asset_t *asset = asset_find(apr_pstrcat(p, "pages/", name, ".html", NULL));
    return asset ? (const char *)asset->plain : NULL;
}

static const char *read_own(void *baton, const char *name, apr_pool_t *p)
{
    const site_t *site = baton;
    const char *path = apr_pstrcat(p, site->templates, "/", name, ".html", NULL);
    apr_file_t *file;
    if (apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return read_built_in(NULL, name, p);

    apr_size_t length = TEMPLATE_MAX;
    char *text = apr_palloc(p, length + 1);
    const apr_status_t status = apr_file_read_full(file, text, TEMPLATE_MAX, &length);
    apr_file_close(file);
    if (status != APR_EOF)
        return NULL; /* unreadable, or larger than we take */
    text[length] = '\0';
    return text;
}

int page_answer(page_values_t *page, int status, const char *name)
{
    request_rec *r = page->r;
    template_t template = {read_own, (void *)(apr_uintptr_t)page->site, page->values, page->texts};
    const char *html = page->site->templates ? template_render(&template, name, r->pool) : NULL;
    if (!html) {
        if (page->site->templates)
            log_warn(&page->site->log, "MPIN0501",
                     "%s/%s.html is not a template we can use: the built-in "
                     "page is shown; see docs/templates.md",
                     page->site->templates, name);
        template.read = read_built_in;
        html = template_render(&template, name, r->pool);
    }
    if (!html)
        return HTTP_INTERNAL_SERVER_ERROR; /* the built-in pages are part of the module: a test
                                              renders each */

    apr_table_setn(r->headers_out, "Content-Language", page->lang);
    apr_table_mergen(r->headers_out, "Vary", "Accept-Language");
    answer_page_headers(r);
    return answer_html(r, status, html);
}
