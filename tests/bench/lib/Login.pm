# SPDX-License-Identifier: Apache-2.0
package Login;

# PIN logins to measure, and the bare pairing check beside them.

use strict;
use warnings;
use Httpd;
use MPin ();
use Site;

our $bench = "$Httpd::build/bench";

# blst's faster path, where the processor has it: valgrind runs it but does not announce it.
my $adx = Httpd::slurp('/proc/cpuinfo') =~ /\badx\b/;

# What a server under callgrind loads for it.
sub adx_conf {
    return '' if !$adx;
    my %at = map { /^(\w+) \w (\w+)$/ ? ($2, $1) : () } `nm $Httpd::build/mod_auth_mpin.so`;
    my $offset = hex($at{__blst_platform_cap}) - hex($at{auth_mpin_module});
    $ENV{MPIN_ADX} = "$Httpd::build/mod_auth_mpin.so $offset";
    return "LoadFile $bench/adx.so\n";
}

# Devices as tests/bench/login.c takes them; no address registers too many.
my $registered = 0;

sub devices {
    my ($at, $count) = @_;
    my $devices = join '', map {
        MPin::from(2 + int $registered++ / 10);
        my ($browser, $device) = Site::person($at);
        "@$device{qw(mpinId hash token pin)} @{[$browser->cookie_header]}\n";
    } 1 .. $count;
    MPin::from(1);
    return $devices;
}

# Each device signs in so often, all at once; gives the seconds, and the milliseconds of the median login and of one in a
# hundred.
sub sign_in {
    my ($at, $devices, $times) = @_;
    Httpd::write_file("$Httpd::top/devices", $devices);
    my @took = split ' ', `$bench/login $at $times < $Httpd::top/devices`;
    die 'login' if $?;
    return wantarray ? @took : $took[0];
}

# Instructions of one login among many: what twice as many cost more.
sub instructions {
    my ($port, $conf) = @_;
    my $httpd = Httpd->counted($port, $conf . adx_conf());
    my $device = devices($port, 1);
    sign_in($port, $device, 3);
    my ($once, $twice) = map { my $n = $_; $httpd->count(sub { sign_in($port, $device, $n) }) } 20, 40;
    $httpd->stop;
    return ($twice - $once) / 20;
}

# Instructions of a step of verify.c, rps.c, store.c or passkey.c.
sub step {
    my ($program, $step) = @_;
    my @how = ($step, $adx && $program !~ /^(?:store|passkey|code)$/ ? 'adx' : ());
    my $said = `valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no $bench/$program @how 2>&1`;
    return ($said =~ /Collected : (\d+)/)[0] // die $said;
}

# Instructions of several steps of a program that writes down each by itself, in one run.
sub steps {
    my ($program, @steps) = @_;
    my $counts = "$Httpd::top/steps";
    unlink glob "$counts.*";
    my $said = join ' ', '', $adx ? 'adx' : (), @steps;
    $said = `valgrind --tool=callgrind --callgrind-out-file=$counts --collect-atstart=no $bench/$program$said 2>&1`;
    die $said if $?;
    return map { (Httpd::slurp("$counts.$_") =~ /^(?:summary|totals): (\d+)/m)[0] // die $said } 1 .. @steps;
}

1;
