# SPDX-License-Identifier: Apache-2.0
# Tokens for programs (docs/security.md, "Tokens"): who makes one, what it opens, and all that it does not.
use strict;
use warnings;
use Test::More;
use MIME::Base64 'encode_base64';
use MPin;

from(71);
expect_in_log(qr/unable to include/); # mod_include's word for a part that is refused

my $port = port(8);

sub house { my ($host) = @_; $host //= 'tokens.example'; return browser($port, host => $host, origin => "https://$host") }
sub person { my $browser = house; $browser->sign_in($_[0]); return $browser }

sub account { return $_[0]->visit('/account') }
sub csrf { my ($csrf) = account($_[0])->content =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/; return $csrf // 'none' }

# Makes a token by the form: its text, and the answer.
sub make {
    my ($browser, %field) = @_;
    my $answer = $browser->post_form('/account/token', {csrf => csrf($browser), name => 'git', days => 30, %field});
    my ($token) = $answer->content =~ /<code id="new-token">([^<]*)</;
    return ($token, $answer);
}

sub handles { return account($_[0])->content =~ /name="token" value="(\w{32})"/g }
sub remove { my ($browser, $handle) = @_; return $browser->post_form('/account/token/remove', {csrf => csrf($browser), token => $handle}) }

sub bearer { return (Authorization => "Bearer $_[0]") }
sub basic { my ($token, $name) = @_; return (Authorization => 'Basic ' . encode_base64(($name // 'x') . ":$token", '')) }

# A program asks: it has no cookies and says that it takes anything.
sub ask {
    my ($path, @headers) = @_;
    my %how = ref $headers[0] ? %{shift @headers} : ();
    return request($port, $how{method} // 'GET', $path, host => $how{host} // 'tokens.example', from => $how{from},
        headers => [Accept => '*/*', 'User-Agent' => 'git/2.39.5', @headers], defined $how{body} ? (body => $how{body}) : ());
}

sub env { return json_of($_[0])->{env} // {} }
sub code_of { return json_of($_[0])->{code} // '' }
sub events { my $event = shift; return scalar grep { /"event": ?"$event"/ } split /\n/, audit_log() }

my $anna = person('anna@example.org');
my ($token, $shown) = make($anna);

subtest 'a_token_is_shown_once_and_opens_what_lists_it' => sub {
    is $shown->code, 200;
    like $token, qr/^mpin_[\w-]{43}$/;
    is $shown->header('Cache-Control'), 'no-store', 'nobody keeps the page';
    unlike account($anna)->content, qr/\Q$token\E/, 'the account shows it no more';
    like account($anna)->content, qr{<strong>git</strong>}, 'only its name';
    for my $way ([bearer($token)], [basic($token)], [basic($token, 'anna@example.org')], [basic($token, '')],
        [Authorization => "bearer $token"], [Authorization => "Bearer  $token "]) {
        my $answer = ask('/git/info', @$way);
        is $answer->code, 200, "by $way->[1]";
        is env($answer)->{REMOTE_USER}, 'anna@example.org', 'as its owner';
        is env($answer)->{MPIN_AMR}, 'token', 'by a token, and nothing else';
    }
    is events('token_made'), 1, 'that it was made is in the audit log';
    ok !defined ask('/git/info', bearer($token))->header('Set-Cookie'), 'no session comes of it';
};

subtest 'a_token_opens_nothing_that_does_not_list_it' => sub {
    sleep 2;
    for my $way ([bearer($token)], [basic($token)]) {
        is ask('/people/x', @$way)->code, 401, 'a place that says nothing of tokens';
        is ask('/git/x', {host => 'tokenless.example'}, @$way)->code, 401, 'a site without MPinTokens, on the same store';
        is ask('/git/x', {host => 'owners.example'}, @$way)->code, 401, 'a site with tokens, on another store';
        is ask('/recent/x', @$way)->code, 403, 'a place that asks for somebody who was there a second ago';
        is ask('/second/x', @$way)->code, 403, 'a place that asks for a second step';
        is ask('/programs/x', @$way)->code, 200, 'one for programs only';
    }
    is ask('/by-word/x', bearer($token))->code, 200, 'Require mpin-amr and expressions hear of it';
    is env(ask('/either/x', bearer($token)))->{REMOTE_USER}, 'anna@example.org', 'a page that is open to all knows who it is';
    is env(ask('/either/x', bearer($token . 'x')))->{REMOTE_USER}, undef, 'and of a wrong one nothing';
};

subtest 'a_token_is_nobody_at_our_own_pages' => sub {
    for my $way ([bearer($token)], [basic($token)]) {
        like ask('/account', @$way)->header('Location'), qr{^/login}, '/account asks for a login';
        unlike ask('/login', Accept => 'text/html', @$way)->content, qr/anna/, '/login knows nobody';
        my $before = () = handles($anna);
        ask('/account/token', {method => 'POST', body => 'name=more&days=3'}, 'Content-Type' => 'application/x-www-form-urlencoded',
            Origin => 'https://tokens.example', @$way);
        is scalar(() = handles($anna)), $before, 'it makes no other';
        isnt ask('/refresh', {method => 'POST', body => ''}, Origin => 'https://tokens.example', @$way)->code, 200, '/refresh';
        my $answer = ask('/rps/user', {method => 'PUT', body => '{"userId":"anna@example.org"}'}, 'Content-Type' => 'application/json',
            Origin => 'https://tokens.example', @$way);
        is $answer->code, 403, 'and registers no PIN';
    }
};

subtest 'a_401_for_programs_asks_by_basic_where_tokens_count_and_only_there' => sub {
    my $answer = ask('/git/info');
    is $answer->code, 401;
    is $answer->header('WWW-Authenticate'), 'Basic realm="The \"files\""';
    is ask('/led/x')->code, 401, 'a program is not led to a login that it cannot read';
    is ask('/led/x', Accept => 'text/html', 'User-Agent' => 'Mozilla/5.0')->code, 302, 'as a person is';
    is ask('/programs/x', bearer('mpin_' . 'A' x 43))->header('WWW-Authenticate'), 'Basic realm="Wiki"', 'a wrong one: the same';
    like ask('/people/x')->header('WWW-Authenticate'), qr/^MPin /, 'not where no token counts';
    like ask('/git/x', {host => 'tokenless.example'})->header('WWW-Authenticate'), qr/^MPin /, 'nor without MPinTokens';
    for my $browsers (['Sec-Fetch-Mode' => 'cors'], ['X-Requested-With' => 'XMLHttpRequest'], ['User-Agent' => 'Mozilla/5.0'], [Origin => 'https://a.example']) {
        my $from = request($port, 'GET', '/git/x', host => 'tokens.example', headers => [Accept => '*/*', @$browsers]);
        like $from->header('WWW-Authenticate'), qr/^MPin /, "no browser's dialog for $browsers->[0]";
    }
    like house->visit('/account/none')->header('WWW-Authenticate') // 'none', qr/^none/, 'pages of ours say nothing of it';
    is house->visit('/programs/x')->code, 403, 'a person at a place for programs';
    like house->visit('/programs/x')->content, qr/Only programs come in here/, 'is told so';
};

subtest 'the_authorization_header_reaches_no_application' => sub {
    for my $way ([bearer($token)], [basic($token)], [bearer('mpin_wrong')], [basic('mpin_wrong')]) {
        for my $path ('/git/x', '/proxied/x', '/people/x', '/either/x') {
            my $answer = ask($path, @$way);
            unlike $answer->content, qr/mpin_/, "$path: $way->[1] is gone";
            is env($answer)->{HTTP_AUTHORIZATION}, undef;
        }
    }
    my $other = 'Basic ' . encode_base64('anna:other', '');
    is env(ask('/proxied/x', Authorization => $other, Cookie => $anna->cookie_header))->{HTTP_AUTHORIZATION}, undef, 'CGI never has it';
    is ask('/git', {method => 'TRACE'}, bearer($token))->content =~ /mpin_/, '', 'TRACE echoes nothing of it';
    my $passed = sub { return ask($_[0], {host => 'passed.example'}, bearer($token)) };
    my ($came) = capture("HTTP/1.0 204 No Content\r\n\r\n", sub { $passed->('/raw/x') });
    like $came, qr/^Authorization: Bearer \Q$token\E\r$/m, 'On pass: the application that it opens has it';
    ($came) = capture("HTTP/1.0 204 No Content\r\n\r\n", sub { ask('/raw/x', bearer($token)) });
    unlike $came, qr/mpin_|Authorization/i, 'and without that nobody';
    unlike $passed->('/people/x')->content, qr/mpin_/, 'and an application at another place never sees it';
};

subtest 'a_limited_token_is_good_for_its_paths_only' => sub {
    my ($limited) = make($anna, name => 'limited', paths => '/git/a, /within/a/ /proxied/a');
    my $at = sub { return ask($_[0], bearer($limited))->code };
    is $at->($_), 200, "$_ is within" for qw(/git/a /git/a/ /git/a/x /git/./a/x /git//a/x /git/b/../a/x /git/%61/x /within/a/plain.txt);
    is $at->('/git/a.b/../a/x?y=/git/b'), 200, 'a query says nothing';
    for my $path (qw(/git /git/ /git/b /git/ab /git/A/x /git/a/../b /git/a/%2e%2e/b /git/a/..;/b /git/a/..;x=1/b /git/a/%252e%252e/b
        /git/a/..%5cb /git/a/%2e%2e%5cb /git/a\\b /git/a%2fx /other /other/git/a /git/a/%252fx /git/%41/x), '/git/a/.;/b') {
        my $code = $at->($path);
        ok $code == 403 || $code == 404 || $code == 400, "$path is not: $code";
    }
    is code_of(ask('/git/b', bearer($limited))), 'token_not_here', 'and the program is told';
    is ask('/git/b', bearer($limited))->header('WWW-Authenticate'), undef, 'but not asked for another';
    my $page = ask('/within/a/page.html', bearer($limited));
    like $page->content, qr/plain/, 'a page includes what is within';
    unlike $page->content, qr/secret of b/, 'and nothing else, though httpd asks nobody again';
    like ask('/within/a/page.html', bearer($token))->content, qr/secret of b/, 'as for a token without limits';
    is $at->('/within/a/inside'), 200, 'a rewrite leads on within';
    is $at->('/within/a/led'), 403, 'and not out of it';
    is ask('/within/a/led', bearer($token))->code, 200, 'which others may follow';
    my $says = sub { my ($bearer, @headers) = @_; return ask('/git/a/x', bearer($bearer), @headers)->code };
    is $says->($limited, @$_), 403, "@$_ gains nothing" for ['X-Original-URL' => '/git/b'], ['X-Rewrite-URL' => '/git/b'], ['X_Rewrite.URL' => '/git/b'],
        ['X-Original-URL' => 'https://tokens/git/b'], ['X-Original-URL' => '/git/a/..%2fb'], ['X-Original-URL' => '/git/a/%2e%2e/b'], ['X-Original-URL' => 'git/a'];
    is $says->($limited, @$_), 200, "@$_ is what a proxy says" for ['X-Original-URL' => '/git/a/x?y=/b'], ['X-Original-URL' => 'https://tokens/git/%61/x'];
    is $says->($token, 'X-Original-URL' => '/git/b'), 200, 'as for a token without limits';
};

subtest 'a_limited_token_is_good_for_its_methods_only' => sub {
    my ($reads) = make($anna, name => 'reads', methods => 'get, options');
    my $by = sub { my ($method, @headers) = @_; return ask('/git/a', {method => $method}, bearer($reads), @headers)->code };
    is $by->($_), 200, $_ for qw(GET HEAD OPTIONS);
    is $by->($_), 403, $_ for qw(POST PUT DELETE PROPFIND get GETX);
    is $by->('GET', "X-$_" => 'DELETE'), 403, "X-$_ gains nothing" for qw(HTTP-Method-Override HTTP-Method Method-Override HTTP_Method_Override HTTP.Method);
    is ask('/git/a', {method => 'POST', body => 'x'}, bearer($token))->code, 200, 'one without limits does all';
};

subtest 'nothing_is_made_of_what_is_no_limit' => sub {
    my $before = () = handles($anna);
    for my $wrong ([paths => 'git'], [paths => '/git/%61'], [paths => '/git/../x'], [paths => '/a//b'], [paths => '/' . 'x' x 300],
        [methods => 'GET;'], [methods => 'GET POST 1'], [days => 0], [days => 367], [days => '1e2'], [name => ''], [name => 'x' x 33], [name => "\x01"]) {
        my ($made, $answer) = make($anna, @$wrong);
        is $made, undef, "$wrong->[0] " . substr($wrong->[1], 0, 20);
        like $answer->header('Location') // '', qr{^/account\?done=token_$wrong->[0]}, 'and says what';
    }
    is scalar(() = handles($anna)), $before;
    is $anna->post_form('/account/token', {csrf => 'x', name => 'a'})->code, 403, 'nor without the form';
    like house->post_form('/account/token', {name => 'a'})->header('Location'), qr{^/login}, 'nor for nobody';
};

subtest 'guessed_tokens_are_throttled_and_keep_no_program_out' => sub {
    early_in_a_minute();
    my $guess = sub { return ask('/git/x', {from => '127.0.71.1'}, bearer('mpin_' . join '', map { ('a' .. 'z')[rand 26] } 1 .. 43)) };
    my @codes = map { $guess->()->code } 1 .. 25;
    is_deeply [@codes[0 .. 19]], [(401) x 20], 'so many in a minute are told that they are wrong';
    my $dead = 'mpin_' . 'D' x 43;
    my %said = map { ask('/git/x', {from => '127.0.71.3'}, bearer($dead))->code => 1 } 1 .. 60;
    is_deeply [keys %said], [401], 'the same one again and again is one guess a process';
    is_deeply [@codes[20 .. 24]], [(429) x 5], 'the next ones wait';
    ok $guess->()->header('Retry-After'), 'and know how long';
    is ask('/git/x', {from => '127.0.71.1'}, bearer($token))->code, 200, 'a good one at the same address comes in';
    my ($fresh) = make($anna, name => 'fresh');
    is ask('/git/x', {from => '127.0.71.1'}, basic($fresh))->code, 200, 'also one that nobody here has seen before';
    for my $near (substr($token, 0, -1), "${token}A", 'mpin_', 'MPIN_' . substr($token, 5), $token =~ s/.$/$& eq 'A' ? 'B' : 'A'/er, "$token, Bearer $token") {
        isnt ask('/git/x', {from => '127.0.71.2'}, bearer($near))->code, 200, 'not: ' . substr($near, 0, 8) . '...';
    }
    ok events('token_refused') >= 20, 'the audit log has them';
};

subtest 'a_removed_token_is_dead_at_once_in_every_process' => sub {
    my ($short) = make($anna, name => 'short');
    my ($handle) = account($anna)->content =~ m{<strong>short</strong>.*?name="token" value="(\w{32})"}s;
    is_deeply [grep { $_ != 200 } in_parallel(8, sub { ask('/git/x', bearer($short))->code })], [], 'good in all of them';
    like account($anna)->content, qr{<strong>short</strong> <small>[^<]*last used}, 'its last use is shown';
    my $john = person('john');
    is remove($john, $handle)->code, 404, 'nobody else removes it';
    is ask('/git/x', bearer($short))->code, 200;
    like remove($anna, $handle)->header('Location'), qr/done=token_removed/;
    is_deeply [grep { $_ != 401 } in_parallel(16, sub { ask('/git/x', bearer($short))->code })], [], 'and none any more';
    is ask('/git/x', bearer($token))->code, 200, 'the others stay';
    is events('token_removed'), 1;
};

subtest 'a_token_outlives_signing_out_and_not_the_limit_of_twenty' => sub {
    my $jane = person('jane');
    my ($first) = make($jane);
    make($jane, name => "t$_") for 2 .. 20;
    is scalar(() = handles($jane)), 20;
    like account($jane)->content, qr/as many tokens as you can have/;
    is $jane->post_form('/account/token', {csrf => (account($jane)->content =~ /name="csrf" value="([^"]+)">\s*<input type="hidden" name="token"/)[0], name => 'x'})->code,
        409, 'the next one is refused';
    my ($csrf) = account($jane)->content =~ m{/sessions/end">\s*<input type="hidden" name="csrf" value="([^"]+)"};
    $jane->post_form('/account/sessions/end', {csrf => $csrf}) if $csrf;
    $jane->sign_out;
    is ask('/git/x', bearer($first))->code, 200, 'a program goes on';
};

subtest 'no_log_has_a_token' => sub {
    for my $file (glob "$ENV{MPIN_STAGE}/t/logs/*") {
        is index(MPin::slurp($file), $_), -1, $file =~ s{.*/}{}r for $token, encode_base64("x:$token", ''), substr($token, 5, 20);
    }
    is index(join('', map { MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/tokens-store/*/*"), substr $token, 5), -1, 'nor has the store';
};

done;
