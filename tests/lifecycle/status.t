#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The status that an administrator sees, against what was done: as a page, as JSON, for Prometheus and in mod_status;
# over all children and over reloads; who may see it; and what promtool says of it all.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use JSON;
use Server;
use MPin;

my $port = $ENV{PORT};
my $modules = Server::modules();
my $source = "$FindBin::Bin/../..";
my $handler = <<"END";
LoadModule authz_host_module $modules/mod_authz_host.so
LoadModule status_module $modules/mod_status.so
<Location /server-status>
SetHandler server-status
Require ip 127.0.0.1
</Location>
<Location /how>
SetHandler mpin-status
Require ip 127.0.0.1
</Location>
<Location /for-john>
SetHandler "mpin-status"
AuthType MPin
Require user john
</Location>
<Location /closed>
SetHandler mpin-status
Require all denied
</Location>
END

sub text { return browser($port)->get("/how?format=prometheus")->content }
sub json { return decode_json(browser($port)->get('/how?format=json')->content) }

# name{labels} => value
sub metrics {
    my %metric;
    for (split /\n/, $_[0] // text()) { $metric{$1} = $2 if /^([a-z_]+(?:\{.*\})?) (\S+)$/ }
    return \%metric;
}

sub wrong_password {
    my $browser = browser($port);
    my $fields = $browser->fields($browser->visit('/login'));
    return $browser->post_form('/login', {%$fields, username => 'john', password => 'wrong'})->code;
}

sub pin { my ($device, $pin) = @_; my $browser = browser($port); $browser->settings; return $browser->pin_login($device, $pin)->code }

my %LOGIN = map { $_->[0] => "mpin_logins_total{factor=\"$_->[1]\",outcome=\"$_->[2]\"}" }
    [in => 'password', 'ok'], [out => 'password', 'wrong'], [pin => 'pin', 'ok'], [wrong => 'pin', 'wrong'], [lock => 'pin', 'locked'];

# Numbers rise by what each of these is done.
subtest 'status_numbers_are_what_was_done' => sub {
    my $server = Server->new(conf => $handler)->start;
    my $before = metrics();
    is $before->{$LOGIN{$_}}, 0, "$_: nothing yet" for sort keys %LOGIN;
    is wrong_password(), 401, 'a wrong password' for 1 .. 5;
    browser($port)->sign_in('john');
    my $anna = browser($port)->enrol('anna@example.org', 1234);
    my $bert = browser($port)->enrol('bert@example.org', 1234);
    is pin($bert, 1234), 200, 'a PIN' for 1 .. 3;
    is pin($anna, 4321), $_, 'a wrong PIN' for 401, 401, 410;
    my $after = metrics();
    my %done = (in => 1, out => 5, wrong => 2, lock => 1);
    is $after->{$LOGIN{$_}}, $done{$_}, "$_: $done{$_}" for sort keys %done;
    cmp_ok $after->{$LOGIN{pin}}, '>=', 3, 'PINs';
    is $after->{mpin_locks_total}, 1, 'one lock';
    is $after->{'mpin_events_total{event="password_wrong"}'}, 5, 'the audit log\'s names';
    is $after->{'mpin_request_duration_seconds_count{method="POST",endpoint="login"}'}, 6, 'each form has a latency';
    is $after->{'mpin_request_duration_seconds_bucket{method="POST",endpoint="login",le="+Inf"}'}, 6, '... in a bucket';
    cmp_ok $after->{'mpin_request_duration_seconds_sum{method="POST",endpoint="rps/pass2"}'}, '>', 0, 'a pairing takes time';
    is $after->{'mpin_refusals_total{code="wrong_pin"}'}, 2, 'refusals by code';
    is $after->{"mpin_part_ok{part=\"$_\"}"}, 1, "$_ works" for qw(keys store rps dta signouts);
    cmp_ok $after->{'mpin_store_used_bytes{class="lasting"}'}, '>', 0, 'the store has something in it';
    is $after->{'mpin_waiting{for="phone"}'}, 0, 'no phone waits';

    my $json = json();
    is_deeply [map { $json->{$_}{'1h'} } qw(refusals locks)], [8, 1], 'the last hour';
    is $json->{signins}{'24h'}, 1 + $after->{$LOGIN{pin}}, 'the last day';
    cmp_ok $json->{requests}{'1h'}, '>', 20, 'requests to our pages';
    is $json->{state}, 'well', 'all is well';
    is_deeply [map { $_->{number} } @{$json->{keys}}], [1], 'one root key';
    my ($day) = $json->{keys}[0]{since} =~ /^(20\d\d-\d\d-\d\d)T\d\d:\d\d:\d\dZ$/;
    is scalar @{$json->{last_locks}}, 1, 'the lock is listed';
    is $json->{last_locks}[0]{name}, 'a***@example.org', 'with a masked name';
    my $page = browser($port)->get('/how', Accept => 'text/html');
    like $page->content, qr{<h1 class="well">All well</h1>}, 'the first line of the page';
    like $page->content, qr/a\*\*\*\@example\.org/, 'the lock';
    like $page->content, qr/newest key is of $day\./, 'and since when the key seals';
    unlike $page->content . encode_json($json) . text(), qr/anna|john|bert/, 'no name stands anywhere';
    unlike $page->content, qr/<script|style=/, 'nor a script';
    like $page->header('Content-Security-Policy'), qr/frame-ancestors 'none'/, 'as all our pages';
    like $page->header('Cache-Control'), qr/no-store/, 'nobody keeps it';

    my $signed_in = browser($port);
    $signed_in->sign_in('john');
    my $some = metrics();
    $signed_in->visit('/protected/') for 1 .. 20;
    is_deeply [map { metrics()->{$_} } grep { /logins|count/ } sort keys %$some], [map { $some->{$_} } grep { /logins|count/ } sort keys %$some],
        'requests with a session are not counted, and cost nothing';

    for my $signal (qw(USR1 HUP USR1)) {
        my $was = metrics();
        $server->renew($signal);
        Server::wait_for('the old children', sub { wrong_password() == 401 });
        my $is = metrics();
        cmp_ok $is->{$LOGIN{out}}, '>', $was->{$LOGIN{out}}, "$signal loses nothing";
        is $is->{$LOGIN{lock}}, 1, 'the lock stays';
        is scalar @{json()->{last_locks}}, 1, 'in the list, too';
        is $is->{mpin_counters_start_time_seconds}, $before->{mpin_counters_start_time_seconds}, 'as counting goes on';
    }
    $server->stop;
};

subtest 'status_numbers_of_all_children_are_one_sum' => sub {
    my $server = Server->new(mpm => 'prefork', conf => $handler)->start;
    my $before = metrics();
    my @codes = in_parallel(8, sub { map { wrong_password() } 1 .. 5 });
    is scalar(grep { $_ == 401 } @codes), 40, 'forty wrong passwords at eight processes';
    is metrics()->{$LOGIN{out}} - $before->{$LOGIN{out}}, 40, 'are forty';
    is metrics()->{'mpin_request_duration_seconds_count{method="POST",endpoint="login"}'}, 40, 'and have forty latencies';
    $server->stop;
};

subtest 'status_is_shown_to_whom_require_lets_in' => sub {
    my $server = Server->new(conf => $handler)->start;
    is browser($port)->get('/how')->code, 200, 'Require ip';
    is browser($port)->get('/closed')->code, 403, 'Require all denied';
    is browser($port)->get('/for-john')->code, 401, 'Require user, to a stranger';
    is browser($port)->sign_in('john')->visit('/for-john')->code, 200, '... and to that user';
    is browser($port)->request(POST => '/how', body => '')->code, 405, 'GET only';
    is browser($port)->get('/mpin-status')->code, 404, 'without MPinAdmins there is no such page';
    $server->stop;
    $server = Server->new()->start;
    is browser($port)->get('/how')->code, 404, 'and without a SetHandler no handler';
    $server->stop;
};

subtest 'status_is_shown_to_admins_only' => sub {
    my $conf = "MPinRegister signed-in\nMPinAdmins john\n";
    system("htpasswd -Bb -C 4 '$Server::top/users' mary mary-secret 2>/dev/null") == 0 or die;
    my $server = Server->new(conf => $conf)->start;
    my $stranger = browser($port)->get('/mpin-status', Accept => 'text/html');
    is $stranger->code, 303, 'a stranger';
    like $stranger->header('Location'), qr{^/login\?return=%2fmpin-status}, 'is led to the login, and back';
    is browser($port)->get('/mpin-status?format=prometheus')->code, 401, 'a program is told';
    my $mary = browser($port);
    $mary->sign_in('mary');
    is $mary->visit('/mpin-status')->code, 403, 'another user is refused';
    my $john = browser($port);
    $john->sign_in('john');
    is $john->visit('/mpin-status')->code, 200, 'the administrator is not';
    is $john->visit('/mpin-status?format=json')->code, 200, 'nor for JSON';
    $john->post_form('/logout', {});
    is $john->get('/mpin-status', Accept => 'text/html')->code, 303, 'until she signs out';
    $server->stop;
};

subtest 'status_stands_in_the_page_of_mod_status' => sub {
    my $server = Server->new(conf => $handler)->start;
    wrong_password();
    my $page = browser($port)->get('/server-status');
    like $page->content, qr{<h1>mod_auth_mpin</h1>.*all well.*Refusals: [1-9]\d* in 1 h}s, 'a block of ours';
    my $auto = browser($port)->get('/server-status?auto');
    like $auto->content, qr/^MPinState: well$/m, 'and lines for programs';
    like $auto->content, qr/^MPinRefusals24h: [1-9]/m, '... with numbers';
    $server->stop;
};

subtest 'mail_that_does_not_leave_is_the_verdict' => sub {
    my $server = Server->new(conf => "$handler\nMPinMail smtp://127.0.0.1:9\nMPinMailFrom m\@example.org\nMPinMaxFailures 1\n")->start;
    my $device = browser($port)->enrol('carl@example.org', 1234);
    pin($device, 4321);
    Server::wait_for('a try', sub { metrics()->{'mpin_mails_total{outcome="later"}'} > 0 });
    cmp_ok metrics()->{mpin_mail_waiting}, '>', 0, 'it waits';
    is json()->{state}, 'well', 'not long enough to say so';
    $server->stop;
    my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    $server->{env} = {LD_PRELOAD => $faketime, FAKETIME => '+12m', FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    like browser($port)->get('/how', Accept => 'text/html')->content, qr{<h1 class="bad">Mail has not left for 12 min</h1>}, 'but now it is';
    is metrics()->{'mpin_part_ok{part="mail"}'}, 0, 'and Prometheus hears it';
    cmp_ok metrics()->{mpin_mail_oldest_seconds}, '>=', 720, '... and for how long';
    like browser($port)->get('/how', Accept => 'text/html', 'Accept-Language' => 'de')->content, qr{Seit 12 min ist keine E-Mail}, 'in German';
    $server->stop;
};

subtest 'an_rps_elsewhere_that_is_silent_is_the_verdict' => sub {
    Server::write_file("$Server::top/secret", 'x' x 40 . "\n");
    chmod 0600, "$Server::top/secret";
    my $server = Server->new(conf => "$handler\nMPinRPS http://127.0.0.1:9 \"secret=$Server::top/secret\"\n")->start;
    is metrics()->{'mpin_part_ok{part="rps"}'}, 1, 'nobody has asked it';
    is browser($port)->get('/rps/clientSettings')->code, 502, 'it does not answer';
    is metrics()->{'mpin_part_ok{part="rps"}'}, 0, 'then it is broken';
    my $json = json();
    is $json->{worst}, 'rps', 'and the verdict';
    my ($part) = grep { $_->{name} eq 'rps' } @{$json->{parts}};
    is $part->{word}, 'other_silent', 'because it gives no answer';
    like $part->{since}, qr/^20\d\d-/, 'since then';
    like browser($port)->get('/how', Accept => 'text/html')->content, qr{<h1 class="bad">No answer: RPS \(PIN sign-in\)</h1>}, 'as the first line says';
    $server->renew('USR1');
    is json()->{worst}, 'rps', 'a reload forgets nothing';
    $server->stop;
};

subtest 'a_store_that_cannot_be_used_is_the_verdict' => sub {
    my $server = Server->new(conf => $handler)->start;
    is json()->{state}, 'well', 'well';
    $server->stop;
    my $file = "$Server::top/state/store/lasting/data.mdb";
    rename $file, "$file.good" or die;
    Server::write_file($file, 'no store ' x 5000);
    chown +(getpwnam 'www-data')[2, 3], $file if !$>;
    $server->start;
    my $page = browser($port)->get('/how', Accept => 'text/html');
    is $page->code, 200, 'the status is shown all the same';
    like $page->content, qr{<h1 class="bad">The store can&#39;t be used}, 'and says so' or diag $page->content;
    is metrics()->{'mpin_part_ok{part="store"}'}, 0, 'Prometheus hears it';
    is metrics()->{mpin_store_used_bytes}, undef, 'no number that nobody knows';
    $server->stop;
    rename "$file.good", $file or die;
};

subtest 'promtool_takes_metrics_rules_and_their_tests' => sub {
    my $promtool = (grep { -x } '/usr/bin/promtool', map { "$_/usr/bin/promtool" } Debian::unpacked('prometheus') // ())[0]
        or plan skip_all => 'no promtool to be had';
    my $server = Server->new(conf => "$handler\nMPinAuditLog $Server::top/logs/audit\nMPinMail smtp://127.0.0.1:9\nMPinMailFrom m\@example.org\n")->start;
    wrong_password();
    Server::write_file("$Server::top/metrics", text());
    $server->stop;
    my $said = `'$promtool' check metrics < '$Server::top/metrics' 2>&1`;
    is $?, 0, 'the metrics' or diag $said;
    is $said, '', '... without a word';
    $said = `'$promtool' check rules '$source/contrib/prometheus/rules.yml' 2>&1`;
    is $?, 0, 'the alert rules' or diag $said;
    $said = `'$promtool' test rules '$source/contrib/prometheus/rules_test.yml' 2>&1`;
    is $?, 0, 'and what they are for' or diag $said;
    my %there = map { /^# TYPE (\S+) (\w+)/ ? ($1 => $2) : () } split /\n/, Server::slurp("$Server::top/metrics");
    for my $file (qw(contrib/prometheus/rules.yml contrib/grafana.json docs/status.md)) {
        my %named = map { $_ => 1 } Server::slurp("$source/$file") =~ /\b(mpin_[a-z_]+)/g;
        ok $there{s/_(?:bucket|sum|count)$//r}, "$file names $_, which there is" for sort keys %named;
        next if $file ne 'docs/status.md';
        ok $named{$_}, "$_ is described" for sort keys %there;
    }
    ok eval { decode_json(Server::slurp("$source/contrib/grafana.json")) }, 'the dashboard is JSON';
};

done_testing;
