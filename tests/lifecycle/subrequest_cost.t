#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# What the parts of a page cost somebody who has signed in, in instructions, beside the same page unprotected: a listing of 200
# files, for each of which httpd looks ahead, and a page that includes ten others.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Httpd;
use Ports;
use Site;
use File::Path 'make_path';
use Test::More tests => 2;

use constant {FILES => 200, INCLUDES => 10};
my $port = Ports::take();
system('make', '--no-print-directory', '-s', "BUILD=$Httpd::build", "$Httpd::build/mpin-client") == 0 or die 'make';

# The same pages in both places.
for my $place (qw(open-site protected)) {
    my $folder = "$Httpd::top/site/$place";
    make_path("$folder/list", "$folder/parts");
    Httpd::write_file(sprintf('%s/list/file-%03d.txt', $folder, $_), 'x') for 1 .. FILES;
    Httpd::write_file(sprintf('%s/parts/part-%02d.html', $folder, $_), "part $_\n") for 1 .. INCLUDES;
    Httpd::write_file("$folder/whole.shtml", join '', map { sprintf qq(<!--#include virtual="parts/part-%02d.html" -->\n), $_ } 1 .. INCLUDES);
}

my $parts = join '', (map { Httpd::load_module($_) } qw(mime dir autoindex include)), <<"END";
TypesConfig /etc/mime.types
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory "$Httpd::top/site">
Options +Indexes +Includes
</Directory>
END

# Of the listing and of the page with includes.
sub count {
    my ($conf, $place, $enter) = @_;
    my $httpd = Httpd->counted($port, $parts . $conf);
    my @headers = $enter->($port);
    my @counts = map { $httpd->instructions_in(20, "GET /$place/$_", '', @headers) } qw(list/ whole.shtml);
    $httpd->stop;
    return @counts;
}

my @unprotected = count('', 'open-site', sub { () });
my @protected = count(Site::conf(), 'protected', \&Site::cookies);
diag sprintf '%s: unprotected %.0f, signed in %.0f, by %.2f', ('a listing', 'includes')[$_], $unprotected[$_], $protected[$_],
    $protected[$_] / $unprotected[$_] for 0, 1;

cmp_ok $protected[0], '<=', 2_650_000, 'a listing of 200 files takes at most 2,650,000 in all';
cmp_ok $protected[1], '<=', 360_000, 'a page with ten includes takes at most 360,000 in all';
