/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/findings.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/show.h"

#define ABOUT_WIDTH 14

static const char *const severities[] = {
    [FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_ERROR] = "error"};

findings_t *findings_make(const ctl_t *ctl)
{
    findings_t *findings = apr_pcalloc(ctl->p, sizeof *findings);
    *findings = (findings_t){ctl, show_rows(ctl), FINDING_OK};
    return findings;
}

/* What a stranger's server has said moves no cursor and is no broken JSON. */
static const char *printable(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 127)
            *c = '?';
    return text;
}

void findings_add(findings_t *findings, severity_t severity, const char *about, const mend_t *mend,
                  const char *format, ...)
{
    apr_pool_t *p = findings->ctl->p;
    va_list args;
    json_t *row = json_object();
    va_start(args, format);
    json_set_text(row, "severity", severities[severity]);
    json_set_text(row, "about", about);
    json_set_text(row, "text", printable(apr_pvsprintf(p, format, args)));
    va_end(args);
    if (mend) {
        json_set_text(row, "mend", printable(apr_pstrdup(p, mend->text)));
        json_set_text(row, "see", apr_pstrcat(p, "docs/", mend->see, NULL));
    }
    json_array_append_new(findings->rows, row);
    if (severity > findings->worst)
        findings->worst = severity;
}

static const char *row_text(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static void print_finding(const json_t *row)
{
    const char *mend = row_text(row, "mend");
    printf("%-8s %-*s %s\n", row_text(row, "severity"), ABOUT_WIDTH, row_text(row, "about"),
           row_text(row, "text"));
    if (*mend)
        printf("%-8s %-*s Mend: %s (%s)\n", "", ABOUT_WIDTH, "", mend, row_text(row, "see"));
}

ctl_end_t findings_show(const findings_t *findings, const char *subject)
{
    const ctl_end_t end = findings->worst == FINDING_OK ? CTL_DONE : CTL_NOT_DONE;
    apr_size_t i, wrong = 0;
    json_t *row, *all = json_tie(findings->ctl->p, json_object());
    json_set_text(all, "of", subject);
    json_set_text(all, "worst", severities[findings->worst]);
    json_object_set(all, "findings", findings->rows);
    if (show_json(findings->ctl, all))
        return end;
    json_array_foreach(findings->rows, i, row)
    {
        print_finding(row);
        wrong += strcmp(row_text(row, "severity"), "ok") != 0;
    }
    if (wrong)
        printf("\n%s: %d to mend.\n", subject, (int)wrong);
    else
        printf("\n%s: nothing to mend.\n", subject);
    return end;
}
