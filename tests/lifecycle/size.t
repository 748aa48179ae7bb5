#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# A login costs the same, in instructions, among few people and among 20,000.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Httpd;
use Login;
use Ports;
use Site;
use Test::More tests => 2;

my $port = Ports::take();
my $people = $ENV{PEOPLE} || 20_000; # `PEOPLE=1000000 prove tests/lifecycle/size.t` is what docs/performance.md says
system('make', '--no-print-directory', '-s', "BUILD=$Httpd::build", map { "$Httpd::build/$_" } qw(mpin-client bench/size bench/login bench/adx.so))
    == 0 or die 'make';

my $conf = Site::conf() . "MPinStoreSize 4G\n";

my $few = Login::instructions($port, $conf);
my $state = "$Httpd::top/state";
is system("$Httpd::build/bench/size", $people, "$state/keys/mpin.keys", "lmdb:$state/store"), 0, "$people people are there";
my $many = Login::instructions($port, $conf);
diag sprintf 'a login among few %.0f, among %d %.0f', $few, $people, $many;
cmp_ok abs($many - $few), '<', 0.02 * $few, 'a login costs the same within 2 %';
