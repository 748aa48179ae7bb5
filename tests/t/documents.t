# SPDX-License-Identifier: Apache-2.0
# Words of the administrator's own for refusals: httpd's ErrorDocument has the first word where it is set.
use strict;
use warnings;
use Test::More;
use MPin;

from(32);
expect_in_log(qr{AH01631: user jane});

my @visit = (Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document');
my $jane = browser(mount, host => 'documents')->sign_in('jane');
sub stranger { return request(mount, $_[0], $_[1], host => 'documents', headers => [@visit, @_[2 .. $#_]]) }

subtest error_documents_of_the_administrator_win => sub {
    my $answer = $jane->visit('/only-john/');
    is $answer->code, 403, 'a page for 403, with its status';
    my $env = json_of($answer)->{env};
    is $env->{REQUEST_URI}, '/only-john/', 'that knows what was asked for';
    is $env->{REDIRECT_STATUS}, 403, 'the status';
    is $env->{REDIRECT_URL}, '/only-john/', 'the place';
    is $env->{SCRIPT_NAME} . $env->{PATH_INFO}, '/errors/403', 'and is the right one';
    is $env->{REDIRECT_REMOTE_USER}, 'jane', 'and who was refused';
    is $answer->header('WWW-Authenticate'), undef, 'another login would change nothing';
    $answer = $jane->visit('/text/');
    is $answer->code, 403, 'a text for 403';
    is $answer->content, 'not you, says the administrator', 'to the letter';
    $answer = $jane->visit('/away/');
    is $answer->code . ' ' . $answer->header('Location'), '302 https://elsewhere.example/no', 'a URL for 403';
    is $jane->request(POST => '/text/', body => 'x', headers => [@visit])->content, 'not you, says the administrator', 'also for a POST';
    is json_of($jane->get($_, 'X-Requested-With' => 'x'))->{code}, 'not_authorized', "$_: but JSON for scripts"
        for '/only-john/', '/text/', '/away/';
    like audit_log(), qr/"not_authorized".*"jane"|"jane".*"not_authorized"/, 'and the audit log has it';
};

subtest error_document_401_is_used_wherever_we_answer_401 => sub {
    my $answer = stranger(GET => '/u401/');
    is $answer->code, 401, 'with MPinUnauthenticated 401';
    is json_of($answer)->{env}{REDIRECT_STATUS}, 401, 'its page';
    $answer = stranger(POST => '/only-john/', 'Content-Length' => 0);
    is $answer->code, 401, 'for a POST with auto';
    is json_of($answer)->{env}{PATH_INFO}, '/401', 'its page, not ours';
    is stranger(POST => '/text/', 'Content-Length' => 0)->content, 'sign in, says the administrator', 'or its text';
    is request(mount, GET => '/text/', host => 'documents')->content, 'sign in, says the administrator',
        'for a client that doesn\'t say what it takes';
    is json_of(stranger(GET => '/text/', Accept => 'application/json', 'X-Requested-With' => 'x'))->{login_url}, '/login',
        'but JSON for scripts';
    is stranger(GET => '/only-john/')->code, 302, 'a page load goes on to the login: that is no 401';
};

subtest a_401_of_ours_has_the_header_that_it_must_have => sub {
    my @places = (stranger(GET => '/u401/'), stranger(POST => '/text/', 'Content-Length' => 0),
        stranger(GET => '/login-in-place/'));
    is $_->code . $_->header('WWW-Authenticate'), '401MPin realm="Wiki"', 'of a place' for @places;
    is stranger(POST => '/only-john/', 'Content-Length' => 0)->header('WWW-Authenticate'), 'MPin realm="the \"vault\""', 'AuthName';
    my $browser = browser(site);
    is $browser->post_password('john', 'wrong')->header('WWW-Authenticate'), 'MPin realm="Wiki"', 'of the login form';
    is $browser->json(POST => '/mpinAuthenticate', {})->header('WWW-Authenticate'), undef, 'nothing but a 401 has it';
    is request(site, GET => '/basic')->header('WWW-Authenticate'), 'Basic realm="x"', 'and nobody else\'s is changed';
};

subtest login_as_error_document_keeps_the_way => sub {
    my $device = browser(site)->sign_in('john')->enrol('john', '1234');
    my $browser = browser(mount, host => 'documents', origin => origin(mount));
    my $page = $browser->visit('/login-in-place/index.html?a=b');
    is $page->code, 401, 'the login page with the status of what it stands for';
    like $page->content, qr/name="csrf"|<mpin-pad/, 'is the login page';
    unlike $page->content, qr/type="password"/, 'and offers what the place accepts';
    my ($back) = $page->content =~ /<mpin-pad[^>]* return="([^"]*)"/;
    is json_of($browser->authenticate($browser->ott($device), return => $back))->{location}, '/login-in-place/index.html?a=b',
        'and leads there';
    is $browser->visit('/login-in-place/index.html?a=b')->code, 200, 'where the page is';
    is browser(mount, host => 'documents')->visit('/login')->code, 200, 'by itself it is 200';
    for my $headers ([], [Accept => '*/*'], [@visit, 'Sec-Purpose' => 'prefetch'], ['X-Requested-With' => 'x']) {
        my $answer = request(mount, GET => '/login-in-place/', host => 'documents', headers => $headers);
        is $answer->code . json_of($answer)->{code}, '401not_signed_in', 'whom nobody sees it tells in JSON';
        is $answer->header('Set-Cookie'), undef, 'and no cookie';
    }
};

done;
