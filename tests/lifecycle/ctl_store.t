#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl looks at keys and store beside the running server, and names a record that does not open.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;

my $top = $Server::top;
my $port = $ENV{PORT};
my $server = Server->new->start;
browser($port)->enrol("user$_", '1234') for 1 .. 5;

subtest 'keys_are_listed_and_none_is_shown' => sub {
    my $keys = mpinctl_json('keys');
    is_deeply [map { "$_->{root} $_->{use}" } @{$keys->{roots}}], ['1 seals'], 'one root key, which seals';
    my ($secret) = Server::slurp("$top/state/keys/mpin.keys") =~ /^root \d+ \S+ (\w{64})$/m;
    my $run = mpinctl('keys');
    like $run->{out}, qr/^1 +20\S+Z +seals$/m, 'as a table';
    unlike $run->{out}, qr/$secret/, 'without the key';
};

subtest 'stats_tell_how_full_the_store_is' => sub {
    my %part = map { $_->{part} => $_ } @{mpinctl_json('store', 'stats')};
    cmp_ok $part{lasting}{records}, '>=', 15, 'users, names, devices';
    cmp_ok $part{lasting}{bytes}, '>=', 4096, 'bytes';
    is $part{lasting}{quota}, 3 << 28, 'three quarters of MPinStoreSize are what lasts';
    cmp_ok $part{fleeting}{quota}, '<', 1 << 28, 'strangers have less than the rest';
};

subtest 'compact_waits_until_httpd_is_stopped_and_loses_nothing' => sub {
    my ($owner, $other) = map { browser($port)->enrol("more$_", '1234') } 1 .. 2;
    my $signed_in = browser($port);
    $signed_in->visit('/login');
    is $signed_in->pin_login($owner, '1234')->code, 200, 'somebody signs in';
    browser($port)->enrol("gone$_", '1234') for 1 .. 5;
    is mpinctl('user', 'delete', "gone$_", '--yes')->{code}, 0, "gone$_ is deleted" for 1 .. 5;
    my $no = mpinctl('store', 'compact', '--yes');
    is $no->{code}, 1, 'not while httpd works';
    like $no->{err}, qr/httpd.*has the store open.*stop httpd/, 'it says why';
    $server->stop;
    my $records = mpinctl_json('store', 'check')->{records};
    my $before = -s "$top/state/store/lasting/data.mdb";
    my $run = mpinctl('store', 'compact', '--yes');
    is $run->{code}, 0, 'with httpd stopped' or diag $run->{err};
    cmp_ok -s "$top/state/store/lasting/data.mdb", '<', $before, 'the file is smaller';
    is_deeply [mpinctl_json('store', 'check')], [{records => $records, wrong => 0, first => ''}], 'all records are there';
    is scalar(grep { (stat)[4] != (stat "$top/state/store")[4] } glob "$top/state/store/*/*"), 0, 'they are their owner\'s';
    is_deeply [glob "$top/state/store/*/*.new"], [], 'nothing lies about';
    $server->start;
    is $signed_in->copy->visit('/protected/')->code, 200, 'sessions are kept';
    my $again = browser($port);
    $again->visit('/login');
    is $again->pin_login($other, '1234')->code, 200, 'and PINs work';
};

subtest 'check_names_a_record_that_does_not_open' => sub {
    my $good = mpinctl_json('store', 'check');
    cmp_ok $good->{records}, '>=', 15, 'all are opened';
    is $good->{wrong}, 0, 'and are good';
    $server->stop;
    my $file = "$top/state/store/lasting/data.mdb";
    my $bytes = Server::slurp($file);
    # In the sealed part of each value, as a page that was copied lies there more than once.
    $bytes =~ s/(lidentity:[0-9a-f]{32}d\0{8}\x01.{20})(.)/$1 . chr(ord($2) ^ 1)/ges;
    Server::write_file($file, $bytes);
    my $run = mpinctl('store', 'check', '--json');
    is $run->{code}, 1, 'a flipped bit';
    like $run->{out}, qr/"wrong": [1-9].*"first": "identity:/s, 'is named';
    like $run->{err}, qr/backup/, 'with what to do';
};

done_testing;
