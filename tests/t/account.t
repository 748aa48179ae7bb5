# SPDX-License-Identifier: Apache-2.0
# /account: what is a person's, and how they end it; everything without script, as a browser posts it.
use strict;
use warnings;
use Test::More;
use MPin;

from(62);

# The page of somebody who is signed in.
sub account { my ($browser, $query) = @_; return $browser->visit('/account' . ($query // '')) }

# One row or section of the page, by what stands in it.
sub part_with { my ($page, $text) = @_; return grep { /\Q$text\E/ } split /<div class="thing">|<section/, $page->content }

# Sends a form of the page: by its address, with what it has hidden and what is given.
sub act {
    my ($browser, $path, %more) = @_;
    my $page = account($browser);
    my ($csrf) = $page->content =~ /name="csrf" value="([^"]+)"><input type="hidden" name="device"/;
    ($csrf) = $page->content =~ m{/sessions/end">\s*<input type="hidden" name="csrf" value="([^"]+)"} if !$csrf;
    return $browser->post_form("/account/$path", {csrf => $csrf // 'none', %more});
}

# The handles of the devices, in the page's order; and of other sessions.
sub devices { my $browser = shift; my %seen; return grep { !$seen{$_}++ } account($browser)->content =~ /name="device" value="(\w+)"/g }
sub sessions { return account(shift)->content =~ /name="session" value="(\w+)"/g }

sub text { return $_[0]->content =~ s/<[^>]+>/ /gr =~ s/&#39;/'/gr =~ s/\s+/ /gr }

sub events { my $name = shift; return map { /"event": ?"(\w+)"/ ? $1 : () } grep { /"$name"/ } split /\n/, audit_log() }

# Somebody signed in by password in a browser of that kind.
sub at {
    my ($name, $agent) = @_;
    my $browser = browser(site, headers => ['User-Agent' => $agent // 'Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0']);
    return $browser->sign_in($name);
}

# A PIN login in a browser of its own.
sub late_login { my $browser = browser(site); $browser->visit('/login'); return $browser->pin_login(@_) }

subtest 'who_is_not_signed_in_is_led_to_the_login_and_back' => sub {
    my $answer = browser(site)->visit('/account');
    is $answer->code, 303;
    like $answer->header('Location'), qr{^/login\?prove=1&return=%2faccount$}, 'which leads back';
    for my $path (qw(device/remove device/unlock device/rename session/end sessions/end)) {
        like browser(site)->post_form("/account/$path", {})->header('Location'), qr{^/login}, "$path changes nothing";
    }
};

subtest 'a_person_with_a_password_only_has_a_page' => sub {
    my $browser = at('user1');
    my $page = account($browser);
    is $page->code, 200;
    like text($page), qr/You're signed in as user1/;
    like text($page), qr/Devices with a PIN None yet\./, 'no device, and what to do';
    like text($page), qr/Chrome on Linux This browser 127\.0\.0\.62 · since \d{4}-\d\d-\d\d \d\d:\d\d UTC/, 'this browser is listed';
    unlike $page->content, qr/<script(?! src="\/mpin\/[0-9a-f]{16}\/first\.js")/, 'it needs no script';
    is $page->header('Cache-Control'), 'no-store', 'and is kept by nobody';
    like $browser->visit('/login')->content, qr{href="/account"}, 'the page of somebody signed in leads there';
};

subtest 'second steps are left out where there are none to be had' => sub {
    like account(at('user1'))->content, qr/<h2[^>]*>Second steps</, 'they are there where something is set up';
    my $page = account(browser(closed)->sign_in('user1'));
    is $page->code, 200;
    unlike $page->content, qr/<h2[^>]*>Second steps</, 'and not where nothing is';
};

subtest 'getting_a_page_of_the_account_changes_nothing' => sub {
    my $browser = at('user2');
    $browser->enrol('user2', '1234');
    my ($device) = devices($browser);
    for my $path ("device/remove?device=$device", 'sessions/end', "device/unlock?device=$device") {
        is $browser->visit("/account/$path")->code, 405, "GET $path";
    }
    is_deeply [devices($browser)], [$device], 'the device is still there';
};

subtest 'a_device_is_renamed_and_removed_by_its_owner_alone' => sub {
    my $browser = at('user3');
    my $device = $browser->enrol('user3', '1234');
    my ($handle) = devices($browser);
    like text(account($browser)), qr/Chrome on Linux added \d{4}-\d\d-\d\d/, 'it is listed';
    my $named = act($browser, 'device/rename', device => $handle, name => "Anna's <phone>");
    is $named->header('Location'), '/account?done=device_renamed';
    like account($browser)->content, qr/<strong>Anna&#39;s &lt;phone&gt;/, 'renamed';
    for my $bad ('x' x 33, "a\x01b", "\xff") {
        is act($browser, 'device/rename', device => $handle, name => $bad)->header('Location'), '/account?done=device_bad', 'no name';
    }
    my $stranger = at('user4');
    $stranger->enrol('user4', '1234');
    for my $path (qw(device/remove device/unlock device/rename)) {
        my $answer = act($stranger, $path, device => $handle, name => 'mine');
        is $answer->code, 404, "another user: $path is 404";
        like $answer->content, qr/MPIN0220/;
    }
    is act($browser, 'device/remove', device => $_)->code, 404, 'no such device' for '', 'x', '00' x 16, uc $handle, $handle . '00';
    my $phone = browser(site, headers => ['User-Agent' => 'x']);
    $phone->visit('/login');
    is $phone->pin_login($device)->code, 200, 'the device signs in';
    is act($browser, 'device/remove', device => $handle)->header('Location'), '/account?done=device_removed', 'removed';
    is $phone->who, '', 'what it was signed in with has ended';
    is $browser->who, 'user3', 'and nothing else';
    is_deeply [devices($browser)], [], 'and it is not listed any more';
    is late_login($device)->code, 403, 'its PIN is worth nothing';
    is act($browser, 'device/remove', device => $handle)->code, 404, 'removed for good';
    is_deeply [grep { /identity_re/ } events('user3')], [qw(identity_renamed identity_removed)], 'each change has one audit record';
};

subtest 'removing_the_device_one_signed_in_with_signs_out' => sub {
    my $browser = at('user5');
    my $device = $browser->enrol('user5', '1234');
    my $phone = browser(site);
    $phone->visit('/login');
    is $phone->pin_login($device)->code, 200;
    my ($handle) = devices($phone);
    like text(account($phone)), qr/This device/, 'the device of this browser is marked';
    unlike text(account($browser)), qr/This device/, 'in another browser it is not';
    my $answer = act($phone, 'device/remove', device => $handle);
    is $answer->header('Location'), '/logout?out=1', 'which is said';
    is $phone->who, '', 'signed out';
    like text($phone->visit('/logout?out=1')), qr/You have been signed out/;
    is $browser->who, 'user5', 'others go on';
};

subtest 'a_locked_device_is_unlocked_by_another_proof_only' => sub {
    my $browser = at('user6');
    my $device = $browser->enrol('user6', '1234');
    my $phone = browser(site);
    $phone->visit('/login');
    is $phone->pin_login($device)->code, 200, 'it signs in';
    my $thief = browser(site);
    $thief->visit('/login');
    $thief->pin_login($device, '9999') for 1 .. 3;
    is $thief->pin_login($device, '1234')->code, 410, 'it is locked';
    my ($handle) = devices($phone);
    like text(account($phone)), qr/This device Locked/, 'which is seen';
    is act($phone, 'device/unlock', device => $handle)->header('Location'), '/account?done=device_other', 'its own PIN unlocks nothing';
    is $thief->pin_login($device, '1234')->code, 410;
    is act($browser, 'device/unlock', device => $handle)->header('Location'), '/account?done=device_unlocked', 'a password does';
    like text(account($browser, '?done=device_unlocked')), qr/Unlocked\. Its PIN works again/;
    is $thief->pin_login($device, '1234')->code, 200, 'and the PIN is right again';
    is scalar(grep { $_ eq 'identity_unlocked' } events('user6')), 1, 'one audit record';
};

subtest 'sessions_are_listed_and_ended' => sub {
    my $here = at('user7');
    my $there = at('user7', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1');
    my $third = at('user7', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0');
    my @others = sessions($here);
    is @others, 2, 'two others';
    like text(account($here)), qr/Safari on iPhone 127\.0\.0\.62/, 'by browser and address';
    my $stranger = at('user8');
    is act($stranger, 'session/end', session => $_)->code, 404, 'no stranger ends them' for @others;
    my ($row) = grep { /Firefox on Windows/ } part_with(account($here), 'name="session"');
    my ($session) = $row =~ /name="session" value="(\w+)"/;
    is act($here, 'session/end', session => $session)->header('Location'), '/account?done=session_ended', 'one is ended';
    is $third->who, '', 'that one';
    is $there->who, 'user7', 'and no other';
    is scalar(my @left = sessions($here)), 1, 'and it is listed no longer';
    is act($here, 'session/end', session => $session)->code, 404, 'nor ended again';
    $there->sign_out;
    is scalar(@left = sessions($here)), 0, 'who signs out is listed no longer';
};

subtest 'signing_out_everywhere_else_leaves_this_browser' => sub {
    my $here = at('user9');
    my @others = map { at('user9') } 1 .. 3;
    my $before = $here->cookie('mpin');
    is act($here, 'sessions/end')->header('Location'), '/account?done=signed_out_elsewhere';
    is $_->who, '', 'another browser is signed out' for @others;
    is $here->who, 'user9', 'this one goes on';
    isnt $here->cookie('mpin'), $before, 'with a new session';
    is scalar(my @left = sessions($here)), 0, 'and is alone in the list';
    is scalar(grep { $_ eq 'signed_out_elsewhere' } events('user9')), 1, 'one audit record';
};

subtest 'a_step_up_is_no_second_session' => sub {
    my $browser = at('user10');
    my $other = at('user10');
    $browser->sign_in('user10', '/login?switch=1');
    is scalar(my @seen = sessions($other)), 1, 'the same browser is listed once';
};

subtest 'what_was_tried_since_the_last_sign_in_is_told' => sub {
    my $first = at('user11');
    unlike text(account($first)), qr/in your name/, 'the first sign-in has nothing before it';
    my $device = $first->enrol('user11', '1234');
    sleep 1;
    browser(site)->post_password('user11', 'wrong') for 1 .. 2;
    my $guesser = browser(site);
    $guesser->visit('/login');
    $guesser->pin_login($device, '9999');
    my $again = at('user11');
    my $told = text(account($again));
    like $told, qr/somebody has tried in your name\. Wrong passwords: 2\. Wrong PINs: 1\. The last one: \d{4}-/, 'passwords and PINs';
    at('user11');
    sleep 1;
    my $quiet = at('user11');
    like text(account($quiet)), qr/Nobody has tried in your name since your sign-in before this one/, 'and no more at the next';
};

subtest 'a_change_takes_a_token_of_this_session' => sub {
    my $browser = at('user12');
    my $device = $browser->enrol('user12', '1234');
    my ($handle) = devices($browser);
    my $other = at('user12');
    my ($foreign) = account($other)->content =~ /name="csrf" value="([^"]+)"/;
    for my $csrf ('', 'x', $foreign) {
        my $answer = $browser->post_form('/account/device/remove', {csrf => $csrf, device => $handle});
        is $answer->code, 403, 'no token, or another session\'s';
        like $answer->content, qr/MPIN0121/;
    }
    is $browser->post_form('/account/sessions/end', {csrf => $foreign})->code, 403;
    is $browser->request(POST => '/account/device/remove', body => "device=$handle", headers => [Origin => 'https://evil.example',
        'Content-Type' => 'application/x-www-form-urlencoded'])->code, 403, 'nor does another origin';
    is_deeply [devices($browser)], [$handle], 'it is still there';
    is $other->who, 'user12', 'and nobody was signed out';
};

subtest 'another_site_cannot_make_the_page_say_that_something_was_done' => sub {
    my $browser = at('user13');
    unlike text($browser->get('/account?done=device_removed', Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate',
        'Sec-Fetch-Site' => 'cross-site')), qr/Removed/;
    unlike $browser->visit('/account?done=%3Cscript%3E')->content, qr/%3Cscript|<script>/;
};

done;
