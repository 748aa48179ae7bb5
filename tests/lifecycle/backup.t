#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The commands of docs/operations.md, "Backup and restore", word for word but for the folders: a copy is taken while
# people sign in, everything is lost, and what was copied is at work again.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use POSIX ();

my $port = $ENV{PORT};
my $top = $Server::top;
$> and plan skip_all => 'the commands are for root';
grep { -x "$_/mdb_copy" } split /:/, $ENV{PATH} or plan skip_all => 'no mdb_copy (lmdb-utils)';

my $text = Server::slurp("$FindBin::Bin/../../docs/operations.md");
my ($part) = $text =~ /^## Backup and restore\n(.*?)^## /ms;
my ($backup, $restore) = $part =~ /^```\n(.*?)^```/msg;

# The document's commands as a script for this server's folders; httpd is stopped and started by the test.
sub commands {
    my $script = shift;
    $script =~ s{/var/lib/apache2/mpin/store\b}{$top/state/store}g;
    $script =~ s{/var/lib/apache2/mpin-keys\b}{$top/state/keys}g;
    $script =~ s{/var/lib/apache2/mpin\b}{$top/state}g;
    $script =~ s{/var/backups}{$top/backups}g;
    $script =~ s{^systemctl (?:stop|start) apache2\n}{}mg;
    my $said = `set -eu; { $script } 2>&1`;
    is $?, 0, 'the commands end well' or diag $said;
    return;
}

sub pin_login {
    my $browser = browser($port);
    $browser->settings;
    return $browser->pin_login(@_);
}

subtest 'backup_taken_while_the_server_works_restores_identities_counters_and_revocations' => sub {
    ok $backup && $restore, 'the document has commands for both';
    my $server = Server->new->start;
    my $john = browser($port)->sign_in('john');
    my $gone = browser($port)->sign_in('john');
    my $thief = $gone->copy;
    is $gone->sign_out->code, 303, 'somebody signs out';
    my $anna = browser($port)->enrol('anna@example.org', 1234);
    is json_of(pin_login($anna, 4321))->{attemptsLeft}, 2, 'anna types a wrong PIN';
    my $bob = browser($port)->enrol('bob@example.org', 1234);
    pin_login($bob, 4321) for 1 .. 3;
    is pin_login($bob, 1234)->code, 410, 'bob is locked';

    my $load = fork // die;
    if (!$load) {
        eval { browser($port)->enrol("x$_\@example.org", 1234) } for 1 .. 500;
        POSIX::_exit(0);
    }
    commands($backup);
    kill KILL => $load;
    waitpid $load, 0;
    is scalar(grep { -s } glob "$top/backups/mpin/*/{store/lasting/data.mdb,store/key,keys/mpin.keys}"), 3, 'three files';
    is((stat "$top/backups/mpin")[2] & 077, 0, 'which nobody else can read');

    my $late = browser($port)->enrol('late@example.org', 1234);
    $server->stop;
    rename "$top/state", "$top/lost" or die;
    commands($restore);
    $server->start;

    is json_of(pin_login($anna, 4321))->{attemptsLeft}, 1, 'her wrong PIN is still counted';
    is pin_login($anna, 1234)->code, 200, 'and her PIN is good';
    is pin_login($bob, 1234)->code, 410, 'bob is still locked';
    is $john->visit('/protected/')->code, 200, 'a session goes on';
    isnt $thief->visit('/protected/')->code, 200, 'and one that was signed out does not';
    isnt pin_login($late, 1234)->code, 200, 'what came after the copy is not there';
    is browser($port)->sign_in('john')->visit('/protected/')->code, 200, 'the server signs people in';
    is join("\n", Server::complaints()), '', 'and has nothing to complain of';
};

done_testing;
