#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl token: made with its limits and shown once, taken by the running server at once, listed, and gone at once; and
# whoever is deleted loses tokens, second steps and links with the rest.
use strict;
use warnings;
use Test::More;
use FindBin;
use IO::Select;
use IO::Socket::UNIX;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;
use Steps 'code_of', 'secret_of';

my $top = $Server::top;
my $port = $ENV{PORT};
my $audit = "$top/logs/audit";
system("htpasswd -Bb -C 4 '$top/users' $_ $_-secret 2>/dev/null") == 0 or die 'htpasswd' for qw(anna bob);
mkdir "$top/site/$_" for qw(git files);
Server::write_file("$top/site/$_/hello.txt", "hello\n") for qw(git files);
my $server = Server->new(conf => "MPinPublicURL http://localhost:$port\nMPinTOTP Wiki\nMPinAuditLog $audit\nMPinTokens On\n"
    . join '', map { "<Location /$_>\nAuthType MPin\nMPinLoginMethods pin password token\nRequire valid-user\n</Location>\n" } qw(git files))->start;

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port") }
sub audited { my $event = shift; return (grep { $_->{event} eq $event } map { decode_json($_) } split /\n/, Server::slurp($audit))[-1] // {} }

# The status that a program gets with a token.
sub program_gets {
    my ($token, $path, @more) = @_;
    return `curl -s -o /dev/null -w '%{http_code}' @more -H 'Host: localhost:$port' -H 'Authorization: Bearer $token' http://127.0.0.1:$port$path`;
}

someone()->sign_in($_) for qw(anna bob);

subtest 'a_token_is_shown_once_and_opens_its_places_only' => sub {
    my $run = mpinctl('token', 'add', 'anna', '--name', 'backup', '--days', '30', '--paths', '/git', '--methods', 'GET', '--yes');
    is $run->{code}, 0, 'made' or diag $run->{err};
    like $run->{out}, qr/\Ampin_[\w-]{43}\n\z/, 'the token alone is on stdout, for a pipe';
    like $run->{err}, qr/comes in as anna until 20\d\d-/, 'what it is stands beside it';
    chomp(my $token = $run->{out});
    is program_gets($token, '/git/hello.txt'), 200, 'a program comes in';
    is program_gets($token, '/files/hello.txt'), 403, 'not elsewhere';
    is program_gets($token, '/git/hello.txt', '-X POST'), 403, 'and not by another method';
    my ($row) = @{mpinctl_json('token', 'list', 'anna')};
    is_deeply [map { $row->{$_} } qw(user name paths methods)], ['anna', 'backup', '/git', 'GET'], 'it is listed';
    unlike mpinctl('token', 'list')->{out}, qr/\Q$token\E/, 'but never shown again';
    is_deeply [map { audited('token_made')->{$_} } qw(user by)], ['anna', 'mpinctl'], 'audited';
    unlike Server::slurp($audit) . Server::log_text(), qr/\Q$token\E/, 'and in no log';
    is mpinctl('token', 'remove', substr($row->{id}, 0, 8), '--yes')->{code}, 0, 'removed by the first digits';
    is program_gets($token, '/git/hello.txt'), 401, 'gone with the next request';
    is audited('token_removed')->{user}, 'anna', 'audited';
    is mpinctl('token', 'remove', $row->{id}, '--yes')->{code}, 1, 'there is no such token any more';
};

subtest 'what_no_token_can_be_is_said' => sub {
    for (['--days', '367'], ['--days', '0'], ['--days', 'x'], ['--paths', 'git'], ['--paths', '/a%20b'], ['--methods', 'G=T'], ['--name', '']) {
        is mpinctl('token', 'add', 'anna', @$_, '--yes')->{code}, 2, "@$_";
    }
    is mpinctl('token', 'add', 'nobody', '--yes')->{code}, 1, 'nor for nobody';
    is mpinctl('token', 'list', 'nobody')->{code}, 1, 'whose list is none';
    is mpinctl({in => "n\n"}, 'token', 'add', 'anna')->{code}, 1, 'it asks';
    is_deeply mpinctl_json('token', 'list'), [], 'nothing was made';
    is mpinctl('token', 'list')->{out}, "There are no tokens.\n", 'as a sentence';
};

subtest 'who_is_deleted_loses_tokens_and_second_steps' => sub {
    my $browser = someone()->sign_in('bob');
    my $page = $browser->post_form('/account/totp', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    $browser->post_form('/account/totp/confirm', {%{$browser->fields($page)}, code => code_of(secret_of($page), -30)});
    my $token = mpinctl_json('token', 'add', 'bob', '--yes')->{token};
    is program_gets($token, '/files/hello.txt'), 200, 'his program comes in';
    is mpinctl('user', 'disable', 'bob', '--yes')->{code}, 0, 'disabled';
    is program_gets($token, '/files/hello.txt'), 401, 'not any more';
    is mpinctl('token', 'add', 'bob', '--yes')->{code}, 1, 'and gets no new one';
    mpinctl('user', 'enable', 'bob', '--yes');
    is program_gets($token, '/files/hello.txt'), 401, 'nor after that, as the token has ended';
    my $other = mpinctl_json('token', 'add', 'bob', '--yes')->{token};
    is mpinctl('user', 'delete', 'bob', '--yes')->{code}, 0, 'deleted';
    is program_gets($other, '/files/hello.txt'), 401, 'his token is nothing';
    is_deeply mpinctl_json('token', 'list'), [], 'there is none';
    is_deeply mpinctl_json('user', 'bob')->{factors}, [], 'nor a second step';
    $server->stop;
};

subtest 'where_the_site_takes_none_none_is_made' => sub {
    Server->new(conf => "MPinPublicURL http://localhost:$port\n")->start->stop;
    my $run = mpinctl('token', 'add', 'anna', '--yes');
    is $run->{code}, 1, 'not made';
    like $run->{err}, qr/MPinTokens On/, 'with the mend';
};

subtest 'a_log_daemon_gets_the_record_as_it_does_from_httpd' => sub {
    my $path = "$top/log";
    my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "$path: $!";
    chmod 0666, $path;
    for my $log ("syslog:local3:$path", "journald:$path") {
        Server->new(conf => "MPinPublicURL http://localhost:$port\nMPinTokens On\nMPinAuditLog $log\n"
            . "<Location /files>\nAuthType MPin\nMPinLoginMethods pin password token\nRequire valid-user\n</Location>\n");
        is mpinctl('token', 'add', 'anna', '--yes')->{code}, 0, $log;
        my ($ready, $datagram) = (IO::Select->new($socket)->can_read(20), '');
        $socket->recv($datagram, 8192) if $ready;
        like $datagram, qr/"event": ?"token_made".*"by": ?"mpinctl"/, 'has the record';
    }
};

is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
