# SPDX-License-Identifier: Apache-2.0
package Ctl;

# mpinctl beside the server of Server.pm: `use Server;` comes before.

use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Temp 'tempfile';
use FindBin;
use JSON;

our @EXPORT = qw(mpinctl mpinctl_json program httpd);

my $source = abs_path("$FindBin::Bin/../..");
my $build = abs_path($ENV{BUILD} // "$source/build");
chomp(my $sbin = `apxs -q SBINDIR`);
my $httpd = (grep { -x } "$sbin/apache2", "$sbin/httpd")[0];

sub program { return "$build/mpinctl" }
sub httpd { return $httpd }

# Runs it as it would be typed: {code, out, err}. The first argument may be {in => 'what is typed then', at => [...]}.
sub mpinctl {
    my %how = (in => '', at => ['--httpd', $httpd, '--config', "$Server::top/httpd.conf"], ref $_[0] ? %{+shift} : ());
    my ($in, $typed) = tempfile(UNLINK => 1);
    print {$in} $how{in};
    close $in or die;
    my ($errors, $said) = tempfile(UNLINK => 1);
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', $typed or die;
        open STDERR, '>', $said or die;
        exec $build . '/mpinctl', @{$how{at}}, @_;
        die "exec: $!";
    }
    my $text = do { local $/; <$out> } // '';
    close $out;
    return {code => $? >> 8, signal => $? & 127, out => $text, err => Server::slurp($said)};
}

# The JSON that a command prints; dies where it fails.
sub mpinctl_json {
    my $run = mpinctl(@_, '--json');
    die "mpinctl @_: $run->{err}" if $run->{code};
    return JSON->new->decode($run->{out});
}

1;
