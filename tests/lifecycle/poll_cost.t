#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# What a poll of a desktop that waits for a phone costs, in instructions, with all that a browser sends.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Httpd;
use Ports;
use Site;
use JSON;
use Test::More tests => 4;

my $port = Ports::take();
system('make', '--no-print-directory', '-s', "BUILD=$Httpd::build", "$Httpd::build/mpin-client") == 0 or die 'make';

my $httpd = Httpd->counted($port, Site::conf());

# A poll's headers: what it needs, and what a browser adds of its own, which costs httpd as much as it does elsewhere.
my @added = ('Accept: application/json', 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty',
    "Referer: http://127.0.0.1:$port/login", 'Accept-Language: en-US,en;q=0.5', 'Accept-Encoding: gzip, deflate',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0');

sub poll {
    my ($browser, $code, @more) = @_;
    my $body = encode_json({webOTT => $code->{webOTT}});
    return ('POST /rps/access', $body, "Content-Length: @{[length $body]}", 'Content-Type: application/json',
        "Origin: http://127.0.0.1:$port", 'Cookie: ' . $browser->cookie_header, @more);
}

my $stranger = MPin::browser($port);
my $code = MPin::json_of($stranger->json(POST => '/rps/getQrUrl', {}));
my $plain = $httpd->instructions_of(poll($stranger, $code));

my ($known, $device) = Site::person($port);
$known->pin_login($device);
$code = MPin::json_of($known->json(POST => '/rps/getQrUrl', {}));
my $signed_in = $httpd->instructions_of(poll($known, $code));

my $phone = MPin::browser($port);
$phone->settings;
$phone->json(POST => '/rps/codeStatus', {status => 'wid', wid => $code->{accessNumber}, pick => JSON::true})->code == 200
    or die 'codeStatus';
my $claimed = $httpd->instructions_of(poll($known, $code));
my $browser = $httpd->instructions_of(poll($known, $code, @added));
diag sprintf 'a poll of a stranger %.0f, of somebody signed in %.0f, of a code that a phone has %.0f; as a browser sends it '
    . '%.0f', $plain, $signed_in, $claimed, $browser;
if ($ENV{SHOW}) {
    diag sprintf '%8.0f %s', reverse @$_ for grep { $_->[1] > 300 } $httpd->functions('');
}

cmp_ok $plain, '<=', 60_000, 'a poll takes at most 60,000 instructions in all';
cmp_ok $signed_in, '<=', 60_000, 'also that of a browser with all our cookies';
cmp_ok $claimed, '<=', 60_000, 'also once a phone has the code';
cmp_ok $browser, '<=', 60_000, 'and as a browser sends it';
