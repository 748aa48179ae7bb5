# SPDX-License-Identifier: Apache-2.0
# A phone signs a desktop in.
use strict;
use warnings;
use Test::More;
use JSON;
use MPin;

from(23);
my $firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

# ---- the two of them

sub desktop {
    my $desktop = browser(site);
    $desktop->{headers} = ['User-Agent' => $firefox];
    $desktop->settings;
    return $desktop;
}

# A phone with a PIN, and nobody else's name on it: phone1, phone2 ...
my $number = 0;
sub phone {
    my $name = 'phone' . ++$number;
    my $phone = browser(site)->sign_in($name);
    my $device = $phone->enrol($name, '1357');
    $phone->sign_out;
    return ($phone, $device);
}

sub ask { my ($browser, $path, $body) = @_; return $browser->json(POST => "/rps/$path", $body // {}) }
sub code { return json_of(ask($_[0], 'getQrUrl')) }
sub wid { return $_[0]{qrUrl} =~ /#([0-9a-f]{32})$/ ? $1 : die $_[0]{qrUrl} }
sub poll { my ($desktop, $code) = @_; return json_of(ask($desktop, access => {webOTT => $code->{webOTT}})) }

# pass1 and pass2 for a code: the authOTT.
sub prove {
    my ($phone, $device, $wid, $pin) = @_;
    return json_of($phone->pass2($device, $pin // $device->{pin}, $phone->pass1($device), WID => $wid))->{authOTT};
}

# POST /rps/authenticate in a process of its own; the code that reads its answer.
sub authenticating {
    my ($phone, $ott) = @_;
    pipe my $reader, my $writer or die;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        close $reader;
        my $answer = ask($phone, authenticate => {mpinResponse => {authOTT => $ott}});
        syswrite $writer, $answer->code . ' ' . $answer->content;
        require POSIX;
        POSIX::_exit(0);
    }
    close $writer;
    return sub {
        local $/;
        my ($code, $text) = split / /, scalar(<$reader>), 2;
        waitpid $pid, 0;
        return ($code, JSON::decode_json($text));
    };
}

sub offered {
    my ($desktop, $code) = @_;
    my $seen;
    until_true(sub { $seen = poll($desktop, $code); $seen->{status} eq 'authenticate' });
    return $seen;
}

# A whole login: what the phone was answered.
sub sign_in_by_phone {
    my ($desktop, $code, $phone, $device, $wid) = @_;
    my $done = authenticating($phone, prove($phone, $device, $wid));
    my $answer = $desktop->authenticate(offered($desktop, $code)->{authOTT});
    return ($answer, $done->());
}

subtest 'a number signs a desktop in, and the phone signs it out' => sub {
    my $desktop = desktop();
    my ($phone, $device) = phone();
    my $code = json_of(ask($desktop, 'getAccessNumber'));
    like $code->{accessNumber}, qr/^\d{7}$/;
    like $code->{webOTT}, qr/^[0-9a-f]{32}$/;
    is $code->{ttlSeconds}, 300;
    is $code->{localTimeEnd} - $code->{localTimeStart}, 300_000;
    is_deeply poll($desktop, $code),
        {status => 'new', statusCode => 0, userId => '', redirectURL => '', authOTT => ''}, 'nobody has typed it';

    my ($answer, $status, $told) = sign_in_by_phone($desktop, $code, $phone, $device, $code->{accessNumber});
    is $answer->code, 200, 'the desktop is in' or diag $answer->as_string;
    is $desktop->cookie('mpin-login'), undef, '... and has no cookie left of the way there';
    is $desktop->who, $device->{name};
    is $status, 200, 'the phone knows';
    is $told->{logoutURL}, '/logout';
    my $env = json_of($desktop->get('/whoami'))->{env};
    is $env->{MPIN_AMR}, 'pin mfa swk phone';
    is $phone->who, '', 'the phone is not signed in by it';
    is poll($desktop, $code)->{status}, 'expired', 'the code is over';

    my $out = $phone->json(POST => $told->{logoutURL}, $told->{logoutData});
    is $out->code, 200;
    is $out->content, '', 'nothing is said';
    is $desktop->who, '', 'the desktop is out';
};

subtest 'a QR code, with somebody who picks' => sub {
    my $desktop = desktop();
    my ($phone, $device) = phone();
    my $code = code($desktop);
    my $wid = wid($code);
    is $code->{qrUrl}, origin(site) . "/m#$wid";
    like $code->{qrSvg}, qr{^<svg xmlns="http://www.w3.org/2000/svg" viewBox="[\d ]+" shape-rendering="crispEdges"><path[^<>]+/><path[^<>]+/></svg>$};
    unlike $code->{qrSvg}, qr/$wid/;

    my $context = json_of(ask($phone, codeStatus => {status => 'wid', wid => $wid, pick => JSON::true}));
    is $context->{AppName}, 'Wiki';
    is $context->{origin}, origin(site) =~ s{http://}{}r;
    is $context->{desktop}{browser}, 'Firefox on Linux';
    like $context->{desktop}{address}, qr/^127\.0\.0\./;
    ok $context->{desktop}{sameNetwork} && !$context->{desktop}{seen} && !$context->{secondTap}, 'one network';
    my $seen = poll($desktop, $code);
    is $seen->{status}, 'wid';
    is scalar(grep { $_ eq $seen->{match} } @{$context->{choices}}), 1, 'the number is among the choices';
    is json_of(ask($phone, codeStatus => {status => 'user', wid => $wid, userId => $device->{name}, choice => $seen->{match}}))
        ->{Status}, 'OK';
    is poll($desktop, $code)->{userId}, $device->{name};
    my ($answer, $status) = sign_in_by_phone($desktop, $code, $phone, $device, $wid);
    is $answer->code, 200;
    is $status, 200;
    is $desktop->who, $device->{name};

    # Both know him now.
    $code = code($desktop);
    $context = json_of(ask($phone, codeStatus => {status => 'wid', wid => wid($code), pick => JSON::true}));
    ok $context->{desktop}{seen}, 'seen before with the user that the phone knows';
    my ($wrong) = grep { $_ ne (poll($desktop, $code)->{match}) } @{$context->{choices}};
    is ask($phone, codeStatus => {status => 'user', wid => wid($code), userId => $device->{name}, choice => $wrong})->code, 403;
    is poll($desktop, $code)->{status}, 'expired', 'a wrong pick ends the code';
};

# Its address is shared with others, and another one in a minute.
subtest 'a phone that is signed in is known by a cookie too' => sub {
    my $desktop = desktop();
    my ($phone, $device) = phone();
    $phone->pin_login($device);
    is $phone->cookie('mpin-login'), undef, 'its sign-in has left none';
    my $code = code($desktop);
    is ask($phone, codeStatus => {status => 'wid', wid => wid($code)})->code, 200, 'it claims a code';
    is json_of(ask(browser(site), codeStatus => {status => 'abort', wid => wid($code)}))->{code}, 'code_taken', 'a neighbour cannot end it';
    $phone->{from} = '127.0.0.231';
    is ask($phone, codeStatus => {status => 'user', wid => wid($code), userId => $device->{name}})->code, 200, 'and it goes on from elsewhere';
};

subtest 'relay_context_is_shown' => sub {
    my $desktop = desktop();
    my ($phone, $device) = phone();
    $phone->{from} = '127.9.9.24'; # on another network
    my $code = code($desktop);
    my $context = json_of(ask($phone, codeStatus => {status => 'wid', wid => wid($code), pick => JSON::true}));
    ok !$context->{desktop}{sameNetwork}, 'another network';
    ok $context->{secondTap}, 'and nobody has been there';
    my %said = (status => 'user', wid => wid($code), userId => $device->{name}, choice => poll($desktop, $code)->{match});
    is json_of(ask($phone, codeStatus => \%said))->{code}, 'second_tap';
    is json_of(ask($phone, codeStatus => {%said, confirmed => JSON::true}))->{Status}, 'OK';
    is poll($desktop, $code)->{status}, 'user';
};

subtest 'authott_from_another_browser_is_408' => sub {
    my ($phone, $device) = phone();
    for my $thief ($phone, desktop(), browser(site), browser(site)->sign_in('jane')) {
        my $desktop = desktop();
        my $code = code($desktop);
        my $ott = prove($phone, $device, wid($code));
        my $done = authenticating($phone, $ott);
        is offered($desktop, $code)->{authOTT}, $ott;
        is $thief->authenticate($ott)->code, 408, 'not for another browser';
        is $desktop->authenticate($ott)->code, 408, 'and gone for its own';
        is poll($desktop, $code)->{status}, 'expired';
        is +($done->())[0], 412, 'the phone hears that';
    }
};

subtest 'wrong PINs, unknown numbers and slow desktops have their statuses' => sub {
    my $desktop = desktop();
    my ($phone, $device) = phone();
    my $code = code($desktop);
    my $status = sub {
        my $answer = ask($phone, authenticate => {mpinResponse => {authOTT => $_[0]}});
        return wantarray ? ($answer->code, json_of($answer)) : $answer->code;
    };
    my ($first, $refusal) = $status->(prove($phone, $device, wid($code), '0000'));
    is $first, 401;
    is $refusal->{attemptsLeft}, 2;
    is poll($desktop, $code)->{status}, 'new', 'the desktop waits on';
    is $status->(prove($phone, $device, '0000000')), 412;
    is $status->('0' x 32), 408;
    is $status->('x'), 408;
    is ask($phone, authenticate => {})->code, 400;
    is +(sign_in_by_phone($desktop, $code, $phone, $device, wid($code)))[1], 200, 'the right one works on';

    my $slow = code($desktop);
    is $status->(prove($phone, $device, $slow->{accessNumber})), 408, 'nobody comes within 10 s';
    is poll($desktop, $slow)->{status}, 'expired', 'nor will';

    $status->(prove($phone, $device, '0000000', '0000')) for 1, 2;
    is $status->(prove($phone, $device, '0000000', '0000')), 410, 'locked';
    is $status->(prove($phone, $device, '0000000')), 410, 'for good';
};

subtest 'a phone signs out its own desktop only, and needs no cookie for it' => sub {
    my ($one, $other) = (desktop(), desktop());
    my ($phone, $device) = phone();
    my $code = code($one);
    my ($answer, $status, $told) = sign_in_by_phone($one, $code, $phone, $device, wid($code));
    $other->sign_in($device->{name});
    my $token = $told->{logoutData}{sessionToken};
    is_deeply [sort keys %{$told->{logoutData}}], [qw(sessionToken userId)];
    my $session = $one->cookie('mpin');
    isnt index($token, $session), 0, 'it is not the session';

    my @json = ('Content-Type' => 'application/json');
    my $post = sub { my ($body, @headers) = @_; return request(site, 'POST', '/logout', body => $body, headers => [@headers]) };
    is $post->(qq({"sessionToken":"$_"}), @json)->code, 403, 'not ' . substr $_, 0, 20
        for '', 'x', $session, $one->cookie('mpin-known'), substr($token, 1), "${token}A", 'A' x 5000;
    is $post->($_, @json)->code, 403, "not $_" for '{}', '{"sessionToken":1}', '{"userId":"phone1"}';
    is $post->(qq({"sessionToken":"$token"}), @json, Origin => 'https://evil.example')->code, 403, 'not from elsewhere';
    is $one->who, $device->{name};
    for my $i (1, 2) {
        my $out = $i == 1 ? $post->("sessionToken=$token&userId=$device->{name}", 'Content-Type' => 'application/x-www-form-urlencoded')
            : $post->(encode_json($told->{logoutData}), @json);
        is $out->code, 200, $i == 1 ? 'as a form' : 'and again, as JSON';
        is $out->content, '';
        is $out->header('Set-Cookie'), undef, 'no cookie of the phone changes';
    }
    is $one->who, '', 'that one is out';
    is scalar(() = MPin::audit_log() =~ /"logout_by_phone".*"$device->{name}"/g), 1, 'which is written down once';
    is $other->who, $device->{name}, 'and no other';
};

subtest 'a code is bound to the cookie that its desktop gets with it' => sub {
    my ($phone, $device) = phone();
    my $desktop = browser(site); # has not seen a page yet
    my $code = code($desktop);
    ok $desktop->cookie('mpin-login'), 'it comes with the code';
    my ($answer, $status) = sign_in_by_phone($desktop, $code, $phone, $device, wid($code));
    is $answer->code . $status, '200200';
    is $desktop->who, $device->{name};
};

subtest 'exactly one of a thousand phones gets a number' => sub {
    from(25);
    my $desktop = desktop();
    my $code = code($desktop);
    my $wid = wid($code);
    my $text = encode_json({status => 'user', wid => $wid, userId => 'anybody'});
    my @cookies = map { my $phone = browser(site); $phone->settings; $phone->cookie_header } 1 .. 50;
    my %seen;
    for my $round (1 .. 20) {
        $seen{$_->code}++ for burst(site, map {
            "POST /rps/codeStatus HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nOrigin: @{[origin(site)]}\r\n" .
            "Content-Type: application/json\r\nContent-Length: @{[length $text]}\r\n" .
            "Cookie: $cookies[$_]; x=$round\r\n\r\n$text"
        } 0 .. $#cookies);
    }
    my %expected = (200 => 20, 403 => 980); # that phone, each time it repeats itself
    is_deeply \%seen, \%expected or diag explain \%seen;
    is poll($desktop, $code)->{status}, 'user';
};
expect_crowd();

subtest 'flood_of_pending_records_leaves_sessions_and_logout_working' => sub {
    from(26);
    my ($phone, $device) = phone();
    my %seen;
    $seen{ask(desktop(), $_ % 2 ? 'getQrUrl' : 'getAccessNumber')->code}++ for 1 .. 40;
    is_deeply \%seen, {200 => 5, 429 => 35}, 'live_access_numbers_are_capped';
    my $visitor = browser(site)->sign_in('phone20');
    is $visitor->who, 'phone20', 'sessions work';
    is $visitor->sign_out->code, 303, 'and sign-out';
    is $visitor->who, '', 'ends them';
    from(27);
    my $desktop = desktop();
    my $code = code($desktop);
    my ($answer, $status) = sign_in_by_phone($desktop, $code, $phone, $device, wid($code));
    is $answer->code . $status, '200200', 'elsewhere, phones sign in';
};

subtest 'phones that wait hold a tenth of the workers and no more' => sub {
    from(28);
    my ($phone, $device) = phone();
    my @waiting;
    my $seats = ($ENV{MPM} // 'event') eq 'prefork' ? 6 : 10; # as conf/httpd.conf.in has workers
    my $elsewhere = sub { my $desktop = desktop(); $desktop->{from} = "127.0.28.$_[0]"; return $desktop };
    for (1 .. $seats) {
        my $desktop = $elsewhere->($_);
        my $code = code($desktop);
        push @waiting, [$desktop, $code, authenticating($phone, prove($phone, $device, wid($code)))];
        offered($desktop, $code);
    }
    my $late = $elsewhere->($seats + 1);
    is +(authenticating($phone, prove($phone, $device, wid(code($late))))->())[0], 429, 'one more is told to come again';
    is request(site, 'GET', '/login')->code, 200, 'others are served';
    is $_->[0]->authenticate(offered(@$_[0, 1])->{authOTT})->code, 200, 'each comes in' for @waiting;
    is +($_->[2]->())[0], 200 for @waiting;
};

subtest 'mobile clients find us' => sub {
    my $service = json_of(request(site, 'GET', '/service'));
    is $service->{url}, origin(site);
    is $service->{rps_prefix}, 'rps';
    is_deeply json_of(request(site, 'GET', '/rps/mobileConfig')), [$service];
};

subtest 'MPinPhoneLogin Off ends the matter' => sub {
    my $browser = browser(closed);
    my $settings = $browser->settings;
    my @fields = qw(mobileAuthenticateURL accessNumberURL getAccessNumberURL getQrUrl codeStatusURL);
    is_deeply [grep { exists $settings->{$_} } @fields], [], 'clientSettings names none of it';
    is_deeply [grep { browser(site)->settings->{$_} !~ m{^/rps/\w+$} } @fields], [], 'which it does where it is on';
    is ask($browser, $_)->code, 404, $_ for qw(getAccessNumber getQrUrl access codeStatus authenticate);
    is request(closed, 'GET', $_)->code, 404, $_ for qw(/rps/mobileConfig /service);
    is json_of(request(closed, 'GET', '/rps/mobileConfig'))->{id}, 'MPIN0024', 'our own 404';
    unlike request(closed, 'GET', '/service')->content, qr/MPIN/, 'and httpd\'s, as the page is the site\'s own';
    is $browser->json(POST => '/rps/pass2', {mpin_id => '7b7d', V => '04' . '0' x 192, WID => '7673507', pass => 2})->code, 403,
        'no proof is taken for one';
};

done;
