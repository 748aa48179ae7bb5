#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A number that people quote means one thing: log lines and refusals share one space, each log number belongs to one
# file, and docs/messages.md has one row for each.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my %text = texts_of('src/*/*.c', 'src/*/*.h', 'mod_auth_mpin.c', 'ctl/*.c', 'ctl/*.h');
my $codes = slurp('src/base/codes.def');
my $messages = slurp('docs/messages.md');
my ($log, $answers) = split /^## Pages and answers$/m, $messages;

# number => files that log under it
my %logged;
for my $file (sort keys %text) {
    push @{$logged{$_}}, $file for logged_numbers($text{$file});
}
my @refused = refused_numbers($codes);
cmp_ok scalar keys %logged, '>', 40, 'the log numbers are found';
cmp_ok scalar @refused, '>', 60, 'the numbers of refusals are found';

subtest 'every refusal has a number and a word, each given once' => sub {
    my (%number, %word);
    while ($codes =~ /^CODE\((\d+), (\w+)\)/mg) {
        ok !$number{$1}++, "number $1 stands once";
        ok !$word{$2}++, "$2 stands once";
    }
    for my $file (grep { /\.c$/ } sort keys %text) {
        while ($text{$file} =~ /result_(?:error|later)\([^"]*?,\s*"(\w+)"/g) {
            ok $word{$1}, "$1 of $file is in base/codes.def";
        }
    }
    my $all = join '', map { $text{$_} } grep { /\.c$/ } keys %text;
    ok $all =~ /"$_"/, "$_ is used" for sort keys %word;
};

subtest 'no number is a log line and a refusal' => sub {
    ok !$logged{$_}, "MPIN$_ is a refusal, and no log line of " . ($logged{$_} // ['any file'])->[0] for @refused;
};

subtest 'a log number belongs to one file' => sub {
    is scalar @{$logged{$_}}, 1, "MPIN$_ is logged by @{$logged{$_}}" for sort keys %logged;
};

subtest 'every log number is explained, in one row' => sub {
    my %rows;
    for my $numbers ($log =~ /^\| (MPIN[^|]*) \|/mg) {
        $rows{$_}++ for $numbers =~ /MPIN(\d{4})/g;
    }
    is $rows{$_} // 0, 1, "MPIN$_ has a row" for sort keys %logged;
    ok $logged{$_}, "MPIN$_ is logged" for sort keys %rows;
};

subtest 'every refusal is explained, in one row' => sub {
    while ($codes =~ /^CODE\((\d+), (\w+)\)/mg) {
        my ($number, $word) = ($1, $2);
        my $row = sprintf '| MPIN%04d | %s |', $number, $word;
        is scalar(() = $answers =~ /^\Q$row\E/mg), 1, "$word has a row";
    }
    is scalar(() = $answers =~ /^\| MPIN\d/mg), scalar @refused, 'and no other has one';
};

done_testing;
