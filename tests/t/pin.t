# SPDX-License-Identifier: Apache-2.0
# The M-Pin story over HTTP: registration, the two passes, authentication, with the statuses of the protocol.
use strict;
use warnings;
use Test::More;
use MPin;

from(19);

# A browser with its pre-login cookie.
sub fresh {
    my $browser = browser(shift // site);
    $browser->visit('/login');
    return $browser;
}

my $john = browser(site)->sign_in('john');

# A device with this PIN, of somebody who has no other.
my $users = 7;
sub device {
    my $name = 'user' . $users++;
    return browser(site)->sign_in($name)->enrol($name, shift);
}

subtest 'clientSettings say what a client needs' => sub {
    my $browser = browser(site);
    my $settings = $browser->settings;
    ok $settings->{$_}, $_ for qw(registerURL signatureURL setupDoneURL mpinAuthServerURL authenticateURL appID seedValue);
    is $settings->{suite}, 'BLS12381-MPIN-NU', 'the suite';
    is $settings->{pinLength}, 4, 'how many digits';
    isnt $browser->settings->{seedValue}, $settings->{seedValue}, 'a fresh seed each time';
    ok $browser->cookie('mpin-login'), 'who has no login page gets its cookie here';
    is browser(site)->sign_in('jane')->settings->{signedIn}{user}, 'jane', 'who is signed in';
    ok !$settings->{timePermitsURL}, 'and nothing that is not on offer';
};

subtest 'registration by a session' => sub {
    my $answer = $john->register('john', deviceName => 'Test-Phone 1');
    is $answer->code, 200, 'who is signed in by password registers the own name';
    my $registered = json_of($answer);
    like $registered->{mpinId}, qr/^([0-9a-f]{2})+$/, 'mpinId';
    like $registered->{regOTT}, qr/^[0-9a-f]{32}$/, 'regOTT';
    ok $registered->{active}, 'active at once';
    like $registered->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, $_ for qw(expireTime nowTime);
    my $inside = JSON::decode_json(pack 'H*', $registered->{mpinId});
    is "$inside->{userID} $inside->{mobile}", 'john 0', 'the id says whose it is';
    like $inside->{issued}, qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/, 'and when';
    like $inside->{salt}, qr/^[0-9a-f]{32}$/, 'with salt';

    my $path = "/rps/signature/$registered->{mpinId}";
    is $john->json(POST => $path, {regOTT => $_})->code, 400, 'a wrong regOTT' for '0' x 32, '', 'x', uc $registered->{regOTT};
    is $john->get("$path?regOTT=$_")->code, 400, 'by GET too' for '0' x 32, '';
    is fresh()->json(POST => $path, {regOTT => $registered->{regOTT}})->code, 400, 'from another browser';
    my $share = json_of($john->get("$path?regOTT=$registered->{regOTT}"))->{clientSecretShare};
    like $share, qr/^04[0-9a-f]{192}$/, 'the registration has stood it all, and the GET of old clients works';
    is $john->get("$path?regOTT=$registered->{regOTT}")->code, 400, 'once';
    is $john->json(POST => "/rps/setupDone/$registered->{mpinId}", {})->code, 200, 'setupDone';
};

subtest 'what is no registration' => sub {
    for my $name ('', ' ', 'a b', 'a:b', '<b>', 'a"b', "a\nb", 'x' x 255, "\x{e4}", 'a,b') {
        is $john->register($name)->code, 400, 'userId ' . MPin::Browser::escape(substr $name =~ s/\xe4/ae/r, 0, 10);
    }
    is $john->register('john', mobile => 2)->code, 400, 'mobile 2';
    is $john->register('john', deviceName => $_)->code, 400, "deviceName $_" for "two\nlines", 'x' x 33, "a\x{0}";
};

subtest 'a name needs its proof' => sub {
    is json_of($john->register('jane'))->{code}, 'name_taken', 'john is not jane';
    is json_of(fresh()->register('john'))->{code}, 'name_taken', 'nor is a stranger john';
    my $by_pin = fresh();
    my $device = device('9876');
    is $by_pin->pin_login($device)->code, 200, 'who signs in by PIN';
    is $by_pin->register($device->{name})->code, 403, 'adds no device: a PIN is no proof of the name';
};

subtest 'open_registration_of_a_taken_name_is_403' => sub {
    my $first = fresh();
    my $device = $first->enrol('free@example.org', '1470');
    is $first->pin_login($device)->code, 200, 'a free name is whose it is first';
    is json_of($first->get('/whoami'))->{env}{REMOTE_USER}, 'free@example.org', 'and signs in';
    my $answer = fresh()->register('Free@Example.org');
    is $answer->code . json_of($answer)->{code}, '403name_taken', 'then it is taken';
    # Two who register the same free name: the first to fetch its secret gets it.
    my ($anna, $eve) = (fresh(), fresh());
    my ($hers, $eves) = map { json_of($_->register('both@example.org')) } $anna, $eve;
    is $anna->json(POST => "/rps/signature/$hers->{mpinId}", {regOTT => $hers->{regOTT}})->code, 200, 'the first';
    is $eve->json(POST => "/rps/signature/$eves->{mpinId}", {regOTT => $eves->{regOTT}})->code, 403, 'the second';
};

subtest 'open_registration_of_a_providers_name_is_403' => sub {
    my $answer = fresh()->register('user36');
    is $answer->code . json_of($answer)->{code}, '403name_taken', 'its owner has a password, and has not signed in yet';
};

subtest 'password_login_ends_what_was_registered_openly_before' => sub {
    my $squatter = fresh();
    my $device = $squatter->enrol('latecomer', '1470');
    is $squatter->pin_login($device)->code, 200, 'a name that nobody has is free';
    system('htpasswd', '-bB', '-C', 4, "$ENV{MPIN_STAGE}/t/users", 'latecomer', 'latecomer-secret') == 0 or die 'htpasswd';
    is fresh()->pin_login($device)->code, 403, 'until it is given to somebody';
    browser(site)->sign_in('latecomer');
    is $squatter->who, '', 'who comes with the password';
    is $squatter->pin_login($device)->code, 403, 'then the device is withdrawn';
};

subtest 'a PIN login ends no registration that waits in the same browser' => sub {
    my $browser = fresh();
    my $device = $browser->enrol('first@example.org', '1470');
    my $waits = json_of($browser->register('second@example.org'));
    is $browser->pin_login($device)->code, 200, 'somebody signs in meanwhile';
    ok $browser->cookie('mpin-login'), '... and the cookie stays that the registration is bound to';
    my $second = eval { $browser->finish($waits, '1471') };
    ok $second, 'it goes on' or diag $@;
    is $browser->cookie('mpin-login'), undef, 'then nothing waits any more';
    is $browser->pin_login($second)->code, 200, 'and its PIN signs in';
    is $browser->cookie('mpin-login'), undef, '... which leaves no cookie of the way';
};

subtest 'closed is closed' => sub {
    my $answer = fresh(closed)->register('somebody@example.org');
    is $answer->code . json_of($answer)->{code}, '403registration_closed', 'for strangers';
    is browser(closed)->sign_in('john')->register('john')->code, 403, 'and for who is signed in';
    from(192);
    is fresh(strict)->register('somebody@example.org')->code, 403, 'signed-in is for who is signed in';
    is browser(strict)->sign_in('user6')->register('user6')->code, 200, 'as here';
    from(19);
};

subtest 'a PIN login' => sub {
    my $device = device('2468');
    my $browser = fresh();
    my $pass1 = $browser->pass1($device);
    is $pass1->{answer}->code, 200, 'pass1';
    like $pass1->{y}, qr/^0{32}[0-9a-f]{64}$/, 'y';
    like $pass1->{passId}, qr/^[0-9a-f]{32}$/, 'passId';
    is $pass1->{pass}, 1, 'pass 1';
    my $pass2 = json_of($browser->pass2($device, '2468', $pass1));
    like $pass2->{authOTT}, qr/^[0-9a-f]{32}$/, 'authOTT';
    is $pass2->{pass}, 2, 'pass 2';
    is $browser->pass2($device, '2468', $pass1)->code, 408, 'a pass1 is good for one pass2';
    my $answer = $browser->authenticate($pass2->{authOTT});
    is $answer->code, 200, 'authenticate';
    is json_of($answer)->{user}, $device->{name}, 'says who';
    is json_of($answer)->{location}, '/', 'and where to go';
    is $browser->who, $device->{name}, 'signed in';
    is $browser->authenticate($pass2->{authOTT})->code, 408, 'an authOTT is good for one session';
    is fresh()->pin_login($device)->code, 200, 'and again, elsewhere';
};

subtest 'slow_sender_stops_no_clock' => sub {
    my $device = device('2468');
    my $browser = fresh();
    my $pass1 = $browser->pass1($device);
    my $body = JSON::encode_json({mpin_id => $device->{mpinId}, WID => '0', OTP => 0, pass => 2,
        V => $browser->proof($device, '2468', $pass1), passId => $pass1->{passId}});
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => site) or die;
    print {$socket} "POST /rps/pass2 HTTP/1.1\r\nHost: 127.0.0.1:@{[site]}\r\nOrigin: @{[origin(site)]}\r\n",
        "Cookie: @{[$browser->cookie_header]}\r\nContent-Type: application/json\r\nConnection: close\r\n",
        "Content-Length: @{[length $body]}\r\n\r\n", substr $body, 0, -1;
    $socket->flush;
    sleep 16;
    print {$socket} substr $body, -1;
    $socket->flush;
    like scalar(<$socket>), qr/ 408 /, 'a pass1 is too old when the end of pass2 comes too late';
};

subtest 'a sign-out while a body is on its way counts for it' => sub {
    my $browser = browser(site)->sign_in('john');
    $browser->settings;
    my $body = JSON::encode_json({userId => 'john', mobile => 0});
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => site) or die;
    print {$socket} "PUT /rps/user HTTP/1.1\r\nHost: 127.0.0.1:@{[site]}\r\nOrigin: @{[origin(site)]}\r\n",
        "Cookie: @{[$browser->cookie_header]}\r\nContent-Type: application/json\r\nConnection: close\r\n",
        "Content-Length: @{[length $body]}\r\n\r\n", substr $body, 0, -1;
    $socket->flush;
    is $browser->copy->sign_out->code, 303, 'signed out meanwhile';
    print {$socket} substr $body, -1;
    $socket->flush;
    like scalar(<$socket>), qr/ 403 /, 'no PIN for john';
};

subtest 'a client that sends no passId is matched by its cookie' => sub {
    my $device = device('8642');
    my $browser = fresh();
    my $pass1 = $browser->pass1($device);
    delete $pass1->{passId};
    my $answer = $browser->pass2($device, '8642', $pass1);
    is $answer->code, 200, 'pass2';
    is $browser->authenticate(json_of($answer)->{authOTT})->code, 200, 'signed in';
};

subtest 'malformed passes are 403, and count nothing' => sub {
    my $device = device('1593');
    my $browser = fresh();
    my $good = $browser->pass1($device);
    my $v = $browser->proof($device, '1593', $good);
    my $off_curve = '04' . '0' x 191 . '1';
    my @points = ('', '04', $v . '00', substr($v, 2), '02' . substr($v, 2, 96), '06' . substr($v, 2), uc $v, 'zz' . substr($v, 2),
        '04' . 'f' x 192, '04' . '0' x 192, $off_curve);
    for my $point (@points) {
        is $browser->pass1($device, U => $point)->{answer}->code, 403, 'U ' . substr $point, 0, 12;
    }
    is $browser->pass1($device, mpin_id => $_)->{answer}->code, 403, 'mpin_id ' . substr $_, 0, 6
        for '', 'zz', uc $device->{mpinId}, '7', '7b' x 1025;
    is $browser->pass1($device, pass => 2)->{answer}->code, 403, 'pass 2 at pass1';
    for my $point (@points) {
        my $pass1 = $browser->pass1($device);
        is $browser->pass2($device, '1593', $pass1, V => $point)->code, 403, 'V ' . substr $point, 0, 12;
    }
    my $pass1 = $browser->pass1($device);
    is $browser->pass2($device, '1593', $pass1, @$_)->code, 403, "@$_[0] @{[$_->[1] // 'null']}"
        for [WID => '12345678'], [WID => 'x' x 32], [WID => undef], [WID => 1], [OTP => 'x'], [passId => 'x'], [passId => undef], [pass => 1];
    is $browser->pass2($device, '1593', $pass1, passId => '0' x 32)->code, 408, 'a passId that is not';
    is $browser->pass2($device, '1593', $pass1)->code, 200, 'the pass1 has stood that';
    is $browser->pin_login($device)->code, 200, 'and no failure has been counted';
    is json_of($browser->pin_login($device, '0000'))->{attemptsLeft}, 2, 'the first is still to come';
};

subtest 'while time permits are off, UT is not even looked at' => sub {
    my $device = device('8520');
    my $browser = fresh();
    for my $ut ('', 'zz', '04' . '0' x 192, undef, ['x']) {
        my $pass1 = $browser->pass1($device, UT => $ut);
        is $pass1->{answer}->code, 200, 'UT ' . substr($ut // 'null', 0, 4);
        is $browser->authenticate(json_of($browser->pass2($device, '8520', $pass1))->{authOTT})->code, 200, 'signed in';
    }
};

subtest 'repeated_U_is_refused' => sub {
    my $device = device('3691');
    my $browser = fresh();
    my ($x, $u) = MPin::calculate('pass1', $device->{hash});
    is $browser->pass1($device, U => $u)->{answer}->code, 200, 'a U';
    is $browser->pass1($device, U => $u)->{answer}->code, 403, 'the same again';
    is fresh()->pass1($device, U => $u)->{answer}->code, 403, 'from elsewhere, too';
    is $browser->pin_login($device)->code, 200, 'a fresh one is taken';
};

subtest 'authott_from_another_browser_is_408' => sub {
    my $device = device('2580');
    my $browser = fresh();
    for my $thief (fresh(), browser(site), browser(site)->sign_in('jane')) {
        my $ott = $browser->ott($device);
        is $thief->authenticate($ott)->code, 408, 'not for another browser';
        is $browser->authenticate($ott)->code, 408, 'and gone for its own';
    }
    my $ott = browser(site)->ott($device);
    is browser(site)->authenticate($ott)->code, 408, 'who has no cookie cannot redeem one';
    is $browser->authenticate($_)->code, 408, "unknown: $_" for '0' x 32, 'x', uc $ott;
};

subtest 'third_wrong_is_410_and_stock_client_survives' => sub {
    my $device = device('7531');
    my $browser = fresh();
    # As the original's client: no passId, and an authOTT comes back for a wrong PIN too.
    my $try = sub {
        my $pass1 = $browser->pass1($device);
        delete $pass1->{passId};
        my $pass2 = $browser->pass2($device, shift, $pass1);
        is $pass1->{answer}->code . $pass2->code, '200200', 'both passes look as ever';
        return $browser->authenticate(json_of($pass2)->{authOTT});
    };
    for my $left (2, 1) {
        my $answer = $try->('0000');
        is $answer->code, 401, 'wrong';
        is json_of($answer)->{attemptsLeft}, $left, "$left left";
    }
    is $try->('0000')->code, 410, 'the third';
    is $try->('7531')->code, 410, 'and the right one after it';
    is $try->('0000')->code, 410, 'for ever';
    is $browser->who, '', 'nobody is signed in';
    is $device->{owner}->who, $device->{name}, 'sessions go on: else a stranger could end them';
    is fresh()->pin_login($device->{owner}->enrol($device->{name}, '7531'))->code, 200, 'so do other devices';
};

subtest 'a success in between gives the full number of tries' => sub {
    my $device = device('7412');
    my $browser = fresh();
    for (1 .. 2) {
        is json_of($browser->pin_login($device, '0000'))->{attemptsLeft}, $_, 'wrong' for 2, 1;
        is $browser->pin_login($device)->code, 200, 'right';
    }
};

subtest 'interleaved_success_does_not_refill_guesses' => sub {
    my $device = device('9632');
    my $browser = fresh();
    my ($wrong, $code) = (0, 0);
    while ($wrong < 30) {
        $code = $browser->pin_login($device, '0000')->code;
        $wrong++;
        last if $code == 410;
        $browser->pin_login($device) if $wrong % 2 == 0;
    }
    is "$wrong $code", '20 410', 'the twentieth wrong one in 30 days locks';
    is $browser->pin_login($device)->code, 410, 'for the right one too';
};

subtest 'a locked and a used device survive a restart of the server' => sub {
    my $locked = device('1111');
    my $half = device('2222');
    my $browser = fresh();
    $browser->pin_login($locked, '0000') for 1 .. 3;
    $browser->pin_login($half, '0000') for 1 .. 2;
    MPin::restart();
    is $john->who, 'john', 'the session';
    is fresh()->pin_login($locked)->code, 410, 'the lock';
    is fresh()->pin_login($half, '0000')->code, 410, 'the failures';
};

subtest 'a reset revokes the old identity at its first success' => sub {
    my $jane = browser(site)->sign_in('jane');
    my $old = $jane->enrol('jane', '1212');
    my $browser = fresh();
    is $browser->pin_login($old)->code, 200, 'the old one';
    my $new = $jane->enrol('jane', '3434', replaces => $old->{mpinId});
    is fresh()->pin_login($old)->code, 200, 'still good while the new one is unused';
    is fresh()->pin_login($new)->code, 200, 'the new one';
    my $answer = fresh()->pin_login($old);
    is $answer->code . json_of($answer)->{code}, '403identity_revoked', 'then the old one is over';
    is $browser->who, '', 'with the sessions that came from it';
    is $jane->who, 'jane', 'and no others';
    $jane->enrol('jane', '5656', replaces => device('7878')->{mpinId});
};

subtest 'a name has ten devices at most' => sub {
    my $user = browser(site)->sign_in('user40');
    $user->enrol('user40', '1234') for 1 .. 10;
    my $answer = $user->register('user40');
    is $answer->code . json_of($answer)->{code}, '403too_many_identities', 'the eleventh';
};

subtest 'nothing tells who is enrolled' => sub {
    my $nobody = {mpinId => unpack('H*', '{"userID":"nobody"}'), hash => 'ab' x 32, token => device('4321')->{token}, pin => '1234'};
    my $browser = fresh();
    my $pass1 = $browser->pass1($nobody);
    is $pass1->{answer}->code, 200, 'pass1 of an unknown id';
    is_deeply [sort keys %{json_of($pass1->{answer})}], [qw(message pass passId version y)], 'in the usual shape';
    my $answer = $browser->pass2($nobody, '1234', $pass1);
    like json_of($answer)->{authOTT}, qr/^[0-9a-f]{32}$/, 'pass2 too';
    isnt $browser->authenticate(json_of($answer)->{authOTT})->code, 200, 'and nobody is let in';
};

subtest 'flood_of_pending_records_leaves_sessions_and_logout_working' => sub {
    my $junk = device('5432')->{token};
    from(190);
    my %seen;
    my $flood = fresh();
    $seen{$flood->register("flood$_\@example.org")->code}++ for 1 .. 70;
    is_deeply [sort keys %seen], [200, 429], 'an address may only register so often';
    $flood->pass1({hash => 'ab' x 32, mpinId => unpack 'H*', qq({"userID":"u$_"})}) for 1 .. 50;
    is $flood->authenticate($flood->ott({hash => 'ab' x 32, mpinId => '7b7d', token => $junk}, '1234'))->code =~ /^4/, 1, 'answers go on in the usual shape' for 1 .. 70;
    from(191);
    is fresh()->register('elsewhere@example.org')->code, 200, 'another address is free';
    my $visitor = browser(site)->sign_in('user5');
    is $visitor->who, 'user5', 'sessions work';
    is $visitor->sign_out->code, 303, 'and sign-out';
    is $visitor->who, '', 'ends them';
};

done;
