#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md, programs that come in by a token: conf/recipes/git.conf and webdav.conf as they are shipped, with git,
# curl, cadaver and davfs2.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Recipe;

my $port = $ENV{PORT};
my $top = $Server::top;
add_person('anna');
folder($_) for qw(srv/git srv/files srv/dav program);

# A shell in a home of its own, in which nobody is asked.
sub shell {
    my ($token, $commands) = @_;
    local $ENV{HOME} = "$top/program";
    local $ENV{SITE} = "http://127.0.0.1:$port";
    local $ENV{TOKEN} = $token;
    local $ENV{GIT_TERMINAL_PROMPT} = 0;
    local $ENV{GIT_CONFIG_NOSYSTEM} = 1;
    delete local $ENV{GIT_ASKPASS};
    Server::write_file("$top/program/.netrc", "machine 127.0.0.1\nlogin x\npassword $token\n");
    open my $out, '-|', 'sh', '-euc', "exec 2>&1; cd '$top/program'; $commands" or die "sh: $!";
    my $said = join '', <$out>;
    close $out;
    return ($? >> 8, $said);
}
sub works { my ($token, $what, $commands) = @_; my ($status, $said) = shell($token, $commands); is $status, 0, $what or diag $said; return $said }
sub fails { my ($token, $what, $commands) = @_; my ($status, $said) = shell($token, $commands); isnt $status, 0, $what; return $said }
sub for_httpd { system('chown', '-R', 'www-data', map { "$top/$_" } @_) == 0 or die 'chown' if !$>; return }

subtest 'git_comes_in_by_a_token_and_pushes_where_its_owner_may' => sub {
    shown_in_recipes('git', 'git');
    system("git init -q --bare '$top/srv/git/project.git'") == 0 or die 'git';
    for_httpd('srv/git');
    recipe('git');
    my $path = '/git/project.git/info/refs?service=git-upload-pack';
    is browser($port)->visit($path)->code, 302, 'a browser is sent to the login page';
    my $anna = browser($port)->sign_in('anna');
    is $anna->visit($path)->code, 200, 'and gets in signed in';
    my $token = token_of($anna);
    my $commit = 'git -C work -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m "By a token"';
    works($token, 'anna clones and pushes', "git clone -q \$SITE/git/project.git work; $commit; git -C work push -q");
    like `git -C '$top/srv/git/project.git' -c safe.directory='*' log --format=%s --all`, qr/^By a token$/m, 'it is there';
    my $johns = token_of(browser($port)->sign_in('john'));
    works($johns, 'john clones', 'git clone -q $SITE/git/project.git johns');
    like fails($johns, 'and pushes nothing', "$commit; git -C work push -q"), qr/403/, 'as Require says';
    like fails('mpin_' . 'x' x 43, 'nobody clones by another token', 'git clone -q $SITE/git/project.git wrong'), qr/Authentication failed|could not read Username/, 'as git says';
};

subtest 'webdav_comes_in_by_a_token_and_runs_nothing_that_is_uploaded' => sub {
    shown_in_recipes('WebDAV', 'webdav');
    Server::write_file("$top/srv/files/hello.txt", "hello\n");
    Server::write_file("$top/program/page.html", "<script>alert(1)</script>\n");
    for_httpd('srv/files', 'srv/dav');
    recipe('webdav');
    is browser($port)->visit('/files/hello.txt')->code, 302, 'a browser is sent to the login page';
    my $anna = browser($port)->sign_in('anna');
    is $anna->visit('/files/hello.txt')->content, "hello\n", 'and gets in signed in';
    my $token = token_of($anna);
    like works($token, 'cadaver', q{printf 'put page.html\nmkcol folder\ncopy page.html folder/copy.html\nlock page.html\nunlock page.html\nls\nquit\n' | cadaver $SITE/files/}),
        qr/Uploading.*succeeded.*Locking.*succeeded.*folder/s, 'puts, copies, locks and lists';
    is works($token, 'curl', 'curl -sf --netrc $SITE/files/folder/copy.html'), "<script>alert(1)</script>\n", 'gets it';
    fails('mpin_' . 'x' x 43, 'and not by another token', 'curl -sf --netrc $SITE/files/hello.txt');
    my $page = $anna->visit('/files/page.html');
    is $page->header('Content-Security-Policy'), 'sandbox', 'a page that somebody uploads has no script in a browser';
    is $page->header('X-Content-Type-Options'), 'nosniff', 'nor has one of another name';
};

# In a mount namespace of its own, which ends with the shell.
subtest 'davfs2_mounts_the_files_by_a_token' => sub {
    plan skip_all => 'nobody may mount here' if $> || !-x '/usr/sbin/mount.davfs' || !-w '/dev/fuse' || system('unshare -m true 2>/dev/null');
    my $token = token_of(browser($port)->sign_in('anna'));
    my $home = folder('davfs');
    folder("davfs/$_") for qw(mnt cache);
    Server::write_file("$home/secrets", qq{$home/mnt x "$token"\n});
    Server::write_file("$home/conf", "ask_auth 0\nsecrets $home/secrets\ncache_dir $home/cache\ndelay_upload 0\n");
    chmod 0600, "$home/secrets";
    chmod 0777, "$home/cache";
    my ($status, $said) = shell($token, "timeout 120 unshare -m sh -ec 'mount.davfs \$SITE/files/ $home/mnt -o conf=$home/conf >$home/said 2>&1;"
        . " cat $home/mnt/hello.txt; cp $home/mnt/hello.txt $home/mnt/by-davfs.txt; umount.davfs $home/mnt'");
    is $status, 0, 'mounted, read, written, unmounted' or diag $said, Server::slurp("$home/said");
    like $said, qr/^hello$/m, 'the file is there';
    is Server::slurp("$top/srv/files/by-davfs.txt"), "hello\n", 'and the copy on the server';
};

subtest 'a_folder_is_copied_whole_as_docs_recipes_says' => sub {
    Server::write_file(folder("srv/files/$_") . '/page.txt', "$_\n") for 'team', 'team/board';
    for_httpd('srv/files');
    recipe('webdav', change => sub { "$_[0]<Location /files/team/board>\nRequire user anna\n</Location>\n" });
    my $john = browser($port)->sign_in('john');
    is $john->visit('/files/team/board/page.txt')->code, 403, 'john may not see it';
    my $copied = request($port, COPY => '/files/team/', headers => [Authorization => 'Bearer ' . token_of($john), Destination => "http://127.0.0.1:$port/files/mine/"]);
    is $copied->code, 201, 'and copies what it lies in';
    is $john->visit('/files/mine/board/page.txt')->content, "team/board\n", 'with all: mod_dav asks about the folder only';
};

is join("\n", grep { !/AH01631: user john|cgid:error|\[dav:error\]/ } Server::complaints()), '', 'nothing to complain of';
done_testing;
