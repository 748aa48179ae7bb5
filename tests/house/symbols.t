#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The module shows httpd one symbol, so that it can clash with nobody's library; and it needs none that is missing.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my $module = ($ENV{BUILD} // 'build') . '/mod_auth_mpin.so';
my @shown = map { (split)[-1] } qx(nm -D --defined-only $module);
is_deeply \@shown, ['auth_mpin_module'], 'it shows auth_mpin_module and nothing else';

my %header = texts_of('src/*/*.h');
my %ours = map { $_ => 1 } map { declared_in($_) } values %header;
cmp_ok scalar keys %ours, '>', 300, 'our functions are found';
my @missing = grep { $ours{$_} } map { (split)[-1] } qx(nm -D --undefined-only $module);
is_deeply \@missing, [], 'no function of ours is missing';
like qx(readelf -d $module), qr/BIND_NOW/, 'it is bound when it is loaded';

done_testing;
