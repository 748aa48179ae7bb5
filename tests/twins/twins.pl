#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The same random request at a page of AuthType MPin and at its twin of AuthType Basic, again and again for SECONDS (5): nothing
# is let in that the twin refuses, and what the twin shows is shown. BUILD names a build with sanitizers: `tests/sanitized
# twins` makes it and calls this. A failure prints seed, number and both sides; SEED and NUMBER together repeat that one
# request, SEED alone the whole run. It ends with the first failure, or after FAILURES.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Twins;

my $seed = $ENV{SEED} // time % 1_000_000;
my $seconds = $ENV{SECONDS} // 5;
my $wanted = $ENV{FAILURES} // 1;
my $only = $ENV{NUMBER};
my $shown_at_most = 4000; # bytes
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP PIPE); # ends the server, too
$| = 1;

# Bytes as lines that can be read.
sub shown {
    my $text = substr($_[0], 0, $shown_at_most) =~ s/\r//gr =~ s/([^\n -~])/sprintf '\\x%02x', ord $1/ger;
    return join '', map { "    $_\n" } split /\n/, $text;
}

sub tell_of {
    my ($number, $found, $sent, $seen) = @_;
    print "SEED=$seed NUMBER=$number\n", map { "  $_->[0]: $_->[1]\n" } @$found;
    print "  sent to $_:\n", shown($sent->{$_}), "  answered:\n", shown($seen->{$_}) for Places::SIDES;
    return;
}

sub run {
    my $twins = shift;
    my ($number, $failed, $end) = ($only // 0, 0, time + $seconds);
    while (1) {
        my ($found, @sides) = $twins->try(Requests::numbered($seed, $number));
        tell_of($number, $found, @sides) if @$found;
        $failed += !!@$found;
        last if defined $only || $failed >= $wanted || time >= $end;
        $number++;
    }
    return (defined $only ? 1 : $number + 1, $failed);
}

print "twins: SEED=$seed\n";
my $twins = Twins->new($seed);
my ($count, $failed) = run($twins);
my @crashes = Twins::crashes();
my $answers = Twins::answers();
$twins->stop;
print "  meant, $Judge::used{$_} times: $_\n" for sort keys %Judge::used;
print map { "  in the error log: $_\n" } @crashes;
print "  the server answers no more\n" if !$answers;
print "twins: SEED=$seed, $count requests, $failed failed\n";
exit($failed || @crashes || !$answers ? 1 : 0);
