#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mistakes in the configuration: each is told by `httpd -t`, in one line with file, line, directive and the mend, to
# anybody who asks, and nothing is changed by asking. Then: what must start, starts; and what changes around a
# running server never ends it. BUILD names the build folder.
use strict;
use warnings;
use Test::More;
use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use POSIX 'WNOHANG';
use Ports;

my $source = abs_path("$FindBin::Bin/../..");
my $build = abs_path($ENV{BUILD} // "$source/build");
my $port = Ports::take();
chomp(my $modules = `apxs -q LIBEXECDIR`);
chomp(my $httpd = `apxs -q SBINDIR`);
$httpd .= -x "$httpd/apache2" ? '/apache2' : '/httpd';
-f "$build/mod_auth_mpin.so" or plan skip_all => 'no module built';

# Everything stands in one folder that httpd's user can read; root is needed only to be both root and another.
my $top = tempdir(CLEANUP => 1);
chmod 0755, $top;
make_path map { "$top/$_" } qw(conf logs site);
copy "$build/mod_auth_mpin.so", "$top/mod_auth_mpin.so" or die "copy: $!";
symlink $modules, "$top/modules" or die;
our @users = $> ? ('who runs this') : ('root', 'www-data');

sub write_file
{
    my ($name, $text) = @_;
    open my $out, '>', $name or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
    return $name;
}

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return scalar(<$in>) // '' }

write_file("$top/conf/users", "");    # nobody signs in here
write_file("$top/site/index.html", "hello\n");

my $loads = join '', map { "LoadModule ${_}_module modules/mod_$_.so\n" }
    qw(mpm_event authn_core authn_file authz_core authz_user alias dir);
my $frame = <<"END";
ServerRoot "$top"
ServerName localhost
PidFile "$top/httpd.pid"
ErrorLog "$top/logs/error.log"
DefaultRuntimeDir "$top"
DocumentRoot "$top/site"
END
$frame .= "User www-data\nGroup www-data\n" unless $>;
my $module = qq{LoadModule auth_mpin_module "$top/mod_auth_mpin.so"\n};
my $base = $frame . $loads . $module;
my $places = qq{MPinStore "lmdb:$top/state/store"\nMPinKeyFile "$top/state/keys/mpin.keys"\n};

our $limit = '';    # a shell's `ulimit`

# `httpd -t`: its exit status and what it says.
sub check
{
    my ($text, $user) = @_;
    my $conf = write_file("$top/conf/t.conf", $text);
    chmod 0644, $conf;
    my @as = $user eq 'www-data' ? qw(runuser -u www-data --) : ();
    open my $said, '-|', 'sh', '-c', "$limit exec \"\$@\" 2>&1", 'sh', @as, $httpd, '-t', '-f', $conf or die;
    local $/;
    my $all = <$said>;
    close $said;
    return ($? >> 8, $all);
}

# One mistake. The line that begins with "=> " is the one to be named, with its directive; `mend` is in the message.
sub mistake
{
    my ($name, $text, $mend, %more) = @_;
    my @lines = split /\n/, $base . ($more{listen} // "Listen 127.0.0.1:$port\n") . $text;
    my ($number) = grep { $lines[$_ - 1] =~ s/^\s*=> // } 1 .. @lines;
    my ($directive) = $lines[$number - 1] =~ /^(\w+)/;
    for my $user (@users) {
        my ($status, $said) = check(join("\n", @lines, ''), $user);
        my @told = grep { !/^AH00014/ && !/^AH00558/ } split /\n/, $said;
        my $where = quotemeta "$top/conf/t.conf:$number: $directive: ";
        subtest "$name ($user)" => sub {
            isnt $status, 0, 'httpd -t refuses it';
            is scalar @told, 1, 'one line' or diag $said;
            like $told[0] // '', qr/^$where.+; .+/, 'with file, line, directive and mend';
            like $told[0] // '', $mend, 'that helps';
        };
    }
}

sub fine
{
    my ($name, $text, $warns) = @_;
    for my $user (@users) {
        my ($status, $said) = check($text, $user);
        is $status, 0, "$name ($user)" or diag $said;
        $warns ? like $said, $warns, '... with a warning' : is $said, "Syntax OK\n", '... without a word';
    }
}

my $site = "MPinEngine On\n$places";
my $far = "Listen 8531\n";                       # not loopback; -t opens no port
my $https = "${site}MPinPublicURL https://www.example.com\n";
my $passwords = qq{MPinPasswordProvider file\n<Location /login>\nAuthUserFile conf/users\n</Location>\n};

# ---- what is fine ---------------------------------------------------------------------------------------------

my $here = "${base}Listen 127.0.0.1:$port\n";
fine 'off is fine', $here;
fine 'on loopback nothing but the engine and a provider is needed', "$here$site$passwords";
fine 'https is fine off loopback', "$base$far$https$passwords";
fine 'open on loopback', "$here${site}MPinRegister signed-in open\nMPinRegisterAllow any\n$passwords";
fine 'open to anyone', "$base$far${https}MPinRegister open open-to-anyone\nMPinRegisterAllow domain example.org\n";
fine 'nobody can set up a PIN, which may be meant', "$here$site", qr/t\.conf:\d+: MPinEngine: nobody can sign in/;
fine 'a short idle time, with a warning', "$here$site${passwords}MPinSessionIdleTimeout 90s\n",
    qr/t\.conf:\d+: MPinSessionIdleTimeout: .+; write 2min or more/;
fine 'vhosts that share a store and not their passwords, with a warning',
    qq{$here<AuthnProviderAlias file others>\nAuthUserFile "$top/conf/users"\n</AuthnProviderAlias>\n}
    . "$site$passwords<VirtualHost 127.0.0.1:@{[$port + 1]}>\nMPinPublicURL http://127.0.0.1:@{[$port + 1]}\n"
    . "MPinPasswordProvider others\n</VirtualHost>\n",
    qr/t\.conf:\d+: MPinPasswordProvider: passwords come from elsewhere than in another vhost/;
fine 'cookies for a domain, with a warning',
    "$base$far$https${passwords}MPinCookieDomain example.com\nMPinSessionRealm example.com\n",
    qr/t\.conf:\d+: MPinCookieDomain: cookies lose/;
fine 'a provider by another name', "$here${site}<AuthnProviderAlias file staff>\nAuthUserFile conf/users\n"
    . "</AuthnProviderAlias>\nMPinPasswordProvider staff\n";
# Providers that can't be asked whether they know a name, and those that take two spellings for one.
my %silent = (
    ldap => [qw(ldap authnz_ldap)],
    external => [qw(authnz_external)],
);
my %setting = (
    ldap => qq{AuthLDAPURL "ldap://127.0.0.1/dc=example,dc=org?uid"\n},
    external => "AuthExternal checker\n",
);
for my $provider (sort keys %silent) {
    my @missing = grep { !-f "$modules/mod_$_.so" } @{$silent{$provider}};
    @missing and diag("not installed: @missing; run tools/setup test"), next;
    my $load = join '', map { "LoadModule ${_}_module modules/mod_$_.so\n" } @{$silent{$provider}};
    $load .= "DefineExternalAuth checker pipe /bin/true\n" if $provider eq 'external';
    my $named = "MPinPasswordProvider $provider\nMPinUserCase keep\n<Location /login>\n$setting{$provider}</Location>\n";
    my $open = "MPinRegister signed-in open\nMPinRegisterAllow any\n";
    mistake "open_registration_beside_a_silent_provider_is_refused: $provider", "$load$site$named=> $open", qr/$provider.*strangers could take them/;
    mistake "... by another name: $provider",
        "$load$site<AuthnProviderAlias $provider staff>\n$setting{$provider}</AuthnProviderAlias>\nMPinPasswordProvider staff\nMPinUserCase keep\n=> $open",
        qr/staff.*strangers could take them/;
    my ($status, $said) = check("$here$load$site<VirtualHost *:$port>\nServerName a\n$named</VirtualHost>\n"
        . "<VirtualHost *:$port>\nServerName b\n$open</VirtualHost>\n", $users[0]);
    isnt $status, 0, "... in another vhost with the same store: $provider";
    like $said, qr/MPinRegister: .*$provider.*strangers could take them/, '... with the mend';
    fine "signed-in beside it: $provider", "$here$load$site$named";
}
fine 'a provider that may ignore case', "$here" . join('', map { "LoadModule ${_}_module modules/mod_$_.so\n" } @{$silent{ldap}})
    . "${site}MPinPasswordProvider ldap\n<Location /login>\n$setting{ldap}</Location>\n",
    qr/MPinPasswordProvider: ldap may take Anna and anna for one person/;
mistake 'a case that is none', "$site$passwords=> MPinUserCase upper\n", qr/keep/;
mistake 'letters that are neither', "$site$passwords=> MPinUserUnicode maybe\n", qr/neither On nor Off/;
my $enrol = "MPinSecondFactorEnrol On\n";
mistake "a browser remembered for $_", "$site$passwords=> MPinRememberBrowser $_\n", qr/write 1d to 400d, or Off|write a number with/
    for qw(soon 10min 401d);
fine 'a browser remembered where nobody asks for a second step, with a warning', "$here$site${passwords}MPinRememberBrowser 30d\n",
    qr/t\.conf:\d+: MPinRememberBrowser: .+nothing to spare; write MPinSecondFactor/;
fine 'a place that asks for a second step, and everything for it', "$here$site${passwords}MPinTOTP Wiki\nMPinSecondFactorEnrol On\nMPinRememberBrowser 30d\n"
    . location('/x', "AuthType MPin\nRequire valid-user\nMPinSecondFactor totp");
fine 'a place whose login is at another host', "$here${site}MPinRegister closed\nMPinPath login off\n"
    . location('/x', "AuthType MPin\nRequire valid-user\nMPinUnauthenticated redirect:/in\nMPinSecondFactor totp");
mistake 'an app without a name', "$site$passwords=> MPinTOTP \"\"\n", qr/write the name that authenticator apps show/;
mistake 'an enrolment that is neither', "$site$passwords=> MPinSecondFactorEnrol maybe\n", qr/neither On nor Off/;
mistake 'a second factor that is none', "$site$passwords" . location('/x', "AuthType MPin\nRequire valid-user\n=> MPinSecondFactor twice"),
    qr/write none, any, totp, sms, passkey or strong/;
mistake "a second factor that nobody can set up: $_->[0]",
    "$site$passwords" . location('/x', "AuthType MPin\nRequire valid-user\n=> MPinSecondFactor $_->[0]"), $_->[1]
    for ['totp', qr/nobody can set one up here; write MPinTOTP NAME/], ['sms', qr/nobody can set one up here; write MPinSMS/];
mistake 'an enrolment with nothing to enrol', "$site$passwords=> $enrol", qr/write MPinTOTP NAME/;
fine 'an enrolment of passkeys alone', "$here${site}MPinPublicURL http://localhost:$port\n$passwords$enrol";
mistake 'a passkey asked for where there are none', "${site}MPinPasskeys Off\n$passwords"
    . location('/x', "AuthType MPin\nRequire valid-user\n=> MPinSecondFactor strong"), qr/nobody can set one up here, as MPinPasskeys is Off/;
mistake 'an enrolment that nobody could undo', "$site${passwords}MPinTOTP Wiki\nMPinPath account off\n=> $enrol", qr/leave out MPinPath account off/;
mistake 'apps without a page to add them at', "$site${passwords}MPinPath account off\n=> MPinTOTP Wiki\n", qr/leave out MPinPath account off/;
mistake 'a second factor whose page is off', "${site}MPinRegister closed\n=> MPinPath login off\nMPinTOTP Wiki\n" . location('/x', "AuthType MPin\nRequire valid-user\nMPinSecondFactor totp"),
    qr/write MPinUnauthenticated redirect:/;
mistake 'a recheck that is none', "$site$passwords=> MPinRecheckUser sometimes\n", qr/auto/;
fine 'settings of a provider in <Location />', "$here${site}MPinPasswordProvider file\n"
    . "<Location />\nAuthUserFile conf/users\n</Location>\n";
fine 'settings of a provider in a vhost, its name for all', "$here${site}MPinPasswordProvider file\n"
    . "<VirtualHost *:$port>\n<Location /login>\nAuthUserFile conf/users\n</Location>\n</VirtualHost>\n";
fine 'settings of a provider where the page was moved', "$here${site}MPinPath login /auth/login\n"
    . "MPinPasswordProvider file\n<Location /auth>\nAuthUserFile conf/users\n</Location>\n";
fine 'a section of the main server, for a vhost with the engine on', "$here<Location /x>\nAuthType MPin\n"
    . "MPinLoginMethods password\nRequire valid-user\n</Location>\n<VirtualHost *:$port>\n$site$passwords</VirtualHost>\n";
fine 'two vhosts with one store', "$here$site$passwords<VirtualHost *:$port>\nServerName a\nMPinTitle A\n</VirtualHost>\n"
    . "<VirtualHost *:$port>\nServerName b\nMPinEngine Off\n</VirtualHost>\n";

# ---- what is around us ----------------------------------------------------------------------------------------

# A warning that names the line which begins with "=> ".
sub warned
{
    my ($name, $text, $mend) = @_;
    my @lines = split /\n/, $base . "Listen 127.0.0.1:$port\n" . $text;
    my ($number) = grep { $lines[$_ - 1] =~ s/^\s*=> // } 1 .. @lines;
    my ($directive) = $lines[$number - 1] =~ /^(\w+)/;
    my $where = quotemeta "t.conf:$number: $directive: ";
    fine $name, join("\n", @lines, ''), qr/\A[^\n]*$where[^\n]+; [^\n]*$mend[^\n]*\nSyntax OK\n\z/;
}

sub location { return "<Location $_[0]>\n$_[1]\n</Location>\n" }

my $members = location('/members', "AuthType MPin\nRequire valid-user");
mistake 'authtype_mpin_without_require_is_told', "$site$passwords$members" . location('/protected', '=> AuthType MPin'),
    qr/open to all; write Require valid-user/;
mistake 'a Require for everybody asks nobody', "$site$passwords<Directory $top/site>\nRequire all granted\n</Directory>\n"
    . "Redirect /old /new\n" . location('/protected', '=> AuthType MPin'), qr/write Require valid-user/;
warned 'authtype_mpin_without_require_where_a_file_may_have_it', "$site$passwords<Directory $top/site>\n"
    . "AllowOverride AuthConfig\n=> AuthType MPin\n</Directory>\n", qr/write Require valid-user/;
mistake '... in another vhost it may have it for that one only', "$site$passwords<VirtualHost *:$port>\nServerName a\n"
    . "<Directory $top/site>\nAllowOverride AuthConfig\n</Directory>\n</VirtualHost>\n<VirtualHost *:$port>\nServerName b\n"
    . "<Directory $top/site>\n=> AuthType MPin\n</Directory>\n</VirtualHost>\n", qr/open to all; write Require valid-user/;
fine 'the Require may stand above', "$here$site$passwords" . location('/', 'Require valid-user') . location('/x', 'AuthType MPin');
fine '... beneath', "$here$site$passwords" . location('/', 'AuthType MPin') . location('/x', 'Require valid-user');
fine '... in another section of the place', "$here$site$passwords" . location('/x', 'AuthType MPin')
    . location('/x', "<RequireAll>\nRequire user anna\n</RequireAll>");
fine '... or beside an <If>', "$here$site$passwords"
    . location('/x', "<If \"true\">\nAuthType MPin\n</If>\nRequire valid-user");

fine '... or ask for a name by an expression', "$here$site$passwords" . location('/', 'Require expr "%{REMOTE_USER} =~ /a/"')
    . location('/x', 'AuthType MPin');
fine '... or refuse all', "$here$site$passwords" . location('/x', "AuthType MPin\nRequire all denied");
fine '... or somebody', "$here$site$passwords"
    . location('/x', "AuthType MPin\n<RequireAll>\nRequire valid-user\nRequire all granted\nRequire not user bob\n</RequireAll>");
fine 'what is meant to be open, with a user where one is signed in', "$here$site$passwords"
    . location('/x', "AuthType MPin\nMPinUnauthenticated pass") . location('/y', "AuthType MPin\nMPinUnauthenticated pass\nRequire all granted");
warned 'a_require_that_lets_all_in_beside_authtype_mpin_is_told', "$site$passwords<Directory $top/site>\n=> AuthType MPin\n"
    . "Require all granted\n</Directory>\n", qr/write Require valid-user alone/;
warned '... beside another one', "$site$passwords" . location('/x', "=> AuthType MPin\nRequire valid-user\nRequire all granted"),
    qr/write Require valid-user alone/;
warned '... in <RequireAny>', "$site$passwords"
    . location('/x', "=> AuthType MPin\n<RequireAny>\nRequire valid-user\nRequire all granted\n</RequireAny>"), qr/write Require valid-user alone/;
warned '... by AuthMerging Or', "$site$passwords<Directory $top/site>\nRequire all granted\n</Directory>\n"
    . location('/x', "=> AuthType MPin\nAuthMerging Or\nRequire valid-user"), qr/write Require valid-user alone/;
fine 'not by AuthMerging And', "$here$site$passwords<Directory $top/site>\nRequire all granted\n</Directory>\n"
    . location('/x', "AuthType MPin\nAuthMerging And\nRequire valid-user");
warned 'a_require_for_some_methods_only_is_told', "$site$passwords"
    . location('/x', "=> AuthType MPin\n<Limit GET POST>\nRequire valid-user\n</Limit>"), qr/write it outside/;
fine 'all methods but some may be meant', "$here$site$passwords"
    . location('/x', "AuthType MPin\n<LimitExcept GET>\nRequire valid-user\n</LimitExcept>");

for my $type ('M-Pin', 'm_pin', '"mpin "', 'MPing', 'Mpni', 'auth_mpin') {
    mistake "misspelt_authtype_is_told: $type", "$site$passwords" . location('/x', "=> AuthType $type\nRequire valid-user"),
        qr/write AuthType MPin$/;
}
fine 'other types are no business of ours', "$here$site$passwords"
    . join('', map { location("/$_", "AuthType $_\nRequire valid-user") } qw(Basic Digest Form openid-connect Mellon None pin-code));

my $login = sub { "MPinPasswordProvider file\n" . location('/login', $_[0]) };
warned 'missing_authuserfile_is_told', $site . $login->("=> AuthUserFile conf/none"), qr/make it/;
warned '... and a directory in its place', $site . $login->("=> AuthUserFile conf"), qr/make it/;
warned '... and of groups', "LoadModule authz_groupfile_module modules/mod_authz_groupfile.so\n$site$passwords" . location('/x', "AuthType MPin\n=> AuthGroupFile conf/none\nRequire group a"),
    qr/make it/;
write_file("$top/site/users", '');
warned 'authuserfile_inside_of_documentroot_is_told', $site . $login->("=> AuthUserFile site/users"), qr/move it outside/;
symlink "$top/site", "$top/www";
warned '... by another name', $site . $login->("=> AuthUserFile www/users"), qr/move it outside/;
unlink "$top/www", "$top/site/users";
warned '... or of an Alias', "Alias /conf $top/conf\n" . $site . $login->("=> AuthUserFile conf/users"),
    qr/move it outside/;
if (!$>) {
    write_file("$top/conf/roots", '');
    chmod 0600, "$top/conf/roots";
    local @users = ('root');
    warned 'unreadable_authuserfile_is_told', $site . $login->("=> AuthUserFile conf/roots"), qr/chmod 640/;
}

my $cache = "LoadModule cache_module modules/mod_cache.so\n";
warned 'mod_cache_before_ssi_pages_is_told', "$site$passwords${cache}<Directory $top/site>\nOptions +Includes\n</Directory>\n"
    . "=> CacheEnable disk /\n", qr/write CacheDisable/;
fine 'a cache without them is fine', "$here$site$passwords${cache}CacheEnable disk /\n";
warned 'a cache that keeps what is private', "$site$passwords${cache}=> CacheStorePrivate On\n", qr/leave it Off/;

# ---- the public URL -------------------------------------------------------------------------------------------

mistake 'no public URL off loopback', "=> MPinEngine On\n$places$passwords", qr/write MPinPublicURL https:/,
    listen => $far;
mistake 'one Listen off loopback is enough', "=> MPinEngine On\n$places$passwords", qr/write MPinPublicURL https:/,
    listen => "Listen 127.0.0.1:$port\n$far";
mistake 'http off loopback', "$site$passwords=> MPinPublicURL http://www.example.com\n",
    qr{write https://www\.example\.com}, listen => $far;
mistake 'http for a name of this machine, reachable from elsewhere',
    "$site$passwords=> MPinPublicURL http://localhost:8531\n", qr/Listen 127\.0\.0\.1:PORT/, listen => $far;
mistake 'http for another host, on loopback', "$site$passwords=> MPinPublicURL http://www.example.com\n",
    qr{write https://www\.example\.com};
mistake "URL with $_->[0]", "$site$passwords=> MPinPublicURL $_->[1]\n", qr{write }
    for ['a path', 'https://www.example.com/app'], ['a user', 'https://john@www.example.com'],
    ['a fragment', '"https://www.example.com#x"'], ['no scheme', 'www.example.com'],
    ['a bad port', 'https://www.example.com:99999'], ['a bad host', 'https://a..b'];

# ---- registration ---------------------------------------------------------------------------------------------

subtest registration_without_allow_list_is_refused => sub {
    mistake 'on loopback', "$site$passwords=> MPinRegister signed-in open\n", qr/write MPinRegisterAllow/;
    mistake 'to anyone', "$https$passwords=> MPinRegister open open-to-anyone\n", qr/write MPinRegisterAllow/,
        listen => $far;
    mistake 'by mail', "$site$passwords=> MPinRegister mail\nMPinMail smtp://127.0.0.1:8525\n", qr/mail .+write MPinRegisterAllow/;
};
mistake 'mail without a mail server', "$site$passwords=> MPinRegister mail\nMPinRegisterAllow any\n",
    qr{write MPinMail smtp://HOST};
mistake 'mail without the page of its links', "$site$passwords=> MPinPath mpinActivate off\nMPinRegister mail\n"
    . "MPinRegisterAllow any\nMPinMail smtp://127.0.0.1:8525\n", qr/leave mpinActivate on/;
fine 'registration by mail', "$here$site${passwords}MPinRegister mail\nMPinRegisterAllow domain example.org\n"
    . "MPinMail smtps://wiki\@mail.example.org exec:/bin/true\nMPinMailFrom wiki\@example.org\nMPinContact \"the help desk\"\n";
mistake "MPinMail $_->[0]", "$site$passwords=> MPinMail $_->[0]\n", $_->[1]
    for ['mail.example.org', qr{write smtp://HOST}], ['http://mail.example.org', qr{write smtp://HOST}],
    ['smtp://a:b@mail.example.org file:/x', qr/write USER\@HOST/], ['smtp://a@mail.example.org', qr/add file:/],
    ['smtp://mail.example.org file:/x', qr{write smtp://USER\@HOST}], ['smtp://a@mail.example.org env:X', qr/write file:/],
    ['smtps://mail.example.org starttls', qr/leave out starttls/], ['smtp://a@mail.example.org file:/nowhere/x', qr/make it/],
    ['smtp://a@mail.example.org exec:/nowhere/x', qr/exec:/], ['smtp://mail.example.org:99999', qr{write smtp://HOST}];
write_file("$top/conf/key", "a-secret\n");
chmod 0600, "$top/conf/key";
chown((getpwnam 'www-data')[2, 3], "$top/conf/key") if !$>;
my $template = 'template="Wiki: {{code}}"';
fine "MPinSMS $_", "$here$site${passwords}MPinSMS $_\n"
    for "webhook https://sms.example.com/send $template secret=conf/key countries=+49,+1 day=50",
    "webhook http://127.0.0.1:8600/send $template", "twilio conf/key from=+15005550006 $template",
    "twilio conf/key from=Wiki url=http://127.0.0.1:8600/ \"template=Your code is {{code}}\"";
mistake "MPinSMS $_->[0]", "$site$passwords=> MPinSMS $_->[0]\n", $_->[1]
    for ["webhook http://sms.example.com/ $template", qr/https/], ["webhook sms.example.com $template", qr/no URL/],
    ["carrier-pigeon x $template", qr/write webhook URL or twilio/], ['webhook https://sms.example.com/ template="Wiki"', qr/code must stand in the text once/],
    ['webhook https://sms.example.com/ template="{{code}} {{code}}"', qr/once; write/], ['webhook https://sms.example.com/', qr/add template=/],
    ['webhook https://sms.example.com/ template="Wiki {{code}}', qr/no quote at its end/], ["webhook https://sms.example.com/ template=\"{{code}}${\('x' x 400)}\"", qr/at most 320/],
    ["webhook https://sms.example.com/ $template countries=49", qr/write as in countries=/], ["webhook https://sms.example.com/ $template day=0", qr/from 1 to/],
    ["webhook https://sms.example.com/ $template from=+15005550006", qr/write secret=, template=/],
    ["webhook https://sms.example.com/ $template secret=conf/nowhere", qr/make it/],
    ["twilio conf/key $template", qr/add from=/], ["twilio conf/key from=not-a-sender-at-all $template", qr/write from=/],
    ["twilio conf/key from=Wiki $template secret=conf/key", qr/write from=, template=/], ["twilio conf/nowhere from=Wiki $template", qr/make it/],
    ["twilio conf/key from=Wiki url=http://twilio.example.com $template", qr/https/];
mistake 'MPinSMS without the page of the account', "$site$passwords=> MPinSMS webhook https://sms.example.com/ $template\nMPinPath account off\n",
    qr/leave out MPinPath account off/;
fine "MPinWorkOS $_", "$here$site${passwords}MPinWorkOS $_\n" for 'conf/key', "conf/key http://127.0.0.1:8600/ $template";
mistake "MPinWorkOS $_->[0]", "$site$passwords=> MPinWorkOS $_->[0]\n", $_->[1]
    for ['conf/nowhere', qr/make it/], ['conf/key http://workos.example.com', qr/https/], ['conf/key https://workos.example.com/?x', qr/URL of the API alone/],
    ['conf/key template="x"', qr/once; write/];

mistake "MPinMailFrom $_", "$site$passwords=> MPinMailFrom $_\n", qr/write one as in/
    for 'wiki', '"Wiki <wiki@example.org>"', 'a@b@c', '@example.org';
mistake "MPinContact $_", "$site$passwords=> MPinContact $_\n", qr/write / for '""', '"' . 'x' x 201 . '"';
mistake 'open off loopback', "$https$passwords=> MPinRegister open\nMPinRegisterAllow any\n", qr/add open-to-anyone/,
    listen => $far;
mistake 'open under a public URL, on loopback', "$https$passwords=> MPinRegister open\nMPinRegisterAllow any\n",
    qr/add open-to-anyone/;
mistake "MPinRegister $_", "$site$passwords=> MPinRegister $_\n", qr/; \w+ /
    for 'closed invite', 'closed open', 'signed-in open-to-anyone', 'everybody', '';
mistake 'invitations without their page', "$site$passwords=> MPinPath mpinActivate off\nMPinRegister invite\n",
    qr/leave mpinActivate/;
mistake 'invitations of an RPS elsewhere', "$site${passwords}MPinRPS http://127.0.0.1:9/\n=> MPinRegister invite\n",
    qr/leave out invite/;
mistake "MPinRegisterAllow $_", "$site$passwords=> MPinRegisterAllow $_\n", qr/write /
    for 'url http://app.example.com/', 'url', 'domain', 'domain a..b', 'example.org', 'any any';
mistake 'a list that is not there', "$site$passwords=> MPinRegisterAllow file conf/nobody\n", qr/make it/;

# ---- one store, two sites; one site, two addresses --------------------------------------------------------------

my $beside = "<VirtualHost 127.0.0.1:$port>\nServerName b\nMPinRegister mail\nMPinRegisterAllow any\n"
    . "MPinMail smtp://127.0.0.1:8525\nMPinMailFrom wiki\@example.org\n";
fine 'vhosts that share a store and not how names are proven, with a warning', "$here$site$passwords$beside</VirtualHost>\n",
    qr{t\.conf:\d+: MPinRegister: names are proven otherwise than at \S+t\.conf:\d+, .+; write .+MPinStore for each};
fine 'the same with a store for each', qq{$here$site$passwords${beside}MPinStore "lmdb:$top/state/other"\n</VirtualHost>\n};
fine 'the same where the other signs nobody in by PIN',
    "$here$site$passwords<VirtualHost 127.0.0.1:$port>\nServerName b\nMPinRegister closed\nMPinPath rps off\n</VirtualHost>\n";
fine 'a port that nobody listens on, with a warning', "$base$far$https$passwords" =~ s{(example\.com)\n}{$1:8443\n}r,
    qr/t\.conf:\d+: MPinPublicURL: nobody listens on port 8443 here; write the port that people use/;
fine 'another port on loopback, with a warning', "$here${site}MPinPublicURL http://127.0.0.1:@{[$port + 1]}\n$passwords",
    qr/t\.conf:\d+: MPinPublicURL: nobody listens on port @{[$port + 1]} here/;
fine 'aliases, with a warning', "$base$far<VirtualHost *:8531>\nServerName www.example.com\n"
    . "ServerAlias example.com *.example.net WWW.example.com\n$https$passwords</VirtualHost>\n",
    qr{t\.conf:\d+: MPinPublicURL: nobody signs in at ServerAlias example\.com, \*\.example\.net, .+Redirect permanent / https://www\.example\.com/\n};

# ---- passwords ------------------------------------------------------------------------------------------------

mistake 'a provider whose module is not loaded', "$site=> MPinPasswordProvider dbm\n", qr/mod_authn_dbm.+LoadModule/;
mistake 'a provider that nobody knows', "$site=> MPinPasswordProvider foo\n", qr/<AuthnProviderAlias>/;
mistake 'a provider without settings', "$site=> MPinPasswordProvider file\n", qr/<Location \/login> with AuthUserFile/;
mistake 'settings of a provider in another place',
    "$site=> MPinPasswordProvider file\n<Location /log>\nAuthUserFile conf/users\n</Location>\n"
    . "<Directory />\nAuthUserFile conf/users\n</Directory>\n", qr/<Location \/login> with AuthUserFile/;
mistake 'settings of a provider in another vhost',
    "$places<VirtualHost *:$port>\nServerName a\nMPinEngine On\n=> MPinPasswordProvider file\n</VirtualHost>\n"
    . "<VirtualHost *:$port>\nServerName b\n<Location /login>\nAuthUserFile conf/users\n</Location>\n</VirtualHost>\n",
    qr/<Location \/login> with AuthUserFile/;
mistake 'a provider twice', "$site=> MPinPasswordProvider file file\n<Location />\nAuthUserFile conf/users\n</Location>\n",
    qr/once/;

# ---- for other applications -----------------------------------------------------------------------------------

sub service { return "$places<VirtualHost *:$port>\nMPinEngine On\nMPinPublicURL https://localhost:$port\nMPinRegister closed\n$_[0]</VirtualHost>\n" }
my $verify = "MPinVerifyURL http://127.0.0.1:8005/mpinVerify\n";
mistake "MPinService $_", service("=> MPinService $_\n"), qr/write /
    for 'rps rpa', 'login', 'secret=conf/secret', 'rps secret=', '', 'rps dta secret=conf/secret secret=conf/other';
mistake "MPinVerifyURL $_", service("MPinService rps\n=> MPinVerifyURL $_\n"), qr/write / for 'http://app.example.com/verify',
    'app.example.com', '"https://app.example.com/a b"';
mistake 'MPinPermitURL off loopback without TLS',
    service("${verify}MPinService rps\n=> MPinPermitURL http://app.example.com/permit\n"), qr{write https://app.example.com/permit};
mistake "MPinReturnHosts $_", "$https$passwords=> MPinReturnHosts $_\n", qr/write (?:hosts, )?as in wiki\.example\.com/
    for 'https://wiki.example.com', 'wiki.example.com/path', 'user@wiki.example.com', '*.example.com', 'wiki.example.com:x', '""';
mistake "MPinCORS $_", "$https$passwords=> MPinCORS $_\n", qr/write /
    for '*', 'null', 'http://app.example.com', 'https://app.example.com/page', '';
mistake "MPinForwardHeaders $_", service("${verify}MPinService rps\n=> MPinForwardHeaders $_\n"), qr/write |leave it out/
    for 'Host', 'Content-Length', '"a b"', '* X-Team', '', 'Transfer-Encoding', 'RPS-BASE-URL', 'accept_encoding', 'Content-Encoding';
chmod 0600, write_file("$top/conf/own-secret", 'x' x 43 . "\n");
mistake 'a client\'s word in place of the service\'s secret', service("${verify}MPinService rps secret=conf/own-secret\n"
    . "=> MPinForwardHeaders X-Team authorization\n"), qr/told the secret of MPinService in Authorization; leave it out/;
mistake "MPinExpiry $_", service("${verify}MPinService rps\n=> MPinExpiry $_\n"), qr/write as in code=5min/
    for 'code=1s', 'code=1h', 'registration=2d', 'session=1h', '5min', 'code=', 'code=1min code=2min';
mistake 'an MPinAuthenticateURL of nobody\'s', service("${verify}MPinService rps\nMPinCORS https://app.example.com\n"
    . "=> MPinAuthenticateURL $_\n"), qr/write that into MPinCORS/ for 'https://evil.example/in', 'https://app.example.com.evil.example/in',
    'https://app.example.com:444/in';
mistake 'MPinAskDeviceName of no kind', "$https$passwords=> MPinAskDeviceName always\n", qr/write one of these/;
mistake "a site's $_", "$https$passwords=> $_\n", qr/move it to the one with/ for 'MPinForwardHeaders *',
    'MPinAuthenticateURL https://app.example.com/in', 'MPinExpiry registration=2h';
fine 'what applications had of Milagro\'s RPS', $here . service("${verify}MPinService rps\nMPinCORS https://app.example.com\n"
    . "MPinAuthenticateURL https://app.example.com\nMPinForwardHeaders *\nMPinExpiry code=1min registration=1d\nMPinAskDeviceName On\n");
mistake 'an RPS for nobody', service("=> MPinService rps\n"), qr/write MPinVerifyURL/;
mistake 'a site\'s application', "$https$passwords=> MPinVerifyURL https://app.example.com/verify\n", qr/move it to the one with/;
mistake 'a D-TA\'s application', service("MPinService dta\n=> MPinPermitURL https://app.example.com/permit\n"),
    qr/move it to the one with MPinService rps/;
fine 'an RPS beside a site with the same people', "$here$site$passwords" . service("${verify}MPinService rps\n") =~ s/^\Q$places\E//r,
    qr/MPinService: another vhost has the same store.+; write an MPinStore for each/;
mistake 'two services that would vouch for each other\'s users', $places
    . join('', map { "<VirtualHost *:$port>\nServerName s$_\nMPinEngine On\nMPinPublicURL https://" . ($_ == 1 ? 'localhost' : '127.0.0.1') . ":$port\n$verify"
    . ($_ == 1 ? '=> ' : '') . "MPinService rps\n</VirtualHost>\n" } 1, 2), qr/write an MPinStore for each/;
mistake 'a login at a service', service("MPinService dta\n<Location /x>\n=> AuthType MPin\nRequire valid-user\n</Location>\n"),
    qr/move it to the vhost of a site/;
fine 'an RPS of its own', $here . service("${verify}MPinPermitURL http://127.0.0.1:8005/mpinPermitUser\nMPinService rps dta\n");
mistake 'a service on the main server', "$https=> MPinService dta\n", qr/write it in a <VirtualHost>/;
mistake 'a service for everybody', service("${verify}=> MPinService rps\n"), qr/add secret=FILE/, listen => "Listen 127.0.0.1:$port\n$far";
subtest secret_is_needed_unless_the_public_url_is_loopback_itself => sub {
    (my $elsewhere = service("${verify}=> MPinService rps\n")) =~ s{https://localhost:\d+}{https://rps.example.com};
    mistake 'a service behind a front that forwards bytes', $elsewhere, qr/MPinPublicURL .+; add secret=FILE/;
    mistake 'an RPS behind one', "$https$passwords=> MPinRPS http://127.0.0.1:8011\n", qr/MPinPublicURL .+; add secret=FILE/;
    mistake 'codes behind one', "$https$passwords=> MPinIssueOTP On\n", qr/MPinPublicURL .+; add secret=FILE/;
};
mistake 'a secret that is not there', service("=> MPinService dta secret=conf/nothing\n"), qr/make it/, listen => "Listen 127.0.0.1:$port\n$far";
write_file("$top/conf/open-secret", 'x' x 32 . "\n");
chmod 0644, "$top/conf/open-secret";
mistake 'a secret for everybody', service("=> MPinService dta secret=conf/open-secret\n"), qr/chmod 600/;

# ---- what httpd would do against us ---------------------------------------------------------------------------

mistake 'trailers that become headers', "=> MergeTrailers On\n$site$passwords", qr/write MergeTrailers Off/;
mistake 'trailers of a vhost', "$site$passwords<VirtualHost *:$port>\n=> MergeTrailers On\n</VirtualHost>\n", qr/write MergeTrailers Off/;
fine 'trailers where the engine is off', "${here}MergeTrailers On\n<VirtualHost *:$port>\nMergeTrailers Off\n$site$passwords</VirtualHost>\n";

subtest the_vhosts_that_serve_the_login_are_listed_in_one_line => sub {
    my $vhost = sub { return "<VirtualHost *:$port>\nServerName $_[0]\n$_[1]</VirtualHost>\n" };
    my $rules = join '', $vhost->('plain', ''), $vhost->('away', "Redirect permanent / https://www.example.com/\n"),
        $vhost->('closed', "<Location />\nRedirect 503\n</Location>\n"),
        $vhost->('old', "Redirect /old https://www.example.com/\nRedirectMatch ^/log\$ https://www.example.com/\n"),
        $vhost->('ruled', "RewriteEngine On\nRewriteRule ^/(.*) https://www.example.com/\$1 [R=301,L]\n"),
        $vhost->('asked', "RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://www.example.com/ [R]\n"),
        $vhost->('spa', "RewriteEngine On\nRewriteRule ^ /index.html [L]\nRewriteRule ^ - [F]\n"),
        $vhost->('off', "MPinEngine Off\nRedirect 503 /\n");
    my ($status, $said) = check("${here}LoadModule rewrite_module modules/mod_rewrite.so\n$site$passwords$rules", $users[0]);
    is $status, 0, 'it is no mistake' or diag $said;
    my @lines = grep { /MPIN0442/ } split /\n/, $said;
    is scalar @lines, 1, 'one line';
    my ($served, $away) = split /; sent away or refused by rules of their own: /, $lines[0];
    like $served, qr/\b$_:$port/, "$_ serves it" for qw(plain old spa asked);
    like $served, qr/asked:$port \(unless its conditions say otherwise: RewriteRule, \S+t\.conf:\d+\)/, 'perhaps';
    like $away, qr/\b$_:$port \(\w+, \S+t\.conf:\d+\)/, "$_ does not, by a line that is named" for qw(away closed ruled);
    unlike $lines[0], qr/\boff:/, 'and where the engine is off nobody asks';
};

# ---- an RPS elsewhere -----------------------------------------------------------------------------------------

mistake "MPinRPS $_", "$site$passwords=> MPinRPS $_\n", qr/write / for 'http://rps.example.com', '127.0.0.1:8011',
    'https://rps.example.com/?x', 'embedded secret=conf/secret', 'http://127.0.0.1:8011 secret=', 'https://a b c';
mistake 'an RPS that anybody could be', "$https$passwords=> MPinRPS http://127.0.0.1:8011\n", qr/add secret=FILE/, listen => $far;
mistake 'an RPS whose secret is not there', "$site$passwords=> MPinRPS http://127.0.0.1:8011 secret=conf/nothing\n", qr/make it/;
mistake 'an RPS whose secret is everybody\'s', "$site$passwords=> MPinRPS http://127.0.0.1:8011 secret=conf/open-secret\n", qr/chmod 600/;
mistake 'an RPS that no client can ask', "$site$passwords=> MPinRPS http://127.0.0.1:8011\nMPinPath rps off\n", qr/leave out MPinPath/;
mistake 'an RPS in front of an RPS', service("${verify}MPinService rps\n=> MPinRPS http://127.0.0.1:8011\n"), qr/write MPinService on another/;
mistake 'a key for the D-TA of an RPS elsewhere', "$site${passwords}MPinRPS http://127.0.0.1:8011\n"
    . "=> MPinSecondDTA https://dta.example.net conf/users\n", qr/leave the file out/;
fine 'an RPS elsewhere with a D-TA elsewhere', "$here$site${passwords}MPinRPS http://127.0.0.1:8011\n"
    . "MPinSecondDTA https://dta.example.net\n";
fine 'an RPS on this machine', "$here$site${passwords}MPinRPS http://127.0.0.1:8011/\n";

mistake 'a code that nobody could redeem', "$https$passwords=> MPinIssueOTP On\n", qr/add secret=FILE/, listen => $far;
mistake 'a secret of codes that is not there', "$https$passwords=> MPinIssueOTP On secret=conf/nothing\n", qr/make it/, listen => $far;
mistake 'a secret of codes for everybody', "$https$passwords=> MPinIssueOTP On secret=conf/open-secret\n", qr/chmod 600/;
mistake 'a secret of codes at a service', service("${verify}MPinService rps\n=> MPinIssueOTP On secret=conf/secret\n"),
    qr/leave out secret=FILE/;
mistake "MPinIssueOTP $_", "$site$passwords=> MPinIssueOTP $_\n", qr/write /
    for 'Yes', 'On conf/secret', 'On secret=', 'Off secret=conf/secret', '';
mistake 'codes of an RPS elsewhere', "$site${passwords}MPinRPS http://127.0.0.1:8011\n=> MPinIssueOTP On\n", qr/leave this out/;
fine 'codes on this machine', "$here$site${passwords}MPinIssueOTP On\n";

# ---- cookies, paths, times ------------------------------------------------------------------------------------

mistake 'a cookie domain without a realm', "$https$passwords=> MPinCookieDomain example.com\n", qr/MPinSessionRealm/;
mistake 'a cookie path without a realm', $https . moved('/app') . "=> MPinCookiePath /app\nMPinRegister closed\n",
    qr/MPinSessionRealm/;
my $realm = "MPinSessionRealm r\n";
sub moved { return join '', map { "MPinPath $_ $_[0]/$_\n" } qw(login logout mpinAuthenticate mpinVerify mpinActivate mpinPermitUser rps m account) }
mistake 'a cookie domain that is none', "$https$passwords${realm}=> MPinCookieDomain localhost\n", qr/example\.org/;
mistake 'a cookie path that is none', "$https$passwords${realm}=> MPinCookiePath app\n", qr/begins with one/;
mistake 'SameSite=None without https', "$site$passwords=> MPinCookieSameSite None\n", qr/Lax or Strict/;
mistake "$_->[0] $_->[1]", "$site$passwords=> $_->[0] $_->[1]\n", qr/; \w+ /
    for [MPinCookieSameSite => 'Sometimes'], [MPinCookieName => 'a;b'], [MPinCookieName => '__Host-a'],
    [MPinSessionRealm => '""'], [MPinPath => 'login'], [MPinPath => 'signin /x'], [MPinPath => 'login x'],
    [MPinPathPrefix => '/'], [MPinPathPrefix => '_mpin'], [MPinPathPrefix => '/_mpin/'], [MPinPathPrefix => '/a/../b'],
    [MPinPath => 'login /a/../b'], [MPinSessionIdleTimeout => '30'], [MPinSessionIdleTimeout => '0s'],
    [MPinSessionMaxDuration => 'forever'], [MPinAfterLogin => '//evil.example'],
    [MPinAfterLogout => 'https://evil.example/'], [MPinLogo => 'https://cdn.example/logo.png'],
    [MPinTitle => '""'], [MPinLinks => 'Privacy'], [MPinLinks => '"X javascript:f()"'], [MPinLanguage => 'de tlh'],
    [MPinAccent => 'blue'], [MPinPinLength => 3], [MPinPinLength => 9], [MPinMaxFailures => 0], [MPinTimePermits => 'Always'],
    [MPinPhoneLogin => 'Yes'],
    [MPinThrottle => 'address=30'], [MPinThrottle => 'register=off'], [MPinThrottle => 'register=60/1d'], [MPinThrottle => 'address=0/60s'], [MPinPassHeaders => 'X-User'],
    [MPinPassHeaders => 'Host=user'], [MPinPassHeaders => 'Authorization=user'], [MPinPassHeaders => 'set_cookie=user'], [MPinPassHeaders => 'X-User=password'], [MPinEngine => 'Yes'],
    [MPinEngine => 'On On'], [MPinRPS => 'elsewhere'], [MPinStore => 'redis://localhost'],
    [MPinStore => '/var/lib/mpin'], [MPinStoreSize => '1T'], [MPinStoreSize => '1K'], [MPinStoreSize => '8M'], [MPinKeyFile => '""'],
    [MPinKeyPassphrase => 'tryit'], [MPinAuditLog => '"|"'], [MPinAuditLog => 'syslog:mail'], [MPinAuditLog => 'journald:here'], [MPinAdmins => '"a<b"'], [MPinTemplates => '""'], [MPinPublicURL => '""'];
mistake 'a colour that cannot be read on light pages', "$site$passwords=> MPinAccent #ffcc00\n", qr/on our light pages.*; write a darker one, as #/;
mistake 'a colour that cannot be read on dark pages', "$site$passwords=> MPinAccent #0b6b4f #0b6b4f\n",
    qr/on our dark pages.*; write a lighter one, as #/;
fine 'colours, links and languages', "$here$site${passwords}MPinAccent #0b6b4f\n"
    . "MPinLinks \"Help https://help.example.org\" \"Privacy /privacy\"\nMPinLanguage de en\n";
my $dta_key = write_file("$top/conf/dta.key", ('0' x 32) . ':' . ('1' x 64) . "\n");
chmod 0644, $dta_key; # the check of -t only looks whether it is there
fine 'a second D-TA', "$base$far$https${passwords}MPinSecondDTA https://dta.example.net $dta_key\n";
mistake 'a second D-TA that is no URL', "$site$passwords=> MPinSecondDTA dta.example.net $dta_key\n", qr/write https/;
mistake 'a second D-TA without its key file', "$site$passwords=> MPinSecondDTA https://dta.example.net\n", qr/key file/;
mistake 'a second D-TA with a path', "$site$passwords=> MPinSecondDTA https://dta.example.net/dta $dta_key\n", qr/only/;
mistake 'a second D-TA over plain http', "$site$passwords=> MPinSecondDTA http://dta.example.net $dta_key\n",
    qr{write https://dta\.example\.net};
mistake 'a second D-TA on loopback for a site that is not', "$https$passwords=> MPinSecondDTA http://127.0.0.1:8002 $dta_key\n",
    qr{write https://}, listen => $far;
mistake 'a second D-TA that is this site', "$https$passwords=> MPinSecondDTA https://www.example.com $dta_key\n",
    qr/another machine/;
mistake 'a second D-TA with our own key file', "$site$passwords=> MPinSecondDTA https://dta.example.net $top/state/keys/mpin.keys\n",
    qr/beside its own/;
mistake 'a second D-TA in one of two vhosts with one store', "$site$passwords<VirtualHost *:$port>\n"
    . "=> MPinSecondDTA https://dta.example.net $dta_key\n</VirtualHost>\n", qr/whole server/;
mistake 'a second D-TA behind our own proxy', "LoadModule proxy_module modules/mod_proxy.so\n$site${passwords}"
    . "MPinSecondDTA https://dta.example.net $dta_key\n=> ProxyPass /dta https://dta.example.net/\n", qr/remove the line/;
my $host = "LoadModule authz_host_module modules/mod_authz_host.so\n";
my $check = "$host$site$passwords=> MPinPath check /mpin-check\n";
mistake 'a check that any machine may ask', "$check", qr/any machine could ask at \/mpin-check .* Require ip/;
mistake 'one that all are granted', $check . location('/mpin-check', 'Require all granted'), qr/any machine could ask/;
mistake 'one that any user may ask', $check . location('/mpin-check', "AuthType MPin\nRequire valid-user"), qr/any machine could ask/;
mistake 'a user beside the machines', $check . location('/mpin-check', "AuthType MPin\nRequire ip 10.0.0.1\nRequire user john"), qr/any machine could ask/;
mistake 'a place below that any machine may ask', $check . location('/mpin-check', 'Require ip 10.0.0.1') . location('/mpin-check/x', "AuthType MPin\nRequire valid-user"),
    qr/could ask at \/mpin-check\/x/;
mistake 'a check without a login page', "$host${site}MPinRegister closed\nMPinPath check /mpin-check\n=> MPinPath login off\n" . location('/mpin-check', 'Require ip 10.0.0.1'),
    qr/vhost that has the login page/;
mistake 'a page inside of the check', "$host$site${passwords}MPinPath check /check\n=> MPinPath logout /check/out\n" . location('/check', 'Require ip 10.0.0.1'), qr/another path/;
fine 'a check for machines, and a user among them', "$here$host$site$passwords" . "MPinPath check /mpin-check\n" . location('/mpin-check', 'Require ip 10.0.0.1')
    . location('/mpin-check/x', "AuthType MPin\n<RequireAll>\nRequire ip 10.0.0.1\nRequire user john\n</RequireAll>") . location('/mpin-check/y', 'MPinReauthAfter 10min');
mistake 'two pages at one place', "$site$passwords=> MPinPath logout /login\n", qr/another path/;
mistake 'a page inside of another', "$site$passwords=> MPinPath logout /rps/logout\n", qr/another path/;
mistake 'a prefix, and the password where the login was', "${site}MPinPathPrefix /_mpin\n=> $passwords", qr{write <Location /_mpin/login> with AuthUserFile};
mistake 'a page inside of one that a prefix has moved', "${site}MPinPathPrefix /_mpin\n=> MPinPath logout /_mpin/rps/out\n"
    . $passwords =~ s{/login}{/_mpin/login}r, qr/another path/;
fine 'a prefix that moves all pages into the cookies', "$base$far$https${realm}MPinPathPrefix /app/_mpin\nMPinCookiePath /app\n"
    . $passwords =~ s{/login}{/app/_mpin/login}r, qr/leave it out unless you must/;
fine 'a vhost without the prefix', "$here$site${passwords}MPinPathPrefix /_mpin\n" . location('/_mpin/login', "AuthUserFile $top/conf/users")
    . "<VirtualHost 127.0.0.1:$port>\nMPinPathPrefix off\n</VirtualHost>\n";
mistake 'a prefix that a service inherits', "$site${passwords}MPinRegister closed\n=> MPinPathPrefix /_mpin\n" . location('/_mpin/login', "AuthUserFile $top/conf/users")
    . "<VirtualHost 127.0.0.1:$port>\nMPinStore lmdb:$top/state/service\nMPinService rps\nMPinVerifyURL http://127.0.0.1:8006/mpinVerify\n</VirtualHost>\n", qr/write MPinPathPrefix off/;
fine 'an RPS elsewhere that a prefix has moved from its lines, with a warning', "$here$site${passwords}MPinPathPrefix /_mpin\nMPinRPS http://127.0.0.1:8011\n"
    . location('/_mpin/login', "AuthUserFile $top/conf/users"), qr{MPinRPS: clients ask it at /_mpin/rps, and no ProxyPass line leads there};
fine 'groups that nobody is in, with a warning', "$here$site${passwords}MPinPassHeaders X-Groups=groups\n", qr/MPinPassHeaders: no AuthGroupFile says who is in which group/;
fine 'groups that another module says', "${here}LoadModule headers_module modules/mod_headers.so\n$site${passwords}MPinPassHeaders X-Groups=groups\n"
    . location('/app', "AuthType MPin\nRequire valid-user\nRequestHeader set X-Groups staff");
fine 'groups of a file', "$here$site${passwords}MPinPassHeaders X-Groups=groups\n" . location('/app', "AuthType MPin\nAuthGroupFile $top/conf/users\nRequire valid-user");
mistake 'idle for longer than a session lives', "$site$passwords=> MPinSessionIdleTimeout 9h\n", qr/the shorter/;

# ---- store, keys, files ---------------------------------------------------------------------------------------

mistake 'a store in memory', "MPinEngine On\n=> MPinStore lmdb:/dev/shm/mpin-test/store\n$passwords", qr/local disk/
    if -d '/dev/shm' && `stat -fc %T /dev/shm` =~ /tmpfs/;
mistake 'a store that is served', "MPinEngine On\n=> MPinStore lmdb:$top/site/store\n$passwords", qr/outside/;
mistake 'a store that an Alias serves', "Alias /state $top/state\nMPinEngine On\n=> MPinStore lmdb:$top/state/store\n$passwords",
    qr/outside/;
mistake 'the key file inside of the store', "$site$passwords=> MPinKeyFile $top/state/store/mpin.keys\n",
    qr/directory of its own/;
mistake 'one store and two key files', "$site$passwords<VirtualHost *:$port>\n=> MPinKeyFile $top/state/keys/other.keys\n"
    . "</VirtualHost>\n", qr/write one MPinKeyFile/;
mistake 'a store that does not hold our own caps', "$site$passwords=> MPinStoreSize 8M\n", qr/write 64M at least/;
mistake 'more registrations than the store holds', "$site${passwords}MPinStoreSize 64M\n=> MPinThrottle register=10000/1h\n",
    qr/20000 registrations an hour, .*; write MPinStoreSize \d+M at least/;
mistake 'more registrations than any store holds', "$site$passwords=> MPinThrottle register=1000000/1s\n", qr/write a smaller one/;
fine 'a class of 500 behind one address', "$here$site${passwords}MPinStoreSize 64M\nMPinThrottle register=600/1h\n";
{
    local $limit = 'ulimit -v 30000000;';
    mistake 'a store beyond what a process may map', "$site$passwords=> MPinStoreSize 20G\n", qr/needs 64 GB of address space.*ulimit -v/;
}
fine 'a large store', "$here$site${passwords}MPinStoreSize 256G\n";
mistake 'one store and two sizes', "$site$passwords<VirtualHost *:$port>\n=> MPinStoreSize 64M\n</VirtualHost>\n",
    qr/write one MPinStoreSize/;
mistake 'templates that are not there', "$site$passwords=> MPinTemplates conf/pages\n", qr/make it/;
mistake 'administrators whose names anybody may take', "$site${passwords}MPinRegister signed-in open\nMPinRegisterAllow any\n=> MPinAdmins john\n",
    qr/whoever is first; leave open out of MPinRegister/;
mistake 'a status that anybody may see', "$site$passwords<Location /how>\n=> SetHandler mpin-status\n</Location>\n",
    qr{anybody could see the status at /how; write Require ip};
fine 'a status for one user, and what a section above says', "$here$site$passwords<Location /how>\nSetHandler mpin-status\nAuthType MPin\nRequire user john\n</Location>\n"
    . "<Location /inner>\nRequire all denied\n</Location>\n<Location /inner/how>\nSetHandler mpin-status\n</Location>\n";
fine 'a status for everybody, with a warning', "$here$site$passwords<Location /how>\nSetHandler mpin-status\nRequire all granted\n</Location>\n",
    qr/SetHandler: Require all granted shows the status to anybody/;
fine 'also where that is the one line of a block', "$here$site$passwords<Location /how>\nSetHandler mpin-status\n<RequireAll>\nRequire all granted\n</RequireAll>\n</Location>\n",
    qr/SetHandler: Require all granted shows the status to anybody/;
fine 'a status for one user, in a block', "$here$site$passwords<Location /how>\nSetHandler mpin-status\nAuthType MPin\n<RequireAll>\nRequire all granted\nRequire user john\n</RequireAll>\n</Location>\n";
fine 'a status in a directory, with a warning', "$here$site$passwords<Directory $top/site>\nSetHandler mpin-status\n</Directory>\n",
    qr/SetHandler: nothing in this section says who may see the status/;
fine 'administrators', "$here$site${passwords}MPinAdmins john mary\@example.org\nMPinPath mpin-status /how\n";
fine 'an audit log for a log daemon that does not listen yet', "$here$site${passwords}MPinAuditLog syslog:auth:$top/nowhere\n",
    qr/MPinAuditLog: no log daemon listens at .*; start it, or name its socket/;
mistake 'an audit log without a directory', "$site$passwords=> MPinAuditLog nowhere/audit.log\n", qr/make it/;
mistake 'a passphrase program that is not there', "$site$passwords=> MPinKeyPassphrase exec:/nowhere/pass\n",
    qr{exec:/full/path};

SKIP: {
    skip 'needs root', 3 if $>;
    local @users = ('root');
    make_path("$top/loose");
    chown scalar(getpwnam 'www-data'), -1, "$top/loose";
    mistake 'a key file that httpd could replace', "MPinEngine On\nMPinStore lmdb:$top/state/store\n$passwords"
        . "=> MPinKeyFile $top/loose/mpin.keys\n", qr/chown it to root/;
    make_path("$top/tight");
    chmod 0644, write_file("$top/tight/open.keys", 'x');
    mistake 'a key file that others can read', "MPinEngine On\nMPinStore lmdb:$top/state/store\n$passwords"
        . "=> MPinKeyFile $top/tight/open.keys\n", qr/chmod 600/;
    write_file("$top/tight/mpin.keys", 'x');
    chmod 0600, "$top/tight/mpin.keys";
    chmod 0700, "$top/tight";
    @users = ('www-data');
    fine 'a key file that another may not see', "$here$site$passwords" . "MPinKeyFile $top/tight/mpin.keys\n";
}

# ---- directories ----------------------------------------------------------------------------------------------

sub place { return "<Location /protected>\nAuthType MPin\nRequire valid-user\n$_[0]\n</Location>\n" }
mistake "$_->[0] $_->[1]", "$site$passwords" . place("=> $_->[0] $_->[1]"), qr/write /
    for [MPinLoginMethods => 'google'], [MPinLoginMethods => ''], [MPinReauthAfter => '10'],
    [MPinUnauthenticated => '403'], [MPinUnauthenticated => 'redirect:https://evil.example/'];
mistake 'password where there is none', "${site}MPinRegister closed\n" . place('=> MPinLoginMethods pin password'),
    qr/write MPinPasswordProvider/;
mistake 'passkeys at an address', "$site$passwords=> MPinPasskeys On\n", qr/https and a name/;
mistake 'passkeys that are neither on nor off', "${site}MPinPublicURL http://localhost:$port\n$passwords=> MPinPasskeys maybe\n", qr/On nor Off/;
mistake 'passkey where there is none', "$site${passwords}MPinPasskeys Off\n" . place('=> MPinLoginMethods pin passkey'),
    qr/MPinPasskeys/;
mistake 'token where there is none', "$site$passwords" . place('=> MPinLoginMethods pin token'), qr/write MPinTokens On/;
mistake "MPinTokens $_", "$site$passwords=> MPinTokens $_\n", qr/write On, On pass or Off|neither On nor Off/ for 'maybe', 'On forever', 'Off pass';
fine 'tokens that open nothing, with a warning', "$here$site${passwords}MPinTokens On\n" . place(''), qr/MPinTokens: no place takes tokens; write MPinLoginMethods/;
fine 'tokens and a place for them', "$here$site${passwords}MPinTokens On pass\n" . place('MPinLoginMethods pin password token');
fine 'a second step that no token has, with a warning', "$here$site${passwords}MPinTokens On\nMPinTOTP Wiki\n"
    . place("MPinLoginMethods password token\nMPinSecondFactor totp"), qr/MPinLoginMethods: a token is no second step/;
mistake 'a directive of the server in a section', "$site$passwords" . place('=> MPinPinLength 5'), qr/move it out/;
mistake 'a directive of places in the server', "$site$passwords=> MPinLoginMethods pin\n", qr/<Location>/;
mistake 'AuthType MPin with the engine off', "<Location /protected>\n=> AuthType MPin\nRequire valid-user\n</Location>\n",
    qr/write MPinEngine On/;
mistake 'AuthType MPin in a vhost with the engine off', "$site$passwords<VirtualHost *:$port>\nMPinEngine Off\n"
    . "<Location /protected>\n=> AuthType MPin\nRequire valid-user\n</Location>\n</VirtualHost>\n", qr/write MPinEngine On/;

# ---- trusted logins -------------------------------------------------------------------------------------------

my $basic = "LoadModule auth_basic_module modules/mod_auth_basic.so\n";
sub guarded { return "<Location $_[0]>\nSetHandler mpin-trusted-login\nAuthType Basic\nAuthName x\nRequire valid-user\n$_[1]</Location>\n" }
my $corp = 'MPinTrustedLogin corp /trusted/corp Basic "The company"';
fine 'a trusted login', "$here$basic$site$corp\n" . guarded('/trusted/corp', '');
fine 'all of it', "$here$basic$site$corp logout=/out?a=b \"user=%{reqenv:X}\" email=M sid=S time=T icon=/i.svg callback=/login pass=a,b-c counts=A:b=totp counts=A:c=d:e=sms auto as-local=email:example.org\n"
    . "MPinTrustedMaxAge 30d\n" . guarded('/trusted', '');
fine 'one in a site that is open', "$here$basic$site$corp\n<Location />\nRequire all granted\n</Location>\n" . guarded('/trusted/corp', '');
fine 'whose guard stands in a pattern', "$here$basic$site$corp\n<LocationMatch ^/trusted>\nSetHandler mpin-trusted-login\nAuthType Basic\n"
    . "AuthName x\nRequire valid-user\n</LocationMatch>\n";
fine 'an age of nobody, with a warning', "$here$site${passwords}MPinTrustedMaxAge 30d\n", qr/MPinTrustedMaxAge: there is no trusted login/;
for my $case (
    ['a name that is none', 'a:b /t Basic X', qr/letters, digits/],
    ['a name that means something else', 'password /t Basic X', qr/choose another/],
    ['a place that is no path', 'b t Basic X', qr/as in \/trusted\/b/],
    ['a place of another host', 'b https://x.example/ Basic X', qr/as in \/trusted\/b/],
    ['a place that is ours', 'b /account/x Basic X', qr/taken by \/account.*\/trusted\/b/, '/account/x'],
    ['a place that is the login', 'b /login Basic X', qr/taken by \/login/, '/login'],
    ['a place that is a step of it', 'b /login/with/b Basic X', qr/taken by \/login\/with/, '/login/with/b'],
    ['our own type', 'b /t MPin X', qr/another module must guard/],
    ['another type', 'b /t openid-connect X', qr/write Basic for openid-connect/, '/t'],
    ['too few words', 'b /t Basic', qr/too few/],
    ['a label in several words', 'b /t Basic The company', qr/LABEL with spaces in quotes/],
    ['an option that there is not', 'b /t Basic X what=1', qr/write logout=/],
    ['an expression that does not parse', 'b /t Basic X user=%{reqenv:X', qr/no expression/, '/t'],
    ['an expression of what the client sends', 'b /t Basic X user=%{HTTP:X-User}', qr/proves nothing/],
    ['a header for a claim', 'b /t Basic X email=HTTP_X_MAIL', qr/no variable/],
    ['as-local without a domain', 'b /t Basic X email=M as-local=email', qr/names no domain/],
    ['as-local by a rule that there is not', 'b /t Basic X as-local=all', qr/as-local has no rule/],
    ['as-local by an e-mail that nobody says', 'b /t Basic X as-local=email:example.org', qr/write email=/],
    ['a callback that is no path', 'b /t Basic X callback=https://x.example/', qr/write that of the other module's callback/],
    ['a field of ours to go on', 'b /t Basic X pass=return', qr/as in pass=prerollid/],
    ['no field to go on', 'b /t Basic X pass=,', qr/names no field/],
    ['a step that there is not', 'b /t Basic X counts=OIDC_CLAIM_amr:otp=mfa', qr/totp, sms or security-key/],
    ['a step by nothing', 'b /t Basic X counts=OIDC_CLAIM_amr=totp', qr/counts as nothing/],
    ['a step by a header', 'b /t Basic X counts=HTTP_X:otp=totp', qr/counts as nothing/],
    ['a sign-out that leads elsewhere', 'b /t Basic X logout=javascript:alert(1)', qr/a path of this site/],
    ['a sign-out without TLS', 'b /t Basic X logout=http://id.example/out', qr/an https URL/, '/t'],
    ['a sign-out that is a page of ours', 'b /t Basic X logout=/logout', qr/ends no session of the other module/, '/t'],
    ['a sign-out that is its place', 'b /t Basic X logout=/t', qr/ends no session of the other module/, '/t'],
    ['an option twice', 'b /t Basic X logout=/a logout=/b', qr/write it once/, '/t'],
    ['two rules for local names', 'b /t Basic X email=M as-local as-local=email:example.org', qr/choose one rule/, '/t'],
    ['an option for the label', 'b /t Basic logout=/x', qr/LABEL is missing/, '/t'],
    ['a label that is no UTF-8', "b /t Basic B\xfcro", qr/64 bytes of UTF-8/, '/t'],
    ['a label whose letters run backwards', "b /t Basic a\xe2\x80\xaeb", qr/64 bytes of UTF-8/, '/t'],
    ['one name for all', 'b /t Basic X user=OIDC_CLAIM_sub', qr/the same for all people.*as in user=%\{reqenv:NAME\}/, '/t'],
    ['a time in the place of a variable', 'b /t Basic X time=2h', qr/the name of one/, '/t'],
    ['a picture of elsewhere', 'b /t Basic X icon=https://cdn.example/x.svg', qr/as in icon=/, '/t'],
) {
    my ($name, $line, $mend, $at) = @$case;
    mistake "a trusted login with $name", "$basic$site$passwords=> MPinTrustedLogin $line\n" . ($at ? guarded($at, '') : ''), $mend;
}
mistake 'two of one name', "$basic$site$passwords$corp\n=> MPinTrustedLogin Corp /other Basic X\n" . guarded('/trusted/corp', ''), qr/choose another name/;
mistake 'two at one place', "$basic$site$passwords$corp\n=> MPinTrustedLogin b /trusted/corp Basic X\n" . guarded('/trusted/corp', ''), qr/a place for each/;
mistake 'a place that nobody handles', "$basic$site$passwords=> $corp\n", qr/SetHandler mpin-trusted-login/;
mistake 'a place that no module guards', "$basic$site$passwords=> $corp\n<Location /trusted/corp>\nSetHandler mpin-trusted-login\n</Location>\n", qr/AuthType Basic/;
mistake 'a place without a Require', "$basic$site$passwords=> $corp\n<Location /trusted/corp>\nSetHandler mpin-trusted-login\nAuthType Basic\nAuthName x\n</Location>\n",
    qr/write Require valid-user/;
sub section { my ($open, $body) = @_; return "<$open>\nSetHandler mpin-trusted-login\nAuthType Basic\nAuthName x\n$body</" . ($open =~ s/ .*//r) . ">\n" }
my $user = "Require valid-user\n";
my $granted = "<Location />\nRequire all granted\n</Location>\n";
my $old = "LoadModule access_compat_module modules/mod_access_compat.so\nLoadModule authz_host_module modules/mod_authz_host.so\n";
fine 'a trusted login whose place ' . $_->[0], "$here$basic$old$site$corp\n$_->[1]" for
    ['has all granted in a RequireAll', section('Location /trusted/corp', "<RequireAll>\nRequire all granted\n$user</RequireAll>\n")],
    ['is for some addresses', section('Location /trusted/corp', "<RequireAll>\nRequire ip 192.0.2\n$user</RequireAll>\n")],
    ['asks for GET', section('Location /trusted/corp', "<Limit GET POST>\n$user</Limit>\n")],
    ['asks whom an address does not let in', section('Location /trusted/corp', "Order deny,allow\nDeny from all\nSatisfy Any\n$user")],
    ['has wildcards', section('Location /trusted/*', $user)],
    ['asks those of an address, and says so in two sections', section('Location /trusted', $user) . "<Location /trusted/corp>\nAuthMerging And\nRequire ip 192.0.2\n</Location>\n"],
    ['has a pattern', section('Location ~ "^/trusted/corp$"', $user)],
    ['is guarded once more inside of an open one', $granted . section('LocationMatch "^/trusted"', $user)];
fine 'people who may come in without a user, with a warning', "$here$basic$old$site$corp\n" . section('Location /trusted/corp', "Require ip 192.0.2\n$user"),
    qr/t\.conf:\d+: MPinTrustedLogin: one Require at .+; write it and Require valid-user into a <RequireAll>/;
for my $case (
    ['is open', section('Location /trusted/corp', "${user}Require all granted\n"), qr/Require valid-user alone/],
    ['is opened later', section('Location /trusted', $user) . $granted, qr/Require valid-user alone/],
    ['takes what opens all', $granted . section('Location /trusted/corp', "AuthMerging Or\n$user"), qr/Require valid-user alone/],
    ['refuses one user only', section('Location /trusted/corp', "<RequireAll>\nRequire all granted\nRequire not user eve\n</RequireAll>\n"), qr/Require valid-user alone/],
    ['asks nobody by an expression', section('Location /trusted/corp', "Require expr true\n"), qr/no Require asks.*write Require valid-user/],
    ['asks at POST only', section('Location /trusted/corp', "<Limit POST>\n$user</Limit>\n"), qr/no Require asks.*write Require valid-user/],
    ['asks at all but GET', section('Location /trusted/corp', "<LimitExcept GET>\n$user</LimitExcept>\n"), qr/no Require asks.*write Require valid-user/],
    ['has a pattern and no Require', section('LocationMatch "^/trusted/corp$"', ''), qr/no Require asks.*write Require valid-user/],
    ['is satisfied by anything', section('Location /trusted/corp', "Satisfy Any\n$user"), qr/write Satisfy All/],
    ['has another handler in the end', section('Location /trusted/corp', $user) . "<Location /trusted>\nSetHandler None\n</Location>\n", qr/SetHandler mpin-trusted-login/],
    ['asks nobody by name', section('Location /trusted/corp', $user) =~ s/AuthType Basic/AuthType None/r, qr/write AuthType Basic/],
    ['is guarded by this module', section('Location /trusted/corp', $user) =~ s/AuthType Basic/AuthType MPin/r, qr/write AuthType Basic/],
    ['has no AuthName', section('Location /trusted/corp', $user) =~ s/AuthName x\n//r, qr/write AuthName/],
    ['is guarded by nobody who is known', section('Location /trusted/corp', $user) =~ s/AuthType Basic/AuthType Foo/r, qr/no module that is loaded knows; add the LoadModule line/],
) {
    mistake "a trusted login whose place $case->[0]", "$basic$old$site$passwords=> $corp\n$case->[1]", $case->[2];
}
fine 'a place that is sent away, with a warning', "$here$basic$site$corp\n" . guarded('/trusted/corp', '') . "Redirect /trusted https://www.example.com/\n",
    qr{t\.conf:\d+: Redirect: it sends /trusted/corp away, .+; let it leave that path out};
mistake 'a trusted login where the engine is off', "${basic}MPinEngine Off\n$corp\n" . guarded('/trusted/corp', '') =~ s/^(?=SetHandler)/=> /mr, qr/write MPinEngine On/;
mistake 'mpin-amr trusted where there is none', "$site$passwords<Location /x>\nAuthType MPin\n=> Require mpin-amr trusted\n</Location>\n", qr/write MPinTrustedLogin/;
fine 'claims of nobody, with a warning', "$here$site${passwords}MPinPassHeaders X-Groups=claim:GROUPS\n", qr/MPinPassHeaders: there is no trusted login that could say what X-Groups shall have/;
mistake 'a module that is not loaded', "$site$passwords=> $corp\n" . guarded('/trusted/corp', ''), qr/add its LoadModule line/;
mistake 'a place that nothing leads to', "$basic$site$passwords$corp\n" . guarded('/trusted/corp', '')
    . "<Location /elsewhere>\n=> SetHandler mpin-trusted-login\nAuthType Basic\nRequire valid-user\n</Location>\n", qr/write an MPinTrustedLogin/;
mistake 'one beside no login page', "$basic$site${passwords}MPinRegister closed\nMPinPath login off\n=> $corp\n" . guarded('/trusted/corp', ''), qr/no login page/;
mistake 'local names beside open registration', "$basic$site=> MPinRegister signed-in open\nMPinRegisterAllow any\n$corp as-local\n" . guarded('/trusted/corp', ''),
    qr/strangers could take them/;
mistake 'a login by a name that is none', "$site$passwords" . place('=> MPinLoginMethods pin corp'), qr/no login here/;
mistake 'trusted where there is none', "$site$passwords" . place('=> MPinLoginMethods trusted'), qr/write MPinTrustedLogin/;
mistake 'Require mpin-amr by a name that is none', "$site$passwords<Location /x>\nAuthType MPin\n=> Require mpin-amr corp\n</Location>\n", qr/mpin-amr has no/;
my $mellon = "LoadModule auth_mellon_module modules/mod_auth_mellon.so\n";
sub saml { return "<Location $_[0]>\nSetHandler mpin-trusted-login\nAuthType Mellon\nRequire valid-user\n$_[1]</Location>\n" }
my $saml = 'MPinTrustedLogin corp /trusted/corp Mellon "The company"';
my $enabled = "MellonEnable auth\nMellonVariable corp\n";
write_file("$top/conf/sp.key", "a key\n");
chmod 0644, "$top/conf/sp.key";
fine 'SAML', "$here$mellon$site$saml\nMPinTrustedLogin other /trusted/other Mellon X\n" . saml('/trusted/corp', $enabled)
    . saml('/trusted/other', "MellonEnable auth\n");
mistake 'SAML that asks nobody', "$mellon$site$passwords=> $saml\n" . saml('/trusted/corp', "MellonEnable info\n"), qr/write MellonEnable auth/;
mistake 'SAML with one cookie for two providers', "$mellon$site$passwords$saml\n=> MPinTrustedLogin other /trusted/other Mellon X\n"
    . saml('/trusted/corp', $enabled) . saml('/trusted/other', $enabled), qr/write MellonVariable other/;
mistake 'a key of SAML that others read', "$mellon$site$passwords$saml\n<Location /trusted/corp>\n=> MellonSPPrivateKeyFile $top/conf/sp.key\n</Location>\n"
    . saml('/trusted/corp', $enabled), qr/chmod 0600/;
my $ssl = "LoadModule ssl_module modules/mod_ssl.so\n";
my $good = "<RequireAll>\nRequire expr \"%{SSL:SSL_CLIENT_VERIFY} == 'SUCCESS'\"\nRequire valid-user\n</RequireAll>\n";
fine 'client certificates', "$here$basic$ssl$site$corp user=%{SSL:SSL_CLIENT_SAN_Email_0}\n" . guarded('/trusted/corp', "SSLOptions +FakeBasicAuth\n$good");
mistake 'client certificates of anybody', "$basic$ssl$site$passwords=> $corp user=%{SSL:SSL_CLIENT_SAN_Email_0}\n" . guarded('/trusted/corp', "SSLOptions +FakeBasicAuth\n"),
    qr/SSL_CLIENT_VERIFY/;
fine 'a password of anybody, with a warning', "${here}LoadModule authn_anon_module modules/mod_authn_anon.so\n$basic$site$corp\n" . guarded('/trusted/corp', "AuthBasicProvider anon\n"),
    qr/anybody comes in/;
mistake 'no age', "$basic$site$passwords=> MPinTrustedMaxAge 30\n", qr/no time/;

# ---- names ----------------------------------------------------------------------------------------------------

my %names = map { my ($file, $macro) = @$_; ($macro => [slurp("$source/src/config/$file") =~ /^$macro\((\w+)/mg]) }
    ['settings.def', 'SETTING'], ['directory.def', 'DIRECTORY'], ['unbuilt.def', 'UNBUILT'];
cmp_ok scalar @{$names{UNBUILT}}, '>', 0, 'names that are not built yet';
{
    local @users = ($users[0]);
    mistake "$_, which is not built yet", "$site$passwords=> $_ On\n", qr/not part of this version; remove/
        for @{$names{UNBUILT}};
}
my $docs = slurp("$source/docs/directives.md");
my $self = slurp($0);
for my $name (@{$names{SETTING}}, @{$names{DIRECTORY}}) {
    like $docs, qr/^### $name\n`$name .+`/m, "$name is documented";
    like $self, qr/=> $name\b|\[$name =>/, "$name has its mistakes here";
}
like $docs, qr/\b$_\b/, "$_ is documented as not built" for @{$names{UNBUILT}};
is_deeply [sort $docs =~ /^### (\w+)/mg], [sort @{$names{SETTING}}, @{$names{DIRECTORY}}], 'and nothing else is';

ok !-e "$top/state", 'after all these checks nothing was made';

subtest 'all mistakes are told at once' => sub {
    my (undef, $said) = check("$here${site}MPinPinLength 9\nMPinRememberBrowser x\nMPinPasswordProvider foo\n", $users[0]);
    is scalar(() = $said =~ /t\.conf:\d+: /g), 3, 'three of three' or diag $said;
};

# ---- what must start ------------------------------------------------------------------------------------------

my $running;
END { local $?; stop() }

sub started_times { my $times = () = slurp("$top/logs/error.log") =~ /resuming normal operations/g; return $times }

# True once it serves, false once it has given up.
sub start
{
    my ($text, $conf) = @_;
    $conf = write_file($conf // "$top/conf/run.conf", $text);
    unlink "$top/logs/error.log";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setpgrp 0, 0;    # httpd signals its whole process group
        open STDERR, '>', "$top/logs/console" or die;
        exec $httpd, '-f', $conf, '-DFOREGROUND';
        die "exec: $!";
    }
    until (started_times()) {
        return 0 if waitpid($pid, WNOHANG) == $pid;
        select undef, undef, undef, 0.02;
    }
    return $running = $pid;
}

sub stop
{
    my $pid = $running or return;
    undef $running;
    kill TERM => $pid;
    waitpid $pid, 0;
}

# Until the server has taken in a signal and answers again.
sub reload
{
    my $before = started_times();
    kill USR1 => $running;
    for (1 .. 1200) {
        last if $before < started_times();
        select undef, undef, undef, 0.05;
    }
}

my %page = (Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');

# One GET, as a browser loads a page: {status, headers, content}.
sub get
{
    my ($path, %headers) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 10) or return {status => 0, content => $!};
    %headers = (Host => "127.0.0.1:$port", %page, %headers);
    print {$socket} "GET $path HTTP/1.0\r\n", map({ "$_: $headers{$_}\r\n" } sort keys %headers), "\r\n";
    local $/;
    my ($head, $content) = split /\r\n\r\n/, scalar(<$socket>) // '', 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.\d (\d+)};
    return {status => $status // 0, content => $content // '', headers => {map { /^([\w-]+): (.*)/ ? (lc $1 => $2) : () }
        split /\r\n/, $head // ''}};
}

# The same until the status is the one: children of before a reload answer for a moment.
sub soon
{
    my ($name, $path, $status) = @_;
    my $answer;
    for (1 .. 600) {
        $answer = get($path); # of any child: the next one may be another's, which is not so far yet
        last if $answer->{status} == $status;
        select undef, undef, undef, 0.1;
    }
    is $answer->{status}, $status, $name or diag $answer->{content}, slurp("$top/logs/error.log");
    return $answer;
}

sub answers
{
    my ($name, $path, $status, %headers) = @_;
    my $answer = get($path, %headers);
    is $answer->{status}, $status, $name or diag $answer->{content}, slurp("$top/logs/error.log");
    return $answer;
}

subtest 'the shortest site, word for word' => sub {
    my @snippets = map { /^```\n(LoadModule auth_mpin_module.*?)^```/ms ? $1 : () }
        map { slurp("$source/$_") } grep { -f "$source/$_" } 'docs/directives.md', 'README.md';
    ok @snippets, 'there is one';
    is $_, $snippets[0], 'and it is the same everywhere' for @snippets;
    unlink "$top/modules";
    make_path("$top/modules");
    symlink $_, "$top/modules/" . (split m{/})[-1] for glob "$modules/*.so";
    unlink "$top/modules/mod_auth_mpin.so";
    copy "$build/mod_auth_mpin.so", "$top/modules/mod_auth_mpin.so" or die;

    my $conf = "$frame${loads}Listen 127.0.0.1:$port\n$snippets[0]";
    fine 'is fine', $conf;
    ok start("$conf$places"), 'starts';
    my $answer = answers 'the place asks for a login', '/protected', 302;
    like $answer->{headers}{location}, qr{^/login\b}, 'at our page';
    my $page = answers 'which has a form', '/login', 200;
    like $page->{content}, qr/name="password"/, 'for passwords';
    like $page->{headers}{'set-cookie'}, qr/^__Host-mpin-login=.+; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
        'with a cookie of the public URL, whatever the connection is';
    stop();
};

subtest 'mpin.conf as it comes, and with every line that it shows' => sub {
    my $conf = slurp("$source/conf/mpin.conf");
    my $frame_only = "$frame${\ 'LoadModule mpm_event_module modules/mod_mpm_event.so'}\nListen 127.0.0.1:$port\n";
    fine 'as it comes', "$frame_only$conf";
    $conf =~ s/^#(?=\w|<|    \w)//mg;
    fine 'with every line', "$frame_only$conf";
    $conf =~ s{/var/lib/apache2}{$top/state}g;
    ok start("$frame_only$conf"), 'starts';
    answers 'and protects', '/protected', 302;
    stop();
};

# The examples, with ports and folders of our own.
sub example
{
    my ($name, $file) = @_;
    my $text = slurp($file // "$source/conf/examples/$name.conf");
    $text =~ s{/usr/lib/apache2/modules}{$top/modules}g;
    $text =~ s{ServerRoot /etc/apache2}{ServerRoot $top};
    $text =~ s{/run/apache2/[\w-]+\.pid}{$top/httpd.pid}g;
    $text =~ s{/var/log/apache2}{$top/logs}g;
    $text =~ s{/var/lib/apache2}{$top/state-$name}g;
    $text =~ s{/var/www}{$top}g;
    $text =~ s{/etc/mime.types}{/dev/null}g;
    $text =~ s{/etc/apache2/(users|groups|mail-password)}{$top/conf/$1}g;
    $text =~ s{/etc/ssl/\w+/(?:www\.example\.com|dta\.example\.net)\.(pem|key)}{$top/conf/tls.$1}g;
    $text =~ s{^Listen \d+$}{Listen 127.0.0.1:$port}mg;
    $text =~ s{<VirtualHost \*:\d+>}{<VirtualHost *:$port>}g;
    $text =~ s{^(User|Group) .*\n}{}mg if $>;
    return $text . qq{DefaultRuntimeDir "$top"\n};
}

subtest 'example htpasswd.conf' => sub {
    system(qq{openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=www.example.com -keyout "$top/conf/tls.key" }
        . qq{-out "$top/conf/tls.pem" 2>/dev/null}) == 0 or die 'openssl';
    make_path("$top/html/members");
    write_file("$top/conf/groups", "accounts: john\n");
    my $text = example('htpasswd');
    fine 'is fine', $text;
    ok start($text), 'starts';
    my $tls = `curl -sk -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Accept: text/html' https://127.0.0.1:$port/members/`;
    like $tls, qr{^302 https://127\.0\.0\.1:$port/login}, 'and sends to the login page';
    stop();
};

subtest 'example second-step.conf' => sub {
    make_path("$top/html/$_") for qw(members admin reports);
    system(qq{htpasswd -cbB "$top/conf/users" anna secret 2>/dev/null}) == 0 or die 'htpasswd';
    my $text = example('second-step');
    fine 'is fine', $text;
    ok start($text), 'starts';
    my $site = 'https://www.example.com';
    my $ask = sub { `curl -sk --connect-to www.example.com:443:127.0.0.1:$port -b $top/jar -c $top/jar -H 'Origin: $site' $_[0]` };
    my $need = sub { ($ask->("-H 'X-Requested-With: XMLHttpRequest' $site/$_[0]/") =~ /"need": ?"(\w+)"/)[0] };
    is $need->($_), 'login', "$_ asks a stranger to sign in" for qw(members admin reports);
    my ($token) = $ask->("$site/login") =~ /name="csrf" value="([^"]+)"/;
    $ask->("--data-urlencode csrf=$token -d 'username=anna&password=secret' $site/login");
    my %lacks = (members => 'any', admin => 'passkey', reports => 'any');
    is $need->($_), $lacks{$_}, "$_ asks for more than a password" for sort keys %lacks;
    stop();
    write_file("$top/conf/users", '');
};

subtest 'example tokens.conf' => sub {
    make_path("$top/html", "$top/files", "$top/git");
    write_file("$top/files/hello.txt", "hello\n");
    system(qq{git init -q --bare "$top/git/project.git" && htpasswd -cbB "$top/conf/users" anna secret 2>/dev/null}) == 0 or die 'git or htpasswd';
    my $uid = $> || getpwnam 'www-data';
    system('chown', '-R', $uid, map { "$top/$_" } qw(files git)) == 0 or die 'chown';
    my $text = example('tokens') =~ s{/run/apache2/cgid.sock}{$top/cgid.sock}r =~ s{/var/lock/apache2}{$top/git}r;
    fine 'is fine', $text;
    ok start($text), 'starts';
    my $site = 'https://www.example.com';
    my $ask = sub { `curl -sk --connect-to www.example.com:443:127.0.0.1:$port $_[0]` };
    my $person = sub { $ask->("-b $top/token-jar -c $top/token-jar -H 'Origin: $site' $_[0]") };
    my ($csrf) = $person->("$site/login") =~ /name="csrf" value="([^"]+)"/;
    $person->("--data-urlencode csrf=$csrf -d 'username=anna&password=secret' $site/login");
    ($csrf) = $person->("$site/account") =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/;
    my ($token) = $person->("--data-urlencode csrf=$csrf -d 'name=git&days=9' $site/account/token") =~ /<code id="new-token">([^<]*)</;
    like $token // '', qr/^mpin_/, 'anna has a token';
    my $program = sub { $ask->("-o /dev/null -w '%{http_code} %{http_version}' --user x:$token $_[0]") };
    is $program->("--http2 $site/files/hello.txt"), '200 2', 'by HTTP/2';
    is $program->("--http1.1 $site/files/hello.txt"), '200 1.1', 'and HTTP/1.1';
    is $program->("--http2 -T $top/files/hello.txt $site/files/copy.txt"), '201 2', 'a file is sent';
    is $program->("--http2 '$site/git/project.git/info/refs?service=git-upload-pack'"), '200 2', 'git is there';
    is $program->("--http2 '$site/account'"), '303 2', 'and the account is not';
    is $ask->("-o /dev/null -w '%{http_code}' --user x:mpin_x $site/files/hello.txt"), 401, 'nor anything for a wrong one';
    stop();
    write_file("$top/conf/users", '');
};

subtest 'example mail.conf' => sub {
    write_file("$top/conf/mail-password", "secret\n");
    chmod 0600, "$top/conf/mail-password";
    my $text = example('mail');
    fine 'is fine', $text;
    ok start($text), 'starts';
    my $settings = `curl -sk https://127.0.0.1:$port/rps/clientSettings`;
    like $settings, qr/"registration":\["mail"\]/, 'and takes names that are mailboxes';
    stop();
};

subtest 'example second-dta.conf' => sub {
    my $text = example('second-dta');
    fine 'is fine', $text;
    ok start($text), 'starts';
    ok -f "$top/state-second-dta/mpin-keys/mpin.keys.dta", 'makes the file for the first server';
    my $ask = sub { `curl -sk -o /dev/null -w '%{http_code}' 'https://127.0.0.1:$port/$_[0]'` };
    is $ask->('status'), 200, 'answers everybody';
    is $ask->('clientSecret'), 403, 'who asks as they should';
    is $ask->('serverSecret'), 403, 'and its own server only';
    is $ask->('login'), 404, 'and has no site';
    stop();
};

subtest 'example proxy-app.conf' => sub {
    my $text = example('proxy-app');
    fine 'is fine', $text;
    ok start($text), 'starts';
    my $settings = answers('our pages come before the proxy', '/rps/clientSettings', 200);
    like $settings->{content}, qr/"title":"Grafana"/, 'and are of this site';
    answers 'the application is behind the login', '/d/abc', 302;
    stop();
};

subtest 'example login-host.conf' => sub {
    make_path("$top/login", "$top/wiki");
    write_file("$top/wiki/index.html", "wiki\n");
    my $text = example('login-host');
    fine 'is fine', $text;
    ok start($text), 'starts';
    my %wiki = (Host => 'wiki.example.com');
    is answers('the wiki asks for a login', '/', 302, %wiki)->{headers}{location}, '/sign-in?to=https%3a%2f%2fwiki.example.com%2f', 'at its own address';
    is answers('which leads', '/sign-in', 302, %wiki)->{headers}{location}, 'https://login.example.com/login',
        'to the other host';
    answers "the wiki has no $_", $_, 302, %wiki for '/login', '/rps/clientSettings', '/mpin.js';
    my $login = answers 'the login page is there', '/login', 200, Host => 'login.example.com';
    like $login->{headers}{'set-cookie'}, qr/^__Secure-mpin-login=.+; Domain=example\.com; Path=\//, 'with its cookie';
    stop();
};

# tests/browser/tutorial.t starts it, with an application.
subtest 'rps-server.conf' => sub {
    fine 'is fine', example('rps-server', "$source/conf/rps-server.conf");
};

# ---- merged, and in .htaccess ---------------------------------------------------------------------------------

subtest 'vhosts inherit and override' => sub {
    ok start("$here$site${passwords}MPinPinLength 6\nMPinTitle Main\nMPinAfterLogin /main\n"
        . "<VirtualHost *:$port>\nServerName a\n</VirtualHost>\n"
        . "<VirtualHost *:$port>\nServerName b\nMPinPinLength 8\nMPinPath logout /bye\n</VirtualHost>\n"
        . "<VirtualHost *:$port>\nServerName c\nMPinEngine Off\n</VirtualHost>\n"), 'starts';
    my $a = answers('a', '/rps/clientSettings', 200, Host => 'a')->{content};
    like $a, qr/"pinLength":6/, 'inherits';
    my $b = answers('b', '/rps/clientSettings', 200, Host => 'b')->{content};
    like $b, qr/"pinLength":8/, 'overrides';
    like $b, qr/"title":"Main"/, 'and inherits the rest';
    like $b, qr/"logoutURL":"\/bye"/, 'moves a page of its own';
    answers 'c has none of our pages', '/rps/clientSettings', 404, Host => 'c';
    stop();
};

subtest '.htaccess has what belongs to directories, and nothing else' => sub {
    make_path("$top/site/h");
    write_file("$top/site/h/index.html", "secret\n");
    ok start("$here$site$passwords<Directory \"$top/site\">\nAllowOverride AuthConfig\nRequire all granted\n"
        . "</Directory>\n"), 'starts';
    my $try = sub { write_file("$top/site/h/.htaccess", $_[0]); return get('/h/index.html') };
    is $try->("AuthType MPin\nRequire valid-user\n")->{status}, 302, 'a login';
    is $try->("AuthType MPin\nRequire valid-user\nMPinUnauthenticated 401\n")->{status}, 401, 'or 401';
    is $try->("AuthType MPin\nRequire valid-user\nMPinUnauthenticated maybe\n")->{status}, 500, 'a mistake closes it';
    like slurp("$top/logs/error.log"), qr/\.htaccess: MPinUnauthenticated: "maybe" is no answer of ours; write auto/,
        'and is told in the log';
    is $try->("MPinEngine Off\n")->{status}, 500, 'a directive of the server closes it';
    stop();
};

# ---- what changes around a running server ---------------------------------------------------------------------

subtest 'nothing around a running server ends it at a reload' => sub {
    ok start("$here$site$passwords"), 'starts';
    answers 'at work', '/login', 200;

    rename "$top/state/keys", "$top/state/away" or die;
    reload();
    soon 'without its keys: closed', '/login', 503;
    answers 'and other pages are served', '/', 200;
    like slurp("$top/logs/error.log"), qr/MPIN0202: key file .+ is missing, but its store .+ is in use; restore/,
        'the log says why';
    ok !-e "$top/state/keys", 'and no fresh keys were made';
    rename "$top/state/away", "$top/state/keys" or die;
    reload();
    soon 'with its keys: at work', '/login', 200;

    write_file("$top/conf/run.conf", "$here$site${passwords}MPinTemplates conf/pages\nMPinAuditLog nowhere/a.log\n");
    reload();
    soon 'with directories missing: at work', '/login', 200;
    like slurp("$top/logs/error.log"), qr/run\.conf:\d+: MPinTemplates: .+ is no such directory; make it/,
        'and the log says so';
    stop();
};

subtest 'second_node_with_other_key_refuses' => sub {
    ok start("$here$site$passwords"), 'the first starts and has a store';
    stop();
    my $other = "${site}MPinKeyFile \"$top/state/keys2/mpin.keys\"\n$passwords";
    ok !started($other), 'without a key file of its own it does not start';
    ok !-e "$top/state/keys2/mpin.keys", 'and makes none';
    like slurp("$top/logs/error.log"), qr/MPIN0202: key file .+ is missing/, 'the log says why';

    ok start("${here}MPinEngine On\nMPinStore lmdb:$top/state/store2\n"
        . "MPinKeyFile \"$top/state/keys2/mpin.keys\"\n$passwords"), 'with a store of its own it does';
    stop();
    ok !started($other), 'with that other key file it does not start on the first store';
    like slurp("$top/logs/error.log"), qr/MPIN0202: the store .+ was sealed by another key file/, 'the log says why';
    ok start("$here$site$passwords"), 'the first goes on';
    answers 'as before', '/login', 200;
    stop();
};

sub started
{
    my $pid = start("$here$_[0]");
    stop();
    return $pid;
}

subtest 'a store that a child cannot open closes our pages until it can' => sub {
    plan skip_all => 'needs root' if $>;
    ok start("$here$site$passwords"), 'starts';
    my @store = ('-R', "$top/state/store");
    system 'chown', 'root', @store;
    my @children = split ' ', `ps -o pid= --ppid $running`;
    kill KILL => @children;
    soon 'closed', '/login', 503;
    answers 'and other pages are served', '/', 200;
    system 'chown', 'www-data', @store;
    soon 'open again by itself', '/login', 200;
    stop();
};

subtest 'a passphrase seals the key file' => sub {
    my $program = write_file("$top/conf/pass", "#!/bin/sh\necho \"\$1\"\n");
    chmod 0755, $program;
    my $sealed = "MPinEngine On\nMPinStore lmdb:$top/state/store3\nMPinKeyFile $top/state/keys3/mpin.keys\n$passwords";
    my $with = sub { return "${sealed}MPinKeyPassphrase exec:$program $_[0]\n" };
    ok started($with->('one')), 'starts';
    ok started($with->('one')), 'and starts again';
    ok !started($with->('two')), 'but not with another';
    ok !started($sealed), 'and not without';
    write_file($program, "#!/bin/sh\nexit 1\n");
    ok !started($with->('one')), 'and not when the program fails';
    like slurp("$top/logs/error.log"), qr/MPIN0202: MPinKeyPassphrase: .+ gave no secret/, 'which the log says';
};

done_testing;
