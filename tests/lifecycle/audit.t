#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The audit log beside real programs: one that hangs, one that is slow, one that dies; reloads under load; rotation.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $port = $ENV{PORT};
my $audit = "$Server::top/logs/audit";

sub program {
    my ($name, $text) = @_;
    my $path = "$Server::top/$name";
    Server::write_file($path, "#!/usr/bin/perl\n\$| = 1;\n$text");
    chmod 0755, $path;
    return $path;
}

# Reads to the end, as any logging program does, and notes when it began and that it was not killed.
my $keeper = program('keeper', <<'END');
my ($file, $pause) = @ARGV;
open my $out, '>>', $file or die;
open my $notes, '>>', "$file.notes" or die;
syswrite $notes, "began $$\n";
while (my $line = <STDIN>) { select undef, undef, undef, $pause if $pause; syswrite $out, $line }
syswrite $notes, "end $$\n";
END
my $hanging = program('hanging', 'sleep 1 while getppid() != 1 || !eof(STDIN);');

sub lines { return split /^/, Server::slurp($_[0]) }

# A refusal, which is a record: 401. Dies where none comes.
sub refusal {
    my ($browser, $fields) = @_;
    my $code = $browser->post_form('/login', {%$fields, username => 'john', password => 'wrong'})->code;
    die "a wrong password is answered $code" if $code != 401;
    return;
}

sub stranger {
    my $browser = browser($port);
    return ($browser, $browser->fields($browser->visit('/login')));
}

# Clients that are refused again and again until they are told to end; each tells how often it was.
sub load {
    my $clients = shift;
    pipe my $reader, my $writer or die;
    my @pids = map {
        my $pid = fork // die;
        if (!$pid) {
            my ($sent, $over) = (0);
            local $SIG{TERM} = sub { $over = 1 };
            my ($browser, $fields) = stranger();
            until ($over) { eval { refusal($browser, $fields); ++$sent } or $over or warn "refused otherwise: $@" }
            syswrite $writer, "$sent\n";
            require POSIX;
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. $clients;
    close $writer;
    return {pids => \@pids, reader => $reader};
}

sub end_of_load {
    my $load = shift;
    kill TERM => @{$load->{pids}};
    my $sent = 0;
    $sent += $_ for readline $load->{reader};
    waitpid $_, 0 for @{$load->{pids}};
    return $sent;
}

subtest 'a_piped_audit_log_loses_nothing_in_25_reloads' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "|$keeper $audit.25"\n})->start;
    my $load = load(3);
    for (1 .. $ENV{RELOADS} // 25) { $server->renew('USR1') }
    my $sent = end_of_load($load);
    $server->stop;
    my @lines = lines("$audit.25");
    cmp_ok $sent, '>', 25, "$sent refusals";
    is scalar(grep { !/^\{.*"event":"login_refused".*\}$|^\{.*"event":"password_wrong".*\}$/ } @lines), 0, 'whole lines';
    cmp_ok scalar(@lines), '>=', $sent, scalar(@lines) . ' records: none is missing';
    cmp_ok scalar(@lines), '<=', $sent + 3, 'and none is there twice';
    my $notes = Server::slurp("$audit.25.notes");
    is scalar(() = $notes =~ /began/g), 1, 'one program for all generations';
    like $notes, qr/end \d+\n\z/, 'it has read to the end';
    is join("\n", Server::complaints()), '', 'nothing in the log';
};

subtest 'restarts_keep_the_program_and_another_line_ends_it' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "|$keeper $audit.hup"\n})->start;
    my ($browser, $fields) = stranger();
    refusal($browser, $fields);
    $server->renew('HUP');
    refusal($browser, $fields);
    Server::wait_for('two records', sub { lines("$audit.hup") == 2 });
    is scalar(() = Server::slurp("$audit.hup.notes") =~ /began/g), 1, 'a restart leaves it alone';
    $server->{conf} = '';
    my $conf = Server::slurp("$Server::top/httpd.conf") =~ s/^MPinAuditLog.*/MPinAuditLog "|$keeper $audit.other"/mr;
    Server::write_file("$Server::top/httpd.conf", $conf);
    $server->renew('USR1');
    Server::wait_for('the end of the old one', sub { Server::slurp("$audit.hup.notes") =~ /end/ });
    refusal($browser, $fields);
    Server::wait_for('the new one', sub { lines("$audit.other") == 1 });
    pass 'the old program reads to its end, the new one goes on';
    unlike Server::log_text(), qr/long lost child/, 'httpd knows whose child it was';
    $server->stop;
};

subtest 'a_hanging_audit_program_stops_nobody' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "|$hanging"\n})->start;
    my ($browser, $fields) = stranger();
    my ($began, $sent) = (time, 0);
    until (Server::log_text() =~ /MPIN0401: the audit log \S*hanging takes no records/ || $sent > 20000) {
        refusal($browser, $fields) for 1 .. 100;
        $sent += 100;
    }
    cmp_ok $sent, '<', 20000, "the pipe is full after $sent refusals, and the log says it";
    refusal($browser, $fields) for 1 .. 500;
    pass 'refusals are answered as before';
    is $browser->sign_in('john')->visit('/protected/')->code, 200, 'and whoever may comes in';
    my @said = Server::log_text() =~ /MPIN0401/g;
    cmp_ok scalar(@said), '<=', 1 + (time - $began) / 60, 'the log says it once a minute';
    $server->renew('USR1');
    is $browser->visit('/protected/')->code, 200, 'a reload works';
    $began = time;
    $server->stop;
    cmp_ok time - $began, '<', 30, 'so does the end';
};

subtest 'an_audit_program_that_stopped_for_a_while_gets_a_count_of_the_rest' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "|$keeper $audit.slow"\n})->start;
    my ($browser, $fields) = stranger();
    # A program that is stopped and goes on, as one whose disk was away.
    Server::wait_for('the program', sub { Server::slurp("$audit.slow.notes") =~ /began/ });
    my ($pid) = Server::slurp("$audit.slow.notes") =~ /began (\d+)/;
    kill STOP => $pid;
    my $sent = 0;
    until (Server::log_text() =~ /MPIN0401: the audit log \S+ \S*slow takes/) { refusal($browser, $fields); $sent++ }
    kill CONT => $pid;
    Server::wait_for('room', sub {
        refusal($browser, $fields);
        $sent++;
        Server::log_text() =~ /MPIN0481/;
    });
    $server->stop;
    Server::wait_for('the end', sub { Server::slurp("$audit.slow.notes") =~ /end/ });
    my @lines = lines("$audit.slow");
    my $lost = 0;
    /"event":"lost","count":(\d+)/ and $lost += $1 for @lines;
    cmp_ok $lost, '>', 0, "$lost were lost";
    is scalar(grep { !/"event":"lost"/ } @lines) + $lost, $sent, 'every record is there or counted';
};

subtest 'a_slow_audit_program_gets_all_of_it' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "|$keeper $audit.late 0.05"\n})->start;
    my ($browser, $fields) = stranger();
    refusal($browser, $fields) for 1 .. 200;
    $server->stop;
    Server::wait_for('the end', sub { Server::slurp("$audit.late.notes") =~ /end/ });
    is scalar(lines("$audit.late")), 200, 'also what it reads when httpd has ended';
};

subtest 'an_audit_program_that_dies_is_started_again' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "|$keeper $audit.dies"\n})->start;
    my ($browser, $fields) = stranger();
    refusal($browser, $fields);
    Server::wait_for('a record', sub { lines("$audit.dies") == 1 });
    sleep 1;
    my ($pid) = Server::slurp("$audit.dies.notes") =~ /began (\d+)/;
    kill KILL => $pid;
    # Until it has ended it may take a record with it that it was about to read.
    Server::wait_for('its end', sub { Server::slurp("/proc/$pid/stat") !~ /\) [^Z]/ });
    refusal($browser, $fields) for 1 .. 20;
    Server::wait_for('all records', sub { lines("$audit.dies") == 21 });
    like Server::log_text(), qr/MPIN0482/, 'the log says it';
    $server->stop;

    my $before = () = Server::log_text() =~ /MPIN0482/g;
    $server = Server->new(conf => qq{MPinAuditLog "|/bin/false"\n})->start;
    ($browser, $fields) = stranger();
    refusal($browser, $fields) for 1 .. 5;
    sleep 3;
    my $after = () = Server::log_text() =~ /MPIN0482/g;
    cmp_ok $after - $before, '<=', 2, 'one that ends at once is not started again and again';
    $server->stop;
};

subtest 'an_audit_file_is_opened_anew_after_rotation' => sub {
    my $server = Server->new(conf => qq{MPinAuditLog "$audit"\n})->start;
    my ($browser, $fields) = stranger();
    refusal($browser, $fields);
    rename $audit, "$audit.1";
    $server->renew('USR1');
    refusal($browser, $fields);
    is scalar(lines("$audit.1")), 1, 'rename and reload';
    Server::wait_for('the new file', sub { lines($audit) == 1 });

    # Without a reload, where httpd's user may write in that folder.
    my ($uid, $gid) = (getpwnam 'www-data')[2, 3];
    mkdir "$Server::top/open";
    chown $uid, $gid, "$Server::top/open" if !$>;
    my $conf = Server::slurp("$Server::top/httpd.conf") =~ s{^MPinAuditLog.*}{MPinAuditLog $Server::top/open/audit}mr;
    Server::write_file("$Server::top/httpd.conf", $conf);
    $server->renew('USR1');
    refusal($browser, $fields);
    rename "$Server::top/open/audit", "$Server::top/open/audit.1";
    sleep 2;
    refusal($browser, $fields);
    is scalar(lines("$Server::top/open/audit.1")), 1, 'rename alone';
    is scalar(lines("$Server::top/open/audit")), 1, 'is seen within a second';
    $server->stop;
};

subtest 'a_reload_without_its_audit_file_changes_nothing_else' => sub {
    my ($uid, $gid) = (getpwnam 'www-data')[2, 3];
    my $folder = "$Server::top/folder";
    my $make = sub { mkdir $folder; chown $uid, $gid, $folder if !$> };
    $make->();
    Server::write_file("$Server::top/secret", 'x' x 40 . "\n");
    chmod 0600, "$Server::top/secret";
    my $server = Server->new(conf => qq{MPinAuditLog $folder/audit\nMPinIssueOTP On "secret=$Server::top/secret"\n})->start;
    my ($browser, $fields) = stranger();
    my $application = sub {
        return browser($port)->request(POST => '/rps/otp', headers => ['Content-Type' => 'application/json', @_], body => '{}')->code;
    };
    is $application->(), 403, 'an application without its secret is refused';
    isnt $application->(Authorization => 'Bearer ' . 'x' x 40), 403, 'and one with it is not';
    unlink "$folder/audit";
    rmdir $folder or die;
    $server->renew('USR1');
    like Server::log_text(), qr{MPIN0202: MPinAuditLog \S+/folder/audit can't be opened}, 'the log says what is wrong';
    Server::wait_for('the new generation', sub { refusal($browser, $fields); Server::log_text() =~ /MPIN0401: \S+ \S+ \S+ \S+ takes no records \(it could/ });
    is $application->(), 403, 'the application still needs its secret';
    $make->();
    Server::wait_for('a record', sub { sleep 1; refusal($browser, $fields); -s "$folder/audit" });
    like Server::slurp("$folder/audit"), qr/"event":"lost","count":\d/, 'the log is back, and says how many are missing';
    $server->stop;
};

subtest 'programs_of_all_kinds_get_every_record' => sub {
    my %lines = (
        'rotatelogs' => "|/usr/bin/rotatelogs $audit.rotated.%S 1",
        'a shell' => "|\$cat >> $audit.shell",
        'a shell of its own' => "||/bin/sh -c 'tr a-z A-Z | cat >> $audit.pipeline'",
    );
    for my $name (sort keys %lines) {
        my $server = Server->new(conf => qq{MPinAuditLog "$lines{$name}"\n}, mpm => $name eq 'a shell' ? 'prefork' : 'worker')->start;
        my ($browser, $fields) = stranger();
        for (1 .. 3) {
            refusal($browser, $fields) for 1 .. 10;
            $server->renew($_ == 2 ? 'HUP' : 'USR1');
        }
        $server->stop;
        my ($word) = $lines{$name} =~ m{\Q$audit\E\.(\w+)};
        Server::wait_for("all records of $name", sub { 30 == map { lines($_) } glob "$audit.$word*" });
        pass "$name has them";
    }
};

done_testing;
