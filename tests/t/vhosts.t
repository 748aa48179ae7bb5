# SPDX-License-Identifier: Apache-2.0
# Two sites of one server share store and keys, and nothing that somebody holds is worth anything on the other.
use strict;
use warnings;
use Test::More;
use MPin;

from(24);

my $here = browser(site)->sign_in('john');
my $device = $here->enrol('john', '1234');

# The same cookies, sent to another site under the names that it uses.
sub taken_to {
    my ($browser, $port, $name) = @_;
    my %cookies = map { s/^mpin/$name/r => $browser->{cookies}{$_} } keys %{$browser->{cookies}};
    return browser($port, cookies => \%cookies);
}

subtest 'no session crosses' => sub {
    is $here->who, 'john', 'here';
    is taken_to($here, strict, 'strict')->who, '', 'not on a site with another cookie name';
    is taken_to($here, closed, 'mpin')->who, '', 'nor on one with the same';
    is taken_to($here, public, '__Host-mpin')->who, '', 'nor on one with another public URL';
    is $here->who, 'john', 'and here still';
};

subtest 'no login state crosses' => sub {
    my $browser = browser(site);
    my $fields = $browser->fields($browser->visit('/login'));
    my $there = taken_to($browser, closed, 'mpin');
    is $there->post_form('/login', {%$fields, username => 'john', password => 'john-secret'})->code, 403, 'no form token';
};

subtest 'no authOTT crosses' => sub {
    my $browser = browser(site);
    $browser->visit('/login');
    my $ott = $browser->ott($device);
    is taken_to($browser, closed, 'mpin')->authenticate($ott)->code, 408, 'with the cookie of here';
    my $there = browser(closed);
    $there->visit('/login');
    is $there->authenticate($browser->ott($device))->code, 408, 'with one of there';
};

subtest 'no known browser crosses' => sub {
    from(241);
    early_in_a_minute();
    browser(strict)->post_password('user36', 'wrong') for 1 .. 3;
    my $known = browser(site)->sign_in('user36');
    delete $known->{cookies}{mpin};
    is taken_to($known, strict, 'strict')->post_password('user36', 'user36-secret')->code, 429, 'it is a stranger there';
    from(24);
};

subtest 'one person, one device, both sites: the realm of names is the server\'s' => sub {
    my $there = browser(closed);
    $there->visit('/login');
    is $there->pin_login($device)->code, 200, 'the PIN is good there too';
    is $there->who, 'john', 'as the same user';
    is taken_to($there, site, 'mpin')->who, '', 'and that session does not cross either';
    $there->sign_out;
    is $here->who, 'john', 'signing out there ends nothing here';
};

done;
