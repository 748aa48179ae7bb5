# SPDX-License-Identifier: Apache-2.0
# One-time codes (MPinIssueOTP): six digits after the PIN, which an application redeems.
use strict;
use warnings;
use Test::More;
use JSON;
use MPin;

from(41);

my $john = browser(site)->sign_in('user33');
my $device = $john->enrol('user33', '7391');

# A PIN login that asks for a code: the code, and what /mpinAuthenticate says.
sub login {
    my ($pin, $browser) = @_;
    $browser //= browser(site);
    $browser->visit('/login') if !$browser->cookie('mpin-login');
    my $passed = MPin::json_of($browser->pass2($device, $pin // '7391', $browser->pass1($device), OTP => JSON::true));
    return ($passed->{OTP}, $browser->authenticate($passed->{authOTT}));
}

sub redeem {
    my ($user, $code, %how) = @_;
    return request($how{port} // site, POST => '/rps/otp', %how, body => encode_json({userId => $user, otp => "$code"}),
        headers => ['Content-Type' => 'application/json', @{$how{headers} // []}]);
}

sub word { return json_of($_[0])->{code} // 'none' }

subtest 'clientSettings ask for a code' => sub {
    ok browser(site)->settings->{requestOTP}, 'on here';
    ok !browser(strict)->settings->{requestOTP}, 'and not elsewhere';
};

subtest 'a login has a code, an application redeems it once' => sub {
    my ($code, $answer) = login();
    like $code, qr/^[0-9]{6}$/, 'six digits';
    is $answer->code, 200, 'signed in';
    my $said = json_of($answer);
    is $said->{ttlSeconds}, 120, 'how long it is good';
    like $said->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/, $_ for qw(expireTime nowTime);
    ok !exists $said->{OTP}, 'the code is not said twice';
    my $redeemed = redeem('user33', $code);
    is $redeemed->code, 200, 'redeemed';
    is json_of($redeemed)->{userId}, 'user33', 'for its user';
    is word(redeem('user33', $code)), 'otp_over', 'not again';
    like MPin::audit_log(), qr/"otp_redeemed"/, 'in the audit log';
    unlike MPin::audit_log() . MPin::error_log(), qr/(?<![\w.])(?<!pid )(?<!tid )$code\b/, 'where the code is not (a time or a pid may have its digits)';
};

subtest 'pass2 is no oracle: the code of a wrong PIN is none' => sub {
    my ($code, $answer) = login('0000');
    like $code, qr/^[0-9]{6}$/, 'it looks the same';
    is $answer->code, 401, 'the PIN was wrong';
    is redeem('user33', $code)->code, 410, 'nobody redeems it';
};

subtest 'wrong codes are counted' => sub {
    my ($code) = login();
    my $wrong = sprintf '%06d', ($code + 1) % 1_000_000;
    is word(redeem('user33', $wrong)), 'otp_wrong', 'another code';
    is redeem('user33', $code)->code, 200, 'the right one after it';
};

subtest 'who is no application redeems nothing' => sub {
    my ($code) = login();
    my $origin = MPin::origin(site);
    is word(redeem('user33', $code, headers => [Origin => $origin])), 'service_closed', 'a page of ours';
    is word(redeem('user33', $code, headers => ['Sec-Fetch-Site' => 'same-origin'])), 'service_closed', 'a browser';
    is word(redeem('user33', $code, headers => ['X-Forwarded-For' => '192.0.2.1'])), 'service_closed', 'who came by a proxy';
    is word(redeem('user33', $code, host => 'wiki.example.org')), 'service_closed', 'another Host';
    is redeem('user33', $code)->code, 200, 'the application still does';
    is redeem('user33', '123456', port => strict)->code, 404, 'and nobody where none are issued';
};

subtest 'one code from 1,000 concurrent posts is good for one' => sub {
    my ($code) = login();
    my $body = encode_json({userId => 'user33', otp => $code});
    my $text = join "\r\n", 'POST /rps/otp HTTP/1.1', 'Host: 127.0.0.1:' . site, 'Connection: close',
        'Content-Type: application/json', 'Content-Length: ' . length $body, '', $body;
    my @results = in_parallel(4, sub {
        my %seen;
        $seen{$_->code}++ for burst(site, ($text) x 250);
        return map { "$_ $seen{$_}" } keys %seen;
    });
    my %seen;
    /^(\w+) (\d+)$/ and $seen{$1} += $2 for @results;
    is_deeply \%seen, {200 => 1, 410 => 999}, 'one 200 and 999 times 410';
};
expect_crowd();

done();
