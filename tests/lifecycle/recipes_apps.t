#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md, applications: conf/recipes as it is shipped, with real ones behind it: Flask behind a proxy and in
# mod_wsgi, PHP in php-fpm, a WebSocket.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use IPC::Open2;
use Server;
use MPin;
use Recipe;

my $port = $ENV{PORT};
my $top = $Server::top;
my $lib = "$FindBin::Bin/../lib";
add_person('anna');
beside($port + 1, '/usr/bin/python3', "$lib/recipe_app.py", $port + 1);

# Somebody who comes back with a PIN.
sub by_pin {
    my $device = browser($port)->sign_in($_[0])->enrol($_[0], 1234);
    my $pad = browser($port);
    $pad->settings;
    is $pad->pin_login($device, 1234)->code, 200, "$_[0] signs in by PIN";
    return $pad;
}

subtest 'an_application_is_told_of_user_and_groups_by_headers' => sub {
    shown_in_recipes('An application that is told of user and groups', 'headers');
    my $groups = "# who is what\nstaff: john anna\nadmins: anna\neditors: \"anna\" eve\nodd,name: anna\nstaff: anna\n";
    Server::write_file("$top/groups", $groups);
    recipe('headers');
    is browser($port)->visit('/dashboard')->code, 302, 'a stranger is sent to the login page';
    my $anna = by_pin('anna');
    my $told = sub {
        my $answer = $_[0]->get($_[1] // '/dashboard', 'X-Groups' => 'root', 'x_groups' => 'root', 'X-WEBAUTH-USER' => 'root');
        is $answer->code, 200, 'the application answers';
        return json_of($answer)->{headers};
    };
    is $told->($anna)->{'x-webauth-user'}, 'anna', 'the user, whatever the browser says';
    is $told->($anna)->{'x-groups'}, 'staff,admins,editors', 'their groups: each once, and none that would be two';
    is $told->($anna)->{'x_groups'}, undef, 'under no other spelling';
    is $told->($anna)->{cookie}, undef, 'and none of our cookies';
    is $told->($anna, '/admin')->{'x-groups'}, 'staff,admins,editors', 'also where one of them is asked for';
    my $john = browser($port)->sign_in('john');
    is $told->($john)->{'x-groups'}, 'staff', 'another user has others';
    is $john->visit('/admin')->code, 403, 'and may not go where another group may';
    Server::write_file("$top/groups", "admins: john\n");
    is $told->($john)->{'x-groups'}, 'admins', 'a change counts at once';
    is $told->($anna)->{'x-groups'}, undef, 'who is in none has no such header';
};

subtest 'groups_that_cannot_be_read_let_nobody_through' => sub {
    my $john = browser($port)->sign_in('john');
    rename "$top/groups", "$top/groups-away" or die;
    my $answer = $john->visit('/dashboard');
    is $answer->code, 503, 'no application hears of fewer groups than there are';
    like $answer->content, qr/MPIN0265/, 'the page has its number';
    like Server::log_text(), qr{MPIN0966: the groups of \Q$top\E/groups cannot be read}, 'and the log says why';
    rename "$top/groups-away", "$top/groups" or die;
    is $john->visit('/dashboard')->code, 200, 'until they can be';
};

subtest 'another_web_server_is_told_of_groups_too' => sub {
    my $conf = "LoadModule authz_host_module @{[Server::modules()]}/mod_authz_host.so\nMPinPath check /mpin-check\n"
        . "<Location /mpin-check>\nRequire ip 127.0.0.1\n</Location>\n";
    recipe('headers', change => sub { $_[0] . $conf });
    my @asked = ('/mpin-check', 'X-Original-URL' => "http://127.0.0.1:$port/x");
    my $john = browser($port)->sign_in('john');
    is $john->get(@asked)->header('X-Groups'), 'admins', 'with the answer';
    rename "$top/groups", "$top/groups-away" or die;
    is json_of($john->get(@asked))->{code}, 'groups_unread', 'or it is told that nobody knows';
    rename "$top/groups-away", "$top/groups" or die;
};

subtest 'php_is_told_by_variables' => sub {
    my $fpm = Debian::unpacked('php8.2-fpm') or plan skip_all => 'no php-fpm to be had';
    shown_in_recipes('PHP', 'php');
    my $php = '<?php header("Content-Type: application/json"); echo json_encode(["environ" => (object) array_filter($_SERVER,'
        . ' fn($name) => preg_match("/^(REMOTE_USER|AUTH_TYPE|(REDIRECT_)?MPIN_.*|HTTP_COOKIE|HTTP_X_GROUPS)$/", $name), ARRAY_FILTER_USE_KEY)]);';
    folder('www/html', 'hello.php' => $php);
    folder('www/html/members', 'index.php' => $php, 'page.php' => $php);
    Server::write_file("$top/fpm.conf", "[global]\nerror_log = $top/logs/fpm\ndaemonize = no\n[www]\nlisten = $top/php8.2-fpm.sock\n"
        . "listen.mode = 0666\npm = static\npm.max_children = 2\n" . ($> ? '' : "user = www-data\ngroup = www-data\n"));
    beside("$top/php8.2-fpm.sock", "$fpm/usr/sbin/php-fpm8.2", '-n', '-y', "$top/fpm.conf");
    recipe('php');
    is browser($port)->visit('/members/')->code, 302, 'a stranger is sent to the login page';
    my $anna = by_pin('anna');
    for my $page ('/members/', '/members/page.php', '/hello.php') {
        my $environ = json_of($anna->get($page, 'MPIN-AMR' => 'x'))->{environ};
        is $environ->{REMOTE_USER}, 'anna', "$page: the user";
        like $environ->{MPIN_AMR}, qr/\bpin\b/, 'how they signed in';
        is $environ->{AUTH_TYPE}, 'MPin', 'and where';
        is $environ->{HTTP_COOKIE}, undef, 'without our cookies';
    }
    is json_of(browser($port)->get('/hello.php'))->{environ}{REMOTE_USER}, undef, 'the open page greets nobody by name';

    recipe('php', change => sub { $_[0] . Server::load('rewrite') . "MPinPassHeaders X-Groups=groups\n<Location /members>\n"
        . "AuthGroupFile $top/groups\nRewriteEngine On\nRewriteRule ^ /program.php\n</Location>\n" });
    folder('www/html', 'program.php' => $php);
    my $environ = json_of(browser($port)->sign_in('john')->get('/members/page.php', 'X-Groups' => 'root'))->{environ};
    is $environ->{HTTP_X_GROUPS}, 'admins', 'a program that a protected place leads to hears of the groups of that place';
    is json_of(browser($port)->get('/program.php', 'X-Groups' => 'root'))->{environ}{HTTP_X_GROUPS}, undef, '... and by itself of none';
};

subtest 'wsgi_is_told_by_environ' => sub {
    shown_in_recipes('Python (WSGI)', 'wsgi');
    folder('srv/app', 'app.wsgi' => "from recipe_app import application\n", 'recipe_app.py' => Server::slurp("$lib/recipe_app.py"));
    recipe('wsgi');
    is browser($port)->visit('/report')->code, 302, 'a stranger is sent to the login page';
    my $answer = by_pin('anna')->get('/report');
    is $answer->code, 200, 'Flask answers';
    my $environ = json_of($answer)->{environ};
    is $environ->{REMOTE_USER}, 'anna', 'the user';
    like $environ->{MPIN_AMR}, qr/\bpin\b/, 'how they signed in';
    is json_of($answer)->{headers}{cookie}, undef, 'without our cookies';
    is json_of(by_pin('john')->get('/login/'))->{path}, 'login/', 'every page but ours is its own';
};

subtest 'a_websocket_opens_for_who_is_signed_in_and_outlives_the_session' => sub {
    shown_in_recipes('WebSocket', 'websocket');
    beside($port + 2, '/usr/bin/python3', "$lib/recipe_socket.py", 'serve', $port + 2);
    recipe('websocket');
    my $ask = sub {
        my $pid = open2(my $from, my $to, '/usr/bin/python3', "$lib/recipe_socket.py", 'ask', "ws://127.0.0.1:$port/live", $_[0]);
        return {pid => $pid, from => $from, to => $to};
    };
    my $end = sub { close $_[0]{to}; close $_[0]{from}; waitpid $_[0]{pid}, 0 };
    my $hear = sub { my $from = $_[0]{from}; return scalar(<$from>) // '' };
    my $stranger = $ask->('');
    is $hear->($stranger), "refused 401\n", 'a stranger is refused, and led nowhere';
    $end->($stranger);
    my $anna = by_pin('anna');
    my $socket = $ask->($anna->cookie_header);
    is $hear->($socket), "hello anna\n", 'anna is let in, with her name';
    my $say = sub { print {$socket->{to}} "$_[0]\n"; $socket->{to}->flush; return $hear->($socket) };
    is $say->('one'), "echo one\n", 'and is heard';
    my $cookies = $anna->cookie_header;
    is $anna->sign_out->code, 303, 'she signs out';
    is $say->('two'), "echo two\n", 'what was open stays so, as docs/recipes.md says';
    my $late = $ask->($cookies);
    is $hear->($late), "refused 401\n", 'and nothing opens anew';
    $end->($_) for $socket, $late;
};

is join("\n", grep { !/MPIN0966|AH01631: user john/ } Server::complaints()), '', 'nothing to complain of';
done_testing;
