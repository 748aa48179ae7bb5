# SPDX-License-Identifier: Apache-2.0
package Batch;

# Batches of proofs to measure: tests/bench/batch.c names them.

use strict;
use warnings;
use File::Temp;
use Httpd;

# Instructions a proof of each, by its name; "single" is one proof alone.
sub instructions {
    my @names = @_;
    my $folder = File::Temp->newdir;
    my @adx = Httpd::slurp('/proc/cpuinfo') =~ /\badx\b/ ? 'adx' : ();
    system("valgrind --quiet --tool=callgrind --callgrind-out-file=$folder/part --collect-atstart=no $Httpd::build/bench/batch @adx @names") == 0
        or die 'batch';
    my %counted;
    for my $part (glob "$folder/part.*") {
        my $said = Httpd::slurp($part);
        my ($name) = $said =~ /^desc: Trigger: Client Request: (\S+)$/m or next;
        my ($proofs) = $name =~ /^(\d+):/;
        $counted{$name} = ($said =~ /^totals: (\d+)/m)[0] / ($proofs // 1);
    }
    return %counted;
}

1;
