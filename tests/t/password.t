# SPDX-License-Identifier: Apache-2.0
# The password form.
use strict;
use warnings;
use Test::More;
use List::Util qw(max min);
use Time::HiRes 'time';
use MPin;

from(18);

subtest 'a right password signs in, and a reload posts nothing again' => sub {
    my $browser = browser(site);
    my $answer = $browser->post_password('john', 'john-secret');
    is $answer->code, 303, 'POST, redirect';
    like $answer->header('Location'), qr{^/login\?offer=1$}, 'to the offer of a PIN';
    is $browser->visit($answer->header('Location'))->code, 200, 'GET';
    is $browser->who, 'john', 'signed in';
    like $browser->visit('/login')->content, qr/signed in as john/, 'the login page says so';
};

subtest 'a wrong one shows the page again' => sub {
    for my $case (['john', 'wrong'], ['nobody', 'john-secret'], ['john', ''], ['', 'john-secret'], ['JOHN', 'john-secret'],
        ['john', 'JOHN-SECRET'], ['john', "john-secret\n"], ['john', 'x' x 1025], ['a:b', 'x'], ['x' x 255, 'x'],
        ["john\t", 'x'], ['john', 'john-secret' . 'x' x 100], ['j%00hn', 'x']) {
        my $browser = browser(site);
        my $answer = $browser->post_password(@$case);
        is $answer->code, 401, 'refused: ' . MPin::Browser::escape(substr "@$case", 0, 30);
        like $answer->content, qr/That name or password isn&#39;t right\.|A name here has no/, 'in the known words';
        unlike $answer->content, qr/value="\Q$case->[1]\E"/, 'without the password' if length $case->[1];
        is $browser->who, '', 'nobody is signed in';
        is $answer->header('WWW-Authenticate'), 'MPin realm="Wiki"', 'no dialogue of the browser\'s';
    }
};

subtest 'a name is canonical' => sub {
    my $browser = browser(site);
    is $browser->post_password(' Anna@Example.ORG ', 'anna@example.org-secret')->code, 303, 'an address in capitals';
    is $browser->who, 'anna@example.org', 'is the address';
    is browser(site)->sign_in("o'brien")->who, "o'brien", 'an apostrophe is a letter';
};

subtest 'the form\'s token is this browser\'s' => sub {
    my $browser = browser(site);
    my $fields = $browser->fields($browser->visit('/login'));
    my %login = (username => 'john', password => 'john-secret');
    my $refused = sub {
        my ($who, $name, %fields) = @_;
        my $answer = $who->post_form('/login', {%login, %fields});
        is $answer->code, 403, $name;
        like $answer->content, qr/open too long/, 'the page says what to do';
        is $who->who, '', 'nobody is signed in';
    };
    $refused->($browser, 'no token');
    $refused->($browser, 'a wrong token', csrf => 'x');
    $refused->($browser, 'half a token', csrf => substr $fields->{csrf}, 0, 20);
    my $other = browser(site);
    $other->visit('/login');
    $refused->($other, 'another browser\'s token', %$fields);
    my $again = $other->post_form('/login', {%login, csrf => 'x'});
    is $other->post_form('/login', {%login, %{$other->fields($again)}})->code, 303, 'the page shown again works';
};

subtest 'who brings no cookie back is told, and keeps the way' => sub {
    my $browser = browser(site);
    my $login = $browser->visit('/protected/?a=b')->header('Location');
    my $form = $browser->visit($login);
    my $answer = browser(site)->post_form('/login', {%{$browser->fields($form)}, username => 'john', password => 'john-secret'});
    is $answer->code, 400, 'a page, not a redirect';
    like $answer->content, qr/switch cookies on/, 'that says so';
    like $answer->content, qr{href="/login\?return=%2fprotected%2f%3fa%3db"}, 'and leads to the same page again';
};

# Its sign-in has taken the pre-login cookie away; a browser that has others of ours has no cookies off.
subtest 'a form of before another tab signed in still works once that one has signed out' => sub {
    my $tab = browser(site);
    my %form = (%{$tab->fields($tab->visit('/login'))}, username => 'john', password => 'john-secret');
    $tab->sign_in('john');
    my $expired = $tab->copy;
    $tab->sign_out;
    $expired->{cookies}{mpin} = 'over';
    for my $again ($tab, $expired) {
        is $again->cookie('mpin-login'), undef, 'there is no pre-login cookie';
        my $old = $again->post_form('/login', \%form);
        is $old->code, 403, 'a browser that does not say who sent the form gets a new one';
        like $old->content, qr/open too long/, 'and is told why';
        delete $again->{cookies}{'mpin-login'};
        is $again->post_form('/login', \%form, 'Sec-Fetch-Site' => 'same-origin')->code, 303, 'from one that says it is ours the form counts';
    }
};

# The file's passwords are bcrypt at its least cost, but slow's is at one where time can be told.
subtest 'an unknown user takes as long as a known one' => sub {
    my $browser = browser(site);
    my $fields = $browser->fields($browser->visit('/login'));
    my $time = sub {
        my $began = time;
        $browser->post_form('/login', {%$fields, username => shift, password => 'wrong'});
        return time - $began;
    };
    $time->('slow') for 1 .. 2;
    my (@known, @unknown);
    for (1 .. 20) {
        push @known, $time->('slow');
        push @unknown, $time->("nobody$_");
    }
    cmp_ok min(@unknown), '>', 0.5 * min(@known), 'not much less';
    cmp_ok min(@unknown), '<', 2 * min(@known), 'not much more';
};

subtest 'wrong passwords are throttled, by account and by address' => sub {
    from(181);
    early_in_a_minute();
    my $wrong = sub { browser(strict)->post_password($_[0], 'wrong')->code };
    is $wrong->('user38'), 401, "user38, time $_" for 1 .. 3;
    my $answer = browser(strict)->post_password('user38', 'user38-secret');
    is $answer->code, 429, 'then even the right one waits';
    like $answer->header('Retry-After'), qr/^([1-9]|[1-5]\d|60)$/, 'it is told how long';
    like $answer->content, qr/Too many tries. Again in \d+ s/, 'on the page too';
    from(182);
    is $wrong->('user38'), 429, 'from another address as well';
    is $wrong->('user39'), 401, 'another account is free';
    is $wrong->("nobody$_"), 401, "nobody$_" for 1 .. 5;
    is $wrong->('nobody9'), 429, 'until the address has had its share';
    from(183);
    is browser(strict)->post_password('user1', 'user1-secret')->code, 303, 'elsewhere life goes on';
    from(18);
};

subtest 'stranger_cannot_block_a_known_browser' => sub {
    from(184);
    early_in_a_minute();
    my $home = browser(strict)->sign_in('user2');
    $home->sign_out;
    from(185);
    browser(strict)->post_password('user2', 'wrong') for 1 .. 4;
    is browser(strict)->post_password('user2', 'user2-secret')->code, 429, 'strangers have blocked the account';
    is browser(strict)->post_password('user3', 'wrong')->code, 401, 'and nearly the address';
    browser(strict)->post_password("nobody$_", 'wrong') for 1 .. 6;
    is browser(strict)->post_password('user3', 'user3-secret')->code, 429, 'and now the address';
    is $home->post_password('user2', 'user2-secret')->code, 303, 'the browser that was here before is let in';
    $home->sign_out;
    is $home->post_password('user3', 'user3-secret')->code, 429, 'as this user only';
    from(18);
};

subtest 'office_of_500_behind_one_nat_signs_in' => sub {
    from(186);
    # Five at a time, as an attempt under way counts until it has ended well, and this site bears six failures.
    my @codes = in_parallel(5, sub {
        my $process = shift;
        my $browser = browser(strict);
        my $fields = $browser->fields($browser->visit('/login'));
        my $cookie = $browser->cookie('strict-login');
        my %seen;
        for my $n (1 .. 100) {
            my $clean = browser(strict, cookies => {'strict-login' => $cookie});
            my $name = 'user' . (6 * $process + $n % 6);
            $seen{$clean->post_form('/login', {%$fields, username => $name, password => "$name-secret"})->code}++;
        }
        return map { "$_ x $seen{$_}" } sort keys %seen;
    });
    is_deeply \@codes, [('303 x 100') x 5], 'everybody is let in';
    from(18);
};

subtest 'no password login where there is none' => sub {
    is request(off, 'POST', '/login', body => 'username=john&password=x')->code, 404, 'engine off';
};

done;
