#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Each file of ours says under which licence it is, in its first line or right after the line that names its
# interpreter. Left out are files whose text is somebody's answer (templates and texts, which are rendered; JSON, which
# has no comments; recordings; pictures; archives; what tests feed to programs) and documents.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my @files = grep { -f && !-l && !/\.(?:png|gz)$/ } split /\n/, qx(git ls-files 2>/dev/null);
plan skip_all => 'not a checkout: git does not say which files are ours' if !@files;

my %text = texts_of(@files);
my @ours = grep { defined licence_line($_, $text{$_}) } sort keys %text;
cmp_ok scalar @ours, '>', 400, 'our files are found';
subtest 'each of them says its licence' => sub {
    ok licensed($_, $text{$_}), $_ for @ours;
};

done_testing;
