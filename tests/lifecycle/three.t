#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# This module three times: the relying party in front of an RPS, and, asked by both's clients, the RPS's second D-TA.
# Each is an httpd with keys and a store of its own.
use strict;
use warnings;
use Test::More;
use File::Find 'find';
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Issuer;
use MPin;
use TwoShares;

my $site = $ENV{PORT};
my $secret = "$Server::top/secret";
Server::write_file($secret, "known-to-the-two-of-them\n");
chmod 0600, $secret;

my $dta = Issuer->new(at => 2)->start; # makes the file for its RPS
my $rps = Issuer->new(service => "rps \"secret=$secret\"", conf => <<"END")->start;
MPinSecondDTA @{[$dta->url]} "@{[$dta->key_file]}"
MPinTimePermits On
MPinVerifyURL http://127.0.0.1:$site/mpinVerify
MPinPermitURL http://127.0.0.1:$site/mpinPermitUser
MPinThrottle address=100000/60s account=100000/60s
END
my $front = Server::front_of($rps->url, $secret) =~ s{^ProxyPassMatch "\^/dta.*\n}{}mr; # it lies elsewhere
my $server = Server->new(conf => "$front\nMPinSecondDTA @{[$dta->url]}\n")->start;

sub inside { return $_[0]->visit('/protected/')->code == 200 }
sub code_of { return json_of($_[0])->{code} // '' }

my ($anna, $device, @permit) = browser($site);

subtest 'a site, its RPS and the second D-TA give a PIN that signs in' => sub {
    is $anna->settings->{certivoxURL}, $dta->url . '/', 'clients learn where the second D-TA is';
    like $anna->visit('/login')->header('Content-Security-Policy'), qr/connect-src 'self' \Q@{[$dta->url]};/,
        'and the page may ask it';
    $device = enrol($anna, 'anna@example.org');
    is ref $device, 'HASH', 'registered' or BAIL_OUT($device->as_string);
    @permit = permits($anna, $device);
    my $browser = browser($site);
    $browser->settings;
    my $answer = $browser->authenticate(ott($browser, $device, 1234, @permit[0, 1]));
    is $answer->code, 200, 'signed in';
    is json_of($answer)->{user}, 'anna@example.org', 'as who registered';
    ok inside($browser), 'and inside';
    is request($rps->{port}, GET => '/protected/')->code, 404, 'which is nothing at the RPS';
};

subtest 'wrong PINs lock' => sub {
    my $browser = browser($site);
    my $other = enrol($browser, 'bob@example.org');
    my @today = permits($browser, $other);
    is sign_in($browser, $other, $_->[0], @today), $_->[1], "PIN $_->[0]"
        for [9999, 401], [9998, 401], [1234, 200], [9999, 401], [9998, 401], [9997, 410], [1234, 410];
    is sign_in($anna, $device, 1234, @permit), 200, 'others go on';
};

subtest 'one of the three alone signs nobody in' => sub {
    for my $i (0, 1) {
        my ($token) = MPin::calculate('token', $device->{shares}[$i], $device->{hash}, 1234);
        is sign_in($anna, {%$device, token => $token}, 1234, @permit), 401, 'share ' . ($i + 1) . ' is a wrong PIN';
        is sign_in($anna, $device, 1234, @permit), 200, 'and the sum the right one';
    }
    is sign_in($anna, $device, 1234, @permit[0, 2]), 401, 'the site\'s share of a permit is none';
    is sign_in($anna, $device, 1234, @permit), 200;
};

subtest 'what passes one of them is of no use at another' => sub {
    is ask_second($anna, "clientSecret?$device->{params}")->code, 408, 'what the site sent to the second D-TA, once more';
    for my $path ("/clientSecret", "/dta/clientSecret", "/rps/dta/clientSecret") {
        is request($site, GET => "$path?$device->{params}")->code, 404, "the site has no $path";
        is request($rps->{port}, GET => "$path?$device->{params}")->code, 404, '... nor the RPS';
    }
    is request($dta->{port}, GET => $_)->code, 404, "the second D-TA has no $_"
        for qw(/rps/clientSettings /rps/pass1 /login /mpinAuthenticate /authenticate /mpinVerify);
};

# Everything that a server has on its disk, as bytes.
sub kept_by {
    my @folders = @_;
    my $text = '';
    find(sub { $text .= Server::slurp($_) if -f }, @folders);
    return $text;
}

sub holds {
    my ($bytes, $hex) = @_;
    return index(lc $bytes, lc $hex) >= 0 || index($bytes, pack 'H*', $hex) >= 0;
}

subtest 'what is kept by any of the three' => sub {
    my %kept = (site => kept_by(map { "$Server::top/$_" } qw(state logs)), RPS => kept_by($rps->home),
        'second D-TA' => kept_by($dta->home));
    ok length $kept{$_} > 4096, "looked at what the $_ keeps" for sort keys %kept;
    for my $who (sort keys %kept) {
        # An affine coordinate: 04 || x || y, or whatever else it may be kept as.
        ok !holds($kept{$who}, substr $_, 2, 64), "the $who keeps no secret, nor a part of one"
            for $device->{secret}, $device->{token}, @{$device->{shares}};
    }
    ok holds($kept{'second D-TA'}, unpack 'H*', $device->{hash}), 'the second D-TA knows whom it gave a share, by a hash';
    ok !holds($kept{'second D-TA'}, $_), 'and no name' for $device->{mpinId}, unpack('H*', 'anna@example.org');
};

subtest 'without the second D-TA people sign in, and nobody registers' => sub {
    $dta->stop;
    is sign_in($anna, $device, 1234, @permit), 200, 'who has the permit of the day';
    is sign_in($anna, $device, 4321, @permit), 401, 'a wrong PIN is a wrong PIN';
    $rps->stop;
    $rps->start;
    is sign_in($anna, $device, 1234, @permit), 200, 'after a restart of the RPS, too' or diag $rps->log_text;
    my $carl = browser($site);
    my $registered = json_of($carl->register('carl@example.org'));
    my $finish = sub { TwoShares::signature($carl, $registered) };
    my $answer = $finish->();
    is $answer->code . code_of($answer), '503second_dta_down', 'a registration waits, and the client hears for what';
    $dta->start;
    Server::wait_for('the registration', sub { $finish->()->code == 200 });
    pass 'and goes on when it is back';
};

$_->stop for $server, $rps, $dta;
my @wrong = grep { !/MPIN0523|AH10159/ } grep { /\[\w*:(?:error|crit|alert|emerg)\]|exit signal|AddressSanitizer/ }
    map { split /\n/ } Server::log_text(), $rps->log_text, $dta->log_text;
is_deeply \@wrong, [], 'the logs hold nothing unexpected';
done_testing;
