# SPDX-License-Identifier: Apache-2.0
# What people see: security headers, escaping, branding, languages, error pages.
use strict;
use warnings;
use utf8;
use Test::More;
use MPin;

from(20);

my $john = browser(site)->sign_in('john');
my $jane = browser(site)->sign_in('jane');
expect_in_log(qr/AH01631: user jane/);

# Every page there is: name and answer.
sub all_pages {
    early_in_a_minute();
    my $browser = browser(site);
    my $wanted = $browser->visit('/protected/')->header('Location');
    from(201);
    browser(strict)->post_password('user37', 'wrong') for 1 .. 3;
    my $throttled = browser(strict)->post_password('user37', 'wrong');
    from(20);
    return (
        'login' => $browser->visit('/login'),
        'login for a page' => $browser->visit($wanted),
        'wrong password' => browser(site)->post_password('john', 'wrong'),
        'stale form' => do { my $old = browser(site); $old->visit('/login'); $old->post_form('/login', {username => 'john', password => 'x'}) },
        'too many tries' => $throttled,
        'data not sent' => browser(site)->request(POST => '/protected/', body => 'a', headers => [Accept => 'text/html']),
        'cookies off' => browser(site)->post_form('/login', {username => 'john', password => 'x'}),
        'offer' => $john->visit('/login?offer=1'),
        'signed in' => $john->visit('/login'),
        'sign out?' => $john->visit('/logout'),
        'may not' => $jane->visit('/only-john/'),
        'no such file of ours' => $john->visit('/mpin/none'),
        'wrong method' => $john->request(DELETE => '/login', headers => [Accept => 'text/html']),
        'another site\'s post' => $john->request(POST => '/logout', headers => [Accept => 'text/html',
            Origin => 'https://evil.example']),
        'stale sign-out' => $john->request(POST => '/logout', headers => [Accept => 'text/html']),
        'too long' => $john->request(POST => '/login', body => 'a' x 20000, headers => [Accept => 'text/html',
            Origin => $john->origin, 'Content-Type' => 'application/x-www-form-urlencoded']),
        'odd type' => $john->request(POST => '/login', body => 'a', headers => [Accept => 'text/html',
            Origin => $john->origin, 'Content-Type' => 'text/plain']),
        'branded' => browser(branded)->visit('/sign-in'),
        'https' => browser(public)->visit('/login'),
        'for phones' => browser(site)->visit('/m/index.html'),
        'none for phones' => browser(site)->visit('/m/none'),
    );
}

my %pages = all_pages();
my %status = ('wrong password' => 401, 'stale form' => 403, 'too many tries' => 429, 'data not sent' => 401,
    'cookies off' => 400, 'may not' => 403, 'no such file of ours' => 404, 'none for phones' => 404, 'wrong method' => 405,
    'another site\'s post' => 403, 'stale sign-out' => 403, 'too long' => 413, 'odd type' => 415);

subtest 'csp_headers_on_every_page' => sub {
    for my $name (sort keys %pages) {
        my $page = $pages{$name};
        is $page->code, $status{$name} // 200, $name;
        my %policy = map { /^(\S+) (.*)/ } split /; */, $page->header('Content-Security-Policy') // '';
        is_deeply \%policy, {'default-src' => "'self'", 'frame-ancestors' => "'none'", 'form-action' => "'self'",
            'base-uri' => "'none'", 'object-src' => "'none'"}, 'Content-Security-Policy';
        is $page->header('X-Frame-Options'), 'DENY', 'X-Frame-Options';
        is $page->header('Cross-Origin-Opener-Policy'), 'same-origin', 'Cross-Origin-Opener-Policy';
        is $page->header('Referrer-Policy'), 'no-referrer', 'Referrer-Policy';
        is $page->header('X-Content-Type-Options'), 'nosniff', 'X-Content-Type-Options';
        like $page->header('Cache-Control'), qr/no-store/, 'Cache-Control';
        is $page->header('Content-Type'), 'text/html; charset=utf-8', 'Content-Type';
    }
};

subtest 'no page has inline script or style' => sub {
    for my $name (sort keys %pages) {
        my $html = $pages{$name}->content;
        unlike $html, qr/<script(?![^>]*\ssrc=)/i, $name;
        unlike $html, qr/<style|\sstyle=|\son[a-z]+\s*=|javascript:/i, 'none';
        unlike $html, qr/\{\{|\}\}/, 'no placeholder is left';
        like $html, qr/<h1|<mpin-pad/, 'it has a heading, or the pad has' if $name ne 'branded';
    }
};

subtest 'JSON, files and redirects carry what they need' => sub {
    for my $answer (map { browser(site)->get($_) } qw(/rps/clientSettings /rps/none /mpin.js /mpin/mpin.css)) {
        is $answer->header('X-Content-Type-Options'), 'nosniff', $answer->content_type;
    }
};

subtest 'error pages say what happened, what to do, and a number to quote' => sub {
    for my $name ('cookies off', 'may not', 'no such file of ours', 'wrong method', 'another site\'s post', 'too long') {
        my $html = $pages{$name}->content;
        like $html, qr/MPIN00[2-9]\d|MPIN01\d\d/, "$name: code";
        like $html, qr/\d\d:\d\d UTC/, 'time';
        like $html, qr/request [\w@-]{10,}/, 'request';
        like $html, qr/<a class="primary" href="\/[^"]*">[^<]+</, 'one button';
    }
};

subtest 'no value appears unescaped, or as it came' => sub {
    my $evil = q{"><script>alert(1)</script><img src=x onerror='x' `};
    my $code = MPin::Browser::escape($evil);
    my $browser = browser(site);
    my @answers = (map { $browser->visit($_) } "/login?return=/&for=$code", "/login?to=$code", "/login?return=$code", "/login?return=/$code",
        "/login?offer=$code", "/logout?$code", "/mpin/$code", "/rps/$code", "/login?$code=$code", "/protected/?$code");
    push @answers, $browser->visit($answers[-1]->header('Location'));
    push @answers, $browser->post_password($evil, $evil);
    push @answers, $browser->request(GET => '/login', host => $_) for 'evil.example', 'x"><script>';
    push @answers, $browser->get('/login', 'Accept-Language' => $evil, 'User-Agent' => $evil, Accept => $evil,
        Referer => $evil, 'X-Forwarded-Host' => $evil);
    for my $answer (grep { $_->content_type ne 'application/json' } @answers) {
        unlike $answer->as_string, qr/<script>alert|<img src=x/, $answer->code . ' is clean';
        unlike $answer->as_string, qr/evil\.example/, 'Host is believed nowhere';
    }
    like $answers[-4]->content, qr/value="&quot;&gt;&lt;script&gt;/, 'what was typed as a name comes back escaped';
};

subtest 'no header can be split' => sub {
    for my $path ('/login?return=/%0d%0aX-Evil:1', '/login?for=/%0d%0aX-Evil:1', '/login?to=%0d%0aX-Evil:1', '/protected/%0d%0aX-Evil:1',
        '/protected/?%0d%0aX-Evil:1', '/rps/%0aX-Evil:1', '/login?return=/%0aX-Evil:1', '/protected/%e5%98%8aX-Evil:1') {
        my $browser = browser(site);
        my $answer = $browser->visit($path);
        is $answer->header('X-Evil'), undef, $path;
        my $next = $answer->header('Location');
        is $browser->post_password('john', 'john-secret', $next && $next =~ /^\/login/ ? $next : $path =~ /login/ ? $path :
            '/login')->header('X-Evil'), undef, 'nor after the login';
    }
};

subtest 'title, logo and pages after login and logout are the administrator\'s' => sub {
    my $page = browser(branded)->visit('/sign-in')->content;
    like $page, qr/Tom &amp; &quot;Jerry&quot; &lt;script&gt;/, 'the title, escaped';
    unlike $page, qr/<script>/, 'and only so';
    my $tom = browser(branded);
    my $answer = $tom->post_form('/sign-in', {%{$tom->fields($tom->visit('/sign-in'))}, username => 'john',
        password => 'john-secret'});
    is $answer->code, 303, 'signing in works on a page of one\'s own';
    like $tom->visit($answer->header('Location'))->content, qr{OWN OFFER.*/welcome}, 'then MPinAfterLogin';
    is $tom->post_form('/sign-out', {})->header('Location'), '/bye', 'MPinAfterLogout';
};

subtest 'every template can be overridden' => sub {
    my $tom = browser(branded);
    my $login = $tom->visit('/sign-in');
    like $login->content, qr/^OWN TOP.*OWN LOGIN.*OWN BOTTOM$/s, 'login, frame_top, frame_bottom';
    like $login->content, qr{logo=/under/logo.png}, 'MPinLogo';
    my $answer = $tom->post_form('/sign-in', {%{$tom->fields($login)}, username => 'john', password => 'john-secret'});
    like $tom->visit($answer->header('Location'))->content, qr/OWN OFFER/, 'offer';
    like $tom->visit('/sign-in')->content, qr/OWN SIGNED_IN john/, 'signed_in';
    like $tom->visit('/sign-out')->content, qr/OWN LOGOUT/, 'logout';
    like $tom->visit('/m/index.html')->content, qr{OWN MOBILE /rps/clientSettings}, 'mobile';
    like $tom->visit('/mpin/none')->content, qr/OWN ERROR 404 MPIN0024/, 'error';
    is $login->header('Content-Security-Policy'), $pages{login}->header('Content-Security-Policy'),
        'the headers are the same';
};

subtest 'a template that cannot be used locks nobody out' => sub {
    my $browser = browser(branded, host => 'broken');
    like $browser->visit('/login')->content, qr/name="csrf"/, 'the built-in page is shown';
    like error_log(), qr/MPIN0501/, 'and the log says so';
};

subtest 'pages speak the browser\'s language' => sub {
    my %first = (en => 'Password', de => 'Passwort', fr => 'Mot de passe', es => 'Contraseña', it => 'Password',
        nl => 'Wachtwoord', pl => 'Hasło', pt => 'Senha');
    for my $lang (sort keys %first) {
        my $page = browser(site)->get('/login', 'Accept-Language' => "xx, $lang-ZZ;q=0.9, en;q=0.1");
        is $page->header('Content-Language'), $lang, "Content-Language $lang";
        like $page->content, qr/<html lang="$lang"/, 'lang';
        like $page->decoded_content, qr/\Q$first{$lang}\E/, 'its word for a password';
        like $page->header('Vary'), qr/Accept-Language/, 'Vary';
    }
    is browser(site)->get('/login', 'Accept-Language' => $_)->header('Content-Language'), 'en', "'$_' is English"
        for '', 'xx', ',,,', 'deutsch', 'it4', 'plt', '*', '-', 'd' x 4000;
};

subtest 'the banner says that anybody may register, where it is so' => sub {
    like $pages{login}->content, qr/anyone may register any free name/, 'there';
    unlike browser(strict)->visit('/login')->content, qr/anyone may register/, 'and only there';
};

done;
