# SPDX-License-Identifier: Apache-2.0
package TwoShares;

# A client that gets a share of its secret and of each day's permit from the site, and another one from wherever
# clientSettings has the second D-TA, as pads do. With `stock` in its browser it asks with GET, as older clients do,
# to whom every site has two D-TAs. `use Server;` comes first.

use strict;
use warnings;
use Exporter 'import';
use MPin;

our @EXPORT = qw(ask_second enrol permits ott sign_in);

# Cookies of the site stay with the site.
sub ask_second {
    my ($browser, $request) = @_;
    my $url = $browser->settings->{certivoxURL} // die 'no certivoxURL';
    $url = $browser->origin . $url if $url =~ m{^/};
    my ($port, $path) = $url =~ m{^http://127\.0\.0\.1:(\d+)(/.*)$} or die "certivoxURL $url";
    return request($port, GET => "$path$request");
}

# The device, or the answer that was no good.
sub enrol {
    my ($browser, $name) = @_;
    my $registered = json_of($browser->register($name));
    my $id = $registered->{mpinId} or die 'no mpinId';
    my $answer = signature($browser, $registered);
    return $answer if $answer->code != 200;
    my ($first, $params) = @{json_of($answer)}{qw(clientSecretShare params)};
    $answer = ask_second($browser, "clientSecret?$params");
    return $answer if $answer->code != 200;
    my $second = json_of($answer)->{clientSecret};
    my ($hash) = $params =~ /hash_mpin_id=(\w+)/;
    my ($secret) = MPin::calculate('add', $first, $second);
    my ($token) = MPin::calculate('token', $secret, $hash, 1234);
    return {mpinId => $id, hash => $hash, token => $token, name => $name, params => $params, secret => $secret,
        shares => [$first, $second]};
}

sub signature {
    my ($browser, $registered) = @_;
    my $path = "/rps/signature/$registered->{mpinId}";
    return $browser->{stock} ? $browser->get("$path?regOTT=$registered->{regOTT}")
        : $browser->json(POST => $path, {regOTT => $registered->{regOTT}});
}

# Today, the permit of today, and the share of it that the site gave.
sub permits {
    my ($browser, $device) = @_;
    my $path = "/rps/timePermit/$device->{mpinId}";
    my $first = json_of($browser->{stock} ? $browser->get($path) : $browser->json(POST => $path, {}));
    my $second = json_of(ask_second($browser,
        "timePermit?hash_mpin_id=$first->{storageId}&signature=$first->{signature}"));
    return ($first->{date}, MPin::calculate('add', $first->{timePermit}, $second->{timePermit}), $first->{timePermit});
}

# The authOTT of a sign-in with that permit.
sub ott {
    my ($browser, $device, $pin, $date, $permit, %more) = @_;
    my ($x, $ut) = MPin::calculate('pass1permit', $device->{hash}, $date);
    my $first = json_of($browser->json(POST => '/rps/pass1', {mpin_id => $device->{mpinId}, UT => $ut, pass => 1}));
    $first->{y} or return;
    my ($v) = MPin::calculate('pass2permit', $device->{token}, $device->{hash}, $pin, $permit, $x, $first->{y});
    return json_of($browser->json(POST => '/rps/pass2', {mpin_id => $device->{mpinId}, V => $v, WID => '0', OTP => 0,
        pass => 2, ($first->{passId} ? (passId => $first->{passId}) : ()), %more}))->{authOTT};
}

# Its status.
sub sign_in {
    my ($browser, $device, $pin, $date, $permit) = @_;
    my $ott = ott($browser, $device, $pin, $date, $permit) // return 'no proof';
    return $browser->authenticate($ott)->code;
}

1;
