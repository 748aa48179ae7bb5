#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Help, man page and completion are made of the table of commands, and are whole.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Ctl;

my $help = mpinctl({at => []}, 'help');
is $help->{code}, 0, 'help';
my ($list) = $help->{out} =~ /^Usage.*?\n\n(.*?)\n\n/ms;
my @names = map { /^  ([a-z]+(?: [a-z]+)?)/ ? $1 : () } split /\n/, $list;
cmp_ok scalar @names, '>', 12, 'the commands are found';
is mpinctl({at => []}, split(' ', $_), '--help')->{code}, 0, "$_ --help" for @names;
is mpinctl({at => []}, '--help')->{out}, $help->{out}, '--help alone is help';
is mpinctl({at => []})->{code}, 2, 'nothing is no command';

my $page = mpinctl({at => []}, 'help', 'man')->{out};
(my $plain = $page) =~ s/\\-/-/g;
like $plain, qr/^\\fB\Q$_\E\\fR/m, "the man page has $_" for @names;
SKIP: {
    skip 'no groff', 1 if !grep { -x "$_/groff" } split /:/, $ENV{PATH};
    Server::write_file("$Server::top/mpinctl.8", $page);
    is `groff -man -ww -Tutf8 -z $Server::top/mpinctl.8 2>&1`, '', 'groff has nothing to say';
}

SKIP: {
    skip 'no man', 1 if !grep { -x "$_/man" } split /:/, $ENV{PATH};
    Server::write_file("$Server::top/mpinctl.8", $page);
    my $said = `LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z $Server::top/mpinctl.8 2>&1 >/dev/null`;
    is $said, '', 'nor has man, as lintian asks it';
}

Server::write_file("$Server::top/completion", mpinctl({at => []}, 'help', 'completion')->{out});
sub completed {
    my @words = @_;
    my $list = join ' ', map { "'$_'" } @words;
    return `bash -c '. $Server::top/completion; COMP_WORDS=($list); COMP_CWORD=$#words; _mpinctl; echo "\${COMPREPLY[*]}"'` =~ s/\n//r;
}
is completed('mpinctl', 'us'), 'users user', 'bash completes the first word';
is completed('mpinctl', 'user', ''), 'disable enable delete', 'the second';
is completed('mpinctl', 'keys', ''), 'show rotate retire', 'of keys';
is completed('mpinctl', 'token', ''), 'add list remove', 'of tokens';
is completed('mpinctl', 'store', ''), 'stats check compact', 'of the store';
is completed('mpinctl', 'user', 'disable', '--js'), '--json', 'and options';

# What is to mend names the heading that explains it.
my %named = map { map { $_ => 1 } Server::slurp($_) =~ /"([a-z]+\.md#?[\w-]*)"/g } glob "$FindBin::Bin/../../ctl/*.c";
cmp_ok scalar keys %named, '>', 15, 'places of the documents are found';
for my $place (sort keys %named) {
    my ($file, $heading) = split /#/, $place;
    my %headings = map { lc(s/[^\w -]//gr =~ tr/ /-/r) => 1 } Server::slurp("$FindBin::Bin/../../docs/$file") =~ /^#+ (.+)$/mg;
    ok $heading ? $headings{$heading} : %headings, "docs/$place is there";
}

unlike `ldd @{[program()]}`, qr/httpd|apache/, 'it links nothing of httpd';
done_testing;
