#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What `make deb` has made: lintian has nothing to say, a second build has the same bytes, and what is beside the module is
# taken by those for whom it is: logrotate, systemd, AppArmor.
use strict;
use warnings;
use Test::More;
use Cwd 'abs_path';
use File::Temp 'tempdir';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Debian;
use JSON;

my $source = abs_path("$FindBin::Bin/../..");
my $build = $ENV{BUILD} // "$source/build";
my ($deb) = glob "$build/libapache2-mod-auth-mpin_*.deb";
$deb or plan skip_all => 'no package: make deb';
my $top = tempdir(CLEANUP => 1);
system("dpkg-deb -x '$deb' $top/new && dpkg-deb -e '$deb' $top/new/DEBIAN") == 0 or die 'dpkg-deb';

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return scalar(<$in>) // '' }
sub there { my $program = shift; return grep { -x "$_/$program" } split /:/, $ENV{PATH} }

my $version = decode_json(slurp("$source/package.json"))->{version};
like slurp("$top/new/DEBIAN/control"), qr/^Version: \Q$version\E-\d+$/m, 'the version is package.json\'s';

subtest 'conffiles are kept as such, and nothing else is in /etc' => sub {
    my @conffiles = sort split /\n/, slurp("$top/new/DEBIAN/conffiles");
    my @etc = sort map { s/^\Q$top\/new//r } split /\n/, `find $top/new/etc -type f`;
    is_deeply \@conffiles, \@etc, 'each file of /etc';
    for my $file (qw(apache2/mods-available/auth_mpin.load apache2/mods-available/auth_mpin.conf fail2ban/filter.d/mod_auth_mpin.conf
        logrotate.d/libapache2-mod-auth-mpin apparmor.d/abstractions/mod_auth_mpin)) {
        ok -s "$top/new/etc/$file", $file;
    }
};

subtest 'every document and example is there, and readable as it lies' => sub {
    my $doc = "$top/new/usr/share/doc/libapache2-mod-auth-mpin";
    my @missing = grep { !-s "$doc/$_" } split /\n/, `cd '$source' && ls README.md docs/*.md conf/*.conf conf/*/*.conf contrib/*/*`;
    is join(' ', grep { !m{^conf/demo/} && -f "$source/$_" } @missing), '', 'none is missing or packed';
    ok -s "$doc/$_", $_ for qw(copyright changelog.gz changelog.Debian.gz);
};

SKIP: {
    there('lintian') or skip 'no lintian', 1;
    my ($changes) = glob "$build/libapache2-mod-auth-mpin_*.changes";
    my $said = `lintian --allow-root --fail-on error,warning '$changes' 2>&1`;
    is $?, 0, 'lintian_has_nothing_to_say' or diag $said;
}

subtest 'a_second_build_elsewhere_and_later_has_the_same_bytes' => sub {
    my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1' or plan skip_all => 'no libfaketime';
    mkdir(my $again = "$top/another_place");
    my ($archive) = glob "$build/mod_auth_mpin-$version.tar.gz";
    system("cp '$archive' $again") == 0 or die 'cp';
    local %ENV = (%ENV, BUILD => $again, LD_PRELOAD => $faketime, FAKETIME => '+40d', NO_FAKE_STAT => 1,
        FAKETIME_DONT_FAKE_MONOTONIC => 1, TZ => 'Pacific/Kiritimati', LC_ALL => 'C.UTF-8');
    my $said = `cd '$source' && umask 077 && tools/deb $version 2>&1`;
    is $?, 0, 'built' or return diag $said;
    for my $first (glob "$build/libapache2-mod-auth-mpin*_$version-*.deb") {
        my $second = $again . $first =~ s{.*(?=/)}{}r;
        my @sums = map { `sha256sum <'$_'` } $first, $second;
        is $sums[1], $sums[0], $first =~ s{.*/}{}r or !there('diffoscope') or diag `diffoscope --no-progress '$first' '$second'`;
    }
};

subtest 'the_drop_in_holds_debians_apache2_to_less' => sub {
    there('systemd-analyze') or plan skip_all => 'no systemd-analyze';
    my $apache = Debian::unpacked('apache2') // plan skip_all => 'no apache2 to be had';
    my ($unit) = grep { -f } glob "$apache/{usr/,}lib/systemd/system/apache2.service";
    my $file = slurp("$source/contrib/systemd/apache2-hardening.conf");
    my ($lines) = $file =~ /^(\[Service\].*)/ms;
    like slurp("$source/docs/operations.md"), qr/^```\n\Q$lines\E```/m, 'operations.md shows it';
    mkdir "$top/$_" for 'units', 'units/apache2.service.d';
    my $plain = slurp($unit) =~ s{^(Exec\w+)=.*}{$1=/bin/true}mgr;
    my %exposed;
    for my $drop_in ('', $file) {
        for (["$top/units/apache2.service", $plain], ["$top/units/apache2.service.d/ours.conf", $drop_in]) {
            open my $out, '>', $_->[0] or die;
            print {$out} $_->[1];
            close $out or die;
        }
        unlike `SYSTEMD_UNIT_PATH=$top/units: systemd-analyze verify --man=no $top/units/apache2.service 2>&1`, qr/ours\.conf/, 'systemd understands it';
        my $said = `SYSTEMD_UNIT_PATH=$top/units: systemd-analyze security --offline=yes --no-pager $top/units/apache2.service 2>&1`;
        ($exposed{$drop_in ? 'held' : 'plain'}) = $said =~ /exposure level for apache2\.service: ([\d.]+)/;
    }
    SKIP: {
        defined $exposed{held} or skip 'this systemd judges no files', 1;
        cmp_ok $exposed{held}, '<', $exposed{plain} - 2, "from $exposed{plain} to $exposed{held} of 10";
    }
};

subtest 'apparmor_takes_the_profile' => sub {
    my $there = Debian::unpacked('apparmor') // plan skip_all => 'no apparmor to be had';
    system("cp '$source/contrib/apparmor/mod_auth_mpin' '$there/etc/apparmor.d/abstractions/'") == 0 or die 'cp';
    my $parse = sub { return `'$there/sbin/apparmor_parser' -Q -K --base '$there/etc/apparmor.d' $_[0] 2>&1` };
    my $said = $parse->("'$source/contrib/apparmor/usr.sbin.apache2'");
    is $?, 0, 'the whole one, with our part in it' or diag $said;
    $parse->("$top/new/DEBIAN/control");
    isnt $?, 0, 'and would not take anything';
};

subtest 'logrotate_takes_its_file' => sub {
    my $there = Debian::unpacked('logrotate') // plan skip_all => 'no logrotate to be had';
    my $said = `'$there/usr/sbin/logrotate' -d -s $top/state $top/new/etc/logrotate.d/libapache2-mod-auth-mpin 2>&1`;
    is $?, 0, 'without an error' or diag $said;
    unlike $said, qr/error/i, 'said';
    like $said, qr{/var/log/apache2/mpin/\*\.log}, 'for the folder of the audit log';
};

done_testing;
