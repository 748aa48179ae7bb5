#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The words that people read: every language has the same ones with the same {values}, each is used somewhere, those that
# pages ask for are there, and no language mixes two ways to write the same sign.
use strict;
use warnings;
use utf8;
use Test::More;
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use House;
chdir "$FindBin::Bin/../.." or die;

sub flat {
    my ($texts, $before) = @_;
    return map { ref $texts->{$_} ? flat($texts->{$_}, "$before$_.") : ("$before$_" => $texts->{$_}) } keys %$texts;
}
my %catalogue = texts_of('htdocs/texts/*.json');
my %words = map { my ($language) = m{(\w+)\.json$}; $language => {flat(JSON::PP->new->decode($catalogue{$_}), '')} } keys %catalogue;
my @keys = sort keys %{$words{en}};

subtest 'every language says the same' => sub {
    my $values = sub { join ' ', sort $_[0] =~ /\{(\w+)\}/g };
    for my $language (grep { $_ ne 'en' } sort keys %words) {
        is_deeply [sort keys %{$words{$language}}], \@keys, "$language has the English words";
        is $values->($words{$language}{$_} // ''), $values->($words{en}{$_}), "$language: the values of $_" for @keys;
    }
};

# A notice's text goes by its heading's name; the number of a PIN's digits is put behind an "n". What was done at /account goes
# by its name, and so does why no code was sent. What the status says of a part goes by a word.
subtest 'every word is used' => sub {
    my %script = texts_of('htdocs/pinpad/*/*.js');
    delete $script{'htdocs/pinpad/wire/original.js'}; # Milagro's names of them all
    my $scripts = join '', values %script;
    my %page = texts_of('htdocs/pages/*', 'src/login/*.c', 'src/account/*.c', 'src/status/*.c', 'src/notice/*.c');
    my $pages = join '', values %page;
    my ($codes) = values %{{texts_of('src/base/codes.def')}};
    my %refused = map { $_ => 1 } $codes =~ /^CODE\(\d+, (\w+)\)/mg;
    for my $key (@keys) {
        my ($root, $name) = split /[_.]/, $key, 2;
        my $used = $root eq 'pad' ? grep { $scripts =~ /['"`]\Q$_\E['"`]/ } $name, $name =~ s/_text$//r, $name =~ s/^n\K[4-8]$//r
            : $root eq 'error' && $name =~ /^(\w+)\./ ? $refused{$1} || $1 =~ /^[45]\d\d$/
            : $pages =~ /\bt\.\Q$key\E\}|"\Q$key\E"/
                || ($root =~ /^(?:account|done)$/ && $pages =~ /["=]\Q$name\E"/) || ($root eq 'sent' && $refused{$name})
                || ($root eq 'status' && $pages =~ /"status\.\Q@{[$name =~ s{\w+$}{}r]}\E"/ && $pages =~ /"\Q@{[$name =~ m{(\w+)$}]}\E"/);
        ok $used, "$key is used";
    }
};

subtest 'every word that a page asks for is there' => sub {
    my %page = texts_of('htdocs/pages/*');
    for my $file (sort keys %page) {
        ok exists $words{en}{$_}, "$file: $_" for $page{$file} =~ /\{\{t\.([\w.]+)\}\}/g;
    }
};

subtest 'a language speaks to people in one way' => sub {
    my %familiar = (de => qr/\b(?:du|dir|dich|dein\w*)\b/i, fr => qr/\b(?:tu|toi|ton|ta|tes)\b/i, es => qr/\b(?:tú|tu|tus|te|eres)\b/i);
    for my $language (sort keys %familiar) {
        unlike $words{$language}{$_}, $familiar{$language}, "$language: $_" for @keys;
    }
};

subtest 'a language writes each sign in one way' => sub {
    my %other = (en => qr/[’`]| …|…\w/, de => qr/\w…|["'’]/, fr => qr/['"]| …|\w…\w|[^\x{202f}\x{a0}][?!;:](?!\/\/)(?: |$)/, es => qr/['"]| …/,
        ja => qr/["'`“”«»！？：，]| …|…\w/, zh => qr/["'`「」«»]|\p{Han}[.,?!:;]| …|…\w/, ar => qr/["'`“”„,;?]| …|…\w/);
    for my $language (sort keys %words) {
        unlike $words{$language}{$_}, $other{$language}, "$language: $_" for @keys;
    }
};

done_testing;
