#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What happens to servers: children killed in the middle of their work, a reboot, a clock that jumps. Nothing is lost
# and nobody is let in.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $port = $ENV{PORT};

# One login with a PIN, from a browser that has just opened the pad.
sub pin_login {
    my $browser = browser($port);
    $browser->settings;
    return $browser->pin_login(@_);
}

sub opens { return $_[0]->visit('/protected/')->code == 200 }

subtest 'children killed at work lose nothing' => sub {
    my $server = Server->new->start;
    my $john = browser($port)->sign_in('john');
    my $device = browser($port)->enrol('anna@example.org', 1234);

    # Wrong PINs and logins go on while children die; an answer may fail to come, a count may not.
    my $killed = 0;
    for my $round (1 .. 15) {
        my $worker = fork // die;
        if (!$worker) {
            for (1 .. 20) {
                eval { browser($port)->sign_in('john') };
                eval { browser($port, from => "127.0.1.$round")->enrol("round$round-$_\@example.org", 1234) };
            }
            require POSIX;
            POSIX::_exit(0);
        }
        for my $child (1 .. 2) {
            select undef, undef, undef, 0.02 * ($round % 5);
            my @children = $server->children or next;
            $killed += kill KILL => $children[rand @children];
        }
        waitpid $worker, 0;
    }
    cmp_ok $killed, '>', 20, "$killed children were killed";
    ok opens($john), 'the session is as good as before';
    is pin_login($device, 1234)->code, 200, 'the PIN too';
    is pin_login($device, 4321)->code, 401, 'a wrong one is counted';
    $server->renew('HUP');
    is json_of(pin_login($device, 4321))->{attemptsLeft}, 1, 'and stays so over a restart';
};

subtest 'a lock lasts over kill, restart and reboot' => sub {
    my $server = Server->new->start;
    my $device = browser($port)->enrol('bob@example.org', 1234);
    is pin_login($device, 4321)->code, 401, 'wrong once';
    is pin_login($device, 4321)->code, 401, 'wrong twice';
    kill KILL => $_ for $server->children;
    Server::wait_for('new children', sub { scalar $server->children });
    is pin_login($device, 4321)->code, 410, 'wrong a third time, after all children were killed';
    $server->stop;
    $server->start;
    is pin_login($device, 1234)->code, 410, 'the right PIN is too late';
};

subtest 'a reboot loses what is fleeting and nothing else' => sub {
    my $server = Server->new->start;
    my $john = browser($port)->sign_in('john');
    my $gone = browser($port)->sign_in('john');
    my $thief = $gone->copy;
    $gone->sign_out;
    my $browser = browser($port);
    my $device = $browser->enrol('carol@example.org', 1234);
    my $ott = $browser->ott($device, 1234);
    is pin_login($device, 4321)->code, 401, 'a wrong PIN';
    $server->stop;

    my $boot = "$Server::top/state/store/boot";
    my $recorded = Server::slurp($boot);
    like $recorded, qr/[0-9a-f-]{36}/, 'the store has recorded the boot';
    open my $out, '>', $boot or die;
    print {$out} $recorded =~ s/[0-9a-f]{8}-/00000000-/r;
    close $out;
    $server->start;

    ok opens($john), 'sessions last';
    ok !opens($thief), 'revocations last';
    is $browser->authenticate($ott)->code, 408, 'the login that was under way must be repeated';
    is json_of(pin_login($device, 4321))->{attemptsLeft}, 1, 'wrong PINs are still counted';
    is $browser->pin_login($device, 1234)->code, 200, 'and the right one works';
};

subtest 'a clock that jumps ends sessions early rather than late' => sub {
    my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    ok $library, 'libfaketime is here' or return;
    my $server = Server->new->start;
    my $john = browser($port)->sign_in('john');
    ok opens($john), 'signed in';
    my $at = sub {
        my ($offset, $expected, $name) = @_;
        $server->stop;
        $server->{env} = {LD_PRELOAD => $library, FAKETIME => $offset, FAKETIME_DONT_FAKE_MONOTONIC => 1};
        $server->start;
        is opens($john->copy), $expected, $name;
    };
    $at->('+20m', 1, '20 minutes on, it is still good');
    $at->('+31m', '', '31 minutes unused end it');
    $at->('+9h', '', 'so do 9 hours');
    $at->('+2d', '', 'and two days');
    $at->('-20s', 1, 'a clock that is 20 seconds back is forgiven');
    $at->('-2d', '', 'a cookie from the future is not taken');
};

done_testing;
