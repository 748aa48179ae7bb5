#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Several trusted logins in one site: by mod_auth_basic, mod_auth_form and mod_auth_gssapi. Who may begin one, second steps
# after it, asking again, one that is down, the same person by two, logins that are renamed, reordered or removed, two vhosts
# with one store, and what people do who have nothing else.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use IO::Socket::INET;
use JSON ();
use Kerberos;
use MPin;
use Steps qw(code_of secret_of);
use Trusted;

my $port = $ENV{PORT};
my $top = $Server::top;

sub word_of { return $_[0]->header('Location') =~ s/^[^?]*[?]//r }
sub house { my ($host) = @_; return browser($port, $host ? (host => $host, origin => "https://$host") : ()) }
sub name_of { return $_[0]->visit('/protected/')->header('X-User') // '' }
sub told { my ($browser, $what) = @_; return $browser->visit('/protected/')->header("X-$what") // '' }

sub come {
    my ($browser, $login, @headers) = @_;
    $browser->visit("/login/with/$login");
    return $browser->get("/trusted/$login", page, @headers);
}

for my $name (qw(anna bob carol)) { system("htpasswd -Bb -C 4 '$top/users' $name $name-secret 2>/dev/null") == 0 or die 'htpasswd' }
Server::write_file("$top/site/protected/open.html", "open\n");
mkdir "$top/site/$_" for qw(second fresh corp-only local-only form);
Server::write_file("$top/site/$_/index.html", "$_\n") for qw(second fresh corp-only local-only form);

sub place {
    my ($name, $more) = @_;
    return <<"END";
<Location /trusted/$name>
    SetHandler mpin-trusted-login
    AuthType Basic
    AuthName "$name"
    AuthBasicProvider file
    AuthUserFile "$top/users"
    Require valid-user
    @{[$more // '']}
</Location>
END
}

sub login { my ($name, $label, $more) = @_; return "MPinTrustedLogin $name /trusted/$name Basic \"$label\" " . ($more // '') . "\n" }

my $places = <<'END';
MPinRegister signed-in
MPinSecondFactorEnrol On
MPinTOTP "Wiki"
<Location /protected>
    Header always set X-User "expr=%{REMOTE_USER}"
    Header always set X-Amr "%{MPIN_AMR}e"
    Header always set X-Provider "%{MPIN_PROVIDER}e"
    Header always set X-Subject "%{MPIN_SUBJECT}e"
</Location>
<Location /second>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
<Location /fresh>
    AuthType MPin
    MPinReauthAfter 2s
    Require valid-user
</Location>
<Location /local-only>
    AuthType MPin
    MPinLoginMethods pin password
    Require valid-user
</Location>
END
my $corp_only = <<'END';
<Location /corp-only>
    AuthType MPin
    MPinLoginMethods corp
    Require valid-user
</Location>
END
my $loads = Server::load(qw(headers auth_basic setenvif alias));

my $server = Server->new(conf => $loads . $places . $corp_only . login('corp', 'Company') . login('school', 'School', 'pass=prerollid') . login('one', 'One', 'as-local') . login('two', 'Two', 'as-local')
    . join '', map { place($_) } qw(corp school one two))->start;

subtest 'another_sites_page_begins_no_trusted_login' => sub {
    for my $from ('cross-site', 'same-site') {
        my $browser = house;
        my $led = $browser->get('/login/with/corp?return=/protected/', page, 'Sec-Fetch-Site' => $from);
        is $led->code . location($led), '303/login?return=%2fprotected%2f', "$from: the login page, with the way kept";
        my $land = $browser->get('/trusted/corp', page, basic('bob'), 'Sec-Fetch-Site' => $from);
        is $land->code, 403, '... so that a link with a name and password in it signs nobody in';
        is name_of($browser), '', '... at all';
        come($browser, 'corp', basic('anna'));
        $browser->get('/login/with/school', page, 'Sec-Fetch-Site' => $from);
        $browser->get('/trusted/school', page, basic('bob'), 'Sec-Fetch-Site' => $from);
        is name_of($browser), 'corp:anna', 'who is signed in stays who they are';
        like $browser->visit(location($led))->content, qr/signed in|Continue/, '... and the page says so';
    }
    for my $from ('same-origin', 'none') {
        my $browser = house;
        my $begin = $browser->get('/login/with/corp', page, 'Sec-Fetch-Site' => $from);
        is $begin->code, 302, "$from: it begins";
        is $browser->get('/trusted/corp?' . word_of($begin), page, basic('anna'), 'Sec-Fetch-Site' => $from)->code, 303, '... and comes to its place';
    }
    my $browser = house;
    my $named = $browser->get('/login/with/school?prerollid=anna%40example.org&other=1', page, 'Sec-Fetch-Site' => 'cross-site');
    is location($named), '/login?prerollid=anna%40example.org', 'what goes on to the place stays with people who press the button';
    like $browser->visit(location($named))->content, qr{href="/login/with/school\?prerollid=anna%40example\.org"}, '... of that login';
    for my $method (qw(POST PUT DELETE)) {
        is $browser->request($method => '/login/with/corp', headers => [page], body => '')->code, 405, "$method begins none";
    }
};

# A link has room for a name and password, which browsers give without asking anybody, and keep: what such a link leads to
# asks for none.
subtest 'a_link_with_a_password_in_it_signs_nobody_in' => sub {
    my $browser = house;
    my $begin = $browser->get('/login/with/corp', page, 'Sec-Fetch-Site' => 'same-origin');
    like $begin->header('Location'), qr{^http://127\.0\.0\.1:$port/trusted/corp\?asked=[\w-]{64}$}, 'the way there is a whole URL: nothing before its host goes along';
    my $other = house;
    my $words = word_of($other->get('/login/with/corp', page, 'Sec-Fetch-Site' => 'same-origin'));
    for my $from ('cross-site', 'same-site', 'none') {
        for my $path ('/trusted/corp', '/trusted/corp?anew=1', "/trusted/corp?$words", '/trusted/corp?asked=', '/trusted/%63orp', '/trusted/corp/below') {
            my $led = $browser->get($path, page, 'Sec-Fetch-Site' => $from);
            is $led->code . ($led->header('WWW-Authenticate') // ''), '403', "$from, $path: nobody is asked";
            like $led->content, qr/Login failed!.*did not begin.*Try again/s, '... but told how to';
            is $browser->get($path, page, basic('bob'), 'Sec-Fetch-Site' => $from)->code, 403, '... whoever is known already';
        }
        for my $method (qw(POST HEAD PUT OPTIONS)) {
            my $led = $browser->request($method => '/trusted/corp', headers => [page, basic('bob'), 'Sec-Fetch-Site' => $from, Origin => 'https://evil.example'], $method =~ /P[OU]/ ? (body => 'a=b') : ());
            is $led->code . ($led->header('WWW-Authenticate') // ''), '403', "$from: nor by $method";
        }
    }
    is name_of($browser), '', 'nobody is signed in';
    is $browser->get('/trusted/corp?' . word_of($begin), page, basic('anna'), 'Sec-Fetch-Site' => 'none')->code, 303, 'what is under way goes on';
    is name_of($browser), 'corp:anna', '... for whom it began';
    is $browser->get('/trusted/corp?' . word_of($begin), page, basic('bob'), 'Sec-Fetch-Site' => 'none')->code, 403, '... once';
    is name_of($browser), 'corp:anna', '... and nobody is put out by a link';
};

subtest 'no_place_elsewhere_is_led_to' => sub {
    for my $bad ('https://evil.example/', '//evil.example', '/\\evil.example', '/%5cevil.example', "/\tevil", 'javascript:alert(1)', '/trusted/corp', '/trusted/school?x=1', 'http://127.0.0.1.evil.example/') {
        for my $field ('return', 'to') {
            my $browser = house;
            $browser->visit("/login/with/corp?$field=" . MPin::Browser::escape($bad));
            my $in = $browser->get('/trusted/corp', page, basic('anna'));
            is $in->code, 303, "$field=$bad signs in";
            like location($in), qr{^/login\?offer=1$|^/$}, '... and leads home';
        }
    }
};

subtest 'second_steps_are_asked_after_a_trusted_login' => sub {
    my $browser = house;
    come($browser, 'corp', basic('carol'));
    is told($browser, 'Amr'), 'trusted', 'a trusted login is one factor';
    my $led = $browser->visit('/second/');
    like location($led), qr{^/login/step\?}, 'a place that wants two asks for the second';
    my $page = $browser->visit(location($led));
    my ($action) = $page->content =~ /<form method="post" action="([^"]+)"/ or return diag $page->as_string;
    my $app = $browser->post_form(MPin::Browser::plain($action), $browser->fields($page));
    my $secret = secret_of($app);
    ($action) = $app->content =~ /<form method="post" action="([^"]+)"/;
    $browser->post_form(MPin::Browser::plain($action), {%{$browser->fields($app)}, code => code_of($secret, -30)});
    is $browser->visit('/second/')->code, 200, 'with an app it is open';
    is told($browser, 'Amr'), 'mfa otp trusted', '... by both';
    my $other = house;
    come($other, 'corp', basic('carol'));
    is $other->visit('/second/')->code, 302, 'the next sign-in is one factor again';
    $page = $other->visit(location($other->visit('/second/')));
    $other->post_form('/login/step', {%{$other->fields($page)}, code => '000000'});
    is $other->visit('/second/')->code, 302, 'a wrong code opens nothing';
    $other->post_form('/login/step', {%{$other->fields($page)}, code => code_of($secret)});
    is $other->visit('/second/')->code, 200, 'a right one does';
    my $school = house;
    come($school, 'school', basic('carol'));
    like location($school->visit('/second/')), qr{^/login/step}, 'the app is that user\'s, and no namesake\'s';
    my $begin = $school->visit(location($school->visit('/second/')));
    like $begin->content, qr/Set up|set up/, '... who has none yet';
};

subtest 'asking_again_goes_to_the_provider' => sub {
    my $browser = house;
    come($browser, 'corp', basic('anna'));
    sleep 4;
    my $led = $browser->visit('/fresh/');
    is $led->code, 302, 'a place that wants a fresh proof';
    my $login = $browser->visit(location($led));
    my ($href) = $login->content =~ m{href="(/login/with/corp[^"]*)"};
    ok $href, 'has the button' or diag $login->as_string;
    my $begin = $browser->visit(MPin::Browser::plain($href));
    is location($begin), '/trusted/corp?anew=1', 'which asks anew';
    my $in = $browser->get('/trusted/corp?anew=1', page, basic('anna'));
    is $in->code, 303, 'and leads back';
    is $browser->visit('/fresh/')->code, 200, 'it is open then';
    sleep 4;
    $browser->visit(MPin::Browser::plain($href));
    $browser->get('/trusted/corp?anew=1', page, basic('bob'));
    is name_of($browser), 'corp:bob', 'whoever shows up there as somebody else is that one';
};

subtest 'the_same_person_by_two_of_them_is_two_users' => sub {
    my $browser = house;
    come($browser, 'corp', basic('anna'));
    my $device = $browser->enrol('corp:anna', '7391');
    come($browser, 'school', basic('anna'));
    is name_of($browser), 'school:anna', 'another user';
    is told($browser, 'Amr'), 'trusted', '... with one proof';
    is $browser->pin_login($device)->code, 200, 'the PIN of the first';
    is name_of($browser), 'corp:anna', '... is the first\'s';
    come($browser, 'one', basic('anna'));
    is join(' ', map { told($browser, $_) } qw(User Provider)), 'anna one', 'where both are local';
    come($browser, 'two', basic('anna'));
    is join(' ', map { told($browser, $_) } qw(User Provider)), 'anna two', '... they are one user';
    $browser->post_password('anna', 'anna-secret', '/login?switch=1');
    is told($browser, 'User'), 'anna', '... which the password\'s is, too';
    is told($browser, 'Amr'), 'pwd trusted', '... with both proofs';
};

subtest 'MPinLoginMethods_may_leave_them_out' => sub {
    my $browser = house;
    come($browser, 'corp', basic('anna'));
    is $browser->visit('/corp-only/')->code, 200, 'the one that is named';
    my $led = $browser->visit('/local-only/');
    is $led->code, 302, 'none where they are left out';
    my $login = $browser->visit(location($led));
    unlike $login->content, qr/data-trusted/, '... and no button leads there';
    come($browser, 'school', basic('anna'));
    is $browser->visit('/corp-only/')->code, 302, 'another than is named';
};

subtest 'replays_reach_no_other_process' => sub {
    my $browser = house;
    $browser->visit('/login/with/corp');
    my @codes = sort(in_parallel(12, sub { my $copy = $browser->copy; $copy->get('/trusted/corp', page, basic('anna'))->code }));
    is "@codes", join(' ', 303, (403) x 11), 'of twelve at once one comes in';
};

my @odd = grep { !/AH0161[78]|AH01630/ } $server->complaints;
is "@odd", '', 'nothing crashes';

# ---- another configuration, with the same store and the same browsers ----

sub again {
    my ($conf, %more) = @_;
    $server->stop;
    unlink "$top/logs/error_log";
    $server = Server->new(conf => $loads . $places . $conf, %more)->start;
    return;
}

# A lasting one of each, over all that follows.
my ($anna, $school, $device) = (house, house);
come($anna, 'corp', basic('anna'));
$device = $anna->enrol('corp:anna', '7391');
come($school, 'school', basic('bob'));

subtest 'provider_reorder_keeps_meaning' => sub {
    again($corp_only . join('', map { login($_, ucfirst) . place($_) } qw(two school one corp)));
    is name_of($anna), 'corp:anna', 'who came by corp is of corp';
    is $anna->visit('/corp-only/')->code, 200, '... where only that counts';
    is name_of($school), 'school:bob', 'who came by school is of school';
    is $school->visit('/corp-only/')->code, 302, '... and not of corp';
};

subtest 'one_that_is_renamed_is_another' => sub {
    again($corp_only . login('company', 'Company') . login('corp', 'Other Company') . join('', map { place($_) } qw(company corp)));
    is name_of($school), 'school:bob', 'a session goes on when its line has gone';
    my $browser = house;
    come($browser, 'company', basic('anna'));
    is name_of($browser), 'company:anna', 'by another name one is another user';
    is $browser->visit('/corp-only/')->code, 302, '... wherever the old one is asked for';
    is house->visit('/login/with/school')->code, 404, 'one that has gone begins nothing';
    is $school->post_form('/refresh', {return => '/protected/'})->code, 303, '... and has no news';
    is name_of($school), 'school:bob', '... which ends nothing';
    is $school->sign_out->code, 303, 'its people sign out';
    is name_of($school), '', '... and are out';
};

subtest 'MPinTrustedMaxAge_of_a_login_that_is_gone' => sub {
    again(login('school', 'School') . place('school') . "MPinTrustedMaxAge 1s\n");
    sleep 2;
    my $browser = $anna->copy;
    $browser->sign_out;
    my $refused = $browser->pin_login($device);
    is $refused->code, 403, 'a PIN of somebody whom nobody can be asked for signs nobody in';
    like $refused->content, qr/trusted_too_old/, '... and the answer says why';
    is name_of($browser), '', '... at all';
    is house->visit('/login')->code, 200, 'the others have their ways';
};

subtest 'one_that_is_down_leaves_the_others' => sub {
    again(join('', map { login($_, ucfirst) } qw(corp school)) . place('corp', "AuthUserFile \"$top/away\"") . place('school'));
    my $browser = house;
    my $answer = come($browser, 'corp', basic('anna'));
    is $answer->code, 500, 'a module in trouble';
    like $answer->content, qr/Login failed!.*Corp did not sign you in.*Try again.*Sign in another way/s, '... has a page that says so, with a retry and the others';
    my ($others) = $answer->content =~ m{href="(/login(?!/with)[^"]*)">Sign in another way};
    like $browser->visit($others)->content, qr/name="password".*data-trusted="corp".*data-trusted="school"/s, 'which are there';
    is come($browser, 'school', basic('anna'))->code, 303, 'and work';
    is name_of($browser), 'school:anna', '... as ever';
};

# Its place is the other module's, whatever the files and the rules of the application beside it are called.
subtest 'no_file_and_no_rule_of_an_application_takes_the_place_of_a_login' => sub {
    mkdir "$top/site/$_" for qw(trusted trusted/corp);
    Server::write_file("$top/site/trusted/corp/index.html", "a file\n");
    Server::write_file("$top/site/front.html", "the application\n");
    my $rules = join "\n", 'RewriteEngine On', 'RewriteCond %{REQUEST_URI} !^/protected', 'RewriteRule ^ /front.html [L]';
    my $folder = "<Directory $top/site>\n$rules\nFallbackResource /front.html\n</Directory>\n";
    for my $case (['a folder of its name', ''], ['the rules of a folder', $folder], ['the rules of a vhost', "$rules\n"]) {
        again(Server::load('rewrite') . login('corp', 'Company') . place('corp') . $case->[1]);
        my $browser = house;
        is come($browser, 'corp')->code, 401, "$case->[0]: the other module asks";
        is come($browser, 'corp', basic('anna'))->code, 303, '... and signs in';
        is name_of($browser), 'corp:anna', '... whom it lets in';
    }
    again(Server::load('rewrite') . login('corp', 'Company') . place('corp') . "RewriteEngine On\nRewriteRule ^ https://www.example.com%{REQUEST_URI} [R,L]\n");
    is location(house->get('/trusted/corp', page, basic('anna'))), 'https://www.example.com/trusted/corp', 'what sends the whole site elsewhere sends it, too, before anybody is asked';
};

subtest 'two_vhosts_with_one_store_have_one_set_of_users' => sub {
    my $vhost = sub { my ($name, $conf) = @_;
        return "<VirtualHost 127.0.0.1:$port>\nServerName $name\nMPinPublicURL https://$name\n$conf</VirtualHost>\n" };
    again($vhost->('a.example', login('corp', 'Company') . place('corp')) . $vhost->('b.example', login('corp', 'Company') . login('school', 'School') . place('corp') . place('school')));
    my ($a, $b) = map { house("$_.example") } 'a', 'b';
    come($a, 'corp', basic('anna'));
    is name_of($a), 'corp:anna', 'at one of them';
    my $stolen = house('b.example');
    $stolen->{cookies} = {%{$a->{cookies}}};
    is name_of($stolen), '', 'its session is none at the other';
    $stolen->visit('/login');
    $a->visit('/login/with/corp');
    $stolen->{cookies} = {%{$a->{cookies}}};
    is $stolen->get('/trusted/corp', page, basic('anna'))->code, 403, '... and what it has begun ends there only';
    is $a->visit('/login/with/school')->code, 404, 'a login of the other is none here';
    come($b, 'corp', basic('anna'));
    is name_of($b), 'corp:anna', 'the user is the same';
    my $way = $b->enrol('corp:anna', '8264');
    my $same = house('a.example');
    $same->settings;
    is $same->pin_login($way)->code, 200, '... with the same PINs';
};

subtest 'people_with_nothing_else_prove_themselves_by_going_there' => sub {
    my $corp = login('corp', 'Company') . place('corp');
    again($corp);
    my ($browser, $stranger) = (house, house);
    come($browser, 'corp', basic('bob'));
    come($stranger, 'corp', basic('bob'));
    like $browser->visit('/account')->content, qr{action="/account/totp"}, 'at once they may change what is theirs';
    again($corp, env => {LD_PRELOAD => (glob '/usr/lib/*/faketime/libfaketimeMT.so.1')[0], FAKETIME => '+6m', FAKETIME_DONT_FAKE_MONOTONIC => 1});
    my $account = $browser->visit('/account');
    unlike $account->content, qr{action="/account/totp"}, 'six minutes later not';
    my ($prove) = $account->content =~ m{href="(/login\?prove=1[^"]*)"} or return diag $account->as_string;
    my $login = $browser->visit(MPin::Browser::plain($prove));
    my ($href) = $login->content =~ m{href="(/login/with/corp[^"]*)"} or return diag $login->as_string;
    is location($browser->visit(MPin::Browser::plain($href))), '/trusted/corp?anew=1', 'the company is asked anew';
    my $in = $browser->get('/trusted/corp?anew=1', page, basic('bob'));
    like location($in), qr{^(/login\?offer=1&return=%2faccount|/account)$}, '... which leads back to the account';
    like $browser->visit('/account')->content, qr{action="/account/totp"}, '... that may be changed again';
    $stranger->visit(MPin::Browser::plain($href));
    $stranger->get('/trusted/corp?anew=1', page, basic('carol'));
    is name_of($stranger), 'corp:carol', 'whoever shows up as somebody else';
    unlike $stranger->visit('/account')->content, qr/corp:bob/, '... has their own account, and not the other\'s';
};

subtest 'notices_go_where_the_provider_says_that_people_read' => sub {
    my ($at, $mailbox) = ($port + 1, "$top/mailbox");
    my $pid = fork // die;
    if (!$pid) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', "$top/mail.log";
        exec '/usr/bin/python3', "$FindBin::Bin/../smtp/server.py", $at, $mailbox;
        die "exec: $!";
    }
    Server::wait_for('the mail server', sub { !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$at", Timeout => 1) });
    again("SetEnvIf X-Mail (.+) CORP_MAIL=\$1\nSetEnvIf X-Verified (.+) CORP_MAIL_verified=\$1\nMPinMail smtp://127.0.0.1:$at\nMPinMailFrom wiki\@example.org\n"
        . login('corp', 'Company', 'email=CORP_MAIL') . place('corp'));
    my $mails = sub { return join ' ', map { $_->{to}[0] } map { JSON::decode_json($_) } split /\n/, Server::slurp($mailbox) };
    for my $case ([bob => 'Nobody@Example.org', '0'], [carol => 'no mailbox', '1'], [anna => 'Anna@Example.org', '1']) {
        my ($name, $mail, $verified) = @$case;
        my $browser = house;
        come($browser, 'corp', basic($name), 'X-Mail' => $mail, 'X-Verified' => $verified);
        $browser->enrol("corp:$name", '4826');
    }
    Server::wait_for('a mail', sub { $mails->() });
    is $mails->(), 'anna@example.org', 'a device is told to the address that is verified, and to no other';
    my $browser = house;
    come($browser, 'corp', basic('anna'), 'X-Mail' => 'new@example.org', 'X-Verified' => '1');
    my $page = $browser->post_form('/account/totp', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    my $secret = secret_of($page);
    is $browser->post_form('/account/totp/confirm', {%{$browser->fields($page)}, code => code_of($secret, -30)})->code, 303, 'an app is added';
    Server::wait_for('a mail', sub { $mails->() =~ / / });
    is $mails->(), 'anna@example.org new@example.org', '... which is told to the address of today';
    kill TERM => $pid;
    waitpid $pid, 0;
};

# ---- a form of mod_auth_form's, and a ticket, beside each other

subtest 'forms_of_another_module_and_tickets_are_logins_as_well' => sub {
    plan skip_all => Kerberos::missing() if Kerberos::missing();
    my $realm = Kerberos->new("$top/kerberos", $port + 17);
    mkdir "$top/open";
    chmod 01777, "$top/open";
    chown scalar getpwnam('www-data'), 0, $realm->keytab if !$>;
    $realm->ticket('anna') or die;
    for my $first (0, 1) {
        my $modules = Server::load(qw(request session session_cookie auth_form auth_gssapi));
        again(($first ? '' : $modules) . <<"END", env => {$realm->env, KRB5RCACHEDIR => "$top/open"}, first => $first ? $modules : '');
MPinTrustedLogin form /trusted/form form "Form"
MPinTrustedLogin ticket /trusted/ticket Negotiate "Ticket" as-local
<Location /trusted/form>
    SetHandler mpin-trusted-login
    AuthType form
    AuthName "form"
    AuthFormProvider file
    AuthUserFile "$top/users"
    AuthFormLoginRequiredLocation /form/
    Session On
    SessionCookieName other path=/trusted/form
    Require valid-user
</Location>
<Location /trusted/form/in>
    SetHandler form-login-handler
    AuthFormLoginSuccessLocation /trusted/form
</Location>
<Location /trusted/ticket>
    SetHandler mpin-trusted-login
    AuthType GSSAPI
    AuthName "ticket"
    GssapiCredStore keytab:@{[$realm->keytab]}
    GssapiLocalName On
    Require valid-user
</Location>
END
        my $browser = house;
        is location(come($browser, 'form')), "/form/", 'the form\'s module shows its form';
        is $browser->visit('/form/')->content, "form\n", '... which stands where it says';
        my $posted = $browser->post_form('/trusted/form/in', {httpd_username => 'anna', httpd_password => 'wrong'});
        is location($posted), '/form/', 'a wrong password shows it again';
        $posted = $browser->post_form('/trusted/form/in', {httpd_username => 'anna', httpd_password => 'anna-secret'});
        is location($posted), '/trusted/form', 'a right one leads back';
        my $copy = $browser->copy;
        my $direct = $copy->request(POST => '/trusted/form', headers => [page, 'Content-Type' => 'application/x-www-form-urlencoded', Origin => "http://127.0.0.1:$port"],
            body => 'httpd_username=anna&httpd_password=anna-secret');
        is $direct->code . name_of($copy), '405', 'a form that is posted at the place itself signs nobody in';
        my $in = $browser->get('/trusted/form', page);
        is $in->code, 303, 'opened as a page it does';
        is name_of($browser), 'form:anna', '... by its name';
        my $thief = house;
        $thief->{cookies}{other} = $browser->{cookies}{other};
        is $thief->get('/trusted/form', page)->code, 403, 'that module\'s session alone is nobody\'s here';
        come($browser, 'ticket', Authorization => 'Negotiate ' . $realm->token('anna'));
        is name_of($browser), 'anna', 'a ticket in the same browser is who it says';
        my $odd = house;
        $odd->visit('/login/with/form');
        is $odd->get('/trusted/ticket', page, Authorization => 'Negotiate ' . $realm->token('anna'))->code, 403, 'and not where the form is awaited';
    }
};
$server->stop;

done_testing;
