#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The words that people read: every language has the same ones in the same order with the same {values}, each is used somewhere,
# those that pages ask for are there, none was left in English, and no language mixes two ways to write the same sign or to
# speak to people.
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

# What differs between languages: one line for each. How it does not speak to people, and what is as in English, where there is such.
my %wrong_sign = (
    en => qr/[’`]| …|…\w/,
    de => qr/\w…|["'’]/,
    fr => qr/['"]| …|\w…\w|[^\x{202f}\x{a0}][?!;:](?!\/\/)(?: |$)/,
    es => qr/['"]| …/,
    it => qr/["'`«»]| …|…\w/,
    nl => qr/["'`„]| …|…\w/,
    pl => qr/["'`“]| …|…\w|„[^”]*$/,
    pt => qr/["'`’«»]| …|…\w/,
    ja => qr/["'`“”«»！？：，]| …|…\w/,
    zh => qr/["'`「」«»]|\p{Han}[.,?!:;]| …|…\w/,
    ar => qr/["'`“”„,;?]| …|…\w|(?<!\x{2068})(?<!\{)\{\w+\}(?!\})/,
);
my %wrong_tone = (
    de => qr/\b(?:du|dir|dich|dein\w*)\b/i,
    fr => qr/\b(?:tu|toi|ton|ta|tes)\b/i,
    es => qr/\b(?:tú|tu|tus|te|eres)\b/i,
    it => qr/\b(?:Lei|voi|vostr\w+)\b|(?<=[a-zà-ù] )Su[oa]i?\b|\bsei stat[oa]\b/,
    nl => qr/\b(?:u|uw|uzelf|jullie)\b/i,
    pl => qr/\b(?:Pan|Pani|Panu|Pana|Państwo|Państwa)\b|\w(?:łeś|łaś)\b/,
    pt => qr/\b(?:tu|ti|te|teus?|tuas?|telemóvel|celular|tela|ecrã|ficheiro|utilizador|palavra-passe)\b/i,
    ja => qr/(?:だ|である|しろ|せよ)(?:。|$)|お前/,
    zh => qr/你/,
    ar => qr/الرجاء|رجاءً|\bقم ب|أنتِ/,
);
my %as_english = (
    de => [qw(error_code passkey.title passkey.unnamed sent.id step.code way_pin)],
    fr => [qw(error_code pad_n6 sent.type step.code trusted.email)],
    es => [qw(way_pin)],
    it => [qw(passkey.unnamed password sent.id trusted.email way_password way_pin)],
    nl => [qw(error_code passkey.title passkey.unnamed sent.id status.part.mail step.code trusted.email)],
    pl => [qw(trusted.email way_pin)],
    pt => [qw(sent.id trusted.email way_pin)],
    ja => [qw(sent.id way_pin)],
    zh => [qw(sent.id)],
    ar => [],
);
my @others = grep { $_ ne 'en' } sort keys %words;

# A catalogue's keys as they stand in its text: of the same key twice, or out of order, JSON would tell nothing.
my $written = sub { join "\n", $catalogue{"htdocs/texts/$_[0].json"} =~ /^ *"([^"]+)":/mg };

sub none_of
{
    my ($what, @keys) = @_;
    is "@keys", '', $what;
}

subtest 'every language says the same' => sub {
    my $values = sub { join ' ', sort $_[0] =~ /(\{+\w+\}+)/g };
    for my $language (@others) {
        my $theirs = $words{$language};
        is $written->($language), $written->('en'), "$language has the English words, in their order";
        none_of("$language: other values", grep { $values->($theirs->{$_} // '') ne $values->($words{en}{$_}) } @keys);
        none_of("$language: empty", grep { ($theirs->{$_} // '') !~ /\w/ } @keys);
        is_deeply [grep { $_ ne 'status.of' && ($theirs->{$_} // '') eq $words{en}{$_} } @keys], $as_english{$language} // [],
            "$language: as in English";
    }
};

subtest 'every language of the catalogues is offered and described' => sub {
    my ($list) = slurp('src/notice/texts.c') =~ /\blanguages\[\] = \{(.*?)\};/s;
    is join(' ', sort $list =~ /"(\w+)"/g), join(' ', sort keys %words), 'those of src/notice/texts.c';
    my @rows = slurp('docs/languages.md') =~ /^\| `(\w+)` \|/mg;
    is join(' ', sort @rows), join(' ', sort keys %words), 'those of docs/languages.md';
    is join(' ', sort keys %wrong_sign), join(' ', sort keys %words), 'the signs of each';
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
    none_of($_, wrong($_, $wrong_tone{$_})) for sort keys %wrong_tone;
};

subtest 'a language writes each sign in one way' => sub {
    none_of($_, wrong($_, $wrong_sign{$_})) for sort keys %words;
};

sub wrong
{
    my ($language, $sign) = @_;
    return grep { $words{$language}{$_} =~ $sign } @keys;
}

done_testing;
