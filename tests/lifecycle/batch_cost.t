#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# What proofs cost that are judged together, in instructions, and that wrong ones among them make no batch dearer than one by one
# by more than a tenth, however many they are and wherever they stand.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Batch;
use Test::More tests => 6;

system('make', '--no-print-directory', '-s', "BUILD=$Httpd::build", "$Httpd::build/bench/batch") == 0 or die 'make';

my @good = map { "$_:0:first" } 1, 4, 16, 64;
my @bad = qw(2:1:first 2:1:last 2:2:first 3:1:last 3:3:first 4:1:last 4:2:spread 4:4:first 8:4:spread 8:4:random 8:8:first 16:8:spread 16:16:first);
my %cost = Batch::instructions('single', @good, @bad);
diag join ', ', map { sprintf '%s %.2f M', $_, $cost{$_} / 1e6 } 'single', @good, @bad;

is scalar keys %cost, 1 + @good + @bad, 'each was counted';
cmp_ok $cost{'1:0:first'} / $cost{single}, '<=', 1.001, 'a proof alone costs what it costs without a batch';
cmp_ok $cost{'4:0:first'} / $cost{single}, '<=', 0.43, 'of 4 together each takes at most 0.43 of that';
cmp_ok $cost{'16:0:first'} / $cost{single}, '<=', 0.27, '... of 16 at most 0.27';
cmp_ok $cost{'64:0:first'} / $cost{single}, '<=', 0.23, '... of 64 at most 0.23';

my ($worst) = sort { $cost{$b} <=> $cost{$a} } @bad;
cmp_ok $cost{$worst} / $cost{single}, '<=', 1.1, 'wrong proofs cost at most a tenth more than one by one';
