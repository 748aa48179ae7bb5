#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md, "Authorization after our login": each Require of its table by httpd's own module, with a directory,
# a database and groups in files; the two examples as they stand there.
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
my $text = Server::slurp("$FindBin::Bin/../../docs/recipes.md");
my ($part) = $text =~ /^## Authorization after our login\n(.*?)(?=^## |\z)/ms;
my ($groups, $ldap) = $part =~ /^```\n(.*?)^```/msg;

# anna is of every group, and john of none.
system("htpasswd -Bb -C 4 '$top/users' anna anna-secret 2>/dev/null") == 0 or die 'htpasswd';
start_directory();
directory_entry($_) for qw(john anna);
directory_change("dn: cn=staff,dc=example,dc=org\nchangetype: add\nobjectClass: groupOfNames\ncn: staff\nmember: uid=anna,dc=example,dc=org\n\n");
my $directory = 'ldap://127.0.0.1:' . ($port + 18) . '/dc=example,dc=org?uid?one';
$ldap =~ s{ldap://127\.0\.0\.1/ou=people,dc=example,dc=com\?uid\?one}{$directory} or die 'the example has another URL';
$ldap =~ s{cn=staff,ou=groups,dc=example,dc=com}{cn=staff,dc=example,dc=org} or die 'and another group';
$groups =~ s{/etc/apache2/}{$top/};
Server::write_file("$top/groups", "accounts: anna\n");
Server::write_file("$top/groups.txt", "anna accounts,others\n");
system("httxt2dbm -f SDBM -i '$top/groups.txt' -o '$top/groups-dbm' >/dev/null 2>&1") == 0 or die 'httxt2dbm';
system("sqlite3 '$top/open/groups.db' \"CREATE TABLE members (name TEXT, grp TEXT); INSERT INTO members VALUES ('anna', 'accounts')\"") == 0
    or die 'sqlite3';
chmod 0666, "$top/open/groups.db";

my ($query) = $part =~ /`(AuthzDBDQuery [^`]+)`/;
my %places = (
    'ldap-user' => "AuthLDAPURL $directory\nRequire ldap-user anna",
    'ldap-attribute' => "AuthLDAPURL $directory\nRequire ldap-attribute employeeNumber=no-anna",
    'ldap-filter' => "AuthLDAPURL $directory\nRequire ldap-filter cn=anna",
    'ldap-dn' => "AuthLDAPURL $directory\nRequire ldap-dn uid=anna,dc=example,dc=org",
    'dbm-group' => "AuthzDBMType SDBM\nAuthDBMGroupFile $top/groups-dbm\nRequire dbm-group accounts",
    'dbd-group' => "$query\nRequire dbd-group accounts",
    'user' => 'Require user anna',
    'expr' => 'Require expr "%{REMOTE_USER} == \'anna\'"',
    'all-of' => "<RequireAll>\nRequire ip 127.0.0.1\nRequire env here\nRequire method GET\nRequire user anna\nRequire mpin-amr pwd\n</RequireAll>",
    'none-of' => "<RequireAll>\nRequire valid-user\n<RequireNone>\nRequire user john\n</RequireNone>\n</RequireAll>",
);
mkdir "$top/site/$_" for keys %places, qw(accounts staff);
Server::write_file("$top/site/$_/index.html", "$_\n") for keys %places, qw(accounts staff);

my $server = Server->new(conf => modules_there(qw(authz_groupfile authz_dbm dbd authz_dbd ldap authnz_ldap authz_host setenvif))
    . "DBDriver sqlite3\nDBDParams $top/open/groups.db\nSetEnvIf Remote_Addr ^127 here\n$groups$ldap"
    . join('', map { "<Location /$_>\nAuthType MPin\n$places{$_}\n</Location>\n" } sort keys %places))->start;

subtest 'authorization_after_our_login_by_each_of_httpds_modules' => sub {
    my $anna = browser($port)->sign_in('anna');
    my $john = browser($port)->sign_in('john');
    for my $place (qw(accounts staff), sort keys %places) {
        is $anna->visit("/$place/")->code, 200, "$place: anna may";
        is $john->visit("/$place/")->code, 403, '... john may not, and no login would change that';
        is browser($port)->visit("/$place/")->code, 302, '... a stranger is asked to sign in';
    }
};

subtest 'a_pin_is_as_good_as_a_password_for_it' => sub {
    my $device = browser($port)->sign_in('anna')->enrol('anna', 1234);
    my $pad = browser($port);
    $pad->settings;
    is $pad->pin_login($device, 1234)->code, 200, 'anna types her PIN';
    is $pad->visit("/$_/")->code, 200, $_ for qw(accounts staff dbd-group ldap-attribute);
    is $pad->visit('/all-of/')->code, 303, 'where a password is asked for, too, it is asked for that';
};

subtest 'who_left_the_group_is_out_with_the_next_request' => sub {
    my $anna = browser($port)->sign_in('anna');
    Server::write_file("$top/groups", "accounts: eve\n");
    is $anna->visit('/accounts/')->code, 403, 'a group of a file';
    system("sqlite3 '$top/open/groups.db' 'DELETE FROM members'") == 0 or die 'sqlite3';
    is $anna->visit('/dbd-group/')->code, 403, 'a group of a database';
};

is join("\n", grep { !/authz_\w+:error/ } Server::complaints()), '', 'nothing to complain of';
done_testing;
