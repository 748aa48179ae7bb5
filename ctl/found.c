/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/found.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define TEXT_MAX ((apr_size_t)1 << 20) /* bytes that httpd says at most */
#define COMPLAINT_MAX ((apr_size_t)600)
#define DEFAULT_QUOTA ((apr_off_t)1 << 30)
#define DEFAULT_LONGEST apr_time_from_sec(8 * 3600)

/* ---- httpd is asked -------------------------------------------------------------------------- */

static const char *httpd_program(const options_t *options, apr_pool_t *p)
{
    static const char *const programs[] = {"apache2ctl", "httpd", "apachectl"};
    static const char *const folders[] = {"/usr/sbin/", "/usr/local/sbin/", "/usr/bin/",
                                          "/usr/local/apache2/bin/"};
    if (options->given[OPTION_HTTPD])
        return options->given[OPTION_HTTPD];
    for (apr_size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (apr_size_t j = 0; j < sizeof folders / sizeof *folders; j++) {
            const char *file = apr_pstrcat(p, folders[j], programs[i], NULL);
            if (access(file, X_OK) == 0)
                return file;
        }
    return NULL;
}

/* "-D" stands before each define. */
static const char *const *words_of_httpd(const char *program, const options_t *options,
                                         const char *define, apr_pool_t *p)
{
    const char *config = options->given[OPTION_CONFIG];
    apr_array_header_t *words = apr_array_make(p, 9, sizeof(const char *));
    const char *all[] = {program,
                         "-t",
                         "-D",
                         "DUMP_MPIN",
                         define ? "-D" : "",
                         define ? define : "",
                         config ? "-f" : "",
                         config ? config : ""};
    for (apr_size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (*all[i])
            APR_ARRAY_PUSH(words, const char *) = all[i];
    APR_ARRAY_PUSH(words, const char *) = NULL;
    return (const char *const *)words->elts;
}

/* What it complains of goes to `complaints`. */
static bool start_httpd(apr_proc_t *httpd, const char *const *argv, apr_file_t **complaints,
                        apr_pool_t *p)
{
    apr_procattr_t *attributes;
    const char *dir;
    return !apr_temp_dir_get(&dir, p) &&
           !apr_file_mktemp(complaints, apr_pstrcat(p, dir, "/mpinctl-XXXXXX", NULL),
                            APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL |
                                APR_FOPEN_DELONCLOSE,
                            p) &&
           !apr_procattr_create(&attributes, p) &&
           !apr_procattr_io_set(attributes, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE) &&
           !apr_procattr_child_err_set(attributes, *complaints, NULL) &&
           !apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) &&
           !apr_procattr_error_check_set(attributes, 1) &&
           !apr_proc_create(httpd, argv[0], argv, NULL, attributes, p);
}

/* All that it says; NULL where it ends badly. */
static const char *hear_httpd(apr_proc_t *httpd, apr_pool_t *p)
{
    char *text = apr_palloc(p, TEXT_MAX + 1);
    apr_size_t have = 0, more;
    do {
        more = TEXT_MAX - have;
        if (!more || apr_file_read(httpd->out, text + have, &more))
            more = 0;
        have += more;
    } while (more);
    text[have] = '\0';
    apr_file_close(httpd->out);
    int code = 1;
    apr_exit_why_e how = APR_PROC_EXIT;
    apr_proc_wait(httpd, &code, &how, APR_WAIT);
    return code == 0 && APR_PROC_CHECK_EXIT(how) ? text : NULL;
}

/* The first line of them, for who reads why; "" without. httpd writes the place of a mistake, a colon,
 * and the mistake into the next one. */
static const char *first_complaint(apr_file_t *complaints, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, COMPLAINT_MAX + 1);
    apr_size_t len = COMPLAINT_MAX;
    apr_off_t from = 0;
    if (apr_file_seek(complaints, APR_SET, &from) ||
        apr_file_read_full(complaints, text, len, &len) > APR_EOF)
        return "";
    char *end = text + strcspn(text, "\n");
    if (end > text && *end && end[-1] == ':') {
        *end = ' ';
        end += strcspn(end, "\n");
    }
    *end = '\0';
    return *text ? apr_pstrcat(p, " (", text, ")", NULL) : "";
}

/* What it says may stand between lines of others. */
static const json_t *httpd_word(const char *text, apr_pool_t *p)
{
    const char *line = text ? strstr(text, "{\"") : NULL;
    const char *end = line ? strchr(line, '\n') : NULL;
    const json_t *said = end ? json_read(p, line, (apr_size_t)(end - line)) : NULL;
    return said && json_object_get(said, "mpin") ? said : NULL;
}

const json_t *found_said(const options_t *options, const char *define, apr_pool_t *p,
                         const char **why)
{
    apr_proc_t httpd;
    const char *program = httpd_program(options, p);
    if (!program) {
        *why = "there is no apache2ctl, httpd or apachectl; name it with --httpd";
        return NULL;
    }
    const char *const *argv = words_of_httpd(program, options, define, p);
    apr_file_t *complaints = NULL;
    const json_t *said =
        start_httpd(&httpd, argv, &complaints, p) ? httpd_word(hear_httpd(&httpd, p), p) : NULL;
    if (json_array_size(json_object_get(said, "sites")))
        return said;
    *why = apr_psprintf(
        p,
        said ? "%s finds no site with MPinEngine On; name the configuration with --config%s"
             : "%s -t doesn't say what its configuration is; run that and mend what it names, or "
               "name another configuration with --config%s",
        program, said || !complaints ? "" : first_complaint(complaints, p));
    return NULL;
}

/* ---- one of its sites ------------------------------------------------------------------------ */

static const char *found_text(const json_t *site, const char *key)
{
    return json_string_value(json_object_get(site, key));
}

/* The only one; of several that share a store, the first that is no service. */
static const json_t *choose_site(const json_t *sites, const char *url, const char **why,
                                 apr_pool_t *p)
{
    const json_t *chosen = NULL;
    const char *all = "";
    apr_size_t i;
    json_t *site;
    json_array_foreach(sites, i, site)
    {
        const char *its = found_text(site, "url");
        all = apr_pstrcat(p, all, *all ? ", " : "", its, NULL);
        if (url ? strcmp(its, url) : json_is_true(json_object_get(site, "service")))
            continue;
        if (chosen && strcmp(found_text(chosen, "store"), found_text(site, "store"))) {
            *why = apr_psprintf(p, "the sites have several stores; name one with --site: %s", all);
            return NULL;
        }
        chosen = chosen ? chosen : site;
    }
    if (!chosen)
        *why = apr_psprintf(p, "there is no site %s here; name one with --site: %s", url ? url : "",
                            all);
    return chosen;
}

static apr_interval_time_t longest_in_store(const json_t *sites, const char *store)
{
    json_int_t longest = 0;
    apr_size_t i;
    json_t *site;
    json_array_foreach(sites, i, site)
    {
        const json_int_t its = json_integer_value(json_object_get(site, "session_max"));
        if (!strcmp(found_text(site, "store"), store) && its > longest)
            longest = its;
    }
    return apr_time_from_sec(longest);
}

static bool share_keys(const json_t *sites, const found_t *found)
{
    apr_size_t i;
    json_t *site;
    json_array_foreach(sites, i, site)
    {
        if (!strcmp(found_text(site, "keys"), found->key_file) &&
            strcmp(found_text(site, "store"), found->store))
            return true;
    }
    return false;
}

static const char *const *words_said(const json_t *words, apr_pool_t *p)
{
    const apr_size_t count = json_array_size(words);
    const char **word = apr_pcalloc(p, (count + 1) * sizeof *word);
    for (apr_size_t i = 0; i < count; i++)
        word[i] = json_string_value(json_array_get(words, i));
    return count ? word : NULL;
}

static bool take_site(found_t *found, const json_t *sites, const char *url, apr_pool_t *p,
                      const char **why)
{
    const json_t *site = choose_site(sites, url, why, p);
    if (!site)
        return false;
    *found = (found_t){
        .url = found_text(site, "url"),
        .title = found_text(site, "title"),
        .store = found_text(site, "store"),
        .key_file = found_text(site, "keys"),
        .quota = json_integer_value(json_object_get(site, "store_size")),
        .passphrase = words_said(json_object_get(site, "passphrase"), p),
        .audit = found_text(site, "audit"),
        .account = found_text(site, "account"),
        .login = found_text(site, "login"),
        .activate = found_text(site, "activate"),
        .names = (name_rules_t)json_integer_value(json_object_get(site, "names")),
        .mail = json_is_true(json_object_get(site, "mail")),
        .json = site,
    };
    found->longest = longest_in_store(sites, found->store);
    found->keys_shared = share_keys(sites, found);
    return true;
}

static bool take_options(found_t *found, const options_t *options, apr_pool_t *p, const char **why)
{
    *found = (found_t){.url = options->given[OPTION_SITE],
                       .key_file = options->given[OPTION_KEYS],
                       .quota = DEFAULT_QUOTA,
                       .names = NAMES_UNICODE, /* whichever there are */
                       .uid = geteuid(),
                       .gid = getegid(),
                       .longest = DEFAULT_LONGEST};
    if (!found->key_file || !options->given[OPTION_STORE]) {
        *why = "--store and --keys belong together; write both";
        return false;
    }
    const char *wrong = store_url_read(&found->store, options->given[OPTION_STORE], "/", p);
    if (wrong)
        *why = apr_pstrcat(p, "--store: ", wrong, NULL);
    return !wrong;
}

bool found_one(found_t *found, const json_t *said, const char *url, apr_pool_t *p, const char **why)
{
    if (!take_site(found, json_object_get(said, "sites"), url, p, why))
        return false;
    found->pid_file = found_text(said, "pid_file");
    found->uid = (apr_uid_t)json_integer_value(json_object_get(said, "uid"));
    found->gid = (apr_gid_t)json_integer_value(json_object_get(said, "gid"));
    return true;
}

bool found_site(found_t *found, const options_t *options, apr_pool_t *p, const char **why)
{
    if (options->given[OPTION_STORE] || options->given[OPTION_KEYS])
        return take_options(found, options, p, why);
    const json_t *said = found_said(options, NULL, p, why);
    if (!said)
        *why = apr_pstrcat(p, *why, "; --store and --keys need no configuration", NULL);
    return said && found_one(found, said, options->given[OPTION_SITE], p, why);
}
