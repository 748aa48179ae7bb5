#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Many PINs at once: proofs are judged together and by few workers, each gets its own verdict, each wrong one counts once;
# and nobody waits for a child that was killed.
use strict;
use warnings;
use Test::More tests => 7;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use POSIX ();
use Server;
use MPin;

my $people = 10;
my $server = Server->new(conf => "LogLevel auth_mpin:debug\nMPinMaxFailures 10\n")->start;
my @devices = map { browser($ENV{PORT})->enrol("person$_", '7391') } 1 .. $people;
my @failures = (0) x $people;

# What workers have judged in one, and at which place.
sub batches { return map { /MPIN0993: (\d+) proofs were judged in one at place (\d+);/ ? {proofs => $1, place => $2} : () } split /\n/, Server::log_text() }

# ---- together ---------------------------------------------------------------------------------

sub pass2_text {
    my ($device, $pin, $pass1) = @_;
    my $body = JSON::encode_json({mpin_id => $device->{mpinId}, WID => '0', OTP => 0, pass => 2, passId => $pass1->{passId},
        V => $device->{owner}->proof($device, $pin, $pass1)});
    return join "\r\n", 'POST /rps/pass2 HTTP/1.1', "Host: 127.0.0.1:$ENV{PORT}", "Origin: http://127.0.0.1:$ENV{PORT}", 'Connection: close',
        'Content-Type: application/json', 'Content-Length: ' . length $body, 'Cookie: ' . $device->{owner}->cookie_header, '', $body;
}

# The proofs of all at the same moment, every other one of a wrong PIN; 408: its pass1 was too long ago when they went off.
my (@odd, $sent);
sub all_at_once {
    my @pins = map { $_ % 2 == $_[0] % 2 ? '7391' : '7392' } 0 .. $#devices;
    my @first = map { $_->{owner}->pass1($_) } @devices;
    my @texts = map { pass2_text($devices[$_], $pins[$_], $first[$_]) } 0 .. $#devices;
    my @sockets = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{PORT}", Timeout => 60) or die } @devices;
    syswrite $sockets[$_], $texts[$_] for 0 .. $#devices;
    for my $i (0 .. $#devices) {
        my $answer = '';
        1 while sysread $sockets[$i], $answer, 65536, length $answer;
        next if $answer =~ m{^HTTP/1.1 408 };
        $sent++;
        my $in = $devices[$i]{owner}->authenticate(json_of(MPin::parse($answer))->{authOTT});
        $failures[$i] = $pins[$i] eq '7391' ? 0 : $failures[$i] + 1;
        my $as_it_should = $failures[$i] ? $in->code == 401 && json_of($in)->{attemptsLeft} == 10 - $failures[$i] : $in->code == 200;
        push @odd, "$i, wrong $failures[$i] times: " . $in->as_string if !$as_it_should;
    }
    return;
}

for my $round (1 .. 16) {
    all_at_once($round);
    last if grep { $_->{proofs} > 2 } batches();
}
cmp_ok $sent, '>=', $people, "$sent proofs were sent, as many at a time as there are people";
is "@odd", '', 'the right ones let in, the wrong ones are counted, each once';
my @batches = batches();
ok((grep { $_->{proofs} > 2 } @batches), 'some were judged together');
my $judged = 0;
$judged += $_->{proofs} for @batches;
is $judged, $sent, 'each was judged once';

# ---- few at a time ----------------------------------------------------------------------------

chomp(my $processors = `nproc`);
my $places = $processors > 1 ? int $processors / 2 : 1;
is_deeply [grep { $_->{place} > $places } @batches], [], "all children together have $places place(s) for it";

# ---- a killed child ---------------------------------------------------------------------------

# One child after the other is killed while all sign in: whenever more proofs have been judged.
my $killer = fork // die;
if (!$killer) {
    for (1 .. 6) {
        my $before = batches();
        select undef, undef, undef, 0.01 until batches() > $before + 2;
        my @children = $server->children;
        kill KILL => $children[rand @children] if @children;
    }
    Server::write_file("$Server::top/killed", '');
    POSIX::_exit(0);
}

# The answer's status, 0 where none came: a child was killed.
sub sign_in {
    my $device = shift;
    my $code = eval {
        my $pass1 = $device->{owner}->pass1($device);
        $pass1->{y} && $device->{owner}->authenticate(json_of($device->{owner}->pass2($device, '7391', $pass1))->{authOTT})->code;
    };
    return $code // 0;
}

# Until the killer has ended, and then twice more: that has to succeed.
my @ends = MPin::in_parallel($people, sub {
    my $device = $devices[$_[0] - 1];
    sign_in($device) until -e "$Server::top/killed";
    my $code = 0;
    for (1 .. 2) {
        for (1 .. 100) {
            last if ($code = sign_in($device)) == 200;
            select undef, undef, undef, 0.2; # a reservation of a killed child lives on for seconds
        }
    }
    return $code;
});
waitpid $killer, 0;
is "@ends", join(' ', (200) x $people), 'after children were killed all sign in';

$server->stop;
is_deeply [$server->complaints], [], 'nobody complains';
