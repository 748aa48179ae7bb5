#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The house stands as it was drawn (docs/architecture.md, "The floors"): rooms include only rooms below them, nothing
# leads in a circle, only the upper floors know httpd, and nothing is larger than a screen or a file should be.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

# From the top down; the front door stands above them all. A room that is not built yet is simply not there.
my @rooms = qw(authn status account login rpa web site config remote rps phone factor people notice session dta mpin
    store keys base);
my %floor = map { $rooms[$_] => @rooms - $_ } 0 .. $#rooms;
my %knows_httpd = map { $_ => 1 } qw(authn login account rpa status web site config);

my $FILE_LINES = 500;
my $FUNCTION_LINES = 45;

# Circles that have a reason, by their files; the list only shrinks.
my %circle = ();

my %text = texts_of('src/*/*.c', 'src/*/*.h', 'src/*/*.def', 'mod_auth_mpin.c', 'ctl/*.c', 'ctl/*.h');
my @sources = sort keys %text;
cmp_ok scalar @sources, '>', 200, 'the sources are found';

subtest 'every room has its floor, and the Makefile knows it' => sub {
    my %there = map { room_of($_) => 1 } grep { defined room_of($_) } @sources;
    ok $floor{$_}, "$_ has a floor" for sort keys %there;
    my %made = slurp('Makefile') =~ /^(LIB|MOD)_ROOMS\s*= (.*)$/mg;
    is_deeply [sort split ' ', $made{MOD}], [sort grep { $there{$_} } keys %knows_httpd], 'the rooms that know httpd';
    is_deeply [sort split ' ', $made{LIB}], [sort grep { !$knows_httpd{$_} } keys %there], 'the library';
};

subtest 'arrows run down' => sub {
    for my $file (@sources) {
        my $from = room_of($file) // next;
        for my $to ($text{$file} =~ /^#include "([a-z_]+)\//mg) {
            cmp_ok $floor{$to} // 99, '<=', $floor{$from} // 0, "$file includes $to, which is not above it";
        }
    }
};

subtest 'no include leads in a circle, a file and its header counted as one' => sub {
    only_these([map { "@$_" } circles(%text)], \%circle, 'a circle');
};

subtest 'only the upper rooms know httpd' => sub {
    for my $file (grep { defined room_of($_) && !$knows_httpd{room_of($_)} } @sources) {
        unlike $text{$file}, qr/#include <(?:httpd|http_|ap_|mod_|util_|unixd|mpm_)/, "$file knows no httpd";
        unlike $text{$file}, qr/\b(?:request_rec|server_rec|conn_rec|ap_\w+)\b/, "$file names nothing of httpd";
    }
};

subtest 'mpinctl is built of the library alone' => sub {
    my %ctl = texts_of('ctl/*.c', 'ctl/*.h');
    cmp_ok scalar keys %ctl, '>', 10, 'its sources are found';
    for my $file (sort keys %ctl) {
        unlike $ctl{$file}, qr/#include <(?:httpd|http_|ap_|mod_|util_|unixd|mpm_)/, "$file knows no httpd";
        for my $room ($ctl{$file} =~ /^#include "([a-z_]+)\//mg) {
            ok $room eq 'ctl' || ($floor{$room} && !$knows_httpd{$room}), "$file includes $room, a room of the library";
        }
    }
};

subtest 'only the store knows LMDB' => sub {
    for my $file (grep { (room_of($_) // '') ne 'store' } @sources) {
        unlike uncommented($text{$file}), qr/lmdb/i, "$file does not name it";
    }
};

subtest 'no file is longer than 500 lines' => sub {
    my %all = (%text, texts_of('htdocs/*.*', 'htdocs/*/*.js', 'htdocs/*/*/*.js', 'tools/*', 'Makefile'));
    cmp_ok $all{$_} =~ tr/\n//, '<=', $FILE_LINES, $_ for sort keys %all;
};

subtest 'no function is longer than 45 lines' => sub {
    for my $file (grep { /\.[ch]$/ } @sources) {
        is join('; ', long_functions($text{$file}, $FUNCTION_LINES)), '', $file;
    }
    cmp_ok scalar(map { functions_of($_) } values %text), '>', 1000, 'the functions are found';
};

done_testing;
