# Our URLs: claimed before everybody, methods, bodies, origins (design: "Mounting", "URLs"; security model).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Site;
use Test::More;

my $site = Site->new;
my $john = Site->signed_in;
my $id = '7b7d';

# Every route that takes a body: method, path, type.
my @bodies = (
    ['POST', '/login', 'form'], ['POST', '/logout', 'form'], ['POST', '/mpinAuthenticate', 'json'],
    ['PUT', '/rps/user', 'json'], ['PUT', "/rps/user/$id", 'json'], ['POST', "/rps/signature/$id", 'json'],
    ['POST', "/rps/setupDone/$id", 'json'], ['POST', '/rps/pass1', 'json'], ['POST', '/rps/pass2', 'json'],
);
my %type = (form => 'application/x-www-form-urlencoded', json => 'application/json');

subtest 'our_urls_are_ours_behind_proxies_rewrites_aliases_and_handlers' => sub {
    for my $vhost (2, 3) {
        my $other = Site->new($vhost);
        is $other->ask('GET', '/login')->{status}, 200, "$vhost /login";
        ok Site::field($other->ask('GET', '/login'), 'csrf'), "$vhost /login is the login";
        is $other->ask('GET', '/logout')->{status}, 303, "$vhost /logout";
        is $other->ask('GET', '/mpin.js')->{status}, 200, "$vhost /mpin.js";
        like $other->ask('GET', '/rps/clientSettings')->{body}, qr/"appID"/, "$vhost /rps/clientSettings";
        is $other->ask('POST', '/mpinAuthenticate', body => '')->{status}, 400, "$vhost /mpinAuthenticate";
        is $other->ask('GET', '/rps/nothing')->{status}, 404, "$vhost: what is no endpoint goes to no backend";
        unlike $other->ask('GET', '/rps/nothing')->{body}, qr/SERVER_SOFTWARE/;
        is $other->ask('GET', '/%6Cogin')->{status}, 200, "$vhost encoded";
        is $other->ask('GET', '//login')->{status}, 200, "$vhost //";
        is $other->ask('GET', '/x/../login')->{status}, 200, "$vhost ..";
        is $other->ask('GET', '//rps//clientSettings')->{status}, 200, "$vhost //rps//";
        is $other->ask('GET', '/loginx')->{status}, 302, "$vhost: what only begins like ours is not ours";
    }
};

subtest 'require_ip_and_all_denied_still_hold_on_our_urls' => sub {
    my $closed = Site->new(4);
    is $closed->ask('GET', '/login')->{status}, 403;
    is $closed->ask('POST', '/rps/pass1', body => '')->{status}, 403;
    is $closed->ask('GET', '/logout')->{status}, 403;
    is $closed->ask('GET', '/mpin/texts/en.json')->{status}, 200, 'an address that may';
};

subtest 'the_internal_route_is_internal' => sub {
    for my $who ($site, $john) {
        my $answer = $who->ask('GET', '/.mpin-refusal');
        is $answer->{status}, 404;
    }
};

subtest 'wrong_methods_get_405_and_allow' => sub {
    my %allow = ('/login' => 'GET, HEAD, POST', '/logout' => 'GET, HEAD, POST', '/mpinAuthenticate' => 'POST',
                 '/rps/clientSettings' => 'GET, HEAD', '/rps/user' => 'PUT', "/rps/user/$id" => 'PUT',
                 "/rps/signature/$id" => 'GET, HEAD, POST', '/rps/pass1' => 'POST', '/mpin.js' => 'GET, HEAD');
    for my $path (sort keys %allow) {
        for my $method ('DELETE', 'OPTIONS', 'PROPFIND', 'XYZZY') {
            my $answer = $site->ask($method, $path);
            is $answer->{status}, 405, "$method $path";
            is Site::header($answer, 'Allow'), $allow{$path}, "$method $path";
        }
    }
};

subtest 'head_is_get_without_a_body' => sub {
    for my $path ('/login', '/rps/clientSettings', '/mpin.js') {
        my $answer = $site->ask('HEAD', $path);
        is $answer->{status}, 200, $path;
        is $answer->{body}, '', $path;
    }
};

subtest 'hostile_bodies_get_4xx_everywhere' => sub {
    my @origin = (Origin => $site->origin);
    for my $route (@bodies) {
        my ($method, $path, $kind) = @$route;
        my %answers = (
            'no Content-Type' => $site->ask($method, $path, @origin, body => '{"a":1}'),
            'odd Content-Type' => $site->ask($method, $path, @origin, 'Content-Type' => 'text/plain', body => '{"a":1}'),
            'almost' => $site->ask($method, $path, @origin, 'Content-Type' => "$type{$kind}x", body => '{"a":1}'),
            'multipart' => $site->ask($method, $path, @origin, 'Content-Type' => 'multipart/form-data; boundary=x', body => "--x--\r\n"),
            'empty Content-Type' => $site->ask($method, $path, @origin, 'Content-Type' => '', body => '{"a":1}'),
            'announced 10 MB' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Content-Length' => 10_000_000),
            'sent 17 kB' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, body => 'a' x 17000),
            'truncated' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Content-Length' => 100, body => '{"a"'),
            'chunked 20 kB' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Transfer-Encoding' => 'chunked',
                                          body => join('', map { sprintf "%x\r\n%s\r\n", 5000, 'a' x 5000 } 1 .. 4) . "0\r\n\r\n"),
            'broken chunks' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Transfer-Encoding' => 'chunked', body => "zz\r\n"),
            'odd coding' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Transfer-Encoding' => 'gzip', body => 'x'),
            'length twice' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Content-Length' => '5, 6', body => 'aaaaa'),
            'negative' => $site->ask($method, $path, @origin, 'Content-Type' => $type{$kind}, 'Content-Length' => '-5', body => 'aaaaa'),
        );
        if ($kind eq 'json') {
            my %json = ('not JSON' => '{', 'array' => '[]', 'string' => '"x"', 'repeated key' => '{"a":1,"a":2}', 'NUL' => "{\"a\":\"\\u0000\"}",
                        'deep' => '{"a":' . '[' x 5000 . ']' x 5000 . '}', 'two values' => '{}{}', 'bad UTF-8' => "{\"a\":\"\xff\"}");
            $answers{$_} = $site->ask($method, $path, @origin, 'Content-Type' => 'application/json', body => $json{$_}) for keys %json;
        }
        next if $path eq '/logout'; # signed out already, it has nothing to refuse but these:
        for my $name (sort keys %answers) {
            like $answers{$name}{status}, qr/^4\d\d$/, "$method $path: $name";
        }
        is $answers{'no Content-Type'}{status}, 415, "$method $path";
        is $answers{'announced 10 MB'}{status}, 413, "$method $path";
        is $answers{'sent 17 kB'}{status}, 413, "$method $path";
        is $answers{'chunked 20 kB'}{status}, 413, "$method $path";
    }
    is $site->ask('GET', '/login')->{status}, 200, 'and the server lives';
};

subtest 'an_empty_body_needs_no_content_type' => sub {
    for my $route (grep { $_->[2] eq 'json' } @bodies) {
        my ($method, $path) = @$route;
        for my $headers ([], ['Content-Length' => 0]) {
            isnt $site->ask($method, $path, @$headers, body => '')->{status}, 415, "$method $path @$headers";
        }
    }
};

subtest 'chunked_bodies_are_read' => sub {
    my $answer = $site->ask('POST', '/mpinAuthenticate', 'Content-Type' => 'application/json; charset=utf-8',
                            'Transfer-Encoding' => 'chunked', body => "3\r\n{\"a\r\n5\r\n\":\"b\"\r\n1\r\n}\r\n0\r\n\r\n");
    is $answer->{status}, 400;
    like $answer->{body}, qr/field_missing/;
};

subtest 'malformed_json_of_pass1_and_pass2_is_403_as_old_clients_expect' => sub {
    for my $path ('/rps/pass1', '/rps/pass2') {
        is $site->ask('POST', $path, 'Content-Type' => 'application/json', body => '{')->{status}, 403, $path;
    }
    is $site->ask('PUT', '/rps/user', 'Content-Type' => 'application/json', body => '{')->{status}, 400;
};

subtest 'origin_matrix_every_post_route' => sub {
    my @foreign = (
        [Origin => 'https://evil.example'], [Origin => 'null'], [Origin => ''], [Origin => $site->origin . '.evil.example'],
        [Origin => 'http://127.0.0.1'], [Origin => $site->origin . '/'], [Origin => 'http://localhost:' . $site->{port}],
        ['Sec-Fetch-Site' => 'cross-site'], ['Sec-Fetch-Site' => 'same-site'], ['Sec-Fetch-Site' => 'none'],
        [Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'same-origin'],
    );
    my @own = ([Origin => $site->origin], ['Sec-Fetch-Site' => 'same-origin'], [],
               [Origin => $site->origin, 'Sec-Fetch-Site' => 'cross-site']);
    for my $route (@bodies) {
        my ($method, $path, $kind) = @$route;
        my @body = ('Content-Type' => $type{$kind}, body => $kind eq 'json' ? '{}' : 'a=b', Accept => 'application/json');
        for my $headers (@foreign) {
            my $answer = $site->ask($method, $path, @$headers, @body);
            is $answer->{status}, 403, "$method $path @$headers";
            like $answer->{body}, qr/origin_refused/, "$method $path @$headers";
        }
        for my $headers (@own) {
            unlike $site->ask($method, $path, @$headers, @body)->{body}, qr/origin_refused/, "$method $path @$headers";
        }
    }
    my $cookie = $john->{cookies}{mpin};
    is $john->ask('POST', '/logout', Origin => 'https://evil.example')->{status}, 403;
    is $john->ask('GET', '/protected/')->{status}, 200, 'nobody else signs somebody out';
};

subtest 'no_answer_of_ours_is_stored_and_none_allows_another_origin' => sub {
    for my $path ('/login', '/logout', '/rps/clientSettings', '/rps/nothing', '/login?s=nowhere', "/rps/signature/$id?regOTT=x") {
        my $answer = $site->ask('GET', $path, Origin => 'https://evil.example');
        like Site::header($answer, 'Cache-Control'), qr/no-store/, $path;
        is Site::header($answer, 'X-Content-Type-Options'), 'nosniff', $path;
        is Site::header($answer, 'Access-Control-Allow-Origin'), '', $path;
    }
};

subtest 'csp_headers_on_every_page' => sub {
    for my $answer ($site->ask('GET', '/login'), $john->ask('GET', '/logout'), $john->ask('GET', '/cgi/nobody'),
                    $site->ask('POST', '/protected/', body => ''), $site->ask('GET', '/mpin/not-there')) {
        like Site::header($answer, 'Content-Security-Policy'),
            qr/^default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/;
        is Site::header($answer, 'X-Frame-Options'), 'DENY';
        is Site::header($answer, 'Referrer-Policy'), 'no-referrer';
        is Site::header($answer, 'Cross-Origin-Opener-Policy'), 'same-origin';
        like Site::header($answer, 'Content-Type'), qr{^text/html; charset=utf-8$};
    }
};

subtest 'client_settings_give_a_browser_its_pre_login_cookie_once' => sub {
    my $fresh = Site->new;
    $fresh->ask('GET', '/rps/clientSettings');
    ok $fresh->{cookies}{'mpin-login'};
    is Site::header($fresh->ask('GET', '/rps/clientSettings'), 'Set-Cookie'), '';
};

subtest 'a_wrong_one_time_token_makes_no_session' => sub {
    my $answer = $site->ask('POST', '/mpinAuthenticate', Origin => $site->origin, 'Content-Type' => 'application/json',
                            body => '{"mpinResponse":{"authOTT":"' . '0' x 32 . '"}}');
    is $answer->{status}, 408;
    is_deeply [grep { /^mpin=/ } @{$answer->{headers}{'set-cookie'} || []}], [];
    for my $body ('{}', '{"mpinResponse":{}}', '{"mpinResponse":"x"}', '{"mpinResponse":{"authOTT":7}}', '{"mpinResponse":[]}') {
        is $site->ask('POST', '/mpinAuthenticate', 'Content-Type' => 'application/json', body => $body)->{status}, 400, $body;
    }
};

subtest 'loopback_privileges_vanish_behind_a_proxy_and_with_a_foreign_host' => sub {
    my $register = sub {
        my $fresh = Site->new;
        $fresh->ask('GET', '/rps/clientSettings');
        return $fresh->ask('PUT', '/rps/user', 'Content-Type' => 'application/json', @_,
                           body => '{"mobile":0,"userId":"free' . int(rand 1e9) . '@example.org"}')->{status};
    };
    is $register->(), 200, 'open registration, on loopback';
    is $register->($_->[0] => $_->[1]), 403, "$_->[0]: $_->[1]" for
        [Forwarded => 'for=1.2.3.4'], ['X-Forwarded-For' => '1.2.3.4'], ['x-forwarded-proto' => 'https'],
        ['X-Real-IP' => '1.2.3.4'], [Via => '1.1 x'], [Host => 'evil.example'], [Host => 'localhost.evil.example'];
    is $register->(Host => "localhost:$site->{port}"), 200;
};

done_testing;
