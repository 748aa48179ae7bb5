#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The Debian package's life with Debian's apache2, on a machine of the test's own: installed, enabled, signed in through,
# upgraded, removed and purged; and put where versions 0.1 and 0.2 have been, whose people stay signed in.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use Machine;

BEGIN {
    if (!$ENV{MPIN_MACHINE}) {
        (Debian::unpacked($_)) // plan skip_all => "no $_ to be had" for qw(apache2 apache2-bin apache2-data apache2-utils);
    }
    Machine::enter();
    $ENV{MPIN_STAGE} = $Machine::build;
}

use lib "$FindBin::Bin/../t/lib";
use File::Temp 'tempdir';
use JSON;
use MPin;

my $build = $Machine::build;
my ($deb) = glob "$build/libapache2-mod-auth-mpin_*.deb";
my $name = 'libapache2-mod-auth-mpin';
my ($store, $keys, $log) = ('/var/lib/apache2/mpin', '/var/lib/apache2/mpin-keys', '/var/log/apache2/mpin');
%ENV = (%ENV, DEBIAN_FRONTEND => 'noninteractive', PATH => '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL => 'C.UTF-8');
delete $ENV{LD_PRELOAD};
my $scratch = tempdir();

sub run_well { my $said = `$_[0] 2>&1 </dev/null`; is $?, 0, $_[0] =~ s/\Q$build\E/build/gr or diag $said; return $said }
sub slurp { open my $in, '<', $_[0] or return ''; local $/; return scalar(<$in>) // '' }

sub write_file {
    my ($file, $text, $mode) = @_;
    open my $out, '>', $file or die "$file: $!";
    print {$out} $text;
    close $out or die "$file: $!";
    chmod $mode, $file if $mode;
    return;
}

# "www-data:www-data 700 directory"
sub seen { return `stat -c '%U:%G %a' $_[0] 2>&1` =~ s/\n//r }
sub someone { return browser(80, host => 'www.example.com', origin => 'https://www.example.com') }

sub signs_in {
    my $device = shift;
    my $pad = someone();
    $pad->settings;
    return $pad->pin_login($device)->code;
}

# The same package under a later version, in which something stands that the earlier one has not.
sub later_package {
    my $top = "$scratch/later";
    system("dpkg-deb -R '$deb' $top && sed -i 's/^Version: .*/&+later/' $top/DEBIAN/control && date >$top/usr/share/mod_auth_mpin/later"
        . " && dpkg-deb -b -Znone $top $scratch/later.deb >/dev/null") == 0 or die 'dpkg-deb';
    return "$scratch/later.deb";
}

# Debian's starting of servers is not forbidden here, as it may be on the machine below.
write_file('/usr/sbin/policy-rc.d', "#!/bin/sh\nexit 0\n", 0755);
my $apache = join ' ', map { (glob "$build/debian/$_/${_}_*.deb")[0] } qw(apache2 apache2-bin apache2-data apache2-utils);
run_well("dpkg -i --force-confnew $apache");
write_file('/etc/apache2/conf-enabled/name.conf', "ServerName localhost\n");

subtest 'the_package_is_installed_and_enabled_by_debians_ways' => sub {
    run_well("dpkg -i $deb");
    like run_well('apache2ctl -M'), qr/auth_mpin_module/, 'loaded';
    ok -l "/etc/apache2/mods-enabled/auth_mpin.$_", "its $_ is linked" for qw(load conf);
    is seen($store), 'root:root 755', 'the folder of the store';
    is seen("$store/store"), 'www-data:www-data 700', 'the store belongs to httpd';
    is seen($keys), 'root:root 700', 'the keys to root';
    is seen($log), 'root:adm 750', 'the audit log to those who read logs';
    like run_well('a2dismod -q auth_mpin && a2enmod auth_mpin && apache2ctl configtest'), qr/Syntax OK/, 'off and on again';
    like run_well('mpinctl help'), qr/^Usage: mpinctl/m, 'mpinctl';
    ok -s "/usr/share/$_", $_ for qw(mod_auth_mpin/templates/login.html man/man8/mpinctl.8.gz bash-completion/completions/mpinctl
        doc/libapache2-mod-auth-mpin/docs/install.md doc/mod_auth_mpin/conf/examples/mail.conf);
};

run_well("cd '$FindBin::Bin/../..' && prove debian/tests/sign-in");
is seen("$keys/mpin.keys"), 'root:root 600', 'the key file is made';

my $john = someone()->sign_in('john');
my $device = $john->enrol('john', 1357);
is signs_in($device), 200, 'john has a PIN';

subtest 'an_upgrade_keeps_configuration_sessions_and_pins' => sub {
    my $conf = '/etc/apache2/mods-available/auth_mpin.conf';
    my $mine = slurp($conf) . "MPinTitle Mine\nMPinAuditLog $log/audit.log\n";
    write_file($conf, $mine);
    chmod 0711, $store;
    run_well('service apache2 restart');
    run_well('dpkg -i ' . later_package());
    is slurp($conf), $mine, 'what was edited stays';
    is seen($store), 'root:root 711', 'also a mode';
    ok -e '/usr/share/mod_auth_mpin/later', 'the later version is there';
    is $john->visit('/protected/')->code, 200, 'john is still signed in';
    is signs_in($device), 200, 'and his PIN signs in';
    like slurp("$log/audit.log"), qr/"event":"login_pin"/, 'it is in the audit log';
};

subtest 'a_removal_keeps_store_and_keys_and_httpd_works_on' => sub {
    run_well("dpkg -r $name");
    ok !-e $_, "$_ is gone" for '/usr/lib/apache2/modules/mod_auth_mpin.so', '/usr/sbin/mpinctl';
    ok !-l "/etc/apache2/mods-enabled/auth_mpin.$_", "no link ($_)" for qw(load conf);
    ok -e $_, "$_ stays" for "$keys/mpin.keys", "$store/store/lasting/data.mdb", '/etc/apache2/mods-available/auth_mpin.conf',
        "$log/audit.log";
    unlink '/etc/apache2/conf-enabled/mpin-site.conf'; # it says what only the module knows
    like run_well('apache2ctl configtest'), qr/Syntax OK/, 'apache2 does without';
    run_well('service apache2 restart');
    run_well("dpkg -i $deb && a2enconf -q mpin-site && service apache2 restart");
    like slurp('/etc/apache2/mods-available/auth_mpin.conf'), qr/^MPinTitle Mine$/m, 'installed again, the configuration is there';
    is $john->visit('/protected/')->code, 200, 'john is signed in';
    is signs_in($device), 200, 'and has his PIN';
};

sub purged {
    unlink '/etc/apache2/conf-enabled/mpin-site.conf';
    run_well("dpkg -P $name");
    return grep { m{[/_.-]mpin} && !m{/mpin-site\b} }
        split /\n/, `find /etc /var/lib /var/log /usr/lib/apache2 /usr/sbin /usr/share -xdev -path '*mpin*' 2>/dev/null`;
}

subtest 'a_purge_leaves_nothing' => sub {
    is join("\n", purged()), '', 'nothing of ours';
    like run_well('apache2ctl configtest'), qr/Syntax OK/, 'and apache2 is fine';
};

# Their `make install` put the module there and a file to be included; store and keys were at the same place.
sub put_old_version {
    my $version = shift;
    run_well('service apache2 stop');
    system("rm -rf $scratch/old && mkdir $scratch/old && tar -xzf '$FindBin::Bin/old/$version.tar.gz' -C $scratch/old && mkdir -p $store") == 0 or die 'tar';
    system("mv $scratch/old/store $store/store && chown -R www-data: $store/store && mv $scratch/old/keys $keys") == 0 or die 'mv';
    write_file('/usr/lib/apache2/modules/mod_auth_mpin.so', "the module of $version\n", 0755);
    write_file('/etc/apache2/mpin.conf', "LoadModule auth_mpin_module /usr/lib/apache2/modules/mod_auth_mpin.so\n");
    return decode_json(slurp("$scratch/old/people.json"));
}

# httpd's clock: a minute after those sessions began.
sub set_clock {
    my $back = time - $_[0]{time} - 60;
    my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1' or die 'no libfaketime';
    write_file('/etc/apache2/envvars', slurp('/etc/apache2/envvars')
        . "export LD_PRELOAD=$faketime FAKETIME=-${back}s FAKETIME_DONT_FAKE_MONOTONIC=1\n");
    return;
}

my $envvars = slurp('/etc/apache2/envvars');
for my $version ('0.1', '0.2') {
    subtest "after_version_${version}_sessions_and_pins_are_kept" => sub {
        my $before = put_old_version($version);
        write_file('/etc/apache2/conf-enabled/old.conf', "Include /etc/apache2/mpin.conf\n");
        run_well("dpkg -i $deb");
        unlink '/etc/apache2/conf-enabled/old.conf'; # what docs/install.md says
        set_clock($before);
        run_well('a2enconf -q mpin-site && apache2ctl configtest && service apache2 restart');
        for my $way (qw(password pin)) {
            my $browser = someone();
            $browser->{cookies} = $before->{$way};
            is $browser->visit('/protected/')->code, 200, "a session by $way goes on";
        }
        is signs_in($before->{device}), 200, 'the PIN signs in';
        write_file('/etc/apache2/envvars', $envvars);
        purged();
    };
}

done_testing;
