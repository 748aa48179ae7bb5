#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The audit log is what docs/audit.md says: each event that the code names is in base/events.def, each of those is
# described and used, and the record has the fields that are described, no more and no fewer.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my %text = texts_of('src/*/*.c', 'src/*/*.h', 'ctl/*.c');
my $document = slurp('docs/audit.md');
my ($fields, $events) = $document =~ /^## Fields$(.*)^## Events$(.*)/ms;
my %counts = (IN => 'ok', WRONG => 'wrong', REFUSED => 'refused', LOCKED => 'locked', THROTTLED => 'throttled', OTHER => "\x{2013}");
my %means = slurp('src/base/events.def') =~ /^EVENT\((\w+), (\w+),/mg;
cmp_ok scalar keys %means, '>', 50, 'events are listed';

subtest 'every event is described, with what it counts as' => sub {
    my %described;
    $described{$1} = $2 while $events =~ /^\| `(\w+)` \| (\S+) \|/mg;
    utf8::decode($_) for values %described;
    delete $described{lost}; # the journal's own, which is no event of the code's
    is_deeply [sort keys %described], [sort keys %means], 'the same events';
    is $described{$_}, $counts{$means{$_}}, "$_ counts as that" for sort keys %means;
};

subtest 'every event that the code names is listed, and every one is named' => sub {
    my %named;
    for my $file (sort keys %text) {
        my $code = $text{$file} =~ s{/\*.*?\*/}{}gsr;
        my @found = $code =~ /(?:->|\.)event\s*=[^;,]*?"(\w+)"(?:\s*:\s*"(\w+)")?/g;
        push @found, $2 while $code =~ /rps_audited\((?:[^(),]|(\((?:[^()]|(?1))*\)))+,\s*"(\w+)"/g;
        push @found, $1 while $code =~ /account_(?:told|told_of|changed|added|signed_out)\([^;]*?"(\w+)"/g;
        push @found, $1 while $code =~ /password_record\([^;]*?"(\w+)"/g;
        push @found, $1 while $code =~ /\bevent = "(\w+)"/g;
        push @found, $1 while $code =~ /with_event\([^;]*?"(\w+)"\)/g;
        push @found, $1 while $code =~ /(?:told_of_\w+|changed_told_user)\(ctl, "(\w+)"/g;
        push @found, $1 while $code =~ /\{"(\w+)",\s*NOTICE_/g;
        $named{$_} //= $file for grep { defined } @found;
    }
    delete $named{step_}; # and a factor's word
    ok $means{$_}, "$_ of $named{$_} is in base/events.def" for sort keys %named;
    my $all = join '', values %text;
    for my $event (sort keys %means) {
        my ($word) = $event =~ /^step_(totp|sms|recovery)$/;
        ok $word ? $all =~ /\.word = "$word"/ : $named{$event}, "$event is used";
    }
};

subtest 'the record has the fields that are described' => sub {
    my @described = $fields =~ /^\| `(\w+)` \|/mg;
    my @written = slurp('src/base/audit_line.c') =~ /json, "(\w+)"/g;
    is_deeply [sort @written, 'count'], [sort @described], 'the same fields';
    like slurp('src/base/journal.c'), qr/\\"event\\":\\"lost\\",\\"count\\"/, 'and count is that of lost';
};

done_testing;
