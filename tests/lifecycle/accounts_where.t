#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The names that password providers know, wherever their settings stand: vhosts that share what is written once for all,
# files in every state, and directories in their forms.
use strict;
use warnings;
use Test::More;
use JSON ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Providers;

my $port = $ENV{PORT};
my $top = $Server::top;
my $ldap = '127.0.0.1:' . ($port + 18);
my $nobody_there = '127.0.0.1:' . ($port + 17);

sub at { return browser($port, host => $_[0]) }
sub refusal { my $answer = shift; return $answer->code . ' ' . (json_of($answer)->{code} // '') }
sub opens { return $_[0]->visit('/protected/')->code == 200 }

sub users {
    my ($site, @names) = @_;
    Providers::run('htpasswd', (-f "$top/users-$site" ? '-bB' : '-bBc'), '-C', 4, "$top/users-$site", $_, "$_-secret") for @names;
    return;
}

sub enrolled {
    my ($site, $name) = @_;
    my $browser = at($site)->sign_in($name);
    return ($browser, $browser->enrol($name, 1234));
}

sub pin_login {
    my ($site, $device) = @_;
    my $browser = at($site);
    $browser->settings;
    return $browser->pin_login($device);
}

# The main server of the tests has a password file; the vhosts here have their own, and no more of it than they say.
sub main_without_file {
    my $server = shift;
    my $conf = Server::slurp("$top/httpd.conf");
    $conf =~ s{AuthUserFile "\Q$top\E/users"\n}{};
    Server::write_file("$top/httpd.conf", $conf);
    return $server;
}

# ---- directives of ours for the whole server, and vhosts that have a password file each

sub bare_vhost {
    my $name = shift;
    return <<"END";
<VirtualHost 127.0.0.1:$port>
ServerName $name
<Location /login>
AuthUserFile "$top/users-$name"
</Location>
</VirtualHost>
END
}

users(one => 'anna', 'bob');
users(two => 'carol');

for my $file (qw(no its-own)) {
    subtest "who_left_the_password_file_signs_in_no_more: vhosts without directives of ours, a main server with $file file" => sub {
        my $server = Server->new(conf => "MPinRegister signed-in\n" . join '', map { bare_vhost($_) } qw(one two));
        main_without_file($server) if $file eq 'no';
        $server->start;
        my (undef, $bob) = enrolled('one', 'bob');
        my (undef, $carol) = enrolled('two', 'carol');
        is pin_login('one', $bob)->code, 200, 'bob, of the first';
        is pin_login('two', $carol)->code, 200, 'carol, of the second';
        Providers::run('htpasswd', '-D', "$top/users-one", 'bob');
        is refusal(pin_login('one', $bob)), '403 account_gone', 'bob has left';
        is pin_login('two', $carol)->code, 200, 'carol has not';
        unlike Server::log_text(), qr/MPIN0510/, 'no provider is in trouble: a server that serves nobody is not asked';
        users(one => 'bob');
        $server->stop;
        system 'rm', '-rf', "$top/state";
    };
}

# ---- files in every state, directories in every form

my %file = map { $_ => qq{AuthUserFile "$top/users-$_"} } qw(codes crlf last gone moved both open);
my %ldap = (
    plain => qq{AuthLDAPURL "ldap://$ldap/dc=example,dc=org?uid"},
    hosts => qq{AuthLDAPURL "ldap://$nobody_there $ldap/dc=example,dc=org?uid"},
    attributes => qq{AuthLDAPURL "ldap://$ldap/dc=example,dc=org?uid,cn?sub?(objectClass=inetOrgPerson)" NONE},
    called => qq{AuthLDAPURL "ldap://$ldap/dc=example,dc=org?uid"\nAuthLDAPRemoteUserAttribute uid},
    bound => qq{AuthLDAPURL "ldap://$ldap/dc=example,dc=org?uid"\nAuthLDAPBindDN "cn=admin,dc=example,dc=org"\nAuthLDAPBindPassword admin-secret},
    alias => '',
);
my %unable = (
    bind => $ldap{bound} =~ s/admin-secret/old-secret/r,
    'bind-alias' => '',
);
my $section = sub { my ($name, $inside) = @_; return "<AuthnProviderAlias ldap $name>\n$inside\n</AuthnProviderAlias>\n" };

users($_ => 'ann', 'bob') for qw(codes crlf gone moved both open);
users(last => 'bob');
Server::write_file("$top/users-crlf", "# people\r\n\r\n" . Server::slurp("$top/users-crlf") =~ s/\n/\r\n/gr);
start_directory();
add_user('ldap', $_) for qw(john bob);

my $server = Server->new(conf => modules_there(qw(headers ldap authnz_ldap))
    . "LDAPConnectionTimeout 2\nLDAPTimeout 2\nLDAPRetries 0\n"
    . $section->('people', $ldap{plain}) . $section->('people-bind', $unable{bind})
    . vhost('codes', provider => 'file', login => $file{codes}, conf => 'MPinIssueOTP On')
    . (vhost('beside', store => 'codes') =~ s/^MPinPasswordProvider.*\n//mr)
    . vhost('crlf', provider => 'file', login => $file{crlf})
    . vhost('last', provider => 'file', login => $file{last})
    . vhost('gone', provider => 'file', login => $file{gone})
    . vhost('moved', provider => 'file', conf => qq{<LocationMatch "^/log">\n$file{moved}\n</LocationMatch>})
    . vhost('both', provider => 'file ldap', login => "$file{both}\n$ldap{plain}")
    . vhost('open', provider => 'file', register => 'signed-in open open-to-anyone', login => $file{open})
    . join('', map { vhost($_, provider => $_ eq 'alias' ? 'people' : 'ldap', login => $ldap{$_}) } sort keys %ldap)
    . vhost('bind', provider => 'ldap', login => $unable{bind})
    . vhost('bind-alias', provider => 'people-bind'));

my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
$server->start;

sub without_bob {
    my $site = shift;
    return Server::slurp("$top/users-$site") =~ s/^bob:.*\n//mr;
}

subtest 'who_left_the_password_file_signs_in_no_more: however the file changes' => sub {
    my %device = map { $_ => [enrolled($_, 'bob')] } qw(crlf last gone moved both);
    Server::write_file("$top/users-crlf", without_bob('crlf'));
    Server::write_file("$top/users-last", '');
    Server::write_file("$top/users-both", without_bob('both'));
    Server::write_file("$top/new", without_bob('moved'));
    rename "$top/new", "$top/users-moved" or die;
    unlink "$top/users-gone" or die;
    is refusal(pin_login('crlf', $device{crlf}[1])), '403 account_gone', 'a file with comments and CRLF';
    is refusal(pin_login('last', $device{last}[1])), '403 account_gone', 'the last one in it';
    is refusal(pin_login('moved', $device{moved}[1])), '403 account_gone', 'another file in its place';
    is pin_login('both', $device{both}[1])->code, 200, 'the directory, asked next, knows bob too';
    remove_user('ldap', 'bob');
    is pin_login('gone', $device{gone}[1])->code, 200, 'a file that is gone is trouble, and keeps nobody out';
    is refusal($device{last}[0]->register('bob')), '403 account_gone', 'nor is a device added by a session';
};

subtest 'who_left_the_password_file_signs_in_no_more: with what was begun before' => sub {
    my ($browser, $device) = enrolled('codes', 'bob');
    my $begun = json_of($browser->register('bob'));
    my $other = at('codes');
    $other->visit('/login');
    my $proof = sub { json_of($other->pass2($device, 1234, $other->pass1($device), OTP => JSON::true)) };
    my $code = $proof->();
    is $other->authenticate($code->{authOTT})->code, 200, 'signed in';
    my $late = $proof->();
    Providers::run('htpasswd', '-D', "$top/users-codes", 'bob');
    my $redeemed = MPin::request($port, POST => '/rps/otp', body => JSON::encode_json({userId => 'bob', otp => $code->{OTP}}),
        headers => ['Content-Type' => 'application/json']);
    is $redeemed->code, 410, 'a one-time code for an application';
    is refusal($other->authenticate($late->{authOTT})), '403 account_gone', 'an authOTT';
    is refusal(pin_login('codes', $browser->finish($begun, 1234))), '403 account_gone', 'a device';
    is refusal(pin_login('beside', $device)), '403 account_gone', 'at a vhost of the store that takes no passwords';
    $server->renew('USR1');
    is refusal(pin_login('beside', $device)), '403 account_gone', 'after a reload';
};

subtest 'who_left_the_password_file_signs_in_no_more: before a directory that has never found anybody' => sub {
    users(both => 'carol');
    my (undef, $device) = enrolled('both', 'carol');
    Providers::run('htpasswd', '-D', "$top/users-both", 'carol');
    is refusal(pin_login('both', $device)), '403 account_gone', 'who came by the file';
};

subtest 'who_left_the_password_file_signs_in_no_more: a directory in each of its forms' => sub {
    add_user('ldap', 'carol');
    my %device = map { $_ => (enrolled($_, 'carol'))[1] } sort keys %ldap;
    remove_user('ldap', 'carol');
    is refusal(pin_login($_, $device{$_})), '403 account_gone', $_ for sort keys %ldap;
};

subtest 'a_provider_in_trouble_is_503_and_charges_nobody: a directory that takes httpd\'s own password no more' => sub {
    for my $site (qw(bind bind-alias)) {
        is at($site)->post_password('john', $_)->code, 503, "$site: $_" for 'john-secret', 'wrong', 'john-secret', 'wrong';
        is at($site)->post_password('nobody', 'x')->code, 503, "$site: of nobody";
    }
    like Server::log_text(), qr/MPIN0510: the password provider $_ is in trouble.*AuthLDAPBindDN/, "the log names $_"
        for qw(ldap people-bind);
    is at('bound')->post_password('john', 'wrong')->code, 401, 'with its right password a wrong one of john\'s is wrong';
    is at('bound')->post_password('nobody', 'x')->code, 401, 'and nobody is nobody';
};

# ---- open registration

subtest 'open_registration_of_a_providers_name_is_403: in other capitals' => sub {
    users(open => 'Boss', 'ROOT');
    is refusal(at('open')->register($_)), '403 name_taken', $_ for qw(Boss boss BOSS root ROOT), ' boss ';
};

subtest 'a stranger whose name was given to somebody is signed out' => sub {
    my $stranger = at('open');
    is $stranger->pin_login($stranger->enrol('newcomer', 1234))->code, 200, 'it was free';
    my $bob = at('open')->sign_in('bob');
    my $other = at('open');
    $other->pin_login($other->enrol('stranger', 1234));
    users(open => 'newcomer');
    $server->stop;
    $server->{env} = {LD_PRELOAD => $faketime, FAKETIME => '+10m', FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    ok !opens($stranger), 'within ten minutes';
    ok opens($bob), 'bob, whom the file knows, is not';
    ok opens($other), 'nor is a stranger whose name is nobody\'s';
    like text_of('logs/audit'), qr/"event":"name_taken"/, 'it is recorded';
    ok opens(at('open')->sign_in('newcomer')), 'whose it is now signs in';
};

done_testing;
