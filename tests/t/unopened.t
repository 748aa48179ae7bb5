# SPDX-License-Identifier: Apache-2.0
# What no person opens as a page gets 401 and no cookie; what is shown in a frame leads out of it.
use strict;
use warnings;
use Test::More;
use MPin;

from(31);

my $html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
my @load = (Accept => $html, 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');

sub is_refused_silently {
    my ($name, $path, @headers) = @_;
    my $answer = request(site, 'GET', $path, headers => \@headers);
    is $answer->code, 401, "$name at $path: 401";
    is $answer->header('Set-Cookie'), undef, 'and no cookie';
    is $answer->header('WWW-Authenticate'), 'MPin realm="Wiki"', 'of a scheme that no browser asks for';
    is json_of($answer)->{login_url}, "/login", "with the place of the login";
}

subtest what_no_person_opens_gets_401_and_no_cookie => sub {
    my %fetched = (
        'a manifest' => [Accept => '*/*', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Dest' => 'manifest'],
        'an icon' => [Accept => 'image/avif,image/webp,*/*', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'image'],
        'an icon of an older browser' => [Accept => 'image/webp,*/*'],
        'a style' => [Accept => 'text/css,*/*;q=0.1', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'style'],
        'a style of an older browser' => [Accept => 'text/css,*/*;q=0.1'],
        'a script' => [Accept => '*/*', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'script'],
        'a font' => [Accept => '*/*', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Dest' => 'font'],
        'a worker' => [Accept => '*/*', 'Sec-Fetch-Mode' => 'same-origin', 'Sec-Fetch-Dest' => 'worker'],
        'a service worker' => [Accept => '*/*', 'Sec-Fetch-Mode' => 'same-origin', 'Sec-Fetch-Dest' => 'serviceworker',
            'Service-Worker' => 'script'],
        'a prefetch' => [@load, 'Sec-Purpose' => 'prefetch'],
        'a prerendering' => [@load, 'Sec-Purpose' => 'prefetch;prerender'],
        'a prefetch of Safari' => [@load, Purpose => 'prefetch'],
        'a prefetch of Firefox' => [@load, 'X-Moz' => 'prefetch'],
        'an EventSource' => [Accept => 'text/event-stream'],
        'an EventSource behind a library' => [Accept => 'text/event-stream, text/html'],
        'htmx' => [Accept => $html, 'HX-Request' => 'true'],
        'a websocket' => [Upgrade => 'websocket', Connection => 'Upgrade', 'Sec-WebSocket-Version' => 13,
            'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ=='],
        'a websocket with an Accept' => [Accept => $html, Upgrade => 'websocket', Connection => 'close, Upgrade'],
        'a client that accepts nothing' => [],
        'a client that accepts anything' => [Accept => '*/*'],
    );
    for my $name (sort keys %fetched) {
        is_refused_silently($name, $_, @{$fetched{$name}}) for '/protected/', '/indexed/';
    }
    is request(site, 'GET', '/protected/', headers => \@load)->code, 302, 'a page is led to the login';
};

subtest a_prefetch_changes_nothing => sub {
    my @prefetch = (@load, 'Sec-Purpose' => 'prefetch');
    is_refused_silently('a prefetch', '/uredirect/', @prefetch);
    for my $path ('/login', '/login?return=/protected/', '/logout', '/mpinActivate?t=x') {
        my $answer = request(site, 'GET', $path, headers => \@prefetch);
        is $answer->code, 403, "$path is not made ahead of who opens it";
        is $answer->header('Set-Cookie'), undef, 'and sets nothing';
    }
    my $browser = browser(site);
    my $login = $browser->visit('/protected/')->header('Location');
    $browser->visit('/login');
    my $before = $browser->cookie('mpin-login');
    $browser->get($_, @prefetch) for '/protected/', '/only-john/', '/login', $login;
    is $browser->cookie('mpin-login'), $before, 'the way of a page that was opened stays';
    is $browser->visit($login)->code, 200, 'and leads on';
    my $john = browser(site)->sign_in('john');
    is $john->get('/protected/', @prefetch)->code, 200, 'what somebody may see is fetched ahead';
};

subtest a_frame_gets_a_link_out_of_the_frame => sub {
    for my $dest (qw(iframe frame embed object)) {
        my $answer = request(site, 'GET', '/protected/echo?a=b&c', headers =>
            [Accept => $html, 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => $dest]);
        is $answer->code, 401, "$dest: 401";
        is $answer->header('Set-Cookie'), undef, 'and no cookie';
        like $answer->content_type, qr{^text/html}, 'a page';
        my ($href) = $answer->content =~ /<a [^>]*href="([^"]*)"[^>]* target="_top"/;
        is $href, '/login?return=%2fprotected%2fecho%3fa%3db%26c', 'whose link leads out';
        is $answer->header('X-Frame-Options'), undef, 'and may be shown there';
        unlike $answer->header('Content-Security-Policy'), qr/frame-ancestors/, 'by all means';
        unlike $answer->content, qr/csrf|type="password"/, 'and is no form';
    }
    my @frame = (Accept => $html, 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'iframe');
    like request(site, 'GET', '/protected/', headers => [@frame, Referer => origin(site) . '/portal?x=1'])->content,
        qr{href="/login\?return=%2fportal%3fx%3d1"}, 'back to the page around it';
    like request(site, 'GET', '/protected/', headers => [@frame, Referer => $_])->content,
        qr{href="/login\?return=%2fprotected%2f"}, "but not to $_" for 'https://evil.example/', origin(site) . '.evil.example/',
        origin(site) . '//evil.example', origin(site) . '@evil.example/';
    my $browser = browser(site)->sign_in('john', '/login?return=%2fprotected%2fecho%3fa%3db%26c');
    is $browser->visit('/protected/echo?a=b&c')->code, 200, 'the way there works';
};

subtest a_preflight_reaches_the_application => sub {
    my @preflight = (Origin => 'https://app.example', 'Access-Control-Request-Method' => 'PUT',
        'Access-Control-Request-Headers' => 'x-thing', 'Sec-Fetch-Mode' => 'cors', 'Sec-Fetch-Dest' => 'empty', Accept => '*/*');
    my $answer = request(mount, 'OPTIONS', '/api/thing', host => 'preflight', headers => \@preflight);
    is $answer->code, 200, 'OPTIONS';
    is json_of($answer)->{env}{REQUEST_METHOD}, 'OPTIONS', 'is answered by the application';
    is json_of($answer)->{env}{HTTP_ACCESS_CONTROL_REQUEST_METHOD}, 'PUT', 'which sees what is asked';
    is request(mount, 'PUT', '/api/thing', host => 'preflight', headers => \@preflight)->code, 401, 'and the PUT itself is not';
    is request(site, 'OPTIONS', '/protected/echo', headers => \@preflight)->code, 401, 'nor where no Require says so';
};

done;
