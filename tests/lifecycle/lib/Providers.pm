# SPDX-License-Identifier: Apache-2.0
package Providers;

# Sites whose passwords come from each of the providers that Debian has packages of, in one httpd: a vhost each, by
# name. Everywhere john's password is john-secret and bob's bob-secret. `use Server;` comes before this.

use strict;
use warnings;
use Exporter 'import';
use IO::Socket::INET;
use Test::More;
use MPin;

our @EXPORT = qw(vhost add_user remove_user modules_there start_directory stop_directory directory_entry directory_change program text_of pages);

my $top = $Server::top;
mkdir "$top/open";
chmod 0777, "$top/open"; # for what httpd's user writes

# LoadModule lines; a module that is not there is told, not passed over.
sub modules_there {
    my $modules = Server::modules();
    return join '', map {
        -f "$modules/mod_$_.so" or die "mod_$_.so is not installed; run tools/setup test\n";
        "LoadModule ${_}_module $modules/mod_$_.so\n";
    } @_;
}

# A vhost with a store of its own; `login` is what stands in <Location /login>.
sub vhost {
    my ($name, %how) = @_;
    return <<"END";
<VirtualHost 127.0.0.1:$ENV{PORT}>
ServerName $name
MPinPublicURL http://127.0.0.1:$ENV{PORT}
MPinStore "lmdb:$top/state/@{[$how{store} // $name]}"
MPinAuditLog "$top/logs/audit"
MPinThrottle address=100000/1h account=3/1h
MPinRegister @{[$how{register} // 'signed-in']}
MPinPasswordProvider @{[$how{provider} // $name]}
@{[$how{conf} // '']}
<Location /login>
@{[$how{login} // '']}
</Location>
<Location /protected>
Header set X-User "expr=%{REMOTE_USER}"
</Location>
</VirtualHost>
END
}

# ---- users, by provider

my %file = (file => 'users-file', alias => 'users-alias', socache => 'users-socache');

sub run {
    my @command = @_;
    open my $said, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', @command or die "@command: $!";
    my $text = join '', <$said>;
    close $said or die "@command: $text";
    return $text;
}

sub sql { return run('sqlite3', "$top/open/users.db", '.timeout 5000', $_[0]) }

my %add = (
    dbm => sub { run('htdbm', (-f "$top/users-dbm.pag" ? '-b' : '-bc') . 's', '-TSDBM', "$top/users-dbm", $_[0], "$_[0]-secret") },
    dbd => sub {
        sql('CREATE TABLE IF NOT EXISTS users (name TEXT COLLATE NOCASE PRIMARY KEY, password TEXT)');
        chmod 0666, "$top/open/users.db";
        my ($hash) = run('htpasswd', '-nbB', '-C', 4, 'x', "$_[0]-secret") =~ /^x:(\S+)/;
        sql("INSERT INTO users VALUES ('$_[0]', '$hash')");
    },
    ldap => sub { directory_entry($_[0]) },
);
my %remove = (
    dbm => sub { run('htdbm', '-x', '-TSDBM', "$top/users-dbm", $_[0]) },
    dbd => sub { sql("DELETE FROM users WHERE name = '$_[0]'") },
    ldap => sub { directory_change("dn: uid=$_[0],dc=example,dc=org\nchangetype: delete\n\n") },
);

sub add_user {
    my ($provider, $name) = @_;
    return $add{$provider}->($name) if $add{$provider};
    my $file = "$top/$file{$provider}";
    return run('htpasswd', (-f $file ? '-bB' : '-bBc'), '-C', 4, $file, $name, "$name-secret");
}

sub remove_user {
    my ($provider, $name) = @_;
    return $remove{$provider}->($name) if $remove{$provider};
    return run('htpasswd', '-D', "$top/$file{$provider}", $name);
}

# ---- a directory

my $slapd;

sub ldap_port { return $ENV{PORT} + 18 }

# With overlays of OpenLDAP's, by their names.
sub start_directory {
    my @overlays = @_;
    my $run = getpwnam('openldap') && !$> ? 'openldap' : '';
    if (!-d "$top/ldap") {
        mkdir "$top/ldap";
        my $modules = (glob '/usr/lib/ldap')[0];
        Server::write_file("$top/slapd.conf", <<"END");
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile $top/ldap/slapd.pid
modulepath $modules
moduleload back_mdb
@{[join "\n", map { "moduleload $_" } @overlays]}
access to attrs=userPassword by anonymous auth by * none
access to * by * read
database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw admin-secret
directory $top/ldap
index uid eq
@{[join "\n", map { "overlay $_" } @overlays]}
END
    }
    $slapd = fork // die;
    if (!$slapd) {
        open STDERR, '>>', "$top/logs/slapd";
        exec '/usr/sbin/slapd', '-d', 'stats', '-h', 'ldap://127.0.0.1:' . ldap_port(), '-f', "$top/slapd.conf";
        die "slapd: $!";
    }
    Server::wait_for('the directory', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => ldap_port()) });
    return;
}

sub stop_directory {
    kill TERM => $slapd if $slapd;
    waitpid $slapd, 0 if $slapd;
    undef $slapd;
    return;
}

sub directory_change {
    my $ldif = shift;
    open my $to, '|-', 'sh', '-c', 'exec "$@" >/dev/null', 'sh', 'ldapmodify', '-x', '-H', 'ldap://127.0.0.1:' . ldap_port(),
        '-D', 'cn=admin,dc=example,dc=org', '-w', 'admin-secret' or die $!;
    print {$to} $ldif;
    close $to or die "ldapmodify: $ldif";
    return;
}

my $suffix;

sub directory_entry {
    my $name = shift;
    directory_change("dn: dc=example,dc=org\nchangetype: add\nobjectClass: domain\ndc: example\n\n") if !$suffix++;
    directory_change("dn: uid=$name,dc=example,dc=org\nchangetype: add\nobjectClass: inetOrgPerson\nuid: $name\ncn: $name\n"
        . "sn: $name\nemployeeNumber: no-$name\nuserPassword: $name-secret\n\n");
    return;
}

# A program that httpd's user may run.
sub program {
    my ($name, $text) = @_;
    Server::write_file("$top/$name", "#!/bin/sh\n$text");
    chmod 0755, "$top/$name";
    return "$top/$name";
}

sub text_of { return Server::slurp("$top/$_[0]") }

sub pages { return "$top/site" }

END { local $?; stop_directory() }

1;
