# SPDX-License-Identifier: Apache-2.0
package Wire;

# Bytes to both twins at once, and what comes back, as answers: {status, headers, body}, headers as one text.

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

use constant {PATIENCE => 30, SILENCE => 0.5}; # seconds; a busy machine is slow

sub connection {
    my $port = shift;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => PATIENCE)
        // die "no connection to $port: $!\n";
}

# Sends the texts of {port => text}, each of them so many requests, and gives what each port answers until it closes. Our
# half stays open until the answers have begun, or nothing comes: a server that meets its end sooner may take it for an abort.
sub exchange {
    my ($requests, %text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my (%port, %answer, %open);
    for my $port (keys %text) {
        my $socket = connection($port);
        syswrite $socket, $text{$port};
        $port{$socket} = $port;
        $open{$socket} = $socket;
        $answer{$port} = '';
    }
    my $select = IO::Select->new(values %open);
    my $end = time + PATIENCE;
    while ($select->count) {
        my @ready = $select->can_read(%open ? SILENCE : PATIENCE);
        if (!@ready) {
            die "no answer within @{[PATIENCE]} s\n" if time > $end;
            shutdown $_, 1 for values %open;
            %open = ();
        }
        for my $socket (@ready) {
            my $answer = \$answer{$port{$socket}};
            my $read = sysread $socket, $$answer, 65536, length $$answer;
            $select->remove($socket) if !$read;
            my $begun = () = $$answer =~ m{^HTTP/1\.\d [2-5]}mg;
            shutdown delete $open{$socket}, 1 if $open{$socket} && $begun >= $requests;
        }
    }
    return %answer;
}

# The same by HTTP/2, from the start or by an upgrade: {port => [arguments of curl]}.
sub exchange_by_curl {
    my ($requests, %arguments) = @_;
    my (%pipe, %answer);
    for my $port (keys %arguments) {
        my $pid = open($pipe{$port}, '-|') // die "fork: $!";
        if (!$pid) {
            open STDERR, '>', '/dev/null';
            exec 'curl', qw(-q -s -i --raw --path-as-is --globoff --max-time), PATIENCE, @{$arguments{$port}} or die "curl: $!";
        }
    }
    local $/;
    $answer{$_} = readline($pipe{$_}) // '' for keys %arguments;
    close $_ for values %pipe;
    return %answer;
}

# The body that stands at the beginning of the text, which loses it.
sub take_body {
    my ($headers, $rest) = @_;
    my $body = '';
    if ($headers =~ /^Transfer-Encoding:.*chunked/mi) {
        while ($$rest =~ s/\A([0-9a-f]+)[^\n]*\n//i) {
            my $length = hex $1;
            last if !$length;
            $body .= substr $$rest, 0, $length, '';
            $$rest =~ s/\A\r?\n//;
        }
        $$rest =~ s/\A(?:[^\r\n]+\r?\n)*\r?\n//; # trailers
        return $body;
    }
    my ($length) = $headers =~ /^Content-Length:\s*(\d+)/mi;
    return substr $$rest, 0, $length // length $$rest, '';
}

# HTTP/0.9 has no status: it is what the page says, or 0.
sub told_in {
    my $text = shift;
    return $1 if $text =~ m{<title>([345]\d\d) };
    return 401 if $text =~ /"code":"not_signed_in"/;
    return 403 if $text =~ /"code":"not_authorized"|MPIN0029/;
    return 404 if $text =~ /MPIN0024/;
    return 0;
}

# All answers to requests of these methods, one after the other. What follows one without being one is told so (`follows`).
sub answers {
    my ($text, @methods) = @_;
    my @answers;
    while (length $text) {
        if ($text !~ s{\A(HTTP/[\d.]+ (\d+)[^\n]*\n(?:[^\r\n]+\r?\n)*)\r?\n}{}) {
            push @answers, {status => told_in($text), headers => '', body => $text, follows => scalar @answers};
            last;
        }
        my ($headers, $status) = ($1, $2);
        next if $status < 200;
        my $method = shift @methods // 'GET';
        my $bare = $method eq 'HEAD' || $status == 204 || $status == 304;
        push @answers, {status => $status, headers => $headers, body => $bare ? '' : take_body($headers, \$text)};
    }
    return @answers;
}

sub header {
    my ($answer, $name) = @_;
    return ($answer->{headers} =~ /^\Q$name\E:[ \t]*(.*?)\r?$/mi)[0];
}

1;
