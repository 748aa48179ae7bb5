#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Comments and documents are read once and understood: no sentence begins with a bare "Who asks ..." or "What is ...",
# which is correct and makes a reader stumble. Questions and titles may.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my %source = texts_of(qw(src/*/*.c src/*/*.h src/*/*.def mod_auth_mpin.c ctl/*.c ctl/*.h tests/*/*.c tests/*/*.h htdocs/*.mjs htdocs/*.css
    htdocs/pinpad/*.js htdocs/pinpad/*/*.js));
my %document = texts_of('*.md', 'docs/*.md', 'htdocs/*/*.md');
cmp_ok scalar keys %document, '>', 10, 'the documents are found';

subtest 'comments have a subject' => sub {
    is join("\n", clause_openings_in_code($source{$_})), '', $_ for sort keys %source;
};

subtest 'documents have a subject' => sub {
    is join("\n", clause_openings_in_document($document{$_})), '', $_ for sort keys %document;
};

done_testing;
