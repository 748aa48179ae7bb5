# SPDX-License-Identifier: Apache-2.0
# Trusted logins: another module of httpd's says who somebody is (mod_auth_basic, in all roles), and nothing else does.
use strict;
use warnings;
use Test::More;
use MPin;
use Trusted;

from(63);
expect_in_log(qr/AH0161[78]|AH01630|AH01631|AH01374|unable to include/); # mod_auth_basic's and mod_include's own words

sub house { my ($host) = @_; return browser(public, host => $host // 'trusted.example', origin => 'https://' . ($host // 'trusted.example')) }
sub land { my ($browser, $name, @headers) = @_; return $browser->get("/trusted/$name", page, @headers) }

# From the button to the session; the answer at the place.
sub come {
    my ($browser, $login, $user, %how) = @_;
    my $begin = $browser->visit("/login/with/$login" . ($how{query} // ''));
    is $begin->code . location($begin), "302/trusted/$login" . ($how{anew} // ''), 'it begins' if $how{tell};
    return land($browser, $login, defined $user ? basic($user) : (), @{$how{headers} // []});
}

sub whoami { my $browser = shift; return MPin::json_of($browser->get('/whoami'))->{env} // {} }
sub name_of { return whoami($_[0])->{REMOTE_USER} // '' }

sub refused {
    my ($browser, $answer, $text, $what) = @_;
    is $answer->code, 403, "$what: refused";
    like $answer->content, qr{<h1 class="note flash danger">Login failed!</h1>}, '... by a page of ours';
    like $answer->content, qr{$text}, '... which says why';
    like $answer->content, qr{href="/login/with/\w+[^"]*">Try again<}, '... and has another try';
    is name_of($browser), '', '... and nobody is signed in';
}

subtest 'a trusted login signs in' => sub {
    my $browser = house;
    my $page = $browser->visit('/login?return=/protected/%3Fa=1');
    like $page->content, qr{<a class="plain" href="/login/with/corp\?return=[^"]+" data-trusted="corp"[^>]*><img src="/icons/corp.svg"[^>]*> Company &amp; friends</a>}, 'a button for each';
    like $page->content, qr{data-trusted="corp".*data-trusted="other".*data-trusted="house"}s, 'in order';
    my ($href) = $page->content =~ m{href="(/login/with/corp[^"]*)"};
    my $begin = $browser->visit(MPin::Browser::plain($href));
    is $begin->code . location($begin), '302/trusted/corp', 'it leads to its place';
    my $asked = land($browser, 'corp');
    is $asked->code, 401, 'which asks';
    like $asked->header('WWW-Authenticate'), qr/^Basic realm="the other module"/, 'as the other module does';
    like $asked->content, qr{Login failed!.*href="/login/with/corp\?return=}s, 'with a page of ours behind it';
    my $in = land($browser, 'corp', basic('john'));
    is $in->code . location($in), '303/login?offer=1&return=%2fprotected%2f%3fa%3d1', 'it signs in, and offers a PIN';
    $browser->visit(location($in));
    is join(' ', sort keys %{$browser->{cookies}}), '__Host-mpin __Host-mpin-known', '... where the way to it is over';
    is name_of($browser), 'corp:john', 'by a name of its own';
    is $browser->visit('/protected/')->code, 200, 'protected pages open';
    my $env = whoami($browser);
    is $env->{MPIN_PROVIDER}, 'corp', 'applications see the provider';
    is $env->{MPIN_SUBJECT}, 'john', '... what it calls the user';
    is $env->{MPIN_AMR}, 'trusted', '... and how';
    ok !exists $env->{MPIN_EMAIL}, 'no e-mail, of which nobody has said anything';
    is $browser->visit('/amr/')->code, 200, 'Require mpin-amr trusted lets in';
};

subtest 'same_name_from_two_providers_is_two_users' => sub {
    my ($one, $other, $house) = (house, house, house);
    come($one, 'corp', 'john');
    come($other, 'other', 'john');
    come($house, 'house', 'john');
    is name_of($one), 'corp:john', 'the one';
    is name_of($other), 'other:john', 'the other';
    is name_of($house), 'john', 'and with as-local the local one';
    isnt whoami($one)->{MPIN_SESSION}, whoami($other)->{MPIN_SESSION}, 'each has a session of their own';
    is $one->visit('/corp-only/')->code, 200, 'MPinLoginMethods takes the one that it names';
    is $other->visit('/corp-only/')->code, 302, 'and no other';
    is $other->visit('/amr-other/')->code, 200, 'so does Require mpin-amr';
    is $one->visit('/amr-other/')->code, 303, '... and asks who came by another';
    my $login = $other->visit(location($other->visit('/corp-only/')));
    like $login->content, qr{data-trusted="corp"}, 'to whom that one is offered';
    unlike $login->content, qr{data-trusted="other"|type="password"|<mpin-pad}, 'and nothing else';
};

subtest 'trusted_login_needs_the_prelogin_cookie_that_awaits_it' => sub {
    my $browser = house;
    refused($browser, land($browser, 'corp', basic('john')), 'did not begin in this browser', 'without a beginning');
    $browser = house;
    $browser->visit('/login');
    refused($browser, land($browser, 'corp', basic('john')), 'did not begin', 'with a pre-login cookie that awaits nothing');
    $browser = house;
    $browser->visit('/login/with/other');
    refused($browser, land($browser, 'corp', basic('john')), 'did not begin', 'with one that awaits another');
    $browser = house;
    $browser->visit('/login/with/corp');
    my $thief = $browser->copy;
    is land($browser, 'corp', basic('john'))->code, 303, 'once';
    refused($thief, land($thief, 'corp', basic('jane')), 'did not begin', 'replayed by a thief of the cookie');
    $browser = house;
    $browser->visit('/login/with/corp');
    my $name = '__Host-mpin-login';
    substr($browser->{cookies}{$name}, 30, 1) = substr($browser->{cookies}{$name}, 30, 1) eq 'A' ? 'B' : 'A';
    refused($browser, land($browser, 'corp', basic('john')), 'did not begin', 'with a changed one');
};

subtest 'trusted_login_needs_the_named_module' => sub {
    my $browser = house;
    $browser->visit('/login/with/other');
    refused($browser, $browser->get('/trusted/other?open', page), 'not set up as it should be', 'an open place');
    $browser->visit('/login/with/other');
    refused($browser, $browser->get('/trusted/other?open', page, basic('john')), 'not set up', 'an open place, whatever the client says');
    $browser->visit('/login/with/house');
    is land($browser, 'house', basic('jane'))->code, 303, 'jane is here';
    is name_of($browser), 'jane', 'by a session of ours';
    $browser->visit('/login/with/other');
    my $answer = $browser->get('/trusted/other?mpin', page);
    is $answer->code, 403, 'a place guarded by us signs nobody in';
    is name_of($browser), 'jane', 'anew';
    $browser = house;
    $browser->visit('/login/with/anybody');
    refused($browser, land($browser, 'anybody', basic('', 'x')), 'not set up', 'an empty user');
    $browser->visit('/login/with/other');
    my $jane = land($browser, 'other', basic('jane'));
    is $jane->code, 401, 'somebody whom a Require there refuses';
    like $jane->content, qr{Login failed!.*Try again}s, '... gets a page of ours';
    is name_of($browser), '', '... and no session';
};

subtest 'trusted_login_is_a_page_that_is_opened' => sub {
    my $browser = house;
    for my $method (qw(POST HEAD PUT OPTIONS)) {
        $browser->visit('/login/with/corp');
        my $answer = $browser->request($method => '/trusted/corp', headers => [page, basic('john'), Origin => 'https://trusted.example'],
            $method =~ /P[OU]/ ? (body => '') : ());
        is $answer->code, 405, "$method: no";
        is $answer->header('Allow'), 'GET', '... but GET' if $method ne 'OPTIONS';
        is name_of($browser), '', '... and nobody is signed in';
    }
    for my $sign (['Sec-Purpose', 'prefetch;prerender'], ['Purpose', 'prefetch'], ['X-Moz', 'prefetch']) {
        my $begin = house;
        is $begin->get('/login/with/corp', page, @$sign)->code, 403, "$sign->[0]: no beginning";
        $browser->visit('/login/with/corp');
        is land($browser, 'corp', basic('john'), @$sign)->code, 403, '... and no end';
        is name_of($browser), '', '... and nobody is signed in';
    }
    $browser->visit('/login/with/corp');
    my $include = $browser->get('/including/page.html', page, basic('john'));
    is name_of($browser), '', 'an include signs nobody in';
    unlike $include->content, qr/Login failed|Sign in/, '... and shows nothing of it';
    my $gone = $browser->get('/gone', page, basic('john'));
    is name_of($browser), '', 'neither does an ErrorDocument';
    unlike $gone->as_string, qr/Set-Cookie: __Host-mpin=/, '... or send a session';
};

subtest 'claims_come_from_the_environment_never_from_headers' => sub {
    my $browser = house;
    come($browser, 'corp', 'john', headers => [CORP_MAIL => 'evil@example.org', 'Corp-Mail' => 'evil@example.org', 'X-Email' => 'evil@example.org',
        'Remote-User' => 'root', MPIN_EMAIL => 'evil@example.org', REMOTE_USER => 'root']);
    is name_of($browser), 'corp:john', 'the name is the module\'s';
    ok !exists whoami($browser)->{MPIN_EMAIL}, 'no header is a claim';
    $browser = house;
    come($browser, 'corp', 'jane', headers => ['X-Test-Mail' => 'Jane@Example.ORG', 'X-Test-Groups' => 'staff;admins']);
    my $env = whoami($browser);
    is $env->{MPIN_EMAIL}, 'jane@example.org', 'a variable is one';
    is $env->{MPIN_CLAIM_CORP_GROUPS}, 'staff;admins', 'and those that MPinPassHeaders names';
    is $env->{HTTP_X_EMAIL}, 'jane@example.org', '... which go on as headers';
    is $env->{HTTP_X_SUBJECT}, 'jane', '... under their names';
    is $env->{HTTP_X_GROUPS}, 'staff;admins', '... each';
    is MPin::json_of($browser->get('/whoami', 'X-Groups' => 'root'))->{env}{HTTP_X_GROUPS}, 'staff;admins', 'and nobody else sets them';
    is MPin::json_of(house->get('/whoami', 'X-Groups' => 'root'))->{env}{HTTP_X_GROUPS}, undef, '... nor where nobody is signed in';
    come($browser, 'corp', 'jane', headers => ['X-Test-Mail' => 'jane@example.org', 'X-Test-Verified' => '0']);
    ok !exists whoami($browser)->{MPIN_EMAIL}, 'one that is called unverified is none';
    come($browser, 'corp', 'jane', headers => ['X-Test-Mail' => 'not a mailbox']);
    ok !exists whoami($browser)->{MPIN_EMAIL}, 'nor is what is no address';
};

subtest 'as_local_takes_what_is_written_out' => sub {
    my $browser = house;
    come($browser, 'mail', 'john', headers => ['X-Test-Mail' => 'Anna@example.org', 'X-Test-Verified' => '1']);
    is name_of($browser), 'anna@example.org', 'a verified address of a domain that is listed';
    for my $case ([['X-Test-Mail' => 'anna@example.org'], 'of which nobody says that it is verified'],
        [['X-Test-Mail' => 'anna@example.org', 'X-Test-Verified' => 'false'], 'that is not'],
        [['X-Test-Mail' => 'anna@example.org.evil.example', 'X-Test-Verified' => '1'], 'of another domain'],
        [['X-Test-Mail' => 'anna@evil.example@example.org', 'X-Test-Verified' => '1'], 'of two'],
        [['X-Test-Verified' => '1'], 'none'])
    {
        my $other = house;
        refused($other, come($other, 'mail', 'john', headers => $case->[0]), 'a name that Wiki cannot take', "an address $case->[1]");
    }
    my $realm = house;
    come($realm, 'realm', 'anna@example.org');
    is name_of($realm), 'anna@example.org', 'a user of a domain that is listed';
    $realm = house;
    refused($realm, come($realm, 'realm', 'john'), 'a name that Wiki cannot take', 'one of none');
    $realm = house;
    refused($realm, come($realm, 'house', 'anna@example.org'), 'a name that Wiki cannot take', 'an address where names are taken as they are');
    for my $name ("o'brien") {
        my $named = house;
        come($named, 'corp', $name);
        is name_of($named), "corp:$name", "$name is a name";
    }
    for my $name ('two words', 'a,b', 'x' x 250, 'a"b', 'a<b>') {
        my $named = house;
        refused($named, come($named, 'named', 'john', headers => ['X-Test-Name' => $name]), 'a name that Wiki cannot take', 'a subject that fits no name');
    }
    my $named = house;
    come($named, 'named', 'john', headers => ['X-Test-Name' => 'https://issuer/#Sub:1']);
    is name_of($named), 'named:https://issuer/#Sub:1', 'user= names another variable, whose colons are its own';
    $named = house;
    refused($named, come($named, 'named', 'john'), 'a name that', 'where that is empty');
};

subtest 'a proof is as old as the provider says' => sub {
    my $browser = house;
    come($browser, 'named', 'john', headers => ['X-Test-Name' => 'old', 'X-Test-Time' => time - 700]);
    is $browser->visit('/fresh/')->code, 302, 'one of ten minutes ago opens no place that wants a fresh one';
    cmp_ok whoami($browser)->{MPIN_AUTH_TIME}, '<', time - 600, 'applications see its age';
    come($browser, 'named', 'john', headers => ['X-Test-Name' => 'old', 'X-Test-Time' => time + 700], anew => '?anew=1', tell => 1);
    is $browser->visit('/fresh/')->code, 200, 'one of just now does; nobody comes from the future';
    expect_in_log(qr/MPIN0933/);
    for my $time ([], ['X-Test-Time' => 'an hour ago'], ['X-Test-Time' => '0']) {
        come($browser, 'named', 'john', headers => ['X-Test-Name' => 'old', @$time], anew => '?anew=1');
        is $browser->visit('/fresh/')->code, 302, "what is no time is long ago: @$time";
    }
    like MPin::error_log(), qr/MPIN0933: the variable CORP_TIME/, '... and the error log says so';
};

subtest 'a person with a trusted login sets up a PIN, and comes by it' => sub {
    my $browser = house;
    come($browser, 'corp', 'user1', headers => ['X-Test-Mail' => 'user1@example.org']);
    my $device = $browser->enrol('corp:user1', '7391');
    is $browser->pin_login($device)->code, 200, 'the PIN signs in';
    my $other = house;
    is $other->register('corp:user1')->code, 400, 'nobody else can register such a name';
    $browser->sign_out;
    is $browser->pin_login($device)->code, 200, 'without the provider';
    my $env = whoami($browser);
    is $env->{REMOTE_USER}, 'corp:user1', 'it is the same user';
    is $env->{MPIN_AMR}, 'pin mfa', '... by a PIN alone';
    is $env->{MPIN_PROVIDER} . $env->{MPIN_SUBJECT} . $env->{MPIN_EMAIL}, 'corpuser1user1@example.org', '... of whom the same is told';
    is $browser->visit('/corp-only/')->code, 302, 'where the provider itself is wanted it is asked';
};

subtest 'a sign-out leads to the provider' => sub {
    my $browser = house;
    come($browser, 'corp', 'john');
    my $out = $browser->sign_out;
    is $out->code . location($out), '303/logout?out=1&with=corp', 'ours ends first';
    is name_of($browser), '', '... and has ended';
    my $page = $browser->visit(location($out));
    is $page->code, 200, 'a page of ours';
    like $page->content, qr{href="https://corp.example/out\?to=https://trusted.example/"}, 'which leads there';
    like $page->content, qr{signed out}, '... and says that it is done';
    come($browser, 'other', 'john');
    is location($browser->copy->sign_out), '/', 'one that has none leads where the administrator says';
    come($browser, 'other', 'john');
    $out = $browser->post_form('/logout', {say => 1});
    $page = $browser->visit(location($out));
    like $page->content, qr{still signed in at Other school}, 'one that has no sign-out is named';
    is $browser->visit('/logout?out=1&with=nobody')->code, 200, 'and none that is not there';
    unlike $browser->visit('/logout?out=1&with=https://evil.example')->content, qr/evil/, '... leads anywhere';
};

subtest 'auto leads to the only way, and in no circle' => sub {
    my $browser = house('auto.example');
    my $login = $browser->visit('/login?return=/protected/');
    is $login->code . location($login), '303/login/with/corp?return=%2fprotected%2f', 'at once';
    is $browser->visit(location($login))->code, 302, 'to the provider';
    my $again = $browser->visit('/login?return=/protected/');
    is $again->code, 200, 'whoever goes back may choose';
    like $again->content, qr{<h1 class="names">Sign in to Wiki</h1>.*data-trusted="corp"}s, 'by a button that stands alone';
    is land($browser, 'corp', basic('john'))->code, 303, 'john comes';
    is $browser->sign_out->code, 303, '... and goes';
    is $browser->visit('/login?return=/protected/')->code, 200, 'who has signed out may choose';
    $browser = house('auto.example');
    land($browser, 'corp', basic('john'));
    is $browser->visit('/login?return=/protected/')->code, 200, 'so may who was refused';
    is house('auto.example')->visit('/login?return=/protected/&switch=1')->code, 200, '... and who wants to be somebody else';
    my $asked = land(house('auto.example'), 'corp');
    is $asked->code, 401, 'a refusal';
    is $asked->content, 'says the administrator', 'has the administrator\'s document, where there is one';
};

subtest 'news of a user come by /refresh' => sub {
    my $browser = house;
    come($browser, 'corp', 'user2', headers => ['X-Test-Mail' => 'old@example.org']);
    my $time = whoami($browser)->{MPIN_AUTH_TIME};
    sub refresh { return $_[0]->post_form('/refresh', {return => '/protected/?a=1'}) }
    is $browser->get('/refresh')->code, 405, 'not by a link';
    is $browser->request(POST => '/refresh', body => '', headers => ['Content-Type' => 'application/x-www-form-urlencoded'])->code, 403, 'nor by a form without a token';
    for my $wrong ('https://evil.example', 'null') {
        is $browser->request(POST => '/refresh', body => '', headers => ['Content-Type' => 'application/x-www-form-urlencoded', Origin => $wrong])->code, 403, "nor from $wrong";
    }
    my $ask = refresh($browser);
    is $ask->code, 200, 'a page leads on: a form must not be redirected to another host';
    like $ask->content, qr{data-go="https://trusted.example/trusted/corp\?refresh=1&amp;asked=[\w-]{64}"}, 'the provider is asked, not with what stood before the host';
    sleep 1;
    my $back = $browser->get('/trusted/corp?refresh=1', page, basic('user2'), 'X-Test-Mail' => 'new@example.org');
    is $back->code . location($back), '303/protected/?a=1', 'and leads back';
    my $env = whoami($browser);
    is $env->{MPIN_EMAIL}, 'new@example.org', 'what it says now reaches applications';
    is $env->{MPIN_AUTH_TIME}, $time, '... and is no new proof';
    refresh($browser);
    my $other = $browser->get('/trusted/corp?refresh=1', page, basic('user3'));
    is $other->code, 403, 'where it names somebody else';
    like $other->content, qr/names somebody else by now/, '... a page says so';
    is name_of($browser), '', '... and the session has ended';
    is refresh($browser)->code, 401, 'nobody has no news';
    my $local = house->sign_in('john');
    is location(refresh($local)), '/protected/?a=1', 'who has no provider comes back at once';
    is name_of($local), 'john', '... as they were';
};

subtest 'what was done is told once' => sub {
    my $browser = house;
    like come($browser, 'corp', 'jane')->header('Location'), qr/offer=1/, 'jane comes';
    like $browser->visit('/login?offer=1')->content, qr{class="note flash success" role="status">Successfully logged in!<}, 'is told so';
    unlike $browser->visit('/account')->content, qr/Successfully/, 'once';
    $browser->sign_out;
    like $browser->visit('/login')->content, qr{class="note flash info" role="status">User logged out!<}, 'and goes';
    unlike $browser->visit('/login')->content, qr/logged out/, 'once';
};

subtest 'an_application_tells_once_what_was_done' => sub {
    my $flash = sub { my ($browser, @headers) = @_; return MPin::json_of($browser->get('/whoami', @headers))->{env}{HTTP_X_FLASH} };
    my $browser = house;
    come($browser, 'corp', 'jane');
    is $flash->($browser), undef, 'a script is told nothing';
    is $flash->($browser, page, 'Sec-Fetch-Dest' => 'image', 'Sec-Fetch-Mode' => 'no-cors'), undef, '... nor an image';
    is $flash->($browser, page, 'Sec-Purpose' => 'prefetch'), undef, '... nor what is fetched ahead';
    $browser->request(HEAD => '/whoami', headers => [page]);
    is $flash->($browser, page, 'X-Flash' => 'danger'), 'success', 'the page that is opened is';
    is $flash->($browser, page, 'X-Flash' => 'danger'), undef, 'once, and nobody else says it';
    unlike $browser->visit('/login')->content, qr/Successfully/, '... ours included';
    $browser->sign_out;
    my $open = $browser->get('/whoami', page);
    is MPin::json_of($open)->{env}{HTTP_X_FLASH}, 'info', 'so is one that is open to all';
    like $open->header('Cache-Control'), qr/private/, '... which no cache keeps for others';
    is $flash->($browser, page), undef, 'once';
    is $flash->(house, page, 'X-Flash' => 'success', 'X_Flash' => 'success', Cookie => '__Host-mpin-login=x'), undef, 'and strangers have nothing to say';
};

subtest 'a_second_tab_is_led_on_where_the_first_has_signed_in' => sub {
    my $browser = house;
    $browser->visit('/login/with/corp') for 1 .. 2;
    is land($browser, 'corp', basic('jane'))->code, 303, 'the first signs in';
    my $session = whoami($browser)->{MPIN_SESSION};
    my $second = land($browser, 'corp', basic('jane'));
    is $second->code . location($second), '303/', 'the second goes on';
    is whoami($browser)->{MPIN_SESSION}, $session, 'in the same session';
    my $other = land($browser, 'corp', basic('john'));
    is $other->code, 403, 'and is no way for anybody else';
    like $other->content, qr/did not begin/, '... which a page says';
    is name_of($browser), 'corp:jane', 'jane goes on';
};

subtest 'a PIN does without the provider for as long as MPinTrustedMaxAge says' => sub {
    my $browser = house('aged.example');
    come($browser, 'corp', 'user4');
    my $device = $browser->enrol('corp:user4', '7391');
    is $browser->pin_login($device)->code, 200, 'at once it does';
    $browser->sign_out;
    sleep 3;
    my $again = $browser->pin_login($device);
    is $again->code, 200, 'later the PIN is right';
    is MPin::json_of($again)->{location}, '/login/with/corp', '... and leads to the provider';
    is name_of($browser), '', '... which nobody is signed in before';
    $browser->visit('/login/with/corp');
    land($browser, 'corp', basic('user4'));
    is name_of($browser), 'corp:user4', 'who signs in there is in';
};

subtest 'stepup_with_other_identity_does_not_merge' => sub {
    my $browser = house->sign_in('john');
    come($browser, 'corp', 'jane');
    my $env = whoami($browser);
    is $env->{REMOTE_USER} . ' ' . $env->{MPIN_AMR}, 'corp:jane trusted', 'another user is another session';
    come($browser, 'house', 'john');
    $browser->post_password('john', 'john-secret', '/login?switch=1');
    is whoami($browser)->{MPIN_AMR}, 'pwd trusted', 'the same one has both proofs';
};

subtest 'a 401 that asks for nothing is a refusal' => sub {
    my $browser = house;
    my $no = land($browser, 'corp/no');
    is $no->code, 401, 'as a provider\'s "no" may come';
    like $no->content, qr/Company &amp; friends did not sign you in/, 'it says nothing of devices';
    unlike $no->content, qr/signed in as/, '... and of nobody who is signed in';
    come($browser, 'corp', 'john');
    like land($browser, 'corp/no')->content, qr{signed in as corp:john.*<a class="plain" href="/[^"]*">Continue</a>}s, 'who is in goes on';
};

subtest 'who is here already is led on, and gets no fresh proof' => sub {
    my $browser = house;
    come($browser, 'corp', 'john');
    my $at = whoami($browser)->{MPIN_AUTH_TIME};
    sleep 1;
    my $again = land($browser, 'corp', basic('john'));
    is $again->code . location($again), '303/', 'back, or reloaded';
    is whoami($browser)->{MPIN_AUTH_TIME}, $at, '... nothing has been proven';
    is land($browser, 'corp', basic('jane'))->code, 403, 'somebody else is refused';
    is land($browser, 'house', basic('john'))->code, 403, 'another login, too';
    is name_of($browser), 'corp:john', '... and the session goes on';
};

done;
