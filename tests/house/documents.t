#!/usr/bin/perl
# The documents tell the truth: each rule of the security model names a test that exists, every link leads somewhere.
use strict;
use warnings;
use Test::More;
use FindBin;
chdir "$FindBin::Bin/../.." or die;

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar <$in> }

my $tests = join '', map { slurp($_) } glob 'tests/unit/*.c tests/t/*.t tests/lifecycle/*.t tests/browser/*.t tests/interop/*.t';
my @rules = slurp('docs/security.md') =~ /`(\w{20,})`/g;
cmp_ok scalar @rules, '>', 20, 'the security model names its tests';
ok $tests =~ /\b$_\b/, "$_ is a test" for @rules;

my $messages = slurp('docs/messages.md');
my $sources = join '', map { slurp($_) } glob 'src/*/*.c mod_auth_mpin.c';
my %logged = map { $_ => 1 } grep { $_ ne 'MPIN0000' } $sources =~ /"(MPIN\d{4})/g;
ok $messages =~ /\b$_\b/, "$_ is explained" for sort keys %logged;
my %refusal = reverse slurp('src/base/codes.def') =~ /^CODE\((\d+), (\w+)\)/mg;
for my $word (sort keys %refusal) {
    my $row = sprintf '| MPIN%04d | %s |', $refusal{$word}, $word;
    ok index($messages, $row) >= 0, "$word is explained";
}

for my $document ('README.md', glob 'docs/*.md') {
    my ($folder) = $document =~ m{^(.*/)?[^/]+$};
    for my $link (slurp($document) =~ /\]\((?!https?:|#)([^)#]+)/g, slurp($document) =~ /src="([^"]+\.png)"/g) {
        ok -e(($folder // '') . $link), "$document leads to $link";
    }
}

done_testing;
