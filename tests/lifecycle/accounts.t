#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The names that password providers know: strangers cannot take them, and who is no longer among them is out.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MIME::Base64 'encode_base64';
use MPin;
use Providers;

my $port = $ENV{PORT};
my $top = $Server::top;
my @asked = qw(file alias dbm dbd socache); # can be asked by a wrong password

sub at { return browser($port, host => $_[0]) }

sub login_settings {
    my $provider = shift;
    my %login = (
        file => qq{AuthUserFile "$top/users-file"},
        alias => '',
        dbm => qq{AuthDBMType SDBM\nAuthDBMUserFile "$top/users-dbm"},
        dbd => 'AuthDBDUserPWQuery "SELECT password FROM users WHERE name = %s"',
        socache => qq{AuthUserFile "$top/users-socache"\nAuthnCacheProvideFor file},
        ldap => 'AuthLDAPURL "ldap://127.0.0.1:' . ($port + 18) . '/dc=example,dc=org?uid"',
    );
    my %named = (alias => 'staff', socache => 'socache file');
    my $dbd = $provider eq 'dbd' ? qq{DBDriver sqlite3\nDBDParams "$top/open/users.db"} : '';
    return (provider => $named{$provider} // $provider, login => $login{$provider}, conf => $dbd);
}

for my $provider (@asked) {
    add_user($provider, $_) for qw(john bob carol dave erin);
}
start_directory();
add_user('ldap', $_) for qw(john bob carol dave erin);

my $conf = modules_there(qw(socache_shmcb headers auth_basic authn_dbm authn_dbd dbd authn_socache ldap authnz_ldap)) . <<"END";
AuthnCacheSOCache shmcb
AuthnCacheEnable
LDAPConnectionTimeout 2
LDAPTimeout 2
LDAPRetries 0
<AuthnProviderAlias file staff>
AuthUserFile "$top/users-alias"
</AuthnProviderAlias>
END
$conf .= vhost("open-$_", register => 'signed-in open open-to-anyone', login_settings($_)) for @asked;
$conf .= vhost("only-$_", login_settings($_)) for @asked, 'ldap';

# A site that opens its store to strangers, beside one that has passwords; an application whose login is elsewhere; and
# one that asks nobody.
my %file = login_settings('file');
$conf .= vhost('passwords', %file, store => 'shared');
$conf .= vhost('strangers', register => 'open open-to-anyone', store => 'shared') =~ s/^MPinPasswordProvider.*\n//mr;
$conf .= vhost('application', %file, store => 'only-file', conf => "MPinPath login off");
$conf .= vhost('off', %file, conf => "MPinRecheckUser off");

$conf .= vhost('linked', %file, conf => <<"END");
MPinTrustedLogin corp /trusted/corp Basic "Company"
<Location /trusted/corp>
    SetHandler mpin-trusted-login
    AuthType Basic
    AuthName Company
    AuthBasicProvider file
    AuthUserFile "$top/users-alias"
    Require valid-user
</Location>
END

my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
my $server = Server->new(conf => $conf)->start;

sub later {
    my $minutes = shift;
    $server->stop;
    $server->{env} = {LD_PRELOAD => $faketime, FAKETIME => "+${minutes}m", FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    return;
}

sub refusal { my $answer = shift; return $answer->code . ' ' . (json_of($answer)->{code} // '') }
sub opens { return $_[0]->visit('/protected/')->code == 200 }

sub enrolled {
    my ($site, $name) = @_;
    my $browser = at($site)->sign_in($name);
    return ($browser, $browser->enrol($name, 1234));
}

sub pin_login {
    my ($site, $device) = @_;
    my $browser = at($site);
    $browser->settings;
    return ($browser->pin_login($device), $browser);
}

# ---- open registration

subtest "open_registration_of_a_providers_name_is_403: $_" => sub {
    my $site = "open-$_";
    is refusal(at($site)->register('bob')), '403 name_taken', 'bob has a password, and has never signed in';
    is refusal(at($site)->register('BOB')), '403 name_taken', 'nor is he anybody else in capitals';
    is at($site)->register("stranger-$_")->code, 200, 'a free name';
    my ($browser, $device) = enrolled($site, 'bob');
    is((pin_login($site, $device))[0]->code, 200, 'bob himself sets up a PIN');
} for @asked;

subtest 'what is free at one site of a store is not what another\'s provider knows' => sub {
    is refusal(at('strangers')->register('bob')), '403 name_taken', 'bob';
    is at('strangers')->register('stranger')->code, 200, 'a free name';
};

subtest 'a name that was given away afterwards is no longer the stranger\'s' => sub {
    my $device = at('open-file')->enrol('newcomer', 1234);
    is((pin_login('open-file', $device))[0]->code, 200, 'free, and taken');
    add_user('file', 'newcomer');
    is refusal((pin_login('open-file', $device))[0]), '403 name_taken', 'the administrator has given it to somebody';
    ok opens(at('open-file')->sign_in('newcomer')), 'who signs in';
};

subtest 'while nobody can tell whose a name is, nobody takes it' => sub {
    rename "$top/users-file", "$top/users-away" or die;
    is refusal(at('open-file')->register('anybody')), '503 accounts_down', 'our trouble';
    rename "$top/users-away", "$top/users-file" or die;
    is at('open-file')->register('anybody')->code, 200, 'then it goes on';
};

# ---- who has left

subtest "who_left_the_password_file_signs_in_no_more: $_" => sub {
    my $site = "only-$_";
    my ($in_use, $device) = enrolled($site, 'bob');
    my (undef, $other) = enrolled($site, 'john');
    remove_user($_, 'bob');
    is refusal((pin_login($site, $device))[0]), '403 account_gone', 'by PIN, at once';
    is((pin_login($site, $other))[0]->code, 200, 'john is still there');

    my ($phone, $desktop) = (at($site), at($site));
    $_->settings for $phone, $desktop;
    my ($wid) = json_of($desktop->json(POST => '/rps/getQrUrl', {}))->{qrUrl} =~ /#([0-9a-f]{32})$/;
    my $ott = json_of($phone->pass2($device, 1234, $phone->pass1($device), WID => $wid))->{authOTT};
    is refusal($phone->json(POST => '/rps/authenticate', {mpinResponse => {authOTT => $ott}})), '403 account_gone',
        'by phone';

    add_user($_, 'bob');
    is((pin_login($site, $device))[0]->code, 200, 'bob is back, and so is his PIN')
        if $_ ne 'dbd' && $_ ne 'ldap'; # where an answer stands for nine minutes
} for @asked, 'ldap';

subtest 'an_account_that_is_gone_is_opened_by_no_linked_login' => sub {
    my @page = (Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document', Authorization => 'Basic ' . encode_base64('erin:erin-secret', ''));
    add_user('file', 'frank');
    my $browser = at('linked')->sign_in('frank');
    $browser->post_form('/account/login/add', {csrf => $browser->fields($browser->visit('/account'))->{csrf}, login => 'corp'});
    my $question = $browser->visit($browser->get('/trusted/corp', @page)->header('Location'));
    $browser->post_form('/account/login/confirm', $browser->fields($question));
    my $come = sub { my $other = at('linked'); $other->visit('/login/with/corp'); my $answer = $other->get('/trusted/corp', @page); return ($answer, $other) };
    ok opens(($come->())[1]), 'erin of the company is frank here';
    remove_user('file', 'frank');
    my ($answer, $other) = $come->();
    is $answer->code, 403, 'frank is gone, and so is that way to him';
    like $answer->content, qr/You can't sign in here with this account|You can&#39;t sign in here with this account/, '... which a page says';
    ok !opens($other), '... and nobody is signed in';
};

# Sessions of two at each site; at the application's, whose login is elsewhere, the same.
my %session = map { my $site = $_; map { ("$site $_" => at($site)->sign_in($_)) } qw(carol dave) } map { "only-$_" } @asked, 'ldap';
$session{"off $_"} = at('off')->sign_in($_) for qw(carol);
for (qw(carol dave)) {
    my $same = $session{"only-file $_"}->copy;
    $same->{host} = 'application';
    $session{"application $_"} = $same;
}
my $thief = $session{'only-file carol'}->copy;
my (undef, $carols) = enrolled('only-file', 'erin');

subtest 'a session in use of somebody who has left ends within ten minutes' => sub {
    ok opens($session{$_}), "$_ is in" for sort keys %session;
    remove_user($_, 'carol') for @asked, 'ldap';
    later(10);
    for (sort keys %session) {
        my $gone = /carol/ && !/^off/;
        is !!opens($session{$_}), !$gone, $gone ? "$_: the session is over" : "$_: it goes on";
    }
    ok !opens($thief), 'every copy of its cookie, too';
    like text_of('logs/audit'), qr/"event":"account_gone"/, 'it is recorded';
    add_user('file', 'carol');
    ok !opens($thief), 'an ended session does not come back with the name';
};

subtest 'a provider in trouble keeps nobody out who was in' => sub {
    rename "$top/users-file", "$top/users-away" or die;
    stop_directory();
    later(30);
    ok opens($session{"only-$_ dave"}), "$_: the session goes on" for qw(file ldap);
    is((pin_login('only-file', $carols))[0]->code, 200, 'and so do PINs');
    is at('only-file')->post_password('dave', 'dave-secret')->code, 503, 'nobody comes in by a password that can\'t be checked';
    rename "$top/users-away", "$top/users-file" or die;
    start_directory();
    like Server::log_text(), qr/MPIN0510: the password provider $_ is in trouble/, "the log names $_" for qw(file ldap);
};

subtest 'a search in the directory tries no password' => sub {
    like text_of('logs/slapd'), qr/BIND dn="uid=dave/, 'the directory tells of passwords that are tried';
    unlike text_of('logs/slapd'), qr/BIND dn="uid=erin/, 'nobody was bound as somebody whom only a PIN let in';
};

is join("\n", grep { !/MPIN0510|AH01\d\d\d|AH00046|authn_file|dbd|ldap/ } Server::complaints()), '', 'no other complaint in the log';

done_testing;
