# SPDX-License-Identifier: Apache-2.0
package Vhosts;

# What many vhosts cost: the memory of one child, and the instructions of a check of the configuration. `use Vhosts;` comes
# in the place of `use Httpd;`.
#
#   Vhosts::memory($port, $shape, $count)   {private => kB, locked => kB} of a child of so many vhosts
#   Vhosts::instructions_of_check($port, $shape, $count)
#   Vhosts::instructions_of_start($port, $shape, $count)   of one process, until it listens and has ended again
#   Vhosts::table($port, $shape, @counts)   a row for each count: [vhosts, private kB, locked kB, private kB without us]
#
# Shapes: `shared`, all as they are by default, of one key file and one store; `pages`, each with MPinPublicURL, a title
# and templates of its own; `apart`, each with a key file and a store of its own; `none`, without our module.

use strict;
use warnings;
use Httpd;

our %shapes = (
    none => sub { '' },
    shared => sub { '' },
    pages => sub { qq(MPinPublicURL https://v$_[0].example.org\nMPinTitle "Site $_[0]"\nMPinTemplates "$Httpd::top/templates"\n) },
    apart => sub { qq(MPinStore "lmdb:$Httpd::top/apart/$_[0]/store"\nMPinKeyFile "$Httpd::top/apart/$_[0]/keys/mpin.keys"\n) },
);

sub conf {
    my ($shape, $count) = @_;
    mkdir "$Httpd::top/$_" for qw(templates apart);
    my $state = "$Httpd::top/many";
    my $ours = $shape eq 'none' ? '' : <<"END";
LoadModule auth_mpin_module "$Httpd::build/mod_auth_mpin.so"
MPinEngine On
MPinStore "lmdb:$state/store"
MPinKeyFile "$state/keys/mpin.keys"
MPinPublicURL https://main.example.org
MPinRegister signed-in
END
    # CoreDumpDirectory: who is not root, too, may look at the child's memory
    return qq(CoreDumpDirectory "$Httpd::top"\n$ours) . join '', map { vhost($shape, $_) } 1 .. $count;
}

sub vhost {
    my ($shape, $number) = @_;
    my $protected = $shape eq 'none' ? '' : "<Location /protected>\nAuthType MPin\nRequire valid-user\n</Location>\n";
    return "<VirtualHost *>\nServerName v$number.example.org\n" . $shapes{$shape}->($number) . "$protected</VirtualHost>\n";
}

# The one child of that parent.
sub child {
    my $parent = shift;
    for (1 .. 1200) {
        my ($child) = split ' ', Httpd::slurp("/proc/$parent/task/$parent/children");
        return $child if $child;
        select undef, undef, undef, 0.05;
    }
    die "no child of $parent";
}

# Private is what the child alone has. A store's files, which it maps as all children do, count for nobody.
sub memory_of {
    my $pid = shift;
    my ($private, $shared) = (0, 0);
    for (split /\n/, Httpd::slurp("/proc/$pid/smaps")) {
        $shared = $1 eq 's' if /^[0-9a-f]+-[0-9a-f]+ ...(.)/;
        $private += $1 if !$shared && /^Private_\w+: *(\d+) kB/;
    }
    my ($locked) = Httpd::slurp("/proc/$pid/status") =~ /^VmLck:\s*(\d+)/m;
    return {private => $private, locked => $locked};
}

sub memory {
    my ($port, $shape, $count) = @_;
    my $httpd = Httpd->serving($port, conf($shape, $count));
    $httpd->get_often(Httpd::OPEN, 1); # a child that answers has begun
    my $memory = memory_of(child($httpd->{pid}));
    $httpd->stop;
    return $memory;
}

# ---- instructions of a check of the configuration ----------------------------------------------------------------

sub counted {
    my ($httpd, @how) = @_;
    my $counts = "$httpd->{folder}/counts/whole";
    my @command = ('valgrind', '-q', '--tool=callgrind', '--vgdb=no', "--callgrind-out-file=$counts", Httpd::program(), '-f',
        "$httpd->{folder}/httpd.conf", @how);
    open my $said, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', @command or die "valgrind: $!";
    my $text = do { local $/; <$said> };
    close $said;
    my ($count) = Httpd::slurp($counts) =~ /^(?:summary|totals): (\d+)/m;
    unlink $counts;
    return $count // die "nothing was counted: $text";
}

sub instructions_of_check {
    my ($port, $shape, $count) = @_;
    return counted(Httpd->configure($port, 'prefork', conf($shape, $count)), '-t');
}

sub instructions_of_start {
    my ($port, $shape, $count) = @_;
    my $httpd = Httpd->configure($port, 'prefork', conf($shape, $count));
    my $log = "$httpd->{folder}/valgrind.log";
    $httpd->start('valgrind', '--tool=callgrind', '--vgdb=no', '--callgrind-out-file=/dev/null', "--log-file=$log",
        Httpd::program(), '-f', "$httpd->{folder}/httpd.conf", '-X');
    $httpd->stop;
    return (Httpd::slurp($log) =~ /Collected : (\d+)/)[0] // die Httpd::slurp($log);
}

sub table {
    my ($port, $shape, @counts) = @_;
    my @rows;
    for my $count (@counts) {
        my ($with, $without) = map { memory($port, $_, $count) } $shape, 'none';
        push @rows, [$count, $with->{private}, $with->{locked}, $without->{private}];
    }
    return @rows;
}

1;
