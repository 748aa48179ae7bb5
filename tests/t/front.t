# SPDX-License-Identifier: Apache-2.0
# Who a program is told that asks, when the directory of a protected page leads there; and rules that look ahead.
use strict;
use warnings;
use Test::More;
use MPin;

from(33);
expect_in_log(qr{AH01631: user jane}, qr{AH01630: client denied by server configuration: \S+/under/});

my $john = browser(mount, host => 'one-program')->sign_in('john');
my $stranger = browser(mount, host => 'one-program');
sub env { return json_of($_[0])->{env} // {} }
sub told { my ($env, $name) = @_; return $env->{$name} // $env->{"REDIRECT_$name"} }

subtest a_front_controller_knows_the_user_of_a_protected_path => sub {
    for my $path ('/front/admin/report', '/front/admin/', '/fallen/anything', '/gone/nowhere') {
        my $env = env($john->visit($path));
        is told($env, 'REMOTE_USER'), 'john', "$path: the user";
        is told($env, 'MPIN_AMR'), 'pwd', 'what was proven';
        like told($env, 'MPIN_AUTH_TIME'), qr/^\d{10}$/, 'when';
        is told($env, 'MPIN_PROVIDER'), 'local', 'where';
        like told($env, 'MPIN_SESSION'), qr/^[0-9a-f]{32}$/, 'the session';
        is $env->{HTTP_X_WEBAUTH_USER}, 'john', 'and MPinPassHeaders';
        is $env->{HTTP_X_AUTH_AMR}, 'pwd', 'all of them';
        like $john->visit($path)->header('Cache-Control'), qr/private/, 'for nobody else';
        is $stranger->visit($path)->code, 302, 'strangers go to the login';
    }
    my $jane = browser(mount, host => 'one-program')->sign_in('jane');
    my $env = env($jane->visit('/only-john/'));
    is told($env, 'REMOTE_USER') . $env->{HTTP_X_WEBAUTH_USER}, 'janejane', 'also as the page of a 403';
};

subtest an_open_path_of_it_knows_nobody => sub {
    for my $browser ($john, $stranger) {
        my $env = env($browser->get('/front/open', 'X-Webauth-User' => 'evil', 'Redirect-Mpin-Amr' => 'evil', 'X-Set-Env' => 'evil'));
        is $env->{SCRIPT_NAME}, '/open/echo', 'the program answers';
        is_deeply [grep { /MPIN_(?!USER)|REMOTE_USER|WEBAUTH/ && !/^HTTP_REDIRECT/ } keys %$env], [], 'and is told of nobody';
    }
};

sub traces {
    my $work = shift;
    my @before = (length error_log(), length audit_log());
    my $answer = $work->();
    my $lines = substr error_log(), $before[0];
    return ($answer, join('', grep { /MPIN07|MPIN04|auth_mpin:(?!trace)/ && !/MPIN(?:070[45]|0788)/ } $lines =~ /.*\n/g), substr audit_log(), $before[1]);
}

subtest a_look_ahead_gives_the_name_and_leaves_no_trace => sub {
    my ($answer, $log, $audit) = traces(sub { $john->visit('/ahead/x') });
    is env($answer)->{AHEAD} // env($answer)->{REDIRECT_AHEAD}, 'john', 'the name, before the URL is mapped';
    is $log . $audit, '', 'in silence';
    ($answer, $log, $audit) = traces(sub { $stranger->visit('/ahead/x') });
    is env($answer)->{AHEAD} // env($answer)->{REDIRECT_AHEAD}, 'nobody', 'a stranger has none';
    is $answer->code, 200, 'and is where the rule leads';
    is $answer->header('Set-Cookie'), undef, 'without a cookie';
    is $answer->header('WWW-Authenticate'), undef, 'or a word about it';
    is $log . $audit, '', 'in silence';
    for my $headers (['X-Requested-With' => 'x'], [Accept => 'text/html', 'Sec-Fetch-Dest' => 'iframe', 'Sec-Fetch-Mode' => 'navigate']) {
        ($answer, $log, $audit) = traces(sub { $stranger->get('/ahead/x?status=401', @$headers) });
        is $answer->code, 401, 'the application\'s own 401';
        is env($answer)->{SCRIPT_NAME}, '/open/echo', 'is not answered by us';
        is $log . $audit, '', 'in silence';
    }
    is $john->visit('/around/index.html')->code, 200, 'in a directory it does no harm';
    is $stranger->visit('/around/index.html')->code, 302, 'to anybody';
};

subtest what_may_not_be_seen_is_not_there_for_expressions => sub {
    my ($answer, $log, $audit) = traces(sub { $john->visit('/open/echo/if') });
    is $answer->header('X-May'), 'yes', 'john may see it, says <If "-U ...">';
    ($answer, $log, $audit) = traces(sub { $stranger->visit('/open/echo/if') });
    is $answer->header('X-May'), undef, 'a stranger may not, though the login would be the answer';
    is $answer->header('Set-Cookie'), undef, 'without a cookie';
    is $log . $audit, '', 'in silence';
    is $john->visit('/open/echo/require')->code, 200, 'Require expr lets john in';
    expect_in_log(qr/AH01630/);
    is $stranger->visit('/open/echo/require')->code, 403, 'and nobody else';
};

subtest a_look_ahead_at_a_protected_page_finds_it_closed => sub {
    for my $path ('/looking/', '/looking/index.html') {
        my ($answer, $log, $audit) = traces(sub { $stranger->visit($path) });
        is $answer->code, 200, "$path is open";
        is $answer->header($_), undef, "and a stranger finds the other page closed: $_" for qw(X-Open X-Open-Too);
        is $answer->header('Set-Cookie'), undef, 'without a cookie';
        is $log . $audit, '', 'in silence';
        is $john->visit($path)->header($_), 'yes', "who may see it finds it open: $_" for qw(X-Open X-Open-Too);
    }
    is $stranger->visit('/asked/')->code, 403, 'so it can be a condition of access';
    is $john->visit('/asked/')->code, 200, 'for who may see that page';
    my ($answer, $log, $audit) = traces(sub { $stranger->visit('/ahead-of-index/') });
    is $answer->code, 302, 'where the rules of an index look ahead, it is refused';
    is scalar(() = $log =~ /MPIN0701/g), 1, 'once';
};

done;
