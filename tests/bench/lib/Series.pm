# SPDX-License-Identifier: Apache-2.0
package Series;

# The series behind the plots of docs/performance.md: each gives rows of numbers, the first of them the names of the columns.
# `use Series;` comes before `use MPin;`.

use strict;
use warnings;
use File::Path 'make_path';
use Httpd;
use List::Util 'pairkeys';
use Login;
use Logins;
use Peers;
use Site;
use Vhosts;

my @all = (
    sessions => \&sessions,
    revocations => \&revocations,
    vhosts => \&vhosts,
    listing => \&listing,
    includes => \&includes,
    memory => \&memory,
    batch => \&batch,
    logins => \&logins,
);
my %all = @all;

sub names { return pairkeys @all }

sub measure {
    my ($name, $port) = @_;
    my $series = $all{$name} or die "no series $name\n";
    return $series->($port);
}

my ($unprotected, $ours, $tkt, $openidc) = Peers::kinds();

# Instructions of a page for somebody whom the server lets in.
sub count {
    my ($port, $kind, $more) = @_;
    my $httpd = Httpd->counted($port, $kind->{conf} . $more);
    my $count = $httpd->instructions($kind->{page}, Peers::enter($kind, $port));
    $httpd->stop;
    return sprintf '%.0f', $count;
}

# ---- instructions of a request ------------------------------------------------------------------------------------

# With that many more of something in the store.
sub over_store {
    my ($port, $what, $add) = @_;
    my $none = count($port, $unprotected, '');
    my ($there, @rows) = 0;
    for my $count (0, 10, 100, 1_000, 10_000, 100_000) {
        count($port, $ours, '') if !$there; # makes the store
        $add->($count - $there) if $count > $there;
        $there = $count;
        push @rows, [$count, $none, count($port, $ours, '')];
    }
    return ([$what, 'unprotected', 'mod_auth_mpin'], @rows);
}

sub sessions { return over_store(shift, 'signed in', \&Site::crowd) }
sub revocations { return over_store(shift, 'revocations', \&Site::revoke) }

# The vhost that is asked is the first: to find one of many by its name is httpd's work.
sub vhosts {
    my $port = shift;
    my @rows;
    for my $count (1, 10, 50, 100, 200, 500) {
        my $vhosts = join '', map { "<VirtualHost *>\nServerName v$_.example.org\n</VirtualHost>\n" } 1 .. $count;
        push @rows, [$count, map { count($port, $_, $vhosts) } $unprotected, $ours];
    }
    return (['vhosts', 'unprotected', 'mod_auth_mpin'], @rows);
}

# ---- instructions of a page with parts ----------------------------------------------------------------------------

my @parts = (0, 10, 50, 100, 200);

# In both places: folders of so many files, and pages that include as many.
sub make_parts {
    for my $folder (map { "$Httpd::top/site$_" } '/open-site', '/protected') {
        for my $count (@parts) {
            make_path("$folder/list-$count");
            Httpd::write_file(sprintf('%s/list-%d/file-%03d.txt', $folder, $count, $_), 'x') for 1 .. $count;
            Httpd::write_file("$folder/whole-$count.shtml", qq(<!--#include virtual="page" -->\n) x $count . "end\n");
        }
    }
    return join '', (map { Httpd::load_module($_) } qw(mime dir autoindex include)), <<"END";
TypesConfig /etc/mime.types
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory "$Httpd::top/site">
Options +Indexes +Includes
</Directory>
END
}

sub over_parts {
    my ($port, $what, $page) = @_;
    local $Httpd::times = 20;
    my $conf = make_parts();
    my @rows = map { [$_] } @parts;
    my @kinds = ($unprotected, $ours, $tkt, $openidc);
    for my $kind (@kinds) {
        my $httpd = Httpd->counted($port, $conf . $kind->{conf});
        my @headers = Peers::enter($kind, $port);
        my ($place) = $kind->{page} =~ m{^(/[^/]+)};
        push @$_, sprintf '%.0f', $httpd->instructions("$place/" . sprintf($page, $_->[0]), @headers) for @rows;
        $httpd->stop;
    }
    return ([$what, map { $_->{name} } @kinds], @rows);
}

sub listing { return over_parts(shift, 'files', 'list-%d/') }
sub includes { return over_parts(shift, 'includes', 'whole-%d.shtml') }

# ---- memory of a child --------------------------------------------------------------------------------------------

sub memory {
    my $port = shift;
    my @rows = map { [@$_[0, 3, 1, 2]] } Vhosts::table($port, 'pages', 1, 50, 100, 200, 350, 500);
    return (['vhosts', 'private without us', 'private', 'locked'], @rows);
}

# ---- logins -------------------------------------------------------------------------------------------------------

# Instructions a proof. One run of the program: to make its proofs takes longer than to judge them.
sub batch {
    my @counts = (1, 2, 4, 8, 16, 32, 64);
    my ($one_by_one, @batches) = Login::steps('batch', 'single', map { ("$_:0:random", "$_:1:random", "$_:$_:random") } @counts);
    my @rows = map { my $count = $_; [$count, $one_by_one, map { sprintf '%.0f', $_ / $count } splice @batches, 0, 3] } @counts;
    return (['proofs', 'one by one', 'all right', 'one wrong', 'all wrong'], @rows);
}

# Logins a second, milliseconds of the median one and of one in a hundred, CPU milliseconds; judged together and each alone.
sub logins {
    my $port = shift;
    my @rows = Logins::rows($port, 3, 1, 8, 32, 128);
    my @both;
    while (my ($together, $alone) = splice @rows, 0, 2) {
        push @both, [$together->{clients}, map { my $row = $_; map { sprintf '%.2f', $row->{$_} } qw(rate p50 p99 cpu) } $together, $alone];
    }
    return (['clients', 'together', 'p50', 'p99', 'CPU', 'alone', 'p50 alone', 'p99 alone', 'CPU alone'], @both);
}

1;
