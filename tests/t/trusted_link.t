# SPDX-License-Identifier: Apache-2.0
# Trusted logins that are linked to an account at /account: the same person by two of them, and never anybody else.
use strict;
use warnings;
use Test::More;
use MPin;
use Steps;
use Trusted;

from(66);
expect_in_log(qr/AH0161[78]/); # mod_auth_basic's own words

sub house { my ($host) = @_; return browser(public, host => $host // 'trusted.example', origin => 'https://' . ($host // 'trusted.example')) }
sub whoami { my $browser = shift; return MPin::json_of($browser->get('/whoami'))->{env} // {} }
sub name_of { return whoami($_[0])->{REMOTE_USER} // '' }

# At the place of "named", which calls people what the test says, and has just seen them; everybody has the password of jane.
sub land { my ($browser, $subject, @headers) = @_; return $browser->get('/trusted/named', page, basic('jane'), 'X-Test-Name' => $subject, 'X-Test-Time' => time, @headers) }
sub come { my ($browser, $subject, @headers) = @_; $browser->visit('/login/with/named'); return land($browser, $subject, @headers) }
sub local_user { return house($_[1])->sign_in($_[0]) }
sub csrf { return $_[0]->fields($_[0]->visit('/account'))->{csrf} }

# From the button to the question.
sub begin { my ($browser, $login) = @_; return $browser->post_form('/account/login/add', {csrf => csrf($browser), login => $login // 'named'}) }
sub asked { my ($browser, $subject, @headers) = @_; begin($browser); return $browser->visit(location(land($browser, $subject, @headers))) }
sub confirm { my ($browser, $question) = @_; return $browser->post_form('/account/login/confirm', $browser->fields($question)) }
sub linked { my ($browser, $subject, @headers) = @_; return confirm($browser, asked($browser, $subject, @headers)) }
sub unlink_at { my ($browser, $login) = @_; return $browser->post_form('/account/login/remove', {csrf => csrf($browser), login => $login // 'named'}) }
sub section { return section_of($_[0], 'Sign in with') =~ s/\s+/ /gr }

subtest 'a_linked_login_is_the_account_that_it_was_linked_to' => sub {
    my $browser = local_user('user5');
    my $elsewhere = local_user('user5');
    like section($browser), qr/No other login leads to this account yet/, 'none at first';
    my @offered = section($browser) =~ /name="login" value="(\w+)"/g;
    is "@offered", 'corp other named anybody', 'each that gives names of its own is offered';
    my $way = begin($browser);
    is $way->code, 200, 'a page leads on: a form must not be redirected to another host';
    like $way->content, qr{data-go="https://trusted.example/trusted/named\?anew=1&amp;asked=[\w-]{64}"}, '... to the place, which is to ask who it is, not with what stood before the host';
    my $landed = land($browser, 'anna-5', 'X-Test-Mail' => 'anna5@example.org');
    is $landed->code, 303, 'back from there';
    is name_of($browser), 'user5', '... they are whom they were';
    my $question = $browser->visit(location($landed));
    like $question->content, qr{<h1>Is that you\?</h1>.*Named says who.*anna-5.*anna5\@example\.org.*your account user5}s, 'who it is stands on a page, with a question';
    my $done = confirm($browser, $question);
    is $done->code . location($done), '303/account?done=login_added', 'confirmed';
    like section($browser), qr{<strong>Named</strong> <small>anna5\@example\.org · added \d{4}-}, 'it is listed';
    is name_of($elsewhere), '', 'other sessions have ended';
    is name_of($browser), 'user5', '... and this one goes on';
    is audited('login_linked', 'user5'), 1, 'one audit record';

    my $by_it = house;
    come($by_it, 'anna-5', 'X-Test-Mail' => 'new5@example.org');
    my $env = whoami($by_it);
    is "$env->{REMOTE_USER} $env->{MPIN_PROVIDER} $env->{MPIN_SUBJECT} $env->{MPIN_EMAIL}", 'user5 named anna-5 new5@example.org', 'who comes by it is that user, by that login';
    is $by_it->visit('/protected/')->code, 200, 'and protected pages open';
    my $reloaded = land($by_it, 'anna-5');
    is $reloaded->code . location($reloaded), '303/', 'a second tab, or a page that is reloaded, is led on';
    is land($by_it, 'ben-5')->code, 403, '... and nobody else\'s';
    like section($by_it), qr/new5\@example\.org/, 'what it tells now is shown';
    $env = whoami(local_user('user5'));
    is $env->{MPIN_PROVIDER}, 'local', 'a password is no word of the provider';
    ok !exists $env->{MPIN_EMAIL}, '... and nothing is told of it';
    $by_it->post_form('/refresh', {return => '/protected/'});
    my $news = $by_it->get('/trusted/named?refresh=1', page, basic('jane'), 'X-Test-Name' => 'anna-5', 'X-Test-Mail' => 'later5@example.org');
    is location($news), '/protected/', 'news are asked of that login';
    is whoami($by_it)->{MPIN_EMAIL}, 'later5@example.org', '... and reach applications';
    my $device = $by_it->enrol('user5', '7391');
    $by_it->sign_out;
    is $by_it->pin_login($device)->code, 200, 'a PIN that was set up so is the account\'s';
    is name_of($by_it), 'user5', '... whose name it has';
    my $other = house;
    come($other, 'anna-5-more');
    is name_of($other), 'named:anna-5-more', 'another subject is another user';
    is location(begin($browser)), '/account?done=login_there', 'one of each login';
};

subtest 'a_login_with_an_account_of_its_own_is_never_taken_over' => sub {
    my $owner = house;
    come($owner, 'own-6');
    is name_of($owner), 'named:own-6', 'somebody has come by it already';
    my $browser = local_user('user6');
    begin($browser);
    my $no = land($browser, 'own-6');
    is $no->code, 409, 'who shows it in a session of somebody else\'s';
    like $no->content, qr{already has an account of its own here}, '... is told so';
    like $no->content, qr{href="/account">Try again<}, '... and led back to the account';
    unlike $no->content, qr{/login/with/named}, '... not to a sign-in, which would be another user';
    is name_of($browser), 'user6', '... and stays who they are';
    is name_of($owner), 'named:own-6', '... as does the owner';
    begin($browser);
    my $question = $browser->visit(location(land($browser, 'late-6')));
    come(house, 'late-6');
    my $late = confirm($browser, $question);
    is $late->code, 409, 'the same where it comes between';
    like $late->content, qr/account of its own here.*Back to your account/s, '... by a page';
    my $again = house;
    come($again, 'late-6');
    is name_of($again), 'named:late-6', '... and it stays its own';
};

subtest 'a_linked_login_is_nobody_elses' => sub {
    my $one = local_user('user7');
    is location(linked($one, 'shared-7')), '/account?done=login_added', 'the first has it';
    my $other = local_user('user8');
    begin($other);
    my $no = land($other, 'shared-7');
    is $no->code, 409, 'another user does not get it';
    like $no->content, qr/already leads to another account/, '... and is told so';
    is unlink_at($other)->code, 404, 'nor can they remove it';
    my $by_it = house;
    come($by_it, 'shared-7');
    is name_of($by_it), 'user7', 'it is the first one\'s still';
};

subtest 'of_two_users_who_link_one_login_at_once_one_gets_it' => sub {
    for my $round (1 .. 3) {
        my @browsers = map { local_user($_) } qw(user9 user10);
        for my $browser (@browsers) { unlink_at($browser) }
        my @questions = map { asked($_, "race-$round") } @browsers;
        my @got = in_parallel(4, sub { my $which = $_[0] % 2; return $which . confirm($browsers[$which], $questions[$which])->code });
        my %in = map { $_ => 1 } grep { /303/ } @got;
        is scalar keys %in, 1, "exactly one of them (@got)";
        my $by_it = house;
        come($by_it, "race-$round");
        my ($winner) = map { /^(\d)303/ ? ('user9', 'user10')[$1] : () } @got;
        is name_of($by_it), $winner, '... and it is theirs';
        my @listed = grep { section(local_user($_)) =~ /race-$round/ } qw(user9 user10);
        is "@listed", $winner, '... and nobody else sees it as theirs';
    }
};

subtest 'of_two_presses_at_once_one_goes_on_and_keeps_the_session' => sub {
    for my $round (1 .. 5) {
        my $browser = local_user('user9');
        unlink_at($browser);
        my $question = asked($browser, "twice-$round");
        my @got = in_parallel(4, sub { my $answer = confirm($browser, $question); return $answer->code . ($answer->code == 303 ? ' ' . name_of($browser) : '') });
        is scalar(grep { /303 user9/ } @got), 1, "exactly one (@got)";
        is scalar(grep { /^40[13]$/ } @got), 3, '... and the others are told so';
    }
};

subtest 'nothing_is_linked_that_was_not_asked_for_in_this_session' => sub {
    my $browser = local_user('user11');
    is $browser->get('/account/login/add', page)->code, 405, 'no link begins it';
    is $browser->post_form('/account/login/add', {csrf => 'x', login => 'named'})->code, 403, 'nor a form without a token';
    is $browser->request(POST => '/account/login/add', body => 'login=named&csrf=' . MPin::Browser::escape(csrf($browser)),
        headers => [Origin => 'https://evil.example', 'Content-Type' => 'application/x-www-form-urlencoded'])->code, 403, 'nor another site\'s';
    is begin($browser, 'house')->code, 404, 'nor one with as-local';
    is begin($browser, 'nobody')->code, 404, 'nor one that is not there';

    my $stranger = local_user('user12');
    my $lure = asked($stranger, 'strangers-11');
    my $fields = $stranger->fields($lure);
    my $page = $browser->visit("/account/login?link=$fields->{link}");
    is $page->code, 403, 'what a stranger has begun is no question of another session\'s';
    unlike $page->content, qr/strangers-11/, '... and is not shown';
    is $browser->post_form('/account/login/confirm', {csrf => csrf($browser), link => $fields->{link}})->code, 403, 'nor can it be confirmed there';
    is $stranger->post_form('/account/login/confirm', {link => $fields->{link}})->code, 403, 'nor without a token';

    $stranger->{cookies}{'__Host-mpin'} = $browser->{cookies}{'__Host-mpin'}; # the stranger's mark, the victim's session
    begin(my $own = local_user('user12'));
    $own->{cookies}{'__Host-mpin'} = $browser->{cookies}{'__Host-mpin'};
    my $no = land($own, 'strangers-11b');
    is $no->code, 403, 'a mark of another session links nothing';
    like $no->content, qr/was not added/, '... and says so';
    is name_of($own), 'user11', '... nor signs it anybody in';

    begin($browser);
    my $mark = $browser->{cookies}{'__Host-mpin-login'};
    $browser->sign_out;
    $browser->sign_in('user11');
    $browser->{cookies}{'__Host-mpin-login'} = $mark;
    is land($browser, 'gone-11')->code, 403, 'neither does the mark of a session that has ended';
    begin($browser);
    $mark = $browser->{cookies}{'__Host-mpin-login'};
    $browser->sign_out;
    $browser->{cookies}{'__Host-mpin-login'} = $mark;
    is land($browser, 'gone-11')->code, 403, 'nor one without a session';
    is name_of($browser), '', '... nor is anybody signed in';
    $browser->sign_in('user11');
    begin($browser);
    $browser->visit('/login/with/named');
    is location(land($browser, 'signs-in-11')), '/login?offer=1', 'who begins a sign-in meanwhile signs in';
    is name_of($browser), 'named:signs-in-11', '... as another user';
    $browser->sign_out;
    $browser->sign_in('user11');
    like section($browser), qr/No other login/, 'and nothing was linked';
};

subtest 'who comes back by a second tab is led to the account, and becomes nobody else' => sub {
    my $browser = local_user('user17');
    begin($browser) for 1 .. 2;
    my $question = $browser->visit(location(land($browser, 'tabs-17')));
    my $no = land($browser, 'tabs-17');
    is $no->code, 403, 'a mark counts once';
    like $no->content, qr{href="/account">Try again<}, '... and another try is at the account';
    unlike $no->content, qr{/login/with/named}, '... not a sign-in, which would be a user of its own';
    is location(confirm($browser, $question)), '/account?done=login_added', 'the first tab goes on';
    my $twice = confirm($browser, $question);
    is $twice->code, 403, 'a question is answered once';
    like $twice->content, qr{it was added already.*href="/account"}s, '... and a page says what may have become of it';
    begin($browser, 'corp');
    land($browser, 'tabs-17');
    $browser->visit('/login/with/named');
    land($browser, 'tabs-17');
    is name_of($browser), 'user17', 'a sign-in afterwards is one';
};

subtest 'a login that has become as-local meanwhile gives no local name to another account' => sub {
    my $browser = local_user('user20');
    begin($browser);
    $browser->{host} = 'reloaded.example';
    my $no = land($browser, 'local-20');
    is $no->code, 403, 'nothing is offered';
    like $no->content, qr/was not added/, '... by a page';
    is name_of($browser), 'user20', '... and they are whom they were';
};

subtest 'linking_asks_for_a_fresh_proof' => sub {
    my $browser = local_user('user13');
    my $secret = enrol_app($browser);
    $browser->sign_out;
    $browser->sign_in('user13');
    unlike section($browser), qr/<form/, 'no button before it';
    like location($browser->post_form('/account/login/add', {csrf => csrf($browser), login => 'named'})), qr{^/login/step\?prove=1}, 'adding asks for it';
    like location(unlink_at($browser)), qr{^/login/step\?prove=1}, 'so does removing';
};

subtest 'a_removed_link_makes_a_user_of_its_own_again' => sub {
    my $browser = local_user('user14');
    linked($browser, 'ends-14');
    my $by_it = house;
    come($by_it, 'ends-14');
    is name_of($by_it), 'user14', 'it leads to the account';
    my $done = unlink_at($browser);
    is $done->code . location($done), '303/account?done=removed', 'removed';
    is name_of($by_it), '', 'what it began has ended';
    is name_of($browser), 'user14', 'this session goes on';
    is audited('login_unlinked', 'user14'), 1, 'one audit record';
    is unlink_at($browser)->code, 404, 'once';
    my $next = house;
    come($next, 'ends-14');
    is name_of($next), 'named:ends-14', 'who comes by it is a user of their own';
    begin($browser);
    is land($browser, 'ends-14')->code, 409, '... which can\'t be linked any more';
    is location(linked($browser, 'again-14')), '/account?done=login_added', 'another one can';
};

subtest 'a_providers_sign_out_ends_what_a_linked_login_began' => sub {
    my $browser = local_user('user15');
    begin($browser, 'corp');
    my $landed = $browser->get('/trusted/corp', page, basic('user5'));
    confirm($browser, $browser->visit(location($landed)));
    my $by_it = house;
    $by_it->visit('/login/with/corp');
    $by_it->get('/trusted/corp', page, basic('user5'), 'X-Test-Sid' => 'sid-15');
    is name_of($by_it), 'user15', 'by the provider\'s session';
    is location($by_it->sign_out), '/logout?out=1&with=corp', 'a sign-out here leads there';
    is name_of($by_it), '', '... and ends here';
};

subtest 'an account of a trusted login has others beside it, and its own stays' => sub {
    my $browser = house;
    come($browser, 'first-16');
    like section($browser), qr{<strong>Named</strong> <small>first-16 · this account&#39;s own}, 'its own is listed';
    unlike section($browser), qr{value="named"}, '... and can be neither removed nor added';
    begin($browser, 'corp');
    confirm($browser, $browser->visit(location($browser->get('/trusted/corp', page, basic('user6')))));
    my $by_it = house;
    $by_it->visit('/login/with/corp');
    $by_it->get('/trusted/corp', page, basic('user6'));
    is name_of($by_it), 'named:first-16', 'corp leads to the account of named';
    my $env = whoami($by_it);
    is "$env->{MPIN_PROVIDER} $env->{MPIN_SUBJECT}", 'corp user6', '... and is told as what it is';
    $env = whoami($browser);
    is "$env->{MPIN_PROVIDER} $env->{MPIN_SUBJECT}", 'named first-16', '... while the other session is told its own';
    is $by_it->visit('/corp-only/')->code, 200, 'a place that wants corp opens';
    is $browser->visit('/corp-only/')->code, 302, '... to no other';
};

subtest 'who_was_merely_the_first_links_nothing' => sub {
    my $browser = house('first.example');
    my $device = $browser->enrol('first-17', '7391');
    is $browser->pin_login($device)->code, 200, 'a stranger is the first of a name';
    is section($browser), '', 'no login is offered';
    is begin($browser, 'corp')->code, 404, 'nor added';
    my $owner = house('first.example')->sign_in('user16');
    like section($owner), qr/Add Company/, 'somebody who has a password adds one';
};

subtest 'a_link_does_not_outlive_the_accounts_own_login' => sub {
    my $browser = house('aged.example');
    sub corp { my ($browser, $user) = @_; return $browser->get('/trusted/corp', page, basic($user)) }
    $browser->visit('/login/with/corp');
    corp($browser, 'user7');
    is name_of($browser), 'corp:user7', 'an account of corp\'s';
    begin($browser, 'second');
    confirm($browser, $browser->visit(location($browser->get('/trusted/second', page, basic('user8')))));
    sleep 3;
    my $by_it = house('aged.example');
    $by_it->visit('/login/with/second');
    my $asked = $by_it->get('/trusted/second', page, basic('user8'));
    is $asked->code . location($asked), '303/login/with/corp', 'after MPinTrustedMaxAge who comes by the second is led to the account\'s own';
    is name_of($by_it), '', '... before which nobody is signed in';
    my $gone = house('gone.example');
    $gone->visit('/login/with/second');
    my $no = $gone->get('/trusted/second', page, basic('user8'));
    is $no->code, 403, '... which must be there';
    like $no->content, qr/own login has not confirmed you for too long/, '... or a page says so';
    is name_of($gone), '', '... and nobody is signed in';
    $by_it->visit(location($asked));
    corp($by_it, 'user7');
    is name_of($by_it), 'corp:user7', '... and after which they are';
};

subtest 'a login that has named the account once, and is linked to it by now, leads nobody in a circle' => sub {
    my $back = sub { my ($browser, $user) = @_; return $browser->get('/trusted/house', page, basic($user)) };
    my $named = house;
    $named->visit('/login/with/house');
    $back->($named, 'user18');
    is name_of($named), 'user18', 'where it is as-local, it says who the account is';
    my $browser = local_user('user18', 'aged.example');
    begin($browser, 'house');
    confirm($browser, $browser->visit(location($back->($browser, 'user19'))));
    sleep 3;
    my $by_it = house('aged.example');
    $by_it->visit('/login/with/house');
    my $in = $back->($by_it, 'user19');
    is location($in), '/login?offer=1', 'where it is not, who comes by it is in, whatever the age of its first word';
    is name_of($by_it), 'user18', '... as whom it is linked to';
};

done;
