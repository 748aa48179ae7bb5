#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The audit log in the hands of the machine's log daemons: rsyslog and systemd-journald themselves, each at a socket of its
# own; and one request's id on the page, in the audit log and in the error log.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use JSON;
use Server;
use MPin;

my $port = $ENV{PORT};
my $top = $Server::top;

sub run_program {
    my @words = @_;
    my $pid = fork // die;
    return $pid if $pid;
    open STDOUT, '>>', "$top/daemon.log";
    open STDERR, '>&', \*STDOUT;
    exec @words;
    die "exec: $!";
}

sub end_program { my $pid = shift; kill TERM => $pid; waitpid $pid, 0; return }

sub wrong_password {
    my $browser = browser($port);
    my $fields = $browser->fields($browser->visit('/login'));
    return $browser->post_form('/login', {%$fields, username => 'john', password => 'wrong'})->code;
}

subtest 'rsyslog_gets_every_record_and_may_be_restarted' => sub {
    my @there = map { Debian::unpacked($_) // plan skip_all => "no $_ to be had" } qw(rsyslog libestr0 libfastjson4 liblognorm5);
    my ($libraries) = glob "$there[0]/usr/lib/*/rsyslog";
    local $ENV{LD_LIBRARY_PATH} = join ':', map { glob "$_/usr/lib/*-linux-gnu" } @there;
    Server::write_file("$top/rsyslog.conf", qq{module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="$top/log")\n}
        . qq{local3.* action(type="omfile" file="$top/syslog" fileCreateMode="0644")\n});
    my $start = sub {
        my $pid = run_program("$there[0]/usr/sbin/rsyslogd", '-n', '-f', "$top/rsyslog.conf", '-i', "$top/rsyslog.pid", '-M', $libraries);
        Server::wait_for('rsyslog', sub { -S "$top/log" });
        return $pid;
    };
    my $daemon = $start->();
    my $server = Server->new(conf => "MPinAuditLog syslog:local3:$top/log\n")->start;
    is wrong_password(), 401, 'a wrong password' for 1 .. 5;
    my $lines = sub { return grep { /password_wrong/ } split /\n/, Server::slurp("$top/syslog") };
    Server::wait_for('five records', sub { $lines->() == 5 });
    like(($lines->())[0], qr/ mod_auth_mpin\[\d+\]: \{"time":"[^"]+","event":"password_wrong",.*\}$/, 'with our name, and JSON');
    end_program($daemon);
    unlink "$top/log";
    wrong_password() for 1 .. 3;
    like Server::log_text(), qr/MPIN0401: the audit log syslog:local3:\S+ takes no records/, 'without it, the error log says so';
    $daemon = $start->();
    wrong_password();
    Server::wait_for('the sixth', sub { $lines->() == 6 });
    like Server::slurp("$top/syslog"), qr/"event":"lost","count":3/, 'and then how many are missing';
    $server->stop;
    end_program($daemon);
};

subtest 'journald_gets_every_record_with_its_fields' => sub {
    my $journald = '/lib/systemd/systemd-journald';
    plan skip_all => 'no journald that could be started here' if $> || !-x $journald || !-x '/usr/bin/journalctl' || !-s '/etc/machine-id';
    my $name = "mpin$$";
    my $daemon = run_program($journald, $name);
    my $socket = "/run/systemd/journal.$name/socket";
    Server::wait_for('journald', sub { -S $socket });
    my $server = Server->new(conf => "MPinAuditLog journald:$socket\n")->start;
    wrong_password() for 1 .. 4;
    my @records;
    Server::wait_for('four records', sub {
        @records = grep { ($_->{MESSAGE} // '') =~ /password_wrong/ } map { eval { decode_json($_) } // () }
            `journalctl --namespace=$name -o json -t mod_auth_mpin 2>/dev/null`;
        return @records == 4;
    });
    is $records[0]{SYSLOG_IDENTIFIER}, 'mod_auth_mpin', 'under our name';
    is decode_json($records[0]{MESSAGE})->{event}, 'password_wrong', 'JSON';
    is $records[0]{PRIORITY}, 5, 'as a notice';
    $server->stop;
    end_program($daemon);
    system 'rm', '-rf', "/run/systemd/journal.$name", glob "{/run,/var}/log/journal/*.$name";
};

subtest 'request_id_of_a_page_is_in_audit_log_and_error_log' => sub {
    my $modules = Server::modules();
    my %with = ('with mod_unique_id' => "LoadModule unique_id_module $modules/mod_unique_id.so\n", 'without' => '');
    for my $how (sort keys %with) {
        my $audit = "$top/logs/audit-" . ($with{$how} ? 'with' : 'without');
        my $server = Server->new(conf => "$with{$how}LogLevel warn auth_mpin:info\nErrorLogFormat \"[%{cu}t] [%-m:%l] [%L] %M\"\nMPinAuditLog $audit\n")->start;
        my $page = browser($port)->request(POST => '/login', headers => [Origin => 'https://elsewhere.example', Accept => 'text/html',
            'Content-Type' => 'application/x-www-form-urlencoded'], body => 'a=b');
        my ($id) = $page->content =~ m{request ([\w@+/-]+)</p>};
        ok $id, "$how: the page shows it" or diag $page->content;
        like $page->content, qr{This site&#39;s address is http://127\.0\.0\.1:$port\.</p>}, 'and the right address';
        my @records = map { decode_json($_) } split /\n/, Server::slurp($audit);
        is_deeply [map { $_->{event} } grep { ($_->{request} // '') eq $id } @records], ['page_refused'], 'the audit log has it';
        is $records[0]{code}, 'origin_refused', 'with the code of the page';
        like Server::log_text(), qr/\[\Q$id\E\] MPIN1020: a page says 403 origin_refused/, 'and the error log';
        $server->stop;
    }
};

done_testing;
