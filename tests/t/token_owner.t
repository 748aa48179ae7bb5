# SPDX-License-Identifier: Apache-2.0
# Somebody who may not sign in any more comes in by no token (docs/security.md, "Tokens"): MPinRegisterAllow and
# MPinTrustedMaxAge are asked of a token's owner as they are of a passkey's.
use strict;
use warnings;
use Test::More;
use MIME::Base64 'encode_base64';
use MPin;

from(72);

my $port = port(8);
my $list = "$ENV{MPIN_STAGE}/t/htdocs/owners.txt";

sub allow {
    open my $file, '>', $list or die "$list: $!";
    print $file map { "$_\n" } @_;
    close $file or die $!;
    chmod 0644, $list;
    return;
}

sub house { return browser($port, host => 'owners.example', origin => 'https://owners.example') }
sub form { return $_[0]->visit('/account')->content =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/ ? $1 : 'none' }
sub post { my $browser = shift; return $browser->post_form('/account/token', {csrf => form($browser), name => 'git', days => 30}) }
sub make { my ($token) = post($_[0])->content =~ /<code id="new-token">([^<]*)</; return $token // die 'no token' }

sub ask {
    my ($token, $host) = @_;
    return request($port, 'GET', '/git/x', host => $host // 'owners.example',
        headers => [Accept => '*/*', 'User-Agent' => 'git/2.39.5', Authorization => "Bearer $token"]);
}

# By the trusted login, which is httpd's own Basic.
sub come {
    my ($browser, $user) = @_;
    $browser->visit('/login/with/corp');
    return $browser->get('/trusted/corp', Accept => 'text/html', Authorization => 'Basic ' . encode_base64("$user:$user-secret", ''));
}

allow('john');

subtest 'who_is_no_longer_on_the_list_comes_in_by_no_token' => sub {
    my $john = house->sign_in('john');
    my ($first, $second) = map { make($john) } 1 .. 2;
    is ask($first)->code, 200, 'while the name is listed';
    allow('user4');
    my $no = ask($second);
    is $no->code, 403, 'and then not';
    is json_of($no)->{code}, 'not_allowed', 'which the program is told';
    is $no->header('WWW-Authenticate'), undef, '... and is not asked for another one';
    like audit_log(), qr/"event":"token_refused"[^\n]*"code":"not_allowed"/, 'the audit log has it';
    is post($john)->code, 403, 'nor is a new one made, while the session goes on';
    allow('john', 'user4', 'user5');
    is ask($second)->code, 200, 'it is good again with the name';
};

subtest 'a_token_is_good_as_long_as_its_owners_trusted_login_has_spoken_lately' => sub {
    my $jane = house;
    come($jane, 'jane');
    my $token = make($jane);
    sleep 4; # longer than MPinTrustedMaxAge; asked before, a process would believe it for a minute
    my $no = ask($token, 'aged-owners.example');
    is $no->code, 403, 'then it opens nothing';
    is json_of($no)->{code}, 'trusted_too_old';
    is ask($token)->code, 200, 'as at a site that has no such line';
    ok until_true(sub { come(house, 'jane'); ask($token, 'aged-owners.example')->code == 200 }), 'and is good again when jane has signed in there';
    my ($of_john) = make(house->sign_in('john'));
    is ask($of_john, 'aged-owners.example')->code, 200, 'people of a password have no such age';
};

done;
