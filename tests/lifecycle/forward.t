#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# /mpin-check: another web server asks who its client is. conf/forward/httpd.conf as it is shipped, asked byte by byte;
# tests/browser/forward.t has nginx and HAProxy in front of it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use File::Path 'make_path';

my ($port, $top) = ($ENV{PORT}, $Server::top);
make_path("$top/www/login");
Server::write_file("$top/www/login/index.html", "home\n");
system("htpasswd -Bb -C 4 '$top/users' jane jane-secret 2>/dev/null") == 0 or die 'htpasswd';

my $server;
sub with {
    my ($more, $change) = @_;
    my $text = Server::shipped('forward/httpd.conf');
    $text =~ s{127\.0\.0\.1:8080}{127.0.0.1:$port};
    $text = $change->($text) if $change;
    $server->stop if $server;
    $server = Server->new;
    Server::write_file("$top/httpd.conf", "${text}DefaultRuntimeDir \"$top\"\nMutex \"file:$top\" default\nMPinRegister signed-in\n$more");
    $server->start;
    return;
}

sub person { return browser($port, host => 'login.example.com', origin => 'https://login.example.com', cookies => {}) }
sub plain { return MPin::Browser::plain($_[0]) }
my @html = (Accept => 'text/html');

# What nginx asks, and what Traefik and Caddy ask.
sub ask {
    my ($person, $url, %how) = @_;
    return $person->get($how{at} // '/mpin-check', 'X-Original-URL' => $url, @html, @{$how{more} // []});
}
sub ask_forwarded {
    my ($person, $host, $uri, @more) = @_;
    return $person->get('/mpin-check', 'X-Forwarded-Host' => $host, 'X-Forwarded-Uri' => $uri, @html, @more);
}
sub leads_to {
    my $at = $_[0]->header('Location') // '(nowhere)';
    return $at =~ m{^https://login\.example\.com/login\?return=(.*)}s ? $1 =~ s/%(..)/chr hex $1/ger : $at;
}

with("MPinTokens On\n<Location /mpin-check/programs>\nAuthType MPin\nMPinLoginMethods password token\n<RequireAll>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAll>\n</Location>\nMPinReturnHosts app.example.net\n<Location /mpin-check/twice>\nMPinSecondFactor any\n</Location>\n<Location /mpin-check/soon>\nMPinReauthAfter 1s\n</Location>\n");

subtest 'who_is_signed_in_is_told_by_headers_and_a_stranger_is_led_to_the_login_and_back' => sub {
    my $john = person();
    my $place = 'https://wiki.example.com/page?a=1&b=x%20y';
    my $answer = ask($john, $place);
    is $answer->code, 401, 'a stranger';
    is leads_to($answer), $place, 'is led to the login, which comes back';
    like $answer->content, qr{<meta http-equiv="refresh" content="0; url=https://login\.example\.com/login\?return=https},
        'by the page too, where the server in front hands it on';
    is $answer->header('X-User'), undef, 'and is nobody';
    my $form = $john->visit($answer->header('Location') =~ s{^https://login\.example\.com}{}r);
    my $done = $john->post_form('/login', {%{$john->fields($form)}, username => 'john', password => 'john-secret'});
    is $done->code, 303, 'signs in';
    my ($onward) = $john->visit($done->header('Location') =~ s{^https://login\.example\.com}{}r)->content =~ /success="([^"]*)"/;
    is plain($onward // ''), $place, 'and is led back';

    $answer = ask($john, $place);
    is $answer->code, 200, 'then is let in';
    is $answer->header('X-User'), 'john', 'by name';
    is $answer->header('X-AMR'), 'pwd', 'and by what was proven';
    is $answer->header('X-Email'), '', 'and an e-mail that is not known is said to be none';
    is $answer->content, '', 'with no body';
    is ask_forwarded($john, 'wiki.example.com', '/x')->code, 200, 'Traefik and Caddy ask in their own way';
    is leads_to(ask_forwarded(person(), 'WIKI.example.com:8443', '/x?y')), 'https://wiki.example.com:8443/x?y', 'and get the same';
    is $john->request(HEAD => '/mpin-check', headers => ['X-Original-URL' => $place])->code, 200, 'HEAD';
    is $john->post_form('/mpin-check', {})->code, 405, 'but no POST';
    $john->sign_out;
    is ask($john, $place)->code, 401, 'signed out';
};

subtest 'only_hosts_that_a_login_leads_back_to_are_answered' => sub {
    my $john = person()->sign_in('john');
    is ask($john, "https://$_/")->code, 200, $_ for qw(wiki.example.com a.b.example.com app.example.net login.example.com);
    for my $host (qw(evil.example evilexample.com example.com.evil.example app.example.net:8443 x.app.example.net wiki.example.com@evil.example
        user@wiki.example.com [::1] wiki..example.com), 'evil.example\\.example.com', "evil.example%2f.example.com") {
        my $answer = ask($john, "https://$host/");
        is $answer->code, 403, $host;
        is $answer->header('X-User'), undef, 'and is told of nobody';
        is $answer->header('Location'), undef, 'and led nowhere';
    }
};

subtest 'the_original_request_is_typed_and_bounded' => sub {
    my $someone = person();
    my $code = sub { return $someone->get('/mpin-check', @html, @_)->code };
    my @good = ('X-Forwarded-Host' => 'wiki.example.com', 'X-Forwarded-Uri' => '/x');
    is $code->(@good, @$_), 401, "good: @$_" for [], ['X-Forwarded-Proto' => 'https'], ['X-Forwarded-Method' => 'PROPFIND'],
        ['X-Original-URL' => 'https://wiki.example.com/x'], ['X-Original-URL' => 'http://WIKI.example.com/x'];
    is $code->(@$_), 400, 'bad: ' . substr "@$_", 0, 70 for [], ['X-Forwarded-Host' => 'wiki.example.com'], ['X-Forwarded-Uri' => '/x'],
        [@good, 'X-Forwarded-Proto' => 'gopher'], [@good, 'X-Forwarded-Method' => 'G ET'], [@good, 'X-Forwarded-Method' => 'X' x 33],
        [@good, 'X-Original-URL' => 'https://other.example.com/x'], [@good, 'X-Original-URL' => 'https://wiki.example.com/y'],
        [@good, 'X-Original-URL' => 'x'], ['X-Original-URL' => 'wiki.example.com/x'], ['X-Original-URL' => 'ftp://wiki.example.com/x'],
        ['X-Original-URL' => 'https://wiki.example.com?x'], ['X-Forwarded-Host' => 'wiki.example.com', 'X-Forwarded-Uri' => 'x'],
        ['X-Forwarded-Host' => 'h' x 300, 'X-Forwarded-Uri' => '/x'];
    isnt $code->('X-Forwarded-Host' => 'wiki.example.com', 'X-Forwarded-Uri' => '/' . 'x' x 16000), 401, 'too long a place';
    is $code->(@good, 'X-Forwarded-Host' => 'evil.example'), 403, 'two hosts are none';
    is leads_to(ask($someone, "https://wiki.example.com$_")), 'https://wiki.example.com/', "$_ leads to the host's root"
        for '//evil.example/', '/\\evil.example', '/%5cevil.example', '/%2f/evil.example';
};

subtest 'a_form_is_not_led_back_to_what_takes_it_and_a_script_is_told' => sub {
    my @post = ('X-Original-Method' => 'POST');
    my $to = sub { return ask(person(), 'https://wiki.example.com/save', more => [@post, @_])->header('Location') };
    is $to->(), 'https://login.example.com/login?lost=1&return=https%3a%2f%2fwiki.example.com%2f', 'a form: to the root of its host';
    is $to->(Referer => 'https://wiki.example.com/edit?id=1'),
        'https://login.example.com/login?lost=1&return=https%3a%2f%2fwiki.example.com%2fedit%3fid%3d1', 'or to where it stood';
    is $to->(Referer => 'https://other.example.com/edit'), $to->(), 'not to another host';
    my $script = person()->get('/mpin-check', 'X-Original-URL' => 'https://wiki.example.com/api', Accept => 'application/json');
    is $script->code, 401, 'a script';
    is $script->header('Location'), undef, 'is led nowhere';
    is json_of($script)->{login_url}, 'https://login.example.com/login?return=https%3a%2f%2fwiki.example.com%2fapi', 'but told';
    is json_of($script)->{need}, 'login', 'what is missing';
    my $frame = ask(person(), 'https://wiki.example.com/', more => ['Sec-Fetch-Dest' => 'iframe', 'Sec-Fetch-Mode' => 'navigate']);
    is $frame->header('Location'), undef, 'a frame is led nowhere by itself';
    like $frame->content, qr/target="_top"/, 'and shows a link out of it';
    unlike $frame->content, qr/refresh/, 'and no more';
};

subtest 'what_a_place_asks_for_stands_in_a_section_below' => sub {
    my $john = person()->sign_in('john');
    my $url = 'https://wiki.example.com/admin';
    is ask($john, $url, at => '/mpin-check/fresh')->code, 200, 'a fresh login';
    sleep 3;
    my $answer = ask($john, $url, at => '/mpin-check/soon');
    is $answer->code, 401, 'is not fresh for long';
    like $answer->header('Location'), qr/max_age=1&/, 'and the login page is told so';
    $answer = ask($john, $url, at => '/mpin-check/twice');
    is $answer->code, 401, 'a second factor';
    like $answer->header('Location'), qr{^https://login\.example\.com/login/step\?second=any&return=}, 'leads to it';
    is ask($john, $url, at => '/mpin-check/anything/else')->code, 200, 'a path without a section is as the place above';
    like ask(person(), 'https://login.example.com/x', at => '/mpin-check/soon')->header('Location'), qr/max_age=1$/,
        'also where the place is at the host of the login';
};

subtest 'a_require_of_users_holds_there' => sub {
    my $url = 'https://wiki.example.com/';
    my $john = person()->sign_in('john');
    is ask($john, $url, at => '/mpin-check/john')->code, 200, 'john';
    is ask($john, $url, at => '/mpin-check/john')->header('X-User'), 'john', 'by name';
    my $jane = person()->sign_in('jane');
    my $answer = ask($jane, $url, at => '/mpin-check/john');
    is $answer->code, 403, 'jane';
    is json_of($answer)->{code}, 'not_authorized', 'may not';
    is $answer->header('X-User'), undef, 'and nobody is named';
    $answer = ask(person(), $url, at => '/mpin-check/john');
    is $answer->code, 401, 'a stranger';
    is leads_to($answer), $url, 'is led to the login';
};

subtest 'a_token_is_nobody_to_another_web_server_unless_its_place_takes_tokens' => sub {
    my $john = person()->sign_in('john');
    my ($csrf) = $john->visit('/account')->content =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/;
    my $make = sub { return $john->post_form('/account/token', {csrf => $csrf, name => 'git', days => 9, @_})->content =~ /<code id="new-token">([^<]*)</ ? $1 : die 'no token' };
    my $token = $make->();
    my $url = 'https://wiki.example.com/repo';
    my $by = sub { my ($at, $said) = @_; return person()->get($at, 'X-Original-URL' => $url, Accept => '*/*', 'User-Agent' => 'git/2.39.5', Authorization => "Bearer $said") };
    my $no = $by->('/mpin-check', $token);
    is $no->code, 401, 'a place of people';
    is $no->header('X-User'), undef, 'knows nobody';
    my $yes = $by->('/mpin-check/programs', $token);
    is $yes->code, 200, 'a place of programs';
    is $yes->header('X-User') . ' ' . $yes->header('X-AMR'), 'john token', 'knows whose it is, and how they came';
    my $wrong = $by->('/mpin-check/programs', 'mpin_' . 'x' x 43);
    is $wrong->code . ' ' . json_of($wrong)->{code}, '401 token_refused', 'a wrong one';
    like $wrong->header('WWW-Authenticate'), qr/^Basic /, '... is asked for again';
    my @program = ('X-Original-URL' => $url, Accept => '*/*', 'User-Agent' => 'git/2.39.5');
    like person()->get('/mpin-check/programs', @program)->header('WWW-Authenticate'), qr/^Basic /, 'as where none came';
    like person()->get('/mpin-check', @program)->header('WWW-Authenticate'), qr/^MPin /, 'and only where the place takes one';
    for my $limit ([paths => '/repo'], [paths => '/mpin-check'], [methods => 'GET']) {
        my $limited = $by->('/mpin-check/programs', $make->(@$limit));
        is $limited->code . ' ' . json_of($limited)->{code}, '403 token_not_here', "limits ($limit->[0]) are not another web server's to keep";
        is $limited->header('X-User'), undef, 'and nobody is named';
    }
};

subtest 'nobody_asks_whom_require_does_not_let_in' => sub {
    my $john = person()->sign_in('john');
    for my $at ('/mpin-check', '/mpin-check/fresh', '/mpin-check/john') {
        my $answer = ask($john, 'https://wiki.example.com/', at => $at, more => ['X-Forwarded-For' => '192.0.2.7']);
        is $answer->code, 403, "$at by a client through the server in front";
        is $answer->header('X-User'), undef, 'is told of nobody';
    }
    is MPin::request($port, GET => '/mpin-check', headers => ['X-Original-URL' => 'https://wiki.example.com/'], from => '127.0.0.9')->code, 403,
        'nor another machine';
};

with("MPinPassHeaders X-WEBAUTH-USER=user X-Groups=provider X-Flash=flash\n");

subtest 'the_names_are_those_of_mpinpassheaders' => sub {
    my $answer = ask(person()->sign_in('john'), 'https://wiki.example.com/');
    is $answer->header('X-WEBAUTH-USER'), 'john', 'the user';
    is $answer->header('X-Groups'), 'local', 'the provider';
    is $answer->header($_), undef, "no $_" for 'X-User', 'X-AMR', 'X-Email';
};

my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
subtest 'a_session_in_use_behind_another_web_server_is_sealed_anew' => sub {
    plan skip_all => 'libfaketime is not installed' if !$library;
    my $minutes = 0;
    my $later = sub { $minutes += shift; Server::write_file("$top/clock", "+${minutes}m\n") };
    $later->(0);
    $server->stop;
    $server->{env} = {LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => "$top/clock", FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    my $john = person()->sign_in('john');
    for (1 .. 3) {
        $later->(20);
        is ask($john, 'https://wiki.example.com/')->code, 200, 'twenty minutes later';
    }
    $later->(31);
    is ask($john, 'https://wiki.example.com/')->code, 401, 'half an hour unused ends it';
};

with('', sub { return $_[0] =~ s/^MPinPath check.*\n//mr });
is ask(person(), 'https://wiki.example.com/')->code, 404, 'without its line there is no such page';

is join("\n", grep { !/AH01797|AH01630|AH01631/ } Server::complaints()), '', 'nothing unexpected in the log';
done_testing;
