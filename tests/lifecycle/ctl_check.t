#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl check against a real site over https: nothing to mend at a good one, and each mistake of others by its name.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use Ctl;
use TestCA;

my $port = $ENV{PORT};
my $tls_port = $port + 1;
my $back = $port + 2;
my $domain = 'example.test';

# What is wrong at each site, as its vhost says it (or the proxy in front of it, which may change what the module
# lets no Header line of its own server change), and what is found: severity, about, words of the text.
my %sites = (
    wiki => {conf => '', found => []},
    prefixed => {conf => join("\n", map { "MPinPath $_ /_mpin/$_" } qw(login logout mpinAuthenticate rps mpin.js mpin m account))
        . "\n<Location /_mpin/login>\nAuthUserFile $Server::top/users\n</Location>",
        found => [['error', 'site', 'no site with mod_auth_mpin']]},
    believing => {conf => 'RemoteIPHeader X-Forwarded-For', found => [['error', 'address', 'X-Forwarded-For of anybody']]},
    csp => {conf => 'Header set Content-Security-Policy "default-src *"', found => [['warning', 'headers', 'default-src'], ['warning', 'headers', 'frame-ancestors']]},
    framed => {conf => 'Header unset X-Frame-Options', found => [['warning', 'headers', 'lacks X-Frame-Options']]},
    insecure => {front => 'Header edit Set-Cookie "; Secure" ""', found => [['error', 'cookies', 'lacks Secure']]},
    open => {front => 'Header edit Set-Cookie "; HttpOnly" ""', found => [['error', 'cookies', 'lacks HttpOnly']]},
    none => {conf => 'MPinCookieSameSite None', found => [['warning', 'cookies', 'SameSite=None']]},
    shared => {conf => "MPinCookieDomain $domain\nMPinSessionRealm all", found => [['warning', 'cookies', 'shared with all hosts']]},
    lossy => {front => 'RequestHeader unset Cookie early', found => [['error', 'cookies', 'come back']]},
    cookieless => {front => 'Header unset Set-Cookie', found => [['error', 'cookies', 'sends none']]},
    status => {conf => "<Location /mpin-status>\nSetHandler mpin-status\nRequire ip 127.0.0.1\n</Location>",
        found => [['error', 'status', 'shows strangers']]},
    asked => {conf => "MPinPath check /mpin-check\nMPinReturnHosts asked.$domain\n<Location /mpin-check>\nRequire ip 127.0.0.1\n</Location>",
        found => [['error', 'forward', 'answers strangers']]},
    phone => {conf => "<Location /m>\nRequire all denied\n</Location>", found => [['warning', 'phone page', 'answers 403']]},
    padless => {conf => "<Location /mpin>\nRequire all denied\n</Location>", found => [['error', 'pad', 'answers 403']]},
    short => {hsts => 'max-age=60', found => [['warning', 'HSTS', 'soon forgotten']]},
    hstsless => {hsts => '', found => [['warning', 'HSTS', 'no Strict-Transport-Security']]},
    moved => {url => "https://wiki.$domain", found => [['error', 'public URL', 'nobody can sign in']]},
    off => {conf => 'MPinEngine Off', found => [['error', 'site', 'no site with mod_auth_mpin']]},
    ends => {days => 2, found => [['error', 'certificate', 'ends in [12] days']]},
    soon => {days => 15, found => [['warning', 'certificate', 'ends in 1[45] days']]},
    named => {names => "other.$domain", found => [['error', 'certificate', "doesn't name named"]]},
    plain => {http => 'DirectoryIndex index.html', found => [['error', 'http', "doesn't lead to https"]]},
    elsewhere => {http => 'Redirect permanent / http://www.elsewhere.test/', found => [['warning', 'http', "doesn't lead to https"]]},
    twice => {alias => 1, found => [['warning', 'other name', "can't sign in there"]]},
);

my %certificates = (usual => certificate('usual', 90, map { ("$_.$domain", "www.$_.$domain") } sort keys %sites));
my $conf = "Listen 127.0.0.1:$tls_port\nListen 127.0.0.1:$back\nServerTokens Prod\nMPinRegister signed-in\nMPinPublicURL https://main.$domain\n";
for my $name (sort keys %sites) {
    my $site = $sites{$name};
    my $at = $site->{days} || $site->{names}
        ? certificate($name, $site->{days} // 90, $site->{names} // "$name.$domain") : $certificates{usual};
    my $url = $site->{url} // "https://$name.$domain";
    my $hsts = $site->{hsts} // 'max-age=31536000';
    $conf .= "<VirtualHost *:$port>\nServerName $name.$domain\n" . ($site->{http} // "Redirect permanent / https://$name.$domain/")
        . "\n</VirtualHost>\n<VirtualHost *:$tls_port>\nServerName $name.$domain\n" . tls($at) . "MPinPublicURL $url\n"
        . ($site->{alias} ? "ServerAlias www.$name.$domain\n" : '')
        . ($site->{front} ? "MPinEngine Off\nProxyPreserveHost On\nProxyPass / http://127.0.0.1:$back/\n$site->{front}\n" : '')
        . ($hsts ? "Header always set Strict-Transport-Security \"$hsts\"\n" : '') . ($site->{conf} // '') . "\n</VirtualHost>\n";
    $conf .= "<VirtualHost *:$back>\nServerName $name.$domain\nMPinPublicURL $url\n</VirtualHost>\n" if $site->{front};
}
my $server = Server->new(first => Server::load(qw(ssl socache_shmcb headers alias remoteip authz_host proxy proxy_http)), conf => $conf)->start;

$ENV{SSL_CERT_FILE} = authority();

# As people ask a site whose name leads here: at the usual ports.
sub checked {
    my ($name, @more) = @_;
    my $to = join ',', map { ("$_:443:127.0.0.1:$tls_port", "$_:80:127.0.0.1:$port") } "$name.$domain", $sites{$name}{alias} ? "www.$name.$domain" : ();
    return mpinctl({at => []}, 'check', "https://$name.$domain", '--connect-to', $to, @more);
}

subtest 'a_good_site_has_nothing_to_mend' => sub {
    my $run = checked('wiki');
    is $run->{code}, 0, 'exit code' or diag $run->{out}, $run->{err};
    like $run->{out}, qr/nothing to mend/, 'and it says so';
    my %seen = map { $_->{about} => $_->{text} } @{decode_json(checked('wiki', '--json')->{out})->{findings}};
    ok $seen{$_}, "$_ was looked at: " . ($seen{$_} // '') for 'public URL', 'certificate', 'http', 'other name', 'HSTS', 'clock',
        'login page', 'pad', 'phone page', 'account page', 'headers', 'cookies', 'status', 'forward', 'address';
    like $seen{address}, qr/sees us as 127\.0\.0\.1/, 'the address that the site sees is told';
    is(mpinctl({at => []}, 'check', "wiki.$domain", '--connect-to', "wiki.$domain:443:127.0.0.1:$tls_port")->{code}, 0,
        'a name alone is asked over https');
};

subtest 'each_mistake_of_a_site_is_found_with_its_mend' => sub {
    for my $name (grep { @{$sites{$_}{found}} } sort keys %sites) {
        my $run = checked($name, '--json');
        my @found = grep { $_->{severity} ne 'ok' } @{decode_json($run->{out})->{findings}};
        is $run->{code}, 1, "$name: exit code 1";
        is scalar @found, @{$sites{$name}{found}}, "$name: nothing else is found" or diag explain \@found;
        for my $wanted (@{$sites{$name}{found}}) {
            my ($its) = grep { $_->{about} eq $wanted->[1] && $_->{text} =~ /$wanted->[2]/ } @found;
            is $its->{severity}, $wanted->[0], "$name: $wanted->[2]" or diag explain \@found;
            like $its->{mend}, qr/^\S.{8}/, "$name: has a mend";
            like $its->{see}, qr{^docs/[a-z]+\.md#}, "$name: and where that is explained";
        }
    }
};

subtest 'pages_that_are_moved_are_asked_by_their_prefix' => sub {
    my $run = mpinctl({at => []}, 'check', "https://prefixed.$domain/_mpin/", '--connect-to', "prefixed.$domain:443:127.0.0.1:$tls_port");
    is $run->{code}, 0, 'nothing to mend' or diag $run->{out};
    like $run->{out}, qr{/_mpin/login answers 200}, 'of the pages that are there';
};

subtest 'another_time_is_told' => sub {
    my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    plan skip_all => 'no libfaketime' if !$library;
    local @ENV{qw(LD_PRELOAD FAKETIME DONT_FAKE_MONOTONIC)} = ($library, '+1h', 1);
    my %found = map { $_->{about} => $_ } @{decode_json(checked('wiki', '--json')->{out})->{findings}};
    is $found{clock}{severity}, 'warning', 'by an hour';
    like $found{clock}{text}, qr/ 3[56]\d\d s apart/, 'in seconds';
    local $ENV{FAKETIME} = '+100d';
    %found = map { $_->{about} => $_ } @{decode_json(checked('wiki', '--json')->{out})->{findings}};
    is_deeply [@{$found{certificate}}{qw(severity text)}], ['error', 'it has ended'], 'a certificate that has ended';
};

subtest 'a_certificate_that_nobody_knows_is_an_error_and_the_rest_is_looked_at' => sub {
    local $ENV{SSL_CERT_FILE} = certificate('stranger', 9, 'stranger') . '.pem';
    my %found = map { $_->{about} => $_ } @{decode_json(checked('wiki', '--json')->{out})->{findings}};
    is $found{certificate}{severity}, 'error', 'the certificate';
    is $found{cookies}{severity}, 'ok', 'the cookies all the same';
};

subtest 'what_cannot_be_asked_is_2' => sub {
    is mpinctl({at => []}, 'check', "http://127.0.0.1:@{[$port + 9]}")->{code}, 2, 'nobody listens';
    is mpinctl({at => []}, 'check', 'ftp://127.0.0.1/')->{code}, 2, 'no URL of a site';
    is mpinctl({at => []}, 'check')->{code}, 2, 'no URL';
};

is_deeply [grep { !/AH01630/ } Server::complaints()], [], 'the server had nothing to complain of but of the places that are denied';
done_testing;
