#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What the documents of trusted logins show works as it stands: the first configuration of docs/trusted.md signs people in, and
# the commands at the head of the examples make the files that the examples want.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use File::Path 'make_path';
use MPin;
use Trusted;

my $top = $Server::top;
my $source = "$FindBin::Bin/../..";

subtest 'the first configuration of trusted.md' => sub {
    my ($shown) = Server::slurp("$source/docs/trusted.md") =~ /^```\n(.*?)^```/ms;
    make_path "$top/conf";
    system("htpasswd -Bbc -C 4 '$top/conf/company-users' anna anna-secret 2>/dev/null") == 0 or die 'htpasswd';
    my $modules = Server::modules();
    my $server = Server->new(first => "LoadModule auth_basic_module $modules/mod_auth_basic.so\nLoadModule headers_module $modules/mod_headers.so\n",
        conf => "MPinRegister signed-in\n$shown<Location /protected>\nHeader set X-User expr=%{REMOTE_USER}\n</Location>\n")->start;
    my $browser = browser($ENV{PORT}, host => 'www.example.com', origin => 'https://www.example.com');
    like $browser->visit('/login')->content, qr{href="/login/with/corp"[^>]*>\s*Company login<}, 'a button "Company login"';
    my ($place) = ($browser->visit('/login/with/corp?return=/protected/')->header('Location') // '') =~ m{^https://www\.example\.com(/trusted/corp\?asked=.+)};
    ok $place, '... leads to /trusted/corp, with a word of this browser\'s';
    is $browser->get($place, page, 'Sec-Fetch-Site' => 'none')->code, 401, '... where mod_auth_basic asks';
    my $in = $browser->get($place, page, 'Sec-Fetch-Site' => 'none', basic('anna'));
    is $in->code, 303, 'who comes back is signed in';
    is $browser->visit('/protected/')->header('X-User'), 'corp:anna', '... as corp:anna';
    $server->stop;
};

# The commands in an example's head, for a folder of the test's.
sub commands {
    my ($file) = @_;
    my ($head) = Server::slurp("$source/conf/$file") =~ /\A((?:#.*\n)+)/;
    my $here = "$top/" . ($file =~ s{.*/|\.conf$}{}gr);
    my $script = join '', map { s/ {4,}\S.*//r } grep { !/^(?:httpd|kadmin)\b|^\S+\.(?:pem|xml) / } $head =~ /^#   (.*\n)/mg;
    make_path "$here/apache2", "$here/pam.d";
    $script =~ s{/etc/}{$here/}g;
    $script =~ s/^chown \S+ \S+ && //m if $>;
    Server::write_file("$here/apache2/http.keytab", "a key\n");
    Server::write_file("$here/commands", $script);
    my $said = `cd $here/apache2 && sh -eu ../commands 2>&1`;
    is $?, 0, "the commands of $file" or diag "$script$said";
    return $here;
}

sub mode { return sprintf '%04o', (stat $_[0])[2] & 07777 }

for my $name (qw(miracl openid)) {
    my $here = commands($name eq 'miracl' ? 'miracl.conf' : 'examples/openid.conf');
    is mode("$here/apache2/$name.secret"), '0600', '... make a file for root alone';
    like Server::slurp("$here/apache2/$name.secret"), qr/^Define \U$name\E_ISSUER https.*^OIDCClientID.*^OIDCClientSecret.*^OIDCCryptoPassphrase/ms, '... with what the provider has given';
}
my $saml = commands('examples/saml.conf');
is mode("$saml/apache2/mellon/sp.key") . mode("$saml/apache2/mellon/sp.crt"), '06000644', '... make a key for root alone, and its certificate';
is mode(commands('examples/client-cert.conf') . '/apache2/clients'), '0755', '... make a folder for the authority';
my $kerberos = commands('examples/kerberos.conf');
is mode("$kerberos/apache2/http.keytab"), '0600', '... close the keytab';
like Server::slurp("$kerberos/pam.d/mpin"), qr{\Aauth required pam_krb5\.so .*\naccount required pam_permit\.so\n\z}, '... and write PAM\'s file';
done_testing;
