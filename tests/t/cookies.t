# Our cookies stay ours (security model).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Site;
use Test::More;

my $john = Site->signed_in;
my $good = $john->{cookies}{mpin};
my $anonymous = Site->new;

subtest 'backend_never_sees_or_sets_our_cookies' => sub {
    my $mine = "a=1; mpin=$good; b=2; mpin-login=x; mpin-known=y; c=3";
    for my $branch ([$john, '/cgi/env'], [$john, '/cgi/public'], [Site->new(5), '/open/']) {
        my ($site, $path) = @$branch;
        my $body = $site->ask('GET', $path, Cookie => $mine)->{body};
        like $body, qr/^HTTP_COOKIE=a=1; b=2; c=3$/m, $path;
        $body = $site->ask('GET', $path, Cookie => "mpin=$good")->{body};
        unlike $body, qr/HTTP_COOKIE/, "$path: nothing left, no header";
        my $answer = $site->ask('GET', "$path?evil", Cookie => "mpin=$good");
        my @set = @{$answer->{headers}{'set-cookie'} || []};
        is_deeply [grep { !/^mpin/ } @set], ['theirs=kept'], $path;
        is_deeply [grep { /evil/ } @set], [], $path;
    }
};

subtest 'a_second_cookie_line_is_no_way_round' => sub {
    my $body = $anonymous->send_raw("GET /cgi/public HTTP/1.1\r\nHost: 127.0.0.1:$anonymous->{port}\r\nConnection: close\r\n" .
        "Cookie: a=1\r\nCookie: mpin=$good\r\nCookie: b=2\r\n\r\n")->{body};
    unlike $body, qr/mpin=/;
    like $body, qr/^HTTP_COOKIE=a=1, b=2$/m;
};

subtest 'a_request_that_cannot_be_read_hides_them_from_its_error_document_too' => sub {
    my $answer = $anonymous->send_raw("GET / HTTP/1.1\r\nHost: not a host\r\n" .
        "Cookie: a=1; mpin=$good\r\nMpin-User: forged\r\n\r\n");
    is $answer->{status}, 400;
    like $answer->{body}, qr/SERVER_SOFTWARE/, 'the error document';
    unlike $answer->{body}, qr/mpin=|forged/;
};

subtest 'tossed_second_cookie_is_ignored' => sub {
    for my $cookies ("mpin=$good; mpin=x", "mpin=x; mpin=$good", "mpin=$good; mpin=$good", "mpin=$good; mpin",
                     "mpin=$good; mpin =x", "mpin=$good;;; ;mpin=") {
        my $answer = $anonymous->ask('GET', '/protected/', Cookie => $cookies);
        is $answer->{status}, 302, 'neither counts';
        like Site::header($answer, 'Set-Cookie'), qr/(^|, )mpin=;.*Max-Age=0/, 'both go';
        unlike $anonymous->ask('GET', '/cgi/public', Cookie => $cookies)->{body}, qr/HTTP_COOKIE=.*mpin/;
    }
};

subtest 'odd_cookies_are_survived_and_one_refusal_fits_all' => sub {
    my %odd = (
        'semicolons' => ';;;;', 'one semicolon' => ';', 'equals' => '=', 'empty quotes' => 'mpin=""', 'no value' => 'mpin=',
        'no equals' => 'mpin', 'quoted' => "mpin=\"$good\"", 'spaces' => '   ', 'commas' => ',,,', 'chunks' => 'mpin=99999999',
        'long' => 'mpin=' . 'A' x 7000, 'short' => 'mpin=AQ', 'percent' => 'mpin=%00%0d%0a', 'other name' => "Mpin=$good",
        'prefix' => "mpinx=$good", 'login state' => 'mpin=' . ($john->{cookies}{'mpin-login'} // 'x'),
        'known' => "mpin=$john->{cookies}{'mpin-known'}", 'longer' => "mpin=${good}A", 'cut' => 'mpin=' . substr($good, 0, -1),
    );
    for my $name (sort keys %odd) {
        my $answer = $anonymous->ask('GET', '/protected/', Cookie => $odd{$name});
        is $answer->{status}, 302, $name;
    }
    my $many = $anonymous->ask('GET', '/protected/', Cookie => join('; ', map { "a$_=$_" } 1 .. 700));
    is $many->{status}, 302, 'seven hundred';
    is $anonymous->ask('GET', '/protected/', Cookie => " a=1;mpin=$good ;b=2")->{status}, 200, 'spaces around a good one';
};

subtest 'every_flipped_character_is_refused_alike' => sub {
    my $first;
    for my $at (0 .. length($good) - 1) {
        my $bad = $good;
        substr($bad, $at, 1) = substr($good, $at, 1) eq 'A' ? 'B' : 'A';
        my $answer = $anonymous->ask('GET', '/protected/', Cookie => "mpin=$bad", Accept => 'application/json');
        my $seen = "$answer->{status} $answer->{body}";
        $first //= $seen;
        if ($seen ne $first || $answer->{status} != 401) {
            fail "character $at: $seen";
            return;
        }
    }
    pass length($good) . ' characters';
};

subtest 'a_session_that_is_in_use_is_not_sealed_anew_at_each_request' => sub {
    is Site::header($john->ask('GET', '/protected/'), 'Set-Cookie'), '';
};

subtest 'flags_come_from_the_public_url' => sub {
    my $set = Site::header($anonymous->ask('GET', '/protected/', Host => 'evil.example'), 'Set-Cookie');
    like $set, qr/^mpin-login=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/;
};

done_testing;
