#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl explain says of each place and person what the running server then does, and says so where it can't tell.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use File::Path 'make_path';
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;
use Steps 'code_of', 'secret_of';

my $top = $Server::top;
my $port = $ENV{PORT};
my $site = "http://localhost:$port";
my @people = qw(anna ben carl dora emil);
system("htpasswd -Bb -C 4 '$top/users' $_ $_-secret 2>/dev/null") == 0 or die 'htpasswd' for @people;

# Places, each a folder with a page, and the section that governs it.
my %places = (
    plain => '', # Location /plain alone
    pin => 'MPinLoginMethods pin',
    code => 'MPinSecondFactor totp',
    two => 'MPinSecondFactor any',
    annas => 'Require user anna',
    not_ben => "<RequireAll>\nRequire valid-user\nRequire not user ben\n</RequireAll>",
    with_pin => 'Require mpin-amr pin',
    with_code => 'Require mpin-amr otp',
    shut => 'Require all denied',
);
my $sections = '';
for my $name (sort keys %places) {
    make_path("$top/site/$name");
    Server::write_file("$top/site/$name/page.html", "$name\n");
    my $require = $places{$name} =~ /Require/ ? '' : "Require valid-user\n";
    $sections .= "<Location /$name>\nAuthType MPin\n$require$places{$name}\n</Location>\n";
}
# A folder and a location over it; a file in it; another folder by an alias; patterns; two sections that are merged.
make_path(map { "$top/$_" } qw(site/folder/over site/by_number/17 site/merged elsewhere site/lists));
Server::write_file("$top/$_", "page\n") for map { ("$_/page.html", "$_/secret.txt") }
    qw(site/folder site/folder/over site/by_number/17 site/merged elsewhere site/lists);
Server::write_file("$top/site/lists/.htaccess", "Require user carl\n");
$sections .= <<"END";
<Directory "$top/site">
AllowOverride None
Require all granted
</Directory>
<Directory "$top/site/folder">
AuthType MPin
Require user ben
<Files secret.txt>
Require user anna
</Files>
</Directory>
<Location /folder/over>
Require valid-user
</Location>
<LocationMatch "^/by_number/[0-9]+/">
AuthType MPin
Require user carl
</LocationMatch>
<DirectoryMatch "/by_number/[a-z]+/">
Require all denied
</DirectoryMatch>
Alias /aliased "$top/elsewhere"
<Directory "$top/elsewh?re">
AuthType MPin
Require user ben carl
</Directory>
<Directory "$top/site/lists">
AllowOverride AuthConfig
AuthType MPin
Require valid-user
</Directory>
<Location /merged>
AuthType MPin
Require user anna
</Location>
<Location /merged/>
AuthMerging Or
Require user ben
</Location>
<Location /by_address>
AuthType MPin
<RequireAll>
Require valid-user
Require ip 192.0.2.0/24
</RequireAll>
</Location>
<Location /by_time>
AuthType MPin
Require valid-user
<If "%{HTTP_HOST} == 'x'">
Require all denied
</If>
</Location>
<Location /basic>
AuthType Basic
AuthName Staff
AuthBasicProvider file
AuthUserFile "$top/users"
Require valid-user
</Location>
END
# Another site: the main server's sections hold there, too, and its own come after them. What a rule of mod_rewrite makes of
# a URL, and what a backend is, no folder tells.
my $other = "http://localhost:@{[$port + 1]}";
$sections .= <<"END";
<Location /by_method>
AuthType MPin
<LimitExcept POST>
Require user ben
</LimitExcept>
<Limit POST>
Require user anna
</Limit>
</Location>
Listen 127.0.0.1:@{[$port + 1]}
<VirtualHost 127.0.0.1:@{[$port + 1]}>
ServerName localhost
DocumentRoot "$top/site"
MPinPublicURL $other
MPinCookieName other
RewriteEngine On
RewriteRule "^/old\$" /plain/page.html
ProxyPass /folder/proxied http://127.0.0.1:$port/pin
ProxyPreserveHost On
<Location /plain>
Require user ben
</Location>
<Location /folder/proxied>
AuthType MPin
Require user anna
</Location>
</VirtualHost>
END
make_path("$top/site/by_method");
Server::write_file("$top/site/by_method/page.html", "page\n");
make_path("$top/site/$_") for qw(by_address by_time basic);

my $server = Server->new(first => Server::load(qw(alias authz_host auth_basic rewrite proxy proxy_http)),
    conf => "MPinPublicURL $site\nMPinTOTP Wiki\n$sections")->start;

sub someone { return browser($port, host => "localhost:$port", origin => $site) }
sub explained { return JSON->new->decode(mpinctl('explain', @_, '--json')->{out}) }

# Each signs in by all that they have.
my %browser = map { $_ => someone()->sign_in($_) } @people;
my %device = map { $_ => $browser{$_}->enrol($_, '7391') } qw(anna carl emil);
my $page = $browser{anna}->post_form('/account/totp', {csrf => $browser{anna}->fields($browser{anna}->visit('/account'))->{csrf}});
$browser{anna}->post_form('/account/totp/confirm', {%{$browser{anna}->fields($page)}, code => code_of(secret_of($page), -30)});
is $browser{$_}->pin_login($device{$_})->code, 200, "$_ signs in by PIN" for qw(anna carl);
$browser{emil}->pin_login($device{emil}, '000' . $_) for 1 .. 3;
is mpinctl('user', 'disable', 'dora', '--yes')->{code}, 0, 'dora is disabled';

subtest 'explain_says_what_the_server_does' => sub {
    my @paths = ((map { "/$_/page.html" } sort keys %places), '/folder/page.html', '/folder/secret.txt', '/folder/over/page.html',
        '/by_number/17/page.html', '/aliased/page.html', '/merged/page.html', '/by_method/page.html');
    for my $path (@paths) {
        for my $name (qw(anna ben carl), $path =~ m{^/(?:plain|pin|merged)/} ? qw(dora emil) : ()) {
            my $in = $browser{$name}->copy->get($path)->code == 200;
            my $said = explained("$site$path", $name);
            is $said->{comes_in} ? 1 : 0, $in ? 1 : 0, "$name at $path: " . ($in ? 'in' : 'out') or diag explain $said;
            is_deeply $said->{place}{unsure}, [], '... and nothing is unsure' or last;
        }
    }
};

subtest 'another_site_has_its_own_sections_behind_those_of_all' => sub {
    for my $name (qw(anna ben)) {
        my $browser = browser($port + 1, host => "localhost:@{[$port + 1]}", origin => $other);
        $browser->sign_in($name);
        for my $path ('/plain/page.html', '/annas/page.html', '/folder/page.html') {
            my $in = $browser->copy->get($path)->code == 200;
            is explained("$other$path", $name)->{comes_in} ? 1 : 0, $in ? 1 : 0, "$name at $path: " . ($in ? 'in' : 'out');
        }
    }
    my $proxied = explained("$other/folder/proxied/x", 'anna')->{place};
    is_deeply [map { $_->{section} } @{$proxied->{sections}}], ['<Location /folder/proxied>'], 'a backend has no folder';
    like $proxied->{proxied}, qr/^ProxyPass /, '... and its line is told';
    like "@{explained(\"$other/old\", 'anna')->{place}{unsure}}", qr/RewriteRule/, 'a rewrite rule is named';
};

subtest 'what_is_missing_is_named' => sub {
    like join("\n", @{explained("$site/pin/", 'ben')->{lacks}}), qr/no device is set up/, 'a device';
    like join("\n", @{explained("$site/pin/", 'emil')->{lacks}}), qr/locked after wrong PINs.*device unlock/, 'an unlocked one';
    like join("\n", @{explained("$site/code/", 'ben')->{lacks}}), qr/second step \(totp/, 'a second step';
    like explained("$site/plain/", 'dora')->{why}, qr/disabled/, 'a user who is enabled';
    like join("\n", @{explained("$site/code/", 'anna')->{by}}), qr/password.*then totp/, 'and by what others come';
    my $nobody = explained("$site/plain/", 'nobody');
    is_deeply [$nobody->{user}{state}, $nobody->{comes_in}], ['unknown', undef], 'who has never been here is said to be so';
};

subtest 'what_cannot_be_told_is_not_guessed' => sub {
    is explained("$site/by_address/", 'anna')->{comes_in}, undef, 'an address';
    is explained("$site/basic/", 'anna')->{comes_in}, undef, "another module's place";
    is explained("$site/login", 'anna')->{comes_in}, undef, 'a page of ours';
    like "@{explained(\"$site/lists/page.html\", 'anna')->{place}{unsure}}", qr{site/lists/\.htaccess}, 'an .htaccess file that is read';
    like "@{explained(\"$site/by_time/\", 'anna')->{place}{unsure}}", qr/<If /, 'an <If>';
    like mpinctl('explain', "$site/by_time/", 'anna')->{out}, qr/as far as this can tell/, 'and the verdict says so';
    my $open = explained("$site/elsewhere/page.html", 'anna');
    is_deeply [$open->{comes_in}, $open->{why} =~ /unasked/], [JSON::true, 1], 'where nobody is asked, that is said';
};

subtest 'text_names_sections_with_their_lines' => sub {
    my $run = mpinctl('explain', "$site/folder/over/page.html", 'anna');
    is $run->{code}, 0, 'exit code 0: in';
    like $run->{out}, qr{<Directory "?\Q$top\E/site/folder"?> \(\Q$top\E/httpd\.conf:\d+\)\n +<Location /folder/over>}, 'in the order of the merge';
    is mpinctl('explain', "$site/pin/", 'ben')->{code}, 1, 'exit code 1: out';
    like mpinctl('explain', "$site/pin/%1b[2J%e2%80%ae%c2%9b%c3%a9", 'ben')->{out}, qr{^Place +/pin/\?\[2J\?\?\xc3\xa9 of}, 'an address out of a log moves no cursor';
    is mpinctl('explain', 'https://other.example/', 'ben')->{code}, 2, 'exit code 2: no such site';
};

done_testing;
