# SPDX-License-Identifier: Apache-2.0
# Second steps: what a place asks for, an authenticator app, and the page between.
use strict;
use warnings;
use Test::More;
use MPin;
use Steps;

from(61);
expect_in_log(qr/AH0163[01]/); # httpd's own word on each Require that does not hold

# An app for somebody who is signed in; its secret.
sub enrol {
    my ($browser) = @_;
    my $page = $browser->visit('/account');
    my $csrf = $browser->fields($page)->{csrf};
    my $app = $browser->post_form('/account/totp', {csrf => $csrf});
    is $app->code, 200, 'an app begins';
    my $secret = secret_of($app);
    my $fields = $browser->fields($app);
    my $wrong = $browser->post_form('/account/totp/confirm', {%$fields, code => '000000'});
    is $wrong->code, 401, 'a wrong code confirms nothing';
    is $browser->visit('/totp/')->code, 302, 'and opens nothing';
    my $right = $browser->post_form('/account/totp/confirm', {%$fields, code => code_of($secret, -30)});
    is $right->code, 303, 'a right one does';
    like $browser->visit($right->header('Location'))->content, qr/second step is ready/, 'which is told';
    return $secret;
}

subtest 'a place asks for a second step, and takes it' => sub {
    my $browser = browser(site);
    $browser->post_password('john', 'john-secret');
    my $refused = $browser->visit('/second/?q=1');
    is $refused->code, 302, 'not by a password alone';
    like $refused->header('Location'), qr{^/login/step\?return=}, 'to the second step';
    is $browser->visit($refused->header('Location'))->code, 403, 'of which john has none';

    my $secret = enrol($browser);
    is $browser->visit('/second/?q=1')->code, 200, 'the code that confirmed it is a second step';
    my $other = browser(site);
    $other->post_password('john', 'john-secret');
    my $step = $other->visit($other->visit('/second/?q=1')->header('Location'));
    is $step->code, 200, 'another browser is asked for a code';
    my $fields = $other->fields($step);
    is $other->post_form('/login/step', {%$fields, code => '123456'})->code, 401, 'a wrong one is refused';
    is $other->post_form('/login/step', {%$fields, code => code_of($secret, -30)})->code, 401, 'so is one that was used';
    my $in = $other->post_form('/login/step', {%$fields, code => code_of($secret)});
    is $in->code, 303, 'the next one is taken';
    is $in->header('Location'), '/second/?q=1', 'on to the place';
    is $other->visit('/second/?q=1')->code, 200, 'which opens';
    is $other->cookie('mpin-login'), undef, '... and no cookie is left of the way there';
    my $amr = $other->visit('/whoami')->content;
    like $amr, qr/"MPIN_AMR":"pwd mfa otp"/, 'with what was proven';
};


sub location { return $_[0]->header('Location') // '' }

subtest 'who never had a second step sets one up where it is asked for' => sub {
    my $browser = signed_in('user1');
    my $page = to_step($browser, '/totp/?a=b%20c');
    is $page->code, 200, 'a page that leads on';
    like $page->content, qr/Set up an authenticator app/, 'and says how';
    my ($wrong) = first_app($browser, '/totp/?a=b%20c', '000000');
    is $wrong->code, 401, 'a wrong code sets up nothing';
    is $browser->visit('/totp/')->code, 302, 'and opens nothing';
    my ($done) = first_app($browser, '/totp/?a=b%20c');
    is $done->code . location($done), '303/totp/?a=b%20c', 'a right one leads to the place';
    is $browser->visit('/totp/?a=b%20c')->code, 200, 'which opens';
    is audited('factor_added', 'user1'), 1, 'and stands in the audit log';
};

subtest 'without MPinSecondFactorEnrol the page says whom to ask' => sub {
    my $browser = browser(site)->sign_in('user2');
    my $page = to_step($browser, '/totp/');
    is $page->code, 403, 'no way on';
    like $page->content, qr/has none yet. Ask the people who run Wiki/, 'but somebody to ask';
    is $browser->post_form('/login/step/totp?return=/totp/', $browser->fields(to_step($browser, '/totp/')))->code, 403, 'and none by hand';
};

subtest 'a place that takes any two is met by a PIN, too' => sub {
    my $browser = signed_in('user3');
    my $page = to_step($browser, '/second/');
    like $page->content, qr/Use your PIN/, 'the page says so';
    my ($href) = $page->content =~ m{href="(/login\?[^"]*with=pin)"};
    my $login = $browser->visit(MPin::Browser::plain($href));
    is $login->code, 200, 'the login page';
    like $login->content, qr/<mpin-pad[^>]*return="\/second\/"/, 'with the pad, which leads back';
    unlike $login->content, qr/type="password"/, 'and no password, which was shown already';
    my $device = $browser->enrol('user3', '7391');
    is $browser->visit('/second/')->code, 302, 'not by having one';
    is $browser->pin_login($device)->code, 200, 'a PIN';
    is $browser->visit('/second/')->code, 200, 'is two';
    is $browser->visit('/totp/')->code, 302, 'but no app';
};

subtest 'what else would do is offered to who never had any' => sub {
    my $browser = signed_in('user12');
    my $page = to_step($browser, '/key/');
    is $page->code, 200, 'a way on';
    like $page->content, qr{data-passkey="add" data-url="/account/passkey" data-csrf="[^"]+" data-next="/key/"}, 'by a passkey, and then to the place';
    unlike $page->content, qr/has none yet. Ask|Set up an authenticator app|Use codes sent/, 'and by nothing that would not do, or is not here';
    my $any = to_step($browser, '/second/')->content;
    like $any, qr/Set up an authenticator app.*Set up a passkey/s, 'beside an app where both would do';
    unlike to_step($browser, '/totp/')->content, qr/Set up a passkey/, 'and not where an app must be';
    enrol_app($browser);
    my $late = to_step($browser, '/key/');
    is $late->code, 403, 'nothing where there is a step already';
    unlike $late->content, qr/Set up a passkey/, 'nor a word of it';
    unlike $late->content, qr/has none yet/, 'and nobody says that there is none';
    like $late->content, qr{asks for another second step than user12 has.*<a class="plain" href="/account">}s, 'but where one is added';
};

subtest 'an app has the name that its owner gives' => sub {
    my $browser = signed_in('user13');
    like section_of($browser, 'Second steps'), qr{<input id="app-name" name="name" maxlength="32"}, 'the page asks for it';
    enrol_app($browser, name => 'Tom & phone');
    like section_of($browser, 'Second steps'), qr{<strong>Tom &amp; phone</strong>}, 'and shows it';
    enrol_app($browser, name => '');
    like section_of($browser, 'Second steps'), qr{<strong>Zoo &amp; wiki</strong>}, 'without one it is the site\'s';
    like to_step(signed_in('user13'), '/totp/')->content, qr{Use the app “(?:Tom &amp; phone|Zoo &amp; wiki)”}, 'and there one chooses by it';
};

subtest 'who has no recovery codes is told whom to ask' => sub {
    my $browser = signed_in('user14');
    enrol_app($browser);
    like to_step(signed_in('user14'), '/totp/')->content, qr/Lost what you use here\? Ask the people who run/, 'at the step';
    new_codes($browser);
    unlike to_step(signed_in('user14'), '/totp/')->content, qr/Lost what you use here/, 'who has some takes one';
};

subtest 'a script is told what is missing, and where' => sub {
    my $browser = signed_in('user4');
    my %asked = ('/second/' => 'any', '/totp/' => 'totp', '/key/' => 'passkey', '/otp/' => 'totp', '/mfa/' => 'any');
    for my $place (sort keys %asked) {
        my $answer = $browser->get($place, 'X-Requested-With' => 'XMLHttpRequest');
        is $answer->code, 401, $place;
        is json_of($answer)->{need}, $asked{$place}, "needs $asked{$place}";
        like json_of($answer)->{login_url}, qr{^/login/step}, 'at the page of second steps';
    }
    my $stranger = stepper();
    my $answer = $stranger->get('/totp/', 'X-Requested-With' => 'XMLHttpRequest');
    is json_of($answer)->{need} . json_of($answer)->{login_url}, 'login/login', 'a stranger signs in first';
    is json_of($browser->get('/by-pin/', Accept => 'application/json'))->{need}, 'login', 'a first factor is the login page\'s';
};

subtest 'a POST that lacks a second step is told that nothing was sent' => sub {
    my $browser = signed_in('user5');
    my $secret = enrol_app($browser);
    $browser = signed_in('user5');
    my $answer = $browser->post_form('/totp/form', {precious => 'data'}, Referer => 'http://localhost:' . closed . '/before?x=1');
    is $answer->code, 303, 'led on';
    my $page = $browser->visit(location($answer));
    like $page->content, qr/What you sent was not saved/, 'told';
    unlike $page->content, qr/precious/, 'and not kept';
    my $in = $browser->post_form('/login/step', {%{$browser->fields($page)}, code => code_of($secret)});
    is location($in), '/before?x=1', 'back where the form was';
};

subtest 'one who has several is asked for the one used last, and may choose' => sub {
    my $browser = signed_in('user6');
    my $old = enrol_app($browser, name => 'Old phone');
    sleep 1; # uses are known to the second
    my $new = enrol_app($browser, name => 'New <phone>');
    my $other = signed_in('user6');
    my $where = '/totp/?x=' . 'y' x 500;
    my $page = to_step($other, $where);
    my ($href) = $page->content =~ m{<a class="plain" href="([^"]+)">Use the app “Old phone”};
    like $href // '', qr/factor=[0-9a-f]{32}/, 'the newer one first, the other a link';
    $page = $other->visit(MPin::Browser::plain($href));
    like $page->content, qr/Use the app “New &lt;phone&gt;”/, 'which changes places';
    my $in = $other->post_form('/login/step', {%{$other->fields($page)}, code => code_of($old)});
    is location($in), $where, 'and keeps the way';
    my $third = signed_in('user6');
    my $long = '/totp/?x=' . 'y' x 5000;
    $page = to_step($third, $long);
    like $page->content, qr/Use the app “New/, 'the one used last comes first next time';
    my ($action) = $page->content =~ /<form method="post" action="([^"]+)"/;
    $in = $third->post_form(MPin::Browser::plain($action), {%{$third->fields($page)}, code => code_of($old, 30)});
    is location($in), $long, 'a long way stands in the address';
    is $third->visit('/whoami')->code, 200, 'and it is taken';
};

subtest 'MPinReauthAfter asks for the second step again, too' => sub {
    my $browser = signed_in('user7');
    my $secret = enrol_app($browser);
    is $browser->visit('/fresh-totp/')->code, 200, 'fresh';
    ok until_true(sub { $browser->visit('/fresh-totp/')->code == 302 }), 'later no more';
    like location($browser->visit('/fresh-totp/')), qr{^/login\?}, 'the password first';
    my $login = to_step($browser, '/fresh-totp/');
    my $in = $browser->post_form('/login', {%{$browser->fields($login)}, username => 'user7', password => 'user7-secret'});
    is $in->code, 303, 'which is right';
    ok until_true(sub { $browser->visit('/fresh-totp/')->code == 302 }), 'the code is as old soon';
    is take_step($browser, '/fresh-totp/', code_of($secret))->code, 303, 'then the code';
    is $browser->visit('/fresh-totp/')->code, 200, 'and it is fresh';
};

subtest 'Require mpin-amr leads to a step-up where that would help' => sub {
    my $anna = signed_in('anna@example.org');
    my $secret = enrol_app($anna);
    is $anna->visit($_)->code, 200, "$_ after a code" for qw(/otp/ /otp-or-jane/ /otp-and-anna/ /mfa/);
    my $again = signed_in('anna@example.org');
    for my $place (qw(/otp/ /otp-or-jane/ /otp-and-anna/ /mfa/)) {
        my $led = $again->visit($place);
        is $led->code, 303, "$place without leads on";
        like location($led), qr{^/login/step\?return=}, 'to the second step';
        is $led->header('WWW-Authenticate'), undef, 'without a dialogue of the browser\'s';
        is to_step($again, $place)->code, 200, 'which asks for a code';
    }
    my $jane = signed_in('jane');
    is $jane->visit('/otp-or-jane/')->code, 200, 'another rule of RequireAny';
    is $jane->visit('/otp-and-anna/')->code, 403, 'where a code would change nothing nobody is asked for one';
    is location($again->visit('/by-pin/')), '/login?return=%2fby-pin%2f', 'a PIN is asked for at the login';
    unlike to_step($again, '/by-pin/')->content, qr/type="password"/, 'and no password';
    my $post = $again->post_form('/otp/', {x => 1});
    is $post->code, 303, 'a POST';
    like location($post), qr/lost=1/, 'is told that it is lost';
    is take_step($again, '/otp/', code_of($secret))->code, 303, 'the code';
    is $again->visit('/otp/')->code, 200, 'opens it';
};

subtest 'MPIN_AMR in Require expr and <If>' => sub {
    my $browser = signed_in('anna@example.org');
    is $browser->visit('/by-expr/')->code, 403, 'Require expr without';
    is $browser->visit('/by-if/')->code, 302, '<If> without';
    $browser = signed_in('user8');
    enrol_app($browser);
    is $browser->visit('/by-expr/')->code, 200, 'and with a code';
    is $browser->visit('/by-if/')->code, 200, 'both';
    like $browser->visit('/by-if/')->header('Cache-Control'), qr/private/, 'for this user only';
};

subtest 'recovery codes' => sub {
    my $browser = signed_in('user9');
    unlike section_of($browser, 'Recovery codes'), qr/./, 'not where they would stand for nothing';
    is $browser->post_form('/account/codes', {csrf => $browser->fields($browser->visit('/account'))->{csrf}})->code, 409, 'nor by hand';
    my $secret = enrol_app($browser);
    like section_of($browser, 'Recovery codes'), qr/None yet/, 'none at first';
    my @codes = new_codes($browser);
    is scalar @codes, 10, 'ten';
    my %seen;
    ok !(grep { !/\A(?:[0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}\z/ || $seen{$_}++ } @codes), 'of 120 bits each, all different';
    unlike $browser->visit('/account')->content, qr/\Q$codes[0]\E/, 'shown once';
    like section_of($browser, 'Recovery codes'), qr/10 of 10 are left/, 'counted';

    my $other = signed_in('user9');
    my ($href) = to_step($other, '/totp/')->content =~ m{href="([^"]+)">Use a recovery code};
    my $page = $other->visit(MPin::Browser::plain($href));
    my $fields = $other->fields($page);
    is $other->post_form('/login/step', {%$fields, code => 'abcd-efgh-jkmn-pqrs-tvwx-yz01'})->code, 401, 'a wrong one';
    is $other->post_form('/login/step', {%$fields, code => code_of($secret)})->code, 401, 'an app\'s code is none';
    my $in = $other->post_form('/login/step', {%$fields, code => ' ' . uc($codes[0] =~ s/-/ /gr) . ' '});
    is $in->code . location($in), '303/totp/', 'case, spaces and dashes do not matter';
    is $other->visit('/totp/')->code, 200, 'for an app';
    is $other->visit($_)->code, 200, $_ for qw(/second/ /otp/);
    is $other->visit('/key/')->code, 302, 'but for no passkey';
    like $other->visit('/whoami')->content, qr/"MPIN_AMR":"pwd mfa otp"/, 'amr';
    is audited('step_recovery', 'user9'), 1, 'and the audit log tells which';
    is signed_in_by_code('user9', $codes[0])->code, 401, 'each is good once';
    for my $at (1 .. 6) {
        is signed_in_by_code('user9', $codes[$at])->code, $at < 6 ? 303 : 200, "code $at";
    }
    like section_of($browser, 'Recovery codes'), qr/Only 3 recovery codes are left/, 'warned when three are left';
    like signed_in_by_code('user9', $codes[7])->content, qr/Only 2 recovery codes are left.*href="\/totp\/"/s, 'at the step, too, with the way on';
    my @new = new_codes($browser);
    is signed_in_by_code('user9', $codes[8])->code, 401, 'new ones make the old ones void';
    is signed_in_by_code('user9', $new[8])->code, 303, 'and are good';
    is audited('recovery_codes_made', 'user9'), 2, 'each making is recorded';
    my $download = $browser->post_form('/account/codes', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    my ($file) = $download->content =~ m{download="[^"]+" href="data:text/plain,([^"]+)"};
    my @file = split /%0D%0A/, $file;
    is_deeply [@file[1 .. 10]], [$download->content =~ m{<li><code>([^<]+)</code>}g], 'a link downloads them, without script';
    is $download->header('Cache-Control'), 'no-store', 'and nobody keeps the page';
};

sub signed_in_by_code {
    my ($name, $code) = @_;
    my $browser = signed_in($name);
    my ($href) = to_step($browser, '/totp/')->content =~ m{href="([^"]+)">Use a recovery code};
    my $page = $browser->visit(MPin::Browser::plain($href));
    return $browser->post_form('/login/step', {%{$browser->fields($page)}, code => $code});
}

subtest 'a browser that is remembered' => sub {
    my $browser = signed_in('user10');
    my $secret = enrol_app($browser);
    my $home = signed_in('user10');
    like to_step($home, '/totp/')->content, qr/Don&#39;t ask again in this browser for 30 days/, 'is offered';
    is take_step($home, '/totp/', code_of($secret), remember => 1)->code, 303, 'with a code';
    ok $home->cookie('mpin-remember'), 'has a cookie of its own';
    is audited('step_totp', 'user10'), 1, 'recorded';
    my $kept = $home->copy;
    $kept->post_form('/logout', {csrf => $kept->fields($kept->visit('/logout'))->{csrf}});
    $kept->sign_in('user10');
    is $kept->visit('/totp/')->code, 200, 'it is not asked again';
    is $kept->visit('/second/')->code, 200, 'wherever a second step is';
    is $kept->visit('/key/')->code, 302, 'but where it must be a passkey';
    like $kept->visit('/whoami')->content, qr/"MPIN_AMR":"pwd"/, 'remembered_device_is_not_otp';
    is $kept->visit($_)->code, 303, "Require mpin-amr of $_ is not met" for qw(/otp/ /mfa/);
    unlike $kept->visit('/account')->content, qr/Add an authenticator app/, 'nothing changes in /account by that';
    unlike $kept->visit('/whoami')->content, qr/mpin-remember/, 'and nobody behind us sees the cookie';

    like section_of($browser, 'Remembered browsers'), qr/Chrome on Linux/, 'it is listed';
    my ($id) = section_of($browser, 'Remembered browsers') =~ /name="factor" value="([0-9a-f]{32})"/;
    my $csrf = $browser->fields($browser->visit('/account'))->{csrf};
    is $browser->post_form('/account/browser/remove', {csrf => $csrf, factor => $id})->code, 303, 'and removed';
    is $kept->visit('/totp/')->code, 302, 'its session ends';
    $kept->sign_in('user10');
    is $kept->visit('/totp/')->code, 302, 'and it is asked again';
    is $browser->visit('/totp/')->code, 200, 'this one goes on';
    is audited('browser_forgotten', 'user10'), 1, 'recorded';
};

subtest 'a change of second steps forgets all browsers' => sub {
    my $browser = signed_in('user11');
    my $secret = enrol_app($browser);
    my $home = signed_in('user11');
    take_step($home, '/totp/', code_of($secret), remember => 1);
    enrol_app($browser, name => 'another');
    like section_of($browser, 'Remembered browsers'), qr/None/, 'none is left';
    my $kept = stepper();
    $kept->{cookies}{'mpin-remember'} = $home->cookie('mpin-remember');
    $kept->sign_in('user11');
    is $kept->visit('/totp/')->code, 302, 'it is asked again';
};

done;
