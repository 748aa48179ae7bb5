# SPDX-License-Identifier: Apache-2.0
# The way back: after a sign-in one is at the very URL that was asked for (docs/security.md, "Where a login leads").
use strict;
use warnings;
use Test::More;
use MPin;

from(35);
expect_in_log(qr/AH01631: user jane/, qr/AH01630: client denied/, qr/File name too long/);

my $john = browser(site)->sign_in('john');
my $device = $john->enrol('john', '4711');

sub plain { return MPin::Browser::plain($_[0]) }
sub login_for { return $_[0]->visit($_[1])->header('Location') }

# Fills in the password form of a page as a browser does: to the form's own address, with all of its fields.
sub submit {
    my ($browser, $page, $name, @headers) = @_;
    my ($action) = $page->content =~ /<form method="post" action="([^"]*)"/;
    return $browser->post_form(plain($action),
        {%{$browser->fields($page)}, username => $name, password => "$name-secret"}, @headers);
}

# Where a login leads in the end, whose answer is `$answer`: the offer of a PIN comes before.
sub leads_to {
    my ($browser, $answer) = @_;
    my ($onward) = $browser->visit($answer->header('Location') // '/')->content =~ /success="([^"]*)"/;
    return plain($onward // '(nowhere)');
}

# The same for the pad on a page.
sub pin_leads_to {
    my ($browser, $page) = @_;
    my ($back) = $page->content =~ /<mpin-pad[^>]* return="([^"]*)"/;
    return json_of($browser->authenticate($browser->ott($device), return => plain($back)))->{location};
}

sub comes_back {
    my ($place, $name) = @_;
    my $browser = browser(site);
    is leads_to($browser, submit($browser, $browser->visit(login_for($browser, $place)), 'john')), $place, "$name, by password";
    my $other = browser(site);
    is pin_leads_to($other, $other->visit(login_for($other, $place))), $place, "$name, by PIN";
}

# A place whose login page's request line, "GET /login?return=PLACE HTTP/1.1", has `$room` bytes left of httpd's limit.
sub place_of {
    my $length = shift;
    return '/protected/?' . 'a' x ($length - length '/protected/?');
}

subtest a_long_place_comes_back_byte_for_byte => sub {
    comes_back(place_of($_), "$_ bytes") for 512, 513, 4096, 7000, 8100;
    my $query = join '&', map { "filter%5B$_%5D=a+b%20c&s=/x/y?z" } 100 .. 199;
    comes_back("/protected/?$query", length($query) . ' bytes of fields');
    comes_back('/protected/' . '%C3%A9/' x 580, 'a path of letters');
};

subtest the_longest_place_is_the_longest_that_a_request_line_takes => sub {
    my ($last, $first_that_is_not) = (0, 9000);
    while ($first_that_is_not - $last > 1) {
        my $middle = int(($last + $first_that_is_not) / 2);
        my $login = login_for(browser(site), place_of($middle)) // '';
        if ($login =~ /return=/) { $last = $middle } else { $first_that_is_not = $middle }
    }
    cmp_ok $last, '>=', 8100, "$last bytes";
    comes_back(place_of($last), 'the longest');
    my $browser = browser(site);
    my $answer = $browser->visit(place_of($last + 1));
    is $answer->header('Location'), '/login?long=1', 'one byte more';
    my $page = $browser->visit('/login?long=1');
    is $page->code, 200, 'leads to a login page';
    like $page->content, qr/too long an address/, 'that says why';
    is leads_to($browser, submit($browser, $page, 'john')), '/', 'and signs in';
    is $browser->visit(place_of($last + 1))->code, 200, 'then the place is there';
};

subtest odd_but_valid_places_come_back_byte_for_byte => sub {
    comes_back($_, $_) for '/protected//x', '/protected/a%5Cb', '/protected/?q=%0A%0d', '/protected/?a+b=c%2Bd',
        '/protected/a;b=c;d?e;f', '/protected/?a=1&b=2&a=1&&=&return=/x&for=/y&switch=1', "/protected/it's(~)!*,\@\$",
        '/protected/caf%c3%a9%C3%A9', '/protected/?', '/protected/?%', '/protected/?%zz%4', '/protected/?q={"a":["b|c^`"]}<>',
        '/protected/%25/%2525', '/protected/?next=https://elsewhere.example//x', '/protected/?//', '/protected/.well-known/';
    my ($browser, $other) = (browser(site), browser(site));
    is leads_to($browser, submit($browser, $browser->visit('/login?return=/protected/a%252Fb'), 'john')),
        '/protected/a%2Fb', 'a slash that is none';
    is leads_to($other, submit($other, $other->visit(login_for($other, "/protected/caf\xc3\xa9")), 'john')),
        '/protected/caf%C3%A9', 'bytes that no URL has come back as a browser would have sent them';
};

subtest a_place_that_begins_with_two_slashes_comes_back => sub {
    for my $place ('//protected/x?y', '///protected//x') {
        my $browser = browser(site);
        is leads_to($browser, submit($browser, $browser->visit(login_for($browser, $place)), 'john')), "/.$place",
            "$place, as browsers take it for a path";
    }
};

subtest a_url_of_the_sites_own_is_its_path => sub {
    my $browser = browser(site);
    my $page = $browser->visit(login_at(to => origin(site) . '/pin-only/?x=1'));
    unlike $page->content, qr/type="password"/, 'the place is asked what it asks for';
    like $page->content, qr{<mpin-pad[^>]* return="/pin-only/\?x=1"}, 'and is where one gets';
    unlike $browser->visit("/login?to=$_")->content, qr/ return="[^"]/, "$_ is none"
        for origin(site) . '//evil.example', origin(site) . '@evil.example/', origin(site) . '.evil.example/';
};

subtest thirty_tabs_keep_their_places => sub {
    my $browser = browser(site);
    my @places = map { "/protected/?tab=$_" } 1 .. 30;
    my @pages = map { $browser->visit(login_for($browser, $_)) } @places;
    is leads_to($browser, submit($browser, $pages[$_], 'john')), $places[$_], "tab $_" for 0 .. 29;
};

subtest two_tabs_at_once_without_a_cookie_both_lead_on => sub {
    my $browser = browser(site);
    my @alone = map { $browser->copy } 1 .. 2;
    my @places = ('/protected/?one', '/protected/?two');
    my @pages = map { $alone[$_]->visit(login_for($alone[$_], $places[$_])) } 0, 1;
    $browser->{cookies} = {%{$alone[0]{cookies}}, %{$alone[1]{cookies}}}; # the second answer's cookie stays
    is leads_to($browser, submit($browser, $pages[$_], 'john', 'Sec-Fetch-Site' => 'same-origin')), $places[$_], $places[$_]
        for 0, 1;
    my $stale = browser(site);
    $stale->visit('/login');
    my $again = submit($stale, $pages[0], 'john');
    is $again->code, 403, 'a browser that does not say where its form stood is asked once more';
    is leads_to($stale, submit($stale, $again, 'john')), '/protected/?one', 'and keeps its place';
};

subtest the_address_of_a_login_page_is_a_bookmark => sub {
    my $login = login_for(browser(site), '/protected/?kept=1');
    my $other = browser(site);
    is leads_to($other, submit($other, $other->visit($login), 'john')), '/protected/?kept=1', 'in another browser';
    like $other->visit($login)->content, qr{class="primary" href="/protected/\?kept=1"}, 'who is signed in already goes on from there';
    my $none = browser(site);
    my $page = $none->visit($login);
    $none->{cookies} = {};
    my $refused = submit($none, $page, 'john');
    is $refused->code, 400, 'a form whose cookie did not come back';
    like $refused->content, qr/switch cookies on/, 'is told so';
    like $refused->content, qr{class="primary" href="\Q@{[login_at(return => '/protected/?kept=1')]}\E"}, 'and keeps its way';
};

subtest the_place_is_asked_anew_what_it_asks_for => sub {
    my $page = browser(site)->visit('/login?return=/pin-only/');
    like $page->content, qr/<mpin-pad/, 'a place that takes a PIN only: the pad';
    unlike $page->content, qr/type="password"/, 'and no password';
    like browser(site)->visit('/login?return=/protected/')->content, qr/type="password"/, 'another place: both';
    my $browser = browser(site)->sign_in('john');
    like $browser->visit('/login?return=/protected/')->content, qr/signed in as john/, 'who has shown enough goes on';
    unlike $browser->visit('/login?return=/pin-only/')->content, qr/signed in as john|type="password"/, 'who has not sees what is lacking';
    like $browser->visit("/login?return=$_")->content, qr/signed in as john/, "$_ asks for nothing"
        for '/login?return=/pin-only/', '/mpin/mpin.css', '/not-there/', '/all-denied/', '/basic/', '//', '/x/../..', '/' . 'x/' x 3000;
};

subtest a_post_that_met_the_login_leads_to_the_page_of_the_form => sub {
    for my $case (
        ["its page is known", '/protected/form?id=7', Referer => origin(site) . '/protected/form?id=7'],
        ['no Referer', '/'],
        ["another site's page", '/', Referer => 'https://evil.example/form'],
        ['a host that begins like ours', '/', Referer => origin(site) . '.evil.example/form'],
        ['the origin alone', '/', Referer => origin(site) . '/']) {
        my ($name, $place, @referer) = @$case;
        my $browser = browser(site);
        my $page = $browser->post_form('/protected/echo?takes=a-post', {precious => 1}, @referer);
        is $page->code, 401, "$name: the login";
        like $page->content, qr/not saved/, 'with a note';
        is leads_to($browser, submit($browser, $page, 'john')), $place, "then $place, by password";
        my $other = browser(site);
        is pin_leads_to($other, $other->post_form('/protected/echo?takes=a-post', {}, @referer)), $place, 'and by PIN';
    }
    my $answer = browser(site)->post_form('/uredirect/x', {}, Referer => origin(site) . '/page');
    is $answer->header('Location'), login_at(lost => 1, return => '/page'), 'a POST that is redirected';
    my $document = request(mount, POST => '/login-in-place/', host => 'documents', body => 'a=1',
        headers => [Accept => 'text/html', Referer => origin(mount) . '/page', 'Content-Type' => 'application/x-www-form-urlencoded']);
    like $document->content, qr/not saved/, 'and one whose login page is an ErrorDocument';
    like $document->content, qr{<mpin-pad[^>]* return="/page"}, 'leads there too';
};

subtest a_scripts_login_url_leads_to_what_is_lacking => sub {
    my @script = (Accept => 'application/json', 'Sec-Fetch-Mode' => 'cors', Referer => origin(site) . '/app?page=1');
    my $login_url = sub { return json_of($_[0]->request($_[1] => $_[2], headers => \@script))->{login_url} };
    my $browser = browser(site)->sign_in('john');
    is $browser->get('/protected/', @script)->code, 200, 'who has shown enough is let in';
    is $login_url->(browser(site), GET => '/protected/'), login_at(return => '/app?page=1'), 'a stranger comes back to the page';
    is $login_url->(browser(site), POST => '/pin-only/'), login_at(return => '/app?page=1', for => '/pin-only/', by => 'POST'),
        'with what it asks for, where that is more than any login';

    my $method = $login_url->($browser, GET => '/pin-only/');
    is $method, login_at(return => '/app?page=1', for => '/pin-only/'), 'another method: back to the page, with what it asked for';
    my $page = $browser->visit($method);
    like $page->content, qr/<mpin-pad/, 'that page has it';
    unlike $page->content, qr/type="password"|Continue/, 'and nothing else';
    is pin_leads_to($browser, $page), '/app?page=1', 'then the page is there again';
    is $browser->get('/pin-only/', @script)->code, 200, 'and the script is let in';

    sleep 5;
    my $fresh = $login_url->($browser, GET => '/fresh/');
    like $browser->visit($fresh)->content, qr/type="password"/, 'a fresh proof: the form again';
    is leads_to($browser, submit($browser, $browser->visit($fresh), 'john')), '/app?page=1', 'and back';
    is $browser->get('/fresh/', @script)->code, 200, 'and in';

    sleep 2;
    is $browser->get('/changed/', @script)->code, 200, 'a place that lets look';
    my $write = $login_url->($browser, POST => '/changed/');
    is $write, login_at(return => '/app?page=1', for => '/changed/', by => 'POST'), 'but not write';
    like $browser->visit($write)->content, qr/type="password"/, 'asks for what writing needs';
    like $browser->visit("/login?return=/app&for=/changed/&by=$_")->content, qr/signed in as john/, "by=$_ is a GET"
        for 'CONNECT', 'NONSENSE', '', 'post';
};

subtest not_for_this_account_says_whose_and_leads_to_another => sub {
    my $jane = browser(site)->sign_in('jane');
    my $refused = $jane->visit('/only-john/?x=1&y');
    is $refused->code, 403, 'jane may not';
    like $refused->content, qr/signed in as jane/, 'she sees as whom';
    my ($switch) = $refused->content =~ m{<a class="primary" href="([^"]*)">Sign in as somebody else};
    is $switch = plain($switch), login_at(return => '/only-john/?x=1&y', switch => 1), 'and may be somebody else';
    my $old = $jane->copy;
    my $page = $jane->visit($switch);
    like $page->content, qr/type="password"/, 'there is the form';
    unlike $page->content, qr/jane/, 'that does not take her for granted';
    is leads_to($jane, submit($jane, $page, 'john')), '/only-john/?x=1&y', 'john comes to the place';
    is $jane->visit('/only-john/')->code, 200, 'and in';
    is $jane->who, 'john', 'his session took the place of hers';
    is $old->who, '', 'which has ended';
    like $jane->visit('/login?return=/only-john/')->content, qr{href="/login\?return=%2fonly-john%2f&amp;switch=1">Sign in as somebody else},
        'the page that says who is signed in offers it, too';
    my $script = browser(site)->sign_in('jane')->get('/only-john/', Accept => 'application/json');
    is $script->code, 403, 'a script is told so';
    is json_of($script)->{code}, 'not_authorized', 'in its own words';
};

subtest a_look_ahead_does_nothing_else => sub {
    my $browser = browser(site)->sign_in('john');
    my $answer = $browser->visit('/login?return=/only-jane/');
    is $answer->code, 200, 'a place that is not theirs: the page all the same';
    is request(site, HEAD => '/login?return=/pin-only/')->content, '', 'HEAD has no page';
    my $before = MPin::error_log();
    $browser->visit("/login?return=$_") for '/x/../../y', '/protected/%2e%2e/%2e%2e/', '/%00', '/a%2fb', '/login', '/.mpin-refusal';
    unlike substr(MPin::error_log(), length $before), qr/\[\w+:error\]/, 'and nothing in the log';
};

done;
