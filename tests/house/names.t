#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# One name for one thing: what a reader searches for, or a debugger stops at, is found at one place.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

my %text = texts_of('src/*/*.c', 'src/*/*.h', 'mod_auth_mpin.c', 'ctl/*.c', 'ctl/*.h');
my @sources = sort keys %text;
cmp_ok scalar @sources, '>', 200, 'the sources are found';

# Names of files that two rooms share for a reason; the list only shrinks.
my %shared_file = ();

# name => places, of what a finder gives for each file
sub places
{
    my $finder = shift;
    my %places;
    for my $file (@sources) {
        push @{$places{$_->[0]}}, "$file:$_->[1]" for $finder->($text{$file});
    }
    return %places;
}

sub one_place_each
{
    my %places = @_;
    is scalar @{$places{$_}}, 1, "$_ stands at one place: @{$places{$_}}" for sort keys %places;
}

subtest 'a file without a header of its name says in its first line what it is' => sub {
    is_deeply [unnamed_units(%text)], [], 'each does';
};

subtest 'a header has one meaning: no other room has one of its name' => sub {
    my %places;
    push @{$places{s{.*/}{}r}}, $_ for grep { /\.h$/ } @sources;
    one_place_each(%places);
};

subtest 'two rooms have no file of one name, but for those with a reason' => sub {
    my %places;
    push @{$places{s{.*/}{}r}}, $_ for grep { /\.c$/ } @sources;
    only_these([grep { @{$places{$_}} > 1 } keys %places], \%shared_file, 'a name of two files');
};

subtest 'a struct, union or enum is laid out at one place' => sub { one_place_each(places(\&layouts)) };

subtest 'a type is named at one place' => sub { one_place_each(places(\&typedefs)) };

subtest 'a type is laid out in the room that names it' => sub {
    my %layouts = places(\&layouts);
    my %typedefs = places(\&typedefs);
    for my $name (grep { $typedefs{$_} } sort keys %layouts) {
        is room_of($layouts{$name}[0]), room_of($typedefs{$name}[0]), $name;
    }
};

subtest 'a function is defined at one place, a static one too' => sub { one_place_each(places(\&functions_of)) };

done_testing;
