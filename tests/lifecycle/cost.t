#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# What a login costs and a request of somebody who has signed in, in instructions, which are the same on a busy machine;
# and that a request costs the same however many sessions have been revoked.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Httpd;
use Login;
use Ports;
use Site;
use Test::More tests => 6;

my $port = Ports::take();
system('make', '--no-print-directory', '-s', "BUILD=$Httpd::build", map { "$Httpd::build/$_" } qw(mpin-client bench/fill bench/login bench/verify bench/adx.so))
    == 0 or die 'make';

sub count {
    my ($conf, $page, $enter) = @_;
    my $httpd = Httpd->counted($port, $conf);
    my $count = $httpd->instructions($page, $enter->($port));
    $httpd->stop;
    return $count;
}

my $unprotected = count('', Httpd::OPEN, sub { () });
# The least of three: cookies are random, and so is where memory lies, and a busy machine looks for revocations more often
# while it works; the limits are near.
sub least { my $measure = shift; return (sort { $a <=> $b } map { $measure->() } 1 .. 3)[0] }
my $signed_in = least(sub { count(Site::conf(), Httpd::PROTECTED, \&Site::cookies) });
my $usual = least(sub { count(Site::usual_conf(), Httpd::USUAL, \&Site::cookies) });
my $token = least(sub { count(Site::token_conf(), Httpd::PROTECTED, \&Site::token) });
Site::revoke(20_000);
my $revoked = count(Site::conf(), Httpd::PROTECTED, \&Site::cookies);
diag sprintf 'unprotected %.0f, signed in %.0f, with mod_mime and mod_dir %.0f, with 20,000 revocations %.0f, '
    . 'a token %.0f', $unprotected, $signed_in, $usual, $revoked, $token;

cmp_ok $signed_in - $unprotected, '<=', 12_500, 'a login adds at most 12,500 instructions to a request';
cmp_ok $signed_in, '<=', 44_000, 'a request takes at most 44,000 in all';
cmp_ok $usual, '<=', 46_000, 'a page of a server with mod_mime and mod_dir takes at most 46,000 in all';
cmp_ok abs($revoked - $signed_in) / $signed_in, '<=', 0.02, 'revocations of others cost nothing';

cmp_ok $token - $signed_in, '<=', 5_000, 'a token that has come before adds at most 5,000 instructions more than a session';

my $login = least(sub { Login::instructions($port, Site::conf()) });
my $check = Login::step('verify', 'verify-decoded');
diag sprintf 'a login %.0f, the bare pairing check %.0f', $login, $check;
cmp_ok $login / $check, '<=', 1.145, 'a PIN login takes at most 1.145 times the bare pairing check';
