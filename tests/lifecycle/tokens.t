#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Real programs come in by a token: the commands of docs/tokens.md as they stand there (curl, git, cadaver), WebDAV's COPY and
# MOVE at its limits, and a token over a reload and a restart.
use strict;
use warnings;
use Test::More;
use File::Path 'make_path';
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $top = $Server::top;
my $port = $ENV{PORT};
my $site = "http://127.0.0.1:$port";
my $modules = Server::modules();

# ---- a server with git and WebDAV, as docs/tokens.md has them --------------------------------------------------

make_path map { "$top/$_" } qw(git files files/anna files/john dav program);
Server::write_file("$top/files/$_", "hello from $_\n") for qw(hello.txt anna/own.txt john/secret.txt);
system("git init -q --bare '$top/git/$_.git' && git -C '$top/git/$_.git' config http.receivepack true") == 0 or die 'git' for qw(project other);
if (!$>) {
    my ($uid, $gid) = (getpwnam 'www-data')[2, 3];
    system('chown', '-R', "$uid:$gid", map { "$top/$_" } qw(git files dav)) == 0 or die 'chown';
}

my $conf = <<"END";
MPinTokens On
ScriptSock "$top/cgid"
ScriptAlias /git /usr/lib/git-core/git-http-backend
<Directory /usr/lib/git-core>
    Require all granted
</Directory>
SetEnv GIT_PROJECT_ROOT "$top/git"
SetEnv GIT_HTTP_EXPORT_ALL 1
DavLockDB "$top/dav/locks"
Alias /files "$top/files"
<Directory "$top/files">
    Dav On
    DirectoryIndex disabled
</Directory>
<LocationMatch "^/(git|files)(/|\$)">
    AuthType MPin
    AuthName "Files"
    MPinLoginMethods pin password token
    Require valid-user
</LocationMatch>
END
my $server = Server->new(first => join('', map { "LoadModule ${_}_module $modules/mod_$_.so\n" } qw(alias cgid dav dav_fs env)), conf => $conf)->start;

# ---- a person, and what programs say -----------------------------------------------------------------------------

my $john = browser($port)->sign_in('john');

sub make {
    my %field = @_;
    my ($csrf) = $john->visit('/account')->content =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/;
    my $answer = $john->post_form('/account/token', {csrf => $csrf, name => 'a program', days => 30, %field});
    my ($token) = $answer->content =~ /<code id="new-token">([^<]*)</;
    return $token // die 'no token: ' . $answer->as_string;
}

sub ask {
    my ($method, $path, $token, @headers) = @_;
    return request($port, $method, $path, headers => [Accept => '*/*', Authorization => "Bearer $token", @headers]);
}

# A shell in a home of its own, in which nobody is asked.
sub shell {
    my ($token, $commands) = @_;
    local $ENV{HOME} = "$top/program";
    local $ENV{SITE} = $site;
    local $ENV{TOKEN} = $token;
    local $ENV{GIT_TERMINAL_PROMPT} = 0;
    local $ENV{GIT_CONFIG_NOSYSTEM} = 1;
    delete local $ENV{GIT_ASKPASS};
    open my $out, '-|', 'sh', '-euc', "exec 2>&1; cd '$top/program'; $commands" or die "sh: $!";
    my $said = join '', <$out>;
    close $out;
    return ($? >> 8, $said);
}

my $token = make(name => 'everything');

subtest 'the commands of docs/tokens.md are true' => sub {
    Server::write_file("$top/program/hello.txt", "hello\n");
    my @blocks = Server::slurp("$FindBin::Bin/../../docs/tokens.md") =~ /^```sh run\n(.*?)^```$/msg;
    is scalar @blocks, 3, 'there are three blocks';
    for my $block (@blocks) {
        my ($status, $said) = shell($token, $block);
        is $status, 0, (split /\n/, $block)[0] or diag $said;
    }
    is Server::slurp("$top/files/copy.txt"), "hello\n", 'curl has sent a file';
    is Server::slurp("$top/files/by-cadaver.txt"), "hello\n", 'and cadaver another';
    like `git -C '$top/git/project.git' -c safe.directory='*' log --format=%s --all`, qr/^By a token$/m, 'and git has pushed';
};

subtest 'git asks for nothing but a token, and is told when it is not good' => sub {
    unlink "$top/program/.netrc"; # git reads it, too
    my ($status, $said) = shell('mpin_' . 'x' x 43, 'git clone -q $SITE/git/project.git wrong');
    isnt $status, 0;
    like $said, qr/Authentication failed/, 'git knows that its password was wrong';
    my $limited = make(name => 'one', paths => '/git/project.git', methods => 'GET POST');
    ($status, $said) = shell($limited, 'git clone -q $SITE/git/project.git limited; cd limited;'
        . ' git -c user.name=J -c user.email=j@example.org commit -q --allow-empty -m more; git push -q');
    is $status, 0, 'a token for one repository clones it and pushes' or diag $said;
    ($status, $said) = shell($limited, 'git clone -q $SITE/git/other.git other');
    isnt $status, 0, 'and no other';
    like $said, qr/403/;
    my $reads = make(name => 'reads', methods => 'GET');
    ($status, $said) = shell($reads, 'cd project; git push -q; git commit -q --allow-empty -m x; git push');
    isnt $status, 0, 'a token without POST pushes nothing';
};

subtest 'a_limited_token_copies_and_moves_nothing_out_of_its_paths' => sub {
    my $limited = make(name => 'anna', paths => '/files/anna');
    my $to = sub { my ($method, $from, $path) = @_; return ask($method, $from, $limited, Destination => "$site$path", Overwrite => 'T')->code };
    is $to->('COPY', '/files/anna/own.txt', '/files/anna/copy.txt'), 201, 'within, it copies';
    is $to->('MOVE', '/files/anna/copy.txt', '/files/anna/moved.txt'), 201, 'and moves';
    for my $method (qw(COPY MOVE)) {
        for my $path ('/files/john/taken.txt', '/files/anna/../john/taken.txt', '/files/anna/%2e%2e/john/taken.txt', '/files/john/secret.txt', '/files/annas.txt') {
            is $to->($method, '/files/anna/own.txt', $path), 403, "$method to $path";
        }
        is $to->($method, '/files/john/secret.txt', '/files/anna/got.txt'), 403, "$method from elsewhere";
    }
    is_deeply [sort map { s{.*/}{}r } glob "$top/files/*/*"], [sort qw(moved.txt own.txt secret.txt)], 'nothing has come or gone';
    is Server::slurp("$top/files/john/secret.txt"), "hello from john/secret.txt\n", 'or changed';
    my $listed = ask('PROPFIND', '/files/anna/', $limited, Depth => 1);
    is $listed->code, 207;
    unlike $listed->content, qr{/files/john}, 'it lists what is its own';
    my $above = ask('PROPFIND', '/files/', $limited, Depth => 1);
    is $above->code, 403;
};

subtest 'who_left_the_password_file_comes_in_by_no_token' => sub {
    $server->stop;
    my $only = Server->new(first => $server->{first}, conf => "MPinRegister signed-in\n$conf")->start;
    is ask('GET', '/files/hello.txt', $token)->code, 200, 'while the name is there';
    my $users = Server::slurp("$top/users");
    Server::write_file("$top/users", $users =~ s/^john:.*\n//mr);
    utime time - 10, time - 10, "$top/users"; # it has settled
    $only->stop;
    $only->start; # another process, which has nothing in memory
    is ask('GET', '/files/hello.txt', $token)->code, 401, 'and not any more';
    Server::write_file("$top/users", $users);
    $only->stop;
    $only->start;
    ok MPin::until_true(sub { ask('GET', '/files/hello.txt', $token)->code == 200 }), 'it is back with the name';
    $only->stop;
    $server->start;
};

subtest 'a token goes on after a reload and a restart, and not after its end' => sub {
    my $short = make(name => 'short', days => 1);
    $server->renew('USR1');
    is ask('GET', '/files/hello.txt', $short)->code, 200, 'after a reload';
    $server->stop;
    $server->start;
    is ask('GET', '/files/hello.txt', $short)->code, 200, 'after a restart';
    is_deeply [grep { !/\[dav:error\]/ } $server->complaints], [], 'nobody has complained';
    $server->stop;
    my ($faketime) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    $server->{env} = {LD_PRELOAD => $faketime, FAKETIME => '+25h', FAKETIME_DONT_FAKE_MONOTONIC => 1};
    $server->start;
    is ask('GET', '/files/hello.txt', $short)->code, 401, 'not a day later';
    is ask('GET', '/files/hello.txt', $token)->code, 200, 'as one that is good for longer';
};

done_testing;
