/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/manual.h"

#include <stdio.h>
#include <string.h>

static void print_padded(const char *text, const char *args, int width)
{
    const int printed = printf("  %s%s%s", text, *args ? " " : "", args);
    printf("%*s", printed < width ? width - printed : 2, "");
}

static void print_options(unsigned bits)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (bits & OPTION_BIT(i)) {
            const char *value = option_texts[i].value;
            print_padded(option_texts[i].name, value ? value : "", 30);
            puts(option_texts[i].help);
        }
}

ctl_end_t ctl_help(ctl_t *ctl)
{
    (void)ctl;
    puts("mpinctl helps the people of a site with mod_auth_mpin, beside the running server.\n"
         "Usage: mpinctl COMMAND [OPTIONS]; a name that is a command's word stands behind --\n");
    for (const command_t *command = commands; command->name; command++) {
        print_padded(command->name, command->args, 40);
        puts(command->help);
    }
    puts("\nOptions of every command:");
    print_options(OPTIONS_ALWAYS);
    puts("\nExit codes: 0 done; 1 there is no such thing, it was not wished, or something\n"
         "is to mend; 2 it was typed wrong, or the store, its keys or a site can't be used.");
    return CTL_DONE;
}

void manual_command(const command_t *command)
{
    printf("mpinctl %s%s%s\n%s.\n", command->name, *command->args ? " " : "", command->args,
           command->help);
    if (command->options)
        puts("\nOptions:");
    print_options(command->options);
}

/* A line of text in roff: no dash is a hyphen, and nothing begins a request. */
static void print_roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++)
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
}

static void print_item(const char *name, const char *args, const char *help)
{
    fputs(".TP\n\\fB", stdout);
    print_roff(name);
    fputs("\\fR", stdout);
    if (*args) {
        fputs(" \\fI", stdout);
        print_roff(args);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    print_roff(help);
    fputs(".\n", stdout);
}

static void print_command(const command_t *command)
{
    print_item(command->name, command->args, command->help);
    if (!command->options)
        return;
    fputs("Takes", stdout);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (command->options & OPTION_BIT(i)) {
            fputs(" \\fB", stdout);
            print_roff(option_texts[i].name);
            fputs("\\fR", stdout);
        }
    puts(".");
}

ctl_end_t ctl_manual(ctl_t *ctl)
{
    (void)ctl;
    puts(
        ".\\\" Made by mpinctl help man: change ctl/ in its place.\n"
        ".TH MPINCTL 8 \"\" mod_auth_mpin\n.SH NAME\n"
        "mpinctl \\- help the people of a site with mod_auth_mpin\n.SH SYNOPSIS\n"
        ".B mpinctl\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
        "It works on the site's store beside the running server, which heeds each change with its\n"
        "next request. Run as root, it reads the key file, becomes the store's owner, and only\n"
        "then opens the store. What is changed is asked for once, stands in the audit log, and is\n"
        "told to its user by mail where the site sends any. A name that is a word of a command\n"
        "stands behind \\fB\\-\\-\\fR.\n.SH COMMANDS");
    for (const command_t *command = commands; command->name; command++)
        print_command(command);
    puts(".SH OPTIONS");
    for (int i = 0; i < OPTION_COUNT; i++)
        print_item(option_texts[i].name, option_texts[i].value ? option_texts[i].value : "",
                   option_texts[i].help);
    puts(".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nThere is no such thing, it was not wished "
         "after all, or something is to mend.\n.TP\n2\nIt was typed wrong, or the store, its keys "
         "or a file can't be used.\n"
         ".SH SEE ALSO\n\\fBapache2\\fR(8); people.md, mpinctl.md and operations.md of the "
         "documents.");
    return CTL_DONE;
}

/* The first words, and the second ones of a first. */
static void print_words(const char *first)
{
    const char *last = "";
    for (const command_t *command = commands; command->name; command++) {
        const char *space = strchr(command->name, ' ');
        const apr_size_t len = space ? (apr_size_t)(space - command->name) : strlen(command->name);
        const bool its = strlen(first) == len && !strncmp(command->name, first, len);
        if (!*first && (strncmp(last, command->name, len) || last[len]))
            printf("%.*s ", (int)len, last = command->name);
        else if (*first && its && space)
            printf("%s ", space + 1);
    }
}

ctl_end_t ctl_completion(ctl_t *ctl)
{
    (void)ctl;
    puts("# Made by mpinctl help completion: change ctl/ in its place.\n_mpinctl()\n{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} words=\n    case $word in");
    fputs("    -*) words='", stdout);
    for (int i = 0; i < OPTION_COUNT; i++)
        printf("%s ", option_texts[i].name);
    puts("' ;;\n    *)\n        case $COMP_CWORD:${COMP_WORDS[1]} in");
    fputs("        1:*) words='", stdout);
    print_words("");
    puts("' ;;");
    for (const command_t *command = commands; command->name; command++)
        if (strchr(command->name, ' ') &&
            (command == commands ||
             strncmp(command[-1].name, command->name,
                     (apr_size_t)(strchr(command->name, ' ') - command->name) + 1))) {
            const apr_size_t len = (apr_size_t)(strchr(command->name, ' ') - command->name);
            char first[32];
            snprintf(first, sizeof first, "%.*s", (int)len, command->name);
            printf("        2:%s) words='", first);
            print_words(first);
            puts("' ;;");
        }
    puts("        esac ;;\n    esac\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
         "complete -o default -F _mpinctl mpinctl");
    return CTL_DONE;
}
