# SPDX-License-Identifier: Apache-2.0
# Shared caches keep nothing that depends on who asked (docs/security.md, "Caches").
use strict;
use warnings;
use Test::More;
use MPin;

from(16);
my $public = 'header=Cache-Control:public,%20max-age=600,%20s-maxage=900';

subtest 'mod_cache_never_serves_protected_content_to_anonymous' => sub {
    for my $host (undef, 'slow') {
        my $john = browser(cached, host => $host)->sign_in('john');
        for my $path ("/protected/proxied?$public&a=@{[$host // 'quick']}", "/protected/echo?$public") {
            for my $time (1, 2) {
                my $answer = $john->get($path);
                is json_of($answer)->{env}{SCRIPT_NAME} ? $answer->code : 'no page', 200, "john, time $time";
                like $answer->header('Cache-Control'), qr/\bprivate\b/, 'private';
                unlike $answer->header('Cache-Control'), qr/public|s-maxage/, 'and nothing else';
                unlike $answer->header('X-Cache') // '', qr/^HIT/, 'it was not kept';
            }
            my $answer = browser(cached, host => $host)->visit($path);
            is $answer->code, 302, 'a stranger goes to the login';
            unlike $answer->content, qr/"env"/, 'and sees nothing';
        }
    }
};

# A part of a page has a place in the cache of its own: mod_cache looks at subrequests that lead to no file, and at all of them
# as a handler.
subtest 'a_protected_part_of_a_page_is_in_no_cache' => sub {
    for my $host (undef, 'slow') {
        my $john = browser(cached, host => $host)->sign_in('john');
        my $jane = browser(cached, host => $host)->sign_in('jane');
        for my $page (qw(/parts/page.html /parts/led.html /parts/again.html)) {
            like $john->visit($page)->content, qr/"HTTP_X_WEBAUTH_USER":"john"/, "$page has a part that is for john";
            my $answer = $jane->visit($page);
            like $answer->content, qr/"HTTP_X_WEBAUTH_USER":"jane"/, 'where jane sees hers';
            unlike $answer->content, qr/"HTTP_X_WEBAUTH_USER":"john"/, 'and not his';
        }
        like $john->visit('/parts/inner.html')->content, qr/for those/, 'a part that a rule of its own folder leads to another';
        for my $part ('proxied?header=Cache-Control:max-age=600&part', 'echo?header=Cache-Control:max-age=600&part',
            'parts/text.txt') {
            my $answer = browser(cached, host => $host)->visit("/protected/$part");
            is $answer->code, 302, "a stranger who asks for the part ($part) goes to the login";
            unlike $answer->content, qr/"env"|for those/, 'and sees nothing';
        }
    }
};

subtest 'what is public stays public' => sub {
    my $stranger = browser(cached);
    like $stranger->get("/plain?$public")->header('Cache-Control'), qr/public/, 'as the backend says';
    ok until_true(sub { ($stranger->get("/plain?$public")->header('X-Cache') // '') =~ /^HIT/ }), 'it is kept';
    my $john = browser(cached)->sign_in('john');
    my $answer = $john->get("/plain?$public&b");
    like $answer->header('Cache-Control'), qr/public/, 'a session alone makes nothing private';
    is $answer->header('Set-Cookie'), undef, 'nor is it renewed there';
};

subtest 'a cookie of ours is in no cache' => sub {
    my $answer = request(cached, 'GET', "/plain?$public&c", headers => [Cookie => 'mpin=1; mpin=2']);
    like $answer->header('Set-Cookie'), qr/^mpin=;/, 'cleared';
    like $answer->header('Cache-Control'), qr/private/, 'so private';
    unlike request(cached, 'GET', "/plain?$public&c")->header('X-Cache') // '', qr/^HIT/, 'and not kept';
};

subtest 'one Cache-Control line, whichever table it came from' => sub {
    my $john = browser(site)->sign_in('john');
    for my $path ("/protected/echo?$public", '/protected/called-public', "/protected/echo?$public&status=403",
        '/protected/not-there') {
        my @lines = $john->get($path)->header('Cache-Control');
        is scalar @lines, 1, $path;
        like $lines[0], qr/\bprivate(?:, no-cache)?$/, 'private';
        unlike $lines[0], qr/public|s-maxage/, 'and not public';
    }
};

subtest 'no answer of ours is stored, none allows another origin' => sub {
    for my $path (qw(/login /logout /rps/clientSettings /rps/nothing /login?return=/nowhere /rps/signature/7b7d?regOTT=x
        /mpin/not-there /protected/)) {
        my $answer = request(site, 'GET', $path, headers => [Origin => 'https://evil.example']);
        like $answer->header('Cache-Control'), qr/no-store/, $path;
        is $answer->header('Access-Control-Allow-Origin'), undef, 'no CORS';
    }
};

subtest 'a login page is followed by nothing' => sub {
    for my $path ("/protected/proxied?$public", '/protected/echo', '/protected/') {
        for my $method (qw(GET POST OPTIONS HEAD)) {
            for my $headers ([], [Accept => 'text/html'], [Accept => 'application/json']) {
                unlike request(site, $method, $path, headers => $headers)->content, qr/"env"|PROTECTED/, "$method $path";
            }
        }
    }
};

done;
