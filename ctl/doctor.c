/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/doctor.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* ---- lines ----------------------------------------------------------------------------------- */

static const char *line_text(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static bool is_called(const char *directive, const char *wanted)
{
    const apr_size_t len = strlen(wanted);
    return wanted[len - 1] == '*' ? !strncasecmp(directive, wanted, len - 1)
                                  : !strcasecmp(directive, wanted);
}

void doctor_each(doctor_t *doctor, const char *directive, doctor_hear_t *hear)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(doctor->said, "lines"), i, each)
    {
        const conf_line_t line = {.directive = line_text(each, "directive"),
                                  .args = line_text(each, "args"),
                                  .at = line_text(each, "at"),
                                  .section = line_text(each, "section"),
                                  .host = line_text(each, "host"),
                                  .engine = json_is_true(json_object_get(each, "engine"))};
        if (is_called(line.directive, directive))
            hear(doctor, &line);
    }
}

int doctor_count(doctor_t *doctor, const char *directive)
{
    int count = 0;
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(doctor->said, "lines"), i, each)
    {
        count += is_called(line_text(each, "directive"), directive);
    }
    return count;
}

bool doctor_has_module(const doctor_t *doctor, const char *module)
{
    apr_size_t i;
    json_t *each;
    json_array_foreach(json_object_get(doctor->said, "modules"), i, each)
    {
        if (!strcmp(json_string_value(each), module))
            return true;
    }
    return false;
}

const char *doctor_word(const conf_line_t *line, int n, apr_pool_t *p)
{
    const char *rest = line->args;
    for (;; n--) {
        rest += strspn(rest, " \t");
        if (!*rest)
            return NULL;
        const char quote[] = {*rest == '"' || *rest == '\'' ? *rest : ' ', '\0'};
        rest += *quote != ' ';
        const apr_size_t len = strcspn(rest, *quote == ' ' ? " \t" : quote);
        if (!n)
            return apr_pstrmemdup(p, rest, len);
        rest += len + (*quote != ' ' && rest[len]);
    }
}

const char *doctor_path(const doctor_t *doctor, const char *file)
{
    const char *root = json_string_value(json_object_get(doctor->said, "root"));
    return *file == '/' || !root ? file : apr_pstrcat(doctor->p, root, "/", file, NULL);
}

/* ---- the command ----------------------------------------------------------------------------- */

ctl_end_t ctl_doctor(ctl_t *ctl)
{
    const char *why = "";
    if (ctl->options->given[OPTION_STORE])
        return ctl_fail(CTL_UNABLE, "doctor reads httpd's configuration: leave --store out");
    const json_t *said = found_said(ctl->options, "DUMP_MPIN_LINES", ctl->p, &why);
    if (!said)
        return ctl_fail(CTL_UNABLE, "%s", why);
    doctor_t doctor = {.ctl = ctl,
                       .findings = findings_make(ctl),
                       .said = said,
                       .uid = (apr_uid_t)json_integer_value(json_object_get(said, "uid")),
                       .gid = (apr_gid_t)json_integer_value(json_object_get(said, "gid")),
                       .p = ctl->p};
    doctor_lines(&doctor);
    doctor_files(&doctor);
    return findings_show(doctor.findings, "this server");
}
