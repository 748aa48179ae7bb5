#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The documents tell the truth: each rule of docs/security.md names a test that exists, every link leads somewhere,
# every file that they name is there, every block that can be run is run. What comments cite is there, too, and templates have
# the placeholders that are described.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my %document = texts_of('*.md', 'docs/*.md', 'htdocs/*/*.md');

subtest 'each rule of the security model names tests that exist' => sub {
    my %test = texts_of(map { "tests/$_" } qw(unit/*.c t/*.t lifecycle/*.t browser/*.t browser/stories.js interop/*.t));
    my $tests = join '', values %test;
    my @rules = $document{'docs/security.md'} =~ /`(\w{20,})`/g;
    cmp_ok scalar @rules, '>', 20, 'tests are named';
    ok $tests =~ /\b$_\b/, "$_ is a test" for @rules;
};

subtest 'every link leads to a file, and to a heading of it' => sub {
    for my $file (sort keys %document) {
        my ($folder) = $file =~ m{^(.*/)?[^/]+$};
        $folder //= '';
        for my $picture ($document{$file} =~ /src="([^"]+\.png)"/g) {
            ok -e "$folder$picture", "$file shows $picture";
        }
        for my $link ($document{$file} =~ /\]\((?!https?:)([^)\s]+)\)/g) {
            my ($path, $anchor) = split /#/, $link, 2;
            my $target = $path eq '' ? $file : without_dots("$folder$path");
            ok -e $target, "$file leads to $link" or next;
            next if !defined $anchor;
            my %anchor = map { anchor_of($_) => 1 } ($document{$target} // '') =~ /^#+ (.+?)\s*$/mg;
            ok $anchor{$anchor}, "$file leads to $link, which is a heading there";
        }
    }
};

subtest 'a block that says that it can be run is run by a test' => sub {
    my $tests = join '', grep { /```sh run/ } values %{{texts_of('tests/lifecycle/*.t')}};
    for my $file (sort keys %document) {
        my @runnable = $document{$file} =~ /^```sh\b(.*)$/mg or next;
        is join(' ', grep { $_ ne ' run' } @runnable), '', "$file marks them by \"sh run\"";
        like $tests, qr/\Q$file\E/, '... and a test takes them from there';
    }
};

subtest 'every file that a document names is there' => sub {
    my @rooms = map { s{^src/}{}r } grep { -d } glob 'src/*';
    my $rooms = join '|', @rooms;
    for my $file (sort keys %document) {
        my %named;
        $named{"src/$1"}++ while $document{$file} =~ m{(?<![\w/.])(?:src/)?((?:$rooms)/\w+\.(?:c|h|def))\b}g;
        $named{$1}++ while $document{$file} =~ m{(?<![\w/.])((?:src|tests|htdocs|tools)/[\w/.*-]*\w)}g;
        ok -e (glob)[0], "$file names $_, which is there" for grep { !/NAME/ } sort keys %named;
    }
};

subtest 'every citation in a comment names a document and a heading that it has' => sub {
    my %file = texts_of(qw(src/*/* ctl/* mod_auth_mpin.c htdocs/*.* htdocs/pinpad/*.js htdocs/pinpad/*/*.js tests/*/*.*
        tests/*/lib/* tests/*/run tests/run tools/* conf/*.conf conf/*/*.conf Makefile));
    delete $file{'tests/house/finders.t'};
    my %heading = map { $_ => {map { $_ => 1 } headings_of($document{$_})} } keys %document;
    my $citations = 0;
    for my $file (sort keys %file) {
        is join("\n", foreign_citations($file, $file{$file})), '', "$file cites in one shape only";
        for (cited_headings($file, $file{$file})) {
            my ($document, $heading) = @$_;
            ok exists $document{$document}, "$file cites $document" or next;
            next if !defined $heading;
            ok $heading{$document}{$heading}, "$file cites $document, \"$heading\"";
            $citations++;
        }
    }
    cmp_ok $citations, '>', 20, 'citations are found';
};

subtest 'templates have the placeholders and texts that are described' => sub {
    my %template = texts_of('htdocs/pages/*.html', 'htdocs/pages/*.txt');
    my $english = slurp('htdocs/texts/en.json');
    my %described = described_placeholders($document{'docs/templates.md'});
    my %text = catalogue($english);
    my %used;
    for my $path (sort keys %template) {
        my ($file) = $path =~ m{([^/]+)$};
        my @texts = texts_asked($template{$path});
        ok exists $text{$_}, "$file asks for a text that there is: $_" for @texts;
        my @names = (placeholders_of($template{$path}), map { ($text{$_} // '') =~ /\{(\w+)\}/g } @texts);
        for my $name (@names) {
            $used{$name} = 1;
            my $kind = $file =~ /^mail/ ? 'mails' : 'every page';
            like $described{$name} // '(nowhere)', qr/\Q$file\E|\b$kind/, "$name is described for $file";
        }
        ok -e "htdocs/pages/$_.html" || -e "htdocs/pages/$_.txt", "$file includes $_, which there is"
            for $template{$path} =~ /\{\{>(\w+)\}\}/g;
        like $document{'docs/templates.md'}, qr/`\Q$file\E`/, "$file is described";
    }
    my %code = texts_of('src/login/*.c', 'src/account/*.c', 'src/factor/*.c', 'src/notice/*.c', 'src/status/*.c', 'src/web/*.c');
    like join('', values %code), qr/"$_"/, "$_ is described, and a page gets it" for sort keys %described;
};

done_testing;

# The anchor that a heading gets, as GitHub makes it.
sub anchor_of { return lc($_[0]) =~ s/[^\w\- ]//gr =~ s/ /-/gr }

sub without_dots
{
    my $path = shift;
    1 while $path =~ s{[^/]+/\.\./}{};
    return $path;
}

# dotted key => text
sub catalogue
{
    require JSON::PP;
    my %flat;
    my $walk;
    $walk = sub {
        my ($prefix, $value) = @_;
        if (ref $value) { $walk->(length $prefix ? "$prefix.$_" : $_, $value->{$_}) for keys %$value }
        else { $flat{$prefix} = $value }
    };
    $walk->('', JSON::PP->new->decode($_[0]));
    return %flat;
}
