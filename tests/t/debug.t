# SPDX-License-Identifier: Apache-2.0
# At `LogLevel auth_mpin:debug` each question of a person has its line (docs/operations.md, "Why was somebody not let in?").
use strict;
use warnings;
use Test::More;
use MPin;

my $since = 0;

# From now on.
sub hear { $since = length error_log() }

# Our debug lines since then.
sub lines { return grep { /auth_mpin:debug/ } split /\n/, substr error_log(), $since }

sub says {
    my ($number, $pattern, $question) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok +(grep { /MPIN$number: .*$pattern/ } lines()), $question or diag join "\n", "no MPIN$number like $pattern in:", lines();
}

sub watched { return browser(mount, host => 'watched', @_) }

# Signed in as somebody, with a clean ear.
sub signed_in { my $browser = watched()->sign_in($_[0]); hear(); return $browser }

from(23);
expect_in_log(qr/AH01631: user jane: authorization failure/);

subtest 'why was I sent to the login' => sub {
    my $browser = watched();
    hear();
    is $browser->visit('/protected/')->code, 302, 'a stranger';
    says '0701', qr{/protected/ is answered 302, to the login page: no session cookie came}, 'no cookie';

    my $john = signed_in('john');
    my $good = $john->cookie('mpin');
    substr($john->{cookies}{mpin}, 20, 4) = 'AAAA';
    $john->visit('/protected/');
    says '0701', qr/the session cookie does not open: damaged, of another site or MPinSessionRealm/, 'damaged';

    $john->{cookies}{mpin} = browser(site)->sign_in('john')->cookie('mpin');
    hear();
    $john->visit('/protected/');
    says '0701', qr/of another site or MPinSessionRealm/, 'another realm';

    hear();
    request(mount, GET => '/protected/', host => 'watched', headers => [Cookie => "mpin=$good; mpin=$good"]);
    says '0701', qr/a cookie of ours came twice, and neither counts/, 'twice';

    my $jane = signed_in('jane');
    my $stale = $jane->copy;
    $jane->visit('/pin-only/');
    says '0701', qr/j\*\*\* has proven password \d+ s ago, and this place asks for pin/, 'a step-up is due';
    my ($login) = $jane->visit('/pin-only/')->header('Location');
    hear();
    $jane->visit($login);
    says '0735', qr/j\*\*\* has proven password \d+ s ago, and signs in again for pin/, 'also at the login page';

    $jane->sign_out;
    hear();
    $stale->visit('/protected/');
    says '0701', qr/the session was ended: a sign-out, a withdrawn device, or a changed user/, 'signed out';

    my $brief = browser(mount, host => 'brief')->sign_in('user1');
    sleep 3;
    hear();
    $brief->visit('/protected/');
    says '0701', qr/the session has expired \(MPinSessionIdleTimeout, MPinSessionMaxDuration\)/, 'expired';
};

subtest 'why am I nobody on a page that is open to all' => sub {
    my $john = signed_in('john');
    $john->{cookies}{mpin} = 'x' x 80;
    $john->get('/whoami');
    says '0706', qr{/whoami is open to all, and its visitor counts as nobody: the session cookie does not open}, 'its cookie';
};

subtest 'why am I refused although I am signed in' => sub {
    my $jane = signed_in('jane');
    is $jane->visit('/only-john/')->code, 403, 'not the one';
    says '0703', qr/j\*\*\* is signed in, and a Require line of this place refuses/, 'Require user';
    hear();
    $jane->visit('/amr/');
    says '0702', qr/Require mpin-amr pin does not hold: j\*\*\* has proven password \d+ s ago, with amr pwd/, 'Require mpin-amr';
};

subtest 'why do I have to wait' => sub {
    hear();
    watched()->post_password('user2', 'wrong') for 1 .. 2;
    says '0733', qr/the password is wrong/, 'the password';
    says '0741', qr/counts as a failure until it is none: ipv4 \d+ of 1000 in 60 s, account 2 of 2 in 86400 s/, 'it counts';
    is watched()->post_password('user2', 'user2-secret')->code, 429, 'the third has to wait';
    says '0740', qr/a try has to wait \d+ s, as this bucket is full: account 2 of 2 in 86400 s/, 'which bucket';
    hear();
    watched()->sign_in('user3');
    says '0742', qr/no failure, and no longer counts: .*account 0 of 2 in 86400 s/, 'a right one does not count';
};

subtest 'why was my form refused' => sub {
    my ($one, $other) = (watched(), watched());
    my $fields = $one->fields($one->visit('/login'));
    $other->visit('/login');
    hear();
    is $other->post_form('/login', {%$fields, username => 'john', password => 'john-secret'})->code, 403, 'refused';
    says '0734', qr/not one of this browser's: its token is another browser's/, 'its token';
    $one->request(POST => '/logout', body => '', headers => [Origin => 'https://evil.example']);
    says '0725', qr{another origin asked for is refused: Origin https://evil\.example, .*\(MPinPublicURL\)}, 'its origin';
};

subtest 'why was my return= ignored' => sub {
    hear();
    watched()->visit('/login?return=//evil.example/');
    says '0731', qr/\?return= is no place of this origin: MPinAfterLogin is taken/, 'it leads elsewhere';
    hear();
    watched()->post_form('/login', {username => 'john', password => 'x'});
    says '0732', qr/the pre-login cookie did not come back/, 'and why a form was not looked at';
};

subtest 'why was my registration refused, or my PIN' => sub {
    hear();
    is watched()->register('john')->code, 403, 'a stranger';
    says '0754', qr/j\*\*\* does not register; not by session: nobody is signed in; .*MPinRegister has no open/, 'no way is open';
    says '0721', qr{PUT /rps/user is answered 403 registration_closed}, 'the answer';

    my $john = signed_in('john');
    my $device = $john->enrol('john', '1234');
    says '0754', qr/j\*\*\* registers by session/, 'by session';
    says '0750', qr/is an identity now/, 'done';
    my ($identity) = error_log() =~ /MPIN0750: registration (\w{12})/;
    hear();
    $john->pin_login($device, '9999');
    says '0765', qr/the PIN of identity $identity was wrong, and 2 tries are left/, 'a wrong PIN';
    my $before = $john->copy;
    $john->pin_login($device);
    says '0765', qr/the PIN of identity $identity was right/, 'a right one';
    says '0724', qr/j\*\*\* was signed in already: the session steps up/, 'which steps up';
    $before->visit('/protected/');
    says '0786', qr/this session of j\*\*\* was stepped up just now/, 'requests that are under way go on';
    $john->authenticate('0' x 32);
    says '0767', qr/an authOTT is worth nothing/, 'an authOTT that is none';
};

subtest 'why is my application refused' => sub {
    hear();
    request(service, GET => '/status', host => 'service.example');
    says '0726', qr/no application may ask so: the secret did not come, or is another/, 'it names no secret';
    request(service, GET => '/status', host => 'service.example', headers => [Origin => 'https://service.example']);
    says '0726', qr/Origin or Sec-Fetch-Site says that a browser does/, 'a browser is none';
};

subtest 'why may my page of another origin not ask' => sub {
    hear();
    request(site, OPTIONS => '/rps/pass1', host => 'cors.example', headers => [Origin => 'https://new.example',
        'Access-Control-Request-Method' => 'POST']);
    says '0728', qr{a page of https://new\.example may not read this answer: MPinCORS does not list it}, 'it is not listed';
    hear();
    request(site, POST => '/rps/pass1', host => 'cors.example', body => '{}', headers => [Origin => 'https://app.example',
        'Content-Type' => 'application/json']);
    is_deeply [grep { /MPIN0728/ } lines()], [], 'one that is listed may';
};

subtest 'who was signed in here' => sub {
    my $browser = watched();
    my $fields = $browser->fields($browser->visit('/login')); # in another tab
    $browser->sign_in('john');
    hear();
    $browser->post_form('/login', {%$fields, username => 'jane', password => 'jane-secret'});
    says '0723', qr/j\*\*\* was signed in here: that session ends/, 'somebody else';
};

subtest 'a request has one name in all logs' => sub {
    hear();
    my $john = watched();
    $john->sign_in('john');
    my ($name) = map { /\[([\w@-]{20,})\] MPIN0722: j\*\*\* is signed in \(login_password\)/ } lines();
    ok $name, 'the error log has it with %L';
    like MPin::slurp("$ENV{MPIN_STAGE}/t/logs/access_log"), qr{"POST /login HTTP/1\.1" .* john \Q$name\E$|"POST /login .* \Q$name\E$}m,
        'the access log as UNIQUE_ID';
    my ($audited) = grep { $_->{event} eq 'login_password' && $_->{request} eq $name } map { JSON::decode_json($_) } split /\n/, audit_log();
    is $audited->{user}, 'john', 'and the audit log as request';
};

subtest 'one client is watched, and no other' => sub {
    from(24);
    hear();
    my $other = watched()->sign_in('jane');
    $other->visit('/pin-only/');
    $other->register('eve');
    is_deeply [grep { /client 127\.0\.0\.24/ } lines()], [], 'silence';
    from(23);
};

subtest 'at the start each site says what it serves' => sub {
    $since = 0;
    says '0790', quotemeta(origin(site)) . qr{ is a site; sign-in: pin or password, also by phone; registration: signed-in open.*; RPS: here; store: lmdb:/}, 'a site';
    says '0790', qr{ is a service, rps; }, 'a service';
    says '0790', quotemeta(origin(closed)) . qr{ is a site; sign-in: pin or password; registration: closed; }, 'one where nobody registers';
    says '0788', quotemeta(origin(site)) . ' is served by this process', 'a process has raised it';
    says '0789', qr/the key file .* is open, for the store /, 'with its keys';
};

done;
