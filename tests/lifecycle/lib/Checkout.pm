# SPDX-License-Identifier: Apache-2.0
package Checkout;

# Git checkouts of a test's own, with the files of this one as they are, committed or not.

use strict;
use warnings;
use Cwd 'abs_path';
use File::Path 'make_path';
use FindBin;

my $source = abs_path("$FindBin::Bin/../..");

# One in that folder, committed at that time; gives the folder.
sub of_ours
{
    my ($folder, $when) = @_;
    make_path($folder);
    run("cd $source && git ls-files -z | tar -c --null -T - | tar -x -C $folder");
    symlink "$source/node_modules", "$folder/node_modules" or die "$folder/node_modules: $!";
    run("cd $folder && git init -q");
    commit($folder, $when);
    return $folder;
}

# All that has changed there.
sub commit
{
    my ($folder, $when) = @_;
    my $who = join ' ', map { "GIT_${_}_NAME=a GIT_${_}_EMAIL=a\@example.com GIT_${_}_DATE='$when +0000'" } qw(AUTHOR COMMITTER);
    run("cd $folder && git add -A && $who git commit -qm all");
    return;
}

sub run { system($_[0]) == 0 or die "$_[0]\n"; return }

1;
