# SPDX-License-Identifier: Apache-2.0
package Debian;

# Programs of Debian packages that a test wants without installing them, because an installation would start a server or
# change the machine: fetched once and unpacked in the build folder.

use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Path 'make_path';

my $build = abs_path($ENV{BUILD} // dirname(__FILE__) . '/../../build');

# The folder in which the package's files lie; nothing where none can be had.
sub unpacked {
    my $package = shift;
    my $there = "$build/debian/$package";
    return $there if -f "$there/unpacked";
    make_path($there);
    system("cd '$there' && apt-get download -q $package >apt.log 2>&1 && dpkg -x ${package}_*.deb . && touch unpacked") == 0
        or return;
    return $there;
}

1;
