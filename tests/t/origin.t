# SPDX-License-Identifier: Apache-2.0
# Who may send us state changes: our own pages and nobody else's (docs/security.md, "Origin policy").
use strict;
use warnings;
use Test::More;
use MPin;

from(17);
my $own = origin(site);
my $id = '7b7d';

sub word { return json_of($_[0])->{code} // '' }

subtest 'origin_matrix_every_post_route' => sub {
    my @routes = (
        [POST => '/login', 'form'], [POST => '/logout', 'form'], [POST => '/mpinAuthenticate'], [PUT => '/rps/user'],
        [PUT => "/rps/user/$id"], [POST => "/rps/signature/$id"], [POST => "/rps/setupDone/$id"], [POST => '/rps/pass1'],
        [POST => '/rps/pass2'], [POST => "/rps/timePermit/$id"], [POST => '/rps/getAccessNumber'], [POST => '/rps/getQrUrl'], [POST => '/rps/access'],
        [POST => '/rps/codeStatus'], [POST => '/rps/authenticate'], [POST => '/rps/standing'], [POST => '/rps/remove'],
    );
    my @foreign = ('null', '', 'https://evil.example', "$own.evil.example", "$own/", 'http://127.0.0.1',
        $own =~ s/127.0.0.1/localhost/r, $own =~ s/http/https/r, uc $own, "$own, $own", "evil $own");
    for my $route (@routes) {
        my ($method, $path, $form) = @$route;
        my $refused = sub {
            my $answer = request(site, $method, $path, body => $form ? 'a=b' : '{}', headers => [
                'Content-Type' => $form ? 'application/x-www-form-urlencoded' : 'application/json',
                Accept => 'application/json', @_]);
            return $answer->code == 403 && (json_of($answer)->{code} // '') eq 'origin_refused';
        };
        for my $fetch (undef, qw(same-origin same-site cross-site none)) {
            my @fetch = $fetch ? ('Sec-Fetch-Site' => $fetch) : ();
            ok $refused->(Origin => $_, @fetch), "$method $path refuses Origin '$_' @fetch" for @foreign;
            ok !$refused->(Origin => $own, @fetch), "$method $path takes our origin @fetch";
            my $good = !$fetch || $fetch eq 'same-origin';
            is !!$refused->(@fetch), !$good, "$method $path without Origin @fetch";
        }
    }
};

# The same routes where MPinCORS lists two origins: they may use the RPS, and nothing else changes.
subtest 'origin_matrix_with_cors' => sub {
    my $ask = sub {
        my ($method, $path, @headers) = @_;
        return request(site, $method, $path, host => 'cors.example', body => $method eq 'OPTIONS' ? undef : '{}',
            headers => ['Content-Type' => 'application/json', Accept => 'application/json', @headers]);
    };
    my $allows = sub { return join ' ', map { $_[0]->header("Access-Control-$_") // '-' } qw(Allow-Origin Allow-Credentials) };
    my @rps = ([PUT => '/rps/user'], [PUT => "/rps/user/$id"], [POST => "/rps/signature/$id"], [POST => "/rps/setupDone/$id"],
        [POST => '/rps/pass1'], [POST => '/rps/pass2'], [POST => '/rps/access'], [POST => '/rps/getAccessNumber'], [POST => '/rps/codeStatus'],
        [GET => '/rps/clientSettings'], [GET => '/mpin.js'], [GET => '/mpin/worker.js']);
    my @ours = ([POST => '/login'], [POST => '/logout'], [POST => '/mpinAuthenticate'], [GET => '/login']);
    my @listed = ('https://app.example', 'https://other.example:8443');
    my @foreign = ('null', '', 'https://evil.example', 'https://app.example.evil.example', 'https://app.example:443', 'https://app.example/',
        'http://app.example', 'https://APP.example', 'https://other.example', 'https://app.example, https://app.example', '*');
    for my $route (@rps) {
        my ($method, $path) = @$route;
        for my $origin (@listed) {
            my $answer = $ask->($method, $path, Origin => $origin, 'Sec-Fetch-Site' => 'cross-site');
            isnt word($answer), 'origin_refused', "$method $path takes $origin";
            is $allows->($answer), "$origin true", 'and lets it read the answer';
            $answer = $ask->(OPTIONS => $path, Origin => $origin, 'Access-Control-Request-Method' => $method,
                'Access-Control-Request-Headers' => 'content-type');
            is $answer->code . ' ' . $allows->($answer), "204 $origin true", 'which it may ask first';
            is $answer->header('Access-Control-Allow-Methods') . $answer->header('Access-Control-Allow-Headers'),
                'GET, POST, PUTAccept, Content-Type, X-Requested-With', 'with what we take';
        }
        for my $origin (@foreign) {
            my $answer = $ask->($method, $path, Origin => $origin);
            is word($answer), 'origin_refused', "$method $path refuses Origin '$origin'" if $method ne 'GET';
            is $allows->($answer), '- -', "and tells '$origin' nothing";
            $answer = $ask->(OPTIONS => $path, Origin => $origin, 'Access-Control-Request-Method' => $method);
            is $answer->code . ' ' . $allows->($answer), '405 - -', 'asked first or not';
        }
        like $ask->($method, $path, @$_)->header('Vary'), qr/\bOrigin\b/, 'caches know'
            for [], [Origin => $listed[0]], [Origin => $foreign[2]];
    }
    for my $route (@ours) {
        my ($method, $path) = @$route;
        for my $origin (@listed) {
            my $answer = $ask->($method, $path, Origin => $origin);
            is word($answer), 'origin_refused', "$method $path refuses even $origin" if $method ne 'GET';
            is $allows->($answer), '- -', 'and tells it nothing';
            is $ask->(OPTIONS => $path, Origin => $origin, 'Access-Control-Request-Method' => $method)->code, 405, 'nor before';
        }
    }
    is $allows->(request(site, 'GET', '/rps/clientSettings', headers => [Origin => $listed[0]])), '- -', 'on another site it is nobody';
};

subtest 'a session needs a page of ours or the cookie that it was made with' => sub {
    my $john = browser(site)->sign_in('john');
    my $device = $john->enrol('john', '1357');
    my $browser = browser(site);
    $browser->visit('/login');
    my $ott = $browser->ott($device);
    my $answer = request(site, 'POST', '/mpinAuthenticate', body => qq({"mpinResponse":{"authOTT":"$ott"}}),
        headers => ['Content-Type' => 'application/json']);
    is $answer->code, 408, 'with neither header nor cookie there is none';
    is_deeply [grep { /^mpin=/ } $answer->header('Set-Cookie')], [], 'nor a cookie';
    $ott = $browser->ott($device);
    $answer = request(site, 'POST', '/mpinAuthenticate', body => qq({"mpinResponse":{"authOTT":"$ott"}}),
        headers => ['Content-Type' => 'application/json', Cookie => $browser->cookie_header]);
    is $answer->code, 200, 'with the cookie alone there is: a client that is no browser';
};

subtest 'nobody else signs somebody out' => sub {
    my $john = browser(site)->sign_in('john');
    my $form = 'application/x-www-form-urlencoded';
    my $post = sub { $john->copy->request(POST => '/logout', body => $_[0], headers => ['Content-Type' => $form,
        Accept => 'text/html', @_[1 .. $#_]])->code };
    is $post->('', Origin => 'https://evil.example'), 403, 'not another site';
    is $post->(''), 403, 'not who sends no header and no token';
    is $post->('csrf=x'), 403, 'nor a wrong one';
    is $john->get('/logout')->code, 200, 'a GET only shows the button';
    is $john->who, 'john', 'still signed in';
    my $token = $john->fields($john->visit('/logout'))->{csrf};
    is browser(site)->sign_in('jane')->request(POST => '/logout', body => "csrf=$token",
        headers => ['Content-Type' => $form])->code, 403, 'one\'s token is not another\'s';
    is $post->("csrf=$token"), 303, 'with its token the form works in an old browser';
    is $john->who, '', 'and ends the session';
};

done;
