#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The worth of a proof: how old it may be, and at which site it counts; and which address a site has. On servers of one's
# own, at a chosen time, with vhosts that share a store.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $port = $ENV{PORT};
my ($second, $third, $smtp) = ($port + 7, $port + 8, $port + 9);
my $top = $Server::top;
my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
system("htpasswd -Bb -C 4 '$top/users' jane\@example.org jane\@example.org-secret 2>/dev/null") == 0 or die 'htpasswd';

sub code { return $_[0]->code . (json_of($_[0])->{code} // '') }

sub at {
    my ($server, $offset) = @_;
    $server->stop;
    $server->{env} = {LD_PRELOAD => $library, FAKETIME => $offset, FAKETIME_DONT_FAKE_MONOTONIC => 1};
    return $server->start;
}

sub fresh { my $browser = browser($_[0]); $browser->visit('/login'); return $browser }

sub signature { my ($browser, $put) = @_; return $browser->json(POST => "/rps/signature/$put->{mpinId}", {regOTT => $put->{regOTT}}) }

subtest device_from_an_old_session_needs_a_fresh_proof => sub {
    my $server = Server->new->start;
    my $john = browser($port)->sign_in('john');
    my $begun = json_of($john->register('john'));
    my $left = json_of($john->register('john'));
    is json_of($john->get('/rps/clientSettings'))->{signedIn}{fresh}, JSON::true, 'the pad may set up a PIN';

    at($server, '+11m');
    my $thief = $john->copy;
    my $refused = $thief->register('john');
    is code($refused), '403proof_too_old', 'with the cookie alone, after eleven minutes';
    is json_of($thief->get('/rps/clientSettings'))->{signedIn}{fresh}, JSON::false, 'the pad knows';
    my $login = json_of($refused)->{login_url};
    like $login, qr{^/login\?}, 'it says where to prove it';
    is code($thief->json(PUT => "/rps/user/$begun->{mpinId}", {userId => 'john', mobile => 0, regOTT => $begun->{regOTT}})),
        '403proof_too_old', 'sending it again is no way round';
    is code($thief->json(POST => '/rps/register', {userId => 'john', mobile => 0})), '403proof_too_old', 'nor is another method';
    is signature($john, $begun)->code, 200, 'what has begun in time goes on';

    my $page = $john->visit($login);
    is $page->code, 200, 'that page';
    like $page->content, qr/Confirm that it/, 'asks for a proof, though john is signed in';
    is $john->post_password('john', 'john-secret', $login)->code, 303, 'his password';
    is $john->register('john')->code, 200, 'is one';
    $john->post_form('/logout', $john->fields($john->visit('/logout')));
    is code(signature($john, $left)), '400registration_unknown', 'a registration ends with its session';
};

subtest 'whoever has an address is told of a device that a session has made' => sub {
    my $pid = fork // die;
    if (!$pid) {
        open STDOUT, '>', '/dev/null' or die;
        exec '/usr/bin/python3', "$FindBin::Bin/../smtp/server.py", $smtp, "$top/mailbox";
        die "exec: $!";
    }
    Server::wait_for('the mail server', sub { !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$smtp", Timeout => 1) });
    my $server = Server->new(conf => "MPinMail smtp://127.0.0.1:$smtp\nMPinMailFrom wiki\@example.org\n")->start;
    browser($port)->sign_in('jane@example.org')->enrol('jane@example.org', '7391');
    ok Server::wait_for('a mail', sub { Server::slurp("$top/mailbox") =~ /A device was added/ }), 'by a mail';
    like Server::slurp("$top/mailbox"), qr/"jane\@example\.org"/, 'to her';
    $server->stop;
    kill TERM => $pid;
    waitpid $pid, 0;
};

subtest open_identity_is_no_proof_at_a_mail_site => sub {
    my $mail = "MPinRegister mail\nMPinRegisterAllow any\nMPinMail smtp://127.0.0.1:$smtp\nMPinMailFrom wiki\@example.org\n";
    my $server = Server->new(conf => "Listen 127.0.0.1:$second\n<VirtualHost 127.0.0.1:$second>\n"
        . "MPinPublicURL http://127.0.0.1:$second\n$mail</VirtualHost>\n")->start;
    my $anna = browser($port);
    my $device = $anna->enrol('anna@example.org', '7391');
    is $anna->pin_login($device, '7391')->code, 200, 'a free name is whose it is first, where that is so';
    is code(fresh($second)->pin_login($device, '7391')), '403way_closed', 'and nobody where names are proven by mail';
    like Server::log_text(), qr/auth_mpin:warn\].*MPIN0562: [^\n]*MPinRegister/, 'the log says why';
    unlike Server::log_text(), qr/MPIN0562[^\n]*anna/, 'and names nobody whole';
    is fresh($port)->pin_login($device, '7391')->code, 200, 'nothing has changed at the first';
    $server->stop;

    $server = Server->new(conf => $mail)->start;
    is code(fresh($port)->pin_login($device, '7391')), '403way_closed', 'the same after that vhost\'s line has changed';
    $server->stop;
};

subtest 'each vhost on loopback has the public URL of its own port' => sub {
    my $server = Server->new(conf => "Listen 127.0.0.1:$second\nListen 127.0.0.1:$third\n"
        . "<VirtualHost 127.0.0.1:$second>\nServerName one\n</VirtualHost>\n"
        . "<VirtualHost 127.0.0.1:$third>\nMPinTitle Three\n</VirtualHost>\n")->start;
    for my $at ($port, $second, $third) {
        my $john = browser($at)->sign_in('john'); # posts a form with the origin of that port
        is json_of($john->get('/rps/clientSettings'))->{siteURL}, "http://127.0.0.1:$at", "port $at";
        is $john->register('john')->code, 200, 'takes its own pages\' word';
    }
    my $john = browser($second);
    my $page = $john->visit('/login');
    is $john->request(POST => '/login', body => '', headers => [Origin => "http://127.0.0.1:$third", Accept => 'text/html',
        'Content-Type' => 'application/x-www-form-urlencoded'])->code, 403, 'and no other\'s';
    $server->stop;
};

subtest 'a page at another address leads to the site\'s own, and the log says so once' => sub {
    my $server = Server->new->start;
    my $own = "http://127.0.0.1:$port";
    my $ask = sub { return request($port, @_[0, 1], host => "localhost:$port", headers => [Accept => 'text/html', @_[2 .. $#_]]) };
    my $location = $ask->(GET => '/protected/?a=b')->header('Location');
    is $location, '/login?return=%2fprotected%2f%3fa%3db', 'the way back stands in the URL';
    my $page = $ask->(GET => '/login?return=/protected/');
    like $page->content, qr{data-site="\Q$own\E" data-there="\Q$own\E/login\?return=%2[fF]protected%2[fF]"}, 'for the script';
    like $page->content, qr{class="address doubtful">.*?href="\Q$own\E/login\?return=%2[fF]protected%2[fF]"}s, 'and without';
    my $cookieless = $ask->(GET => $location);
    is $cookieless->code, 200, 'where no cookie came along';
    like $cookieless->content, qr{data-there="\Q$own\E/login\?return=%2fprotected%2f%3fa%3db"}, 'the way back has';
    unlike request($port, GET => '/login', headers => [Accept => 'text/html'])->content, qr/doubtful/, 'at its own nothing is shown';
    unlike request($port, GET => '/login', host => 'backend:8080', headers => [Accept => 'text/html',
        'X-Forwarded-Host' => "127.0.0.1:$port", 'X-Forwarded-Proto' => 'http'])->content, qr/doubtful/,
        'nor where a proxy rewrites Host and says so';
    like request($port, GET => '/login', headers => [Accept => 'text/html', 'X-Forwarded-Host' => 'alias.example'])->content,
        qr/doubtful/, 'unless it says another';
    for (1 .. 3) {
        my $refused = $ask->(POST => '/login', Origin => "http://localhost:$port");
        is $refused->code, 403, 'a form from there';
        like $refused->content, qr{address is \Q$own\E}, 'is told the address';
    }
    my $times = () = Server::log_text() =~ m{auth_mpin:warn\].*MPIN0564: [^\n]*http://localhost:$port [^\n]*\Q$own\E[^\n]*redirect}g;
    ok $times >= 1 && $times <= 4, 'the log names both, once a minute and child' or diag $times;
    $server->stop;
};

done_testing;
