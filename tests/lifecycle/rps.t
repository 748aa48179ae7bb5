#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# In front of an RPS that misbehaves in every way: each is answered with a status that may be tried again, nobody is
# let in, and nobody else waits. The RPS is a script that does what the authOTT says.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use Server;
use MPin;
use IO::Socket::INET;
use JSON;
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Test::More;

my $site = $ENV{PORT};
my $rps = $site + 1;
my $log = "$Server::top/rps.log"; # a line a request
my $settings_file = "$Server::top/settings.json";

sub mpin_id {
    my ($name, $more) = @_;
    return unpack 'H*', qq({"mobile": 0, "issued": "2026-11-22 01:01:35.538057", "userID": "$name", "salt": "c01aec33771e45225251e6c9d9a3adb"})
        . ($more // '');
}

# ---- the RPS -------------------------------------------------------------------------------------------------

sub answer {
    my ($status, $body, @headers) = @_;
    return join "\r\n", "HTTP/1.1 $status Whatever", 'Content-Type: application/json; charset=UTF-8', @headers,
        'Content-Length: ' . length $body, '', $body;
}

sub verdict {
    my ($status, %fields) = @_;
    return answer($status, encode_json({status => $status, message => 'word', userId => 'anna@example.org',
        mpinId => mpin_id('anna@example.org'), %fields}));
}

my %good = (status => 200, message => 'Authentication successful', userId => 'anna@example.org',
    mpinId => mpin_id('anna@example.org'));
my $good = verdict(200, %good);
my $text = encode_json(\%good);
sub without { my %fields = %good; delete @fields{@_}; return answer(200, encode_json(\%fields)) }
sub chunked { return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n$_[0]" }

# Bytes, or a function of the connection. What hangs ends when we close.
sub wait_for_end { my $client = shift; 1 while sysread $client, my $more, 4096; return }
sub drip {
    my ($client, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    for my $byte (split //, $bytes) {
        defined syswrite $client, $byte or return;
        select undef, undef, undef, 0.5;
    }
}
sub reset_connection {
    my $client = shift;
    setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    close $client;
    return 0;
}

# authOTT => [what the RPS does, our status, our code]
my %BROKEN = (
    html => [answer(200, '<html>Welcome!</html>') =~ s{application/json}{text/html}r],
    html_as_json => [answer(200, '<html>Welcome!</html>')],
    json_as_html => [$good =~ s{application/json}{text/html}r],
    no_type => [$good =~ s{Content-Type: [^\r]+\r\n}{}r],
    empty => [answer(200, '')],
    empty_object => [answer(200, '{}')],
    array => [answer(200, "[$text]")],
    null => [answer(200, 'null')],
    two_objects => [answer(200, $text . $text)],
    huge => [answer(200, $text =~ s/\}$/', "x": "' . 'x' x 200_000 . '"}'/er)],
    huge_announced => ["HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n$text"],
    huge_headers => ["HTTP/1.1 200 OK\r\n" . join('', map { "X-$_: " . 'y' x 1000 . "\r\n" } 1 .. 400) . "\r\n$text"],
    deep => [answer(200, $text =~ s/\}$/', "x": ' . '[' x 5000 . ']' x 5000 . '}'/er)],
    duplicate_keys => [answer(200, $text =~ s/\}$/, "userId": "john"}/r)],
    duplicate_status => [answer(200, '{"status": 401, ' . substr $text, 1)],
    nul_in_name => [answer(200, $text =~ s/"userId":"[^"]+"/"userId":"anna\@example.org\\u0000x"/r)],
    not_utf8 => [answer(200, $text =~ s/Authentication/\xff\xfe/r)],
    wrong_type => [verdict(200, userId => 17)],
    name_is_object => [verdict(200, userId => {name => 'anna@example.org'})],
    mpin_id_is_number => [verdict(200, mpinId => 12)],
    mpin_id_is_no_hex => [verdict(200, mpinId => 'zz')],
    mpin_id_in_capitals => [verdict(200, mpinId => uc mpin_id('anna@example.org'))],
    mpin_id_is_long => [verdict(200, mpinId => '00' x 2000)],
    status_as_text => [verdict(200, status => '200')],
    status_401_inside => [verdict(200, status => 401)],
    status_200_inside => [verdict(401, status => 200) =~ s/\A\S+ \d+/HTTP\/1.1 401/r],
    no_status => [without('status')],
    no_user => [without('userId')],
    no_mpin_id => [without('mpinId')],
    created => [$good =~ s/ 200 / 201 /r],
    no_content => ["HTTP/1.1 204 No\r\n\r\n"],
    redirect => [answer(302, $text, "Location: http://127.0.0.1:$rps/authenticate/good")],
    redirect_307 => [answer(307, $text, "Location: http://127.0.0.1:$rps/authenticate/good")],
    not_found => [answer(404, '{"message": "URI NOT FOUND"}')],
    bad_request => [answer(400, '')],
    broken_inside => [answer(500, '{"message": "Internal Server Error"}')],
    unavailable => [answer(503, '', 'Retry-After: 1')],
    locked_page => [answer(410, '<html>Gone</html>')],
    locked_without_json => [answer(410, '')],
    basic => [answer(401, '<html>Password?</html>', 'WWW-Authenticate: Basic realm="x"')],
    chunk_garbage => [chunked("zz\r\n$text\r\n0\r\n\r\n")],
    chunk_negative => [chunked("-5\r\n$text\r\n0\r\n\r\n")],
    chunk_huge => [chunked("ffffffffffffffff\r\n$text\r\n0\r\n\r\n")],
    chunk_unfinished => [chunked("5\r\n{\"sta")],
    cut => [substr($good, 0, -20)],
    two_lengths => [$good =~ s/\r\n\r\n/\r\nContent-Length: 5\r\n\r\n/r],
    no_http => ["SSH-2.0-OpenSSH_9.2\r\n"],
    http_0_9 => [$text],
    nothing => [''],
    reset => [\&reset_connection],
    half_and_reset => [sub { syswrite $_[0], substr($good, 0, 40); reset_connection($_[0]) }],
    compressed => [$good =~ s/\r\n\r\n/\r\nContent-Encoding: gzip\r\n\r\n/r =~ s/\{"/\x1f\x8b/r],
);
my %SLOW = (
    silent => [\&wait_for_end],
    slow_headers => [sub { drip($_[0], $good) }],
    drip_body => [sub { my ($head, $body) = split /(?<=\r\n\r\n)/, $good; syswrite $_[0], $head; drip($_[0], $body) }],
    body_never_comes => [sub { syswrite $_[0], $good =~ s/\{.*//sr; wait_for_end($_[0]) }],
    only_informs => [sub { local $SIG{PIPE} = 'IGNORE'; while (defined syswrite $_[0], "HTTP/1.1 102 Processing\r\n\r\n") { select undef, undef, undef, 0.2 } }],
);
my %LIES = (
    another_name => [verdict(200, userId => 'john'), 502, 'rps_userid_mismatch'],
    name_in_capitals => [verdict(200, userId => 'Anna@example.org'), 502, 'rps_userid_mismatch'],
    mpin_id_of_another => [verdict(200, mpinId => mpin_id('john')), 502, 'rps_userid_mismatch'],
    mpin_id_without_json => [verdict(200, mpinId => '00'), 502, 'rps_userid_mismatch'],
    mpin_id_with_two_names => [verdict(200, mpinId => unpack 'H*', '{"userID": "john", "userID": "anna@example.org"}'), 502, 'rps_userid_mismatch'],
    mpin_id_with_more => [verdict(200, mpinId => mpin_id('anna@example.org', ' x')), 502, 'rps_userid_mismatch'],
    no_name => [verdict(200, userId => 'anna <script>', mpinId => mpin_id('anna <script>')), 403, 'not_allowed'],
    empty_name => [verdict(200, userId => '', mpinId => mpin_id('')), 403, 'not_allowed'],
);
my %FAIR = (
    wrong => [verdict(401), 401, 'wrong_pin'],
    refused => [verdict(403), 403, 'not_allowed'],
    late => [verdict(408, userId => '', mpinId => ''), 408, 'authott_unknown'],
    locked => [verdict(410), 410, 'locked'],
    number => [verdict(412), 412, 'code_unknown'],
);
my %ODD_BUT_GOOD = (
    good => [$good],
    informs => ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n$good"],
    chunks => [chunked(join '', (map { sprintf "1\r\n$_\r\n" } split //, $text), "0\r\n\r\n")],
    http_1_0 => [$good =~ s{\AHTTP/1.1}{HTTP/1.0}r =~ s{Content-Length: \d+\r\n}{}r],
    with_more_fields => [verdict(200, OTP => '176637', extra => [1, {a => undef}])],
    closes => [$good =~ s/\r\n\r\n/\r\nConnection: close\r\n\r\n/r],
    stays => [sub { syswrite $_[0], $good; 1 }],
);
my %does = (%BROKEN, %SLOW, %LIES, %FAIR, %ODD_BUT_GOOD);

sub note_request { open my $out, '>>', $log; syswrite $out, "$_[0]\n"; return }

sub read_request {
    my $client = shift;
    my $request = '';
    while ($request !~ /\r\n\r\n/) { sysread $client, $request, 65536, length $request or return }
    my ($length) = $request =~ /^Content-Length: (\d+)/mi;
    my $end = index($request, "\r\n\r\n") + 4;
    while (length $request < $end + ($length // 0)) { sysread $client, $request, 65536, length $request or return }
    return $request;
}

# True: the connection stays.
sub serve {
    my ($client, $request) = @_;
    my ($line) = $request =~ /\A(.*) HTTP/;
    my ($ott) = $request =~ /"authOTT":"(\w+?)(?:-\w+)?"/;
    note_request($line . ' ' . ($ott // ''));
    return syswrite $client, Server::slurp($settings_file) if $line eq 'GET /rps/clientSettings';
    return syswrite $client, answer(404, '') if $line ne 'POST /authenticate';
    my $what = ($does{$ott} // $FAIR{late})->[0];
    return $what->($client) if ref $what;
    syswrite $client, $what;
    return 0;
}

sub start_rps {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $rps, Listen => 200, ReuseAddr => 1)
        or die "port $rps: $!";
    my $pid = fork // die;
    if (!$pid) {
        $SIG{CHLD} = 'IGNORE';
        setpgrp 0, 0;
        while (1) {
            my $client = $listener->accept or next;
            my $child = fork // next;
            next if $child;
            close $listener;
            local $SIG{PIPE} = 'IGNORE';
            while (defined(my $request = read_request($client))) {
                my $stays = eval { serve($client, $request) };
                last if !$stays;
                last if $request =~ /stays-2/; # answered, and closed without a word
            }
            close $client if $client;
            require POSIX;
            POSIX::_exit(0);
        }
    }
    close $listener;
    return $pid;
}

sub stop_rps { my $pid = shift; kill -9 => $pid; waitpid $pid, 0; return }

# ---- the site ------------------------------------------------------------------------------------------------

Server::write_file($log, '');
my %settings = (
    timePermitsURL => "http://127.0.0.1:$rps/rps/timePermit", authenticateURL => '/mpinAuthenticate',
    timePermitsStorageURL => "http://127.0.0.1:8002/timePermitsStorage", certivoxURL => "http://127.0.0.1:$site/dta/",
    accessNumberUseCheckSum => JSON::true, codeStatusURL => "http://127.0.0.1:$rps/rps/codeStatus",
    getAccessNumberURL => "http://127.0.0.1:$rps/rps/getAccessNumber", setDeviceName => JSON::false, seedValue => '0a' x 100,
    cSum => 1, mpinAuthServerURL => "http://127.0.0.1:$rps/rps", useNFC => JSON::false, accessNumberDigits => 7,
    useWebSocket => JSON::false, signatureURL => "http://127.0.0.1:$rps/rps/signature", requestOTP => JSON::false,
    setupDoneURL => "http://127.0.0.1:$rps/rps/setupDone", accessNumberURL => "http://127.0.0.1:$rps/rps/access",
    getQrUrl => "http://127.0.0.1:$rps/rps/getQrUrl", registerURL => "http://127.0.0.1:$rps/rps/user",
    appID => 'e08ba5e1af148534ca476a71d5a86c81', mobileAuthenticateURL => "http://127.0.0.1:$rps/rps/authenticate",
);
sub say_settings { Server::write_file($settings_file, $_[0]); return }
say_settings(answer(200, encode_json(\%settings)));

my $server = Server->new(conf => "MaxRequestWorkers 128\nMPinRPS http://127.0.0.1:$rps/\n")->start;
my $peer = start_rps();

sub newcomer {
    my $browser = browser($site);
    $browser->get('/login');
    return $browser;
}

my $number = 0;
sub redeem {
    my ($browser, $ott, @headers) = @_;
    return $browser->json(POST => '/mpinAuthenticate', {mpinResponse => {authOTT => $ott, pass => 2}}, @headers);
}
sub try { my ($browser, $what) = @_; return redeem($browser, "$what-" . ++$number) }

sub is_in { my $browser = shift; return $browser->visit('/protected/')->code == 200 }

sub refused {
    my ($what, $status, $code) = @_;
    my $browser = newcomer();
    my $answer = try($browser, $what);
    is $answer->code, $status, "$what: $status";
    is json_of($answer)->{code}, $code, "... $code";
    ok !grep({ /^mpin=/ } $answer->header('Set-Cookie')), '... and no session';
    ok !is_in($browser), '... nobody is in' if $number % 10 == 0;
    return $browser;
}

# ---- every way ------------------------------------------------------------------------------------------------

subtest 'an RPS as it should be' => sub {
    for my $what (sort keys %ODD_BUT_GOOD) {
        my $browser = newcomer();
        my $answer = try($browser, $what);
        is $answer->code, 200, $what or diag $answer->as_string;
        is json_of($answer)->{user}, 'anna@example.org', '... anna';
        ok is_in($browser), '... is in';
    }
};

subtest 'a refusal of the protocol is passed on' => sub { refused($_, @{$FAIR{$_}}[1, 2]) for sort keys %FAIR };

subtest 'what is no answer of the protocol is a 502, and can be tried again' => sub {
    for my $what (sort keys %BROKEN) {
        my $browser = refused($what, 502, 'rps_broken');
        is try($browser, 'good')->code, 200, '... the next try comes through' if $number % 5 == 0;
    }
};

subtest 'rps_userid_mismatch_is_502' => sub { refused($_, @{$LIES{$_}}[1, 2]) for sort keys %LIES };

subtest 'a slow RPS is a 504' => sub {
    my %status = map { split / / } in_parallel(scalar keys %SLOW, sub {
        my $what = (sort keys %SLOW)[$_[0] - 1];
        my $answer = try(newcomer(), $what);
        return "$what " . $answer->code . '/' . (json_of($answer)->{code} // '') . '/' . (grep({ /^mpin=/ } $answer->header('Set-Cookie')) ? 'in' : 'out');
    });
    is $status{$_}, '504/rps_slow/out', $_ for sort keys %SLOW;
};

subtest nobody_waits_for_those_who_wait_for_the_rps => sub {
    my $waiting = 80; # of 128 workers
    my @sockets = map {
        my $browser = newcomer();
        my $body = encode_json({mpinResponse => {authOTT => "silent-$_", pass => 2}});
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $site, Timeout => 20) or die;
        syswrite $socket, join "\r\n", 'POST /mpinAuthenticate HTTP/1.1', "Host: 127.0.0.1:$site", 'Content-Type: application/json',
            'Cookie: ' . $browser->cookie_header, 'Connection: close', 'Content-Length: ' . length $body, '', $body;
        $socket;
    } map { 1000 + $_ } 1 .. $waiting;
    is request($site, GET => $_)->code, 200, "$_ answers meanwhile" for '/login', '/mpin.js', '/login';
    like request($site, GET => '/rps/clientSettings')->code, qr/^(?:200|503)$/, 'the settings are known, or to be asked for again';
    is request($site, GET => '/protected/')->code, 302, 'a protected page, too';
    my %times;
    for my $socket (@sockets) {
        my $answer = '';
        1 while sysread $socket, $answer, 65536, length $answer;
        $times{join ' ', $answer =~ /\AHTTP\/1.1 (\d+)/, $answer =~ /"code":"(\w+)"/}++;
    }
    is_deeply [sort keys %times], ['503 rps_busy', '504 rps_slow'], 'they are told to try again';
    cmp_ok $times{'504 rps_slow'} // 0, '<=', 13, 'a tenth of the workers has waited';
    is try(newcomer(), 'good')->code, 200, 'and then it goes on';
};

# ---- an authOTT ------------------------------------------------------------------------------------------------

subtest an_authOTT_of_an_rps_is_good_once_whatever_it_says => sub {
    my $browser = newcomer();
    is redeem($browser, 'good-once')->code, 200, 'once';
    is redeem($browser, 'good-once')->code, 408, 'not twice';
    is redeem(newcomer(), 'good-once')->code, 408, 'nor elsewhere';
    is redeem($browser, 'wrong-once')->code, 401, 'a wrong one';
    my $asked = () = Server::slurp($log) =~ /^POST \/authenticate wrong$/mg;
    is redeem($browser, 'wrong-once')->code, 408, 'is not shown to the RPS again, which would count it';
    is scalar(() = Server::slurp($log) =~ /^POST \/authenticate wrong$/mg), $asked, 'and was not';
    my $browser_2 = newcomer();
    my @codes = in_parallel(20, sub { redeem($browser_2->copy, 'good-together')->code });
    is scalar(grep { $_ == 200 } @codes), 1, 'of twenty at once one gets in';
    is scalar(grep { $_ == 408 } @codes), 19, 'and the others do not';
};

subtest 'what the browser has to bring' => sub {
    my $stranger = browser($site);
    my $answer = try($stranger, 'good');
    is $answer->code, 408, 'without a pre-login cookie nobody gets in';
    ok $stranger->cookie('mpin-login'), 'but the cookie';
    is try($stranger, 'good')->code, 200, 'so that the next try does';
    my $browser = newcomer();
    is redeem($browser, 'good-' . ++$number, Origin => $_)->code, 403, "not from $_" for 'http://evil.example', 'null', "http://127.0.0.1:$rps";
    is $browser->request(POST => '/mpinAuthenticate', body => encode_json({mpinResponse => {authOTT => 'good-' . ++$number}}),
        headers => ['Content-Type' => 'application/json', 'Sec-Fetch-Site' => 'cross-site'])->code, 403, 'nor from another site';
    is redeem($browser, $_)->code, 408, 'no authOTT' for 'good 1', "good\r\nX: 1", '';
    is $browser->json(POST => '/mpinAuthenticate', {mpinResponse => $_})->code, 400, 'nor this' for undef, {}, {authOTT => 1},
        {authOTT => 'g' x 65};
};

# ---- clientSettings ---------------------------------------------------------------------------------------------

stop_rps($peer);
subtest 'a dead RPS' => sub {
    refused('good', 502, 'rps_unreachable');
    Server::wait_for('the settings to be forgotten', sub { request($site, GET => '/rps/clientSettings')->code != 200 });
    my $answer = request($site, GET => '/rps/clientSettings');
    is $answer->code, 502, 'its settings';
    is json_of($answer)->{code}, 'rps_unreachable', 'are not made up';
    is request($site, GET => '/login')->code, 200, 'the login page is there';
};

# ---- the secret of an RPS ----------------------------------------------------------------------------------------

$server->stop;
my $secret = 'a-secret-of-the-rps-0123456789';
Server::write_file("$Server::top/secret", "$secret\n");
chmod 0600, "$Server::top/secret";
$server = Server->new(conf => <<"END")->start;
MPinRPS http://127.0.0.1:$rps "secret=$Server::top/secret"
LogLevel debug auth_mpin:trace8
<IfModule !log_config_module>
LoadModule log_config_module @{[Server::modules()]}/mod_log_config.so
</IfModule>
CustomLog "$Server::top/logs/access_log" "%r %U %q %{Referer}i"
END

sub leaks { return join "\n", (grep { /\Q$_[1]\E/ } split /\n/, $_[0])[0 .. 2] }
subtest only_the_rps_asks_and_its_secret_is_in_no_log => sub {
    my $id = mpin_id('carol');
    my $question = encode_json({userId => 'carol', mpinId => $id, mobile => 0, activateKey => 'ab', expireTime => '',
        resend => JSON::false, deviceName => '', userData => ''});
    my $ask = sub {
        my ($segment, @headers) = @_;
        my $verify = request($site, POST => "/mpinVerify$segment", body => $question, headers => \@headers);
        my $permit = request($site, GET => "/mpinPermitUser$segment?mpin_id=$id", headers => \@headers);
        is $permit->code, $verify->code, '... and so is a permit';
        return $verify->code;
    };
    is $ask->(''), 403, 'being on this machine is not enough';
    is $ask->("/$_"), 403, "nor is $_" for 'x', substr($secret, 0, -1), $secret . 'x', uc $secret, "$secret/", "x/$secret";
    is $ask->('', Authorization => $_), 403, 'nor another word' for $secret, "Basic $secret", "Bearer ${secret}x", 'Bearer ';
    is $ask->("/$secret", Origin => "http://127.0.0.1:$site"), 403, 'nor the secret from a browser';
    is $ask->("/$secret"), 200, 'a segment of the path is';
    is $ask->('', Authorization => "Bearer $secret"), 200, 'and so is a header';
    is $ask->("/$secret", 'RPS-BASE-URL' => 'http://evil.example/'), 200, 'what it says of itself is not looked at';
    is request($site, DELETE => "/mpinVerify/$secret")->code, 405, 'it is asked in one way';
    for my $log (qw(error_log access_log)) {
        my $text = Server::slurp("$Server::top/logs/$log");
        ok $text !~ /\Q$secret\E/, "the $log has no secret" or diag leaks($text, $secret);
        ok $text !~ /\Q$id\E/, 'and no mpinId';
    }
    like Server::slurp("$Server::top/logs/access_log"), qr{^POST /mpinVerify/\.\.\. }m, 'but that it was asked';
};

my @complaints = grep { !/MPIN041[123]|AH10159/ } $server->complaints;
is join("\n", @complaints), '', 'the error log has nothing else';
$server->stop;
done_testing;
