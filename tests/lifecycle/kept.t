#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A form that met the login, because the session of who sent it had expired, is kept, and sent once the same user says so.
# The clock is libfaketime's. tests/browser/kept.t has the same in Chromium.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use IO::Socket::INET;

my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1' or plan skip_all => 'libfaketime is not installed';
my ($port, $top, $modules) = ($ENV{PORT}, $Server::top, Server::modules());
my $app = $port + 4;
system("htpasswd -Bb -C 4 '$top/users' jane jane-secret 2>/dev/null") == 0 or die 'htpasswd';

# The application answers with what it gets, and counts it.
my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$app", Listen => 20, ReuseAddr => 1) or die;
my $application = fork // die;
if (!$application) {
    my $times = 0;
    while (my $client = $listener->accept) {
        my ($head, $body) = ('', '');
        while (my $line = <$client>) { $head .= $line; last if $line =~ /^\r?$/ }
        read $client, $body, $1 if $head =~ /^Content-Length: (\d+)/mi;
        $times++ if $head =~ /^POST/;
        my $said = "$times times\n$head$body";
        print {$client} "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${\ length $said}\r\n\r\n$said";
        close $client;
    }
    require POSIX;
    POSIX::_exit(0);
}
close $listener;
my $parent = $$;
END { local $?; if ($parent && $parent == $$) { kill TERM => $application; waitpid $application, 0 } }

my $minutes = 0;
sub later { $minutes += shift // 0; Server::write_file("$top/clock", "+${minutes}m\n") }
later(0);
my $server = Server->new(
    env => {LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => "$top/clock", FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1},
    conf => "MPinAuditLog $top/logs/audit\n" . join('', map { "LoadModule ${_}_module $modules/mod_$_.so\n" } qw(proxy proxy_http rewrite)) . <<"END")->start;
LogLevel auth_mpin:debug
ProxyPass /protected/app http://127.0.0.1:$app/app
<Location /protected/fresh>
MPinReauthAfter 10min
</Location>
<Location /protected/app/jane>
Require user jane
</Location>
<Location /protected/other>
MPinLoginMethods pin
</Location>
ProxyPass /protected/fresh http://127.0.0.1:$app/fresh
END

sub john { return browser($port)->sign_in('john') }
my @own = ('Sec-Fetch-Site' => 'same-origin', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');
my $place = '/protected/app/save?page=1&x=%20';
my $fields = {title => 'One', text => "a b\n" x 40, 'odd<b>' => '&'};
sub save { my ($browser, @more) = @_; return $browser->post_form($place, $fields, @own, Referer => "http://127.0.0.1:$port/protected/app/edit", @more) }
# From the login page on to the page that asks, as `name`.
sub sign_in_at {
    my ($browser, $page, $name) = @_;
    my $done = $browser->post_form('/login', {%{$browser->fields($page)}, username => $name, password => "$name-secret"});
    my $at = $done->header('Location') // return '(nowhere)';
    my ($onward) = $browser->visit($at)->content =~ /success="([^"]*)"/;
    return MPin::Browser::plain($onward // $at);
}
sub buttons { return map { MPin::Browser::plain($_) } $_[0]->content =~ /<form method="post" action="([^"]*)"/g }
# The button of the page: it posts nothing.
sub press { my ($browser, $action, @more) = @_; return $browser->request(POST => $action, body => '', headers => [Accept => 'text/html', Origin => $browser->origin, @own, 'Content-Type' => 'application/x-www-form-urlencoded', @more]) }
sub arrived { return browser($port)->sign_in('john')->get('/protected/app/')->content =~ /^(\d+) times/ ? $1 : -1 }
# Somebody whose form met the login, and the page that asks them.
sub at_the_question {
    my $browser = john();
    later(31);
    my $page = save($browser);
    my $at = sign_in_at($browser, $page, 'john');
    return ($browser, $at, $browser->visit($at));
}
sub gone { my ($answer, $name) = @_; is $answer->code, 410, $name; like $answer->content, qr/MPIN0287/, '... and says why'; return }

subtest 'what_met_the_login_is_sent_again_once_by_a_button' => sub {
    my $john = john();
    later(31);
    my $before = arrived();
    my $page = save($john);
    is $page->code, 401, 'an expired session: the login';
    like $page->content, qr/kept for 15 minutes/, 'with a note';
    unlike $page->content, qr/need to sign in first/, 'and no other';
    unlike $page->content, qr/again\/[^"]*…|Signing in to see/, 'and no address of the page that asks';
    my $at = sign_in_at($john, $page, 'john');
    like $at, qr{^/login/again/[0-9a-f]{32}$}, 'leads to the page that asks';
    my $question = $john->visit($at);
    is $question->code, 200, 'which is there';
    like $question->content, qr{/protected/app/save.*title \(3 B\).*}s, 'and names where it goes, and what';
    like $question->content, qr/odd&lt;b&gt; \(1 B\)/, 'escaped';
    unlike $question->content, qr/>One|a b/, 'and shows no values';
    is arrived(), $before, 'nothing was sent yet';
    my ($send) = buttons($question);
    is $send, "$place&mpin-again=" . ($at =~ /(\w+)$/)[0], 'the button posts to the place';
    my $sent = press($john, $send);
    is $sent->code, 200, 'and it gets in';
    my $form = MPin::Browser::form($fields);
    my $said = $sent->content;
    like $said, qr{^POST /app/save\?page=1&x=%20 HTTP}m, 'to the very place, without a mark';
    like $said, qr/^Content-Type: application\/x-www-form-urlencoded\r?$/mi, 'as what it was';
    is +($said =~ /\r\n\r\n(.*)/s)[0], $form, 'byte for byte';
    is arrived(), $before + 1, 'once';

    gone(press($john, $send), 'a reload of the answer sends nothing');
    gone($john->visit($at), 'nor does going back');
    gone(press($john, $send, 'Content-Length' => 0), 'nor another tab');
    is arrived(), $before + 1, 'once, and no more';
};

subtest 'parts_and_files_are_kept_byte_for_byte' => sub {
    my $john = john();
    later(31);
    my $file = join '', map { chr($_ % 256) } 0 .. 60_000;
    my $body = join "\r\n", '--xYz', 'Content-Disposition: form-data; name="title"', '', 'One',
        '--xYz', "Content-Disposition: form-data; name=\"photo\"; filename=\"<me>\x01.png\"", 'Content-Type: image/png', '', $file,
        '--xYz', 'Content-Disposition: form-data; name="none"; filename=""', 'Content-Type: application/octet-stream', '', '', '--xYz--', '';
    my $post = sub {
        return $john->request(POST => $place, body => $_[0], headers => [Accept => 'text/html', Origin => $john->origin, @own,
            'Content-Type' => 'multipart/form-data; boundary=xYz']);
    };
    my $question = $john->visit(sign_in_at($john, $post->($body), 'john'));
    like $question->content, qr/title \(3 B\).*photo: &lt;me&gt;\?\.png \(60 kB\)/s, 'files are named';
    unlike $question->content, qr/none/, 'a field for files that was left empty is not';
    my $sent = press($john, (buttons($question))[0]);
    like $sent->content, qr{^Content-Type: multipart/form-data; boundary=xYz\r?$}mi, 'as parts';
    ok(($sent->content =~ /\r\n\r\n(--xYz.*)/s)[0] eq $body, 'byte for byte');

    later(31);
    my $large = $post->($body . 'x' x 6_000);
    is $large->code, 401, 'more than 64 KiB';
    like $large->content, qr/What you sent was not saved/, 'is not kept';
    my $strange = $john->request(POST => $place, body => '{}', headers => [Accept => 'text/html', Origin => $john->origin, @own, 'Content-Type' => 'application/json']);
    like $strange->content, qr/What you sent was not saved/, 'nor is what no form sends';
    like $post->("\r\n--xYz\r\n\0garbage")->content, qr/kept for/, 'parts that are none are bytes like others';
    my $at = sign_in_at($john, $post->('--xYz' . "\r\n\r\n\r\n" x 3), 'john');
    is $john->visit($at)->code, 200, 'and can be shown';
};

subtest 'cross_site_post_is_never_replayed' => sub {
    for my $case (['another origin', Origin => 'https://evil.example'], ['no origin', Origin => 'null'],
        ['a page of another site', Origin => undef, 'Sec-Fetch-Site' => 'cross-site'], ['another host of the domain', Origin => undef, 'Sec-Fetch-Site' => 'same-site'],
        ['nobody says from where', Origin => undef, 'Sec-Fetch-Site' => undef], ['our origin, and another site', 'Sec-Fetch-Site' => 'cross-site']) {
        my ($name, %from) = @$case;
        my $john = john();
        later(31);
        my %headers = (Origin => $john->origin, @own, %from);
        my $page = $john->request(POST => $place, body => 'a=1', headers => [Accept => 'text/html', %headers, 'Content-Type' => 'application/x-www-form-urlencoded']);
        is $page->code, 401, "$name: the login";
        like $page->content, qr/What you sent was not saved/, 'keeps nothing';
        unlike sign_in_at($john, $page, 'john'), qr/again/, 'and asks nothing afterwards';

        my ($victim, $at, $question) = at_the_question();
        my ($send) = buttons($question);
        my $before = arrived();
        isnt $victim->request(POST => $send, body => '', headers => [Accept => 'text/html', %headers])->code, 200, "$name presses no button";
        is arrived(), $before, 'and nothing is sent';
        is press($victim, $send)->code, 200, 'the person does';
    }
    my $stranger = browser($port);
    like save($stranger)->content, qr/What you sent was not saved/, 'nobody is kept anything without a session';
    my $john = john();
    $john->sign_out;
    like save($john)->content, qr/What you sent was not saved/, 'nor after a sign-out';
    $john = john();
    $john->copy->sign_out;
    later(31);
    like save($john)->content, qr/What you sent was not saved/, 'nor after one that this cookie does not know of';
    my ($other, $at, $question) = at_the_question();
    my ($send) = buttons($question);
    my $valid = john();
    is $valid->request(GET => $send, headers => [Accept => 'text/html'])->code, 200, 'a GET of that address';
    is press($other, $send)->code, 200, 'sends nothing';
};

subtest 'another_user_gets_nothing_and_it_is_thrown_away' => sub {
    my $john = john();
    later(31);
    my $page = save($john);
    my $at = sign_in_at($john, $page, 'jane');
    like $at, qr{^/login/again/}, 'jane signs in where john was';
    gone($john->visit($at), 'and is shown nothing');
    my $back = $john->sign_in('john', '/login?switch=1');
    gone($back->visit($at), 'john neither, any more');

    my ($owner, $where, $question) = at_the_question();
    my ($send) = buttons($question);
    my $jane = $owner->copy->sign_in('jane', '/login?switch=1');
    my $before = arrived();
    gone(press($jane, $send), 'nor can jane send it');
    is arrived(), $before, 'and nothing is sent';
};

subtest 'another_browser_of_the_same_user_gets_nothing' => sub {
    my ($john, $at, $question) = at_the_question();
    my ($send) = buttons($question);
    my $elsewhere = john();
    gone($elsewhere->visit($at), 'the page is not there');
    gone(press($elsewhere, $send), 'nor the button');
    is press($john, $send)->code, 200, 'where it was sent it is';
};

subtest 'it_waits_for_a_quarter_of_an_hour_and_can_be_thrown_away' => sub {
    my ($john, $at, $question) = at_the_question();
    my ($send, $drop) = buttons($question);
    is $drop, $at, 'another button';
    is $john->post_form($drop, {csrf => 'x'})->code, 403, 'wants its token';
    my $dropped = $john->post_form($drop, $john->fields($question));
    is $dropped->header('Location'), '/protected/app/edit', 'and leads back to where the form stood';
    gone(press($john, $send), 'then it is gone');

    ($john, $at, $question) = at_the_question();
    ($send) = buttons($question);
    later(16);
    gone($john->visit($at), 'after a quarter of an hour');
    gone(press($john, $send), 'so is the button');
};

subtest 'the_place_decides_and_what_it_refuses_is_still_kept' => sub {
    my $john = john();
    later(31);
    my $page = $john->post_form('/protected/fresh/save', $fields, @own);
    my $at = sign_in_at($john, $page, 'john');
    my ($send) = buttons($john->visit($at));
    later(11);
    my $again = press($john, $send);
    is $again->code, 401, 'a place that wants a fresher login';
    like $again->content, qr/kept for/, 'keeps it';
    is sign_in_at($john, $again, 'john'), $at, 'and leads to the same page';
    is press($john, $send)->code, 200, 'which sends it then';

    $john = john();
    later(31);
    $page = $john->post_form('/protected/app/jane', $fields, @own);
    ($send) = buttons($john->visit(sign_in_at($john, $page, 'john')));
    is press($john, $send)->code, 403, 'a place that is not theirs';
};

subtest 'what_met_a_place_that_wants_a_fresher_login_is_kept_too' => sub {
    my $john = john();
    later(11);
    my $before = arrived();
    my $page = $john->post_form('/protected/fresh/save', $fields, @own);
    is $page->code, 401, 'the session is good, and too old for this place';
    like $page->content, qr/kept for/, 'it is kept';
    my ($send) = buttons($john->visit(sign_in_at($john, $page, 'john')));
    is arrived(), $before, 'nothing was sent yet';
    is press($john, $send)->code, 200, 'the button sends it';
    is arrived(), $before + 1, 'once';
    $john = john();
    later(11);
    unlike $john->post_form('/protected/fresh/save', $fields, 'Sec-Fetch-Site' => 'cross-site', Origin => 'http://evil.example')->content, qr/kept for/,
        'not what comes from elsewhere';
    unlike $john->post_form('/protected/other', $fields, @own)->content, qr/kept for/, 'a place that lacks another login keeps nothing';
};

subtest 'only_the_very_place_gets_it_and_never_a_page_of_ours' => sub {
    my ($john, $at, $question) = at_the_question();
    my ($send) = buttons($question);
    my $before = arrived();
    for my $other ($send =~ s/page=1/page=2/r, $send =~ s/save/other/r, $send =~ s/^.*?\?/\/login?/r, '/?mpin-again=' . ($at =~ /(\w+)$/)[0],
        $send =~ s/.$/x/r, $send =~ s/again=/again=0/r) {
        isnt press($john, $other)->code, 200, $other;
    }
    isnt $john->post_form($send, {a => 1}, @own)->code, 200, 'nor does a form that holds something';
    is arrived(), $before, 'nothing was sent';
    is press($john, $send)->code, 200, 'it is there still';
    my $person = john();
    later(31);
    for my $ours ('/login', '/logout', '/account/totp', '/login/step', $at) {
        unlike $person->post_form($ours, {a => 1}, @own)->content, qr/kept for/, "$ours is no place to keep a form for";
    }
};

subtest 'exactly_one_of_two_tabs_sends_it' => sub {
    my ($john, $at, $question) = at_the_question();
    my ($send) = buttons($question);
    my $before = arrived();
    my @codes = map { $_ // 0 } in_parallel(6, sub { return press($john->copy, $send)->code });
    is scalar(grep { $_ == 200 } @codes), 1, "one of @codes";
    is scalar(grep { $_ == 410 } @codes), 5, 'and the others are told so';
    is arrived(), $before + 1, 'once';
};

subtest 'one_user_is_kept_eight_forms_in_a_quarter_of_an_hour' => sub {
    later(60);
    my $jane = browser($port)->sign_in('jane');
    later(31);
    my @kept = map { save($jane->copy)->content =~ /kept for/ ? 1 : 0 } 1 .. 20;
    cmp_ok scalar(grep { $_ } @kept), '<=', 16, 'no more (in two windows at the most)';
    cmp_ok scalar(grep { $_ } @kept), '>=', 8, 'and no fewer';
};

subtest 'a_form_is_kept_over_two_logins' => sub {
    my ($john, $at, $question) = at_the_question();
    later(14);
    $john->sign_out;
    my $location = $john->visit($at)->header('Location');
    is $location, login_at(return => $at), 'signed out once more: to the login';
    like $john->visit($location)->content, qr/kept for/, 'which says that it waits';
};

my %event;
$event{$_}++ for Server::slurp("$top/logs/audit") =~ /"event":"(form_\w+)"/g;
is $event{form_sent}, arrived(), 'the audit log has each that was sent';
cmp_ok $event{form_kept}, '>', $event{form_sent}, '... and each that was kept';
is join("\n", grep { !/AH01630|AH01631/ } Server::complaints()), '', 'nothing to complain of';
unlike Server::log_text(), qr/mpin-again=|a%20b|xYz/, 'and no log holds any of it';
done_testing;
