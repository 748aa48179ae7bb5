# Who may send us state changes: our own pages and nobody else's (security model, "Origin policy").
use strict;
use warnings;
use Test::More;
use MPin;

from(17);
my $own = origin(site);
my $id = '7b7d';

subtest 'origin_matrix_every_post_route' => sub {
    my @routes = (
        [POST => '/login', 'form'], [POST => '/logout', 'form'], [POST => '/mpinAuthenticate'], [PUT => '/rps/user'],
        [PUT => "/rps/user/$id"], [POST => "/rps/signature/$id"], [POST => "/rps/setupDone/$id"], [POST => '/rps/pass1'],
        [POST => '/rps/pass2'], [POST => '/rps/getAccessNumber'], [POST => '/rps/getQrUrl'], [POST => '/rps/access'],
        [POST => '/rps/codeStatus'], [POST => '/rps/authenticate'],
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
