# SPDX-License-Identifier: Apache-2.0
# Who somebody is, only we say: identity headers and variables from outside are taken away, in every spelling, on
# every branch.
use strict;
use warnings;
use Test::More;
use MPin;

from(13);

my @names = qw(Mpin-User Mpin-Email Mpin-Amr MPIN-ANYTHING mpin-session Mpin_User mPiN_uSeR mpin-user-x
    Remote-User remote-user REMOTE_USER Remote_User X-Remote-User x-remote-user X_Remote_User X-Remote_User
    X-WEBAUTH-USER x-webauth-user X_WEBAUTH_USER X-Webauth_User X-Forwarded-Email x_forwarded_email X-Auth-Amr
    X_Auth_Amr);
my @forged = ((map { ($_, 'evil') } @names), 'X-Set-Env' => 'evil', 'X-Control' => 'control');

# What an application gets to see of them.
sub seen {
    my $env = json_of(shift)->{env} // {error => 'no echo'};
    my @evil = grep { $env->{$_} =~ /evil/ && $_ ne 'HTTP_X_SET_ENV' } sort keys %$env;
    push @evil, 'control header lost' if ($env->{HTTP_X_CONTROL} // '') ne 'control';
    return "@evil";
}

subtest 'for strangers' => sub {
    for my $path (qw(/open/echo /whoami /proxied /not-found), '/open/echo?status=404', '/fallback/../open/echo') {
        for my $method (qw(GET POST OPTIONS PUT HEAD)) {
            my $answer = request(site, $method, $path, headers => \@forged);
            next if $method eq 'HEAD'; # no body to look at, but the server must bear it
            next if $path eq '/not-found' && $method =~ /OPTIONS|PUT/; # answered by httpd itself
            is seen($answer), '', "$method $path";
        }
    }
};

subtest 'for who is signed in: the true values stand' => sub {
    my $john = browser(site)->sign_in('john');
    for my $path (qw(/whoami /protected/echo /protected/rewritten /protected/app/x)) {
        my $answer = $john->get($path, @forged);
        is seen($answer), '', $path;
        is json_of($answer)->{env}{REMOTE_USER}, 'john', 'the user';
        is json_of($answer)->{env}{MPIN_AMR}, 'pwd', 'the proof';
    }
};

subtest 'in the very bytes that a backend gets' => sub {
    my $john = browser(site)->sign_in('john');
    my $ok = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
    my ($stranger, $known) = capture($ok, sub {
        request(site, 'GET', '/raw', headers => \@forged);
        $john->get('/raw', @forged);
    });
    s/^X-Set-Env:.*\r\n//mi for $stranger, $known;
    like $stranger, qr/^X-Control: control\r$/m, 'the backend was reached';
    unlike $stranger, qr/evil/, 'nothing forged reaches it';
    unlike $stranger, qr/^(Mpin|Remote-User|X-Webauth-User|X-Auth-Amr)/mi, 'and nobody is named';
    unlike $known, qr/evil/, 'nor with a session';
    is_deeply [$known =~ /^X-WEBAUTH-USER: (.*)\r$/mgi], ['john'], 'the user, once';
    is_deeply [$known =~ /^X-Auth-Amr: (.*)\r$/mgi], ['pwd'], 'the proof, once';
};

# RFC 9110, 7.6.1: a proxy takes away what Connection names. That must not be a way to take our headers away.
subtest 'Connection does not take our headers away' => sub {
    my $john = browser(site)->sign_in('john');
    my @seen = capture("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", sub {
        $john->get('/raw', Connection => "close, $_, X-Control", 'X-Control' => 'control')
            for 'X-Other', 'X-WEBAUTH-USER', 'x-auth-amr,x-webauth-user';
    });
    unlike $seen[0], qr/^X-Control/mi, 'what is the client\'s goes';
    for my $seen (@seen) {
        like $seen, qr/^X-WEBAUTH-USER: john\r$/mi, 'what is ours stays';
        like $seen, qr/^X-Auth-Amr: pwd\r$/mi, 'all of it';
    }
};

subtest 'variables that the configuration makes of headers' => sub {
    my $env = json_of(request(site, 'GET', '/open/echo', headers => ['X-Set-Env' => 'evil']))->{env};
    ok !exists $env->{$_}, "no $_" for qw(MPIN_AMR REDIRECT_MPIN_EMAIL);
    my $redirected = json_of(request(site, 'GET', '/nowhere', headers => ['X-Set-Env' => 'evil']))->{env};
    is_deeply [grep { /MPIN_/ } keys %$redirected], [], 'nor after an internal redirect';
};

subtest 'what only looks alike goes through' => sub {
    my $env = json_of(request(site, 'GET', '/open/echo', headers => [map { ($_ => 'kept') } qw(X-Mpin-Thing Remote-Users
        X-Webauth Mpinning Forwarded-Email)]))->{env};
    is $env->{"HTTP_$_"}, 'kept', $_ for qw(X_MPIN_THING REMOTE_USERS X_WEBAUTH MPINNING FORWARDED_EMAIL);
};

subtest 'an open error document knows no user' => sub {
    my $env = json_of(browser(site)->sign_in('john')->get('/not-found'))->{env};
    is_deeply [grep { /MPIN_|REMOTE_USER|WEBAUTH/ } keys %$env], [], 'though the browser has a session';
};

subtest 'where the engine is off nobody touches them' => sub {
    my $env = json_of(request(off, 'GET', '/open/echo', headers => \@forged))->{env};
    like $env->{HTTP_X_WEBAUTH_USER}, qr/evil/, 'they come through';
};

done;
