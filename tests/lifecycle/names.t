#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Names of real people: what a password provider lets in under AuthType Basic is let in here or told why not, and devices
# are called as their owners call them.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../t/lib";
use Encode 'encode_utf8';
use JSON ();
use Server;
use MPin;
use Test::More;

my %people = (
    'Jörg Müller' => 'ö', 'CORP\\bob' => '\\', 'Smith, Anna' => ',', '山田' => '山', 'anna smith' => ' ', '{x};' => '{',
    'Ann@Example.ORG' => undef, 'o\'brien!' => undef,
);
for my $name (keys %people) {
    my $bytes = encode_utf8($name);
    my $kept = $name =~ /@/ ? lc $bytes : $bytes;
    system('htpasswd', '-Bb', '-C', 4, "$Server::top/users", $kept, 'a-secret') == 0 or die 'htpasswd';
}

sub json_text { return JSON::decode_json($_[0]->content) }
sub registered { my ($browser, $name) = @_; return $browser->json(PUT => '/rps/user', {userId => $name, mobile => 0}) }
sub sign_in { my ($name) = @_; return browser($ENV{PORT})->post_password(encode_utf8($name), 'a-secret') }

subtest 'a name with a foreign character is told which one it is' => sub {
    my $server = Server->new->start;
    for my $name (sort keys %people) {
        my $answer = sign_in($name);
        my $foreign = $people{$name};
        if (!defined $foreign) { is $answer->code, 303, encode_utf8("$name is let in"); next }
        is $answer->code, 401, encode_utf8("$name is not");
        like $answer->decoded_content(charset => 'utf-8'), qr/A name here has no “\Q$foreign\E”/, 'and told why';
        my $browser = browser($ENV{PORT});
        my $refused = registered($browser, $name);
        is $refused->code, 400, 'nor registered';
        is json_text($refused)->{character}, $foreign, 'and its pad is told';
    }
    $server->stop;
};

subtest 'MPinUserUnicode lets them in as AuthType Basic does' => sub {
    my $server = Server->new(conf => qq{MPinUserUnicode On\n<Location /protected/of-joerg>\nRequire user "} . encode_utf8('Jörg Müller')
        . qq{"\n</Location>\n})->start;
    mkdir "$Server::top/site/protected/of-joerg";
    Server::write_file("$Server::top/site/protected/of-joerg/index.html", "his\n");
    for my $name (sort keys %people) {
        my $browser = browser($ENV{PORT});
        is $browser->post_password(encode_utf8($name), 'a-secret')->code, 303, encode_utf8("$name by password");
        my $device = $browser->enrol($name =~ /@/ ? lc $name : $name, '1357');
        my $pad = browser($ENV{PORT});
        $pad->settings;
        my $answer = $pad->pin_login($device, '1357');
        is $answer->code, 200, 'and by PIN';
        is json_text($answer)->{user}, $name =~ /@/ ? lc $name : $name, 'under their name';
    }
    my $browser = browser($ENV{PORT});
    $browser->post_password(encode_utf8("Jo\x{308}rg Mu\x{308}ller"), 'a-secret'); # letters and dots apart, as some keyboards write
    is $browser->visit('/protected/of-joerg/')->code, 200, 'whatever the keyboard makes of it, it is one name';
    is sign_in("J\x{202e}rg")->code, 401, 'a sign that turns the text round is in no name';
    $server->stop;
};

subtest 'whom a password file knows by capitals only is told so, and so is the log' => sub {
    system('htpasswd', '-Bb', '-C', 4, "$Server::top/users", @$_) == 0 or die 'htpasswd' for ['Bob@Example.org', 'a-secret'], ['ida@example.org', 'a-secret'];
    my $server = Server->new->start;
    my $answer = sign_in('Bob@Example.org');
    is $answer->code, 401, 'they are not let in';
    like $answer->decoded_content, qr/A name here has no “B”/, 'and told why';
    like Server::log_text(), qr/MPIN0547: the password provider file knows Bob\@Example.org by capitals only/, 'and the administrator what to do';
    unlike browser($ENV{PORT})->post_password($_, 'wrong')->decoded_content, qr/A name here/, "who does not know the password of $_ is not"
        for 'Bob@Example.org', 'Nobody@example.org', 'Ida@example.org';
    unlike sign_in('bob@example.org')->decoded_content, qr/A name here/, 'nor who types small letters';
    is sign_in('Ida@Example.org')->code, 303, 'small letters there are found by capitals here';
    $server->stop;
};

subtest 'a device is called as its owner calls it' => sub {
    my $server = Server->new->start;
    my $john = browser($ENV{PORT})->sign_in('john');
    my $register = sub { return $john->json(PUT => '/rps/user', {userId => 'john', mobile => 0, deviceName => $_[0]}) };
    is $register->($_)->code, 200, encode_utf8($_) for "Anna's laptop", 'Büro PC', '💻 <1>', 'x' x 31 . 'ü',
        "Anna\x{2019}s \x{1f469}\x{200d}\x{1f4bb}", "花子の\x{3000}PC", "caf\x{e9}\x{a0}PC", "می\x{200c}خواهم";
    for my $bad ('x' x 33, "two\nlines", "\x{202e}turned") {
        my $answer = $register->($bad);
        is $answer->code, 400, 'what nobody can read is none';
        is json_of($answer)->{code}, 'device_name_invalid', 'and told so';
    }
    $server->stop;
};

is join("\n", grep { !/MPIN0547/ } Server::complaints()), '', 'nothing else to complain of';
done_testing;
