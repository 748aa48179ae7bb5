# SPDX-License-Identifier: Apache-2.0
package Recipe;

# conf/recipes/NAME.conf as it is shipped, with ports and folders of the test's own, and what stands beside it: programs
# that are started, and ended with the test. `use Server;` comes before this.

use strict;
use warnings;
use Exporter 'import';
use File::Path 'make_path';
use IO::Socket::INET;
use Test::More;
use MPin;

our @EXPORT = qw(recipe shown_in_recipes beside folder add_person token_of);

my $top = $Server::top;
my $source = "$FindBin::Bin/../..";
my %port = (8005 => $ENV{PORT}, 3000 => $ENV{PORT} + 1, 3001 => $ENV{PORT} + 2, 8080 => $ENV{PORT} + 3);
my ($server, %started);

# With places and ports of our own; `change` is applied to the text.
sub recipe_text {
    my ($file, %how) = @_;
    my $text = Server::shipped("recipes/$file");
    $text =~ s{127\.0\.0\.1:(8005|3000|3001|8080)\b}{127.0.0.1:$port{$1}}g;
    $text =~ s{ user=www-data group=www-data}{} if $>;
    return $how{change} ? $how{change}->($text) : $text;
}

# Serves NAME.conf, and ends what was served before.
sub recipe {
    my ($name, %how) = @_;
    $server->stop if $server;
    $server = Server->new;
    my $own = "MPinStore \"lmdb:$top/state/$name\"\nMPinKeyFile \"$top/state/keys-$name/mpin.keys\"\nDefaultRuntimeDir \"$top\"\n"
        . "Mutex \"file:$top\" default\nMPinThrottle address=100000/60s account=100000/60s\nGracefulShutdownTimeout 5\n";
    Server::write_file("$top/httpd.conf", recipe_text("$name.conf", %how) . $own);
    return $server->start;
}

# Each block under a heading of docs/recipes.md stands in the file, letter for letter.
sub shown_in_recipes {
    my ($heading, @files) = @_;
    my ($part) = Server::slurp("$source/docs/recipes.md") =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms;
    my @blocks = ($part // '') =~ /^```\n(.*?)^```/msg;
    my $text = join "\n", map { Server::slurp("$source/conf/recipes/$_.conf") } @files;
    ok @blocks > 0, "docs/recipes.md has \"$heading\"";
    for my $block (@blocks) {
        ok index($text, $block) >= 0, 'what it shows stands in the file: ' . (split /\n/, $block)[0];
        cmp_ok scalar(split /\n/, $block), '<=', 25, '... in no more than 25 lines';
    }
    for my $file (@files) { like $part, qr{\(\.\./conf/recipes/\Q$file\E\.conf\)}, "... and leads to $file.conf" }
    return;
}

# A program that listens at a port, or at a socket in the file system.
sub beside {
    my ($where, @command) = @_;
    my $pid = fork // die;
    if (!$pid) {
        open STDOUT, '>>', "$top/logs/beside";
        open STDERR, '>&', \*STDOUT;
        exec @command;
        die "@command: $!";
    }
    $started{$pid} = $$;
    Server::wait_for("$command[0]", sub {
        $where =~ /^\d+$/ ? IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $where, Timeout => 1) : -S $where;
    });
    return $pid;
}

sub folder {
    my ($path, %files) = @_;
    make_path("$top/$path");
    Server::write_file("$top/$path/$_", $files{$_}) for keys %files;
    return "$top/$path";
}

# Into the htpasswd file: everybody's password is their name and "-secret".
sub add_person {
    my $name = shift;
    system('htpasswd', '-Bb', '-C', 4, "$top/users", $name, "$name-secret") == 0 or die 'htpasswd';
    return;
}

# A token that somebody signed in makes at /account.
sub token_of {
    my ($person, %field) = @_;
    my ($csrf) = $person->visit('/account')->content =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/;
    my $answer = $person->post_form('/account/token', {csrf => $csrf, name => 'a program', days => 30, %field});
    my ($token) = $answer->content =~ /<code id="new-token">([^<]*)</;
    return $token // die 'no token: ' . $answer->as_string;
}

END {
    local $?;
    $server->stop if $server && $server->{pid};
    for my $pid (grep { $started{$_} == $$ } keys %started) {
        kill TERM => $pid;
        waitpid $pid, 0;
    }
}

1;
