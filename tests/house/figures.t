#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/performance.md has the limits of the tests and the plots of what was measured; README.md has rows of its table.
use strict;
use warnings;
use Test::More;
use FindBin;
use File::Temp 'tempdir';
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my $document = slurp('docs/performance.md');

subtest 'each limit of the document is a test\'s, and each of a cost test is in the document' => sub {
    my %test = texts_of('tests/lifecycle/*.t');
    my %told;
    while ($document =~ /^\| (.+?) \| ([\d,.]+) \| `(tests\/lifecycle\/\w+\.t)` \|$/mg) {
        my ($says, $limit, $file) = ($1, $2 =~ tr/,/_/r, $3);
        $told{"$file: $says"} = 1;
        like $test{$file} // '', qr/^\s*cmp_ok .+, '<=', \Q$limit\E, '\Q$says\E';$/m, "$file holds: $says";
    }
    cmp_ok scalar keys %told, '>', 5, 'limits are told';
    for my $file (grep { /cost\.t$/ } sort keys %test) {
        ok $told{"$file: $_"}, "the document tells: $_" for $test{$file} =~ /^\s*cmp_ok .+, '<=', [\d_.]+, '(.+)';$/mg;
    }
};

subtest 'each row of the README is one of the document' => sub {
    my ($table) = slurp('README.md') =~ /^\| +\| instructions .*\n\|.*\n((?:\|.*\n)+)/m;
    ok index($document, $_) >= 0, $_ for split /\n/, $table // '';
};

subtest 'each series is drawn as its data are' => sub {
    my $here = join ' ', split ' ', `gnuplot --version 2>/dev/null` =~ s/^gnuplot//ri;
    my $folder = tempdir(CLEANUP => 1);
    for my $file (sort glob 'docs/measured/*.tsv') {
        my ($name) = $file =~ m{(\w+)\.tsv$};
        my $svg = slurp("docs/plots/$name.svg");
        like $svg, qr{\A<\?xml.*<title>[^<]+</title>.*</svg>\s*\z}s, "$name.svg is a whole drawing";
        like $document, qr{<img src="plots/$name\.svg"[^>]* alt="[^"]{20,}"}, '... shown with a text for those who don\'t see it';
        system("tests/bench/plots $folder 2>/dev/null") if $here ne '' && !-e "$folder/$name.svg";
        my ($by) = $svg =~ /GNUPLOT (.*?) *</;
        is slurp("$folder/$name.svg"), $svg, '... and what tests/bench/plots draws' if $here eq ($by // '');
    }
    pass 'nothing else';
};

done_testing;
