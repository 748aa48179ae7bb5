#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A login page that waits, and one whose site has changed meanwhile: it leads to the place all the same.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $port = $ENV{PORT};
my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
plan skip_all => 'no libfaketime' if !$library;

my $server;
sub at {
    my ($offset, $conf) = @_;
    $server->stop if $server;
    $server = Server->new(conf => $conf // '', env => {LD_PRELOAD => $library, FAKETIME => $offset})->start;
    return;
}

sub plain { return MPin::Browser::plain($_[0]) }

my $place = '/protected/?waits=1&for=long';
at('+0s');
my $device = browser($port)->sign_in('john')->enrol('john', '4711');

# A browser that opens the login page now.
sub opens {
    my $browser = browser($port);
    return ($browser, $browser->visit($browser->visit($place)->header('Location')));
}

sub submit {
    my ($browser, $page, @headers) = @_;
    return $browser->post_form('/login', {%{$browser->fields($page)}, username => 'john', password => 'john-secret'}, @headers);
}

sub leads_to {
    my ($browser, $answer) = @_;
    return plain($browser->visit($answer->header('Location') // '/')->content =~ /success="([^"]*)"/ ? $1 : '(nowhere)');
}

sub pin_leads_to {
    my ($browser, $page) = @_;
    my ($back) = $page->content =~ /<mpin-pad[^>]* return="([^"]*)"/;
    return json_of($browser->authenticate($browser->ott($device), return => plain($back)))->{location};
}

subtest a_kept_address_asks_for_what_the_place_asks_for_by_now => sub {
    at('+0s');
    my ($browser, $page) = opens();
    my $login = $browser->visit($place)->header('Location');
    like $page->content, qr/type="password"/, 'at first a password is enough';
    my $before = browser($port)->sign_in('john');
    at('+60s', "<Location /protected>\nMPinLoginMethods pin\n</Location>\n");
    unlike $browser->visit($login)->content, qr/type="password"/, 'later a PIN is wanted';
    like $browser->visit($login)->content, qr/<mpin-pad/, 'there is the pad';
    like $before->visit($login)->content, qr/<mpin-pad/, 'also for who signed in before';
    is pin_leads_to($browser, $browser->visit($login)), $place, 'which leads on';
    is $browser->visit($place)->code, 200, 'in';
    at('+120s', "<Location /protected>\nMPinLoginMethods password\n</Location>\n");
    like $browser->visit($login)->content, qr/type="password"/, 'and another time a password, which they have not shown';
};

for my $case (['two hours', '+2h'], ['overnight', '+14h'], ['a holiday', '+15d'], ['a month', '+31d']) {
    my ($name, $later) = @$case;
    at('+0s');
    my @password = opens();
    my @pin = opens();
    my @says = opens();
    at($later);
    subtest "a_login_page_that_waited_leads_to_its_place: $name" => sub {
        is leads_to($says[0], submit(@says, 'Sec-Fetch-Site' => 'same-origin')), $place, 'by password, as browsers send it';
        my $answer = submit(@password);
        if ($later eq '+31d') {
            is $answer->code, 403, 'a form that nothing shows to be of this browser comes once more';
            $answer = submit($password[0], $answer);
        }
        is leads_to($password[0], $answer), $place, 'by password';
        $pin[0]->settings if $later eq '+31d'; # the page is loaded again
        is pin_leads_to(@pin), $place, 'and by PIN';
    };
}

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
