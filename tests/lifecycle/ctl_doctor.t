#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl doctor: nothing to mend in a safe configuration, and each unsafe line and file by its name.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use Ctl;
use TestCA;

my $top = $Server::top;
my ($port, $tls_port) = ($ENV{PORT}, $ENV{PORT} + 1);
my $at = certificate('site', 90, 'wiki.example.test');
my $ends = certificate('ends', 3, 'wiki.example.test');
chmod 0600, "$at.key", "$ends.key" or die;
system("chgrp www-data '$top/users'; chmod 640 '$top/users'") == 0 or die if !$>;
chmod 0600, "$top/users" if $>;
Server::write_file("$top/secret", "secret\n");
chmod 0600, "$top/secret" or die;

my $safe = <<"END";
MPinRegister signed-in
MPinPublicURL https://wiki.example.test
MPinStoreSize 64M
MPinAuditLog $top/logs/audit
MPinMail smtp://127.0.0.1:@{[$port + 5]}
MPinMailFrom wiki\@example.test
Listen 127.0.0.1:$tls_port
ServerTokens Prod
ServerSignature Off
SSLProtocol -all +TLSv1.2 +TLSv1.3
<VirtualHost *:$tls_port>
ServerName wiki.example.test
@{[tls($at)]}
</VirtualHost>
END
my $server = Server->new(first => Server::load(qw(ssl socache_shmcb remoteip reqtimeout authz_host auth_basic alias)),
    conf => $safe)->start;
my $conf = Server::slurp("$top/httpd.conf");
Server::write_file("$top/passphrase", "a-passphrase-for-the-backup\n");
chmod 0600, "$top/passphrase" or die;
chmod 0640, "$top/logs/audit", "$top/logs/error_log";

# The clock is this machine's own.
sub doctor {
    my ($text) = @_;
    Server::write_file("$top/other.conf", $text);
    my $run = mpinctl({at => ['--httpd', httpd(), '--config', "$top/other.conf"]}, 'doctor', '--json');
    my $all = eval { decode_json($run->{out}) } or die "doctor: $run->{out}$run->{err}";
    return ($run, grep { $_->{about} ne 'clock' } @{$all->{findings}});
}

sub to_mend { return grep { $_->{severity} ne 'ok' } @_ }

subtest 'a_server_without_a_backup_is_told_so' => sub {
    my ($run, @found) = doctor($conf);
    is_deeply [map { $_->{about} } to_mend(@found)], ['backup'], 'that alone' or diag explain \@found;
    my $backup = mpinctl('backup', "$top/backups", '--passphrase-file', "$top/passphrase");
    is $backup->{code}, 0, 'a backup is made' or diag $backup->{err};
};

subtest 'a_safe_server_has_nothing_to_mend' => sub {
    my ($run, @found) = doctor($conf);
    is_deeply [to_mend(@found)], [], 'nothing' or diag explain \@found;
    my %seen = map { $_->{about} => 1 } @found;
    ok $seen{$_}, "$_ was looked at" for 'public URL', 'version', 'slow clients', 'proxy', 'key file', 'store', 'disk', 'audit', 'backup',
        'passwords', 'TLS key', 'certificate';
    my $text = mpinctl('doctor');
    like $text->{out}, qr/^ok +key file +\Q$top\E/m, 'as a list, too';
    like $text->{out}, qr/^(?:ok|warning) +clock /m, 'with the clock';
};

# What is changed, what is found: severity, about, words of the text.
my $beside = sub { my $lines = shift; return sub { $_[0] . "$lines\n" } };
my $replaced = sub { my ($line, $by) = @_; return sub { $_[0] =~ s/^\Q$line\E.*$/$by/gmr } };
my @mistakes = (
    [$replaced->('ServerSignature', 'ServerSignature On'), 'warning', 'signature', 'which httpd this is'],
    [$replaced->('ServerTokens', 'ServerTokens OS'), 'warning', 'signature', 'ServerTokens OS'],
    [$replaced->('ServerTokens', ''), 'warning', 'signature', 'no ServerTokens'],
    [$replaced->('MPinAuditLog', ''), 'warning', 'audit', 'no MPinAuditLog'],
    [$replaced->('MPinMail ', ''), 'warning', 'mail', 'sends no mail'],
    [$replaced->('SSLProtocol', ''), 'warning', 'TLS', 'no SSLProtocol'],
    [$replaced->('SSLProtocol', 'SSLProtocol all -SSLv3'), 'error', 'TLS', 'broken'],
    [$replaced->('SSLProtocol', 'SSLProtocol -all +TLSv1.1 +TLSv1.3'), 'error', 'TLS', 'broken'],
    [$replaced->('SSLEngine', 'SSLEngine Off'), 'error', 'proxy', 'all people have one address'],
    [$replaced->('LoadModule reqtimeout', ''), 'warning', 'slow clients', 'not loaded'],
    [$replaced->('SSLCertificateFile', "SSLCertificateFile $ends.pem"), 'error', 'certificate', 'ends in [23] days'],
    [$replaced->('MPinRegister ', 'MPinRegister signed-in open open-to-anyone'), 'error', 'registration', 'anybody be a valid-user'],
    [$beside->('RemoteIPHeader X-Forwarded-For'), 'error', 'proxy', 'believed of anybody'],
    [$beside->('LogLevel warn core:trace5'), 'error', 'logs', 'writes cookies'],
    [$beside->("<Location /old>\nAuthType Basic\nAuthName Old\nAuthBasicProvider file\nAuthUserFile $top/users\nRequire valid-user\n</Location>"),
        'warning', 'Basic', 'a password with each request'],
);
subtest 'each_unsafe_line_is_found_with_its_mend' => sub {
    for my $mistake (@mistakes) {
        my ($change, $severity, $about, $words) = @$mistake;
        my ($run, @found) = doctor($change->($conf));
        my ($its) = grep { $_->{about} eq $about && $_->{text} =~ /$words/ } to_mend(@found);
        is $its->{severity}, $severity, "$about: $words" or diag explain \@found;
        like $its->{see}, qr{^docs/[a-z]+\.md}, '... with where that is explained';
        is $run->{code}, 1, '... exit code 1';
    }
};

subtest 'each_unsafe_file_is_found' => sub {
    my @files = (
        [sub { chmod shift // 0700, "$top/state/store" }, 0755, 'store', 'get at it'],
        [sub { chmod shift // 0640, "$top/logs/audit" }, 0644, 'audit', 'others'],
        [sub { chmod shift // 0640, "$top/logs/error_log" }, 0644, 'logs', 'who came from where'],
        [sub { chmod shift // 0600, "$at.key" }, 0644, 'TLS key', 'others'],
        [sub { chmod shift // 0640, "$top/users" }, 0644, 'passwords', 'others'],
    );
    for my $file (@files) {
        my ($mode, $unsafe, $about, $words) = @$file;
        $mode->($unsafe);
        my ($run, @found) = doctor($conf);
        $mode->();
        my ($its) = grep { $_->{about} eq $about && $_->{text} =~ /$words/ } to_mend(@found);
        ok $its, "$about: $words" or diag explain \@found;
        like $its->{mend}, qr/chmod/, '... with its mend';
    }
};

subtest 'what_cannot_be_read_is_2' => sub {
    chmod 0644, "$top/state/keys/mpin.keys";
    my $run = mpinctl('doctor');
    is $run->{code}, 2, 'httpd itself refuses a readable key file';
    like $run->{err}, qr/mpin\.keys.*read/, '... and what it says is passed on';
    chmod 0600, "$top/state/keys/mpin.keys";
    chmod 0644, "$top/secret";
    Server::write_file("$top/other.conf", $conf . "MPinIssueOTP On secret=$top/secret\n");
    $run = mpinctl({at => ['--httpd', httpd(), '--config', "$top/other.conf"]}, 'doctor');
    is $run->{code}, 2, 'and a readable secret of a directive';
    like $run->{err}, qr/MPinIssueOTP.*chmod 600/, '... with its mend';
    is mpinctl({at => ['--httpd', httpd(), '--config', "$top/none.conf"]}, 'doctor')->{code}, 2, 'no configuration';
    is mpinctl({at => ['--httpd', '/nowhere', '--config', "$top/httpd.conf"]}, 'doctor')->{code}, 2, 'no httpd';
};

done_testing;
