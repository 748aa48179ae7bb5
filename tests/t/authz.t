# SPDX-License-Identifier: Apache-2.0
# Who gets in, and what the others get (docs/directives.md, "MPinUnauthenticated").
use strict;
use warnings;
use Test::More;
use MPin;

from(15);
expect_in_log(qr/AH01630: client denied/, qr/AH01631: user (john|jane)/, qr/include:error.*subrequest setup returned 401/);

my $stranger = browser(site);
my $john = browser(site)->sign_in('john');
my $jane = browser(site)->sign_in('jane');

# john has a PIN, too: a browser that has signed in by it.
my $device = $john->enrol('john', '4711');
sub by_pin {
    my $browser = browser(site);
    $browser->visit('/login');
    die 'no PIN login' if $browser->pin_login($device)->code != 200;
    return $browser;
}

subtest 'a navigation is sent to the login and comes back' => sub {
    for my $target ('/protected/', '/protected/?x=1&y=%2F', '/protected/index.html?return=//evil', '/indexed/?z',
        '/htaccess/') {
        my $browser = browser(site);
        my $answer = $browser->visit($target);
        is $answer->code, 302, "$target without a session";
        is $answer->header('Location'), login_at(return => $target), 'with the way back in its URL';
        is $answer->header('Set-Cookie'), undef, 'and nothing of it in a cookie';
        like $answer->header('Cache-Control'), qr/no-store/, 'kept by nobody';
        my $login = $answer->header('Location');
        next if $target =~ /htaccess/; # wants a PIN
        my $offer = $browser->post_password('john', 'john-secret', $login)->header('Location');
        like $browser->visit($offer)->content, qr/success="\Q@{[$target =~ s{&}{&amp;}gr]}\E"/, 'the offer leads on';
        is $browser->visit($target)->code, 200, 'where the page is';
        my $again = browser(site);
        $login = $again->visit($target)->header('Location');
        my ($back) = $again->visit($login)->content =~ /<mpin-pad[^>]* return="([^"]*)"/;
        $back =~ s/&amp;/&/g;
        is json_of($again->authenticate($again->ott($device), return => $back))->{location}, $target, 'by PIN as well';
    }
};

subtest 'return-to values stay on our host' => sub {
    for my $value ('//evil.example', '/\\evil.example', '///evil.example', 'http:evil.example', 'https://evil.example/',
        "/\t//evil.example", '/%09//evil.example', '\\\\evil.example', '/%5cevil.example', '/%2f/evil.example',
        '/%252f/evil.example', '/x/../..//evil.example', 'javascript:alert(1)', '//evil@127.0.0.1/', '@evil.example',
        '.evil.example', '/;@evil.example', "/\r\nLocation: //evil.example", '%2f%2fevil.example', '////', '/a%0d%0ab: c') {
        my $browser = browser(site);
        my $path = '/login?return=' . MPin::Browser::escape($value);
        my $location = $browser->post_password('john', 'john-secret', $path)->header('Location');
        like $location, qr{^/login\?offer=1(?:&return=%2f(?!%2f)|$)}, 'the offer first';
        my ($onward) = $browser->visit($location)->content =~ /success="([^"]*)"/;
        like $onward, qr{^/(?![/\\%])[^\\\x00-\x20]*$}, MPin::Browser::escape($value) . " leads to $onward";
    }
};

subtest 'scripts get 401 with JSON login_url, whatever the method' => sub {
    for my $headers (['X-Requested-With' => 'XMLHttpRequest'], ['Sec-Fetch-Mode' => 'cors'], ['Sec-Fetch-Dest' => 'image'],
        ['Accept' => 'application/json'], ['Accept' => '*/*', 'Sec-Fetch-Mode' => 'same-origin']) {
        for my $method (qw(GET POST PUT)) {
            my $answer = $stranger->request($method => '/protected/', headers => $headers, body => '');
            is $answer->code, 401, "$method with @$headers";
            is json_of($answer)->{login_url}, '/login', 'where to go';
            is json_of($answer)->{code}, 'not_signed_in', 'and why';
            is $answer->header('Set-Cookie'), undef, 'no state piles up';
            is $answer->header('WWW-Authenticate'), 'MPin realm="Wiki"', 'no dialogue of the browser\'s';
        }
    }
    is $stranger->request($_, '/protected/')->code, 401, "$_ is a script's" for qw(PUT DELETE OPTIONS PROPFIND);
};

subtest 'an unauthenticated POST gets the login page with a note' => sub {
    my $browser = browser(site);
    my $answer = $browser->request(POST => '/protected/echo?x=1', body => 'precious=' . 'x' x 30000,
        headers => [Accept => 'text/html', 'Content-Type' => 'text/plain']);
    is $answer->code, 401, 'not let in';
    like $answer->content, qr/What you sent was not saved/, 'it says so';
    unlike $answer->content, qr/precious|"env"/, 'followed by nothing';
    my $next = $browser->post_form('/login', {%{$browser->fields($answer)}, username => 'john',
        password => 'john-secret'});
    is $next->code, 303, 'the form works';
    like $browser->visit($next->header('Location'))->content, qr{success="/"}, 'and leads to no GET of what takes a POST';
};

subtest 'cross_site_post_is_never_replayed' => sub {
    my $browser = browser(site);
    my $answer = $browser->request(POST => '/protected/echo', body => 'transfer=all',
        headers => [Accept => 'text/html', Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site']);
    is $answer->code, 401, 'asked to log in';
    unlike $answer->content, qr/transfer/, 'what was sent is in no form';
    $browser->post_form('/login', {%{$browser->fields($answer)}, username => 'john', password => 'john-secret'});
    my $echo = json_of($browser->visit('/protected/echo'));
    is "$echo->{env}{REQUEST_METHOD} $echo->{body}", 'GET ', 'nothing is sent on';
};

subtest 'a signed-in user who fails Require gets 403, as a page or JSON' => sub {
    for my $case ([$jane, '/only-john/'], [$john, '/all-denied/']) {
        my ($browser, $path) = @$case;
        my $page = $browser->visit($path);
        is $page->code, 403, $path;
        is $page->header('WWW-Authenticate'), undef, 'another login would change nothing';
        unlike $page->content, qr/UNDER LOCK/, 'followed by nothing';
        next if $path eq '/all-denied/'; # that is httpd's own 403
        like $page->content, qr/MPIN0029/, 'our page, with its number';
        my $json = $browser->get($path, 'X-Requested-With' => 'x');
        is $json->code . json_of($json)->{code}, '403not_authorized', 'JSON for scripts';
        is $browser->request(POST => $path, body => 'x')->code, 403, 'also for a POST';
    }
    is $stranger->visit($_)->code, 302, "$_ sends strangers to the login" for qw(/only-john/ /amr/ /either/);
    is $john->visit('/only-john/')->code, 200, 'john may';
};

subtest 'Require mpin-amr asks for a kind of proof' => sub {
    is by_pin()->visit($_)->code, 200, "$_ by PIN" for qw(/amr/ /either/);
    is $john->visit('/either/')->code, 200, 'or another rule of RequireAny';
    for my $case ([$john, '/amr/'], [$jane, '/either/']) {
        my ($browser, $path) = @$case;
        my $led = $browser->visit($path);
        is $led->code, 303, "$path leads who lacks it to the login";
        is $led->header('Location'), login_at(return => $path), 'with the way back';
        unlike $led->content, qr/UNDER LOCK/, 'followed by nothing';
        my $script = $browser->get($path, 'X-Requested-With' => 'x');
        is $script->code . json_of($script)->{need}, '401login', 'a script is told';
        is $browser->request(POST => $path, body => 'x', headers => [Accept => 'text/html'])->code, 401, 'a POST has the login page';
    }
};

subtest 'MPinLoginMethods sends who has signed in otherwise to the login' => sub {
    for my $path (qw(/pin-only/ /htaccess/)) {
        is $john->visit($path)->code, 302, "$path by password";
        my $page = $john->visit($john->visit($path)->header('Location'));
        is $page->code, 200, 'the login, though signed in';
        unlike $page->content, qr/type="password"/, 'offers no password';
        like $page->content, qr/<mpin-pad/, 'but the PIN';
        is by_pin()->visit($path)->code, 200, 'and a PIN does';
        is $john->get($path, Accept => 'application/json')->code, 401, 'a script is told';
    }
};

subtest 'time since the proof: MPinReauthAfter asks again, Require mpin-max-age refuses' => sub {
    my $browser = by_pin();
    is $browser->visit($_)->code, 200, "$_ at first" for qw(/fresh/ /max-age/);
    ok until_true(sub { $browser->visit('/fresh/')->code == 302 }), 'later the login is asked for';
    ok until_true(sub { $browser->visit('/max-age/')->code == 403 }), 'and the other is refused';
    is $browser->who, 'john', 'though the session goes on';
    is $browser->visit($browser->visit('/fresh/')->header('Location'))->code, 200, 'the login page';
    is $browser->pin_login($device)->code, 200, 'one more proof';
    is $browser->visit($_)->code, 200, "$_ again" for qw(/fresh/ /max-age/);
};

subtest 'fresh_password_makes_no_old_pin_fresh' => sub {
    my $browser = by_pin();
    is $browser->visit('/recent-pin/')->code, 200, 'a fresh PIN';
    ok until_true(sub { $browser->visit('/recent-pin/')->code == 302 && $browser->visit('/fresh/')->code == 302 }),
        'grows old';
    $browser->sign_in('john', $browser->visit('/fresh/')->header('Location'));
    is $browser->visit('/fresh/')->code, 200, 'a password comes';
    is $browser->visit('/pin-only/')->code, 200, 'and leaves the PIN proven';
    is $browser->visit('/recent-pin/')->code, 302, 'but no fresher';
};

subtest 'MPinUnauthenticated' => sub {
    my $page = $stranger->visit('/u401/');
    is $page->code, 401, 'with 401 there is no login';
    like $page->content, qr/of the administrator/, 'but the administrator\'s page';
    is json_of($stranger->get('/u401/', Accept => 'application/json'))->{login_url}, '/login', 'but JSON for scripts';
    is $stranger->get('/uredirect/', 'X-Requested-With' => 'x')->code, 302, 'redirect sends scripts too';
    is $stranger->post_form('/uredirect/', {a => 1})->code, 303, 'and a POST, to a GET';
    is $stranger->visit('/elsewhere/')->header('Location'), login_at(to => origin(site) . '/elsewhere/') =~ s/login/welcome/r, 'redirect:PATH';
    is $stranger->visit('/whoami')->code, 200, 'pass';
    is $stranger->who, '', 'as nobody';
    is $john->who, 'john', 'or as who is signed in';
    like $stranger->visit('/whoami')->header('Cache-Control'), qr/private/, 'so no shared cache may keep it';
    is $stranger->visit('/pass-mixed/')->code, 302, 'where a Require needs a user, nobody passes';
    is $john->visit('/pass-mixed/')->code, 200, 'but somebody';
};

subtest 'applications see who it is' => sub {
    my $env = json_of($john->get('/protected/echo'))->{env};
    is $env->{AUTH_TYPE}, 'MPin', 'AUTH_TYPE';
    like $env->{MPIN_AUTH_TIME}, qr/^\d{10}$/, 'MPIN_AUTH_TIME';
    like $env->{MPIN_SESSION}, qr/^[0-9a-f]{32}$/, 'MPIN_SESSION';
    is $env->{MPIN_PROVIDER}, 'local', 'MPIN_PROVIDER';
    is $env->{MPIN_AMR}, 'pwd', 'MPIN_AMR';
    is $env->{MPIN_EMAIL}, undef, 'john is no address';
    $env = json_of(browser(site)->sign_in('anna@example.org')->get('/protected/echo'))->{env};
    is $env->{MPIN_EMAIL}, 'anna@example.org', 'anna is';
    is $env->{HTTP_X_FORWARDED_EMAIL}, 'anna@example.org', 'MPinPassHeaders';
    is json_of(by_pin()->get('/whoami'))->{env}{MPIN_AMR}, 'pin mfa', 'a PIN is two factors';
};

subtest 'an index that is protected by itself leads to the login too' => sub {
    my $answer = $stranger->visit('/indexed/');
    is $answer->code, 302, 'the folder leads to the login';
    like $answer->header('Location'), qr{^/login\?return=%2f};
    ok json_of($stranger->get('/indexed/', Accept => 'application/json'))->{login_url}, 'a script gets its JSON';
    is $john->visit('/indexed/')->code, 200, 'with a session it is there';
    my $jane = browser(site)->sign_in('jane');
    $answer = $jane->visit('/indexed-john/');
    is $answer->code, 403, 'who may not see it gets 403';
    like $answer->content, qr/MPIN0029/, 'as a page';
};

subtest 'an include of a protected page needs a user too' => sub {
    my $page = $stranger->visit('/including/index.html')->content;
    like $page, qr/around/, 'the page itself is open';
    unlike $page, qr/PROTECTED CONTENT|csrf/, 'the part is not, and the login is no part of a page';
    like $john->visit('/including/index.html')->content, qr/PROTECTED CONTENT/, 'with a session it is';
};

subtest 'another AuthType\'s user is not ours' => sub {
    my $env = json_of($john->get('/basic', Authorization => 'Basic ' . MIME::Base64::encode('jane:jane-secret', '')))
        ->{env};
    is $env->{REMOTE_USER}, 'jane', 'Basic says who';
    is_deeply [grep { /^MPIN_|X_WEBAUTH/ } keys %$env], [], 'and we say nothing, though the browser has a session';
};

subtest 'the internal route is internal' => sub {
    is json_of($_->get('/.mpin-refusal'))->{env}{REDIRECT_STATUS}, 404, 'it cannot be asked for' for $stranger, $john;
};

subtest 'sign-out ends the session at once, everywhere' => sub {
    my $browser = browser(site)->sign_in('john');
    my $thief = $browser->copy;
    is $thief->who, 'john', 'a copied cookie works';
    my $answer = $browser->sign_out;
    is $answer->code . $answer->header('Location'), '303/', 'signed out';
    is $browser->cookie('mpin'), undef, 'the cookie is deleted';
    is $thief->who, '', 'and worth nothing in any process' for 1 .. 20;
};

subtest 'a step-up has a new session; the old one is honoured a moment more, as it was' => sub {
    my $browser = browser(site)->sign_in('john');
    my $old = $browser->copy;
    my $before = json_of($browser->get('/whoami'))->{env}{MPIN_SESSION};
    is $browser->visit('/login')->code, 200, 'the page says who is signed in';
    is $browser->pin_login($device)->code, 200, 'a PIN login on top';
    isnt json_of($browser->get('/whoami'))->{env}{MPIN_SESSION}, $before, 'another session';
    isnt $browser->cookie('mpin'), $old->cookie('mpin'), 'another cookie';
    is json_of($browser->get('/whoami'))->{env}{MPIN_AMR}, 'pwd pin mfa', 'with both proofs';
    is json_of($old->get('/whoami'))->{env}{MPIN_AMR}, 'pwd', 'the old one has what it had, for requests under way';
    $browser->sign_out;
    is $old->who, '', 'and the sign-out ends it too';
};

subtest 'stepup_with_other_identity_does_not_merge' => sub {
    my $browser = browser(site)->sign_in('jane');
    my $janes = $browser->copy;
    is $browser->pin_login($device)->code, 200, 'john\'s PIN in jane\'s browser';
    is $browser->who, 'john', 'is john';
    is json_of($browser->get('/whoami'))->{env}{MPIN_AMR}, 'pin mfa', 'with nothing of hers';
    is $janes->who, '', 'and her session is over';
};

done;
