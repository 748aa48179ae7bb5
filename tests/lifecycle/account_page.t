#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# /account over time and in other places: a proof that is too old, a restart, a store that is away, another path, an
# application's own page of that name, two hosts, an RPS elsewhere; and the mails about changes.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $top = $Server::top;
my ($port, $mail_port, $second) = map { $ENV{PORT} + $_ } 0, 1, 2;
my $mailbox = "$top/mailbox";
my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
my $anna = 'anna@example.org';
system("htpasswd -Bb -C 4 '$top/users' $anna $anna-secret 2>/dev/null") == 0 or die 'htpasswd';

sub at { return browser($port)->sign_in($_[0]) }
sub text { return $_[0]->content =~ s/<[^>]+>/ /gr =~ s/&#39;/'/gr =~ s/\s+/ /gr }
sub csrf { my ($page) = $_[0]->visit('/account')->content =~ m{/sessions/end">\s*<input type="hidden" name="csrf" value="([^"]+)"}; return $page // 'none' }
sub act { my ($browser, $path, %more) = @_; return $browser->post_form("/account/$path", {csrf => csrf($browser), %more}) }
sub device { my ($handle) = $_[0]->visit('/account')->content =~ /name="device" value="(\w+)"/; return $handle }

sub later {
    my ($server, $minutes) = @_;
    $server->stop;
    $server->{env} = {LD_PRELOAD => $faketime, FAKETIME => "+${minutes}m", FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    return;
}

subtest 'a_proof_of_five_minutes_ago_changes_nothing' => sub {
    my $server = Server->new(conf => "MPinTOTP Wiki\nMPinSessionIdleTimeout 5h\n")->start;
    my $john = at('john');
    my $device = $john->enrol('john', '1234');
    my ($handle, $csrf) = (device($john), csrf($john));
    at('john');
    later($server, 6);
    my $page = $john->visit('/account');
    like text($page), qr/Devices with a PIN .*Where you're signed in/, 'after a restart the page has all of it';
    is scalar(() = $page->content =~ /<div class="thing">/g), 3, 'the device and both sessions';
    unlike $page->content, qr{action="/account/}, 'and no form';
    like $page->content, qr{href="/login\?prove=1&amp;return=%2faccount"}, 'but the way to a proof';
    for my $path (qw(device/remove device/unlock device/rename session/end sessions/end totp)) {
        my $answer = $john->post_form("/account/$path", {csrf => $csrf, device => $handle, name => 'x'});
        is $answer->code, 303, "$path asks for one";
        like $answer->header('Location'), qr{^/login\?prove=1}, 'at the login';
    }
    my $fields = $john->fields($john->visit('/login?prove=1&return=%2faccount'));
    my $proven = $john->post_form('/login', {%$fields, username => 'john', password => 'john-secret'});
    is $proven->code, 303, 'shown once more';
    is device($john), $handle, 'the device is still there';
    is act($john, 'device/remove', device => $handle)->header('Location'), '/account?done=device_removed', 'and goes now';
    $server->stop;
};

subtest 'a_store_that_is_away_is_503_and_nothing_is_lost' => sub {
    plan skip_all => 'needs root' if $>;
    my $server = Server->new->start;
    my $john = at('john');
    $john->enrol('john', '1234');
    my $handle = device($john);
    my @state = ('-R', "$top/state/store");
    system 'chown', 'root', @state;
    kill KILL => $_ for $server->children;
    ok until_true(sub { $john->visit('/account')->code == 503 }), 'the page says so';
    is $john->post_form('/account/device/remove', {csrf => 'x', device => $handle})->code, 503, 'and a form, too';
    system 'chown', 'www-data', @state;
    ok until_true(sub { $john->visit('/account')->code == 200 }), 'it comes back by itself';
    ok until_true(sub { (device($john) // '') eq $handle }), 'it is back with all that it had';
    ok until_true(sub { act($john, 'device/remove', device => $handle)->code == 303 }), 'in each child';
    $server->stop;
};

subtest 'the_page_is_where_it_is_put_and_makes_way_for_an_applications_own' => sub {
    mkdir "$top/site/account";
    Server::write_file("$top/site/account/index.html", 'the application\'s own');
    my $server = Server->new(conf => "MPinPath account /me\n")->start;
    my $john = at('john');
    like text($john->visit('/me')), qr/You're signed in as john/, 'at another path';
    like $john->visit('/me')->content, qr{action="/me/sessions/end"}, 'with its forms';
    like $john->visit('/login')->content, qr{href="/me"}, 'and the link to it';
    is $john->visit('/account/')->content, 'the application\'s own', 'where it was, others may be';
    is $john->settings->{accountURL}, '/me', 'the pad knows where';
    $server->stop;

    $server = Server->new(conf => "MPinPath account off\n")->start;
    $john = at('john');
    is $john->visit('/account/')->content, 'the application\'s own', 'or nowhere';
    is $john->post_form('/account/sessions/end', {})->code, 404;
    unlike $john->visit('/login')->content, qr{"/account"|Your account}, 'then nothing leads there';
    ok !exists $john->settings->{accountURL};
    $server->stop;

    $server = Server->new->start;
    $john = at('john');
    is $john->visit('/account/')->content, 'the application\'s own', 'by default its own folder is not hidden';
    $server->stop;
};

subtest 'where_the_login_is_at_another_host_the_account_leads_there' => sub {
    my $there = sub { return Server->new(conf => "MPinSessionRealm both\nListen 127.0.0.1:$second\n<VirtualHost 127.0.0.1:$second>\n"
        . "MPinPublicURL http://127.0.0.1:$second\nMPinPath login off\nMPinPath logout off\n$_[0]</VirtualHost>\n")->start };
    my $server = $there->("<Location />\nMPinUnauthenticated redirect:/signin\n</Location>\n");
    my $john = at('john');
    my $here = browser($second, cookies => {%{$john->{cookies}}});
    my $way = qr{^/signin\?prove=1&max_age=300&to=http%3a%2f%2f127\.0\.0\.1%3a$second%2faccount$};
    like browser($second)->visit('/account')->header('Location'), $way, 'a stranger';
    like browser($second)->post_form('/account/sessions/end', {})->header('Location'), $way, 'and their form';
    my $page = $here->visit('/account');
    like $page->content, qr{action="/account/sessions/end"}, 'who is signed in sees theirs';
    unlike $page->content, qr{action=""}, 'and no way out where none is';
    later($server, 6);
    like $here->visit('/account')->content, qr{href="/signin\?prove=1&amp;}, 'after a while the way to a proof';
    $server->stop;

    $server = $there->('');
    $here = browser($second, cookies => {%{at('john')->{cookies}}});
    my $refused = browser($second)->visit('/account');
    is $refused->code, 401, 'where nobody says where it is a stranger is refused';
    like text($refused), qr/Sign in first/;
    later($server, 6);
    unlike $here->visit('/account')->content, qr{href=""}, 'there is no button that leads nowhere';
    $refused = $here->post_form('/account/sessions/end', {});
    is $refused->code, 403, 'and a form is told why';
    like text($refused), qr/Show that it's you first/;
    $server->stop;
};

subtest 'in_front_of_an_rps_elsewhere_there_are_no_devices_of_ours' => sub {
    Server::write_file("$top/rps-secret", 'a-secret-of-both-of-us' x 2 . "\n");
    chmod 0600, "$top/rps-secret";
    my $server = Server->new(conf => "MPinRPS http://127.0.0.1:$second \"secret=$top/rps-secret\"\n")->start;
    my $john = at('john');
    my $page = $john->visit('/account');
    is $page->code, 200;
    unlike $page->content, qr/id="devices"/, 'no section for them';
    like text($page), qr/Where you're signed in/, 'and all the others';
    is act($john, 'device/remove', device => '00' x 16)->code, 404;
    $server->stop;
};

subtest 'hosts_that_share_sessions_share_the_list' => sub {
    my $vhost = join '', map { <<"END" } $port, $second;
<VirtualHost 127.0.0.1:$_>
MPinEngine On
MPinPublicURL http://127.0.0.1:$_
MPinSessionRealm both
</VirtualHost>
END
    my $server = Server->new(conf => "Listen 127.0.0.1:$second\n$vhost")->start;
    my $john = at('john');
    my $there = browser($second, cookies => {%{$john->{cookies}}});
    my $alone = browser($second)->sign_in('john');
    like text($there->visit('/account')), qr/This browser/, 'the session is known at the other host';
    is scalar(() = $there->visit('/account')->content =~ /name="session"/g),
        scalar(() = $john->visit('/account')->content =~ /name="session"/g), 'with the same list';
    is act($john, 'sessions/end')->code, 303;
    is $alone->visit('/account')->code, 303, 'who is signed out at one is at the other';
    $server->stop;
};

subtest 'each_change_is_told_by_one_mail' => sub {
    my $smtp = fork // die;
    if (!$smtp) {
        open STDOUT, '>', '/dev/null' or die;
        open STDERR, '>', "$top/mail.log" or die;
        exec '/usr/bin/python3', "$FindBin::Bin/../smtp/server.py", $mail_port, $mailbox;
        die "exec: $!";
    }
    Server::wait_for('the mail server', sub { !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$mail_port", Timeout => 1) });
    my $server = Server->new(conf => "MPinMail smtp://127.0.0.1:$mail_port\nMPinMailFrom wiki\@example.org\nMPinTOTP Wiki\n"
        . "MPinTitle Wiki\nMPinMaxFailures 1\n")->start;
    my $subjects = sub { map { decode_json($_)->{subject} } split /\n/, Server::slurp($mailbox) };
    my $told = sub {
        my ($what, $subject) = @_;
        my $before = () = $subjects->();
        $what->();
        Server::wait_for("the mail \"$subject\"", sub { (() = $subjects->()) > $before });
        is(($subjects->())[-1], $subject, $subject);
        return;
    };
    my $browser = at($anna);
    my $device;
    $told->(sub { $device = $browser->enrol($anna, '1234') }, 'A device was added at Wiki');
    my $guesser = browser($port);
    $guesser->visit('/login');
    $told->(sub { $guesser->pin_login($device, '9999') }, 'A device is locked at Wiki');
    my $handle = device($browser);
    $told->(sub { act($browser, 'device/unlock', device => $handle) }, 'A device was unlocked at Wiki');
    act($browser, 'device/unlock', device => $handle); # it is open already
    act($browser, 'device/rename', device => $handle, name => 'Laptop');
    $told->(sub { act($browser, 'device/remove', device => $handle) }, "A device's access was withdrawn at Wiki");
    $told->(sub { act($browser, 'sessions/end') }, 'Signed out everywhere else at Wiki');
    my $app = act($browser, 'totp');
    my ($secret) = $app->content =~ /id="totp-secret">([A-Z2-7 ]+)</;
    chomp(my $code = `oathtool --totp -b @{[$secret =~ s/ //gr]}`);
    my ($factor) = $app->content =~ /name="factor" value="(\w+)"/;
    $told->(sub { act($browser, 'totp/confirm', factor => $factor, code => $code) }, 'A second step was added at Wiki');
    $told->(sub { $browser->{headers} = ['Accept-Language' => 'de']; act($browser, 'factor/remove', factor => $factor) },
        'Ein zweiter Schritt wurde bei Wiki entfernt');
    sleep 2;
    is scalar(() = $subjects->()), 7, 'and no mail more';
    my ($letter) = grep { $_->{subject} =~ /second step/ } map { decode_json($_) } split /\n/, Server::slurp($mailbox);
    like $letter->{text}, qr{Look at your account:\s+http://127\.0\.0\.1:$port/account}, 'which leads to the account';
    $server->stop;
    kill TERM => $smtp;
    waitpid $smtp, 0;
};

done_testing;
