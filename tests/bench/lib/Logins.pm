# SPDX-License-Identifier: Apache-2.0
package Logins;

# PIN logins at once, where proofs that wait are judged together and where each is judged by itself (tests/bench/alone.c);
# and what pages take meanwhile. The two servers take turns.

use strict;
use warnings;
use Httpd;
use List::Util qw(max sum);
use Login;
use MPin ();
use Site;

use constant LOGINS => 1500; # a round, of all clients

# CPU time of a server's children, in seconds.
sub cpu_time {
    my $httpd = shift;
    my @children = split ' ', Httpd::slurp("/proc/$httpd->{pid}/task/$httpd->{pid}/children");
    return 1e-9 * sum map { (split ' ', Httpd::slurp($_))[0] } map { glob "/proc/$_/task/*/schedstat" } @children;
}

sub median { return (sort { $a <=> $b } @_)[$#_ / 2] }

# The two servers, one after the other on a port of its own: {together, httpd, devices}. With more connections than it wants,
# mpm_event accepts none, and may look again only when one that is kept times out: so it may have all of them.
sub servers {
    my ($port, $most) = @_;
    return map {
        my $conf = Site::conf() . "AsyncRequestWorkerFactor 8\n";
        $conf =~ s{mod_auth_mpin\.so}{bench/alone.so} if !$_;
        my $httpd = Httpd->serving($port + 1 - $_, $conf);
        {together => $_, httpd => $httpd, devices => [split /^/, Login::devices($httpd->{port}, $most)]};
    } 1, 0;
}

sub round {
    my ($server, $clients) = @_;
    my $httpd = $server->{httpd};
    my $times = int(LOGINS / $clients) + 1;
    my $before = cpu_time($httpd);
    my ($seconds, @ms) = Login::sign_in($httpd->{port}, join('', @{$server->{devices}}[0 .. $clients - 1]), $times);
    return ($clients * $times / $seconds, @ms, 1000 * (cpu_time($httpd) - $before) / ($clients * $times));
}

# rows($port, $rounds, @clients): for each number of clients two rows, {together, clients, rate, p50, p99, cpu}: 1 where
# proofs are judged together, logins a second, milliseconds of a login, milliseconds of httpd's CPU time a login. Each is
# the median of its rounds. Takes $port and the next one.
sub rows {
    my ($port, $rounds, @clients) = @_;
    my @servers = servers($port, max(@clients));
    my (@rows, %seen);
    for my $clients (@clients) {
        for (1 .. $rounds) {
            push @{$seen{$clients}[$_->{together}]}, [round($_, $clients)] for @servers;
        }
        for my $together (1, 0) {
            my %row = (together => $together, clients => $clients);
            @row{qw(rate p50 p99 cpu)} = map { my $i = $_; median(map { $_->[$i] } @{$seen{$clients}[$together]}) } 0 .. 3;
            push @rows, \%row;
        }
    }
    $_->{httpd}->stop for @servers;
    return @rows;
}

# Milliseconds in which a protected page comes: the median one and one in a hundred.
sub page {
    my ($port, $session) = @_;
    my $said = `wrk --latency -t1 -c1 -d2s -H '$session' http://127.0.0.1:$port@{[Httpd::PROTECTED]}`;
    my %ms = (us => 0.001, ms => 1, s => 1000);
    my @took = map { $said =~ /^ +$_%\s+([\d.]+)(us|ms|s)$/m ? $1 * $ms{$2} : die $said } 50, 99;
    die $said if $said =~ /Non-2xx/;
    return @took;
}

# The same while that many clients sign in without a break. They give way: people compute on machines of their own.
sub page_meanwhile {
    my ($server, $session, $clients) = @_;
    my $port = $server->{httpd}{port};
    Httpd::write_file("$Httpd::top/meanwhile", join '', @{$server->{devices}}[0 .. $clients - 1]);
    my $pid = fork // die "fork: $!";
    exec "exec nice -n 10 $Login::bench/login $port 1000000 < $Httpd::top/meanwhile 2>/dev/null" if !$pid;
    my $before = cpu_time($server->{httpd});
    select undef, undef, undef, 0.1 while cpu_time($server->{httpd}) < $before + 0.2; # once they do
    my @took = page($port, $session);
    kill KILL => $pid;
    waitpid $pid, 0;
    return @took;
}

# pages($port, $rounds, $clients): {together, idle => [p50, p99], meanwhile => [p50, p99]}, twice.
sub pages {
    my ($port, $rounds, $clients) = @_;
    my @servers = servers($port, $clients);
    my @rows = map { {together => $_->{together}} } @servers;
    my @sessions = map { Site::cookies($_->{httpd}{port}) } @servers;
    my (@idle, @meanwhile);
    for (1 .. $rounds) {
        push @{$idle[$_]}, [page($servers[$_]{httpd}{port}, $sessions[$_])] for 0, 1;
        push @{$meanwhile[$_]}, [page_meanwhile($servers[$_], $sessions[$_], $clients)] for 0, 1;
    }
    for my $i (0, 1) {
        $rows[$i]{idle} = [map { my $n = $_; median(map { $_->[$n] } @{$idle[$i]}) } 0, 1];
        $rows[$i]{meanwhile} = [map { my $n = $_; median(map { $_->[$n] } @{$meanwhile[$i]}) } 0, 1];
    }
    $_->{httpd}->stop for @servers;
    return @rows;
}

1;
