#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What was withdrawn stays withdrawn for as long as any cookie that it hits could open: whichever vhost sealed it, however
# long ago, and whatever the configuration says by now.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my ($login, $app) = ($ENV{PORT}, $ENV{PORT} + 3);
my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
plan skip_all => 'no libfaketime' if !$library;

# The main server is the login host, whose sessions last long; the application's are short.
sub site_with {
    my ($long, $short, %more) = @_;
    return Server->new(conf => <<"END", %more);
Listen 127.0.0.1:$app
MPinPublicURL http://127.0.0.1:$login
MPinSessionRealm company
MPinSessionIdleTimeout $long
MPinSessionMaxDuration $long
LogLevel auth_mpin:debug
<VirtualHost 127.0.0.1:$app>
    MPinPublicURL http://127.0.0.1:$app
    MPinSessionIdleTimeout $short
    MPinSessionMaxDuration $short
</VirtualHost>
END
}

my $server;

# The server, as it is so much later.
sub at {
    my ($offset, @durations) = @_;
    $server->stop if $server;
    $server = site_with(@durations, env => {LD_PRELOAD => $library, FAKETIME => $offset})->start;
    return;
}

sub is_in { return $_[0]->copy->visit('/protected/')->code == 200 }

# The same browser at the other port: cookies know none.
sub at_port {
    my ($browser, $port) = @_;
    my $other = $browser->copy;
    $other->{port} = $port;
    $other->{origin} = undef;
    return $other;
}

# Signs in once more beside the session that is there: /login shows its form to whoever has none.
sub step_up {
    my $browser = shift;
    my $without = $browser->copy;
    delete $without->{cookies}{mpin};
    my $fields = $without->fields($without->visit('/login'));
    my $answer = $browser->post_form('/login', {%$fields, username => 'john', password => 'john-secret'});
    is $answer->code, 303, 'signed in once more';
    return $browser;
}

subtest 'logout_outlives_the_longest_cookie' => sub {
    at('+0s', '8h', '10min');
    my $john = browser($login)->sign_in('john');
    ok is_in(at_port($john, $app)), 'one realm: the application takes the session';
    is at_port($john, $app)->sign_out->code, 303, 'signed out at the application';
    ok !is_in($john), 'so at the login host';
    at('+1h', '8h', '10min');
    ok !is_in($john), 'an hour later, in new children, too';
    at('+7h', '8h', '10min');
    ok !is_in($john), 'and as long as the cookie would open';
};

subtest 'a step-up at the application ends the longer session that it replaces' => sub {
    at('+0s', '8h', '10min');
    my $john = browser($login)->sign_in('john');
    my $app_side = at_port($john, $app);
    step_up($app_side);
    isnt $app_side->cookie('mpin'), $john->cookie('mpin'), 'a new session';
    at('+1h', '8h', '10min');
    ok !is_in($john), 'the old one is not forgotten to be void';
};

subtest 'a sign-out of the shorter session ends all longer ones of its family' => sub {
    at('+0s', '8h', '10min');
    my $john = browser($login)->sign_in('john');
    my $app_side = at_port($john, $app);
    step_up($app_side);
    my $back = step_up(at_port($app_side, $login));
    ok is_in($back), 'a third session of one family, sealed for eight hours';
    is $app_side->sign_out->code, 303, 'signed out with the second';
    ok !is_in($back), 'ends the third';
    at('+1h', '8h', '10min');
    ok !is_in($back), 'for good';
};

subtest 'a duration that was lowered makes no sign-out shorter' => sub {
    at('+0s', '8h', '8h');
    my $john = browser($login)->sign_in('john');
    at('+60s', '5min', '5min');
    is $john->copy->sign_out->code, 303, 'signed out after the duration was lowered';
    at('+1h', '8h', '8h');
    ok !is_in($john), 'and it is raised again';
};

subtest 'nor does a reload between the sign-in and the sign-out, seen by children of both' => sub {
    at('+0s', '8h', '8h');
    my $john = browser($login)->sign_in('john');
    my $other = browser($login)->sign_in('john');
    site_with('5min', '5min');
    $server->renew('USR1');
    is $john->copy->sign_out->code, 303, 'signed out after the reload';
    ok !is_in($john), 'and out';
    ok is_in($other), 'another sign-in of the same user is not';
    site_with('8h', '8h');
    $server->renew('USR1');
    ok !is_in($john), 'out after one more reload';
    at('+7h', '8h', '8h');
    ok !is_in($john), 'and seven hours later';
};

subtest 'devices and users that are withdrawn by other vhosts stay so' => sub {
    at('+0s', '8h', '10min');
    my $owner = browser($login)->sign_in('john');
    my $device = $owner->enrol('john', '7391');
    my $thief = browser($login);
    $thief->visit('/login');
    is $thief->pin_login($device)->code, 200, 'a session by PIN at the login host';
    # A new device in its place, whose first login at the application withdraws the old one.
    my $shorter = at_port($owner, $app);
    my $new = $shorter->enrol('john', '8642', replaces => $device->{mpinId});
    my $browser = browser($app);
    $browser->visit('/login');
    is $browser->pin_login($new)->code, 200, 'the new device signs in';
    ok !is_in($thief), 'the old one is withdrawn, and its session over';
    at('+1h', '5min', '5min');
    at('+2h', '8h', '10min');
    ok !is_in($thief), 'two hours and two configurations later, too';
};

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
