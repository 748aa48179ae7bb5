# SPDX-License-Identifier: Apache-2.0
# What many do at once: what may happen once happens once, limits hold to the number.
use strict;
use warnings;
use Test::More;
use MPin;

from(22);
expect_crowd(); # a thousand at once

sub text {
    my ($browser, $method, $path, $body) = @_;
    return join "\r\n", "$method $path HTTP/1.1", "Host: 127.0.0.1:@{[site]}", 'Connection: close', 'Accept: application/json',
        "Origin: @{[origin(site)]}", 'Cookie: ' . $browser->cookie_header, 'Content-Type: application/json',
        'Content-Length: ' . length $body, '', $body;
}

sub fresh {
    my $browser = browser(site);
    $browser->visit('/login');
    return $browser;
}

my $john = browser(site)->sign_in('user31');

subtest 'one authOTT from 1,000 concurrent posts is exactly one session' => sub {
    my $device = $john->enrol('user31', '1234');
    my $browser = fresh();
    my $ott = $browser->ott($device);
    my $text = text($browser, POST => '/mpinAuthenticate', qq({"mpinResponse":{"authOTT":"$ott"}}));
    my @results = in_parallel(4, sub {
        my %seen;
        for my $answer (burst(site, ($text) x 250)) {
            $seen{$answer->code}++;
            $seen{cookie}++ if grep { /^mpin=./ } $answer->header('Set-Cookie');
        }
        return map { "$_ $seen{$_}" } keys %seen;
    });
    my %seen;
    /^(\w+) (\d+)$/ and $seen{$1} += $2 for @results;
    is_deeply \%seen, {200 => 1, cookie => 1, 408 => 999}, 'one 200 and 999 times 408';
};

subtest 'one pass1 answered by 100 at once is judged once' => sub {
    my $device = $john->enrol('user31', '4321');
    my $browser = fresh();
    my $pass1 = $browser->pass1($device);
    my $body = JSON::encode_json({mpin_id => $device->{mpinId}, WID => '0', OTP => 0, pass => 2, passId => $pass1->{passId},
        V => $browser->proof($device, '0000', $pass1)});
    my %seen;
    $seen{$_->code}++ for burst(site, (text($browser, POST => '/rps/pass2', $body)) x 100);
    is_deeply \%seen, {200 => 1, 408 => 99}, 'one answer';
    is json_of($browser->pin_login($device, '0000'))->{attemptsLeft}, 1, 'one failure';
};

# Which of an identity's PINs were judged, as the audit log has it.
sub judged {
    my $label = substr Digest::SHA::sha256_hex(pack 'H*', shift->{mpinId}), 0, 12;
    return scalar(() = audit_log() =~ /"event":"(?:pin_wrong|identity_locked)".*"identity":"$label"/g);
}

subtest '200 parallel wrong PINs: exactly the limit is judged' => sub {
    my $device = $john->enrol('user31', '5678');
    my @results = in_parallel(20, sub {
        my $number = shift;
        my $browser = fresh();
        return map {
            my $pass1 = $browser->pass1($device);
            my $pass2 = $pass1->{y} ? json_of($browser->pass2($device, sprintf('%04d', $number * 10 + $_), $pass1)) : {};
            $pass2->{authOTT} ? $browser->authenticate($pass2->{authOTT})->code : 'not judged';
        } 1 .. 10;
    });
    is scalar @results, 200, 'guesses';
    my %seen;
    $seen{$_}++ for @results;
    is $seen{200} // 0, 0, 'nobody is let in';
    cmp_ok $seen{401} // 0, '<=', 2, 'at most two are told that it was wrong';
    is judged($device), 3, 'three were judged';
    is fresh()->pin_login($device)->code, 410, 'and the device is locked';
};

subtest 'two tabs with the right PIN after two failures both end well' => sub {
    for my $round (1 .. 5) {
        my $device = $john->enrol('user31', '2468', replaces => $john->{last} // '7b7d');
        $john->{last} = $device->{mpinId};
        my $browser = fresh();
        $browser->pin_login($device, '0000') for 1 .. 2;
        my @codes = in_parallel(2, sub {
            my $tab = $browser->copy;
            for (1 .. 50) {
                my $code = $tab->pin_login($device)->code;
                return $code if $code != 429;
                select undef, undef, undef, 0.02;
            }
            return 'never';
        });
        is "@codes", '200 200', "round $round";
    }
};

subtest 'ten who register the same free name at once: one gets it' => sub {
    my @codes = in_parallel(10, sub {
        my $browser = fresh();
        my $registered = json_of($browser->register('race@example.org'));
        return 'no registration' if !$registered->{mpinId};
        for (1 .. 50) {
            my $code = $browser->json(POST => "/rps/signature/$registered->{mpinId}", {regOTT => $registered->{regOTT}})->code;
            return $code if $code != 429 && $code != 503;
            select undef, undef, undef, 0.02;
        }
    });
    is scalar(grep { $_ eq 200 } @codes), 1, "one of @codes";
};

subtest 'two users never see each other' => sub {
    my %browser = map { $_ => browser(site)->sign_in($_) } qw(john jane);
    my @results = in_parallel(20, sub {
        my $name = $_[0] % 2 ? 'john' : 'jane';
        my %seen;
        $seen{$browser{$name}->who('/protected/echo') eq $name ? 'right' : 'wrong'}++ for 1 .. 10;
        return map { "$_ $seen{$_}" } keys %seen;
    });
    is_deeply \@results, [('right 10') x 20], '200 requests';
};

subtest 'a sign-out in one process holds in all others at once' => sub {
    my @results = in_parallel(8, sub {
        my $wrong = 0;
        for (1 .. 10) {
            my $browser = browser(site)->sign_in('jane');
            my $thief = $browser->copy;
            $browser->sign_out;
            $wrong += $thief->get('/protected/')->code == 200 for 1 .. 4;
        }
        return $wrong;
    });
    is_deeply \@results, [(0) x 8], 'no request after it got through';
};

done;
