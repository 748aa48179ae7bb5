#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Second steps in other places and over time: .htaccess, two hosts of one domain, a proof that is too old to set one up, and
# a key file that changes under them.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Steps 'code_of', 'secret_of';
use File::Path 'make_path';

my $top = $Server::top;
my $port = $ENV{PORT};
my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
my @people = map { "user$_" } 1 .. 9;
system("htpasswd -Bb -C 4 '$top/users' $_ $_-secret 2>/dev/null") == 0 or die 'htpasswd' for @people;

my $public = "localhost:$port";
sub stepper { return browser($port, host => $public, origin => "http://$public", @_) }
sub at { return stepper()->sign_in($_[0]) }
sub location { return $_[0]->header('Location') // '' }
sub plain { return MPin::Browser::plain($_[0]) }

# An app added at /account; its secret.
sub enrol_app {
    my $browser = shift;
    my $page = $browser->post_form('/account/totp', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    my $secret = secret_of($page);
    my $done = $browser->post_form('/account/totp/confirm', {%{$browser->fields($page)}, code => code_of($secret, -30)});
    die $done->as_string if $done->code != 303;
    return $secret;
}

sub take_step {
    my ($browser, $page, $code) = @_;
    return $browser->post_form('/login/step', {%{$browser->fields($page)}, code => $code});
}

my $base = "MPinPublicURL http://$public\nMPinTOTP Wiki\n";

subtest 'htaccess_asks_for_a_second_step_and_takes_it_back' => sub {
    make_path(map { "$top/site/$_" } qw(open open/vault open/vault/easy open/strong open/amr open/by-if));
    Server::write_file("$top/site/open/$_/index.html", "inside\n") for qw(vault vault/easy strong amr by-if);
    my $basic = "AuthType MPin\nRequire valid-user\n";
    Server::write_file("$top/site/open/vault/.htaccess", "${basic}MPinSecondFactor totp\nMPinReauthAfter 1h\n");
    Server::write_file("$top/site/open/vault/easy/.htaccess", "MPinSecondFactor none\n");
    Server::write_file("$top/site/open/strong/.htaccess", "${basic}MPinSecondFactor strong\n");
    Server::write_file("$top/site/open/amr/.htaccess",
        "AuthType MPin\n<RequireAny>\nRequire user user2\n<RequireAll>\nRequire mpin-amr otp\nRequire valid-user\n</RequireAll>\n</RequireAny>\n");
    Server::write_file("$top/site/open/by-if/.htaccess",
        "$basic<If \"%{MPIN_AMR} !~ /otp/\">\nMPinSecondFactor totp\n</If>\n");
    my $server = Server->new(conf => "$base<Directory $top/site/open>\nAllowOverride AuthConfig\n</Directory>\n")->start;
    my $secret = enrol_app(at('user1'));
    my $browser = at('user1');
    for my $place (qw(/open/vault/ /open/amr/ /open/by-if/)) {
        like location($browser->visit($place)), qr{^/login/step\?return=}, "$place asks for it";
    }
    is $browser->visit('/open/vault/easy/')->code, 200, 'what lies below may ask for less';
    my $json = $browser->get('/open/vault/', 'X-Requested-With' => 'XMLHttpRequest', Accept => 'application/json');
    is $json->code . decode_json($json->content)->{need}, '401totp', 'a script is told what';
    my $page = $browser->visit(location($browser->visit('/open/vault/?a=1')));
    is location(take_step($browser, $page, code_of($secret))), '/open/vault/?a=1', 'and back';
    is $browser->visit($_)->code, 200, "$_ is open" for qw(/open/vault/ /open/amr/ /open/by-if/);
    my $strong = $browser->visit(location($browser->visit('/open/strong/')));
    is $strong->code, 403, 'strong is a passkey, and no app';
    is at('user2')->visit('/open/amr/')->code, 200, 'RequireAny holds there, too';
    Server::write_file("$top/site/open/vault/.htaccess", "${basic}MPinSecondFactor twice\n");
    is $browser->visit('/open/vault/')->code, 500, 'a mistake opens nothing';
    $server->stop;
};

subtest 'who_proved_it_long_ago_shows_it_once_more_before_the_first_step' => sub {
    my $conf = "${base}MPinSecondFactorEnrol On\n<Location /protected>\nMPinSecondFactor passkey\n</Location>\n";
    my $server = Server->new(conf => $conf)->start;
    my $browser = at('user3');
    my $step = location($browser->visit('/protected/?a=1'));
    like $browser->visit($step)->content, qr/data-passkey="add"/, 'a moment ago: there and then';
    $server->stop;
    $server->{env} = {LD_PRELOAD => $faketime, FAKETIME => '+6m', FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    my $page = $browser->visit($step);
    is $page->code, 200, 'later there is a way on';
    unlike $page->content, qr/data-passkey="add"/, 'by no button that would be refused';
    my ($prove) = $page->content =~ m{href="(/login\?prove=[^"]+)">};
    is plain($prove // ''), '/login?prove=1&return=%2fprotected%2f%3fa%3d1', 'but over a proof';
    my $login = $browser->visit(plain($prove));
    my $in = $browser->post_form('/login', {%{$browser->fields($login)}, username => 'user3', password => 'user3-secret'});
    like location($in), qr{return=%2fprotected%2f%3fa%3d1}, 'which leads back';
    like $browser->visit(location($browser->visit('/protected/?a=1')))->content, qr/data-passkey="add"/, 'where it is there and then';
    $server->stop;
};

subtest 'a_step_at_the_login_host_leads_back_to_the_other_host' => sub {
    my @hosts = map { "$_.steps.example" } qw(login wiki);
    my ($login_host, $wiki_host) = @hosts;
    my $common = "MPinRegister signed-in open open-to-anyone\nMPinCookieDomain steps.example\nMPinSessionRealm steps\n";
    my $conf = <<"END";
LoadModule alias_module @{[Server::modules()]}/mod_alias.so
<VirtualHost 127.0.0.1:$port>
ServerName $login_host
MPinEngine On
MPinPublicURL https://$login_host
MPinTOTP Wiki
$common</VirtualHost>
<VirtualHost 127.0.0.1:$port>
ServerName $wiki_host
MPinEngine On
MPinPublicURL https://$wiki_host
MPinPath login off
MPinPath rps off
${common}Redirect temp /sign-in https://$login_host/login
<Location /protected>
MPinUnauthenticated redirect:/sign-in
MPinSecondFactor totp
</Location>
</VirtualHost>
END
    my $server = Server->new(conf => $conf)->start;
    my %cookies;
    my ($login, $wiki) = map { browser($port, host => $_, origin => "https://$_", cookies => \%cookies) } @hosts;
    $login->sign_in('user4');
    my $secret = enrol_app($login);
    %cookies = ();
    $login->sign_in('user4');
    my $there = "https://$wiki_host/protected/?a=b&c";
    my $to = location($wiki->visit(location($wiki->visit('/protected/?a=b&c'))));
    like $to, qr{^https://\Q$login_host\E/login\?second=totp&to=}, 'the wiki says what its page asks for';
    my $step = location($login->visit($to =~ s{^https://[^/]+}{}r));
    like $step, qr{^/login/step\?second=totp}, 'the login host asks for that';
    my $page = $login->visit($step);
    is $page->code, 200, 'at the page of second steps';
    my ($action) = $page->content =~ /<form method="post" action="([^"]+)"/;
    my $wrong = $login->post_form(plain($action), {%{$login->fields($page)}, code => '000000'});
    is $wrong->code, 401, 'a wrong code';
    ($action) = $wrong->content =~ /<form method="post" action="([^"]+)"/;
    my $in = $login->post_form(plain($action), {%{$login->fields($wrong)}, code => code_of($secret)});
    is location($in), $there, 'a right one leads back to the very page';
    is $wiki->visit('/protected/?a=b&c')->code, 200, 'which is open';
    %cookies = ();
    $login->sign_in('user4');
    for my $bent ('second=none', 'second=', 'second=nonsense', '') {
        $login->visit("/login?$bent&to=" . 'https%3a%2f%2f' . $wiki_host . '%2fprotected%2f');
        is $wiki->visit('/protected/')->code, 302, "who says '$bent' is asked by the wiki all the same";
    }
    is location($login->visit("/login/step?second=totp&to=https://evil.example/")) =~ /evil/, '', 'and no stranger\'s host is led to';
    $server->stop;
};

subtest 'another_key_file_at_a_reload_is_503_and_the_old_one_brings_all_steps_back' => sub {
    my ($keys, $store) = ("$top/state/keys/mpin.keys", "$top/state/store");
    rename $_, "$_.kept" or die "$_: $!" for $keys, $store;
    Server->new->start->stop; # makes another
    rename $keys, "$top/another.keys" or die $!;
    system('rm', '-r', $store) == 0 or die 'rm';
    rename "$_.kept", $_ or die "$_: $!" for $keys, $store;
    my $server = Server->new(conf => "$base<Location /protected>\nMPinSecondFactor totp\n</Location>\n")->start;
    my $owner = at('user5');
    my $secret = enrol_app($owner);
    my ($codes) = $owner->post_form('/account/codes', {csrf => $owner->fields($owner->visit('/account'))->{csrf}})->content
        =~ m{<li><code>([^<]+)</code>};
    my $restored = sub { system('cp', '--preserve=mode,ownership', $_[0], $keys) == 0 or die 'cp' };
    rename $keys, "$top/old.keys";
    $restored->("$top/another.keys");
    $server->renew('USR1');
    my $browser = stepper();
    ok until_true(sub { $browser->visit('/login')->code == 503 }), 'our pages say so';
    like Server::log_text(), qr/MPIN\d+: .*another key/, 'and the log, why';
    is $owner->visit('/protected/')->code, 503, 'nobody is let in, whatever they had';
    $restored->("$top/old.keys");
    $server->renew('USR1');
    ok until_true(sub { $browser->visit('/login')->code == 200 }), 'with the old one all is back';
    $browser->sign_in('user5');
    my $page = $browser->visit(location($browser->visit('/protected/')));
    is $page->code, 200, 'the step is still asked for';
    my $wrong = take_step($browser, $page, '000000');
    is $wrong->code, 401, 'and judged';
    is take_step($browser, $page, code_of($secret))->code, 303, 'by the secret of before';
    my $other = at('user5');
    my ($href) = $other->visit(location($other->visit('/protected/')))->content =~ m{href="([^"]+)">Use a recovery code};
    is take_step($other, $other->visit(plain($href)), $codes)->code, 303, 'so are recovery codes';
    $server->stop;
};

done_testing;
