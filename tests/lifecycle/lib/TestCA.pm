# SPDX-License-Identifier: Apache-2.0
package TestCA;

# An authority of the test's own and certificates of it, in Server's folder: `use Server;` comes before.

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(authority certificate tls);

my $ca = "$Server::top/ca";

sub openssl {
    my @words = @_;
    my $log = "$Server::top/openssl.log";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>', $log or die;
        open STDERR, '>&', \*STDOUT or die;
        exec 'openssl', @words;
        die "exec: $!";
    }
    waitpid $pid, 0;
    die "openssl @words: " . Server::slurp($log) if $?;
    return;
}

my @new = qw(req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes);

# The authority's certificate, which who asks the site is given as SSL_CERT_FILE.
sub authority {
    openssl(@new, qw(-days 30 -subj /CN=Test-CA -keyout), "$ca.key", '-out', "$ca.pem") if !-e "$ca.pem";
    return "$ca.pem";
}

# A certificate of these names, valid for so many days: the path without its ending.
sub certificate {
    my ($file, $days, @names) = @_;
    authority();
    my $at = "$Server::top/$file";
    openssl(@new, '-days', $days, '-subj', "/CN=$names[0]", '-CA', "$ca.pem", '-CAkey', "$ca.key",
        '-addext', 'subjectAltName=' . join(',', map { "DNS:$_" } @names), '-addext', 'basicConstraints=critical,CA:FALSE',
        '-keyout', "$at.key", '-out', "$at.pem");
    return $at;
}

# mod_ssl's lines for it.
sub tls {
    my $at = shift;
    return "SSLEngine On\nSSLCertificateFile $at.pem\nSSLCertificateKeyFile $at.key\n";
}

1;
