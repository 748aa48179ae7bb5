# SPDX-License-Identifier: Apache-2.0
package Server;

# An httpd of one's own for the tests of what happens to servers: started, reloaded, killed, started again, with a
# chosen MPM and at a chosen time. Its site: /protected for john, whose password is john-secret, and PINs for any
# free name. `use Server;` comes before `use MPin;`, which is the client.

use strict;
use warnings;
use Cwd 'abs_path';
use File::Copy 'copy';
use File::Path 'make_path';
use File::Temp 'tempdir';
use FindBin;
use IO::Socket::INET;
use POSIX 'WNOHANG';
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../t/lib";
use Ports;

my $source = abs_path("$FindBin::Bin/../..");
my $build = abs_path($ENV{BUILD} // "$source/build");
our $top;

BEGIN {
    $top = tempdir(CLEANUP => 1);
    chmod 0755, $top;
    $ENV{MPIN_STAGE} = $top;
    Ports::take(); # PORT is this server's, those after it are Issuer's and the test's own
}

chomp(my $modules = `apxs -q LIBEXECDIR`);
chomp(my $sbin = `apxs -q SBINDIR`);
my $httpd = (grep { -x } "$sbin/apache2", "$sbin/httpd")[0];
make_path map { "$top/$_" } qw(site/protected logs);
copy "$build/mod_auth_mpin.so", $top or die "no module in $build: $!";
copy "$build/mpin-client", $top or die "no mpin-client in $build: $!";
chmod 0755, "$top/mpin-client";
system("htpasswd -Bbc -C 4 '$top/users' john john-secret 2>/dev/null") == 0 or die 'htpasswd';
write_file("$top/site/protected/index.html", "protected\n");

sub modules { return $modules }
sub load { return join '', map { "LoadModule ${_}_module $modules/mod_$_.so\n" } @_ }

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', $name or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
    return;
}

sub slurp {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';
}

# A file of conf as it is shipped, with places of the test's own: what Debian has in /etc/apache2 is in the folder itself.
sub shipped {
    my $text = slurp("$source/conf/$_[0]") || die "no $_[0]";
    $text =~ s{/usr/lib/apache2/modules/mod_auth_mpin}{$top/mod_auth_mpin};
    $text =~ s{/usr/lib/apache2/modules}{$modules}g;
    $text =~ s{/run/apache2/[\w-]+\.pid}{$top/httpd.pid};
    $text =~ s{/run/(?:apache2|php)/}{$top/}g;
    $text =~ s{/var/log/apache2/error\.log}{$top/logs/error_log};
    $text =~ s{/var/log/apache2/}{$top/logs/}g;
    $text =~ s{/var/lib/apache2}{$top/state}g;
    $text =~ s{/var/www}{$top/www}g;
    $text =~ s{/srv/}{$top/srv/}g;
    $text =~ s{/etc/mime\.types}{/dev/null};
    $text =~ s{/etc/apache2}{$top}g;
    $text =~ s{^(?:User|Group) .*\n}{}mg if $>;
    return $text;
}

# Four children, and room for many more: those of generations that end make way slowly on a busy machine.
my $threads = "ServerLimit 100\nStartServers 2\nThreadsPerChild 8\nMinSpareThreads 32\nMaxSpareThreads 40\nMaxRequestWorkers 800\n";
my %mpm = (
    event => $threads,
    worker => $threads,
    prefork => "StartServers 4\nMaxRequestWorkers 32\n",
);

# Server->new(mpm => 'event', env => {NAME => value}, within => ['program', 'that runs httpd'],
#             first => 'directives before our LoadModule', conf => 'more directives')
sub new {
    my ($class, %how) = @_;
    my $self = bless {mpm => 'event', env => {}, within => [], first => '', conf => '', %how}, $class;
    my $loads = load("mpm_$self->{mpm}", qw(authn_core authn_file authz_core authz_user dir));
    my $user = $> ? '' : "User www-data\nGroup www-data\n";
    write_file("$top/httpd.conf", <<"END");
ServerRoot "$top"
ServerName 127.0.0.1
Listen 127.0.0.1:$ENV{PORT}
PidFile "$top/httpd.pid"
ErrorLog "$top/logs/error_log"
DefaultRuntimeDir "$top"
Mutex "file:$top" default
$user$loads$mpm{$self->{mpm}}$self->{first}LoadModule auth_mpin_module "$top/mod_auth_mpin.so"
DocumentRoot "$top/site"
DirectoryIndex index.html
GracefulShutdownTimeout 5
MPinEngine On
MPinStore "lmdb:$top/state/store"
MPinKeyFile "$top/state/keys/mpin.keys"
MPinPasswordProvider file
MPinRegister signed-in open
MPinRegisterAllow any
MPinThrottle address=100000/60s account=100000/60s
<Location /login>
AuthUserFile "$top/users"
</Location>
<Location /protected>
AuthType MPin
Require valid-user
</Location>
$self->{conf}
END
    return $self;
}

# conf/milagro-rps.conf as it is shipped, for a server in front of that RPS; the file has the secret of both.
sub front_of {
    my ($url, $secret) = @_;
    my $text = slurp("$source/conf/milagro-rps.conf");
    $text =~ s{^MPinRPS .*}{MPinRPS $url "secret=$secret"}m;
    $text =~ s{http://127\.0\.0\.1:8011}{$url}g;
    return load(qw(proxy proxy_http headers)) . $text;
}

sub log_text { return slurp("$top/logs/error_log") }

# How often a server has said that it is ready.
sub generations { my $times = () = log_text() =~ /resuming normal operations/g; return $times }

sub wait_for {
    my ($what, $condition) = @_;
    my $end = time + 60; # it comes late on a busy machine
    while (time < $end) {
        return 1 if $condition->();
        select undef, undef, undef, 0.05;
    }
    die "waited in vain for $what:\n" . substr log_text(), -3000;
}

sub start {
    my $self = shift;
    my $before = generations();
    my $pid = fork // die;
    if (!$pid) {
        setpgrp 0, 0; # httpd signals its whole process group
        %ENV = (%ENV, %{$self->{env}});
        exec @{$self->{within}}, $httpd, '-f', "$top/httpd.conf", '-DFOREGROUND';
        die "exec: $!";
    }
    $self->{pid} = $pid;
    wait_for('the server', sub { generations() > $before && listening() });
    return $self;
}

sub listening { return !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{PORT}", Timeout => 1) }

# Gracefully at first: at a TERM mpm_event shuts connections that its workers are closing at that moment, and a child may
# crash of it. Who asks something that takes long does not keep the server.
sub stop {
    my $self = shift;
    my $pid = delete $self->{pid} or return;
    kill WINCH => $pid;
    for (1 .. 40) {
        return if waitpid $pid, WNOHANG;
        select undef, undef, undef, 0.05;
    }
    kill TERM => $pid;
    waitpid $pid, 0;
    return;
}

# A reload (USR1) or a restart (HUP), until the new generation says that it is ready.
sub renew {
    my ($self, $signal) = @_;
    my $before = generations();
    kill $signal => $self->{pid};
    wait_for("$signal to be taken in", sub { generations() > $before });
    return;
}

sub children {
    my $self = shift;
    return split ' ', slurp("/proc/$self->{pid}/task/$self->{pid}/children");
}

# Resident memory of the parent, in kB.
sub memory {
    my $self = shift;
    return (slurp("/proc/$self->{pid}/status") =~ /VmRSS:\s+(\d+)/)[0];
}

# Lines that tell of a crash or of a failure that nobody expected.
sub complaints {
    # A line without a time is no module's: an assertion's, or a library's that ends the process.
    # But for a warning of the configuration's check, and for a connection that ends with the server.
    return grep { /exit signal (?!Killed|Terminated)|\[\w*:(?:error|crit|alert|emerg)\]|AddressSanitizer|^[^\[\s]/ }
        grep { !/^\S+:\d+: \w+: |AH0309[23]/ } split /\n/, log_text();
}

sub DESTROY { my $self = shift; local $?; $self->stop; return }

1;
