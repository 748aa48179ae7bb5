package Issuer;

# A second D-TA, or whatever service it is told to be, for the lifecycle tests: an httpd of its own with this module,
# on the port after Server's, that can be ended and started again, with other keys too. `use Server;` comes first.

use strict;
use warnings;
use IO::Socket::INET;

our $port = $ENV{PORT} + 1;
our $home = "$Server::top/issuer";
our $key_file = "$home/keys/mpin.keys.dta"; # what the RPS needs

chomp(my $modules = `apxs -q LIBEXECDIR`);
chomp(my $sbin = `apxs -q SBINDIR`);
my $httpd = (grep { -x } "$sbin/apache2", "$sbin/httpd")[0];

sub url { return "http://127.0.0.1:$port" }

# Issuer->new(service => 'rps dta', conf => 'more directives', env => {NAME => value})
sub new {
    my ($class, %how) = @_;
    my $self = bless {service => 'dta', conf => '', env => {}, %how}, $class;
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
MPinPublicURL @{[url()]}
MPinStore "lmdb:$home/store"
MPinStoreSize 16M
MPinKeyFile "$home/keys/mpin.keys"
$self->{conf}
</VirtualHost>
END
    return $self;
}

sub log_text { return Server::slurp("$home/error_log") }
sub generations { my $times = () = log_text() =~ /resuming normal operations/g; return $times }

sub start {
    my $self = shift;
    my $before = generations();
    my $pid = fork // die;
    if (!$pid) {
        setpgrp 0, 0;
        %ENV = (%ENV, %{$self->{env}});
        exec $httpd, '-f', "$home/httpd.conf", '-DFOREGROUND';
        die "exec: $!";
    }
    $self->{pid} = $pid;
    Server::wait_for('the second D-TA', sub {
        generations() > $before && IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 1)
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
    my $text = Server::slurp("$home/keys/mpin.keys");
    my $new = join '', map { sprintf '%x', 1 + int rand 15 } 1 .. 62;
    $text =~ s/^(master \d+ \S+) .*$/$1 00$new/m or die 'no master share';
    Server::write_file("$home/keys/mpin.keys", $text);
    return;
}

sub DESTROY { my $self = shift; local $?; $self->stop; return }

1;
