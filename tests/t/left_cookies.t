# SPDX-License-Identifier: Apache-2.0
# What a browser carries from its login on: the way to the login is over, and its cookie goes with it, unless something
# still waits in it; and no other tab that was at its own login loses anything by that.
use strict;
use warnings;
use Test::More;
use MPin;

from(66);

sub cookies { return join ' ', sort keys %{$_[0]{cookies}} }

sub at_login {
    my $browser = browser(site);
    $browser->visit('/login?return=/protected/');
    is cookies($browser), 'mpin-login', 'before a login: what it is bound to';
    return $browser;
}

subtest 'the_way_to_a_login_leaves_no_cookie' => sub {
    my $browser = at_login();
    is $browser->post_password('john', 'john-secret', '/login')->code, 303, 'a password signs in';
    is cookies($browser), 'mpin mpin-known', '... and its way is over';
    $browser->visit('/login?offer=1');
    $browser->visit('/login');
    $browser->visit('/account');
    $browser->settings;
    is cookies($browser), 'mpin mpin-known', 'a page of ours that asks for nothing sets none';

    my $registered = json_of($browser->register('john'));
    is cookies($browser), 'mpin mpin-known mpin-login', 'what registers is bound to one';
    my $device = $browser->finish($registered, '1234');
    is cookies($browser), 'mpin mpin-known', '... until the identity is there';
    $browser->sign_out;
    $browser->visit('/login');
    is $browser->pin_login($device)->code, 200, 'a PIN signs in';
    is cookies($browser), 'mpin mpin-known', '... and its way is over, too';
    is $browser->visit('/protected/')->code, 200, 'the page opens';
};

subtest 'another_tab_goes_on_after_the_login_took_the_cookie' => sub {
    my $browser = browser(site)->sign_in('john');
    my $device = $browser->enrol('john', '1234');
    $browser->sign_out;
    my $form = $browser->fields($browser->visit('/login'));
    my $pass1 = $browser->pass1($device);
    is $browser->pin_login($device)->code, 200, 'one tab signs in';
    is cookies($browser), 'mpin mpin-known', '... and takes the cookie';
    my $ott = json_of($browser->pass2($device, '1234', $pass1))->{authOTT};
    is $browser->authenticate($ott)->code, 200, 'one that was between pass1 and pass2 signs in';
    is cookies($browser), 'mpin mpin-known', '... without a cookie that stays';
    is $browser->post_form('/login', {%$form, username => 'jane', password => 'jane-secret'})->code, 303,
        'and one that shows the form signs in, too';
    is $browser->who, 'jane', 'the last one counts';

    my $strange = $browser->copy;
    delete $strange->{cookies}{'mpin-login'};
    is $strange->request(POST => '/login', body => MPin::Browser::form({%$form, username => 'john', password => 'john-secret'}),
        headers => [Accept => 'text/html', 'Content-Type' => 'application/x-www-form-urlencoded'])->code, 403,
        'a form of which no browser says that it is of our pages does not count';
    is $strange->post_form('/login', {%$form, username => 'john', password => 'john-secret'}, 'Sec-Fetch-Site' => 'same-origin')->code, 303,
        'one of which it does counts';
};

subtest 'one_time_tokens_stay_with_their_browser' => sub {
    my $browser = browser(site)->sign_in('john');
    my $device = $browser->enrol('john', '1234');
    $browser->pin_login($device);
    my $ott = $browser->ott($device);
    is cookies($browser), 'mpin mpin-known mpin-login', 'a proof of somebody who is signed in is bound anew';
    is browser(site)->authenticate($ott)->code, 408, '... and worth nothing elsewhere';
    $ott = $browser->ott($device);
    my $thief = $browser->copy;
    delete $thief->{cookies}{'mpin-login'};
    is $thief->authenticate($ott)->code, 408, '... nor without its cookie';
};

subtest 'what_waits_keeps_its_cookie' => sub {
    my $browser = at_login();
    is $browser->register('who-waits@example.org')->code, 200, 'a registration has begun';
    $browser->sign_in('john');
    is cookies($browser), 'mpin mpin-known mpin-login', '... and goes on behind a login by password';
};

done;
