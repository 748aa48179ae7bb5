#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The release archive: two folders give the same bytes, and it builds, installs and signs in without npm, node and network.
use strict;
use warnings;
use Cwd 'abs_path';
use Digest::SHA;
use File::Basename 'basename';
use File::Copy 'copy';
use File::Path 'make_path';
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Checkout;
use Server;
use MPin;

my $source = abs_path("$FindBin::Bin/../..");
system("git -C '$source' ls-files --error-unmatch Makefile >/dev/null 2>&1") == 0 or plan skip_all => 'an archive is made of a git checkout';
my $top = $Server::top;
my $committed = 1_750_000_000;
my ($version) = Server::slurp("$source/package.json") =~ /"version": "(.+?)"/;
my $name = "mod_auth_mpin-$version";
delete @ENV{qw(BUILD SOURCE_DATE_EPOCH MAKEFLAGS MAKELEVEL)}; # those of who runs this

# What a command says; it is to end well.
sub well
{
    my ($what, $command) = @_;
    my $said = qx(($command) 2>&1);
    is $?, 0, $what or diag substr $said, -3000;
    return $said;
}

# The archive that is made there, as others who work there would make it.
sub archive
{
    my ($folder, $others) = @_;
    well("make dist in $folder", "cd $folder && $others make -s dist");
    return "$folder/build/$name.tar.gz";
}

sub listed { return grep { length } split /\n/, qx(TZ=UTC tar -tvzf $_[0] --full-time) }

my $archive = archive(Checkout::of_ours("$top/one", $committed), '');

subtest 'two_folders_give_the_same_archive' => sub {
    my $folder = Checkout::of_ours("$top/another/with-a-longer-name", $committed);
    well('its files are older', "find $folder -name .git -prune -o -type f -exec touch -d 2001-01-01 {} +");
    my $other = archive($folder, 'umask 077; TZ=Pacific/Auckland LC_ALL=C.UTF-8');
    my ($sum, $again) = map { Digest::SHA->new(256)->addfile($_, 'b')->hexdigest } $archive, $other;
    is $again, $sum, 'byte by byte';
    my @strange = grep { !m{^(?:drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) 0/0 +\d+ 2025-06-15 15:06:40 \Q$name\E/} } listed($archive);
    is "@strange[0 .. ($#strange > 3 ? 3 : $#strange)]", '', 'all is root\'s, of the time of the commit, under one folder';
    my @asked = grep { !/ 2023-11-14 22:13:20 / } listed(archive($folder, 'SOURCE_DATE_EPOCH=1700000000'));
    is scalar @asked, 0, 'or of the time that is asked for';
};

my $unpacked = "$top/unpacked/$name";
make_path("$top/unpacked", "$top/tools");
well('it is unpacked', "tar -xzf $archive -C $top/unpacked");

subtest 'what is in it' => sub {
    my @missing = grep { !-e "$unpacked/$_" } split /\0/, qx(git -C $source ls-files -z);
    is "@missing", '', 'what git knows';
    ok -s "$unpacked/vendor/$_", "vendor/$_" for qw(README assets.c htdocs/mpin.js blst/LICENSE blst/src/server.c blst/build/assembly.S);
    ok !-e "$unpacked/$_", "no $_" for qw(node_modules build .git);
};

# Every program of this machine but those of node. What finds its files beside itself is called, and not linked.
for my $program (reverse map { glob "$_/*" } split /:/, $ENV{PATH}) {
    my $tool = "$top/tools/" . basename($program);
    next if !-x $program || -d _ || $tool =~ m{/(?:node|nodejs|npm|npx|corepack)$};
    unlink $tool;
    if ($tool =~ /-config$/) {
        Server::write_file($tool, "#!/bin/sh\nexec $program \"\$@\"\n");
        chmod 0755, $tool;
    }
    else { symlink $program, $tool or die "$tool: $!" }
}
my ($alone) = grep { system("$_ true 2>/dev/null") == 0 } 'unshare -n', 'unshare -rn', 'env';
note "network taken away by: $alone";

subtest 'archive_builds_without_npm_node_and_network' => sub {
    local $ENV{PATH} = "$top/tools";
    isnt system('command -v node npm >/dev/null'), 0, 'neither is here';
    well('make install', "cd $unpacked && $alone make -s -j2 install BUILD=build DESTDIR=$top/root CFLAGS=-O0 WARN=-w");
    ok !-e "$unpacked/node_modules", 'and neither was fetched';
    like well('mpinctl', "$top/root/usr/sbin/mpinctl help"), qr/^Usage: mpinctl/m, 'mpinctl works';
    ok -s "$top/root/usr/share/doc/mod_auth_mpin/NOTICE", 'NOTICE lies with the documents';
    my $said = qx(cd $unpacked && make -s dist 2>&1);
    isnt $?, 0, 'an archive makes no archive';
    like $said, qr/^make dist packs a git checkout, and this is none$/m, 'and says why';
};

subtest 'what was built signs in' => sub {
    copy(Server::modules() =~ s{^}{$top/root}r . '/mod_auth_mpin.so', "$top/mod_auth_mpin.so") or die "no module: $!";
    my $server = Server->new->start;
    my $browser = browser($ENV{PORT});
    my $login = $browser->get('/login');
    is $login->code, 200, 'the login page';
    like $login->decoded_content, qr{<script [^>]*src="/mpin/[0-9a-f]{16}/login-pad\.js"}, 'with the pad';
    is $browser->get('/mpin.js')->decoded_content(charset => 'none'), Server::slurp("$unpacked/vendor/htdocs/mpin.js"), 'which is the one of the archive';
    is browser($ENV{PORT})->sign_in('john')->get('/protected/')->content, "protected\n", 'and lets in';
    $server->stop;
    is join("\n", Server::complaints()), '', 'nothing is wrong in the log';
};

done_testing;
