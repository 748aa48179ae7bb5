# SPDX-License-Identifier: Apache-2.0
# What an administrator's own Redirect and RewriteRule lines say of everything holds for our pages; what they lead to
# inside of the vhost does not swallow them.
use strict;
use warnings;
use Test::More;
use MPin;

from(34);
expect_in_log(qr{AH01630: client denied by server configuration: mpin:});

my @pages = qw(/login /logout /mpinActivate /mpin.js /mpin/mpin.css /rps/clientSettings /m/index.html);
my @json = ('Content-Type' => 'application/json', Origin => origin(mount));
sub get { my ($host, $path, @headers) = @_; return request(mount, 'GET', $path, host => $host, headers => [Accept => 'text/html', @headers]) }

subtest what_sends_the_vhost_away_sends_our_pages_away => sub {
    for my $host (map { "away-$_" } qw(redirect match rewrite alias location if htaccess directory conditional proxied)) {
        for my $path (@pages, '/other') {
            my $answer = get($host, $path);
            is $answer->code, 301, "$host: $path" if $host !~ /match|if/;
            like $answer->code, qr/^30[12]$/, "$host: $path" if $host =~ /match|if/;
            my $there = $answer->header('Location') // '';
            like $there, qr{^https://www\.example\.com/}, "$host: to https";
            like $there, qr{\Q$path\E$}, "$host: and that page" if $host !~ /location/;
            unlike $answer->content, qr/csrf|type="password"/, 'without a form';
            is $answer->header('Set-Cookie'), undef, 'or a cookie';
        }
        my $answer = request(mount, 'POST', '/login', host => $host, body => 'username=john&password=john-secret',
            headers => ['Content-Type' => 'application/x-www-form-urlencoded', Origin => origin(mount), Accept => 'text/html']);
        like $answer->code, qr/^30[12]$/, "$host: POST /login";
        like request(mount, 'POST', '/rps/pass1', host => $host, body => '{}', headers => \@json)->code, qr/^30[12]$/, "$host: pass1";
    }
};

subtest the_query_goes_along_and_is_in_no_log => sub {
    for my $host (map { "away-$_" } qw(redirect rewrite htaccess)) {
        like get($host, '/login?s=5ecre7abcdef')->header('Location'), qr{/login\?s=5ecre7abcdef$}, "$host: the way is kept";
    }
    get('away-redirect', '/rps/signature/5ecre7abcdef?regOTT=5ecre7abcdef');
    my @shown = grep { /5ecre7abcdef/ } map { split /\n/, MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/logs/*_log";
    is_deeply \@shown, [], 'no log shows it';
};

subtest a_closed_vhost_is_closed_for_our_pages => sub {
    my %closed = ('closed-503' => 503, 'closed-410' => 410, 'closed-f' => 403, 'closed-g' => 410, 'closed-location' => 403);
    for my $host (sort keys %closed) {
        for my $path (@pages, '/other') {
            my $answer = get($host, $path);
            is $answer->code, $closed{$host}, "$host: $path";
            unlike $answer->content, qr/csrf|type="password"/, 'without a form';
        }
        is request(mount, 'POST', '/login', host => $host, body => 'a=b',
            headers => ['Content-Type' => 'application/x-www-form-urlencoded', Origin => origin(mount)])->code, $closed{$host},
            "$host: POST /login";
    }
    is get('closed-503', '/login')->content, 'closed for today', 'in the administrator\'s words';
};

subtest conditions_hold_as_they_do_elsewhere => sub {
    is get('away-conditional', '/login')->code, 301, 'over http';
    is get('away-conditional', '/login', 'X-Forwarded-Proto' => 'https')->code, 200, 'behind who ended TLS';
    is get('away-if', '/login')->code, 302, '<If>';
    is get('away-if', '/login', 'X-Tls' => 'on')->code, 200, 'and else';
    is get('other-places', '/login', 'User-Agent' => 'BadBot/1.0')->code, 403, 'a client that is shut out';
    is get('other-places', '/login', 'User-Agent' => 'Mozilla/5.0')->code, 200, 'and one that is not';
};

subtest what_leads_inside_does_not_swallow_our_pages => sub {
    for my $host (map("spa-$_", qw(htaccess location fallback proxied)), 'spa', 'other-places') {
        my $page = get($host, '/login');
        is $page->code, 200, "$host: /login";
        like $page->content, qr/name="csrf"/, 'is the form';
        is get($host, $_)->code, 200, "$host: $_" for qw(/mpin.js /mpin/mpin.css /rps/clientSettings /m/index.html);
        is get($host, '/logout')->code, 303, "$host: /logout";
        is json_of(request(mount, 'POST', '/rps/pass1', host => $host, body => '{}', headers => \@json))->{code}, 'pass1_malformed',
            "$host: pass1";
    }
    like get('spa-htaccess', '/any/where')->content, qr/THE APPLICATION/, 'the application has the rest';
    is get('exempt', '/login')->code, 200, 'a rule above the others lets one of ours through';
    is get('exempt', '/logout')->code, 301, 'and no more';
    is get('other-places', '/old')->header('Location'), 'https://www.example.com/', 'redirects of other places go on';
    is get('other-places', '/private')->code, 403, 'so do refusals';
};

subtest refusals_have_their_page_where_the_rest_is_closed => sub {
    for my $path ('/protected/', '/indexed/') {
        is get('hardened', $path)->code, 302, "$path leads to the login";
        is json_of(get('hardened', $path, 'X-Requested-With' => 'x'))->{login_url}, '/login', 'and scripts are told where it is';
        my $answer = request(mount, 'POST', $path, host => 'hardened', body => 'a=b', headers => [Accept => 'text/html']);
        is $answer->code, 401, 'a POST';
        like $answer->content, qr/name="csrf"/, 'gets the login page';
        like $answer->content, qr/type="password"/, 'with its form';
    }
    is get('hardened', $_)->code, 403, "$_ is closed" for '/logout', '/rps/clientSettings';
    is get('hardened', $_)->code, 404, "$_ by its own rule" for '/.git', '/.mpin-refusal';
    is get('hardened', '/login')->code, 200, 'the login is not';
    is get('hardened', '/login?attack=1')->code, 403, 'but for what a rule finds in the request line';
};

done;
