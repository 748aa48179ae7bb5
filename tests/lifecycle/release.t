#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What belongs to a release archive: the SPDX document, which is complete and true, the sums, the conditions under which
# there is a release at all, and the package for Fedora and its like.
use strict;
use warnings;
use Cwd 'abs_path';
use Digest::SHA qw(sha1_hex);
use File::Path 'make_path';
use File::Temp 'tempdir';
use JSON ();
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Checkout;
use Spdx;

my $source = abs_path("$FindBin::Bin/../..");
my $built = abs_path($ENV{BUILD} // "$source/build");
system("git -C '$source' ls-files --error-unmatch Makefile >/dev/null 2>&1") == 0 or plan skip_all => 'a release is made of a git checkout';
-f "$built/mpinctl" or plan skip_all => 'nothing built';
delete @ENV{qw(BUILD MAKEFLAGS MAKELEVEL)}; # those of who runs this

# What is made lies in a folder of the test's own; the programs and pages are those that are built already.
my $top = tempdir(CLEANUP => 1);
chmod 0755, $top;
my $build = "$top/build";
my $version = JSON::decode_json(slurp("$source/package.json"))->{version};
my $name = "mod_auth_mpin-$version";
local $ENV{SOURCE_DATE_EPOCH} = 1_700_000_000;

sub slurp { open my $in, '<:raw', $_[0] or die "$_[0]: $!"; local $/; return scalar <$in> }
sub sha { my ($bits, $file) = @_; return Digest::SHA->new($bits)->addfile($file, 'b')->hexdigest }

sub write_file
{
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print {$out} $text;
    close $out or die "$file: $!";
    return;
}

sub well
{
    my ($what, $command) = @_;
    my $said = qx(($command) 2>&1);
    is $?, 0, $what or diag substr $said, -3000;
    return $said;
}

make_path($build, "$top/unpacked");
well('the pages', "cp -a $built/htdocs $built/assets.c $built/htdocs.packages $build");
symlink "$built/$_", "$build/$_" or die $! for qw(mod_auth_mpin.so mpinctl);
well('the archive', "BUILD=$build BLST=node_modules/c-kzg/deps/blst $source/tools/dist $version");
well('unpacked', "tar -xzf $build/$name.tar.gz -C $top/unpacked");
well('what belongs to it', "BUILD=$build $source/tools/release put $version");
my $unpacked = "$top/unpacked/$name";
my $document = JSON::decode_json(slurp("$build/$name.spdx.json"));
my %package = map { $_->{name} => $_ } @{$document->{packages}};
my $lock = JSON::decode_json(slurp("$source/package-lock.json"))->{packages};

# The names of what is so related to the release.
sub related
{
    my ($how) = @_;
    my %name = map { $_->{SPDXID} => $_->{name} } @{$document->{packages}};
    my $ours = $package{mod_auth_mpin}{SPDXID};
    my @pairs = map { [@$_{qw(spdxElementId relatedSpdxElement)}] } grep { $_->{relationshipType} eq $how } @{$document->{relationships}};
    return sort map { my ($other) = grep { $_ ne $ours } @$_; $name{$other} // () } grep { grep { $_ eq $ours } @$_ } @pairs;
}

subtest 'sbom_is_an_spdx_document' => sub {
    is join("\n", Spdx::faults($document)), '', 'as SPDX 2.3 wants it';
    is $document->{creationInfo}{created}, '2023-11-14T22:13:20Z', 'of the archive\'s time';
    my $once = slurp("$build/$name.spdx.json");
    is qx(BUILD=$build $source/tools/sbom $version), $once, 'the same again';
};

subtest 'spdx_check_finds_faults' => sub {
    my $wrong = sub { my ($change) = @_; my $copy = JSON::decode_json(JSON::encode_json($document)); $change->($copy); return join ' ', Spdx::faults($copy) };
    like $wrong->(sub { $_[0]{surplus} = 1 }), qr/surplus/, 'a key that SPDX has not';
    like $wrong->(sub { delete $_[0]{packages}[1]{downloadLocation} }), qr/downloadLocation/, 'one that is missing';
    like $wrong->(sub { $_[0]{packages}[2]{SPDXID} = $_[0]{packages}[1]{SPDXID} }), qr/twice/, 'an id that stands twice';
    like $wrong->(sub { $_[0]{relationships}[1]{relatedSpdxElement} = 'SPDXRef-none' }), qr/SPDXRef-none/, 'one that nobody has';
    like $wrong->(sub { $_[0]{relationships}[1]{relationshipType} = 'LIKES' }), qr/LIKES/, 'a relationship that SPDX has not';
    like $wrong->(sub { $_[0]{files}[0]{checksums}[0]{checksumValue} = 'abc' }), qr/abc/, 'a sum that is none';
    like $wrong->(sub { $_[0]{creationInfo}{created} = '14.11.2023' }), qr/14\.11/, 'a date that is none';
};

subtest 'sbom_names_every_linked_library' => sub {
    my %wanted = map { /NEEDED.*\[(.+)\]/ ? ($1 => 1) : () } qx(readelf -d $built/mod_auth_mpin.so $built/mpinctl);
    cmp_ok scalar keys %wanted, '>', 8, 'there are some';
    my $told = join ' ', map { $_->{comment} // '' } @package{related('DYNAMIC_LINK')};
    is join(' ', grep { $told !~ /\Q$_\E / } sort keys %wanted), '', 'and each is told';
    is join(' ', related('STATIC_LINK')), 'blst', 'blst is inside';
};

subtest 'sbom_has_each_vendored_file' => sub {
    my @there = map { s{^\Q$unpacked\E}{.}r } grep { -f } split /\n/, qx(find $unpacked/vendor/blst);
    is join("\n", sort map { $_->{fileName} } @{$document->{files}}), join("\n", sort @there), 'of blst';
    my (@wrong, @sums);
    for my $file (@{$document->{files}}) {
        my %sum = map { $_->{algorithm} => $_->{checksumValue} } @{$file->{checksums}};
        push @sums, $sum{SHA1};
        push @wrong, $file->{fileName} if grep { $sum{"SHA$_"} ne sha($_, "$unpacked/$file->{fileName}") } 1, 256;
    }
    is "@wrong", '', 'by its sums';
    is $package{blst}{packageVerificationCode}{packageVerificationCodeValue}, sha1_hex(join '', sort @sums), 'and all of them by theirs';
};

subtest 'sbom_tells_npm_packages_as_what_they_are' => sub {
    is join(' ', related('CONTAINS')), '@noble/curves @noble/hashes blst', 'in the release';
    is join(' ', grep { !m{^\@esbuild/} } related('BUILD_TOOL_OF')), 'esbuild', 'a tool';
    my %told = map { $_ => 1 } related('BUILD_DEPENDENCY_OF');
    ok $told{'c-kzg'}, 'and what blst is taken from';
    my @npm = grep { $lock->{"node_modules/$_"} } sort keys %package;
    is join(' ', grep { $lock->{"node_modules/$_"}{dev} } @npm), '', 'nothing that only tests want';
    my @wrong = grep { $lock->{"node_modules/$_"}{version} ne $package{$_}{versionInfo} } @npm;
    is "@wrong", '', 'in the version of the lock file';
    my $notice = slurp("$source/NOTICE");
    my @unnamed = grep { my $said = s/^\@//r =~ tr{/}{-}r; $notice !~ /\b\Q$said\E\b/ } related('CONTAINS');
    is "@unnamed", '', 'NOTICE names what is in the release';
};

subtest 'sha256sums_hold' => sub {
    like slurp("$build/SHA256SUMS"), qr/^\w{64}  \Q$name.$_\E$/m, "the sum of $_" for qw(tar.gz spdx.json);
    well('and is right', "cd $build && sha256sum --strict -c SHA256SUMS");
    is $package{mod_auth_mpin}{checksums}[0]{checksumValue}, sha(256, "$build/$name.tar.gz"), 'the document knows the archive\'s, too';
};

subtest 'releases.md wants the libraries that tools/setup installs' => sub {
    my ($installs) = slurp("$source/tools/setup") =~ /^build='(.*?)'/ms;
    my ($wants) = slurp("$source/docs/releases.md") =~ /^apt-get install ((?:.*\\\n)*.*)$/m;
    my $libraries = sub { return join ' ', sort grep { /-dev$/ && !/^libc6-/ } split /[\s\\]+/, $_[0] // '' };
    is $libraries->($wants), $libraries->($installs), 'by their names';
};

SKIP: {
    system('command -v ssh-keygen >/dev/null') == 0 or skip 'no ssh-keygen', 1;

    # With a key of the test's own, which stands for the maintainers'.
    subtest 'a_changed_release_is_told_by_the_commands_of_releases_md' => sub {
        my ($sign) = slurp("$source/CONTRIBUTING.md") =~ /^\$ (ssh-keygen -Y sign .*)$/m or return fail('CONTRIBUTING signs');
        my ($check) = slurp("$source/docs/releases.md") =~ /^## Is it ours\?\n.*?^```sh run\n(.*?)^```/ms or return fail('releases.md checks');
        well('a key', "ssh-keygen -q -t ed25519 -N '' -f $top/key");
        write_file("$build/allowed_signers", 'maintainers ' . slurp("$top/key.pub"));
        well('it signs', "cd $build && " . $sign =~ s{KEY}{$top/key}r =~ s{build/}{}gr);
        my $run = sub { return well($_[0], "cd $build && set -e\n$check") };
        like $run->('whole'), qr/^\Q$name\E\.tar\.gz: OK\n.*^Good "mod_auth_mpin-release" signature/ms, 'all is well';
        write_file("$build/SHA256SUMS", slurp("$build/SHA256SUMS") =~ s/^(\w+)(  .*json)$/'0' x 64 . $2/mer);
        isnt system("cd $build && { set -e\n$check} >/dev/null 2>&1"), 0, 'other sums are not';
        write_file("$build/SHA256SUMS", sha(256, "$build/$name.spdx.json") . "  $name.spdx.json\n");
        isnt system("cd $build && { set -e\n$check} >/dev/null 2>&1"), 0, 'nor are sums that are right, and not signed';
    };
}

subtest 'a_release_is_a_commit_whose_files_agree' => sub {
    my $there = Checkout::of_ours("$top/checkout", 1_750_000_000);
    my $check = sub { return qx($there/tools/release check $version 2>&1) };
    my $changes = slurp("$there/CHANGELOG.md") =~ s/^## .*/## $version/mr;
    write_file("$there/CHANGELOG.md", $changes);
    like $check->(), qr/^Something is not committed/, 'what is not committed is no release';
    Checkout::commit($there, 1_750_000_000);
    is $check->(), '', 'a commit with one version everywhere is one';
    my %places = (
        'CHANGELOG.md' => $changes =~ s/^## .*/## Not released yet/mr,
        'package-lock.json' => slurp("$there/package-lock.json") =~ s/"version": ".*?"/"version": "9.9.9"/r,
        'packaging/mod_auth_mpin.spec' => slurp("$there/packaging/mod_auth_mpin.spec") =~ s/^(Version: *).*/${1}9.9.9/mr,
    );
    write_file("$there/$_", $places{$_}) for sort keys %places;
    Checkout::commit($there, 1_750_000_000);
    my $said = $check->();
    isnt $?, 0, 'one with others is none';
    like $said, qr/\Q$_\E is ".+", and "\Q$version\E" is wanted/, "$_ is named" for sort keys %places;
};

# httpd as Fedora has it, with the headers that are here.
sub apxs_of_fedora
{
    write_file("$top/apxs", <<'END');
#!/bin/sh
case "$*" in
'-q LIBEXECDIR') echo /usr/lib64/httpd/modules ;;
'-q SYSCONFDIR') echo /etc/httpd/conf ;;
'-q datadir') echo /usr/share/httpd ;;
'-q SBINDIR') echo /usr/sbin ;;
*) exec apxs "$@" ;;
esac
END
    chmod 0755, "$top/apxs";
    return "$top/apxs";
}

SKIP: {
    system('command -v rpmbuild rpmlint >/dev/null') == 0 or skip 'no rpmbuild and rpmlint', 1;

    # Its %build finds everything built: the archive's files are older than the programs.
    subtest 'rpm_package' => sub {
        my $spec = "$unpacked/packaging/mod_auth_mpin.spec";
        like well('rpmlint', "rpmlint $spec"), qr/\b0 errors, /, 'finds no error';
        my %bundled = slurp($spec) =~ /^Provides: +bundled\((?:npm\()?([^()]+)\)+ = (\S+)$/mg;
        is_deeply \%bundled, {map { $_ => $package{$_}{versionInfo} } related('CONTAINS')}, 'what is inside is told, as in the SPDX document';
        make_path("$top/rpm/BUILD", "$unpacked/build");
        symlink "$built/$_", "$unpacked/build/$_" or die $! for qw(obj libmpin.a mod_auth_mpin.so mpinctl htdocs htdocs.stamp assets.c),
            grep { -e "$built/$_" } 'libblst.a';
        rename $unpacked, "$top/rpm/BUILD/$name" or die $!;
        well('rpmbuild', "rpmbuild -bb --noprep --nodeps -D '_topdir $top/rpm' -D '_httpd_apxs @{[apxs_of_fedora()]}' "
            . "-D '_libdir /usr/lib64' $source/packaging/mod_auth_mpin.spec");
        my ($rpm) = glob "$top/rpm/RPMS/*/*.rpm";
        my $files = well('its files', "rpm -qpl $rpm");
        like $files, qr{^\Q$_\E(?:\.gz)?$}m, $_ for '/usr/lib64/httpd/modules/mod_auth_mpin.so', '/usr/sbin/mpinctl', '/usr/share/man/man8/mpinctl.8',
            '/usr/share/mod_auth_mpin/templates/login.html', '/usr/share/doc/mod_auth_mpin/docs/operations.md', "/usr/share/licenses/$name/NOTICE";
        is well('its configuration', "rpm -qpc $rpm"), "/etc/httpd/conf.d/auth_mpin.conf\n/etc/httpd/conf.modules.d/10-auth_mpin.conf\n",
            'is kept over updates';
        like well('its needs', "rpm -qpR $rpm"), qr/^httpd$/m, 'httpd';
        make_path("$top/there");
        well('it is unpacked', "rpm2cpio $rpm | (cd $top/there && cpio -idm --quiet)");
        my $conf = slurp("$top/there/etc/httpd/conf.d/auth_mpin.conf");
        unlike $conf, qr/^\s*LoadModule/m, 'one file configures';
        is slurp("$top/there/etc/httpd/conf.modules.d/10-auth_mpin.conf"), "LoadModule auth_mpin_module modules/mod_auth_mpin.so\n", 'the other loads';
    };
}

done_testing;
