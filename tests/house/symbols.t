#!/usr/bin/perl
# The module shows httpd one symbol, so that it can clash with nobody's library; and it needs none that is missing.
use strict;
use warnings;
use Test::More;

my $module = ($ENV{BUILD} // 'build') . '/mod_auth_mpin.so';
my @shown = map { (split)[-1] } qx(nm -D --defined-only $module);
is_deeply \@shown, ['auth_mpin_module'], 'it shows auth_mpin_module and nothing else';
my @rooms = grep { /^(config|site|request|route|answer|rpa|authn|login|page|rps|dta|people|session|mpin|store|blst)_/ }
    map { (split)[-1] } qx(nm -D --undefined-only $module);
is_deeply \@rooms, [], 'no room of ours is missing';
like qx(readelf -d $module), qr/BIND_NOW/, 'it is bound when it is loaded';

done_testing;
