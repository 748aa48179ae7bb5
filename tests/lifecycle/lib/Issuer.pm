# SPDX-License-Identifier: Apache-2.0
package Issuer;

# A second D-TA, or whatever service it is told to be, for the lifecycle tests: an httpd of its own with this module,
# on the port after Server's, that can be ended and started again, with other keys too. `use Server;` comes first.
# What is asked of no object is asked of that first one; another one lies `at` a later port.

use strict;
use warnings;
use IO::Socket::INET;

our ($port, $home) = place(1);
our $key_file = key_file(); # what the RPS needs

chomp(my $modules = `apxs -q LIBEXECDIR`);
chomp(my $sbin = `apxs -q SBINDIR`);
my $httpd = (grep { -x } "$sbin/apache2", "$sbin/httpd")[0];

sub place { return ($ENV{PORT} + $_[0], "$Server::top/issuer$_[0]") }
sub home { return $_[0] ? $_[0]{home} : $home }
sub key_file { return home(@_) . '/keys/mpin.keys.dta' }
sub url { return 'http://127.0.0.1:' . ($_[0] ? $_[0]{port} : $port) }

# Issuer->new(at => 2, service => 'rps dta', conf => 'more directives', env => {NAME => value})
sub new {
    my ($class, %how) = @_;
    my $self = bless {at => 1, service => 'dta', conf => '', env => {}, %how}, $class;
    my ($port, $home) = @$self{qw(port home)} = place($self->{at});
    mkdir $home;
    chmod 0755, $home;
    my $loads = join '', map { "LoadModule ${_}_module $modules/mod_$_.so\n" } qw(mpm_event authz_core);
    my $user = $> ? '' : "User www-data\nGroup www-data\n";
    Server::write_file("$home/httpd.conf", <<"END");
ServerRoot "$home"
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile "$home/httpd.pid"
ErrorLog "$home/error_log"
DefaultRuntimeDir "$home"
Mutex "file:$home" default
$user${loads}StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
LoadModule auth_mpin_module "$Server::top/mod_auth_mpin.so"
<VirtualHost 127.0.0.1:$port>
MPinEngine On
MPinService $self->{service}
MPinPublicURL @{[$self->url]}
MPinStore "lmdb:$home/store"
MPinStoreSize 64M
MPinKeyFile "$home/keys/mpin.keys"
$self->{conf}
</VirtualHost>
END
    return $self;
}

sub log_text { return Server::slurp(home(@_) . '/error_log') }
sub generations { my $times = () = log_text(@_) =~ /resuming normal operations/g; return $times }

sub start {
    my $self = shift;
    my $before = $self->generations;
    my $pid = fork // die;
    if (!$pid) {
        setpgrp 0, 0;
        %ENV = (%ENV, %{$self->{env}});
        exec $httpd, '-f', "$self->{home}/httpd.conf", '-DFOREGROUND';
        die "exec: $!";
    }
    $self->{pid} = $pid;
    Server::wait_for('the second D-TA', sub {
        $self->generations > $before && IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}", Timeout => 1)
    });
    return $self;
}

sub stop {
    my $self = shift;
    my $pid = delete $self->{pid} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
    return;
}

# As if somebody had set it up anew: it takes our requests, and has another master share.
sub forget_master {
    my $self = shift;
    my $text = Server::slurp("$self->{home}/keys/mpin.keys");
    my $new = join '', map { sprintf '%x', 1 + int rand 15 } 1 .. 62;
    $text =~ s/^(master \d+ \S+) .*$/$1 00$new/m or die 'no master share';
    Server::write_file("$self->{home}/keys/mpin.keys", $text);
    return;
}

sub DESTROY { my $self = shift; local $?; $self->stop; return }

1;
