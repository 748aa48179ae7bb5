# SPDX-License-Identifier: Apache-2.0
package Ports;

# Ports for the servers that a test starts: 19 in a row that nobody listens on, and that no other test on this machine is
# given until this process has ended, whoever runs it and from whichever checkout. With PORT set by hand that is the first
# of them, and nothing is looked at. Programs that are not in Perl get theirs from with_ports.
#
# The port after the 19 is the guard: it has a listening socket of ours, which nobody else can then have, and which the
# kernel takes away when we end, however we do. All of them lie below the ports of outgoing connections, and above the
# last that browsers refuse to visit (10080).

use strict;
use warnings;
use IO::Socket::INET;

use constant {FIRST => 10_100, COUNT => 19};

our $guard; # open as long as this process lives

# The first of the ports.
sub take {
    return $ENV{PORT} //= reserve();
}

sub reserve {
    my @blocks = (0 .. int((first_of_outgoing() - FIRST) / (COUNT + 1)) - 1);
    my $start = int rand @blocks; # so that those who begin together rarely want the same
    for my $block (@blocks[$start .. $#blocks, 0 .. $start - 1]) {
        my $first = FIRST + $block * (COUNT + 1);
        $guard = listener($first + COUNT) or next;
        return $first if !grep { !listener($_) } $first .. $first + COUNT - 1;
    }
    die "no @{[COUNT + 1]} ports in a row are free\n";
}

# A socket that listens there, or nothing where somebody else's does.
sub listener {
    return IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_[0], Listen => 1, ReuseAddr => 1);
}

# Where the kernel begins to take ports for outgoing connections; 32768 where it doesn't say, and the end of all ports
# where it leaves us too few.
sub first_of_outgoing {
    open my $in, '<', '/proc/sys/net/ipv4/ip_local_port_range' or return 32_768;
    my ($first) = split ' ', scalar <$in>;
    return $first > FIRST + 2_000 ? $first : 65_536;
}

1;
