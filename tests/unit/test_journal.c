/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/journal.h"

/* The audit log's lines: nobody waits for them, and what is lost is counted. */

static apr_pool_t *pool;
static char directory[64], said[2048];

static void say(void *baton, log_level_t level, const char *id, const char *text)
{
    (void)baton, (void)level;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s: %s\n", id, text);
}

static const log_sink_t sink = {say, NULL, LOG_LEVEL_INFO};

static void put(journal_t *journal, const char *line)
{
    journal_write(journal, line, strlen(line), &sink);
}

static const char *path_of(const char *name)
{
    return apr_pstrcat(pool, directory, "/", name, NULL);
}

static const char *file_text(const char *path)
{
    char *text = apr_pcalloc(pool, 65536);
    FILE *file = fopen(path, "r");
    if (!file)
        return "";
    text[fread(text, 1, 65535, file)] = '\0';
    fclose(file);
    return text;
}

static int lines_in(const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static journal_t *journal_at(const char *path)
{
    journal_t *journal = journal_open(path, journal_gap_make(), pool);
    assert_non_null(journal);
    said[0] = '\0';
    return journal;
}

/* ---- a pipe ---------------------------------------------------------------------------------- */

typedef struct pipe_t {
    int ends[2];
    journal_t *journal;
} pipe_t;

static pipe_t new_pipe(void)
{
    pipe_t made;
    assert_int_equal(pipe(made.ends), 0);
    fcntl(made.ends[1], F_SETFL, O_NONBLOCK);
    fcntl(made.ends[0], F_SETFL, O_NONBLOCK);
    made.journal = journal_of_pipe(made.ends[1], "|program", journal_gap_make(), pool);
    said[0] = '\0';
    return made;
}

static const char *read_all(const pipe_t *from)
{
    char *text = apr_pcalloc(pool, 1 << 20);
    for (ssize_t len = 0, at = 0;
         (len = read(from->ends[0], text + at, (size_t)((1 << 20) - 1 - at))) > 0;)
        at += len;
    return text;
}

static void a_full_pipe_holds_nobody_and_the_gap_is_told_where_it_is(void **state)
{
    (void)state;
    const pipe_t made = new_pipe();
    const char *line = "{\"event\":\"pin_wrong\",\"user\":\"anna@example.org\"}\n";
    int sent = 5000;
    for (int i = 0; i < sent; i++)
        put(made.journal, line);
    const int taken = lines_in(read_all(&made));
    assert_in_range(taken, 100, 4000);
    assert_int_equal(made.journal->gap->lost, sent - taken);
    assert_non_null(strstr(said, "MPIN0401"));
    assert_int_equal(lines_in(said), 1); /* not one a record */

    put(made.journal, line);
    const char *after = read_all(&made);
    assert_int_equal(lines_in(after), 2);
    assert_non_null(strstr(
        after, apr_psprintf(pool, "\"event\":\"lost\",\"count\":%d}\n{\"event\"", sent - taken)));
    assert_int_equal(made.journal->gap->lost, 0);
    assert_non_null(strstr(said, "MPIN0481"));
}

static void every_line_of_a_full_pipe_is_whole(void **state)
{
    (void)state;
    const pipe_t made = new_pipe();
    char line[1002];
    memset(line, 'x', 1000);
    strcpy(line + 1000, "\n");
    for (int i = 0; i < 200; i++)
        put(made.journal, line);
    const char *text = read_all(&made);
    assert_int_equal(strlen(text) % 1001, 0);
}

static void a_pipe_that_nobody_reads_any_more_is_a_loss_and_no_signal(void **state)
{
    (void)state;
    const pipe_t made = new_pipe();
    signal(SIGPIPE, SIG_IGN); /* as httpd has it */
    close(made.ends[0]);
    put(made.journal, "{}\n");
    assert_int_equal(made.journal->gap->lost, 1);
}

static void a_line_that_no_pipe_takes_whole_is_a_loss(void **state)
{
    (void)state;
    const pipe_t made = new_pipe();
    char *line = apr_pcalloc(pool, JOURNAL_LINE_MAX + 2);
    memset(line, 'x', JOURNAL_LINE_MAX + 1);
    put(made.journal, line);
    assert_int_equal(made.journal->gap->lost, 1);
    assert_string_equal(read_all(&made), "");
}

/* ---- a file ---------------------------------------------------------------------------------- */

static void a_rotated_file_is_opened_anew_within_a_second(void **state)
{
    (void)state;
    const char *path = path_of("audit"), *old = path_of("audit.1");
    journal_t *journal = journal_at(path);
    put(journal, "one\n");
    assert_int_equal(rename(path, old), 0);
    journal->looked -= apr_time_from_sec(2);
    put(journal, "two\n");
    assert_string_equal(file_text(old), "one\n");
    assert_string_equal(file_text(path), "two\n");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(unlink(path), 0); /* removed instead */
    journal->looked -= apr_time_from_sec(2);
    put(journal, "three\n");
    assert_string_equal(file_text(path), "three\n");
}

static void one_that_could_not_be_opened_counts_until_it_can(void **state)
{
    (void)state;
    const char *folder = path_of("later"), *path = path_of("later/audit");
    journal_t *journal = journal_absent(path, journal_gap_make(), pool);
    assert_non_null(journal);
    said[0] = '\0';
    put(journal, "one\n");
    put(journal, "two\n");
    assert_non_null(strstr(said, "takes no records (it could not be opened)"));
    assert_int_equal(mkdir(folder, 0700), 0);
    journal->looked -= apr_time_from_sec(2);
    put(journal, "three\n");
    assert_non_null(strstr(file_text(path), "\"event\":\"lost\",\"count\":2}\nthree\n"));
}

static void a_clock_that_was_set_back_does_not_stop_the_looking(void **state)
{
    (void)state;
    const char *path = path_of("back");
    journal_t *journal = journal_at(path);
    journal->looked = apr_time_now() + apr_time_from_sec(86400);
    assert_int_equal(unlink(path), 0);
    put(journal, "one\n");
    assert_string_equal(file_text(path), "one\n");
}

static void a_fifo_without_a_reader_holds_neither_start_nor_worker(void **state)
{
    (void)state;
    const char *path = path_of("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    journal_t *journal = journal_at(path);
    for (int i = 0; i < 100000; i++)
        put(journal, "a line of some length, to fill what there is\n");
    assert_true(journal->gap->lost > 0);
}

/* A full disk takes a part of a line: the next one begins a line of its own. */
static void a_torn_line_tears_no_other(void **state)
{
    (void)state;
    const char *path = path_of("torn");
    journal_t *journal = journal_at(path);
    struct rlimit before, small = {.rlim_cur = 15};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    put(journal, "{\"one\":1}\n");
    put(journal, "{\"two\":2}\n");
    put(journal, "{\"three\":3}\n");
    setrlimit(RLIMIT_FSIZE, &before);
    put(journal, "{\"four\":4}\n");
    const char *text = file_text(path);
    assert_non_null(strstr(text, "{\"one\":1}\n{\"two\n{\"time\""));
    assert_non_null(strstr(text, "\"event\":\"lost\",\"count\":2}\n{\"four\":4}\n"));
}

/* ---- log daemons ---- */

static int daemon_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    apr_cpystrn(at.sun_path, path, sizeof at.sun_path);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static const char *heard(int fd)
{
    char *text = apr_pcalloc(pool, 8192);
    return recv(fd, text, 8191, 0) >= 0 ? text : "nothing";
}

static journal_t *journal_to(const char *log)
{
    const char *wrong;
    const log_daemon_t *daemon = log_daemon_make(log, pool, &wrong);
    return journal_of_daemon(daemon, log, journal_gap_make(), pool);
}

static void syslog_gets_each_record_as_glibc_would_send_it(void **state)
{
    (void)state;
    const char *path = path_of("syslog");
    const int fd = daemon_at(path);
    journal_t *journal = journal_to(apr_pstrcat(pool, "syslog:local3:", path, NULL));
    put(journal, "{\"event\":\"a\"}\n");
    const char *text = heard(fd);
    assert_memory_equal(text, "<157>", 5); /* 19 * 8 + 5 */
    const char *tag = strstr(text, " mod_auth_mpin[");
    assert_non_null(tag);
    assert_int_equal(tag - text, 5 + 15);
    assert_string_equal(strstr(tag, "]: "), "]: {\"event\":\"a\"}");
    close(fd);
}

static void journald_gets_fields(void **state)
{
    (void)state;
    const char *path = path_of("journald");
    const int fd = daemon_at(path);
    put(journal_to(apr_pstrcat(pool, "journald:", path, NULL)), "{\"event\":\"a\"}\n");
    assert_string_equal(heard(fd),
                        "PRIORITY=5\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=mod_auth_mpin\n"
                        "MESSAGE={\"event\":\"a\"}\n");
    close(fd);
}

static void a_log_daemon_that_is_away_gets_a_count_of_what_was_lost(void **state)
{
    (void)state;
    const char *path = path_of("away");
    journal_t *journal = journal_to(apr_pstrcat(pool, "syslog:", path, NULL));
    *said = '\0';
    put(journal, "{\"n\":1}\n");
    put(journal, "{\"n\":2}\n");
    assert_non_null(strstr(said, "MPIN0401"));
    assert_int_equal(journal_lost(journal), 2);
    const int fd = daemon_at(path);
    put(journal, "{\"n\":3}\n");
    assert_non_null(strstr(heard(fd), "\"event\":\"lost\",\"count\":2}"));
    assert_non_null(strstr(heard(fd), "{\"n\":3}"));
    assert_string_equal(heard(fd), "nothing");
    assert_int_equal(journal_lost(journal), 0);
    close(fd);
}

static void a_log_daemon_that_reads_nothing_holds_nobody(void **state)
{
    (void)state;
    const char *path = path_of("deaf");
    const int fd = daemon_at(path);
    journal_t *journal = journal_to(apr_pstrcat(pool, "syslog:", path, NULL));
    for (int i = 0; i < 5000; i++)
        put(journal, "{\"event\":\"a\"}\n");
    assert_true(journal_lost(journal) > 0);
    close(fd);
}

static void names_of_log_daemons_are_read(void **state)
{
    (void)state;
    const char *wrong;
    static const char *const good[] = {"syslog",   "syslog:local7",        "syslog:/dev/log",
                                       "journald", "syslog:auth:/dev/log", "journald:/run/x"};
    static const char *const bad[] = {
        "syslog:", "syslog:mail", "syslog:auth:", "journald:local0", "journald:", "syslog:auth:x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_non_null(log_daemon_make(good[i], pool, &wrong));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(log_daemon_named(bad[i]));
        assert_null(log_daemon_make(bad[i], pool, &wrong));
        assert_non_null(strstr(wrong, "; write"));
    }
    assert_false(log_daemon_named("syslog.log"));
    assert_false(log_daemon_named("|syslog"));
    assert_string_equal(log_daemon_socket(log_daemon_make("syslog", pool, &wrong)), "/dev/log");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_pipe_holds_nobody_and_the_gap_is_told_where_it_is),
        cmocka_unit_test(every_line_of_a_full_pipe_is_whole),
        cmocka_unit_test(a_pipe_that_nobody_reads_any_more_is_a_loss_and_no_signal),
        cmocka_unit_test(a_line_that_no_pipe_takes_whole_is_a_loss),
        cmocka_unit_test(a_rotated_file_is_opened_anew_within_a_second),
        cmocka_unit_test(one_that_could_not_be_opened_counts_until_it_can),
        cmocka_unit_test(a_clock_that_was_set_back_does_not_stop_the_looking),
        cmocka_unit_test(a_fifo_without_a_reader_holds_neither_start_nor_worker),
        cmocka_unit_test(a_torn_line_tears_no_other),
        cmocka_unit_test(syslog_gets_each_record_as_glibc_would_send_it),
        cmocka_unit_test(journald_gets_fields),
        cmocka_unit_test(a_log_daemon_that_is_away_gets_a_count_of_what_was_lost),
        cmocka_unit_test(a_log_daemon_that_reads_nothing_holds_nobody),
        cmocka_unit_test(names_of_log_daemons_are_read),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    strcpy(directory, "/tmp/mpin-journal-XXXXXX");
    if (!mkdtemp(directory))
        return 1;
    const int failed = cmocka_run_group_tests_name("journal", tests, NULL, NULL);
    const char *sweep = apr_pstrcat(pool, "rm -r ", directory, NULL);
    return system(sweep) || failed;
}
