# SPDX-License-Identifier: Apache-2.0
# Our URLs are ours, whatever else httpd could do with them; nobody else's are.
use strict;
use warnings;
use Test::More;
use MPin;

from(12);
expect_in_log(qr/AH01630: client denied by server configuration/);

my @json = ('Content-Type' => 'application/json', Origin => origin(mount));

subtest 'the login stands before proxies, rewrites, aliases and fallbacks' => sub {
    for my $host (qw(proxied rewritten fallback aliased basic)) {
        my $page = request(mount, 'GET', '/login', host => $host);
        is $page->code, 200, "$host: /login";
        like $page->content, qr/name="csrf"/, 'is the form';
        like $page->header('Content-Security-Policy') // '', qr/default-src 'self'/, 'with its headers';
        like request(mount, 'GET', '/mpin.js', host => $host)->content_type, qr/javascript/, "$host: /mpin.js";
        is request(mount, 'GET', '/mpin/mpin.css', host => $host)->content_type, 'text/css', "$host: /mpin/...";
        ok json_of(request(mount, 'GET', '/rps/clientSettings', host => $host))->{mpinAuthServerURL},
            "$host: clientSettings";
        is json_of(request(mount, 'POST', '/rps/pass1', host => $host, body => '{}', headers => \@json))->{code},
            'pass1_malformed', "$host: pass1";
        is request(mount, 'GET', '/logout', host => $host)->header('Location'), '/', "$host: /logout";
        is request(mount, 'GET', '/rps/anything', host => $host)->code, 404, "$host: all under /rps/ is ours";
    }
};

subtest 'what is not ours goes where it went before' => sub {
    is request(mount, 'GET', '/other', host => 'rewritten')->content_type, 'application/json', 'to the backend';
    is request(mount, 'GET', '/other', host => 'redirected')->header('Location'), 'https://elsewhere.example/other',
        'to another site';
    is json_of(request(mount, 'GET', '/other', host => 'fallback'))->{env}{REQUEST_URI}, '/other', 'to the fallback';
    is request(mount, 'GET', '/other', host => 'proxied', headers => [Accept => 'text/html'])->code, 302, 'and Require valid-user holds';
    is request(mount, 'GET', '/index.html', host => 'basic')->code, 401, 'also that of another AuthType';
};

subtest 'Require ip and Require all denied hold for our URLs too' => sub {
    for my $host (qw(other-address denied)) {
        is request(mount, 'GET', $_, host => $host)->code, 403, "$host: $_"
            for qw(/login /logout /mpin.js /mpin/mpin.css /rps/clientSettings /rps/x);
        is request(mount, 'POST', $_, host => $host, body => '{}', headers => \@json)->code, 403, "$host: POST $_"
            for qw(/login /logout /rps/pass1 /rps/pass2 /mpinAuthenticate);
    }
};

subtest 'other spellings of our paths are ours or nobody\'s, and open nothing' => sub {
    is request(site, 'GET', $_)->code, 200, "$_ is /login"
        for qw(//login /%6cogin /%6C%6F%67%69%6E /./login /x/../login /login?a=/b);
    like request(site, 'GET', $_)->content, qr/"env"/, "$_ is nothing"
        for qw(/login/ /login/x /LOGIN /login;x /login%20 /login.html /logins);
    is request(site, 'GET', $_)->code, 404, "$_ is nothing" for qw(/login%2f /login%00 /rps%2fclientSettings);
    is request(site, 'GET', $_)->code, 200, "$_ is the settings, as the original's rpsBaseURL spells it"
        for qw(//rps/clientSettings /rps//clientSettings);
    for my $path (qw(/protected/ //protected/ /%70rotected/ /./protected/ /login/../protected/ /rps/../protected/
        /rps/%2e%2e/protected/ /mpin/..%2fprotected/ /protected/./index.html /PROTECTED/ /protected//index.html
        /rps/..;/protected/ /mpin.js/../protected/index.html /protected/index.html/login /protected/..;/login
        /login/%2e%2e/protected/ /protected%2findex.html)) {
        my $answer = request(site, 'GET', $path);
        unlike $answer->content, qr/PROTECTED CONTENT/, "$path shows nothing";
        unlike $answer->code, qr/^5/, 'and harms nothing';
    }
};

subtest 'requests that are for no path' => sub {
    like raw(site, "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")->code, qr/^[24]/, 'OPTIONS *';
    like raw(site, "$_ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")->code, qr/^4/, $_
        for 'GET *', 'GET login', 'CONNECT 127.0.0.1:80', 'CONNECT /login', 'GET ://',
        'GET protected/', "GET \\protected\\";
    my $absolute = origin(site);
    is raw(site, "GET $absolute/login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")->code, 200,
        'an absolute URI of ours';
    for my $base ($absolute, 'http://evil.example', 'https://evil.example', 'http://evil@127.0.0.1') {
        my $answer = raw(site, "GET $base/protected/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        unlike $answer->content, qr/PROTECTED CONTENT/, "$base/protected/ shows nothing";
        like $answer->header('Location') // '/login', qr{^/login}, 'and leads nowhere else';
    }
    is raw(site, "GET /protected/ HTTP/1.0\r\nAccept: text/html\r\n\r\n")->code, 302, 'HTTP/1.0 without a host';
    unlike raw(site, "GET /protected/\r\n\r\n", end => 1)->content // '', qr/PROTECTED CONTENT/, 'HTTP/0.9';
};

subtest 'rewritten, redirected and fallback content is protected where it lies' => sub {
    for my $path (qw(/protected/rewritten /protected/proxied /protected/echo /protected/app/anything)) {
        my $answer = browser(site)->visit($path);
        is $answer->code, 302, "$path sends to the login";
        unlike $answer->content, qr/"env"/, 'and shows nothing';
    }
    # mod_dir looks its fallback up in a subrequest
    for my $path (qw(/fallback/anything /fallback/)) {
        my $answer = browser(site)->visit($path);
        is $answer->code, 302, "an open $path whose fallback is protected sends to the login";
        like $answer->header('Location'), qr{^/login\?return=%2f};
        unlike $answer->content, qr/"env"/, 'and shows nothing';
    }
    is browser(site)->visit('/old')->header('Location'), origin(site) . '/protected/echo', 'a redirect is one';
    my $john = browser(site)->sign_in('john');
    is json_of($john->get($_))->{env}{REMOTE_USER}, 'john', "$_ knows who is signed in"
        for qw(/protected/rewritten /protected/echo /protected/app/anything);
};

subtest 'private_routes_absent_on_public_vhost' => sub {
    my $id = '7b7d';
    for my $path ('/authenticate', "/user/$id", '/loginResult', '/status', '/rps/loginResult',
        '/rps/status', '/rps/serverSecret', '/rps/clientSecret', '/clientSecret', '/serverSecret', '/timePermits',
        '/mpinVerify', '/mpinPermitUser') {
        my $answer = request(site, 'POST', $path, body => '{}', headers => ['Content-Type' => 'application/json']);
        is $answer->code, 404, "POST $path";
    }
    is request(site, 'POST', "/rps/user/$id", body => '{"activateKey":"00"}')->code, 405, "POST /rps/user/ID";
};

subtest 'MPinPath moves a page and removes it' => sub {
    is request(branded, 'GET', '/sign-in')->code, 200, '/sign-in';
    is request(branded, 'GET', '/sign-out')->code, 303, '/sign-out';
    is request(branded, 'GET', '/login')->code, 404, 'no /login';
    is request(branded, 'GET', '/mpin.js')->code, 404, 'no /mpin.js';
    like browser(branded)->visit('/protected/')->header('Location'), qr{^/sign-in\?return=%2fprotected%2f$}, 'people are sent there';
};

subtest 'the page for phones, and everything under it' => sub {
    for my $path ('/m', '/m/') {
        my $answer = request(site, 'GET', $path);
        is $answer->code, 303, "$path leads on";
        is $answer->header('Location'), '/m/index.html', 'and a browser takes along what is behind the #';
    }
    is request(site, 'GET', '/m/index.html')->code, 200, '/m/index.html';
    is request(site, 'POST', '/m/index.html')->code, 405, 'it is only read';
    for my $path (qw(/m/none /m/index.html/x /m/index.htm)) {
        my $answer = request(site, 'GET', $path);
        is $answer->code, 404, "$path is not there";
        ok $answer->header('Content-Security-Policy'), 'and nobody else\'s';
    }
    is request(site, 'GET', '/mm')->header('Content-Security-Policy'), undef, '/mm is none of ours';
    for my $path (qw(/m /m/index.html /service)) {
        my $answer = request(closed, 'GET', $path);
        is $answer->code, 404, "MPinPhoneLogin Off: no $path";
        is $answer->header('Content-Security-Policy'), undef, 'nor is it ours';
    }
    is browser(closed)->json(POST => "/rps/$_", {})->code, 404, "nor /rps/$_" for qw(getAccessNumber getQrUrl access codeStatus);
    my $settings = json_of(request(closed, 'GET', '/rps/clientSettings'));
    ok !exists $settings->{getAccessNumberURL}, 'and no pad offers it';
    ok exists json_of(request(site, 'GET', '/rps/clientSettings'))->{getAccessNumberURL}, 'as it does elsewhere';
    my $gone = request(branded, 'GET', '/m', headers => [Host => 'broken']);
    is $gone->code, 404, 'MPinPath m off: /m is not there';
    is $gone->header('Content-Security-Policy'), undef, 'and free for somebody else\'s app';
};

subtest 'with the engine off nothing is mounted and nothing is let in' => sub {
    expect_in_log(qr/MPIN0402/);
    is request(off, 'GET', $_)->code, 404, "no $_" for qw(/login /logout /mpin.js /rps/clientSettings);
    is request(off, 'GET', '/unguarded/')->code, 200, 'other places are what they were';
    my $answer = request(off, 'GET', '/htaccess/'); # in the configuration proper it would be an error at -t
    is $answer->code, 500, 'AuthType MPin without an engine is an error';
    unlike $answer->content, qr/BY HTACCESS/, 'that shows nothing';
};

done;
