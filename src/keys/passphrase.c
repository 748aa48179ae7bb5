/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/passphrase.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <sodium.h>
#include <string.h>

#define LINE_MAX_BYTES 1024
#define PATIENCE apr_time_from_sec(60)

/* Reads until the program is done or has said too much; the number of bytes of its first line, 0
 * when there is none. */
static apr_size_t passphrase_read_line(apr_file_t *pipe, unsigned char *line, apr_size_t max)
{
    apr_size_t have = 0;
    apr_status_t status = APR_SUCCESS;
    apr_file_pipe_timeout_set(pipe, PATIENCE);
    while (status == APR_SUCCESS && have < max) {
        apr_size_t more = max - have;
        status = apr_file_read(pipe, (char *)line + have, &more);
        have += status == APR_SUCCESS ? more : 0;
    }
    if (status != APR_EOF)
        return 0;
    const unsigned char *end = memchr(line, '\n', have);
    return end ? (apr_size_t)(end - line) : have;
}

static bool passphrase_start(apr_proc_t *program, const char *const *command, apr_pool_t *p)
{
    apr_procattr_t *attributes;
    return !apr_procattr_create(&attributes, p) &&
           !apr_procattr_io_set(attributes, APR_NO_PIPE, APR_PARENT_BLOCK, APR_NO_PIPE) &&
           !apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) &&
           !apr_procattr_error_check_set(attributes, 1) &&
           !apr_proc_create(program, command[0], command, NULL, attributes, p);
}

secret_t *passphrase_read(const char *directive, const char *const *command, apr_pool_t *p,
                          const char **why)
{
    apr_proc_t program;
    if (!passphrase_start(&program, command, p)) {
        *why = apr_psprintf(p, "%s: %s can't be run; check its path and rights", directive,
                            command[0]);
        return NULL;
    }
    apr_pool_note_subprocess(p, &program, APR_KILL_ALWAYS);

    unsigned char line[LINE_MAX_BYTES + 1] = {0};
    const apr_size_t len = passphrase_read_line(program.out, line, sizeof(line));
    apr_file_close(program.out);
    int code = 1;
    apr_exit_why_e how = APR_PROC_EXIT;
    if (len)
        apr_proc_wait(&program, &code, &how, APR_WAIT);

    secret_t *passphrase = len && !code && APR_PROC_CHECK_EXIT(how) ? secret_make(p, len) : NULL;
    if (passphrase)
        memcpy(passphrase->bytes, line, len);
    else
        *why = apr_psprintf(p,
                            "%s: %s gave no secret; it must print one line of at most %d bytes "
                            "and end with 0",
                            directive, command[0], LINE_MAX_BYTES);
    sodium_memzero(line, sizeof(line));
    return passphrase;
}
