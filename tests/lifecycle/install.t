#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# `make install` and `make uninstall`, into a folder of the test's own: in Debian's layout, with Debian's real a2enmod and
# configuration, and in another's; nothing of the administrator's is overwritten. Then the README's lines, word for word.
use strict;
use warnings;
use Test::More;
use Cwd 'abs_path';
use File::Path qw(make_path remove_tree);
use File::Temp 'tempdir';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Debian;

my $source = abs_path("$FindBin::Bin/../..");
my $build = abs_path($ENV{BUILD} // "$source/build");
chomp(my $modules = `apxs -q LIBEXECDIR`);
chomp(my $httpd = `apxs -q SBINDIR`);
$httpd .= -x "$httpd/apache2" ? '/apache2' : '/httpd';
-f "$build/mod_auth_mpin.so" or plan skip_all => 'no module built';

my $top = tempdir(CLEANUP => 1);
chmod 0755, $top;

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return scalar(<$in>) // '' }

sub write_file
{
    my ($name, $text) = @_;
    open my $out, '>', $name or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
    return $name;
}

# An apxs whose httpd has its configuration there.
sub apxs
{
    my ($sysconf) = @_;
    my $apxs = write_file("$top/apxs", <<"END");
#!/bin/sh
case \$2 in
LIBEXECDIR) echo /usr/lib/apache2/modules ;;
SYSCONFDIR) echo $sysconf ;;
datadir) echo /usr/share/apache2 ;;
SBINDIR) echo /usr/sbin ;;
esac
END
    chmod 0755, $apxs;
    return $apxs;
}

# What tools/install is called with by the Makefile; what it says.
sub installs
{
    my ($what, $destination, $sysconf) = @_;
    local %ENV = (%ENV, BUILD => $build, DESTDIR => $destination, APXS => apxs($sysconf), STATE => '/var/lib/apache2');
    my $said = `$source/tools/install $what 2>&1`;
    is $?, 0, "$what ends well" or diag $said;
    return $said;
}

subtest 'the Makefile hands over what the script wants' => sub {
    my $said = `make -C $source -n install uninstall BUILD=$build DESTDIR=/there 2>&1`;
    like $said, qr{DESTDIR=/there APXS=apxs STATE=\S+ tools/install $_$}m, $_ for qw(install uninstall);
};

subtest 'another layout: mpin.conf, which loads what it needs' => sub {
    my $to = "$top/other";
    my $conf = "$to/etc/httpd/conf/mpin.conf";
    installs('install', $to, '/etc/httpd/conf');
    is slurp("$to/usr/lib/apache2/modules/mod_auth_mpin.so"), slurp("$build/mod_auth_mpin.so"), 'the module';
    like slurp($conf), qr{^LoadModule auth_mpin_module /usr/lib/apache2/modules/mod_auth_mpin\.so$}m, 'its configuration';
    ok !-e "$to/etc/httpd/conf/mods-available", 'nothing of Debian';
    ok -d "$to/var/lib/apache2", 'the folder of store and keys';
    ok -x "$to/usr/sbin/mpinctl", 'mpinctl';
    ok -s "$to/usr/share/$_", $_ for qw(man/man8/mpinctl.8 bash-completion/completions/mpinctl);
    installs('uninstall', $to, '/etc/httpd/conf');
    ok !-e "$to/$_", "$_ goes" for qw(usr/sbin/mpinctl usr/share/man/man8/mpinctl.8 usr/share/bash-completion/completions/mpinctl);
};

subtest 'make_install_overwrites_no_edited_configuration' => sub {
    my $to = "$top/other";
    my $conf = "$to/etc/httpd/conf/mpin.conf";
    unlike installs('install', $to, '/etc/httpd/conf'), qr/stays/, 'what nobody changed needs no word';
    ok !-e "$conf.dist", 'and no second file';
    my $new = slurp($conf);
    write_file($conf, "# mine\n");
    like installs('install', $to, '/etc/httpd/conf'), qr{\Q$conf\E is yours and stays; the new one is \Q$conf.dist\E},
        'the other file is named';
    is slurp($conf), "# mine\n", 'the edited one stays';
    is slurp("$conf.dist"), $new, 'the new one lies beside it';
    like installs('uninstall', $to, '/etc/httpd/conf'), qr{\Q$conf\E is yours and stays}, 'uninstall says so, too';
    is slurp($conf), "# mine\n", 'and leaves it';
    ok !-e $_, "$_ is gone" for "$conf.dist", "$to/usr/lib/apache2/modules/mod_auth_mpin.so", "$to/usr/share/doc/mod_auth_mpin",
        "$to/usr/share/mod_auth_mpin";
    ok -d "$to/var/lib/apache2", 'what is kept there stays';
    unlink $conf;
    installs('install', $to, '/etc/httpd/conf');
    installs('uninstall', $to, '/etc/httpd/conf');
    ok !-e $conf, 'a configuration that nobody has changed goes';
};

subtest 'documents, examples and templates' => sub {
    my $to = "$top/documents";
    installs('install', $to, '/etc/httpd/conf');
    my $doc = "$to/usr/share/doc/mod_auth_mpin";
    ok -s "$doc/$_", $_ for qw(README.md CHANGELOG.md LICENSE docs/operations.md docs/messages.md conf/examples/htpasswd.conf
        examples/mail.conf conf/milagro-rps.conf);
    my @missing = grep { !-e "$doc/docs/$_" } map { slurp($_) =~ m{\]\(((?:\.\./conf/)?[\w/.-]+\.(?:md|conf))[)#]}g }
        glob "$doc/docs/{operations,directives,messages,milagro,rps-server}.md";
    is "@missing", '', 'links to documents and examples lead somewhere';
    ok -s "$to/usr/share/mod_auth_mpin/templates/$_", "template $_" for qw(login.html frame_top.html mail.txt);
    ok -s "$to/usr/share/mod_auth_mpin/m/$_", "for applications: m/$_" for qw(index.html settings.json mpin-mobile.js worker.js texts/de.json);
};

SKIP: {
    my $debian = Debian::unpacked('apache2') or skip 'no a2enmod here, and none to be had', 1;
    my $etc = "$top/etc/apache2";
    make_path("$top/etc", map { "$top/run/$_" } qw(run lock log state));
    system("cp -a '$debian/etc/apache2' '$etc'") == 0 or die 'cp';
    write_file("$etc/ports.conf", "Listen 127.0.0.1:8531\n");
    write_file("$etc/envvars", "unset HOME\n");
    %ENV = (%ENV, APACHE_CONFDIR => $etc, APACHE_STATE_DIRECTORY => "$top/run/state", APACHE_RUN_USER => 'www-data',
        APACHE_RUN_GROUP => 'www-data', APACHE_PID_FILE => "$top/run/apache2.pid", APACHE_RUN_DIR => "$top/run/run",
        APACHE_LOCK_DIR => "$top/run/lock", APACHE_LOG_DIR => "$top/run/log");
    my $a2 = sub { my $said = `$debian/usr/sbin/$_[0] -q $_[1] 2>&1`; is $?, 0, "$_[0] $_[1]" or diag $said };
    my $t = sub { my $said = `$httpd -t -d $etc -f $etc/apache2.conf 2>&1`; return $said =~ s/^AH00558.*\n//mgr };

    subtest 'a2enmod_auth_mpin_and_the_snippet_of_the_readme' => sub {
        $a2->('a2enmod', 'mpm_event authz_core authz_host alias dir mime');
        is $t->(), "Syntax OK\n", "Debian's httpd as it comes";

        my $said = installs('install', $top, '/etc/apache2');
        like $said, qr/^Now: a2enmod auth_mpin/m, 'the next step is named';
        ok !-e "$etc/mpin.conf", 'no file of another layout';
        unlike slurp("$etc/mods-available/auth_mpin.conf"), qr/^\s*LoadModule/m, 'one file loads, the other configures';
        # The module lies in the test's folder, as DESTDIR says.
        my $load = slurp("$etc/mods-available/auth_mpin.load");
        like $load, qr{^LoadModule auth_mpin_module /usr/lib/apache2/modules/mod_auth_mpin\.so$}m, 'the module as Debian has it';
        write_file("$etc/mods-available/auth_mpin.load", $load =~ s{ (/usr/lib\S+)}{ $top$1}r);

        $a2->('a2enmod', 'auth_mpin');
        ok -l "$etc/mods-enabled/$_", "$_ is enabled" for map { "$_.load" } qw(auth_mpin authn_core authn_file authz_core authz_user);
        is $t->(), "Syntax OK\n", 'switched on, and nothing said yet';

        my ($snippet) = slurp("$source/README.md") =~ /^```\n(MPinEngine.*?)^```/ms;
        ok $snippet, 'the README has a site';
        write_file("$etc/users", "anna:{SHA}none\n");
        write_file("$etc/conf-enabled/site.conf", $snippet =~ s{/etc/apache2}{$etc}gr);
        is $t->(), "Syntax OK\n", 'which is fine word for word';
        like `$httpd -M -d $etc -f $etc/apache2.conf 2>&1`, qr/auth_mpin_module/, 'and ours';

        my $all = slurp("$etc/mods-available/auth_mpin.conf");
        unlink "$etc/conf-enabled/site.conf";
        $all =~ s/^#(?=\w|<|    \w)//mg;
        $all =~ s{AuthUserFile \S+}{AuthUserFile $etc/users};
        write_file("$etc/mods-available/auth_mpin.conf", $all);
        is $t->(), "Syntax OK\n", 'so is auth_mpin.conf with every line that it shows';
        installs('install', $top, '/etc/apache2');
        is slurp("$etc/mods-available/auth_mpin.conf"), $all, 'which an update leaves as it is';
        ok -s "$etc/mods-available/auth_mpin.conf.dist", 'beside the new one';
        installs('uninstall', $top, '/etc/apache2');
        ok !-l "$etc/mods-enabled/auth_mpin.$_", "no link is left ($_)" for qw(load conf);
        is $t->(), "Syntax OK\n", 'so httpd starts without us';
    };
}

subtest 'the_package_is_set_up_beside_apache2_bin_alone' => sub {
    plan skip_all => 'only root gives folders away' if $>;
    for my $envvars (undef, "export APACHE_RUN_USER=nobody APACHE_RUN_GROUP=nogroup\n", "exit 3\n") {
        my $to = tempdir(DIR => $top);
        make_path("$to/etc/apache2", "$to/var/lib/apache2/mpin", "$to/var/lib/apache2/mpin-keys", "$to/var/log/apache2/mpin");
        write_file("$to/etc/apache2/envvars", $envvars) if $envvars;
        my $script = slurp("$source/debian/libapache2-mod-auth-mpin.postinst") =~ s{(?<= )(?=/(?:etc/apache2|var/l))}{$to}gr;
        my $said = `sh @{[write_file("$to/postinst", $script)]} configure 2>&1`;
        is "$? $said", '0 ', 'it ends well, where envvars ' . ($envvars // 'is missing');
        my $whose = $envvars && $envvars =~ /nobody/ ? 'nobody' : 'www-data';
        is getpwuid((stat "$to/var/lib/apache2/mpin/store")[4] // 0), $whose, "the store is of $whose";
        is((stat "$to/var/lib/apache2/mpin-keys")[2] & 0777, 0700, 'the keys are root\'s alone');
    }
};

done_testing;
