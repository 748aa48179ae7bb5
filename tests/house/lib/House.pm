# SPDX-License-Identifier: Apache-2.0
# What the house tests look for. Each finder takes texts and gives what it found, as sentences or names: none of them
# knows where the files lie, so that finders.t can show each of them a small house of its own that is wrong.
package House;

use strict;
use warnings;
use Exporter 'import';
use Test::More ();

our @EXPORT = qw(slurp texts_of node_of room_of comments_of uncommented code_of circles unnamed_units layouts typedefs
    functions_of declared_in long_functions headings_of citations_of foreign_citations cited_headings placeholders_of texts_asked
    described_placeholders logged_numbers refused_numbers licence_line licensed clause_openings_in_code clause_openings_in_document
    only_these);

# ---- reading ----

sub slurp
{
    my $file = shift;
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
    local $/;
    return scalar <$in>;
}

# path => text of the files that the patterns name
sub texts_of
{
    return map { $_ => slurp($_) } grep { -f } map { glob } @_;
}

# A file and its header are one: the path without what is behind the dot.
sub node_of { return $_[0] =~ s/\.[a-z]+$//r }

sub room_of { return $_[0] =~ m{^src/([^/]+)/} ? $1 : undef }

my $STRING = qr/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/;

# The comments of a C text, each as one line: [line, text]. Lines that follow each other are joined.
sub comments_of
{
    my $text = shift;
    my @comments;
    while ($text =~ m{$STRING|/\*(.*?)\*/|//([^\n]*)}gs) {
        my $comment = $1 // $2 // next;
        my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
        push @comments, [$line, $comment =~ s/\n[ \t]*\*?[ \t]*/ /gr =~ s/^\s+|\s+$//gr];
    }
    return @comments;
}

# A C text without its comments, and without what stands in its strings either; lines stay where they are.
sub uncommented { return $_[0] =~ s{($STRING)|(/\*.*?\*/|//[^\n]*)}{$1 // $2 =~ s/[^\n]//gr}gser }
sub code_of { return uncommented($_[0]) =~ s/$STRING/""/gr }

# ---- the shape of the house ----

# Circles of includes: lists of nodes, each of which leads to every other of its list. A file and its header count as
# one, so that a.c -> b.h with b.c -> a.h is a circle, too.
sub circles
{
    my %text = @_;
    my %next;
    for my $file (keys %text) {
        my $node = node_of($file);
        $next{$node} //= {};
        for my $name ($text{$file} =~ /^#include "([\w\/.]+)"/mg) {
            my $other = node_of("src/$name");
            $next{$node}{$other} = 1 if exists $text{"src/$name"} && $other ne $node;
        }
    }
    # Tarjan's strongly connected components
    my (%index, %low, %open, @stack, @found);
    my $count = 0;
    my $visit;
    $visit = sub {
        my $node = shift;
        $index{$node} = $low{$node} = $count++;
        push @stack, $node;
        $open{$node} = 1;
        for my $other (sort keys %{$next{$node}}) {
            $visit->($other) if !exists $index{$other};
            my $reach = $open{$other} ? $low{$other} : $low{$node};
            $low{$node} = $reach if $reach < $low{$node};
        }
        return if $low{$node} != $index{$node};
        my @circle;
        do { push @circle, pop @stack; delete $open{$circle[-1]} } until $circle[-1] eq $node;
        push @found, [sort @circle] if @circle > 1;
    };
    exists $index{$_} or $visit->($_) for sort keys %next;
    return sort { $a->[0] cmp $b->[0] } @found;
}

# .c files whose door is no header of their name, and that do not say in their first line what they are.
sub unnamed_units
{
    my %text = @_;
    return grep { !exists $text{node_of($_) . '.h'} && !says_what_it_is($text{$_}) } grep { /\.c$/ } sort keys %text;
}

sub says_what_it_is
{
    my $text = $_[0] =~ s{^/\* SPDX-License-Identifier: [^\n]* \*/\n}{}r;
    return $text =~ m{^/\* \w};
}

# Where a struct, union or enum is laid out: [tag, line].
sub layouts
{
    my $code = code_of(shift);
    my @found;
    while ($code =~ /\b(?:struct|union|enum)\s+(\w+)\s*\{/g) {
        push @found, [$1, 1 + (substr($code, 0, $-[0]) =~ tr/\n//)];
    }
    return @found;
}

# Names that typedefs give: [name, line].
sub typedefs
{
    my $code = code_of(shift);
    my @found;
    my $block = qr/(\{(?:[^{}]++|(?-1))*+\})/;
    while ($code =~ /^typedef\b((?:[^;{}]++|$block)*+);/mg) {
        my ($line, $what) = (1 + (substr($code, 0, $-[0]) =~ tr/\n//), $1);
        $what =~ s/$block//;
        my $name = $what =~ /\(\s*\*\s*(\w+)\s*\)\s*\(/ ? $1 : $what =~ /(\w+)\s*(?:\[[^\]]*\]|\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*$/ ? $1 : '?';
        push @found, [$name, $line];
    }
    return @found;
}

# Functions that are defined here, as clang-format writes them: [name, line, lines of the body].
sub functions_of
{
    my @lines = split /\n/, code_of(shift);
    my @found;
    my ($head, $start, $name) = ('', 0, undef);
    for my $i (0 .. $#lines) {
        my $line = $lines[$i];
        if ($line eq '{' && $head =~ /\b(\w+)\((?:[^()]|\([^()]*\))*\)\s*(?:__attribute__.*)?$/) {
            ($name, $start) = ($1, $i);
        }
        elsif ($line eq '}' && defined $name) {
            push @found, [$name, $start, $i - $start - 1];
            undef $name;
        }
        $head = $line =~ /^\S/ && $line !~ /^[#{}]/ ? $line : $line =~ /^\s+\S/ && !defined $name ? "$head $line" : '';
    }
    return @found;
}

# Functions that a header declares.
sub declared_in { return code_of($_[0]) =~ /^(?!typedef|static|#)[a-z][\w \*]*?\b(\w+)\([^;{]*;/mg }

sub long_functions
{
    my ($text, $most) = @_;
    return map { "$_->[0] has $_->[2] lines" } grep { $_->[2] > $most } functions_of($text);
}

# ---- documents ----

# Headings of a Markdown text, and what opens a paragraph or item in bold.
sub headings_of
{
    my $text = $_[0] =~ s/^```.*?^```//gmsr;
    my @found = $text =~ /^#+ (.+?)\s*$/mg;
    push @found, $text =~ /^(?:[-*] |\d+\. |\| )?\*\*(.+?)[.:,]?\*\*/mg;
    return map { s/[`*]//gr } @found;
}

# The comments of a text in any of our languages, each run of them as one line.
sub any_comments
{
    my ($file, $text) = @_;
    return map { $_->[1] } comments_of($text) if $file =~ /\.[ch]$/;
    my $leader = $file =~ /\.(?:js|mjs|ts|css|def)$/ ? qr{/\*+|\*/?|//} : qr{#|--};
    my @runs = ('');
    for my $line (split /\n/, $text) {
        if ($line =~ /^\s*(?:$leader)\s?(.*)$/) { $runs[-1] .= " $1" }
        else {
            push @runs, '';
            $runs[-1] = $1 if $line =~ m{ (?:$leader) (.*)$};
        }
    }
    return grep { length } @runs;
}

# Headings that comments cite: [document, heading] for (docs/FILE.md, "Heading"), [document, undef] where only the
# document is named.
sub cited_headings
{
    my ($file, $text) = @_;
    my @found;
    for my $comment (any_comments($file, $text)) {
        while ($comment =~ /\b(docs\/[a-z-]+\.md)((?:,? (?:and )?"[^"]+")*)/g) {
            my ($document, $headings) = ($1, $2);
            my @headings = $headings =~ /"([^"]+)"/g;
            push @found, @headings ? map { [$document, $_] } @headings : [$document, undef];
        }
    }
    return @found;
}

# Citations in any other shape than (docs/FILE.md, "Heading").
sub foreign_citations
{
    my ($file, $text) = @_;
    my @found;
    my $document = qr/security model|identity model|security|protocol|design|crypto|operations|factors|lessons|pages|style/;
    for my $comment (any_comments($file, $text)) {
        push @found, $comment =~ /(\($document(?:[,:;] [^()]*)?\))/g;
        push @found, $comment =~ /(?<!\()((?:security|identity) model)\b/g;
        push @found, $comment =~ /(\(docs\/[a-z-]+\.md[^()"]*\))/g;
    }
    return @found;
}

# ---- templates ----

# Names that a template shows, or asks for in a section.
sub placeholders_of { return grep { !/^t\./ } unique($_[0] =~ /\{\{[#^]?([\w.]+)\}\}/g) }

# Keys of the catalogue that a template shows.
sub texts_asked { return unique($_[0] =~ /\{\{t\.([\w.]+)\}\}/g) }

# The placeholders that docs/templates.md describes: name => what stands in the second column, where it is available.
sub described_placeholders
{
    my ($section) = $_[0] =~ /^## What each page has$(.*?)(?=^## |\z)/ms;
    my %where;
    for my $row (($section // '') =~ /^\| (`.*)$/mg) {
        my ($names, $where) = split / \| /, $row;
        $where{$_} = join ' ', grep { length } $where{$_}, $where for $names =~ /`(\w+)`/g;
    }
    return %where;
}

sub unique
{
    my %seen;
    return grep { !$seen{$_}++ } @_;
}

# ---- numbers ----

# Numbers that a C text logs under. MPIN0000 stands for one that is missing.
sub logged_numbers { return unique(grep { $_ ne '0000' } uncommented($_[0]) =~ /"MPIN(\d{4})(?=[":])/g) }

# Numbers of refusals, from base/codes.def.
sub refused_numbers { return map { sprintf '%04d', $_ } $_[0] =~ /^CODE\((\d+),/mg }

# ---- the licence ----

# The line that says so, as a comment of the file's language. undef where a file gets none: its text is somebody's
# answer, or it has no comments.
sub licence_line
{
    my ($file, $text) = @_;
    my $says = 'SPDX-License-Identifier: Apache-2.0';
    return "/* $says */" if $file =~ /\.(?:c|h|def|css)$/;
    return "// $says" if $file =~ /\.(?:js|mjs|ts)$/ || $file =~ /\.t$/ && $text =~ m{\A//};
    return "# $says" if $file =~ /(?:\.(?:t|pl|pm|py|sh|mk|conf|conf\.in)|(?:^|\/)Makefile)$/ || $text =~ /\A#!/;
    return undef;
}

# It stands in the first line, or right after the one that names the interpreter.
sub licensed
{
    my ($file, $text) = @_;
    my $line = licence_line($file, $text);
    return !defined $line || $text =~ /\A(?:#![^\n]*\n)?\Q$line\E\n/;
}

# ---- sentences ----

# "What follows is ..." as a sentence's subject makes a reader stumble. Questions may ask so. A comment's first words
# may be a title ("What the files of this room share"), but none whose verb follows at once.
my $VERB = qr/(?:is|are|was|were|has|have|had|can|cannot|can't|could|may|must|will|would|does|do|did|took|goes|stands
    |lies|comes|came|follows|fails|holds|makes|keeps|shows|tells|binds|becomes|became|belongs|waits|remains)/x;
my $OPENING = qr/(?:Who|Whoever|What)(?: else)?(?= [a-z])/;

sub clause_openings_in_code
{
    my @found;
    for (comments_of(shift)) {
        my ($line, $comment) = @$_;
        while ($comment =~ /(?:^|(?<=[.:;?!] )|(?<=- ))$OPENING[^.;?]*[.;?]?/g) {
            my $sentence = $&;
            next if $sentence =~ /\?$/;
            next if $-[0] == 0 && $sentence =~ /^What (?!$VERB )/;
            push @found, "line $line: $sentence";
        }
    }
    return @found;
}

# The same in Markdown, where headings, what opens in bold, table cells and what introduces a list are titles.
sub clause_openings_in_document
{
    my $text = $_[0] =~ s/^```.*?^```//gmsr;
    my @found;
    for my $paragraph (split /\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/, $text) {
        next if $paragraph =~ /^\s*(?:#|\|)/ && $paragraph !~ /\n[^#|]/;
        my $prose = join ' ', map { s/^\s+|\s+$//gr } grep { !/^\s*[#|]/ } split /\n/, $paragraph;
        $prose =~ s/^(?:[-*]|\d+\.) +//;
        $prose =~ s/^\*\*.*?\*\*:?//;
        while ($prose =~ /(?:^|(?<=[.:;?!] ))$OPENING[^.;?]*[.;?]?/g) {
            my $sentence = $&;
            push @found, $sentence unless $sentence =~ /\?$/ || $sentence =~ /^[^.;,]{0,60}:$/ && $-[0] == 0;
        }
    }
    return @found;
}

# ---- judging ----

# Passes when what was found is what is listed: nothing new, and nothing listed that is gone. So a list of exceptions
# (name => reason) can only shrink.
sub only_these
{
    my ($found, $listed, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %found = map { $_ => 1 } @$found;
    Test::More::ok($listed->{$_}, "$what: $_") for sort keys %found;
    Test::More::ok($found{$_}, "$_ is still there, or it leaves the list of exceptions") for sort keys %$listed;
    Test::More::pass("$what: none") if !%found && !%$listed;
    return;
}

1;
