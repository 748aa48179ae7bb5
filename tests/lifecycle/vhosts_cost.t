#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# What 500 vhosts cost: memory of a child, how often a start does what it needs to do once, and the instructions of a check
# of the configuration beside those without us; and that keys which can't be locked are told of.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Httpd;
use Ports;
use Vhosts;
use Test::More tests => 15;

my $port = Ports::take();

# ---- memory ------------------------------------------------------------------------------------------------------

sub log_of { my $httpd = shift; return Httpd::slurp("$httpd->{folder}/error.log") }
sub times_said { my ($httpd, $what) = @_; my $times = () = log_of($httpd) =~ /$what/g; return $times }

# A graceful reload, until another child has begun and answers.
sub renew {
    my $httpd = shift;
    my $before = times_said($httpd, 'resuming normal operations');
    my $old = Vhosts::child($httpd->{pid});
    kill USR1 => $httpd->{pid};
    for (1 .. 1200) {
        my @children = split ' ', Httpd::slurp("/proc/$httpd->{pid}/task/$httpd->{pid}/children");
        last if times_said($httpd, 'resuming normal operations') > $before && @children == 1 && $children[0] != $old;
        select undef, undef, undef, 0.05;
    }
    $httpd->get_often(Httpd::OPEN, 1);
    return;
}

my $without = Vhosts::memory($port, 'none', 500);
my $httpd = Httpd->serving($port, "LogLevel auth_mpin:debug\n" . Vhosts::conf('pages', 500));
$httpd->get_often(Httpd::OPEN, 1);
my $with = Vhosts::memory_of(Vhosts::child($httpd->{pid}));
diag "500 vhosts: $with->{private} kB private, $with->{locked} kB locked; without us $without->{private} kB private";
cmp_ok $with->{private}, '<=', 15_000, 'a child of 500 vhosts has at most 15 MB of its own in all';
cmp_ok $with->{locked}, '<=', 8_000, 'at most 8 MB of it are locked';
cmp_ok $with->{locked}, '>', 0, 'and its keys are';
is times_said($httpd, 'MPIN0789'), 1, 'the key file is read once, not 500 times';
is times_said($httpd, 'MPIN0788: the store'), 1, 'and a child opens the store once';
is times_said($httpd, 'MPIN098[5-8]'), 0, 'nothing is refused by the system, and nothing told';

my $parent = Vhosts::memory_of($httpd->{pid});
renew($httpd);
my $after_one = Vhosts::memory_of($httpd->{pid});
renew($httpd) for 1 .. 2;
my $after = Vhosts::memory_of($httpd->{pid});
my $child = Vhosts::memory_of(Vhosts::child($httpd->{pid}));
is $after->{locked}, $parent->{locked}, 'after reloads the parent has as much locked as before';
cmp_ok $child->{locked}, '==', $with->{locked}, 'and so has a child';
cmp_ok $child->{private}, '<', 15_000, 'which is no larger';
$httpd->stop;

# ---- keys that can't be locked ----------------------------------------------------------------------------------

SKIP: {
    skip 'only root gives up the right to lock what it likes', 2 if $>;
    $httpd = Httpd->configure($port, 'event', "StartServers 3\nServerLimit 3\nThreadsPerChild 2\nMaxRequestWorkers 6\n"
        . Vhosts::conf('pages', 100));
    $httpd->start('prlimit', '--memlock=16384', Httpd::program(), '-f', "$httpd->{folder}/httpd.conf", '-DFOREGROUND');
    $httpd->get_often(Httpd::OPEN, 1);
    my @warned = log_of($httpd) =~ /(MPIN0985: .*)/g;
    is scalar @warned, 1, 'of keys that cannot be locked one line tells, whatever the number of vhosts and children';
    like $warned[0], qr/LimitMEMLOCK=/, 'and it says the mend';
    $httpd->stop;
}

# ---- instructions ------------------------------------------------------------------------------------------------

my %check = map { my $shape = $_; $shape => [map { Vhosts::instructions_of_check($port, $shape, $_) } 100, 500] } 'none', 'pages';
diag sprintf '%s: a check takes %.1f M instructions with 100 vhosts, %.1f M with 500', $_, map { $_ / 1e6 } @{$check{$_}}
    for sort keys %check;
my ($few, $many) = map { $check{pages}[$_] - $check{none}[$_] } 0, 1;
cmp_ok $many / $few, '<', 6, 'our share of a check grows as the vhosts do, not as their square';
cmp_ok $many / 500, '<=', 400_000, 'our share of a check of 500 vhosts is at most 400,000 instructions each';

# A graceful reload is such a start without what the program itself takes.
my %start = map { my $shape = $_; $shape => [map { Vhosts::instructions_of_start($port, $shape, $_) } 100, 500] } 'none', 'pages';
diag sprintf '%s: a start takes %.1f M instructions with 100 vhosts, %.1f M with 500', $_, map { $_ / 1e6 } @{$start{$_}}
    for sort keys %start;
($few, $many) = map { $start{pages}[$_] - $start{none}[$_] } 0, 1;
cmp_ok $many / $few, '<', 6, 'our share of a start grows as the vhosts do';
cmp_ok $many / 500, '<=', 400_000, 'our share of a start with 500 vhosts is at most 400,000 instructions each';
