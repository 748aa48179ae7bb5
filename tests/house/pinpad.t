#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The scripts of the pages stand as htdocs/pinpad/README.md has it: imports run down the rooms, no files go round in a circle,
# nothing below the screens knows the page's elements, and files stay small.
use strict;
use warnings;
use Test::More;
use FindBin;
use File::Spec;
chdir "$FindBin::Bin/../.." or die;

# From the top down.
my @rooms = qw(entries screens keep wire curve);
my %floor = map { $rooms[$_] => @rooms - $_ } 0 .. $#rooms;

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar <$in> }

my @sources = grep { -f } glob 'htdocs/pinpad/*.js htdocs/pinpad/*/*.js';
my %text = map { $_ => slurp($_) } @sources;
my @page_scripts = glob 'htdocs/pages/*.js';

sub room { return $_[0] =~ m{^htdocs/pinpad/([^/]+)/[^/]+\.js$} ? $1 : undef }

# The files that a script names after `from` or `import`, or in a type: 'htdocs/pinpad/wire/rps.js'.
sub named {
    my ($file, $pattern) = @_;
    my ($folder) = $file =~ m{^(.*)/};
    return map { my $path = "$folder/$_"; 1 while $path =~ s{[^/]+/\.\./|(?<=/)\./}{}; $path } $text{$file} =~ /$pattern/g;
}
my $import = qr/^(?:import|export)\b[^;]*?'(\.[^']+)';/m;
my $type   = qr/import\('(\.[^']+)'\)/;

subtest 'every script is in a room' => sub {
    cmp_ok scalar @sources, '>', 30, 'the scripts are found';
    ok exists $floor{room($_) // ''}, $_ for @sources;
};

subtest 'imports and types run down' => sub {
    for my $file (@sources) {
        for my $other (named($file, $import), named($file, $type)) {
            ok -f $other, "$other of $file is there";
            cmp_ok $floor{room($other) // ''} // 99, '<=', $floor{room($file)}, "$file names $other, which is not above it";
        }
    }
};

subtest 'no circle of files' => sub {
    my (%state, $visit);
    $visit = sub {
        my $file = shift;
        return ($state{$file} // '') eq 'done' if $state{$file};
        $state{$file} = 'open';
        for my $other (named($file, $import)) {
            return 0 if !$visit->($other);
        }
        $state{$file} = 'done';
        return 1;
    };
    ok $visit->($_), "$_ is in no circle" for @sources;
};

subtest 'an entry is what esbuild bundles, and nothing else' => sub {
    my $build = slurp('htdocs/build.mjs');
    for my $entry (grep { room($_) eq 'entries' } @sources) {
        my ($name) = $entry =~ m{([^/]+)\.js$};
        like $build, qr/\b\Q$name\E\b/, "$name is built";
        ok !(grep { grep { $_ eq $entry } named($_, $import) } @sources), "nobody imports $name";
    }
};

subtest 'what is fetched by name is built to be fetched' => sub {
    my ($list) = slurp('htdocs/build.mjs') =~ /^const FETCHED = \[(.*?)\];/ms;
    my %built = map { $_ => 1 } ($list // '') =~ /'([\w-]+)'/g;
    my %wanted = map { $_ => 1 } map { $text{$_} =~ /(?:\bfetched\(|\.load\(|\bscript\(base \+ |\bworker(?:: | = ))'([\w-]+)\.js'/g } @sources;
    is_deeply [sort keys %built], [sort keys %wanted], 'the phone\'s page has all of them in its folder, too, but those it names';
};

subtest 'only screens and entries know elements' => sub {
    for my $file (grep { $floor{room($_)} < $floor{screens} } @sources) {
        unlike $text{$file}, qr/\bdocument\.(?!baseURI)|\bHTML\w*Element\b|\bcreateElement\b/, $file;
    }
};

subtest 'no script is longer than 300 lines, and none but a page\'s own is outside the rooms' => sub {
    for my $file (@sources, @page_scripts) {
        my $lines = () = slurp($file) =~ /\n/g;
        cmp_ok $lines, '<=', 300, $file;
    }
    for my $script (@page_scripts) {
        my ($name) = $script =~ m{([^/]+)$};
        ok((grep { slurp($_) =~ /\Q$name\E/ } glob 'htdocs/pages/*.html'), "a page has $name");
        unlike slurp($script), qr/^import\b/m, "$name needs nothing of the pad";
    }
};

done_testing;
