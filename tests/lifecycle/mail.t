#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mail on its way, with a real SMTP server: plain, STARTTLS, TLS, with a login; refusing, away for a while; over a killed
# child and a restart.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $top = $Server::top;
my $at = $ENV{PORT} + 1; # of the mail server
my $mailbox = "$top/mailbox";
my $certificate = "$top/mail.crt";
my $next = 0;
my %running; # mail servers

# A certificate that is its own authority.
system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mail -keyout '$top/mail.key' "
    . "-out '$certificate' -addext subjectAltName=IP:127.0.0.1 2>/dev/null") == 0 or die 'openssl';
Server::write_file("$top/password", "right-password\n");
chmod 0600, "$top/password";
Server::write_file("$top/tell", "#!/bin/sh\necho right-password\n");
chmod 0755, "$top/tell";

sub mail_server {
    my $pid = fork // die;
    if (!$pid) {
        open STDOUT, '>', '/dev/null' or die;
        open STDERR, '>', "$top/mail.log" or die;
        exec '/usr/bin/python3', "$FindBin::Bin/../smtp/server.py", $at, $mailbox, @_;
        die "exec: $!";
    }
    $running{$pid} = 1;
    Server::wait_for('the mail server', sub { !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$at", Timeout => 1) });
    return $pid;
}

sub end { kill TERM => $_[0]; waitpid $_[0], 0; delete $running{$_[0]}; return }

END { local $?; kill TERM => keys %running if %running }

sub mails {
    my $to = shift;
    return grep { $_->{to}[0] eq $to } map { decode_json($_) } split /\n/, Server::slurp($mailbox);
}

sub arrives {
    my $to = shift;
    Server::wait_for("a mail to $to", sub { scalar mails($to) });
    return (mails($to))[0];
}

sub server {
    my ($mail, %env) = @_;
    return Server->new(env => \%env, conf => "MPinRegister mail\nMPinRegisterAllow domain example.org\nMPinMail $mail\n"
        . "MPinMailFrom wiki\@example.org\n")->start;
}

# Asks for a name that nobody has asked for yet.
sub asks {
    my $name = 'someone' . ++$next . '@example.org';
    my $answer = browser($ENV{PORT})->json(PUT => '/rps/user', {userId => $name, mobile => 0, confirm => 1}, @_);
    is $answer->code, 200, "$name asks";
    return $name;
}

subtest 'links are made with the public URL, whatever the Host header says' => sub {
    my $smtp = mail_server();
    my $server = server("smtp://127.0.0.1:$at");
    my $mail = arrives(asks());
    ok !$mail->{tls}, 'plain on loopback';
    my $body = encode_json({userId => 'host@example.org', mobile => 0});
    my $answer = MPin::raw($ENV{PORT}, join "\r\n", 'PUT /rps/user HTTP/1.1', 'Host: evil.example', 'Connection: close',
        'X-Forwarded-Host: evil.example', "Origin: http://127.0.0.1:$ENV{PORT}", 'Content-Type: application/json',
        'Content-Length: ' . length $body, '', $body);
    is $answer->code, 200, 'a request with another host';
    like arrives('host@example.org')->{text}, qr{^http://127\.0\.0\.1:$ENV{PORT}/mpinActivate\?t=[0-9a-f]+\s*$}m, 'the link';
    unlike Server::slurp($mailbox), qr/evil/, 'and nothing of it in the mail';
    $server->stop;
    end($smtp);
};

subtest 'mails and the page behind their link are the administrator\'s, and a broken template is passed over' => sub {
    my $smtp = mail_server();
    my $own = "$top/pages";
    mkdir $own;
    Server::write_file("$own/mail_subject.txt", 'OWN SUBJECT {{title}}');
    Server::write_file("$own/mail.txt", 'OWN TEXT {{link}}');
    Server::write_file("$own/mail.html", 'OWN HTML {{link}}');
    Server::write_file("$own/activate.html", 'OWN PAGE {{device}}');
    my $server = server("smtp://127.0.0.1:$at\nMPinTemplates $own");
    my $mail = arrives(asks());
    like $mail->{subject}, qr/^OWN SUBJECT /, 'subject';
    like $mail->{html}, qr/OWN HTML http/, 'HTML';
    my ($path) = $mail->{text} =~ m{OWN TEXT http://[^/]+(/mpinActivate\?t=[0-9a-f]+)};
    like browser($ENV{PORT})->visit($path)->content, qr/OWN PAGE/, 'text and page';
    unlike Server::log_text(), qr/MPIN0501/, 'all of them can be used';
    Server::write_file("$own/$_", '{{#title}} never closed') for qw(mail_subject.txt mail.txt mail.html activate.html);
    $mail = arrives(asks());
    like $mail->{subject}, qr/^Set up your PIN/, 'the built-in subject';
    ($path) = $mail->{text} =~ m{^http://[^/]+(/mpinActivate\?t=[0-9a-f]+)}m;
    like $mail->{html}, qr/\Q$path\E/, 'text and HTML';
    like browser($ENV{PORT})->visit($path)->content, qr/name="csrf"/, 'and page';
    like Server::log_text(), qr{MPIN0501[^\n]*/\Q$_\E}, "the log says so of $_" for qw(mail_subject.txt mail.txt mail.html activate.html);
    $server->stop;
    end($smtp);
};

subtest 'STARTTLS, and nothing before it' => sub {
    my $smtp = mail_server('starttls', $certificate, "$top/mail.key");
    my $server = server("smtp://127.0.0.1:$at starttls", SSL_CERT_FILE => $certificate);
    ok arrives(asks())->{tls}, 'a mail came over TLS';
    $server->stop;
    $server = server("smtp://127.0.0.1:$at starttls"); # whose authority it does not know
    my $name = asks();
    Server::wait_for('a complaint', sub { Server::log_text() =~ /MPIN0503.*certificate/i });
    is scalar(mails($name)), 0, 'nothing to a server that cannot be told from another';
    $server->stop;
    end($smtp);

    $smtp = mail_server(); # has no STARTTLS
    $server = server("smtp://127.0.0.1:$at starttls", SSL_CERT_FILE => $certificate);
    $name = asks();
    Server::wait_for('a complaint', sub { Server::log_text() =~ /MPIN0503[^\n]*s\*\*\*\@example\.org[^\n]*SSL/ });
    is scalar(mails($name)), 0, 'nothing in the clear';
    $server->stop;
    end($smtp);
};

subtest 'a login from a file or a program, over TLS from the first byte' => sub {
    my $smtp = mail_server('tls', $certificate, "$top/mail.key", 'auth', 'wiki', 'right-password');
    for my $password ("file:$top/password", "exec:$top/tell") {
        my $server = server("smtps://wiki\@127.0.0.1:$at $password", SSL_CERT_FILE => $certificate);
        my $mail = arrives(asks());
        is_deeply [$mail->{tls}, $mail->{user}], [JSON::true, 'wiki'], $password;
        $server->stop;
    }
    Server::write_file("$top/password", "wrong-password\n");
    my $server = server("smtps://wiki\@127.0.0.1:$at file:$top/password", SSL_CERT_FILE => $certificate);
    my $name = asks();
    Server::wait_for('a complaint', sub { Server::log_text() =~ /MPIN0503[^\n]*\(535\)/ });
    is scalar(mails($name)), 0, 'no mail without the right password';
    unlike Server::log_text(), qr/(?:right|wrong)-password/, 'which no log has';
    $server->stop;
    end($smtp);
};

subtest 'a mailbox that is refused is given up' => sub {
    my $smtp = mail_server();
    my $server = server("smtp://127.0.0.1:$at");
    browser($ENV{PORT})->json(PUT => '/rps/user', {userId => 'nobody@example.org', mobile => 0});
    ok Server::wait_for('the line', sub { Server::log_text() =~ /MPIN0504[^\n]*n\*\*\*\@example\.org[^\n]*\(550\)/ }), 'with a line';
    $server->stop;
    end($smtp);
};

subtest 'mail waits for a server that is away, over a killed child and a restart' => sub {
    my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    my $server = server("smtp://127.0.0.1:$at");
    my $name = asks();
    Server::wait_for('a try', sub { Server::log_text() =~ /MPIN0503[^\n]*s\*\*\*\@example\.org has not left, try 1: [^\n]*connect/i });
    my ($child) = $server->children;
    kill KILL => $child;
    Server::wait_for('the child to be gone', sub { !grep { $_ == $child } $server->children });
    $server->stop;

    my $smtp = mail_server();
    $server = server("smtp://127.0.0.1:$at", LD_PRELOAD => $library, FAKETIME => '+120s', FAKETIME_DONT_FAKE_MONOTONIC => 1);
    arrives($name);
    select undef, undef, undef, 0.1 for 1 .. 25; # two rounds of every child
    is scalar(mails($name)), 1, 'once';
    $server->stop;
    end($smtp);
};

subtest 'a_reload_without_the_mail_password_lets_mails_wait' => sub {
    my $smtp = mail_server('tls', $certificate, "$top/mail.key", 'auth', 'wiki', 'right-password');
    Server::write_file("$top/password", "right-password\n");
    my $server = server("smtps://wiki\@127.0.0.1:$at file:$top/password", SSL_CERT_FILE => $certificate);
    arrives(asks());
    rename "$top/password", "$top/password.away" or die;
    $server->renew('USR1');
    like Server::log_text(), qr/MPIN0202: \S+password/, 'the log says what is missing';
    my @names = map { asks() } 1 .. 3;
    sleep 3;
    is scalar(map { mails($_) } @names), 0, 'nothing leaves';
    rename "$top/password.away", "$top/password" or die;
    $server->renew('USR1');
    ok arrives($_), "$_ gets the mail when the password is back" for @names;
    unlike Server::log_text(), qr/exit signal Seg/, 'no child has ended by that';
    $server->stop;
    end($smtp);
};

done_testing;
