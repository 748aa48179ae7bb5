#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Every password provider that Debian has a package of, in a real httpd: right and wrong passwords, names that it does
# not know, and what it relies on; and its trouble, which is ours and nobody's fault.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Providers;

my $port = $ENV{PORT};
my $top = $Server::top;
my $root = !$>;

sub at { return browser($port, host => $_[0]) }
sub try_password { my ($site, $name, $password) = @_; return at($site)->post_password($name, $password) }

sub user_of {
    my ($site, $name, $password) = @_;
    my $browser = at($site);
    my $answer = $browser->post_password($name, $password // "$name-secret");
    return 'status ' . $answer->code if $answer->code != 303;
    return $browser->visit('/protected/')->header('X-User');
}

# ---- the sites

my $check = program('check', <<"END");
read -r name && read -r password
echo "\$name|\$URI" >>$top/open/external
[ "\$name" != broken ] || kill -9 \$\$
[ "\$password" = "\$name-secret" ] && { [ "\$name" = john ] || [ "\$name" = bob ]; }
END
my $pam = program('pam-check', "read -r password\n[ \"\$PAM_USER\" = john ] && [ \"\$password\" = john-secret ]\n");
my $service = "mpin-test-$$";
if ($root) {
    Server::write_file("/etc/pam.d/$service", "auth required pam_exec.so quiet expose_authtok $pam\naccount required pam_permit.so\n");
    Server::write_file("/etc/pam.d/$service-old", "auth required pam_permit.so\naccount required pam_debug.so acct=new_authtok_reqd\n");
}
END { unlink "/etc/pam.d/$service", "/etc/pam.d/$service-old" if $service && $root }

add_user($_, $_[0] // 'john'), add_user($_, 'bob') for qw(file alias socache dbm dbd);
start_directory();
add_user('ldap', $_) for qw(john bob);
my $url = 'ldap://127.0.0.1:' . ($port + 18) . '/dc=example,dc=org';
run_sasl();

sub run_sasl {
    open my $to, '|-', 'saslpasswd2', '-p', '-c', '-f', "$top/open/sasldb", '-u', 'mpin', 'john' or die $!;
    print {$to} 'john-secret';
    close $to or die 'saslpasswd2';
    chmod 0644, "$top/open/sasldb";
    return;
}

my $conf = modules_there(qw(socache_shmcb headers authn_dbm authn_dbd dbd authn_socache authn_anon ldap authnz_ldap
    authnz_external authnz_fcgi authn_sasl authn_yolo), $root ? 'authnz_pam' : ())
    . <<"END"
AuthnCacheSOCache shmcb
AuthnCacheEnable
LDAPConnectionTimeout 2
LDAPTimeout 2
LDAPRetries 0
AuthnzFcgiDefineProvider authn fcgi fcgi://127.0.0.1:@{[$port + 17]}/
<AuthnProviderAlias file staff>
AuthUserFile "$top/users-alias"
</AuthnProviderAlias>
END
    . vhost('file', login => qq{AuthUserFile "$top/users-file"})
    . vhost('alias', provider => 'staff')
    . vhost('both', provider => 'file staff', login => qq{AuthUserFile "$top/users-file"})
    . vhost('dbm', login => qq{AuthDBMType SDBM\nAuthDBMUserFile "$top/users-dbm"})
    . vhost('dbd', conf => qq{DBDriver sqlite3\nDBDParams "$top/open/users.db"\nMPinUserCase lower},
        login => 'AuthDBDUserPWQuery "SELECT password FROM users WHERE name = %s"')
    . vhost('socache', provider => 'socache file', login => qq{AuthUserFile "$top/users-socache"\nAuthnCacheProvideFor file})
    . vhost('anon', login => "Anonymous guest\nAnonymous_VerifyEmail On")
    . vhost('ldap', login => qq{AuthLDAPURL "$url?uid"})
    . vhost('renamed', provider => 'ldap', login => qq{AuthLDAPURL "$url?uid,employeeNumber"\nAuthLDAPRemoteUserAttribute employeeNumber})
    . vhost('dn', provider => 'ldap', login => qq{AuthLDAPURL "$url?uid"\nAuthLDAPRemoteUserIsDN On})
    . vhost('external', conf => qq{DefineExternalAuth checker pipe $check\n}, login => 'AuthExternal checker')
    . vhost('fcgi')
    . vhost('sasl', login => qq{AuthSaslPwcheckMethod auxprop\nAuthSaslDbPath $top/open/sasldb\nAuthSaslRealm mpin})
    . vhost('yolo')
    . ($root ? vhost('pam', provider => 'PAM', login => "AuthPAMService $service")
        . vhost('pam-old', provider => 'PAM', login => "AuthPAMService $service-old\nAuthPAMExpiredRedirect https://change.example/") : ());

my $server = Server->new(conf => $conf)->start;

# ---- passwords

subtest "$_: a password that is right, and others" => sub {
    my $site = $_;
    is user_of($site, 'john'), 'john', 'right';
    is try_password($site, 'john', 'wrong')->code, 401, 'wrong';
    is try_password($site, 'nobody', 'john-secret')->code, 401, 'of nobody';
    is try_password($site, 'a:b', 'john-secret')->code, 401, 'of what is no name';
    is try_password($site, 'john', '')->code, 401, 'none';
    is user_of($site, 'john'), 'john', 'right again';
} for qw(file alias dbm dbd socache ldap external sasl);

subtest 'anon: the names that it lists, with an address for a password' => sub {
    is user_of('anon', 'guest', 'me@example.org'), 'guest', 'right';
    is try_password('anon', 'guest', 'me')->code, 401, 'no address';
    is try_password('anon', 'john', 'me@example.org')->code, 401, 'another name';
};

subtest 'yolo: everybody' => sub { is user_of('yolo', 'anybody', 'x'), 'anybody', 'is let in' };

subtest 'PAM' => sub {
    plan skip_all => 'PAM is configured by root, in /etc/pam.d' if !$root;
    is user_of('pam', 'john'), 'john', 'right';
    is try_password('pam', 'john', 'wrong')->code, 401, 'wrong';
    is try_password('pam', 'nobody', 'x')->code, 401, 'of nobody';
    my $answer = try_password('pam-old', 'john', 'x');
    is $answer->code, 303, 'an old password: the module answers by itself';
    is $answer->header('Location'), 'https://change.example/', 'and leads where it is changed';
    unlike $answer->content, qr/<form/, 'no page of ours behind it';
};

subtest 'a provider finds user and type as mod_auth_basic sets them, and they are gone afterwards' => sub {
    like text_of('open/external'), qr{^john\|/login$}m, 'a program behind mod_authnz_external';
    unlike Server::log_text(), qr/exit signal/, 'no child has crashed';
};

subtest 'an alias after another provider is asked for whom that does not know' => sub {
    add_user('alias', 'carol');
    is user_of('both', 'john'), 'john', 'of the first';
    is user_of('both', 'carol'), 'carol', 'of the second';
};

subtest 'the provider decides what the user is called' => sub {
    is user_of('renamed', 'john'), 'no-john', 'AuthLDAPRemoteUserAttribute';
    is user_of('renamed', 'JOHN', 'john-secret'), 'no-john', 'however it is written';
    my $answer = try_password('dn', 'john', 'john-secret');
    is $answer->code, 503, 'a text that is no name here is the administrator\'s to mend';
    like Server::log_text(), qr/MPIN0541: the password provider ldap calls a user by what is no name/, 'and the log says so';
};

subtest 'a_limit_counts_all_spellings_of_a_name' => sub {
    is try_password('ldap', $_, 'wrong')->code, 401, "$_: counted" for qw(bob BOB);
    is try_password('ldap', 'Bob', 'wrong')->code, 401, 'Bob: counted';
    is try_password('ldap', 'boB', 'bob-secret')->code, 429, 'boB waits';
    is try_password('ldap', 'bob', 'bob-secret')->code, 429, 'and so does bob';
};

subtest 'MPinUserCase lower: one person, however it is written' => sub {
    is user_of('dbd', 'john'), 'john', 'john';
    is user_of('dbd', 'JOHN', 'john-secret'), 'john', 'JOHN';
};

# ---- trouble

my $trouble = qr/Can(?:'|&#39;)t check passwords just now/;

# Everything at a site whose provider is in trouble: `break` and `mend` it.
sub in_trouble {
    my ($site, $provider, $look, $break, $mend) = @_;
    subtest "a_provider_in_trouble_is_503_and_charges_nobody: $site" => sub {
        my $wrongs = () = text_of('logs/audit') =~ /"password_wrong"/g;
        my $before = length Server::log_text();
        $break->();
        my $answer = try_password($site, 'bob', 'bob-secret');
        is $answer->code, 503, 'our trouble';
        like $answer->content, $trouble, 'the page says so';
        like $answer->content, qr/<form method="post" action="\/login"/, 'and has a way on';
        unlike $answer->content, qr/That name or password/, 'nobody was wrong';
        ok $answer->header('Retry-After'), 'it is worth another try';
        is try_password($site, 'bob', 'bob-secret')->code, 503, 'and again' for 1 .. 4;
        is scalar(() = text_of('logs/audit') =~ /"password_wrong"/g), $wrongs, 'no wrong password is recorded';
        like text_of('logs/audit'), qr/"password_not_checked"/, 'but this';
        like substr(Server::log_text(), $before), qr/MPIN0510: the password provider $provider is in trouble.*$look/,
            'the log names the provider, and what to look at';
        $mend->();
        is user_of($site, 'bob'), 'bob', 'the right password is as good as before';
    };
}

sub hidden {
    my @files = map { "$top/$_" } @_;
    return (sub { rename $_, "$_.away" for @files }, sub { rename "$_.away", $_ for @files });
}

sub replaced {
    my ($file, $text) = @_;
    my $before;
    return (sub { $before = Server::slurp("$top/$file"); Server::write_file("$top/$file", $text) },
        sub { Server::write_file("$top/$file", $before) });
}

in_trouble('file', 'file', 'AuthUserFile', hidden('users-file'));
in_trouble('alias', 'staff', 'AuthUserFile', hidden('users-alias'));
in_trouble('dbm', 'dbm', 'AuthDBMUserFile', hidden('users-dbm.pag', 'users-dbm.dir'));
in_trouble('dbd', 'dbd', 'DBDParams', sub { Providers::sql('ALTER TABLE users RENAME TO away') },
    sub { Providers::sql('ALTER TABLE away RENAME TO users'); $server->renew("HUP") }); # what mod_dbd has prepared is broken

at('ldap')->visit('/login');
subtest 'LDAP' => sub {
    $server->stop; # and what was counted for bob
    system 'rm', '-rf', "$top/state/ldap";
    $server->start;
    in_trouble('ldap', 'ldap', 'AuthLDAPURL', \&stop_directory, \&start_directory);
};

if ($root) {
    subtest 'a file that httpd may not read' => sub {
        in_trouble('file', 'file', 'AuthUserFile', sub { chmod 0600, "$top/users-file"; utime 1, 1, "$top/users-file" },
            sub { chmod 0644, "$top/users-file" });
    };
}

subtest 'fcgi: a server that is away' => sub {
    my $answer = try_password('fcgi', 'john', 'x');
    is $answer->code, 503, 'our trouble';
    like $answer->content, $trouble, 'the page says so';
};

subtest 'external: what has no way to say that it is in trouble is a wrong password, and no crash' => sub {
    is try_password('external', 'broken', 'x')->code, 401, 'a program that was killed';
    unlike Server::log_text(), qr/exit signal/, 'no child has crashed';
};

done_testing;
