# SPDX-License-Identifier: Apache-2.0
# What somebody would try who has the password, but not the second step; or a session of another's.
use strict;
use warnings;
use Test::More;
use MPin;
use Steps;

from(62);
expect_in_log(qr/AH01631/);

sub location { return $_[0]->header('Location') // '' }

subtest 'enrolling_at_sign_in_is_refused_to_anyone_who_ever_had_a_factor' => sub {
    my $owner = signed_in('user1');
    my $secret = enrol_app($owner);
    my $thief = signed_in('user1');
    my $page = to_step($thief, '/totp/');
    unlike $page->content, qr/Set up an authenticator app/, 'none is offered beside one that is there';
    my $token = $thief->fields($page)->{csrf};
    for my $path (qw(/login/step/totp /login/step/totp/confirm)) {
        my $answer = $thief->post_form("$path?return=/totp/", {csrf => $token, factor => '00' x 16, code => '123456'});
        is $answer->code, 403, "$path by hand";
        like $answer->content, qr/MPIN0213/, 'with its number';
    }
    my ($id) = section_of($owner, 'Second steps') =~ /name="factor" value="([0-9a-f]{32})"/;
    my $csrf = $owner->fields($owner->visit('/account'))->{csrf};
    is $owner->post_form('/account/factor/remove', {csrf => $csrf, factor => $id})->code, 303, 'its owner removes it';
    $thief = signed_in('user1');
    $page = to_step($thief, '/totp/');
    is $page->code, 403, 'a password alone sets up none afterwards either';
    is $thief->post_form('/login/step/totp?return=/totp/', $thief->fields($page))->code, 403, 'nor by hand';
};

subtest 'of_two_who_set_up_a_first_step_one_wins' => sub {
    my @browsers = map { signed_in('user2') } 1 .. 2;
    my @apps;
    for my $browser (@browsers) {
        my $page = to_step($browser, '/totp/');
        my $app = $browser->post_form('/login/step/totp?return=/totp/', $browser->fields($page));
        push @apps, [$browser, $app, secret_of($app)];
    }
    my ($lost, $won) = map {
        my ($browser, $app, $secret) = @$_;
        $browser->post_form('/login/step/totp/confirm?return=/totp/', {%{$browser->fields($app)}, code => code_of($secret)});
    } @apps;
    is $lost->code, 404, 'the one that was begun first waits no more';
    is $won->code, 303, 'the other one is confirmed';
    is $browsers[0]->visit('/totp/')->code, 302, 'and the first browser\'s session has ended';
    is $browsers[0]->visit('/whoami')->content =~ /"REMOTE_USER":"user2"/, '', 'it is nobody\'s';
};

subtest 'a_password_device_is_no_second_factor' => sub {
    my $owner = signed_in('user3');
    my $before = $owner->enrol('user3', '7391');
    sleep 1; # when a device came is known to the second
    my $secret = enrol_app($owner);
    my $known = stepper();
    $known->visit('/login');
    is $known->pin_login($before)->code, 200, 'a device from before the app';
    is $known->visit('/second/')->code, 200, 'is two factors, as it was';

    my $thief = signed_in('user3');
    my $device = $thief->enrol('user3', '1357');
    is $thief->visit('/second/')->code, 302, 'who has the password may add a device';
    is $thief->pin_login($device)->code, 200, 'and sign in by its PIN';
    is $thief->visit('/second/')->code, 302, 'but that is one factor';
    is $thief->visit('/mfa/')->code, 303, 'and no mfa';
    unlike $thief->visit('/whoami')->content, qr/"MPIN_AMR":"[^"]*mfa/, 'nor called so';
    like to_step($thief, '/second/')->content, qr/authenticator app/, 'the second step is asked for';
    unlike to_step($thief, '/second/')->content, qr/Use your PIN/, 'and that PIN is no way round';
    is take_step($thief, '/second/', code_of($secret))->code, 303, 'its owner shows it once';
    my $later = stepper();
    $later->visit('/login');
    $later->pin_login($device);
    is $later->visit($_)->code, 200, "then its PIN is two: $_" for qw(/second/ /mfa/);
};

subtest 'a_code_is_good_once_over_all_processes' => sub {
    my $secret = enrol_app(signed_in('user4'));
    my @browsers = map { signed_in('user4') } 1 .. 4;
    my @forms = map { [$_, $_->fields(to_step($_, '/totp/'))] } @browsers;
    my $code = code_of($secret);
    my @codes = in_parallel(4, sub {
        my ($browser, $fields) = @{$forms[$_[0] - 1]};
        return $browser->post_form('/login/step', {%$fields, code => $code})->code;
    });
    is scalar(grep { $_ == 303 } @codes), 1, "exactly one of @codes";
};

subtest 'guesses_in_parallel_count_exactly' => sub {
    my $secret = enrol_app(signed_in('user5'));
    my $thief = signed_in('user5');
    my $fields = $thief->fields(to_step($thief, '/totp/'));
    my @codes = in_parallel(24, sub {
        return $thief->copy->post_form('/login/step', {%$fields, code => sprintf '%06d', $_[0]})->code;
    });
    is scalar(grep { $_ == 401 } @codes), 5, 'five are judged';
    is scalar(grep { $_ == 429 } @codes), 19, 'all others wait';
    my $page = $thief->post_form('/login/step', {%$fields, code => code_of($secret)});
    is $page->code, 429, 'also a right one';
    like $page->header('Retry-After'), qr/^\d+$/, 'which is told for how long';
    my $again = signed_in('user5');
    is take_step($again, '/totp/', code_of($secret))->code, 429, 'a new session has no tries of its own';
    my ($href) = to_step($again, '/totp/')->content =~ m{href="([^"]+)">Use a recovery};
    is $href, undef, 'and no other way where there is none';
};

subtest 'who_only_signs_in_wrongly_moves_no_counter' => sub {
    my $owner = signed_in('user6');
    my $secret = enrol_app($owner);
    my $stranger = stepper();
    for (1 .. 10) {
        my $answer = $stranger->post_form('/login/step?return=/totp/', {csrf => 'x', factor => '0' x 32, code => '123456'});
        is $answer->code . location($answer), '303/login?return=%2ftotp%2f', 'a stranger is led to the login';
    }
    my $neighbour = signed_in('user7');
    my ($id) = section_of($owner, 'Second steps') =~ /name="factor" value="([0-9a-f]{32})"/;
    my $page = to_step($neighbour, '/totp/');
    $neighbour->post_form('/login/step', {%{$neighbour->fields($page)}, return => '/totp/', factor => $id, code => '123456'}) for 1 .. 10;
    my $home = signed_in('user6');
    is take_step($home, '/totp/', code_of($secret))->code, 303, 'nobody was locked out';
};

subtest 'anothers_factor_is_out_of_reach' => sub {
    my $owner = signed_in('user8');
    my $secret = enrol_app($owner);
    my ($id) = section_of($owner, 'Second steps') =~ /name="factor" value="([0-9a-f]{32})"/;
    my $other = signed_in('user9');
    my $mine = enrol_app($other);
    my $third = signed_in('user9');
    is take_step($third, '/totp/', code_of($secret), factor => $id)->code, 401, 'its code proves nothing of me';
    my $csrf = $other->fields($other->visit('/account'))->{csrf};
    for my $path (qw(/account/factor/remove /account/browser/remove /account/totp/confirm)) {
        is $other->post_form($path, {csrf => $csrf, factor => $id, code => code_of($secret)})->code, 404, "$path finds nothing";
    }
    is $owner->visit('/totp/')->code, 200, 'and nothing has happened to it';
};

subtest 'nothing_changes_by_a_get_or_without_the_token' => sub {
    my $browser = signed_in('user10');
    my $secret = enrol_app($browser);
    my $page = $browser->visit('/account');
    my ($id) = $page->content =~ /name="factor" value="([0-9a-f]{32})"/;
    my $csrf = $browser->fields($page)->{csrf};
    for my $path (qw(/account/totp /account/totp/confirm /account/codes /account/browser/remove /account/factor/remove
        /login/step/totp /login/step/totp/confirm)) {
        is $browser->get("$path?csrf=$csrf&factor=$id&code=123456")->code, 405, "GET $path";
        next if $path =~ /^.login/;
        is $browser->post_form($path, {factor => $id, code => '123456'})->code, 403, "$path without a token";
        is $browser->post_form($path, {csrf => $csrf, factor => $id}, Origin => 'https://evil.example')->code, 403, "$path from another site";
        my $foreign = signed_in('user11');
        my $theirs = $foreign->fields($foreign->visit('/account'))->{csrf};
        is $browser->post_form($path, {csrf => $theirs // '', factor => $id})->code, 403, "$path with another's token";
    }
    my $home = signed_in('user10');
    my $step = to_step($home, '/totp/');
    is $home->post_form('/login/step', {%{$home->fields($step)}, csrf => 'x', code => code_of($secret)})->code, 403, 'a step without its token';
    is $home->visit('/totp/')->code, 302, 'opens nothing';
    is $browser->visit('/account')->content =~ /\Q$id\E/, 1, 'all is as it was';
};

subtest 'a_step_gives_a_new_session_and_the_old_one_gains_nothing' => sub {
    my $secret = enrol_app(signed_in('user12'));
    my $browser = signed_in('user12');
    my $planted = $browser->copy;
    my $old = $browser->cookie('mpin');
    is take_step($browser, '/totp/', code_of($secret))->code, 303, 'a step';
    isnt $browser->cookie('mpin'), $old, 'a new cookie';
    is $planted->visit('/totp/')->code, 302, 'who had the old one has not taken the step';
    my ($mine, $theirs) = map { signed_in('user12') } 1 .. 2;
    my $fields = $theirs->fields(to_step($theirs, '/totp/'));
    is $mine->post_form('/login/step', {%$fields, code => code_of($secret, 30)})->code, 403, 'another session\'s form is none of mine';
};

subtest 'who_has_begun_a_step_loses_it_when_the_account_changes' => sub {
    my $owner = signed_in('user14');
    my $secret = enrol_app($owner);
    my $thief = signed_in('user14');
    my $fields = $thief->fields(to_step($thief, '/totp/'));
    enrol_app($owner, name => 'another');
    my $answer = $thief->post_form('/login/step', {%$fields, code => code_of($secret)});
    like location($answer), qr{^/login\?}, 'its session has ended: the login first';
    is $thief->visit('/totp/')->code, 302, 'and nothing is open';
};

subtest 'a_weak_session_changes_nothing_of_an_account_with_a_second_step' => sub {
    my $owner = signed_in('user15');
    my $secret = enrol_app($owner);
    my $thief = signed_in('user15');
    my $page = $thief->visit('/account');
    my $token = $thief->fields($page)->{csrf} // '';
    for my $path (qw(/account/totp /account/codes /account/factor/remove)) {
        my $answer = $thief->post_form($path, {csrf => $token, factor => '0' x 32});
        is $answer->code, 303, "$path wants a proof";
        like location($answer), qr{^/login/step\?prove=1}, 'by the second step, not by the password again';
    }
    is prove($thief, code_of($secret))->code, 303, 'which its owner has';
    my @codes = new_codes($thief);
    is scalar @codes, 10, 'and then may';
};

subtest 'a_remembered_browser_is_worth_nothing_elsewhere' => sub {
    my $secret = enrol_app(signed_in('user16'));
    my $home = signed_in('user16');
    take_step($home, '/totp/', code_of($secret), remember => 1);
    my $cookie = $home->cookie('mpin-remember');
    my $try = sub {
        my ($name, $value) = @_;
        my $browser = stepper();
        $browser->{cookies}{'mpin-remember'} = $value;
        return $browser->sign_in($name)->visit('/totp/')->code;
    };
    is $try->('user16', $cookie), 200, 'it counts';
    is $try->('user17', $cookie), 302, 'not for another user';
    is $try->('user16', $home->cookie('mpin')), 302, 'a session is none';
    my $bent = $cookie;
    substr $bent, 40, 1, substr($bent, 40, 1) eq 'A' ? 'B' : 'A';
    is $try->('user16', $bent), 302, 'nor is a forged one';
    is $try->('user16', "$cookie; mpin-remember=$cookie"), 302, 'nor are two';
    my $nobody = stepper();
    $nobody->{cookies}{'mpin-remember'} = $cookie;
    like location($nobody->visit('/totp/')), qr{^/login\?}, 'alone it signs nobody in';
    my $session = stepper();
    $session->{cookies}{mpin} = $cookie;
    is $session->who, '', 'nor is it a session';
    my $tick = signed_in('user16');
    my $page = to_step($tick, '/key/');
    unlike $page->content, qr/Don&#39;t ask again/, 'and is not offered where it would not count';
    is $tick->post_form('/login/step', {%{$tick->fields(to_step($tick, '/totp/'))}, code => '123456', remember => 1})->code, 401, 'a wrong code';
    is $tick->cookie('mpin-remember'), undef, 'remembers nothing';
};

subtest 'a_weaker_step_is_none_where_a_stronger_is_asked_for' => sub {
    my $owner = signed_in('user13');
    my $secret = enrol_app($owner);
    my @codes = new_codes($owner);
    my ($app) = section_of($owner, 'Second steps') =~ /name="factor" value="([0-9a-f]{32})"/;
    my $thief = signed_in('user13');
    my %form = (csrf => $thief->fields(to_step($thief, '/totp/'))->{csrf}, factor => $app, return => '/key/');
    my $code = code_of($secret);
    for my $way ('', '?second=totp', '?second=any&return=/second/', '?return=/totp/') {
        is $thief->post_form("/login/step$way", {%form, code => $code})->code, 403, "an app's code for a passkey's place, by '$way'";
        is $thief->post_form("/login/step$way", {%form, factor => '', code => $codes[0]})->code, 403, 'nor a recovery code';
    }
    is $thief->post_form('/login/step', {%form, return => '/totp/', second => 'none', code => ''})->code, 401, 'what a form says of the place counts for nothing';
    is $thief->visit($_)->code, 302, "$_ is closed" for qw(/key/ /totp/ /second/);
    $thief->post_form('/login/step', {%form, return => '/account', prove => 1, code => $code, remember => 1});
    is $thief->cookie('mpin-remember'), undef, 'nobody is remembered by what proves it anew';
    is $thief->visit('/totp/')->code, 200, 'the code was good all the while';
    my ($href) = to_step(signed_in('user13'), '/totp/')->content =~ m{href="([^"]+)">Use a recovery code};
    my $lost = signed_in('user13');
    my $page = $lost->visit(MPin::Browser::plain($href));
    is $lost->post_form('/login/step', {%{$lost->fields($page)}, code => $codes[0], remember => 1})->code, 303, 'a recovery code';
    is $lost->cookie('mpin-remember'), undef, 'makes no browser remembered';
};

subtest 'recovery_codes_are_good_once_over_all_processes' => sub {
    my $owner = signed_in('user18');
    enrol_app($owner);
    my @codes = new_codes($owner);
    my @forms = map {
        my $browser = signed_in('user18');
        my ($href) = to_step($browser, '/totp/')->content =~ m{href="([^"]+)">Use a recovery code};
        [$browser, $browser->fields($browser->visit(MPin::Browser::plain($href)))];
    } 1 .. 4;
    my @answers = in_parallel(4, sub {
        my ($browser, $fields) = @{$forms[$_[0] - 1]};
        return $browser->post_form('/login/step', {%$fields, code => $codes[0]})->code;
    });
    is scalar(grep { $_ == 303 } @answers), 1, "exactly one of @answers";
};

# By a recovery code, of which there are as many as a test needs.
sub prove_by_code {
    my ($browser, $code) = @_;
    my ($href) = $browser->visit('/account')->content =~ m{href="(/login/step\?prove=1[^"]*)"} or die 'nothing to prove';
    my ($codes) = $browser->visit(MPin::Browser::plain($href))->content =~ m{href="([^"]+)">Use a recovery code} or die 'no codes';
    my $page = $browser->visit(MPin::Browser::plain($codes));
    return $browser->post_form('/login/step', {%{$browser->fields($page)}, code => $code});
}

subtest 'of_two_changes_at_once_one_session_goes_on' => sub {
    my $owner = signed_in('user20');
    enrol_app($owner);
    my @codes = new_codes($owner);
    my $told = sub { return scalar(() = audit_log() =~ /"event": ?"recovery_codes_made"[^\n]*"user20"/g) };
    my $made = $told->();
    for my $round (1 .. 5) {
        my @browsers = map { signed_in('user20') } 1 .. 2;
        is prove_by_code($browsers[$_], $codes[$_])->code, 303, 'both have proven it' for 0, 1;
        my @csrf = map { $_->fields($_->visit('/account'))->{csrf} } @browsers;
        my @told = in_parallel(2, sub {
            my $browser = $browsers[$_[0] - 1];
            my $page = $browser->post_form('/account/codes', {csrf => $csrf[$_[0] - 1]});
            return join ' ', $page->code, $browser->cookie('mpin') // '-', $page->content =~ m{<li><code>([^<]+)</code>}g;
        });
        my ($alive, $changes) = (0, 0);
        for (@told) {
            my ($code, $cookie, @new) = split / /;
            $changes++ if $code != 303; # led to the login, it had ended before it could change anything
            my $browser = stepper();
            $browser->{cookies}{mpin} = $cookie;
            next if $browser->who ne 'user20';
            $alive++;
            @codes = @new;
        }
        cmp_ok $alive, '<=', 1, 'nobody ends the other\'s session, and stays in by the other\'s version';
        is $told->(), $made += $changes, 'each is told, also the one whose session has ended';
        last if $alive != 1 || !@codes;
    }
};

subtest 'grep_of_all_logs_finds_no_code_and_no_secret' => sub {
    my $owner = signed_in('user19');
    my $secret = enrol_app($owner);
    my @codes = new_codes($owner);
    my $home = signed_in('user19');
    my $code = code_of($secret);
    take_step($home, '/totp/', $code, remember => 1);
    my $logs = error_log() . audit_log();
    unlike $logs, qr/\Q$_\E/, 'not this' for $secret, $codes[0], $codes[0] =~ s/-//gr, $home->cookie('mpin-remember');
    unlike $logs, qr/\bcode=\Q$code\E/, 'nor the code';
};

done;
