# SPDX-License-Identifier: Apache-2.0
# Cookies: any junk is as good as none, ours are ours alone.
use strict;
use warnings;
use Test::More;
use MPin;

from(14);

my $ok = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
my $john = browser(site)->sign_in('john');
my $session = $john->cookie('mpin');

# The whole answer of an API client, but for what is new each time.
sub answer_to {
    my $answer = request(site, 'GET', '/protected/', headers => ['X-Requested-With' => 'x', @_]);
    $answer->remove_header('Date');
    return $answer->as_string =~ s/^Set-Cookie: mpin-login=.*\n//mr;
}

my $refusal = answer_to();
like $refusal, qr/^HTTP\/1.1 401/, 'without a cookie';
like answer_to(Cookie => "mpin=$session"), qr/PROTECTED CONTENT/, 'with one';

subtest 'junk is as good as none' => sub {
    for my $junk (';', ';;', '; ;', '=', '==', '=;=', '" "', '"', 'mpin', 'mpin=', 'mpin=;', 'mpin= ;mpin-login=', 'mpin=""',
        'mpin="', '$Version=1; mpin=x', "mpin=\xff\xfe", 'mpin=' . 'A' x 7000, 'mpin=' . 'A=' x 3000, ';' x 7000,
        'mpin-login=' . '_' x 7000, 'a=b; ' x 1400, 'mpin=' . '.' x 100, "mpin=$session.1", "mpin=$session=",
        "mpin=$session$session", 'mpin=' . substr($session, 0, -1), 'mpin=' . substr($session, 1), 'mpin=AQ',
        map({ 'mpin=' . substr $session, 0, $_ } 1 .. 40)) {
        is answer_to(Cookie => $junk), $refusal, substr $junk, 0, 30;
    }
    like request(site, 'GET', '/protected/', headers => [Cookie => 'mpin=' . 'A' x 65536])->code, qr/^4/, '64 KB';
    like answer_to(map { (Cookie => "mpin.$_=x") } 1 .. 90), qr/^HTTP\/1.1 401/, 'ninety Cookie headers';
};

subtest 'ours is found among others' => sub {
    for my $header ("a=b; mpin=$session", "mpin=$session; a=b", ";;mpin=$session;", "a=\"x;y\"; mpin=$session",
        "mpinx=1; mpin=$session", "xmpin=1;mpin=$session", " mpin=$session ", "a; mpin=$session; =b") {
        like answer_to(Cookie => $header), qr/PROTECTED CONTENT/, $header =~ s/\Q$session/S/r;
    }
    like answer_to(Cookie => 'a=b', Cookie => "mpin=$session"), qr/PROTECTED CONTENT/, 'in a second header';
};

subtest 'every byte flipped: one identical answer' => sub {
    my %answers;
    for my $at (0 .. length($session) - 1) {
        my $broken = $session;
        # Another letter that differs in its highest bits: the last letter's lowest may stand for nothing.
        (substr $broken, $at, 1) =~ tr/A-Za-z0-9_-/g-zA-Z0-9_\-a-f/;
        $answers{answer_to(Cookie => "mpin=$broken")}++;
    }
    is_deeply [keys %answers], [$refusal], length($session) . ' broken cookies';
};

subtest 'prelogin_blob_is_no_session' => sub {
    my $stranger = browser(site);
    $stranger->visit('/login');
    my %other = (%{$john->{cookies}}, %{$stranger->{cookies}});
    delete $other{mpin};
    ok keys %other >= 2, 'there are other cookies of ours';
    is answer_to(Cookie => "mpin=$other{$_}"), $refusal, "$_ as a session" for sort keys %other;
    my $page = request(site, 'GET', '/login', headers => [Cookie => "mpin-login=$session"]);
    like $page->header('Set-Cookie'), qr/^mpin-login=/, 'nor the other way round';
};

subtest 'tossed_second_cookie_is_ignored' => sub {
    my $jane = browser(site)->sign_in('jane');
    my $hers = $jane->cookie('mpin');
    for my $pair (["mpin=$session; mpin=$hers"], ["mpin=$hers; mpin=$session"], ["mpin=$session; mpin=$session"],
        ["mpin=$session", "mpin=$hers"], ["mpin=$session; a=b;mpin="], ["mpin; mpin=$session"]) {
        my $answer = request(site, 'GET', '/whoami', headers => [map { (Cookie => $_) } @$pair]);
        is json_of($answer)->{env}{REMOTE_USER}, undef, 'neither counts';
        ok +(grep { /^mpin=;.*Max-Age=0/i } $answer->header('Set-Cookie')), 'and both are cleared';
    }
    for my $file ('/mpin/mpin.css', $jane->visit('/login?switch=1')->content =~ m{href="(/mpin/[^"]+\.css)"}) {
        is request(site, 'GET', $file, headers => [Cookie => "mpin=$session; mpin=$hers"])->header('Set-Cookie'), undef,
            "but not by what a cache keeps for everybody: $file";
    }
};

subtest 'backend_never_sees_or_sets_our_cookies' => sub {
    my $mine = join '; ', map { "$_=$john->{cookies}{$_}" } keys %{$john->{cookies}};
    my @seen = capture($ok, sub {
        request(site, 'GET', '/raw', headers => [Cookie => "a=1; $mine; b=2"]);
        request(site, 'GET', '/raw', headers => [Cookie => $mine]);
        request(site, 'GET', '/raw', headers => [Cookie => "a=1; mpin=x; mpin=$session; b=2", Cookie => "MPIN=c; mpin=d"]);
        request(site, 'GET', '/raw', headers => [Cookie => " mpin = $session ; mpin\t=$session;\"mpin\"=$session; c=3"]);
    });
    is scalar @seen, 4, 'the backend was asked';
    unlike $_, qr/\Q$session/, 'no session reaches it' for @seen[0 .. 2];
    unlike $_, qr/\bmpin(-login|-known)?\s*=/, 'nor any cookie of ours' for @seen;
    like $seen[0], qr/^Cookie: a=1; ?b=2\r$/m, 'others do';
    unlike $seen[1], qr/^Cookie/m, 'and where there are none there is no header';
    my $env = json_of($john->get('/protected/echo', Cookie => 'other=1'))->{env};
    is $env->{HTTP_COOKIE}, 'other=1', 'a CGI script sees the others only';

    my $tries = join '&', map { "header=Set-Cookie:$_" } "mpin=$session", 'mpin-login=x%3b%20Path=/', 'mpin-known=y',
        '%20mpin%20=z', 'mpin', 'theirs=1', '__Host-mpin=1';
    for my $path ('/open/echo', '/proxied', '/whoami', '/open/echo') {
        my @set = request(site, 'GET', "$path?$tries&status=200")->header('Set-Cookie');
        is_deeply [grep { !/^(theirs|__Host-mpin)=/ } @set], [], "$path sets none of ours";
        ok +(grep { /^theirs=1/ } @set), 'and keeps its own';
    }
    my @set = request(site, 'GET', "/open/echo?$tries&status=500")->header('Set-Cookie');
    is_deeply [grep { /^mpin/i } @set], [], 'nor with an error';
    like error_log(), qr/MPIN0404/, 'it is in the log';
};

subtest 'a request that cannot be read hides them from its error document too' => sub {
    my $answer = raw(closed, "GET / HTTP/1.1\r\nHost: not a host\r\nCookie: a=1; mpin=$session\r\nMpin-User: evil\r\n\r\n");
    is $answer->code, 400, 'refused by httpd';
    like $answer->content, qr/"env"/, 'the error document';
    unlike $answer->content, qr/mpin=|evil/, 'sees none of ours';
};

subtest 'a session in use is not sealed anew at each request' => sub {
    is $john->get('/protected/')->header('Set-Cookie'), undef, 'within a minute';
};

subtest 'name and flags follow MPinPublicURL, never Host or the connection' => sub {
    for my $host ('www.example.com', 'evil.example', "127.0.0.1:@{[public]}") {
        my ($set) = request(public, 'GET', '/login', host => $host)->header('Set-Cookie');
        like $set, qr/^__Host-mpin-login=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax$/, "https, asked for as $host";
    }
    my ($set) = request(site, 'GET', '/login', host => 'www.example.com', headers => ['X-Forwarded-Proto' => 'https'])
        ->header('Set-Cookie');
    like $set, qr/^mpin-login=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/, 'http on loopback';
    ok +(grep { /^strict-login=/ } request(strict, 'GET', '/login')->header('Set-Cookie')), 'MPinCookieName';
};

done;
