/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/allow.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/name.h"

#define FILE_MAX (16 * 1024 * 1024)
#define LINE_MAX_BYTES 512
#define SPACE " \t\r"
#define TICK apr_time_from_sec(2) /* a file younger than this may change and keep its time */

/* The file's names and "@domain"s, sorted, and the file that they were read from. */
typedef struct list_t {
    apr_pool_t *pool; /* its own, of no parent: lists come and go in any thread. NULL = no list */
    apr_array_header_t *entries;
    struct timespec changed;
    off_t size;
    ino_t inode;
    apr_time_t read_at;
} list_t;

struct allow_t {
    const allow_rule_t *rule;
    const log_sink_t *log;
    pthread_mutex_t mutex; /* guards all below */
    list_t list;
    apr_time_t complained;
};

static void list_clear(list_t *list)
{
    if (list->pool)
        apr_pool_destroy(list->pool);
    memset(list, 0, sizeof *list);
}

static apr_status_t allow_free(void *data)
{
    allow_t *allow = data;
    list_clear(&allow->list);
    pthread_mutex_destroy(&allow->mutex);
    return APR_SUCCESS;
}

allow_t *allow_make(const allow_rule_t *rule, const log_sink_t *log, apr_pool_t *p)
{
    allow_t *allow = apr_pcalloc(p, sizeof *allow);
    allow->rule = rule;
    allow->log = log;
    pthread_mutex_init(&allow->mutex, NULL);
    apr_pool_cleanup_register(p, allow, allow_free, apr_pool_cleanup_null);
    return allow;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_has(const list_t *list, const char *text)
{
    return list->pool && bsearch(&text, list->entries->elts, (size_t)list->entries->nelts,
                                 sizeof(char *), compare_entries);
}

/* The entry of a line: a canonical name, "@" and a canonical domain, or NULL. */
static const char *canonical_entry(name_rules_t names, const char *line, apr_pool_t *p)
{
    if (line[0] != '@')
        return name_of_site(names, line, p);
    const char *name = name_canonical(apr_pstrcat(p, "x", line, NULL), p);
    const char *domain = name ? name_domain(name) : NULL;
    return domain ? apr_pstrcat(p, "@", domain, NULL) : NULL;
}

/* A line that is neither a name nor a domain is told and passed over. */
static void list_add(allow_t *allow, list_t *list, char *line, int number)
{
    line += strspn(line, SPACE);
    line[strcspn(line, "#")] = '\0';
    size_t len = strlen(line);
    while (len && strchr(SPACE, line[len - 1]))
        line[--len] = '\0';
    if (!len)
        return;
    const char *entry =
        len <= LINE_MAX_BYTES ? canonical_entry(allow->rule->names, line, list->pool) : NULL;
    if (entry)
        APR_ARRAY_PUSH(list->entries, const char *) = entry;
    else
        log_warn(allow->log, "MPIN0304", "%s line %d is neither a name nor @domain: passed over",
                 allow->rule->file, number);
}

static void list_parse(allow_t *allow, list_t *list, char *text)
{
    int number = 1;
    list->entries = apr_array_make(list->pool, 64, sizeof(char *));
    for (char *line = text, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        list_add(allow, list, line, number);
    }
    qsort(list->entries->elts, (size_t)list->entries->nelts, sizeof(char *), compare_entries);
}

/* The file's text with a NUL behind it, NULL when it cannot be read to its end. */
static char *read_list_file(int fd, off_t size, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, (apr_size_t)size + 1);
    for (off_t got = 0; got < size;) {
        ssize_t n = read(fd, text + got, (size_t)(size - got));
        if (n == 0 || (n < 0 && errno != EINTR))
            return NULL;
        got += n > 0 ? n : 0;
    }
    return text;
}

static bool list_read(allow_t *allow, list_t *list)
{
    struct stat info;
    char *text = NULL;
    int fd = open(allow->rule->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= FILE_MAX &&
        apr_pool_create_unmanaged_ex(&list->pool, NULL, NULL) == APR_SUCCESS)
        text = read_list_file(fd, info.st_size, list->pool);
    close(fd);
    if (!text)
        return false;
    list_parse(allow, list, text);
    list->changed = info.st_mtim;
    list->size = info.st_size;
    list->inode = info.st_ino;
    list->read_at = apr_time_now();
    return true;
}

static bool list_current(const list_t *list, const struct stat *info)
{
    apr_time_t changed = apr_time_from_sec(info->st_mtim.tv_sec);
    return list->read_at && list->changed.tv_sec == info->st_mtim.tv_sec &&
           list->changed.tv_nsec == info->st_mtim.tv_nsec && list->size == info->st_size &&
           list->inode == info->st_ino && list->read_at > changed + TICK;
}

static void complain_of_list(allow_t *allow)
{
    if (log_may_say(&allow->complained))
        log_error(allow->log, "MPIN0303",
                  "MPinRegisterAllow: %s cannot be read: nobody may register or sign in by PIN",
                  allow->rule->file);
}

/* Under the mutex. */
static void list_refresh(allow_t *allow)
{
    struct stat info;
    if (stat(allow->rule->file, &info) == 0 && list_current(&allow->list, &info))
        return;
    list_clear(&allow->list);
    if (!list_read(allow, &allow->list)) {
        list_clear(&allow->list);
        complain_of_list(allow);
    }
}

static bool file_allows(allow_t *allow, const char *name, apr_pool_t *p)
{
    const char *domain = name_domain(name);
    pthread_mutex_lock(&allow->mutex);
    list_refresh(allow);
    bool found = list_has(&allow->list, name) ||
                 (domain && list_has(&allow->list, apr_pstrcat(p, "@", domain, NULL)));
    pthread_mutex_unlock(&allow->mutex);
    return found;
}

/* ---- the rule -------------------------------------------------------------------------------- */

static bool domains_allow(const char *const *domains, const char *name)
{
    const char *domain = name_domain(name);
    for (; domain && domains && *domains; domains++)
        if (strcmp(*domains, domain) == 0)
            return true;
    return false;
}

bool allow_name(allow_t *allow, const char *name, apr_pool_t *p)
{
    switch (allow->rule->kind) {
    case ALLOW_ANY:
        return true;
    case ALLOW_DOMAINS:
        return domains_allow(allow->rule->domains, name);
    case ALLOW_FILE:
        return file_allows(allow, name, p);
    case ALLOW_NOBODY:
    case ALLOW_URL: /* is not for us to say */
        break;
    }
    return false;
}
