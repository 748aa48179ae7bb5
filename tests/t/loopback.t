# SPDX-License-Identifier: Apache-2.0
# What is open to loopback only is closed to whoever comes through somebody (docs/security.md, "Loopback is not local").
use strict;
use warnings;
use Test::More;
use MPin;

from(23);

subtest 'loopback_privileges_vanish_behind_a_proxy_and_with_a_foreign_host' => sub {
    my $count = 0;
    my $try = sub {
        my (%how) = @_;
        my $browser = browser(site, %how);
        my $ways = join ' ', @{$browser->settings->{registration} // ['no settings']};
        my $answer = $browser->register('local' . ++$count . '@example.org');
        return "$ways " . $answer->code . ' ' . (json_of($answer)->{code} // 'fine');
    };
    my $port = site();
    is $try->(host => $_), 'signed-in open 200 fine', "for $_"
        for "127.0.0.1:$port", "localhost:$port", 'LOCALHOST', '127.0.0.1';
    is $try->(host => $_), 'signed-in 403 registration_closed', "not for Host $_"
        for 'evil.example', "evil.example:$port", 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.2', '0.0.0.0';
    is $try->(headers => [$_->[0] => $_->[1]]), 'signed-in 403 registration_closed', "not with $_->[0]: $_->[1]"
        for [Forwarded => 'for=192.0.2.1'], ['X-Forwarded-For' => '192.0.2.1'], ['X-Forwarded-For' => '127.0.0.1'],
            ['x-forwarded-for' => ''], ['X-Forwarded-Proto' => 'https'], ['X-Forwarded-Anything' => 'x'],
            ['X-Real-IP' => '127.0.0.1'], ['x-real-ip' => ''], [Via => '1.1 proxy'], [FORWARDED => ''];
};

subtest 'a registration that began locally does not end elsewhere' => sub {
    my $browser = browser(site);
    $browser->settings;
    my $registered = json_of($browser->register('begins@example.org'));
    my $path = "/rps/signature/$registered->{mpinId}";
    my $answer = browser(site)->json(POST => $path, {regOTT => $registered->{regOTT}});
    is $answer->code, 400, 'in another browser';
    is $browser->json(POST => $path, {regOTT => $registered->{regOTT}})->code, 200, 'it has stood that';
};

done;
