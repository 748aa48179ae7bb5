# SPDX-License-Identifier: Apache-2.0
# This server as the RPS of other applications (MPinService): what only they may ask.
use strict;
use warnings;
use Test::More;
use JSON;
use MPin;

from(31);
my $secret = 'a-secret-of-the-service';
my @private = ([POST => '/user/7b7d'], [POST => '/authenticate'], [POST => '/loginResult'], [GET => '/status']);

# Of the service for who is on this machine, as an application asks.
sub ask {
    my ($method, $path, %how) = @_;
    return request(service, $method, $path, host => 'localhost:' . service, %how);
}

# Of the one that wants a secret.
sub ask_far {
    my ($method, $path, @headers) = @_;
    return request(service, $method, $path, host => 'service.example', headers => \@headers);
}

sub word { return json_of($_[0])->{code} // 'none' }

# The same with a body, as Milagro's relying parties send it.
sub deliver {
    my ($path, $body) = @_;
    return ask(POST => $path, body => ref $body ? encode_json($body) : $body,
        headers => ['Content-Type' => 'application/x-www-form-urlencoded']);
}

# A browser on a page that uses the service.
sub page {
    my $here = 'localhost:' . service;
    my $browser = browser(service, host => $here, origin => "http://$here", visited => 1);
    $browser->settings;
    return $browser;
}

# What the application was asked last.
sub asked { return decode_json((split /\n/, MPin::slurp("$ENV{MPIN_STAGE}/t/logs/asked"))[-1]) }

subtest 'private_routes_absent_on_public_vhost' => sub {
    for my $row (@private) {
        my ($method, $path) = @$row;
        my %how = (body => $method eq 'GET' ? undef : '{}', headers => ['Content-Type' => 'application/json']);
        for my $port (site, strict, closed) {
            my $answer = request($port, $method, $path, %how);
            is $answer->code, 404, "$method $path is nothing at $port";
            is word($answer), 'none', 'and not ours';
        }
        isnt request(service, $method, $path, %how)->code, 200, "nor on a vhost beside it";
    }
    is ask(GET => $_)->code, 404, "the service has no $_" for '/login', '/logout', '/mpinAuthenticate', '/mpinVerify';
    is ask(GET => $_)->code, 200, "it has $_" for '/rps/clientSettings', '/mpin.js';
};

subtest 'a service says that it is there' => sub {
    my $answer = ask(GET => '/status');
    is $answer->code, 200, 'to who is on this machine';
    is_deeply json_of($answer), {message => 'active', version => '0.3'}, 'as Milagro\'s does';
    is ask(DELETE => '/status')->code, 405, 'in one way';
};

subtest 'loopback_privileges_vanish_behind_a_proxy_and_with_a_foreign_host' => sub {
    is ask(GET => '/status', headers => $_)->code, 403, "not with @$_" for ['X-Forwarded-For' => '192.0.2.1'],
        [Forwarded => 'for=192.0.2.1'], [Via => '1.1 proxy'], ['X-Real-IP' => '127.0.0.1'];
};

subtest 'a browser is no application' => sub {
    is ask(GET => '/status', headers => $_)->code, 403, "not with @$_" for [Origin => 'http://localhost:' . service],
        [Origin => 'null'], ['Sec-Fetch-Site' => 'same-origin'], ['Sec-Fetch-Site' => 'none'];
    is ask_far(GET => '/status', Authorization => "Bearer $secret", Origin => 'https://service.example')->code, 403,
        'secret or not';
};

subtest 'an application names the secret' => sub {
    is ask_far(GET => '/status', @$_)->code, 403, "not without: @$_" for [], [Authorization => $secret],
        [Authorization => "Bearer ${secret}x"], [Authorization => 'Bearer '], [Authorization => "Basic $secret"],
        [Authorization => 'Bearer ' . uc $secret];
    is ask_far(GET => '/status', Authorization => "Bearer $secret")->code, 200, 'in a header';
    is ask_far(GET => "/$secret/status")->code, 200, 'or in the path: Milagro\'s can send no header';
    is ask_far(GET => "/$secret//status")->code, 200, 'with a / too many';
    is ask_far(GET => "/$_/status")->code, 404, "not with $_" for "${secret}x", substr($secret, 1), uc $secret, 'status';
    my $answer = ask_far(GET => "/$secret/nothing");
    is $answer->code . word($answer), '404not_found', 'behind it everything is ours';
    is ask_far(GET => "/$secret")->code, 404, 'alone it is nothing';
    is ask(GET => "/$secret/status")->code, 404, 'and is nobody else\'s';
    my @shown = grep { /service\.example.*\/\Q$secret\E[\/ ]/ } map { split /\n/, MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/logs/*_log";
    is_deeply \@shown, [], 'no log shows it';
};

# ---- registration -----------------------------------------------------------------------------------------------

subtest 'an application lets a user in at once' => sub {
    my $browser = page();
    my $answer = $browser->register('Forced@Example.org', mobile => 1, deviceName => 'my phone', userData => {team => 'a'});
    my $registered = json_of($answer);
    is $answer->code, 200, 'the registration';
    is_deeply [sort keys %$registered], [qw(active expireTime mpinId nowTime regOTT)], 'answers as ever';
    ok $registered->{active}, 'and is active';
    my $asked = asked();
    my $key = delete $asked->{activateKey};
    like $key, qr/^[0-9a-f]{64}$/, 'the application had the key';
    unlike $answer->as_string, qr/$key/, 'which the client never gets';
    is_deeply $asked, {userId => 'forced@example.org', mpinId => $registered->{mpinId}, mobile => 1,
        expireTime => $registered->{expireTime}, resend => JSON::false, deviceName => 'my phone', userData => {team => 'a'},
        'RPS-BASE-URL' => 'http://localhost:' . service}, 'it was asked as by Milagro\'s';
    is json_of($browser->finish($registered, '1234'))->{code}, undef, 'the device gets its secret';
    is deliver("/user/$registered->{mpinId}", {activateKey => $key})->code, 401, 'after which the key opens nothing';
};

subtest 'a service is as its application had Milagro\'s' => sub {
    my $browser = browser(service, host => 'service.example', origin => 'https://service.example', visited => 1);
    my $settings = $browser->settings;
    is $settings->{authenticateURL}, 'https://app.example/in', 'authenticateURL is where the administrator says';
    ok $settings->{setDeviceName}, 'the pad asks for the name of a device';
    my $registered = json_of($browser->request(PUT => '/rps/user', body => '{"userId":"mailed7@example.org"}',
        headers => [Origin => 'https://service.example', 'Content-Type' => 'application/json', 'X-Team' => 'a', 'X-Other' => 'b',
            Cookie => 'app=1; __Host-mpin=not-theirs; other=2', 'Accept-Language' => 'de']));
    is_deeply asked()->{headers}, {X_TEAM => 'a', COOKIE => 'app=1; other=2'},
        'the application hears the headers that are listed, and no cookie of ours';
    my ($made, $ends) = map { /T(\d+):(\d+)/; $1 * 60 + $2 } @$registered{qw(nowTime expireTime)};
    is +($ends - $made) % 1440, 120, 'a registration waits for two hours';
    my $code = json_of($browser->json(POST => '/rps/getAccessNumber', {}));
    is $code->{ttlSeconds}, 90, 'a code for as long as is said';
    is $code->{localTimeEnd} - $code->{localTimeStart}, 90_000, 'by the clock, too';
    is page()->settings->{authenticateURL}, '/mpinAuthenticate', 'and else as ever';
};

subtest 'wrong_activate_key_leaves_the_registration' => sub {
    my $browser = page();
    my $registered = json_of($browser->register('mailed@example.org'));
    ok !$registered->{active}, 'the registration waits';
    my ($id, $key) = ($registered->{mpinId}, asked()->{activateKey});
    my $sign = sub { $browser->json(POST => "/rps/signature/$id", {regOTT => $registered->{regOTT}}) };
    is $sign->()->code . word($sign->()), '401not_activated', 'and gives no secret';

    my $other = json_of(page()->register('mailed2@example.org'));
    for my $wrong (asked()->{activateKey}, '0' x 64, substr($key, 1), "${key}0", uc $key, '') {
        my $answer = deliver("/user/$id", {activateKey => $wrong});
        is $answer->code . word($answer), '401activation_unknown', "not with '$wrong'";
    }
    is deliver("/user/$other->{mpinId}", {activateKey => $key})->code, 401, 'nor another with its key';
    is deliver("/user/$_", {activateKey => $key})->code, 401, "nor /user/$_" for '00ff', uc $id, 'x', "${id}00";
    is deliver("/user/$id", $_)->code, 400, "nor with $_" for '{', '{}', '[]', '{"activateKey": 5}', '{"activateKey":null}';
    is deliver("/user/$id", {activateKey => 'x' x 20000})->code, 413, 'nor with much';
    is $sign->()->code, 401, 'wrong keys have done nothing';

    my $answer = deliver("/user/$id", {activateKey => $key});
    is $answer->code . $answer->content, '200', 'the right one activates';
    is deliver("/user/$id", {activateKey => $key})->code, 200, 'and does so again';
    is $sign->()->code, 200, 'the device gets its secret';
    is $sign->()->code, 400, 'once';
};

subtest 'an application refuses, or fails' => sub {
    my $browser = page();
    my $answer = $browser->register('refused@example.org');
    is $answer->code . word($answer), '403not_allowed', 'a refusal';
    is deliver('/user/' . asked()->{mpinId}, {activateKey => asked()->{activateKey}})->code, 401, 'leaves no registration';
    for my $how ('html', 'broken') {
        $answer = $browser->register("$how\@example.org");
        is $answer->code . word($answer), '500application_failed', "$how is no answer";
    }
    is deliver('/user/' . asked()->{mpinId}, {activateKey => asked()->{activateKey}})->code, 401, 'and leaves none either';
    is $browser->register('forced@example.org', userData => 'x' x 3000)->code, 400, 'it is not told what is too long';
};
expect_in_log(qr/MPIN0311/);

subtest 'a registration is sent again' => sub {
    my $browser = page();
    my $first = json_of($browser->register('mailed3@example.org'));
    my $key = asked()->{activateKey};
    my $again = json_of($browser->json(PUT => "/rps/user/$first->{mpinId}", {userId => 'mailed3@example.org', mobile => 0,
        regOTT => $first->{regOTT}}));
    ok asked()->{resend}, 'the application hears that';
    is_deeply [@$again{qw(mpinId regOTT expireTime)}], [@$first{qw(mpinId regOTT expireTime)}], 'it is the same one';
    is asked()->{activateKey}, $key, 'with the same key';
    is deliver("/user/$first->{mpinId}", {activateKey => $key})->code, 200, 'so that either mail activates it';
    is $browser->json(POST => "/rps/signature/$first->{mpinId}", {regOTT => $first->{regOTT}})->code, 200, 'once';
};

# ---- authentication ---------------------------------------------------------------------------------------------

my $device = page()->enrol('forced@example.org', '2580');

# What the application gets for an authOTT: status, message, attempts left, and whether it is told who.
sub redeemed {
    my ($ott, $who) = @_;
    my $answer = deliver('/authenticate', {authOTT => $ott});
    my $said = json_of($answer);
    is $answer->code, $said->{status}, 'the status stands in the body, too';
    my $left = delete $said->{attemptsLeft};
    is_deeply [sort keys %$said], [qw(message mpinId status userId)], 'with what Milagro\'s says';
    is "$said->{userId} $said->{mpinId}", $who ? "$who->{name} $who->{mpinId}" : ' ', 'and who it is';
    return "$said->{status} $said->{message}" . (defined $left ? " $left" : '');
}

subtest 'an authOTT is worth one login' => sub {
    my $ott = page()->ott($device);
    is redeemed($ott, $device), '200 Authentication successful', 'whichever browser it came from';
    is redeemed($ott), '408 Expired authentication request', 'once';
    is redeemed('0' x 32), '408 Expired authentication request', 'one that nobody made is worth nothing';
    is redeemed($_), '408 Expired authentication request', "nor is '$_'" for '00', uc $ott, 'x';
    is deliver('/authenticate', $_)->code, 400, "nor $_" for '{', '{}', '[]', '{"authOTT": 5}', '{"mpinResponse":{"authOTT":"00"}}',
        encode_json({authOTT => '0' x 1000});
    is deliver('/authenticate', {authOTT => $ott, logoutData => 'x' x 20000})->code, 413, 'nor much';
};

subtest 'thousand_redemptions_at_once_win_once' => sub {
    my $body = encode_json({authOTT => page()->ott($device)});
    my $text = "POST /authenticate HTTP/1.1\r\nHost: localhost:@{[service]}\r\nConnection: close\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    my %count;
    $count{$_->code}++ for burst(service, ($text) x 1000);
    is_deeply \%count, {200 => 1, 408 => 999}, 'all others are too late';
};
expect_crowd();

subtest 'wrong PINs lock' => sub {
    my $browser = page();
    early_in_a_minute();
    my $locked = page()->enrol('forced2@example.org', '1111');
    is redeemed($browser->ott($locked, '9999'), $locked), '401 Wrong PIN. 2', 'the first';
    is redeemed($browser->ott($locked, '9999'), $locked), '401 Wrong PIN. 1', 'the second';
    is redeemed($browser->ott($locked, '9999'), $locked), '410 Wrong PIN.', 'the third';
    is redeemed($browser->ott($locked), $locked), '410 Wrong PIN.', 'and the right one after it';
    my @unjudged = map { $browser->ott($locked) } 1 .. 25;
    my @named = grep { json_of(deliver('/authenticate', {authOTT => $_}))->{userId} } @unjudged;
    ok @named >= 5 && @named <= 20, 'many tries at it leave few records';
    is deliver('/authenticate', {authOTT => $browser->ott($locked)})->code, 410, 'and are answered alike';
    is redeemed($browser->ott({%$locked, mpinId => '7b7d'})), '403 This device\'s access was withdrawn.', 'who is nobody is told so';
    is redeemed(page()->ott($device), $device), '200 Authentication successful', 'others go on';
};

subtest 'an application withdraws a device' => sub {
    my $set = sub {
        open my $out, '>', "$ENV{MPIN_STAGE}/t/logs/withdrawn" or die;
        print {$out} @_;
        close $out or die;
    };
    for my $pair ([403, 403], [401, 401], [410, 410], [404, 403], [500, 500]) {
        my ($said, $seen) = @$pair;
        $set->("$device->{mpinId} $said\n");
        is page()->pass1($device)->{answer}->code, $seen, "$said ends its logins with $seen";
    }
    $set->('');
    is redeemed(page()->ott($device), $device), '200 Authentication successful', 'and lets it in again';
};

subtest 'nobody is told of a login by phone that nobody waits for' => sub {
    is deliver('/loginResult', $_)->code, 400, $_ for '{', '{}', '{"authOTT":"00"}', '{"status":200}';
    is deliver('/loginResult', {authOTT => '0' x 32, status => 200})->code, 408, 'an unknown authOTT';
    my $ott = page()->ott($device);
    is deliver('/loginResult', {authOTT => $ott, status => 200})->code, 408, 'nor one of a browser';
    is redeemed($ott, $device), '200 Authentication successful', 'which stays good';
};

subtest 'a phone signs in a browser of the application' => sub {
    my ($desktop, $phone) = (page(), page());
    my $code = json_of($desktop->json(POST => '/rps/getQrUrl', {}));
    my $ott = json_of($phone->pass2($device, $device->{pin}, $phone->pass1($device), WID => $code->{accessNumber}))->{authOTT};
    is deliver('/authenticate', {authOTT => $ott})->code, 408, 'not before the phone has offered it';
    my ($told) = MPin::in_parallel(2, sub {
        return 'phone ' . $phone->json(POST => '/rps/authenticate', {mpinResponse => {authOTT => $ott}})->content if $_[0] == 1;
        my $seen;
        until_true(sub {
            $seen = json_of($desktop->json(POST => '/rps/access', {webOTT => $code->{webOTT}}));
            $seen->{status} eq 'authenticate'
        });
        return if redeemed($seen->{authOTT}, $device) ne '200 Authentication successful';
        deliver('/loginResult', {authOTT => $seen->{authOTT}, status => 200, logoutURL => '/out', logoutData => {session => 7}});
        return;
    });
    is_deeply decode_json($told =~ s/^phone //r), {logoutURL => '/out', logoutData => {session => 7}},
        'and hears what the application says';
    is deliver('/authenticate', {authOTT => $ott})->code, 408, 'once';
};

subtest 'the application of a one-time code hears it with the login, or asks for it' => sub {
    my $browser = page();
    ok $browser->settings->{requestOTP}, 'the pad is asked for one';
    my $device = $browser->enrol('forced3@example.org', '7391');
    my $pass2 = json_of($browser->pass2($device, '7391', $browser->pass1($device), OTP => JSON::true));
    like $pass2->{OTP}, qr/^[0-9]{6}$/, 'six digits';
    is json_of(deliver('/authenticate', {authOTT => $pass2->{authOTT}}))->{OTP}, $pass2->{OTP}, 'the same with the login';
    my $question = {userId => 'forced3@example.org', otp => $pass2->{OTP}};
    is deliver('/rps/otp', $question)->code, 200, 'redeemed';
    is deliver('/rps/otp', $question)->code, 410, 'once';
    is ask_far(POST => '/rps/otp')->code, 403, 'not without the secret, where there is one';
    is ask_far(POST => '/rps/otp', Authorization => "Bearer $secret")->code, 400, 'with it';
};

done;
