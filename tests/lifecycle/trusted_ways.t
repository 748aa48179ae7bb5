#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Ways to the place of a trusted login that are none, for each module that needs no provider elsewhere: by Basic, Digest, a
# form and tickets, loaded before ours and after it. What httpd leads there inside, what a browser fetches ahead or for a
# page, what took too long, cookies that stay at home, and names that stand in .htaccess.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Digest::MD5 'md5_hex';
use File::Path 'make_path';
use Kerberos;
use MPin;
use Trusted;

my $port = $ENV{PORT};
my $top = $Server::top;
my $site = "$top/site";
my $faketime = (glob '/usr/lib/*/faketime/libfaketimeMT.so.1')[0];

sub house { return browser($port) }
sub name_of { return $_[0]->visit('/protected/')->header('X-User') // '' }

my $realm = Kerberos::missing() ? undef : Kerberos->new("$top/kerberos", $port + 17);
if ($realm) {
    make_path("$top/open");
    chmod 01777, "$top/open";
    chown scalar getpwnam('www-data'), 0, $realm->keytab if !$>;
    $realm->ticket('anna') or die;
}

# What shows to each who somebody is, fresh for each request: `$browser` is at `$path` by `$method`.
my %shows = (
    basic => sub { return basic('john') },
    digest => sub {
        my ($browser, $path, $method) = @_;
        my ($nonce) = ($browser->get($path, page)->header('WWW-Authenticate') // '') =~ /nonce="([^"]+)"/ or return;
        my $answer = md5_hex(join ':', md5_hex('john:digest:john-secret'), $nonce, '00000001', 'c', 'auth', md5_hex("$method:$path"));
        return (Authorization => qq{Digest username="john", realm="digest", nonce="$nonce", uri="$path", algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="$answer"});
    },
    form => sub {
        my $browser = shift;
        $browser->post_form('/trusted/form/in', {httpd_username => 'john', httpd_password => 'john-secret'}) if !$browser->{cookies}{other};
        return ();
    },
    $realm ? (ticket => sub { return (Authorization => 'Negotiate ' . $realm->token('anna')) }) : (),
);
my %user = (basic => 'basic:john', digest => 'digest:john', form => 'form:john', ticket => 'ticket:anna@EXAMPLE.ORG');

my @by = map { ("by-$_/index", "by-$_/fallback", "by-$_/rule") } keys %shows;
make_path(map { "$site/$_" } qw(form named methods amr), @by);
Server::write_file("$site/$_/index.html", "$_\n") for qw(form named methods amr);
for my $name (keys %shows) {
    Server::write_file("$site/by-$name/rule/.htaccess", "RewriteEngine On\nRewriteRule ^ /trusted/$name\n");
    Server::write_file("$site/by-$name/page.shtml", "around <!--#include virtual=\"/trusted/$name\" -->\n");
}
Server::write_file("$top/digest", 'john:digest:' . md5_hex('john:digest:john-secret') . "\n");

my %guard = (
    basic => qq{AuthType Basic\nAuthName "basic"\nAuthBasicProvider file\nAuthUserFile "$top/users"\n},
    digest => qq{AuthType Digest\nAuthName "digest"\nAuthDigestProvider file\nAuthUserFile "$top/digest"\n},
    form => qq{AuthType form\nAuthName "form"\nAuthFormProvider file\nAuthUserFile "$top/users"\nAuthFormLoginRequiredLocation /form/\nSession On\nSessionCookieName other path=/\n},
    $realm ? (ticket => qq{AuthType GSSAPI\nAuthName "ticket"\nGssapiCredStore keytab:@{[$realm->keytab]}\n}) : (),
);
my %type = (basic => 'Basic', digest => 'Digest', form => 'form', ticket => 'Negotiate');

my $conf = Server::load(qw(headers rewrite include mime http2)) . join '', map { <<"END" } sort keys %shows;
MPinTrustedLogin $_ /trusted/$_ $type{$_} "By $_"
<Location /trusted/$_>
    SetHandler mpin-trusted-login
    $guard{$_}
    Require valid-user
</Location>
<Location /by-$_>
    $guard{$_}
    Require valid-user
    ErrorDocument 404 /trusted/$_
    ErrorDocument 403 /trusted/$_
    AddOutputFilter INCLUDES .shtml
</Location>
<Location /by-$_/closed>
    Require all denied
</Location>
<Location /by-$_/index>
    DirectoryIndex /trusted/$_
</Location>
<Location /by-$_/fallback>
    FallbackResource /trusted/$_
</Location>
END
$conf .= <<"END";
TypesConfig /dev/null
CustomLog "$top/logs/access" "%r %{Referer}i"
Protocols h2c http/1.1
<Location /trusted/form/in>
    SetHandler form-login-handler
    AuthFormLoginSuccessLocation /trusted/form
</Location>
<Directory "$site">
    Options +Includes +FollowSymLinks
    AllowOverride All
    Require all granted
</Directory>
<Location /protected>
    Header always set X-User "expr=%{REMOTE_USER}"
</Location>
END
my $modules = Server::load('auth_basic', 'auth_digest', 'request', 'session', 'session_cookie', 'auth_form', $realm ? 'auth_gssapi' : ());
my $server;

sub again {
    my ($more, %how) = @_;
    $server->stop if $server;
    my %env = ($realm ? ($realm->env, KRB5RCACHEDIR => "$top/open") : (), %{delete $how{env} // {}});
    $server = Server->new(conf => ($how{first} ? '' : $modules) . "$conf$more", first => $how{first} ? $modules : '', env => \%env)->start;
    return;
}

sub begin { my ($browser, $name) = @_; $browser->visit("/login/with/$name"); return $browser }

# By HTTP/2 as well, where a stream has a connection of its own on another thread.
sub by_http2 {
    my ($browser, $path, @headers) = @_;
    my @all = (@headers, Cookie => join('; ', map { "$_=$browser->{cookies}{$_}" } keys %{$browser->{cookies}}));
    my @lines;
    while (my ($name, $value) = splice @all, 0, 2) { push @lines, '-H', "$name: $value" }
    open my $curl, '-|', 'curl', '-si', '--max-time', '20', '--http2-prior-knowledge', @lines, "http://127.0.0.1:$port$path" or die;
    local $/;
    return scalar <$curl>;
}

sub nobody_by_inside_ways {
    my $name = shift;
    for my $path ("/by-$name/none", "/by-$name/closed", "/by-$name/index/", "/by-$name/fallback/x", "/by-$name/rule/x", "/by-$name/page.shtml") {
        my $browser = begin(house, $name);
        my $answer = $browser->get($path, page, $shows{$name}->($browser, $path, 'GET'));
        isnt $answer->code, 303, "$path leads nobody on";
        like $answer->content, $path =~ /shtml$/ ? qr/^around (?!.*Login failed)/s : qr/Login failed!.*Try again|403 Forbidden/s, '... but says so';
        unlike $answer->as_string, qr/Set-Cookie: mpin=[^;]/, '... and sends no session';
        is name_of($browser), '', '... nobody is in';
        $browser = begin(house, $name);
        unlike by_http2($browser, $path, page, $shows{$name}->($browser, $path, 'GET')), qr/set-cookie: mpin=[^;]/i, '... by HTTP/2 neither';
    }
    like by_http2(begin(house, $name), "/trusted/$name", page, $shows{$name}->(house, "/trusted/$name", 'GET')), qr{^HTTP/2 303.*set-cookie: mpin=[^;]}is, 'the place itself leads on, by HTTP/2 too'
        if $name ne 'form';
    return;
}

sub nobody_unseen {
    my $name = shift;
    for my $sign (['Sec-Purpose', 'prefetch'], ['Sec-Purpose', 'prefetch;prerender'], ['Purpose', 'prefetch'], ['X-Moz', 'prefetch'],
        ['Sec-Fetch-Mode', 'cors'], ['Sec-Fetch-Mode', 'no-cors'], ['X-Requested-With', 'XMLHttpRequest'])
    {
        my $browser = begin(house, $name);
        my %headers = (page, @$sign);
        my $answer = $browser->get("/trusted/$name", %headers, $shows{$name}->($browser, "/trusted/$name", 'GET'));
        is $answer->code, 403, "$sign->[0]: $sign->[1] is refused";
        is name_of($browser), '', '... nobody is in';
        is $browser->get("/trusted/$name", page, $shows{$name}->($browser, "/trusted/$name", 'GET'))->code, 303, '... and whoever opens it afterwards is';
        is name_of($browser), $user{$name}, '... by name';
    }
    return;
}

for my $first (0, 1) {
    again('', first => $first);
    my $when = $first ? 'before ours' : 'after ours';
    for my $name (sort keys %shows) {
        subtest "httpd_leads_nobody_in_by_itself: $name, $when" => sub { nobody_by_inside_ways($name) };
        subtest "nobody_is_signed_in_unseen: $name, $when" => sub { nobody_unseen($name) };
    }
}

subtest 'a_sign_in_that_takes_too_long_is_none' => sub {
    my ($quick, $slow) = map { begin(house, 'basic') } 1, 2;
    my @late = (LD_PRELOAD => $faketime, FAKETIME_DONT_FAKE_MONOTONIC => 1);
    again('', env => {@late, FAKETIME => '+580s'});
    is $quick->get('/trusted/basic', page, basic('john'))->code, 303, 'nearly ten minutes are not too long';
    is name_of($quick), 'basic:john', '... and somebody is in';
    again('', env => {@late, FAKETIME => '+660s'});
    my $late = $slow->get('/trusted/basic', page, basic('john'));
    is $late->code, 403, 'eleven are';
    like $late->content, qr/Login failed!.*did not begin in this browser just now.*Try again/s, '... which a page says';
    is name_of($slow), '', '... nobody is in';
    is begin($slow, 'basic')->get('/trusted/basic', page, basic('john'))->code, 303, '... before they try again';
    again('');
};

subtest 'cookies_that_stay_at_home_are_fetched' => sub {
    again("MPinCookieSameSite Strict\n");
    my @from = (page, 'Sec-Fetch-Site' => 'cross-site');
    for my $name (grep { $_ ne 'form' } sort keys %shows) {
        my $browser = begin(house, $name);
        my $away = house; # the same browser, as another site leads it here
        my $bare = $away->get("/trusted/$name?asked=x&y=%22", @from);
        is $bare->code, 200, "$name: a page of ours";
        like $bare->content, qr{data-go="http://127\.0\.0\.1:$port/trusted/$name\?asked=x&amp;y=%22"}, '... that leads there once more, without what stood before the host';
        ok !$bare->header('WWW-Authenticate'), '... and asks for nothing';
        is name_of($away), '', '... nobody is in';
        is $browser->get("/trusted/$name", page, 'Sec-Fetch-Site' => 'same-origin', $shows{$name}->($browser, "/trusted/$name", 'GET'))->code, 303, 'with its cookies the browser is';
        is name_of($browser), $user{$name}, '... by name';
        is house->get("/trusted/$name", page, 'Sec-Fetch-Site' => 'same-origin', $shows{$name}->(house, "/trusted/$name", 'GET'))->code, 403, 'one that has none ends there, in no circle';
    }
};

# The check sees no .htaccess: what it would refuse is told at the request, as httpd does.
subtest 'a_login_that_is_none_in_htaccess_is_told' => sub {
    my %line = (named => 'MPinLoginMethods basic', methods => 'MPinLoginMethods pin nosuch', amr => 'Require mpin-amr nosuch');
    for my $place (sort keys %line) {
        my $more = $line{$place} =~ /^Require/ ? '' : "Require valid-user\n";
        Server::write_file("$site/$place/.htaccess", "AuthType MPin\n$line{$place}\n$more");
    }
    again('');
    my $browser = begin(house, 'basic');
    $browser->get('/trusted/basic', page, basic('john'));
    is $browser->visit('/named/')->code, 200, 'one that there is';
    for my $place ('methods', 'amr') {
        is $_->visit("/$place/")->code, 500, "$line{$place}: nobody is let in" for $browser, house;
    }
    like Server::log_text(), qr{methods/\.htaccess: MPinLoginMethods: "nosuch" is no login here}, 'the log says where the one stands';
    like Server::log_text(), qr{amr/\.htaccess: .*nosuch}, '... and the other';
};

subtest 'no_log_has_the_word_that_leads_to_a_place' => sub {
    my $browser = house;
    my $place = $browser->get('/login/with/digest', page, 'Sec-Fetch-Site' => 'none')->header('Location');
    my ($path, $word) = $place =~ m{^http://[^/]+(/trusted/digest\?asked=([\w-]{64}))$} or return fail $place;
    is $browser->get($path, page, 'Sec-Fetch-Site' => 'none')->code, 401, 'it leads there';
    is $browser->get($path, page, 'Sec-Fetch-Site' => 'none', Referer => $place, $shows{digest}->($browser, $path, 'GET'))->code, 303, '... and back';
    Server::wait_for('a line', sub { Server::slurp("$top/logs/access") =~ m{GET /trusted/digest HTTP} });
    unlike Server::slurp("$top/logs/$_"), qr/\Q$word\E/, "the $_ log does not have it" for 'access', 'error_log';
};

# A page of a stranger's posts a password of theirs to a form that another module reads.
subtest 'a_form_of_a_strangers_signs_nobody_in' => sub {
    my $browser = begin(house, 'form');
    my $posted = $browser->request(POST => '/trusted/form/in', body => 'httpd_username=john&httpd_password=john-secret',
        headers => [page, 'Sec-Fetch-Site' => 'cross-site', Origin => 'https://evil.example', 'Content-Type' => 'application/x-www-form-urlencoded']);
    is $posted->code, 403, 'it is refused';
    ok !$browser->{cookies}{other}, '... and the module knows nobody';
    is $browser->get('/trusted/form', page)->header('Location'), '/form/', 'what is under way goes on';
    $shows{form}->($browser);
    is $browser->get('/trusted/form', page)->code, 303, '... for who signs in themselves';
};

is join("\n", grep { !/AH0161[78]|AH01630|AH017\d\d|AH0182\d|unable to include|nosuch|auth_gssapi:error/ } $server->complaints), '', 'nothing crashes';
$server->stop;
done_testing;
