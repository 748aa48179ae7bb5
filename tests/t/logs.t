# SPDX-License-Identifier: Apache-2.0
# Logs name what happened and hold no secret (docs/security.md, "Logs").
use strict;
use warnings;
use Test::More;
use MPin;
use Story;

from(21);
expect_in_log(qr/AH01630: client denied/);

subtest 'grep_of_all_logs_finds_no_secret_of_a_full_story' => sub {
    my %secret = story();
    my %log = map { $_ => MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/logs/*";
    for my $name (sort keys %secret) {
        ok length($secret{$name}) > 8, "$name is known";
        is_deeply [grep { index($log{$_}, $secret{$name}) >= 0 } keys %log], [], "$name is in no log";
    }
    for my $file (sort keys %log) {
        is_deeply [$log{$file} =~ /hidden-\d+/g], [], $file =~ s{.*/}{}r . ' holds nothing that was hidden';
    }

    my ($access) = grep { /access_log$/ } keys %log;
    ok $log{$access} =~ qr{"GET /protected/\?theirs=kept HTTP/1.1" /protected/index.html\?theirs=kept \S+ 200 "http://there.example/\?theirs=kept" "-" john},
        'what is not ours is logged as ever';
    ok $log{$access} =~ qr{"GET /rps/signature/\.\.\. HTTP/1.1" /rps/signature/\.\.\. /rps/signature/\.\.\. \d+ }, 'also what mod_proxy takes to an RPS elsewhere';
    ok $log{$access} =~ qr{"POST /rps/user/\.\.\. HTTP/1.1" \S+ \S+ \d+ "\Q@{[origin(mount)]}\E/login"}, 'with its Referer in short';
    ok $log{$access} =~ qr{"GET /rps/signature/\.\.\. HTTP/1.1" /rps/signature/\.\.\. \S+ 400 }, 'what is, in short';
    ok $log{$access} =~ qr{"DELETE /rps/user/\.\.\. HTTP/1.1" }, 'with its method';
    ok $log{$access} =~ qr{"GET /login HTTP/1.1" /login \S+ 200 "\Q@{[origin(site)]}\E/login"}, 'and the Referer in short';
};

subtest 'each event is one audit line' => sub {
    my @lines = split /\n/, audit_log();
    my %seen;
    for my $line (@lines) {
        my $record = eval { JSON::decode_json($line) } or fail "no JSON: $line";
        like "$record->{time} $record->{address} $record->{request}",
            qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.0\.0\.\d+ [\w\@-]+$/, $record->{event}
            if !$seen{$record->{event}}++;
        ok !$record->{identity} || $record->{identity} =~ /^[0-9a-f]{12}$/, 'an identity is shortened'
            if $record->{identity};
    }
    ok $seen{$_}, $_ for qw(login_password password_wrong registered identity_activated pin_wrong login_pin logout);
};

done;
