#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Beside every other authenticating module, loaded before ours and after it: what is protected by AuthType MPin is in no
# page of another AuthType, whatever way leads there.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use File::Path 'make_path';
use MIME::Base64 ();
use MPin;

# Each with what it needs; the lines stand where it is loaded.
my %needs = (
    auth_form => [qw(session session_cookie request)],
    authnz_ldap => ['ldap'],
    auth_digest => [],
    authnz_fcgi => [qw(proxy)],
    intercept_form_submit => ['authnz_pam'],
    authn_dbd => ['dbd'],
    authz_dbd => ['dbd'],
    session_dbd => [qw(session dbd)],
);
my %settings = (
    auth_cas => qq{CASCookiePath "$Server::top/cas/"\nCASLoginURL https://cas.example/login\nCASValidateURL https://cas.example/validate},
    auth_tkt => 'TKTAuthSecret x',
);
my @others = qw(auth_basic auth_cas auth_digest auth_form auth_gssapi auth_mellon auth_openidc auth_plain auth_tkt
    authnz_external authnz_fcgi authnz_ldap authnz_pam authz_unixgroup access_compat authn_anon authn_dbd
    authn_socache authz_dbd intercept_form_submit lookup_identity session_dbd);

my $dir = "$Server::top/site";
make_path("$dir/basic", "$dir/index", "$Server::top/cas");
Server::write_file("$dir/protected/part.html", "UNDER LOCK\n");
Server::write_file("$dir/protected/only-jane.html", "FOR JANE\n");
Server::write_file("$dir/protected/index.html", "UNDER LOCK\n");
Server::write_file("$dir/basic/page.shtml", "around\n<!--#include virtual=\"/protected/part.html\" -->\n");
Server::write_file("$dir/basic/folder.shtml", "around\n<!--#include virtual=\"/protected/\" -->\n");
Server::write_file("$dir/index/index.html", "UNDER LOCK\n");
Server::write_file("$dir/basic/login.shtml", "around\n<!--#include virtual=\"/trusted/corp\" -->\n");

my $places = <<"END";
<Location /protected/only-jane.html>
    Require user jane
</Location>
<Directory "$dir">
    Options +Includes
    AddOutputFilter INCLUDES .shtml
    Require all granted
</Directory>
<Location /basic>
    AuthType Basic
    AuthName other
    AuthBasicProvider file
    AuthUserFile "$Server::top/users"
    Require valid-user
</Location>
<Location /index>
    AuthType Basic
    AuthName other
    AuthBasicProvider file
    AuthUserFile "$Server::top/users"
    Require valid-user
</Location>
<Location /index/index.html>
    AuthType MPin
    Require valid-user
</Location>
MPinTrustedLogin corp /trusted/corp Basic Company
<Location /trusted/corp>
    SetHandler mpin-trusted-login
    AuthType Basic
    AuthName corp
    AuthBasicProvider file
    AuthUserFile "$Server::top/users"
    Require valid-user
</Location>
Protocols h2c http/1.1
TypesConfig /dev/null
END


sub loads {
    my $other = shift;
    return Server::load(@{$needs{$other} // []}, $other) . ($settings{$other} ? "$settings{$other}\n" : '');
}

my @john = (Authorization => 'Basic ' . MIME::Base64::encode('john:john-secret', ''));

# Over HTTP/2 a stream has a connection of its own on another thread.
sub by_http2 {
    my $path = shift;
    return scalar `curl -s --max-time 20 --http2-prior-knowledge -u john:john-secret http://127.0.0.1:$ENV{PORT}$path`;
}

# A trusted login by mod_auth_basic: at its place, and in no page that includes it.
sub comes_by_a_trusted_login {
    my $browser = browser($ENV{PORT});
    my @page = (Accept => 'text/html');
    $browser->visit('/login/with/corp');
    my $included = $browser->get('/basic/login.shtml', @john, @page);
    like $included->content, qr/^around\n/, 'a page that includes the place of a trusted login';
    unlike $included->as_string, qr/Set-Cookie: mpin=[^;]|Login failed/, 'signs nobody in, and shows nothing of it';
    is $browser->get('/trusted/corp', @page)->code, 401, 'the place asks';
    is $browser->get('/protected/', @page)->code, 302, '... and nobody is in before they say';
    is $browser->get('/trusted/corp', @john, @page)->code, 303, 'it signs in whoever does';
    is $browser->get('/protected/', @page)->code, 200, '... and they are in';
    return;
}

sub tried {
    my ($name, %how) = @_;
    my $server = Server->new(%how)->start;
    subtest $name => sub {
        for my $path (qw(/basic/page.shtml /basic/folder.shtml)) {
            for my $page (request($ENV{PORT}, GET => $path, headers => \@john)->content, by_http2($path)) {
                like $page, qr/around/, "$path is the other's";
                unlike $page, qr/UNDER LOCK/, 'and what it includes is ours';
            }
        }
        my $index = request($ENV{PORT}, GET => '/index/', headers => [@john, Accept => 'text/html']);
        is $index->code, 302, 'an index page of ours leads to the login';
        unlike $_, qr/UNDER LOCK/, 'and shows nothing' for $index->content, by_http2('/index/');
        for my $headers ([Accept => 'text/html'], [@john, Accept => 'text/html']) {
            is request($ENV{PORT}, GET => '/protected/', headers => $headers)->code, 302, 'so does the page itself';
        }
        my $known = browser($ENV{PORT})->sign_in('john');
        like $known->get('/basic/page.shtml', @john)->content, qr/around\nUNDER LOCK/, 'with a session it is all there';
        is $known->get('/protected/only-jane.html', @john, Accept => 'text/html')->code, 403, 'for whom it is meant';
        comes_by_a_trusted_login();
        is join("\n", grep { !/AH01631|auth_plain:error|unable to include/ } $server->complaints), '', 'and nothing crashes';
    };
    $server->stop;
    unlink "$Server::top/logs/error_log";
}

subtest include_of_a_protected_page_is_refused_beside_every_auth_module => sub {
    for my $other (@others) {
        -f Server::modules() . "/mod_$other.so" or diag("$other is not installed"), next;
        my $basic = $other eq 'auth_basic' ? '' : Server::load('auth_basic');
        my $rest = Server::load(qw(include mime http2)) . $basic;
        tried("$other before ours", first => loads($other), conf => "$rest$places");
        tried("$other after ours", conf => loads($other) . "$rest$places");
    }
};

# mod_perl's handlers run for requests that mod_perl has prepared, and for no copy of one.
subtest what_maps_urls_beside_us_is_left_alone => sub {
    Server::write_file("$Server::top/My.pm", <<'END');
package My;
use Apache2::RequestRec ();
use Apache2::RequestUtil ();
use APR::Table ();
use Apache2::Const -compile => 'DECLINED';
sub handler { my $r = shift; $r->pnotes(a => 1); $r->headers_out->set('X-Mapped' => 'yes'); return Apache2::Const::DECLINED }
1;
END
    for my $first ('', Server::load('perl')) {
        my $perl = $first ? '' : Server::load('perl');
        my $server = Server->new(first => $first, conf => $perl . Server::load(qw(alias rewrite mime auth_basic include http2)) . $places
            . "PerlRequire '$Server::top/My.pm'\nPerlTransHandler My\nPerlMapToStorageHandler My\n")->start;
        is request($ENV{PORT}, GET => $_, headers => [Accept => 'text/html'])->code, 200, $_ for '/login', '/mpin.js', '/login';
        my $page = browser($ENV{PORT})->sign_in('john')->visit('/protected/index.html');
        is $page->code . $page->header('X-Mapped'), '200yes', 'people sign in, and see pages that mod_perl has mapped';
        is join("\n", $server->complaints), '', 'nothing crashes';
        $server->stop;
        unlink "$Server::top/logs/error_log";
    }
};

done_testing;
