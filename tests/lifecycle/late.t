#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Answers that take long. What the browser has by the time they arrive may be newer than what they were asked with: a late
# answer sets no cookie of a session that has ended or was replaced.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my ($port, $behind) = ($ENV{PORT}, $ENV{PORT} + 3);
my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
plan skip_all => 'no libfaketime' if !$library;

my $loads = join '', map { sprintf "LoadModule %s_module %s/mod_%s.so\n", $_, Server::modules(), $_ } qw(proxy proxy_http);
my $server;

sub at {
    my $offset = shift;
    $server->stop if $server;
    $server = Server->new(conf => <<"END", env => {LD_PRELOAD => $library, FAKETIME => $offset})->start;
LogLevel auth_mpin:debug
$loads
MPinSessionIdleTimeout 30min
ProxyPass /protected/slow http://127.0.0.1:$behind/
END
    return;
}

# Asks for /protected/slow by `$method`, does `$meanwhile` once the request is under way, and gives the answer.
sub slowly {
    my ($browser, $method, $meanwhile) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $behind, Listen => 5, ReuseAddr => 1)
        or die "port $behind: $!";
    my $body = $method eq 'POST' ? 'x' x 1000 : undef;
    pipe my $reader, my $writer or die;
    my $pid = fork // die;
    if (!$pid) {
        close $listener;
        my $answer = request($port, $method, '/protected/slow', body => $body,
            headers => [Cookie => $browser->cookie_header, Accept => '*/*']);
        syswrite $writer, $answer->as_string;
        require POSIX;
        POSIX::_exit(0);
    }
    close $writer;
    my $client = $listener->accept or die;
    sysread $client, my $asked, 65536;
    $meanwhile->();
    syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow";
    close $client;
    local $/;
    my $text = <$reader>;
    waitpid $pid, 0;
    return HTTP::Response->parse($text);
}

sub cookies { return [map { /^([^=]+)/ } $_[0]->header('Set-Cookie')] }

# john, a minute after signing in: his next answer renews his cookie.
sub john { at('+0s'); my $john = browser($port)->sign_in('john'); at('+90s'); return $john }

sub step_up {
    my $browser = shift;
    my $without = $browser->copy;
    delete $without->{cookies}{mpin};
    my $fields = $without->fields($without->visit('/login'));
    $browser->{cookies}{'mpin-login'} = $without->{cookies}{'mpin-login'}; # it is one browser
    is $browser->post_form('/login', {%$fields, username => 'john', password => 'john-secret'})->code, 303, 'steps up';
    return;
}

for my $method (qw(GET POST)) {
    my $john = john();
    subtest "$method: what is asked with a good session renews it" => sub {
        my $answer = slowly($john->copy, $method, sub { });
        like $answer->content, qr/^slow/, 'the page';
        is_deeply cookies($answer), ['mpin'], 'and the cookie';
    };

    subtest "$method: a_late_answer_sets_no_cookie_of_an_ended_session" => sub {
        my $browser = $john->copy;
        my $answer = slowly($browser->copy, $method, sub { is $browser->sign_out->code, 303, 'signs out' });
        like $answer->content, qr/^slow/, 'the page comes';
        is_deeply cookies($answer), [], 'without a cookie';
    };
}

subtest 'a_late_answer_sets_no_cookie_of_a_replaced_session' => sub {
    my $browser = john();
    my $answer = slowly($browser->copy, 'GET', sub { step_up($browser) });
    like $answer->content, qr/^slow/, 'the page comes';
    is_deeply cookies($answer), [], 'without a cookie';
    is $browser->visit('/protected/')->code, 200, 'the new session is the one that counts';
    like Server::log_text(), qr/MPIN0462: the session of j\*\*\* has ended or was replaced/, 'said at debug';
};

subtest 'nor after signing out and in again' => sub {
    my $browser = john();
    my $answer = slowly($browser->copy, 'POST', sub { $browser->sign_out; $browser->sign_in('john') });
    is_deeply cookies($answer), [], 'no cookie';
    is $browser->visit('/protected/')->code, 200, 'signed in';
};

subtest 'a session that is about to idle away is kept by its use' => sub {
    my $browser = john();
    at('+29min');
    my $old = $browser->copy;
    my $answer = slowly($old, 'GET', sub { });
    is_deeply cookies($answer), ['mpin'], 'renewed in time';
};

subtest 'a sign-in that was under way when its old session ended begins a family of its own' => sub {
    my $browser = john();
    my $thief = $browser->copy;
    $browser->sign_out;
    step_up($thief);
    is $thief->visit('/protected/')->code, 200, 'a new session, and not of the family that was ended';
};

subtest 'planted cookies are not cleared by an answer that took long' => sub {
    my $browser = john();
    my $planted = request($port, GET => '/protected/', headers => [Cookie => 'mpin=a; mpin=b']);
    ok scalar(grep { /^mpin=;/ } $planted->header('Set-Cookie')), 'at once they are';
    my $page = request($port, GET => '/protected/', headers => [Cookie => 'mpin-known=a; mpin-known=b; ' . $browser->cookie_header =~ s/mpin-known=[^;]*;? ?//r]);
    is $page->code, 200, 'a doubled cookie of another name takes no session away';
    is scalar(grep { /^mpin=;/ } $page->header('Set-Cookie')), 0, 'nor clears it';
    ok scalar(grep { /^mpin-known=;/ } $page->header('Set-Cookie')), 'but itself';
    my $twice = $browser->copy;
    $twice->{cookies}{'mpin-known'} = 'a; mpin-known=b';
    my $late = slowly($twice, 'GET', sub { sleep 11 });
    like $late->content, qr/^slow/, 'eleven seconds later the page comes';
    is scalar(grep { /^mpin-known/ } $late->header('Set-Cookie')), 0, 'and nothing is cleared any more';
};

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
