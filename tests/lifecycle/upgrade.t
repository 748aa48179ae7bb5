#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Connections that become something else: websockets and other tunnels to a backend, interim answers, and HTTP/2.
use strict;
use warnings;
use Digest::SHA 'sha1_base64';
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my ($port, $behind) = ($ENV{PORT}, $ENV{PORT} + 3);
my @modules = grep { -e Server::modules() . "/mod_$_.so" } qw(proxy proxy_http proxy_wstunnel http2 cgid);
mkdir "$Server::top/site/programs" or die;
Server::write_file("$Server::top/site/programs/nph-raw",
    "#!/bin/sh\nprintf 'HTTP/1.1 200 OK\\r\\nset-cookie: mpin=evil\\r\\nSet-Cookie: theirs=2\\r\\n\\r\\nthe end'\n");
chmod 0755, "$Server::top/site/programs/nph-raw";
plan skip_all => 'no mod_http2 or mod_proxy_wstunnel' if @modules < 5;
my $loads = join '', map { sprintf "LoadModule %s_module %s/mod_%s.so\n", $_, Server::modules(), $_ } @modules;

my $server = Server->new(conf => <<"END")->start;
$loads
Protocols h2c http/1.1
H2WebSockets on
LogLevel auth_mpin:debug
ProxyPass /protected/socket http://127.0.0.1:$behind/ upgrade=websocket
ProxyPass /protected/any http://localhost:$behind/ upgrade=ANY
ProxyPass /protected/tunnel ws://127.0.0.1:$behind/
ProxyPass /socket http://127.0.0.1:$behind/ upgrade=websocket
ProxyPass /protected/plain http://127.0.0.1:$behind/
ScriptSock "$Server::top/scripts"
H2EarlyHints On
<Location /protected/handler>
    SetHandler "proxy:http://127.0.0.1:$behind"
</Location>
<Location /protected/handler/tunnel>
    SetHandler "proxy:ws://127.0.0.1:$behind"
</Location>
<Directory "$Server::top/site/programs">
    Options +ExecCGI
    SetHandler cgi-script
</Directory>
END

my $john = browser($port)->sign_in('john');
my $session = $john->cookie('mpin');

# A backend that answers one request with these bytes, then sends back what it is sent. Gives what the client got, which
# sends `ping` after the head, and the request as the backend saw it.
sub talk {
    my ($path, $answer, %how) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $behind, Listen => 5, ReuseAddr => 1)
        or die "port $behind: $!";
    my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 20) or die;
    syswrite $client, join "\r\n", "GET $path HTTP/1.1", "Host: 127.0.0.1:$port", "Cookie: mpin=$session; theirs=1",
        'Connection: Upgrade', 'Upgrade: ' . ($how{upgrade} // 'websocket'), 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13', '', '';
    my $backend = $listener->accept or die;
    my $asked = '';
    1 while $asked !~ /\r\n\r\n/ && sysread $backend, $asked, 65536, length $asked;
    for my $piece (ref $answer ? @$answer : $answer) {
        syswrite $backend, $piece;
        select undef, undef, undef, 0.2 if ref $answer;
    }
    my $got = '';
    local $SIG{ALRM} = sub { die "no answer: $got" };
    alarm 60;
    if ($answer =~ /101/ || ref $answer) {
        1 while $got !~ /\r\n\r\n/ && sysread $client, $got, 65536, length $got;
        syswrite $client, 'ping';
        sysread $backend, my $said, 65536;
        syswrite $backend, "Set-Cookie: mpin=within\r\n$said-pong";
        1 while $got !~ /pong/ && sysread $client, $got, 65536, length $got;
    } else {
        1 while $got !~ /the end/ && sysread $client, $got, 65536, length $got;
    }
    alarm 0;
    close $_ for $backend, $client;
    return ($got, $asked);
}

my $cookies = "Set-Cookie: mpin=evil; Path=/\r\nSet-Cookie: theirs=2\r\nset-cookie:mpin-login=evil\r\n"
    . "Set-Cookie: =mpin=evil\r\n";
my $switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    . "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n${cookies}\r\n";

subtest 'an_interim_answer_sets_no_cookie_of_ours' => sub {
    for my $path (qw(/protected/socket /protected/any /protected/tunnel /protected/handler/tunnel /socket)) {
        my ($got, $asked) = talk($path, $switch);
        like $got, qr/^HTTP\/1.1 101 /, "$path: switched";
        my ($head, $rest) = split /\r\n\r\n/, $got, 2;
        unlike $head, qr/^set-cookie:\s*=?mpin/mi, 'no cookie of ours';
        like $head, qr/^Set-Cookie: theirs=2\r?$/m, 'theirs is';
        is $rest, "Set-Cookie: mpin=within\r\nping-pong", 'and what follows is as it was sent';
        unlike $asked, qr/\Q$session/, 'nor did the backend see ours';
        like $asked, qr/^Cookie: theirs=1\r$/mi, 'but its own';
    }
    like Server::log_text(), qr/MPIN0464/, 'it is in the log';
};

subtest 'nor one that comes in pieces, through a tunnel' => sub {
    my ($got) = talk('/protected/tunnel', [map { substr $switch, $_ * 60, 60 } 0 .. length($switch) / 60]);
    my ($head) = split /\r\n\r\n/, $got, 2;
    unlike $head, qr/^set-cookie:\s*=?mpin/mi, 'no cookie of ours';
    like $head, qr/^Set-Cookie: theirs=2\r?$/m, 'theirs is';
};

my $hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n$cookies\r\n"
    . "HTTP/1.1 200 OK\r\n${cookies}Content-Length: 7\r\n\r\nthe end";

subtest 'nor early hints and what comes after them' => sub {
    for my $path (qw(/protected/plain /protected/handler/plain)) {
        my ($got) = talk($path, $hints, upgrade => 'other');
        like $got, qr/^HTTP\/1.1 200 /m, "$path: an answer";
        unlike $got, qr/^set-cookie:\s*=?mpin/mi, 'no cookie of ours';
        like $got, qr/^Set-Cookie: theirs=2\r?$/m, 'theirs is';
    }
};

subtest 'nor a program that writes its headers itself' => sub {
    my $got = request($port, GET => '/programs/nph-raw')->as_string;
    like $got, qr/the end/, 'an answer';
    unlike $got, qr/^set-cookie:\s*=?mpin/mi, 'no cookie of ours';
    like $got, qr/^Set-Cookie: theirs=2\r?$/m, 'theirs is';
};

subtest 'a tunnel whose backend does not switch' => sub {
    my ($got) = talk('/protected/tunnel', "HTTP/1.1 403 Forbidden\r\n${cookies}Content-Length: 7\r\n\r\nthe end");
    like $got, qr/403/, 'answered';
    unlike $got, qr/^set-cookie:\s*=?mpin/mi, 'without a cookie of ours';
};

subtest 'one connection, many answers' => sub {
    my $text = join '', map { "GET $_ HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nCookie: mpin=$session\r\n\r\n" } ('/protected/') x 3;
    my $pid = fork // die;
    if (!$pid) {
        my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $behind, Listen => 5, ReuseAddr => 1);
        for (1 .. 2) {
            my $backend = $listener->accept;
            sysread $backend, my $asked, 65536;
            syswrite $backend, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n" . "\0a" x 100_000;
        }
        require POSIX;
        POSIX::_exit(0);
    }
    select undef, undef, undef, 0.5;
    my $proxied = "GET /protected/plain HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nCookie: mpin=$session\r\n\r\n";
    my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die;
    syswrite $client, $text . $proxied . $text . $proxied . "GET /login HTTP/1.0\r\n\r\n";
    my $got = '';
    1 while sysread $client, $got, 65536, length $got;
    waitpid $pid, 0;
    my $answers = () = $got =~ /HTTP\/1.1 200 OK/g;
    is $answers, 9, 'nine answers';
    my $body = "\0a" x 100_000;
    my $bodies = () = $got =~ /\Q$body/g;
    is $bodies, 2, 'the proxied ones are whole';
};

# What h2.cjs gets, which asks over HTTP/2, from a backend that answers with these bytes; and what that was asked.
sub ask_h2 {
    my ($how, $path, $answer) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $behind, Listen => 5, ReuseAddr => 1) or die $!;
    pipe my $reader, my $writer or die;
    my $pid = fork // die;
    if (!$pid) {
        my $backend = $listener->accept or die;
        my $asked = '';
        1 while $asked !~ /\r\n\r\n/ && sysread $backend, $asked, 65536, length $asked;
        syswrite $writer, $asked;
        my ($key) = $asked =~ /^Sec-WebSocket-Key: (\S+)/mi;
        my $accept = sha1_base64(($key // '') . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=';
        syswrite $backend, $answer =~ s/(Sec-WebSocket-Accept: )\S+/$1$accept/r;
        syswrite $backend, "$asked-pong" if $how eq 'socket' && sysread $backend, $asked, 65536;
        close $backend;
        require POSIX;
        POSIX::_exit(0);
    }
    close $_ for $listener, $writer;
    my $got = `timeout 60 node '$FindBin::Bin/lib/h2.cjs' $how http://127.0.0.1:$port $path 'mpin=$session; theirs=1' 2>&1`;
    kill TERM => $pid;
    waitpid $pid, 0;
    local $/;
    return ($got, scalar(<$reader>) // '');
}

subtest 'a_socket_within_HTTP_2_has_its_session_and_sets_no_cookie_of_ours' => sub {
    for my $path (qw(/protected/socket /protected/tunnel /protected/handler/tunnel)) {
        my ($got, $asked) = ask_h2('socket', $path, $switch);
        like $got, qr/^:status: 200$/m, "$path: an extended CONNECT is let in" or diag $got;
        unlike $got, qr/^set-cookie: =?mpin/m, 'no cookie of ours';
        like $got, qr/^set-cookie: theirs=2$/m, 'theirs is';
        like $got, qr/^data: .*ping-pong$/ms, 'and it talks';
        unlike $asked, qr/\Q$session/, 'the backend does not see our cookie';
        like $asked, qr/^Cookie: theirs=1\r$/mi, 'but its own';
    }
    my ($got) = ask_h2('stranger', '/protected/socket', $switch);
    like $got, qr/^:status: 401$/m, 'a stranger is not let in' or diag $got;
};

subtest 'early hints within HTTP/2 set none either' => sub {
    my ($got) = ask_h2('get', '/protected/plain', $hints);
    like $got, qr/^:status: 200$/m, 'an answer' or diag $got;
    like $got, qr/^:status: 103$/m, 'and its hints';
    unlike $got, qr/^set-cookie: =?mpin/m, 'no cookie of ours';
    like $got, qr/^set-cookie: theirs=2$/m, 'theirs is';
    like $got, qr/^data: the end$/m, 'the page';
};

sub curl { return `curl -s -i --max-time 30 -H 'Cookie: mpin=$session' @_ 2>&1` }

subtest 'an_upgrade_to_h2c_keeps_its_session' => sub {
    for my $how ('--http2', '--http2 -H "Upgrade: websocket, h2c"', '--http2-prior-knowledge', '--http1.1') {
        my $got = curl($how, "http://127.0.0.1:$port/protected/index.html");
        like $got, qr/^HTTP\/\S+ 200/m, "$how is let in";
        like $got, qr/^protected$/m, 'and gets the page';
        unlike $got, qr/^HTTP\/\S+ 101/m, 'without a change of protocol' if $how =~ /--http2\b(?!-)/;
    }
    like curl('--http2-prior-knowledge', "http://127.0.0.1:$port/protected/index.html"), qr/^HTTP\/2 200/m, 'HTTP/2 is there';
    like curl('--http2', "'http://127.0.0.1:$port/login?return=/protected/index.html'"), qr/^HTTP\/1.1 200/m, 'nor is a query lost';
};

$server->stop;
is join("\n", grep { !/proxy/ } Server::complaints()), '', 'no complaints';
done_testing;
