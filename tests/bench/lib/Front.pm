# SPDX-License-Identifier: Apache-2.0
package Front;

# A login in front of an RPS elsewhere: what this module adds to it. The RPS here answers at once and computes nothing.

use strict;
use warnings;
use Httpd;
use IO::Select;
use IO::Socket::INET;
use MPin;
use Site;

my $mpin_id = unpack 'H*', '{"mobile": 0, "issued": "2026-11-22 01:01:35.538057", "userID": "anna@example.org", "salt": "c01a"}';
my $body = qq({"status": 200, "message": "Authentication successful", "userId": "anna\@example.org", "mpinId": "$mpin_id"});
my $answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: @{[length $body]}\r\n\r\n$body";

# Everybody is anna. Ends with the process that it gives.
sub rps {
    my $port = shift;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 50, ReuseAddr => 1)
        or die "port $port: $!";
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    my $select = IO::Select->new($listener);
    my %text;
    while (my @ready = $select->can_read) {
        for my $socket (@ready) {
            if ($socket == $listener) {
                $select->add($listener->accept);
            } elsif (!sysread $socket, $text{$socket}, 65536, length($text{$socket} // '')) {
                $select->remove($socket);
                delete $text{$socket};
                close $socket;
            } elsif ($text{$socket} =~ /\r\n\r\n\{.+\}\z/s) {
                $text{$socket} = '';
                syswrite $socket, $answer;
            }
        }
    }
    return;
}

sub conf { return Site::conf() . "MPinRPS http://127.0.0.1:$_[0]\n" }

# Instructions of one POST /mpinAuthenticate at a server under callgrind, its request to the RPS included: each with an
# authOTT of its own, on one connection.
sub instructions {
    my $httpd = shift;
    my $browser = MPin::browser($httpd->{port});
    $browser->get('/login');
    my $number = 0;
    my $login = sub {
        my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$httpd->{port}", Timeout => 20) or die "connection: $!";
        for (1 .. shift) {
            my $post = sprintf '{"mpinResponse":{"authOTT":"%032d","pass":2}}', ++$number;
            syswrite $socket, join "\r\n", 'POST /mpinAuthenticate HTTP/1.1', "Host: 127.0.0.1:$httpd->{port}",
                "Origin: http://127.0.0.1:$httpd->{port}", 'Content-Type: application/json', 'Cookie: ' . $browser->cookie_header,
                'Content-Length: ' . length $post, '', $post;
            my $got = '';
            while ($got !~ /\r\n\r\n.*\}\z/s) {
                sysread $socket, $got, 65536, length $got or die "no answer: $got";
            }
            die $got if $got !~ m{^HTTP/1.1 200 };
        }
    };
    $httpd->count(sub { $login->(5) });
    my ($once, $twice) = map { my $n = $_; $httpd->count(sub { $login->($n) }) } 50, 100;
    return ($twice - $once) / 50;
}

1;
