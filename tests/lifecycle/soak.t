#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mixed load for a while, with a graceful reload and a killed child every few seconds: no request fails that its client
# could not send again, nobody is taken for somebody else, no session is lost and none comes back, and memory stays flat.
# `make soak` does this for ten minutes, the tests for some twenty seconds.
use strict;
use warnings;
use Test::More;
use List::Util 'sum0';
use Time::HiRes qw(sleep time);
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my ($whole, $reload_every, $kill_every) = split /,/, $ENV{SOAK} // '20,4,6'; # seconds
my $clients = $ENV{SOAK_CLIENTS} // 6;
my $port = $ENV{PORT};
my $flat_from = 180;

# ---- a client that sends again what had no answer --------------------------------------------------

package Client {
    our @ISA = 'MPin::Browser';
    our ($requests, $lost) = (0, 0);

    sub is_whole {
        my $answer = shift;
        return $answer && $answer->code && length $answer->content >= ($answer->header('Content-Length') // 0);
    }

    sub request {
        my ($self, @request) = @_;
        my $answer = eval { $self->SUPER::request(@request) };
        $requests++;
        die "lost\n" if !is_whole($answer);
        return $answer;
    }

    # From the beginning, where an answer was lost in the middle.
    sub until_answered {
        my $work = shift;
        for my $try (1 .. 5) {
            my $result = eval { $work->() };
            return $result if !$@;
            die $@ if $@ ne "lost\n";
            $lost++;
            Time::HiRes::sleep(0.2);
        }
        die "no answer, five times\n";
    }
}

sub client { return bless browser($port), 'Client' }

# ---- what people do ------------------------------------------------------------------------------------

my %wrong;    # what was not as it should be, and how often
my ($number, $names, $ended) = (0, 0, 0);
my @kept;     # browsers that stay signed in, and have a device each

sub check { my ($ok, $what) = @_; $wrong{$what}++ if !$ok; return $ok }

# The page says who it took the browser for.
sub page {
    my ($browser, $name, $what) = @_;
    my $answer = Client::until_answered(sub { $browser->visit('/protected/') });
    my ($code, $who) = ($answer->code, $answer->header('X-User') // '');
    check($who eq $name, "$what: another identity") if $who ne '';
    check($name eq '' ? $code == 302 && $who eq '' : $code == 200 && $who eq $name, "$what: $code");
    return;
}

sub login {
    my ($device, $pin) = @_;
    my ($browser, $answer);
    Client::until_answered(sub {
        $browser = client();
        $browser->settings;
        $answer = $browser->pin_login($device, $pin);
    });
    return ($browser, $answer);
}

# By another name at each try: one that is registered is taken, also where the answer was lost.
sub register {
    my $name;
    my $device = Client::until_answered(sub { client()->enrol($name = sprintf('soak-%d-%d@example.org', $number, ++$names), 1234) });
    return {%$device, name => $name};
}

sub signs_in {
    my $device = shift;
    my ($browser, $answer) = login($device, 1234);
    check($answer->code == 200, 'a login: ' . $answer->code);
    page($browser, $device->{name}, 'a page after a login');
    return $browser;
}

sub signs_out {
    my ($browser, $name) = @_;
    my $thief = $browser->copy;
    Client::until_answered(sub { $browser->sign_out });
    $ended++;
    page($browser, '', 'a page after a sign-out');
    page($thief, '', 'a copy of a session that has ended');
    return;
}

sub begins { my $device = register(); push @kept, {device => $device, browser => signs_in($device)}; return }

sub reads { my $mine = $kept[rand @kept]; page($mine->{browser}, $mine->{device}{name}, 'a page'); return }

sub comes { signs_in($kept[rand @kept]{device}); return }

sub comes_and_goes { my $device = $kept[rand @kept]{device}; signs_out(signs_in($device), $device->{name}); return }

sub mistypes {
    my $device = $kept[rand @kept]{device};
    my (undef, $answer) = login($device, 4321);
    check($answer->code == 401, 'a wrong PIN: ' . $answer->code);
    signs_in($device);
    return;
}

# What a killed child was judging counts as under way for 15 s, and the last try has to wait for it.
sub code_of {
    my ($device, $pin, $lost) = @_;
    for (1 .. 20) {
        my $code = (login($device, $pin))[1]->code;
        return $code if $code != 429 || $Client::lost == $lost;
        sleep 1;
    }
    return 429;
}

# A count may be one ahead for each answer that was lost, and never behind.
sub guesses {
    my $device = register();
    signs_in($device);
    my $lost = $Client::lost;
    my @codes;
    do { push @codes, code_of($device, 4321, $lost) } while (@codes < 3 && $codes[-1] == 401);
    check($codes[-1] == 410, "guesses: @codes");
    check(@codes == 3 || $Client::lost > $lost, "locked too early: @codes");
    my $code = code_of($device, 1234, $lost);
    check($code == 410, "the right PIN of a locked device: $code");
    return;
}

sub replaces { my $mine = shift @kept; signs_out($mine->{browser}, $mine->{device}{name}); begins(); return }

my @does = ((\&reads) x 70, (\&comes) x 12, (\&comes_and_goes) x 4, (\&mistypes) x 8, (\&begins) x 3, (\&replaces) x 2, \&guesses);

# One client until it is told to end; tells what it has sent, what was lost, what was wrong.
sub live {
    my $writer = shift;
    my $over;
    local $SIG{TERM} = sub { $over = 1 };
    srand $number;
    from(100 + $number);
    my $done = eval {
        begins() for 1 .. 3;
        until ($over) {
            $does[rand @does]->();
            splice @kept, 3, 1 if @kept > 30; # the first ones are kept to the end
        }
        page($_->{browser}, $_->{device}{name}, 'a session at the end') for @kept;
        1;
    };
    $wrong{"ended: $@"}++ if !$done;
    syswrite $writer, join("\t", $Client::requests, $Client::lost, $ended, map { "$wrong{$_} x " . s/\s+/ /gr } sort keys %wrong) . "\n";
    return;
}

# ---- what happens to the server -----------------------------------------------------------------------

# Private memory in kB.
sub private_of { return (Server::slurp("/proc/$_[0]/status") =~ /^RssAnon:\s+(\d+)/m)[0] // 0 }

sub mean { return @_ ? sum0(@_) / @_ : 0 }

my $server = Server->new(first => Server::load('headers'), conf => <<'END')->start;
Header always set X-User expr=%{REMOTE_USER}
MPinStoreSize 2G
MPinThrottle address=100000/60s account=100000/60s register=50000/1h
END
pipe my $reader, my $writer or die;
my @pids = map {
    my $pid = fork // die;
    if (!$pid) {
        $number = $_;
        live($writer);
        require POSIX;
        POSIX::_exit(0);
    }
    $pid;
} 1 .. $clients;
close $writer;

my $began = time;
my ($reloads, $killed, %before, @memory) = (0, 0);
while ((my $now = time - $began) < $whole) {
    if ($now >= ($reloads + 1) * $reload_every) {
        my @private = grep { $_ } map { private_of($_) } grep { !$before{$_} } $server->children;
        push @memory, {at => $now, child => mean(@private), parent => private_of($server->{pid})};
        %before = map { $_ => 1 } $server->children;
        $server->renew('USR1');
        $reloads++;
    }
    if ($now >= ($killed + 1) * $kill_every) {
        my @children = grep { !$before{$_} } $server->children;
        $killed += kill KILL => $children[rand @children] if @children;
    }
    sleep 0.1;
}
kill TERM => @pids;
my ($requests, $lost, @told) = (0, 0);
for my $line (readline $reader) {
    chomp $line;
    my ($sent, $gone, $over, @wrong) = split /\t/, $line;
    $requests += $sent;
    $lost += $gone;
    $ended += $over;
    push @told, @wrong;
}
waitpid $_, 0 for @pids;

diag sprintf '%d requests of %d clients, %d sign-outs, %d reloads, %d children killed, %d answers lost', $requests, $clients, $ended, $reloads, $killed, $lost;
cmp_ok $requests, '>', 20 * $clients, 'there was load';
ok $reloads >= int($whole / $reload_every) / 2 && $killed, 'and trouble';
is join("\n", @told), '', 'each answer was the right one, and each session what it was to the end';
cmp_ok $lost, '<=', $killed * $clients, 'no answer was lost but those of killed children';
is join("\n", Server::complaints()), '', 'nothing in the log';

SKIP: {
    my @flat = grep { $_->{at} >= $flat_from && $_->{child} } @memory;
    skip 'memory is looked at from the third minute on', 2 if @flat < 9;
    for my $whose (qw(child parent)) {
        my $first = mean(map { $_->{$whose} } @flat[0 .. $#flat / 3]);
        my $last = mean(map { $_->{$whose} } @flat[-@flat / 3 .. -1]);
        diag sprintf '%s: %.0f kB private in the first third from the third minute on, %.0f kB in the last', $whose, $first, $last;
        my $revoked = $whose eq 'child' ? 0.1 * $ended : 0; # kB: what a child keeps of ended sessions, until they would be over
        cmp_ok $last, '<=', 1.05 * $first + $revoked, "the private memory of a $whose stays as it is";
    }
}

done_testing;
