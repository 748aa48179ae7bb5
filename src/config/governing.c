/* SPDX-License-Identifier: Apache-2.0 */
#include "config/governing.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>
#include <sys/stat.h>

#include "config/surroundings.h"

/* In the order of the merge. */
typedef enum {
    STEP_DIRECTORY,
    STEP_DIRECTORY_MATCH,
    STEP_FILES,
    STEP_LOCATION,
    STEP_IF,
    STEP_END
} merge_step_t;

static const int walk_of[STEP_END] = {[STEP_FILES] = 1, [STEP_LOCATION] = 2, [STEP_IF] = 3};

typedef struct governed_t {
    const char *path, *file;
    const char *dir; /* the file's; with "/" at its end */
    const server_rec *server;
    merge_step_t step;
    bool of_vhost;
    int depth; /* of a <Directory>: slashes in its path */
    apr_array_header_t *sections;
    apr_pool_t *p;
} governed_t;

/* ---- which kind of section ------------------------------------------------------------------- */

static const char *words_behind(const ap_directive_t *section, apr_pool_t *p)
{
    const size_t len = strlen(section->args);
    return apr_pstrmemdup(p, section->args, len && section->args[len - 1] == '>' ? len - 1 : len);
}

/* The pattern of a section whose words are "~ PATTERN", or whose name ends in Match; else NULL. */
static const char *pattern_of(const ap_directive_t *section, apr_pool_t *p)
{
    const char *words = words_behind(section, p), *first = ap_getword_conf(p, &words);
    if (!strcmp(first, "~"))
        return ap_getword_conf(p, &words);
    const size_t len = strlen(section->directive);
    return len > 5 && !strcasecmp(section->directive + len - 5, "Match") ? first : NULL;
}

static merge_step_t merge_step_of(const ap_directive_t *section, apr_pool_t *p)
{
    const char *name = section->directive;
    if (!strncasecmp(name, "<Directory", 10))
        return pattern_of(section, p) ? STEP_DIRECTORY_MATCH : STEP_DIRECTORY;
    if (!strncasecmp(name, "<Files", 6))
        return STEP_FILES;
    if (!strncasecmp(name, "<Location", 9))
        return STEP_LOCATION;
    return !strcasecmp(name, "<If") || !strcasecmp(name, "<ElseIf") || !strcasecmp(name, "<Else")
               ? STEP_IF
               : STEP_END;
}

/* ---- does it hold? --------------------------------------------------------------------------- */

static bool pattern_fits(const char *pattern, const char *text, apr_pool_t *p)
{
    const ap_regex_t *regex = ap_pregcomp(p, pattern, AP_REG_EXTENDED);
    return regex && !ap_regexec(regex, text, 0, NULL, 0);
}

/* A path with wildcards is compared with each folder on the way. */
static bool is_on_the_way(const char *wild, const char *dir, apr_pool_t *p)
{
    for (const char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/'))
        if (apr_fnmatch(wild, apr_pstrmemdup(p, dir, (apr_size_t)(slash - dir)),
                        APR_FNM_PATHNAME) == APR_SUCCESS)
            return true;
    return false;
}

static const char *directory_path(const ap_directive_t *section, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, ap_server_root_relative(p, tree_section_path(section, p)));
    const size_t len = strlen(path);
    if (len > 1 && path[len - 1] == '/')
        path[len - 1] = '\0';
    return path;
}

static tree_holds_t directory_holds(const governed_t *governed, const ap_directive_t *section)
{
    apr_pool_t *p = governed->p;
    const char *pattern = pattern_of(section, p);
    if (!governed->dir)
        return TREE_HOLDS_NOT;
    if (pattern && pattern_fits(pattern, governed->dir, p))
        return TREE_HOLDS;
    if (pattern) /* httpd looks at the path with and without its last slash, by its version */
        return pattern_fits(pattern, apr_pstrmemdup(p, governed->dir, strlen(governed->dir) - 1), p)
                   ? TREE_HOLDS_MAYBE
                   : TREE_HOLDS_NOT;
    const char *path = directory_path(section, p);
    const bool there = apr_fnmatch_test(path) ? is_on_the_way(path, governed->dir, p)
                                              : surroundings_inside(governed->dir, path);
    return there ? TREE_HOLDS : TREE_HOLDS_NOT;
}

/* Of a folder, which of its index files is shown only a request can tell. */
static tree_holds_t files_hold(const governed_t *governed, const ap_directive_t *section)
{
    apr_pool_t *p = governed->p;
    const char *pattern = pattern_of(section, p);
    const char *name = governed->file ? strrchr(governed->file, '/') : NULL;
    if (!name)
        return TREE_HOLDS_NOT;
    if (!name[1] || !strcmp(apr_pstrcat(p, governed->file, "/", NULL), governed->dir))
        return TREE_HOLDS_MAYBE;
    const bool there = pattern
                           ? pattern_fits(pattern, name + 1, p)
                           : apr_fnmatch(tree_section_path(section, p), name + 1, 0) == APR_SUCCESS;
    return there ? TREE_HOLDS : TREE_HOLDS_NOT;
}

/* A Location's own lines: those of its first child. */
static tree_holds_t location_holds(const governed_t *governed, const ap_directive_t *section)
{
    const ap_directive_t inside = {
        .directive = "", .args = "", .parent = (void *)(apr_uintptr_t)section};
    return tree_holds_at(&inside, governed->path, governed->p);
}

static tree_holds_t one_holds(const governed_t *governed, const ap_directive_t *section)
{
    switch (merge_step_of(section, governed->p)) {
    case STEP_DIRECTORY:
    case STEP_DIRECTORY_MATCH:
        return directory_holds(governed, section);
    case STEP_FILES:
        return files_hold(governed, section);
    case STEP_LOCATION:
        return location_holds(governed, section);
    case STEP_IF:
        return TREE_HOLDS_MAYBE;
    case STEP_END:
        break;
    }
    return tree_is_part(section) ? TREE_HOLDS : TREE_HOLDS_NOT;
}

/* It, and all that it stands in. */
static tree_holds_t all_hold(const governed_t *governed, const ap_directive_t *section)
{
    tree_holds_t all = TREE_HOLDS;
    for (; section; section = section->parent) {
        const tree_holds_t one = one_holds(governed, section);
        all = one < all ? one : all;
    }
    return all;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static int slashes_in(const char *path)
{
    int count = 0;
    for (; *path; path++)
        count += *path == '/' && path[1];
    return count;
}

static void visit_governing(tree_walk_t *walk, const ap_directive_t *node, const server_rec *server)
{
    governed_t *governed = walk->baton;
    const server_rec *turn = governed->of_vhost ? governed->server : walk->main_server;
    if (*node->directive != '<' || server != turn ||
        merge_step_of(node, governed->p) != governed->step ||
        (governed->step == STEP_DIRECTORY &&
         slashes_in(directory_path(node, governed->p)) != governed->depth))
        return;
    const tree_holds_t holds = all_hold(governed, node);
    if (holds != TREE_HOLDS_NOT)
        *(governing_t *)apr_array_push(governed->sections) =
            (governing_t){node, holds, walk_of[governed->step]};
}

static void walk_step(governed_t *governed, tree_walk_t *walk)
{
    governed->of_vhost = false;
    tree_walk(walk);
    governed->of_vhost = true;
    if (governed->server != walk->main_server)
        tree_walk(walk);
}

/* "/srv/www/" of "/srv/www/page", and of the folder itself. */
static const char *folder_of(const char *file, apr_pool_t *p)
{
    struct stat st;
    if (!stat(file, &st) && S_ISDIR(st.st_mode))
        return file[strlen(file) - 1] == '/' ? file : apr_pstrcat(p, file, "/", NULL);
    const char *slash = strrchr(file, '/');
    return slash ? apr_pstrmemdup(p, file, (apr_size_t)(slash - file) + 1) : "/";
}

apr_array_header_t *governing_sections(const char *path, const char *file, const server_rec *server,
                                       const server_rec *main_server, apr_pool_t *p)
{
    governed_t governed = {.path = path,
                           .file = file,
                           .dir = file ? folder_of(file, p) : NULL,
                           .server = server,
                           .sections = apr_array_make(p, 4, sizeof(governing_t)),
                           .p = p};
    tree_walk_t walk = {main_server, visit_governing, &governed};
    const int deepest = governed.dir ? slashes_in(governed.dir) : -1;
    for (governed.depth = 0; governed.depth <= deepest; governed.depth++)
        walk_step(&governed, &walk);
    for (governed.step = STEP_DIRECTORY_MATCH; governed.step < STEP_END; governed.step++)
        walk_step(&governed, &walk);
    return governed.sections;
}

/* ---- .htaccess ------------------------------------------------------------------------------- */

static bool lets_override(const apr_array_header_t *sections, apr_pool_t *p)
{
    bool may = false;
    for (int i = 0; i < sections->nelts; i++)
        for (const ap_directive_t *node =
                 APR_ARRAY_IDX(sections, i, governing_t).section->first_child;
             node; node = node->next)
            if (!strcasecmp(node->directive, "AllowOverride"))
                may = strcasecmp(tree_first_word(node, p), "None") != 0;
    return may;
}

apr_array_header_t *governing_htaccess(const char *file, const server_rec *server,
                                       const server_rec *main_server, apr_pool_t *p)
{
    apr_array_header_t *found = apr_array_make(p, 2, sizeof(const char *));
    const core_server_config *core = ap_get_core_module_config(server->module_config);
    const char *name = core->access_name ? core->access_name : ".htaccess";
    const char *dir = folder_of(file, p);
    for (const char *slash = strchr(dir, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *one = apr_pstrmemdup(p, dir, (apr_size_t)(slash - dir) + 1);
        const char *its = apr_pstrcat(p, one, name, NULL);
        struct stat st;
        if (!stat(its, &st) &&
            lets_override(governing_sections("", one, server, main_server, p), p))
            APR_ARRAY_PUSH(found, const char *) = its;
    }
    return found;
}
