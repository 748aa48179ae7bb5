#!/usr/bin/perl
# The house stands as it was drawn: rooms include only rooms below them, only the upper ones know httpd, no file is
# longer than 500 lines, and every refusal has a number.
use strict;
use warnings;
use Test::More;
use FindBin;
chdir "$FindBin::Bin/../.." or die;

# From the top down. The front door stands above them all.
my @rooms = qw(authn login rpa web site config remote rps phone people notice session dta mpin store keys base);
my %floor = map { $rooms[$_] => @rooms - $_ } 0 .. $#rooms;
my %knows_httpd = map { $_ => 1 } qw(authn login rpa web site config);

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar <$in> }

my @sources = grep { -f } glob 'src/*/*.c src/*/*.h src/*/*.def mod_auth_mpin.c';
my %text = map { $_ => slurp($_) } @sources;

sub room { return $_[0] =~ m{^src/([^/]+)/} ? $1 : undef }

subtest 'arrows run down' => sub {
    for my $file (@sources) {
        my $from = room($file) or next;
        ok exists $floor{$from}, "$file is in a room of the house";
        while ($text{$file} =~ /^#include "([a-z_]+)\//mg) {
            cmp_ok $floor{$1} // 99, '<=', $floor{$from} // 0, "$file includes $1, which is not above it";
        }
    }
};

subtest 'no circle of files' => sub {
    my (%state, @path);
    my $visit;
    $visit = sub {
        my $file = shift;
        return 1 if ($state{$file} // '') eq 'done';
        return 0 if ($state{$file} // '') eq 'open';
        $state{$file} = 'open';
        for my $name ($text{$file} =~ /^#include "([a-z_\/.]+)"/mg) {
            my $next = "src/$name";
            next if !$text{$next} || $next =~ s/\.h$/.c/r eq $file;
            return 0 if !$visit->($next);
        }
        $state{$file} = 'done';
        return 1;
    };
    ok $visit->($_), "$_ is in no circle" for @sources;
};

subtest 'only the upper rooms know httpd' => sub {
    for my $file (grep { room($_) && !$knows_httpd{room($_)} } @sources) {
        unlike $text{$file}, qr/#include <(?:httpd|http_|ap_|mod_|util_|unixd|mpm_)/, "$file knows no httpd";
        unlike $text{$file}, qr/\b(?:request_rec|server_rec|conn_rec|ap_\w+)\b/, "$file names nothing of httpd";
    }
};

subtest 'no file is longer than 500 lines' => sub {
    for my $file (@sources) {
        my $lines = () = $text{$file} =~ /\n/g;
        cmp_ok $lines, '<=', 500, $file;
    }
};

subtest 'every refusal has a number, once' => sub {
    my (%number, %word);
    while ($text{'src/base/codes.def'} =~ /^CODE\((\d+), (\w+)\)/mg) {
        ok !$number{$1}++, "number $1 stands once";
        ok !$word{$2}++, "$2 stands once";
    }
    for my $file (grep { /\.c$/ } @sources) {
        while ($text{$file} =~ /result_error\([^"]*?,\s*"(\w+)"/g) {
            ok $word{$1}, "$1 of $file is in base/codes.def";
        }
    }
    my $all = join '', map { $text{$_} } grep { /\.c$/ } @sources;
    ok $all =~ /"$_"/, "$_ is used" for sort keys %word;
};

done_testing;
