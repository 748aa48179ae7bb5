#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# This module on both sides: in one httpd the RPS and the D-TA, in another the relying party in front of it, as
# conf/milagro-rps.conf has it. Both know a secret.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Issuer;
use MPin;
use TwoShares ();
use JSON;

my $site = $ENV{PORT};
my $secret = 'known-to-the-two-of-them';
my $file = "$Server::top/secret";
Server::write_file($file, "$secret\n");
chmod 0600, $file;

my $url = Issuer::url();
my $rps = Issuer->new(service => "rps dta \"secret=$file\"", conf => <<"END")->start;
MPinVerifyURL http://127.0.0.1:$site/mpinVerify
MPinPermitURL http://127.0.0.1:$site/mpinPermitUser
MPinThrottle address=100000/60s account=100000/60s
MPinTimePermits On
END

my $server = Server->new(conf => Server::front_of($url, $file))->start;

sub newcomer {
    my $browser = browser($site);
    $browser->settings;
    return $browser;
}

# A right proof takes the day's permit, too.
sub permit {
    my ($browser, $device) = @_;
    my $permit = json_of($browser->json(POST => "/rps/timePermit/$device->{mpinId}", {}));
    return @$permit{qw(date timePermit)};
}

sub ott {
    my ($browser, $device, $pin, %more) = @_;
    my ($date, $permit) = permit($browser, $device);
    return $permit && TwoShares::ott($browser, $device, $pin, $date, $permit, %more);
}

sub sign_in {
    my ($browser, $device, $pin) = @_;
    return $browser->authenticate(ott($browser, $device, $pin // $device->{pin}));
}

sub inside { return $_[0]->visit('/protected/')->code == 200 }

my $device = newcomer()->enrol('anna@example.org', '1357');

subtest 'a PIN that the one keeps is a session at the other' => sub {
    my $browser = newcomer();
    my $answer = sign_in($browser, $device);
    is $answer->code, 200, 'signed in' or diag $answer->as_string, Issuer::log_text(), Server::log_text();
    is json_of($answer)->{user}, 'anna@example.org', 'as who registered';
    ok inside($browser), 'and inside';
};

subtest 'an authOTT is good once' => sub {
    my $browser = newcomer();
    my $ott = ott($browser, $device, $device->{pin});
    is $browser->copy->authenticate($ott)->code, 200, 'at first';
    is $browser->authenticate($ott)->code, 408, 'and then no more';
    my %count;
    $ott = ott($browser, $device, $device->{pin});
    $count{$_}++ for in_parallel(20, sub { $browser->copy->authenticate($ott)->code });
    is $count{200}, 1, 'of many at once one wins' or diag explain \%count;
};

subtest 'wrong PINs lock' => sub {
    my $browser = newcomer();
    my $other = newcomer()->enrol('bob@example.org', '1357');
    is sign_in($browser, $other, $_->[0])->code, $_->[1], "PIN $_->[0]" for [9999, 401], [9998, 401], [1357, 200],
        [9999, 401], [9998, 401], [9997, 410], [1357, 410];
    ok !inside(newcomer()), 'and nobody else is in';
    my $third = newcomer()->enrol('bea@example.org', '1357');
    is json_of(sign_in($browser, $third, '9999'))->{attemptsLeft}, 2, 'it is told how many tries are left';
    is sign_in(newcomer(), $device)->code, 200, 'others go on';
};

# POST /rps/authenticate in a process of its own; the code that reads its answer.
sub authenticating {
    my ($phone, $ott) = @_;
    pipe my $reader, my $writer or die;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $answer = $phone->json(POST => '/rps/authenticate', {mpinResponse => {authOTT => $ott}});
        syswrite $writer, $answer->code . ' ' . $answer->content;
        require POSIX;
        POSIX::_exit(0);
    }
    close $writer;
    return sub {
        local $/;
        my ($code, $text) = split / /, scalar(<$reader>), 2;
        waitpid $pid, 0;
        return ($code, JSON::decode_json($text));
    };
}

subtest 'a phone signs a computer in and out again' => sub {
    my ($desktop, $phone) = (newcomer(), newcomer());
    my $code = json_of($desktop->json(POST => '/rps/getAccessNumber', {}));
    my $poll = sub { json_of($desktop->json(POST => '/rps/access', {webOTT => $code->{webOTT}})) };
    is $poll->()->{status}, 'new', 'a number waits' or diag explain $code;
    my $done = authenticating($phone, ott($phone, $device, $device->{pin}, WID => $code->{accessNumber}));
    ok until_true(sub { $poll->()->{status} eq 'authenticate' }), 'the phone has proven who it is';
    is $desktop->authenticate($poll->()->{authOTT})->code, 200, 'the computer is in';
    ok inside($desktop), 'and inside';
    my ($status, $told) = $done->();
    is $status, 200, 'the phone is told so';
    my $answer = $phone->json(POST => $told->{logoutURL}, $told->{logoutData});
    is $answer->code . $answer->content, '200', 'and signs it out';
    ok !inside($desktop), 'which it is';
};

subtest 'a client that knows of two D-TAs only finds both halves in front' => sub {
    my $browser = newcomer();
    $browser->{stock} = 1;
    is $browser->settings->{certivoxURL}, '/rps/dta/', 'the second one is the site';
    my $stock = TwoShares::enrol($browser, 'dave@example.org');
    is ref $stock, 'HASH', 'registered' or return diag $stock->as_string;
    my ($date, $whole, $half) = TwoShares::permits($browser, $stock);
    is TwoShares::sign_in(newcomer(), $stock, 1234, $date, $whole), 200, 'both halves of secret and permit sign in';
    is TwoShares::sign_in(newcomer(), $stock, 1234, $date, $half), 401, 'one half of a permit does not';
    is TwoShares::ask_second($browser, "clientSecret?$stock->{params}")->code, 408, 'there is a half once';
    for my $private (qw(status serverSecret timePermits clientSecret/00)) {
        is TwoShares::ask_second($browser, $private)->code, 404, "no $private in front";
    }
};

subtest 'the relying party says who registers' => sub {
    my $answer = newcomer()->register('not a name');
    is $answer->code, 400, 'a name it must be';
    $answer = newcomer()->register('somebody');
    is $answer->code, 200, 'a free one anybody gets, as MPinRegister has it' or diag $answer->as_string;
    is newcomer()->register('john')->code, 403, 'but not one that has a password here';
    is newcomer()->register('anna@example.org')->code, 403, 'nor one that has a PIN';
};

subtest 'the private endpoints are nobody else\'s' => sub {
    my ($host, @json) = ("127.0.0.1:$site", headers => ['Content-Type' => 'application/json'], body => '{"authOTT":"00"}');
    for my $path ('/authenticate', '/loginResult', '/user/00', '/rps/../authenticate', "/$secret/authenticate") {
        my $answer = request($site, POST => $path, @json);
        ok $answer->code == 404 || $answer->code == 400, "$path is nothing in front" or diag $answer->as_string;
        is request($Issuer::port, POST => $path =~ s{/rps/\.\.}{}r, @json)->code, $path =~ /$secret/ ? 408 : 403,
            'and the RPS wants the secret' if $path ne '/user/00' && $path ne '/loginResult';
    }
    is request($site, POST => '/mpinVerify', headers => ['Content-Type' => 'application/json'],
        body => '{"userId":"eve","mpinId":"00"}')->code, 403, 'nor does anybody but the RPS ask who may register';
};

subtest 'an RPS that is away is waited for' => sub {
    my $browser = newcomer();
    my $ott = ott($browser, $device, $device->{pin});
    $rps->stop;
    my $answer = $browser->authenticate($ott);
    is $answer->code, 502, 'nobody is let in meanwhile';
    is json_of($answer)->{code}, 'rps_unreachable', 'which is told';
    $rps->start;
    is $browser->authenticate($ott)->code, 200, 'the same proof is good when it is back';
    ok inside($browser), 'and inside';
};

subtest 'a relying party that is away is waited for' => sub {
    my $direct = browser($Issuer::port, visited => 1);
    $direct->settings;
    $server->stop;
    my $answer = $direct->register('carol@example.org');
    is $answer->code . (json_of($answer)->{code} // ''), '500application_failed', 'nobody registers meanwhile';
    is json_of($direct->get("/rps/timePermit/$device->{mpinId}"))->{code}, 'application_failed', 'nor gets a permit';
    $server->start;
    is $direct->register('carol@example.org')->code, 200, 'they do when it is back';
};

my @wrong = grep { !/MPIN0311|MPIN041\d|AH10159/ } grep { /\[\w*:(?:error|crit|alert|emerg)\]|exit signal/ }
    split /\n/, Server::log_text() . Issuer::log_text();
is_deeply \@wrong, [], 'the logs hold nothing unexpected';
unlike Server::log_text() . Issuer::log_text(), qr/\Q$secret\E/, 'nor the secret';

done_testing;
