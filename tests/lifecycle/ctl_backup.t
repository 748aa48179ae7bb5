#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl backup and restore: taken while people sign in, sealed, and at work again on another machine.
use strict;
use warnings;
use Test::More;
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;

my $top = $Server::top;
my $port = $ENV{PORT};
my $backup = "$top/backup";
Server::write_file("$top/passphrase", "correct-horse-battery\n");
Server::write_file("$top/other", "wrong-horse-battery\n");
chmod 0600, "$top/passphrase", "$top/other";
my @sealed = ('--passphrase-file', "$top/passphrase");

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port", @_) }

sub pin_login {
    my $browser = someone();
    $browser->visit('/login');
    return $browser->pin_login(@_);
}

my $server = Server->new(conf => "MPinPublicURL http://localhost:$port\n")->start;
my $john = someone()->sign_in('john');
my $anna = someone()->enrol('anna', '1234');
is json_of(pin_login($anna, '4321'))->{attemptsLeft}, 2, 'anna types a wrong PIN';
my $bob = someone()->enrol('bob', '1234');
pin_login($bob, '4321') for 1 .. 3;

someone(from => '127.0.0.' . (5 + int $_ / 40))->enrol("y$_", '1234') for 1 .. 120; # several pieces

subtest 'a_backup_is_taken_while_the_server_works_and_tells_nothing' => sub {
    my $load = fork // die;
    if (!$load) {
        eval { someone()->enrol("x$_", '1234') } for 1 .. 500;
        POSIX::_exit(0);
    }
    my $run = mpinctl('backup', $backup, @sealed);
    kill KILL => $load;
    waitpid $load, 0;
    is $run->{code}, 0, 'taken' or diag $run->{err};
    my $file = Server::slurp("$backup/mpin.backup");
    cmp_ok length $file, '>', 54 + 2 * (65536 + 17), 'a file of several pieces';
    unlike $file, qr/anna|mpin-keys|root |master/, 'that tells nothing';
    is((stat "$backup/mpin.backup")[2] & 077, 0, 'and that nobody else can read');
    is mpinctl('backup', $backup, @sealed)->{code}, 2, 'none is overwritten';
    is mpinctl('backup', "$top/more")->{code}, 2, 'none without a passphrase';
    my $typed = join ' ', program(), '--httpd', httpd(), '--config', "$top/httpd.conf", 'backup', "$top/full/deep", @sealed;
    my $said = `sh -c "trap '' XFSZ; ulimit -f 8; exec $typed" 2>&1`;
    is $? >> 8, 2, 'none where the disk is full';
    like $said, qr/can't be written/, 'which is said';
    is mpinctl('backup', "$top/full/deep", @sealed)->{code}, 0, 'and there once there is room';
    is((stat "$top/full")[2] & 07777, 0700, 'in folders that are made for it');
};

my $late = someone()->enrol('late', '1234');
is mpinctl('restore', $backup, @sealed, '--yes')->{code}, 1, 'a store that is there is left alone';
is pin_login($anna, '1234')->code, 200, 'and works';
is json_of(pin_login($anna, '4321'))->{attemptsLeft}, 2, 'one more wrong PIN';
$server->stop;
rename "$top/state", "$top/lost" or die;

subtest 'a_backup_that_was_touched_or_has_another_passphrase_restores_nothing' => sub {
    is mpinctl('restore', $backup, '--passphrase-file', "$top/other", '--yes')->{code}, 1, 'another passphrase';
    ok !-e "$top/state", 'nothing is made';
    my $file = Server::slurp("$backup/mpin.backup");
    mkdir "$top/bad$_" for 1 .. 3;
    Server::write_file("$top/bad1/mpin.backup", substr $file, 0, length($file) - 1);
    Server::write_file("$top/bad2/mpin.backup", $file . 'x');
    Server::write_file("$top/bad3/mpin.backup", substr($file, 0, 54 + 65536 + 17)); # the rest is missing
    for (1 .. 3) {
        my $run = mpinctl('restore', "$top/bad$_", @sealed, '--yes');
        isnt $run->{code}, 0, "damaged: $run->{err}";
        ok !-s "$top/state/store/lasting/data.mdb", 'no records are there';
        system 'rm', '-rf', "$top/state";
    }
};

subtest 'restored_on_another_machine_the_same_pin_signs_in' => sub {
    my $run = mpinctl('restore', $backup, @sealed, '--yes');
    is $run->{code}, 0, 'restored' or diag $run->{err};
    my $restored = time;
    is((stat "$top/state/keys/mpin.keys")[2] & 0777, 0600, 'the key file is its owner\'s');
    $server->start;
    is json_of(pin_login($anna, '4321'))->{attemptsLeft}, 1, 'her wrong PIN is still counted';
    is pin_login($anna, '1234')->code, 200, 'and her PIN signs in';
    is pin_login($bob, '1234')->code, 410, 'bob is still locked';
    isnt pin_login($late, '1234')->code, 200, 'what came after is not there';
    isnt $john->visit('/protected/')->code, 200, 'sessions of before have ended';
    Server::wait_for('a second in which sessions were not ended', sub { time > $restored });
    is someone()->sign_in('john')->visit('/protected/')->code, 200, 'and new ones begin';
    is mpinctl('users')->{code}, 0, 'mpinctl works with it';
};

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
