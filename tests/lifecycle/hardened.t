#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/operations.md, "systemd, SELinux, read-only file systems": the drop-in is one, and httpd lives with what it takes away,
# as far as that can be had without systemd: a file system that is read-only but for the named folders, no new privileges,
# 8 MB of locked memory, no core dumps.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

$> and plan skip_all => 'needs root';
my $port = $ENV{PORT};
my $top = $Server::top;
my $text = Server::slurp("$FindBin::Bin/../../docs/operations.md");
my ($part) = $text =~ /^## systemd, SELinux, read-only file systems\n(.*?)^## /ms;
my ($unit) = $part =~ /^```\n(\[Service\].*?)^```/ms;

SKIP: {
    grep { -x "$_/systemd-analyze" } split /:/, $ENV{PATH} or skip 'no systemd-analyze', 1;
    subtest 'the_drop_in_is_understood_by_systemd' => sub {
        Server::write_file("$top/hardened.service", "$unit\nExecStart=/bin/true\n");
        unlike `systemd-analyze verify --man=no '$top/hardened.service' 2>&1`, qr/hardened/, 'without a word';
        Server::write_file("$top/hardened.service", "$unit\nProtectEverything=yes\nExecStart=/bin/true\n");
        like `systemd-analyze verify --man=no '$top/hardened.service' 2>&1`, qr/hardened.*ProtectEverything/, 'and it would have one for a mistake';
    };
}

# Runs httpd where nothing may be written but in the folders that the drop-in names, ours in their place.
sub within {
    my @writable = @_;
    my ($memory) = $unit =~ /^LimitMEMLOCK=(\d+)M$/m;
    Server::write_file("$top/within", join "\n", '#!/bin/sh', 'set -e', 'mount --make-rprivate /', map("mount --bind '$_' '$_'", @writable),
        "mount -o remount,bind,ro '$top'", 'mount -o remount,bind,ro /',
        "exec setpriv --no-new-privs prlimit --core=0 --memlock=@{[$memory << 20]} \"\$\@\"", '');
    return ['unshare', '-m', 'sh', "$top/within"];
}

sub at_work {
    my $john = browser($port)->sign_in('john');
    is $john->visit('/protected/')->code, 200, 'a password works';
    my $device = $john->enrol('john', 1234);
    my $pad = browser($port);
    $pad->settings;
    is $pad->pin_login($device, 1234)->code, 200, 'and a PIN';
    return;
}

mkdir "$top/$_" for qw(state run);
my $can = system('unshare', '-m', 'sh', '-c', "mount --make-rprivate / && mount --bind '$top' '$top' && mount -o remount,bind,ro '$top' 2>/dev/null") == 0;
SKIP: {
    $can or skip 'no mounts in namespaces here', 2;
    my $conf = "PidFile $top/run/httpd.pid\nDefaultRuntimeDir $top/run\nMutex file:$top/run default\nMPinAuditLog $top/logs/audit\n";
    subtest 'httpd_works_where_only_its_folders_can_be_written' => sub {
        my $server = Server->new(conf => $conf, within => within($top, "$top/state", "$top/logs", "$top/run"))->start;
        isnt system("nsenter -t $server->{pid} -m touch '$top/site/new' 2>/dev/null"), 0, 'nothing else can';
        at_work();
        $server->renew('USR1');
        at_work();
        $server->stop;
        is join("\n", Server::complaints()), '', 'nothing to complain of';
    };
    subtest 'the_key_file_may_lie_on_a_read_only_file_system' => sub {
        my $server = Server->new(conf => $conf, within => within($top, "$top/state/store", "$top/logs", "$top/run"))->start;
        at_work();
        $server->stop;
        is join("\n", Server::complaints()), '', 'nothing to complain of';
    };
}

done_testing;
