#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Split trust: an RPS and, in another httpd with other keys, its second D-TA. Who registers gets a share of each;
# neither of the two can make anybody's secret.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Issuer;
use MPin;
use TwoShares;
use JSON;

my $dta = Issuer->new->start;
ok -f $Issuer::key_file, 'the D-TA has made the file for its RPS';
is +(stat $Issuer::key_file)[2] & 0777, 0600, '... for nobody else';
$dta->stop;

my $conf = qq{MPinSecondDTA @{[Issuer::url()]} "$Issuer::key_file"\nMPinTimePermits On\n};
my $server = Server->new(conf => $conf)->start;

# What a client asks the second D-TA: cookies of the site stay with the site.
sub ask_dta { return request($Issuer::port, GET => "/$_[0]") }

subtest 'until the second D-TA was reached once, nothing is judged and nobody registers' => sub {
    my $anna = browser($ENV{PORT});
    my $answer = enrol($anna, 'anna');
    is $answer->code, 503, 'a registration waits';
    is json_of($answer)->{code}, 'second_dta_down', '... and says for what';
    $answer = $anna->json(POST => '/rps/pass1', {mpin_id => '7b7d', UT => '04', pass => 1});
    is $answer->code, 503, 'so does a sign-in';
    is browser($ENV{PORT})->sign_in('john')->visit('/protected/')->code, 200, 'who has a password signs in meanwhile';
};

$dta->start;
my ($anna, $device, @permit);

subtest 'both shares sign in, and a wrong PIN does not' => sub {
    $anna = browser($ENV{PORT});
    my $settings = $anna->settings;
    is $settings->{certivoxURL}, Issuer::url() . '/', 'clients learn where the second D-TA is';
    like $anna->visit('/login')->header('Content-Security-Policy'), qr/connect-src 'self' \Q@{[Issuer::url()]};/,
        'and pages may ask it';
    Server::wait_for('the second D-TA to be asked again', sub {
        $device = enrol($anna, 'anna' . int rand 1e6);
        return ref $device eq 'HASH';
    });
    @permit = permits($anna, $device);
    is sign_in($anna, $device, 1234, @permit), 200, 'the right PIN';
    is sign_in($anna, $device, 4321, @permit), 401, 'a wrong one';
    is sign_in($anna, $device, 1234, @permit), 200, 'the right one again';
};

subtest 'params_seen_by_one_dta_are_useless_at_the_other' => sub {
    is ask_dta("clientSecret?$device->{params}")->code, 408, 'nor twice at the same one';
    is request($ENV{PORT}, GET => "/rps/dta/clientSecret?$device->{params}")->code, 404, 'the RPS issues no halves';
    is request($ENV{PORT}, GET => "/clientSecret?$device->{params}")->code, 404, 'and is no D-TA for others';
};

subtest 'one_dta_alone_makes_nobodys_secret' => sub {
    for my $share (@{$device->{shares}}) {
        my ($token) = MPin::calculate('token', $share, $device->{hash}, 1234);
        is sign_in($anna, {%$device, token => $token}, 1234, @permit), 401, 'a share is a wrong PIN';
        is sign_in($anna, $device, 1234, @permit), 200;
    }
    my $once = json_of($anna->json(POST => "/rps/timePermit/$device->{mpinId}", {}));
    is sign_in($anna, $device, 1234, $once->{date}, $once->{timePermit}), 401, 'half a permit is none';
    is sign_in($anna, $device, 1234, @permit), 200;
};

subtest 'the second D-TA down: who has a PIN and the permit of the day signs in, nobody registers' => sub {
    $dta->stop;
    is sign_in($anna, $device, 1234, @permit), 200, 'a sign-in';
    $server->renew('HUP'); # other children, that know of nothing
    is sign_in($anna, $device, 1234, @permit), 200, 'after a restart too: the share is pinned';
    my $bert = browser($ENV{PORT});
    my $registered = json_of($bert->register('bert'));
    my $sign = sub { $bert->json(POST => "/rps/signature/$registered->{mpinId}", {regOTT => $registered->{regOTT}}) };
    is $sign->()->code, 503, 'a registration';
    $dta->start;
    Server::wait_for('the registration that is still there', sub { $sign->()->code == 200 });
    pass '... goes on when it is back';
};

subtest 'a second D-TA with another master share is refused' => sub {
    $dta->stop;
    my $keys = Server::slurp("$Issuer::home/keys/mpin.keys");
    $dta->forget_master;
    $dta->start;
    $server->renew('HUP');
    my $answer;
    Server::wait_for('its answer', sub {
        $answer = enrol(browser($ENV{PORT}), 'carl' . int rand 1e6);
        return ref $answer eq 'HASH' || (json_of($answer)->{code} // '') ne 'second_dta_down';
    });
    isnt ref $answer, 'HASH', 'nobody registers' or return;
    is $answer->code, 503, '... but is told to wait';
    is json_of($answer)->{code}, 'second_dta_changed', '... and the answer says why';
    like Server::log_text(), qr/MPIN0524: /, 'so does the log';
    is sign_in($anna, $device, 1234, @permit), 200, 'who has a PIN keeps it';
    $dta->stop;
    Server::write_file("$Issuer::home/keys/mpin.keys", $keys);
    $dta->start;
    Server::wait_for('the old one', sub { ref enrol(browser($ENV{PORT}), 'dora' . int rand 1e6) eq 'HASH' });
    pass 'with its old key file all is well';
};

subtest 'the D-TA answers as the protocol has it' => sub {
    my $status = ask_dta('status');
    is $status->code, 200;
    is json_of($status)->{message}, 'OK';
    is ask_dta('clientSecret')->code, 403, 'no arguments';
    is ask_dta('serverSecret?app_id=e08ba5e1af148534ca476a71d5a86c81&expires=2026-11-22T01:02:37Z&signature=00')->code,
        401, 'another application';
    is ask_dta('timePermits?hash_mpin_id=' . $device->{hash})->code, 403, 'no count';
    is ask_dta('nothing')->code, 404, 'unknown';
    (my $twice = $device->{params}) =~ s/^/mobile=1&/;
    is ask_dta("clientSecret?$twice")->code, 403, 'a repeated parameter';
    is request($Issuer::port, GET => '/rps/clientSettings')->code, 404, 'it is no RPS';
    is request($Issuer::port, GET => '/login')->code, 404, 'nor a site';
};

$server->stop;
$dta->stop;
unlike $_, qr/exit signal (?!Killed|Terminated)|AddressSanitizer/, 'no crash' for Server::log_text(), Issuer::log_text();
unlike Server::log_text() . Issuer::log_text(), qr/signature=|$device->{hash}/, 'and no log holds what was asked';
done_testing;
