# Who gets in, and what the others get (design: "Mounting"; field's complaints: XHR, loops, lost POSTs).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Site;
use Test::More;

my $anonymous = Site->new;
my $john = Site->signed_in;

subtest 'a_navigation_is_sent_to_the_login_and_comes_back' => sub {
    my $site = Site->new;
    my $answer = $site->ask('GET', '/protected/?x=1&y=%2F');
    is $answer->{status}, 302;
    like Site::header($answer, 'Location'), qr{^/login\?s=[0-9a-f]{12}$};
    like Site::header($answer, 'Cache-Control'), qr/no-store/;
    unlike $answer->{body}, qr/the protected page/;
    $answer = $site->sign_in('john', 'k7-maple-42', '/protected/?x=1&y=%2F');
    $answer = $site->ask('GET', Site::header($answer, 'Location'));
    like $answer->{body}, qr{href="/protected/\?x=1&amp;y=%2F"};
    $answer = $site->ask('GET', '/protected/?x=1');
    is $answer->{status}, 200;
    is $answer->{body}, "the protected page\n";
    is Site::header($answer, 'Cache-Control'), 'private';
};

subtest 'scripts_get_401_json_with_login_url' => sub {
    my %scripts = (
        'X-Requested-With' => ['X-Requested-With', 'XMLHttpRequest'],
        'Sec-Fetch-Mode' => ['Sec-Fetch-Mode', 'cors'],
        'Sec-Fetch-Dest' => ['Sec-Fetch-Dest', 'image'],
        'Accept' => ['Accept', 'application/json'],
    );
    for my $name (sort keys %scripts) {
        my $answer = $anonymous->ask('GET', '/protected/', @{$scripts{$name}});
        is $answer->{status}, 401, $name;
        is Site::header($answer, 'Content-Type'), 'application/json', $name;
        like $answer->{body}, qr{"login_url":"/login"}, $name;
        like $answer->{body}, qr{"code":"not_signed_in"}, $name;
        is Site::header($answer, 'Set-Cookie'), '', "$name: no state piles up";
    }
    for my $headers (['Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Dest', 'document'], ['Accept', undef]) {
        is $anonymous->ask('GET', '/protected/', @$headers)->{status}, 302, "a navigation: @{[grep defined, @$headers]}";
    }
    is $anonymous->ask($_, '/protected/')->{status}, 401, "$_ is a script's" for qw(PUT DELETE OPTIONS PROPFIND);
};

subtest 'a_lost_post_is_told_at_the_login_page' => sub {
    my $site = Site->new;
    my $answer = $site->ask('POST', '/cgi/env', 'Content-Type' => 'text/plain', body => 'x' x 30000);
    is $answer->{status}, 401;
    like Site::header($answer, 'Content-Type'), qr{^text/html};
    ok Site::field($answer, 'csrf'), 'it is the login page';
    unlike $answer->{body}, qr/SERVER_SOFTWARE/, 'followed by nothing';
    ok $site->{cookies}{'mpin-login'};
};

subtest 'a_login_page_is_followed_by_nothing' => sub {
    for my $path ('/protected/', '/cgi/env', '/cgi/nobody') {
        for my $headers ([], [Accept => 'application/json']) {
            my $body = $anonymous->ask('GET', $path, @$headers)->{body};
            unlike $body, qr/the protected page|SERVER_SOFTWARE/, "$path @$headers";
        }
        unlike $anonymous->ask('POST', $path, body => '')->{body}, qr/the protected page|SERVER_SOFTWARE/, "POST $path";
    }
    my $proxied = Site->new(2);
    unlike $proxied->ask($_, '/anything')->{body}, qr/SERVER_SOFTWARE/, "proxied $_" for qw(GET POST OPTIONS);
};

subtest 'unauthenticated_401_leaves_the_page_to_the_administrator' => sub {
    my $answer = $anonymous->ask('GET', '/cgi/u401');
    is $answer->{status}, 401;
    like $answer->{body}, qr/of the administrator/;
    like $anonymous->ask('GET', '/cgi/u401', Accept => 'application/json')->{body}, qr/login_url/;
};

subtest 'unauthenticated_redirect_redirects_everything' => sub {
    is $anonymous->ask('GET', '/cgi/redirect', Accept => 'application/json')->{status}, 302;
    my $answer = $anonymous->ask('POST', '/cgi/redirect', body => '');
    is $answer->{status}, 303;
    like Site::header($answer, 'Location'), qr{^/login\?s=};
    is Site::header($anonymous->ask('GET', '/cgi/elsewhere'), 'Location'), '/open/';
};

subtest 'pass_shows_who_is_signed_in_and_lets_the_others_by' => sub {
    my $answer = $anonymous->ask('GET', '/cgi/pass');
    is $answer->{status}, 200;
    unlike $answer->{body}, qr/^(REMOTE_USER|MPIN_)/m;
    like Site::header($answer, 'Cache-Control'), qr/private/, 'what depends on who asks is for no shared cache';
    $answer = $john->ask('GET', '/cgi/pass');
    like $answer->{body}, qr/^REMOTE_USER=john$/m;
    is $anonymous->ask('GET', '/cgi/pass-user')->{status}, 302, 'where a Require needs a user, nobody passes';
    is $john->ask('GET', '/cgi/pass-user')->{status}, 200;
};

subtest 'a_signed_in_user_who_fails_require_gets_403' => sub {
    for my $path ('/cgi/nobody', '/cgi/amr-pin') {
        my $answer = $john->ask('GET', $path);
        is $answer->{status}, 403, $path;
        like Site::header($answer, 'Content-Type'), qr{^text/html}, $path;
        is Site::header($answer, 'WWW-Authenticate'), '', $path;
        unlike $answer->{body}, qr/SERVER_SOFTWARE/, $path;
        $answer = $john->ask('GET', $path, Accept => 'application/json');
        is $answer->{status}, 403, "$path, JSON";
        like $answer->{body}, qr/"code":"not_authorized"/, "$path, JSON";
        is $john->ask('POST', $path, body => 'x')->{status}, 403, "$path, POST";
        is $anonymous->ask('GET', $path)->{status}, 302, "$path without a session";
    }
    is $john->ask('GET', '/cgi/denied')->{status}, 403;
    is $john->ask('GET', $_)->{status}, 200, $_ for '/cgi/amr-any', '/cgi/max-age', '/cgi/any-of';
};

subtest 'a_place_may_ask_for_a_better_login' => sub {
    my $answer = $john->ask('GET', '/cgi/pin-only');
    is $answer->{status}, 302, 'a password session does not do where a PIN is asked for';
    like Site::header($answer, 'Location'), qr{^/login\?s=};
    is $john->ask('GET', '/cgi/pin-only', Accept => 'application/json')->{status}, 401;
};

subtest 'applications_see_who_it_is' => sub {
    my $body = $john->ask('GET', '/cgi/env')->{body};
    like $body, qr/^REMOTE_USER=john$/m;
    like $body, qr/^AUTH_TYPE=MPin$/m;
    like $body, qr/^MPIN_PROVIDER=local$/m;
    like $body, qr/^MPIN_AMR=pwd$/m;
    like $body, qr/^MPIN_AUTH_TIME=\d{10}$/m;
    like $body, qr/^MPIN_SESSION=[0-9a-f]{32}$/m;
    unlike $body, qr/^MPIN_EMAIL=/m, 'john is no address';
    like $body, qr/^HTTP_X_WEBAUTH_USER=john$/m;
    like $body, qr/^HTTP_X_WEBAUTH_AMR=pwd$/m;

    my $anna = Site->new;
    $anna->sign_in('anna@example.org', 'elm-19-tide');
    $body = $anna->ask('GET', '/cgi/env')->{body};
    like $body, qr/^MPIN_EMAIL=anna\@example\.org$/m;
    like $body, qr/^HTTP_X_WEBAUTH_EMAIL=anna\@example\.org$/m;
};

subtest 'sign_out_ends_the_session_at_once' => sub {
    my $site = Site->signed_in;
    my $cookie = $site->{cookies}{mpin};
    is $site->ask('POST', '/logout', Origin => $site->origin)->{status}, 303;
    ok !$site->{cookies}{mpin}, 'the cookie is deleted';
    is $anonymous->ask('GET', '/protected/', Cookie => "mpin=$cookie")->{status}, 302, 'and worth nothing';
};

subtest 'a_new_login_has_a_new_session_and_the_old_one_ends' => sub {
    my $site = Site->signed_in;
    my $old = $site->{cookies}{mpin};
    my $page = $site->ask('GET', '/login', Cookie => "mpin-login=" . ($site->{cookies}{'mpin-login'} // ''));
    my $csrf = Site::field($page, 'csrf');
    is $site->post_form('/login', username => 'john', password => 'k7-maple-42', csrf => $csrf)->{status}, 303;
    isnt $site->{cookies}{mpin}, $old;
    is $site->ask('GET', '/protected/')->{status}, 200;
    is $anonymous->ask('GET', '/protected/', Cookie => "mpin=$old")->{status}, 302;
};

subtest 'auth_type_without_the_engine_lets_nobody_in' => sub {
    my $off = Site->new(1); # an .htaccess asks for it; in httpd.conf it is an error at -t
    is $off->ask('GET', '/off/')->{status}, 500;
    is $off->ask('GET', '/off/', Cookie => "mpin=$john->{cookies}{mpin}")->{status}, 500;
};

subtest 'a_session_is_worth_nothing_on_another_vhost' => sub {
    my $other = Site->new(2);
    is $other->ask("GET", "/", Cookie => "mpin=$john->{cookies}{mpin}")->{status}, 302;
};

subtest 'odd_requests_are_survived' => sub {
    my $port = $anonymous->{port};
    my %odd = (
        'OPTIONS *' => "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'CONNECT' => "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'absolute' => "GET http://127.0.0.1:$port/protected/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'no slash' => "GET protected HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'TRACE' => "TRACE /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'dots' => "GET /open/../protected/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'encoded' => "GET /%70rotected/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        'slashes' => "GET //protected// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    for my $name (sort keys %odd) {
        my $answer = $anonymous->send_raw($odd{$name});
        ok $answer->{status}, $name;
        unlike $answer->{body}, qr/the protected page/, $name;
    }
};

done_testing;
