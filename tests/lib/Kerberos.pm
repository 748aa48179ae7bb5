# SPDX-License-Identifier: Apache-2.0
package Kerberos;

# Two realms of a test's own (tests/lib/kdc), with their KDC at a port, and what a browser would send of a ticket.

use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use IO::Socket::INET;

my $program = abs_path(dirname(__FILE__) . '/kdc');

# Why there is none; nothing where there is one.
sub missing {
    return (grep { -x } '/usr/sbin/krb5kdc', '/usr/local/sbin/krb5kdc') ? '' : 'krb5kdc is not installed: tools/setup test';
}

# Kerberos->new("$top/kerberos", $port)
sub new {
    my ($class, $folder, $port) = @_;
    my $self = bless {folder => $folder, port => $port}, $class;
    die "no realm: " . `cat '$folder/kadmin.log'` if system($program, 'make', $folder, $port) != 0;
    chmod 0755, $folder;
    chmod 0644, "$folder/krb5.conf";
    return $self->start;
}

sub start {
    my $self = shift;
    my $pid = fork // die;
    if (!$pid) {
        open STDOUT, '>>', "$self->{folder}/kdc.out";
        open STDERR, '>&', \*STDOUT;
        exec $program, 'run', $self->{folder};
        die "exec: $!";
    }
    $self->{pid} = $pid;
    for (1 .. 600) {
        return $self if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}", Timeout => 1);
        select undef, undef, undef, 0.05;
    }
    die "no KDC: " . `cat '$self->{folder}/kdc.out' '$self->{folder}/kdc.log'`;
}

sub stop {
    my $self = shift;
    my $pid = delete $self->{pid} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
    return;
}

sub env { return (KRB5_CONFIG => "$_[0]{folder}/krb5.conf") }
sub keytab { return "$_[0]{folder}/http.keytab" }
sub cache { return "FILE:$_[0]{folder}/" . ($_[1] =~ s{/}{-}gr) . '.cc' }

# A ticket of somebody's, with kinit's options; true where there is one.
sub ticket { my ($self, $name, @options) = @_; return system("exec 2>>'$self->{folder}/kinit.log'; '$program' ticket '$self->{folder}' '$name' @options") == 0 }

sub local { my ($self, @words) = @_; return system($program, 'local', $self->{folder}, @words) == 0 }

# The token that curl sends to a server of that name with somebody's ticket; '' where it has nothing to send.
sub token {
    my ($self, $name, $host) = @_;
    $host //= 'localhost';
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die $!;
    my $pid = fork // die;
    if (!$pid) {
        local %ENV = (%ENV, $self->env, KRB5CCNAME => $self->cache($name));
        open STDOUT, '>', '/dev/null';
        exec 'curl', '-s', '--max-time', 60, '--noproxy', '*', '--negotiate', '-u', ':', '--resolve', "$host:" . $listener->sockport . ':127.0.0.1',
            "http://$host:" . $listener->sockport . '/';
        die "exec: $!";
    }
    my $token = '';
    my $client = $listener->accept;
    while (defined(my $line = <$client>)) {
        $token = $1 if $line =~ /^Authorization: Negotiate (\S+)/i;
        last if $line =~ /^\r?$/;
    }
    print {$client} "HTTP/1.0 204 No Content\r\n\r\n";
    close $client;
    waitpid $pid, 0;
    return $token;
}

sub DESTROY { my $self = shift; local $?; $self->stop; return }

1;
