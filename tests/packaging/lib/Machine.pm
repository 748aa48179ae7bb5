# SPDX-License-Identifier: Apache-2.0
package Machine;

# A machine of a test's own, made of this one: its files under an overlay, where whatever is written is gone with the test;
# its own processes, and a network of its own that reaches nobody. Machine::enter() begins the test anew in there. Needs
# root and a kernel that lets us mount; `skip` in the plan says which is missing.

use strict;
use warnings;
use Cwd 'abs_path';
use File::Path 'make_path';
use FindBin;
use Socket;
use Test::More;

my $source = abs_path("$FindBin::Bin/../..");
our $build = $ENV{BUILD} // "$source/build";

# What is mounted before the test is there: its folders may lie on other file systems than /. The shell stays, as the machine's
# first process: it takes leave of daemons that end.
my $mounts = <<'END';
set -e
mount --make-rprivate /
mount -t tmpfs none "$1"
mkdir "$1/new" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/new,workdir=$1/work" "$1/root"
cd "$1/root"
for folder in "$2" "$3"; do mkdir -p ".$folder"; mount --bind "$folder" ".$folder"; done
mount --rbind /dev ./dev
mount -t tmpfs -o mode=1777 none ./dev/shm
mount -t proc proc ./proc
mount -t tmpfs -o mode=755 none ./run
mkdir -m 1777 ./run/lock
shift 3
chroot . "$@" & wait $!
END

sub enter {
    return raise_loopback() if $ENV{MPIN_MACHINE};
    $> and plan skip_all => 'needs root';
    make_path(my $top = "$build/machine"); # outside it stays an empty folder
    my @within = ('unshare', '-m', '-n', '-p', '-f', '--kill-child', 'sh', '-c', $mounts, 'sh', $top, $source, $build);
    open my $try, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', @within, 'true' or die "fork: $!";
    my $said = join '', <$try>;
    close $try or plan skip_all => "no machine of its own: $said";
    exec @within, 'env', 'MPIN_MACHINE=1', "BUILD=$build", $^X, abs_path($0) or die "unshare: $!";
}

# The network's only way is the one to oneself, and it is down at first.
sub raise_loopback {
    socket my $any, AF_INET, SOCK_DGRAM, 0 or die "socket: $!";
    my $request = pack 'a16 s x22', 'lo', 1 | 64; # up and running
    ioctl $any, 0x8914, $request or die "lo: $!"; # SIOCSIFFLAGS
    return;
}

1;
