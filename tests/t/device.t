# SPDX-License-Identifier: Apache-2.0
# What a device may ask of itself without its PIN, whom nobody else is told of, and a browser that lost what it kept.
use strict;
use warnings;
use Test::More;
use MPin;

from(35);

sub proof { my ($device, %more) = @_; return {mpin_id => $device->{mpinId}, deviceKey => $device->{key}, %more} }

# A browser that has asked for the settings, and with them for the pre-login cookie.
sub fresh { my $browser = browser(site); $browser->settings; return $browser }

# The answer to a device: its status and code.
sub said { my $answer = shift; return $answer->code . (json_of($answer)->{code} // '') }

sub standing { return said(browser(site)->json(POST => '/rps/standing', proof(@_))) }

subtest 'a device is told that it is locked before it has a PIN' => sub {
    my $device = browser(site)->sign_in('user31')->enrol('user31', '1234');
    is standing($device), '200', 'it is well';
    fresh()->pin_login($device, '9999') for 1 .. 3;
    is standing($device), '410locked', 'it is locked';
    my $browser = fresh();
    my $pass1 = $browser->pass1($device);
    is_deeply [sort keys %{json_of($pass1->{answer})}], [qw(message pass passId version y)], 'an old client gets the usual pass1';
    is $browser->authenticate(json_of($browser->pass2($device, '1234', $pass1))->{authOTT})->code, 410, 'and the usual end';
};

subtest 'a_stranger_is_told_nothing_of_a_device' => sub {
    my $device = browser(site)->sign_in('user32')->enrol('user32', '1234');
    my $nobody = {mpinId => unpack('H*', '{"userID":"nobody"}'), key => $device->{key}};
    for my $path ('/rps/standing', '/rps/remove') {
        my $ask = sub { my $answer = browser(site)->json(POST => $path, $_[0]); return $answer->code . ' ' . $answer->content };
        my $no = $ask->(proof($nobody));
        like $no, qr/^403 .*device_key_wrong/, "$path: an identity that is not there";
        is $ask->(proof($device, deviceKey => $_)), $no, "$path: the same for one that is" for '', '00' x 32, 'x', substr($device->{key}, 2) . '00';
    }
    is fresh()->pin_login($device)->code, 200, 'and it signs in as before';
};

subtest 'remove_on_the_device_ends_it_at_the_server' => sub {
    my $owner = browser(site)->sign_in('user33');
    my $device = $owner->enrol('user33', '1234');
    my $browser = fresh();
    is $browser->pin_login($device)->code, 200, 'it signs in';
    is $browser->settings->{forgotten}, 'user33', 'its browser remembers by a cookie whose it is';
    is said($browser->json(POST => '/rps/remove', proof($device))), '200', 'it is removed';
    is $browser->settings->{forgotten}, undef, 'the cookie forgets it';
    is $browser->who, '', 'its sessions end';
    is $owner->who, 'user33', 'and no others';
    is said(fresh()->pin_login($device)), '403identity_revoked', 'its PIN is worth nothing';
    is standing($device), '403identity_revoked', 'it is told so';
    is said(browser(site)->json(POST => '/rps/remove', proof($device))), '200', 'again, to the same end';
    like MPin::audit_log(), qr/"event": ?"identity_removed"/, 'and that is in the audit log';
};

subtest 'a right PIN brings the key' => sub {
    my $device = browser(site)->sign_in('user34')->enrol('user34', '1234');
    is json_of(fresh()->pin_login($device))->{deviceKey}, $device->{key}, 'to a device from before there were any';
};

subtest 'a browser that forgot its set-up replaces it' => sub {
    my $browser = browser(site)->sign_in('user35');
    $browser->enrol('user35', '1234') for 1 .. 9;
    my $lost = $browser->enrol('user35', '1234');
    is $browser->pin_login($lost)->code, 200, 'the tenth device signs in';
    is said($browser->register('user35')), '403too_many_identities', 'there is no place for another';
    is $browser->settings->{forgotten}, 'user35', 'the browser is told whose PIN it had';
    my $new = $browser->enrol('user35', '5678', forgotten => JSON::true);
    is fresh()->pin_login($new)->code, 200, 'the new one signs in';
    is said(fresh()->pin_login($lost)), '403identity_revoked', 'in the place of the old one';
    is said(browser(site)->sign_in('user35')->register('user35', forgotten => JSON::true)), '403too_many_identities',
        'a browser that never had one replaces none';
};

subtest 'looking whether a registration is active takes nothing' => sub {
    my $browser = browser(site)->sign_in('user36');
    my $registered = json_of($browser->register('user36'));
    my $ask = sub { return $browser->json(POST => "/rps/signature/$registered->{mpinId}", {regOTT => $registered->{regOTT}, @_}) };
    is_deeply json_of($ask->(peek => JSON::true)), {active => JSON::true}, 'it is active' for 1, 2;
    ok json_of($ask->())->{clientSecretShare}, 'its secret is still there';
    is $ask->(peek => JSON::true)->code, 400, 'and then is not';
};

done;
