#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# conf/miracl.conf and conf/examples/openid.conf at httpd -t: fine as they are shipped, and each mistake with mod_auth_openidc is
# told by its line, secrets that others can read above all.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;

my $top = $Server::top;
my $modules = Server::modules();
chomp(my $sbin = `apxs -q SBINDIR`);
my $httpd = (grep { -x } "$sbin/apache2", "$sbin/httpd")[0];
my $secret = qq{OIDCClientID wiki\nOIDCClientSecret "s"\nOIDCCryptoPassphrase "p"\n};

# As shipped, for this machine, with the secret's file beside it.
sub shipped {
    my ($file, $name, $issuer) = @_;
    my $text = Server::slurp("$FindBin::Bin/../../conf/$file");
    Server::write_file("$top/$name.secret", "Define $issuer https://id.example\n$secret");
    chmod 0600, "$top/$name.secret";
    $text =~ s{/usr/lib/apache2/modules/mod_auth_mpin.so}{$top/mod_auth_mpin.so};
    $text =~ s{/usr/lib/apache2/modules}{$modules}g;
    $text =~ s{ServerRoot /etc/apache2}{ServerRoot $top};
    $text =~ s{/run/apache2|/var/log/apache2}{$top/logs}g;
    $text =~ s{/var/lib/apache2}{$top/state}g;
    $text =~ s{/var/www/html}{$top/site}g;
    $text =~ s{127\.0\.0\.1:8005}{127.0.0.1:$ENV{PORT}}g;
    $text =~ s{^(User|Group) .*\n}{}mg if $>;
    return $text . qq{DefaultRuntimeDir "$top"\n};
}

sub check {
    my $text = shift;
    Server::write_file("$top/t.conf", $text);
    my $said = `$httpd -t -f $top/t.conf 2>&1`;
    return ($? >> 8, $said);
}

sub told {
    my ($what, $text, $mend) = @_;
    my ($status, $said) = check($text);
    isnt $status, 0, "$what is a mistake";
    like $said, $mend, '... which is told' or diag $said;
}

my %file = (miracl => ['miracl.conf', 'MIRACL_ISSUER'], openid => ['examples/openid.conf', 'OPENID_ISSUER']);
for my $name (sort keys %file) {
    my $text = shipped($file{$name}[0], $name, $file{$name}[1]);
    my ($status, $said) = check($text);
    is $status . $said, "0Syntax OK\n", "$name.conf is fine as it is shipped";
    chmod $_, "$top/$name.secret" and told(sprintf('%04o', $_), $text, qr{\Q$top\E/$name\.secret:\d: OIDC\w+: a secret stands in .*chmod 600}) for 0640, 0604;
    chmod 0600, "$top/$name.secret";
    told('a secret in the configuration itself', $text =~ s{^Include .*}{Define $file{$name}[1] https://id.example\n$secret}mr,
        qr{t\.conf:\d+: OIDCClientSecret: a secret stands in});
    told('no file of secrets', $text =~ s{^Include .*}{Include nowhere.secret}mr, qr{nowhere\.secret});
    for my $line (qw(OIDCRedirectURI OIDCProviderMetadataURL)) {
        told("no $line", $text =~ s{^$line .*\n}{}mr, qr{cannot work at /trusted/\w+ without $line; write it});
    }
    Server::write_file("$top/$name.secret", "Define $file{$name}[1] https://id.example\n" . $secret =~ s{^$_.*\n}{}mr)
        and told("no $_", $text, qr{without $_; write it}) for qw(OIDCClientID OIDCCryptoPassphrase);
    Server::write_file("$top/$name.secret", "Define $file{$name}[1] https://id.example\n$secret");
}
my $miracl = shipped('miracl.conf', 'miracl', 'MIRACL_ISSUER');
told('a callback at our page of which nobody tells us', $miracl =~ s{ callback=/login}{}r, qr{OIDCRedirectURI: /login is a page of ours.*callback=/login});
told('another callback than the module has', $miracl =~ s{ callback=/login}{ callback=/other}r, qr{OIDCRedirectURI: .*callback=/login|says callback=/other});
told('a callback that is the place', $miracl =~ s{^OIDCRedirectURI .*}{OIDCRedirectURI /trusted/miracl}mr, qr{takes all of /trusted/miracl});
told('a form at a page of ours', "$miracl\nOIDCResponseMode form_post\n", qr{OIDCResponseMode: an answer in a form .* at /login});
told('a folder of secrets that others read', "$miracl\nOIDCMetadataDir $top/site\n", qr{OIDCMetadataDir: the secrets in .*chmod 700});

# Told, and no mistake: it may be meant.
mkdir "$top/secrets", 0700;
for my $case (
    ['a provider by http', 'OIDCProviderMetadataURL http://id.example/.well-known/openid-configuration', qr{over http anybody between here and id\.example could be the provider; write https}],
    ['a provider of this machine by http', 'OIDCProviderMetadataURL http://localhost:1/.well-known/openid-configuration', undef],
    ['a provider that is not looked at', 'OIDCSSLValidateServer Off', qr{OIDCSSLValidateServer: anybody between}],
    ['a callback at another host', 'OIDCRedirectURI https://other.example/login', qr{OIDCRedirectURI: people are at http://127\.0\.0\.1:\d+, .*/login}],
    ['a callback by https', "OIDCRedirectURI https://127.0.0.1:$ENV{PORT}/login", qr{OIDCRedirectURI: people are at}],
    ['a callback without a host', 'OIDCRedirectURI /login', undef],
) {
    my ($what, $line, $mend) = @$case;
    my ($name) = split / /, $line;
    my $text = $miracl =~ m{^$name }m ? $miracl =~ s{^$name .*}{$line}mr : "$miracl\n$line\n";
    my ($status, $said) = check($text);
    is $status, 0, "$what starts";
    $mend ? like($said, $mend, '... and is told') : unlike($said, qr{openid|OIDC}i, '... and is fine') or diag $said;
}
# With OIDCMetadataDir mod_auth_openidc registers at whatever provider somebody names.
my $several = sub { my $lines = shift; return $miracl =~ s{^    <RequireAll>\n.*?</RequireAll>\n}{$lines}mrs . "\nOIDCMetadataDir $top/secrets\n" };
my $any = qr{MPinTrustedLogin: with OIDCMetadataDir whoever comes may name a provider of their own, and be anybody at /trusted/miracl; write Require claim iss:ISSUER};
told('a place for people of any provider', $several->("Require valid-user\n"), $any);
told('... or of any beside those of one', $several->("Require valid-user\nRequire claim iss:https://id.example\n"), $any);
told('... or of any beside a part for those of one', $several->("<RequireAll>\nRequire claim iss:https://id.example\n</RequireAll>\nRequire valid-user\n"), $any);
told('... or of one, in a section before', $several->("Require valid-user\n") =~ s{^(?=<Location /trusted)}{<Location /trusted>\nRequire claim iss:https://id.example\n</Location>\n}mr, $any);
told('... or of one, elsewhere', $several->("Require valid-user\n") . "<Location /other>\nRequire claim iss:https://id.example\n</Location>\n", $any);
for my $lines ("Require claim iss:https://id.example\n", "<RequireAll>\nRequire valid-user\nRequire claim iss:https://id.example\n</RequireAll>\n",
    "Require claim iss:https://id.example\nRequire claim iss:https://other.example\n") {
    my ($status, $said) = check($several->($lines));
    is $status . $said, "0Syntax OK\n", 'a place that names its providers is fine';
}
done_testing;
