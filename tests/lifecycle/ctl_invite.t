#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# An administrator's invitation: one link, one browser, one device.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;

my $top = $Server::top;
my $port = $ENV{PORT};
my $audit = "$top/logs/audit";
my $faketime = (glob '/usr/lib/*/faketime/libfaketimeMT.so.1')[0];

sub site_with {
    my ($ways, %more) = @_;
    return Server->new(conf => "MPinPublicURL http://localhost:$port\nMPinRegister $ways\nMPinAuditLog $audit\n", %more);
}

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port") }
sub invitation { return mpinctl_json('invite', @_, '--yes') }
sub path_of { return $_[0]->{link} =~ s{^http://[^/]+}{}r }

# Presses the button of the link's page.
sub take_up {
    my ($browser, $invitation) = @_;
    my $page = $browser->visit(path_of($invitation));
    return $page if $page->code != 200;
    return $browser->post_form('/mpinActivate', $browser->fields($page));
}

my $server = site_with('invite')->start;

subtest 'an_invitation_sets_up_one_device_in_one_browser' => sub {
    my $made = invitation('anna@example.org');
    like $made->{link}, qr{^http://localhost:$port/mpinActivate\?i=[0-9a-f]{40}$}, 'a link under the public URL';
    is someone()->register('anna@example.org')->code, 403, 'without it nobody registers';
    my $anna = someone();
    my $page = $anna->visit(path_of($made));
    is $page->code, 200, 'its page';
    like $page->content, qr/anna\@example\.org/, 'says who is invited';
    is $anna->register('anna@example.org')->code, 403, 'looking at it is not accepting it';
    my $gone = take_up($anna, $made);
    is $gone->code, 303, 'the button';
    is $gone->header('Location'), '/login?with=pin', 'leads to the PIN pad';
    is_deeply $anna->settings->{signedIn}, {user => 'anna@example.org', fresh => JSON::true}, 'which offers that name';
    is $anna->register('berta@example.org')->code, 403, 'and no other';
    is take_up(someone(), $made)->code, 403, 'in another browser it is nothing any more';
    my $device = $anna->enrol('anna@example.org', '7391');
    is $anna->pin_login($device)->code, 200, 'the PIN signs in';
    is $anna->copy->visit('/protected/')->code, 200, 'everywhere';
    is take_up($anna, $made)->code, 410, 'and the link is used up';
    is someone()->settings->{signedIn}, undef, 'nobody else is offered anything';
    is mpinctl_json('user', 'anna@example.org')->{devices}[0]{proven_by}, 'invite', 'as is shown';
    my @events = map { decode_json($_)->{event} } split /\n/, Server::slurp($audit);
    is scalar(grep { $_ eq 'invitation_made' } @events), 1, 'the audit log has who made it';
    is scalar(grep { $_ eq 'invitation_accepted' } @events), 1, 'and who has accepted it';
};

subtest 'of_two_registrations_by_one_invitation_one_becomes_a_device' => sub {
    my $browser = someone();
    take_up($browser, invitation('carl'));
    my ($one, $other) = map { json_of($browser->register('carl')) } 1, 2;
    my @codes = map { $browser->json(POST => "/rps/signature/$_->{mpinId}", {regOTT => $_->{regOTT}})->code } $one, $other;
    is_deeply \@codes, [200, 410], 'the first one only';
    is scalar @{mpinctl_json('user', 'carl')->{devices}}, 1, 'one device';
};

subtest 'it_is_a_proof_for_who_is_there_already' => sub {
    my ($first, $second) = (someone(), someone());
    take_up($first, invitation('dora'));
    my $device = $first->enrol('dora', '7391');
    take_up($second, invitation('dora'));
    my $more = $second->enrol('dora', '1397');
    is $second->pin_login($more)->code, 200, 'another device';
    is $first->pin_login($device)->code, 200, 'beside the one that was there';
};

subtest 'an_invitation_is_nothing_for_who_is_disabled' => sub {
    my $browser = someone();
    take_up($browser, invitation('emil'));
    my $device = $browser->enrol('emil', '7391');
    my $waits = invitation('emil');
    is mpinctl('user', 'disable', 'emil', '--yes')->{code}, 0, 'disabled';
    is take_up(someone(), $waits)->code, 410, 'one that was made before is nothing';
    my $run = mpinctl('invite', 'emil', '--yes');
    is $run->{code}, 1, 'none is made';
    like $run->{err}, qr/is disabled/, 'and why';
};

subtest 'a_qr_code_and_a_page_that_scripts_cannot_read' => sub {
    my $run = mpinctl('invite', 'frida', '--yes', '--days=3');
    like $run->{out}, qr/\e\[38;5;16;48;5;231m.*\xe2\x96\x84/, 'black on white, in half blocks';
    my ($link) = $run->{out} =~ /^(http\S+)$/m;
    ok $link, 'and the link beside it';
    is mpinctl('invite', 'frida', '--yes', "--days=$_")->{code}, 2, "not for $_ days" for 0, 31, 'x', '';
    is take_up(someone(), {link => "http://localhost:$port/mpinActivate?i=$_"})->code, 410, 'no such one' for '00' x 20, 'x', '';
    my $browser = someone();
    $browser->visit($link =~ s{^http://[^/]+}{}r);
    is $browser->post_form('/mpinActivate', {i => $link =~ s/.*=//r, csrf => 'x'})->code, 403, 'a form of nobody\'s';
};

subtest 'without_the_way_there_are_none' => sub {
    my $made = invitation('gustav');
    site_with('signed-in');
    $server->renew('USR1');
    is mpinctl('invite', 'gustav', '--yes')->{code}, 1, 'none are made';
    is take_up(someone(), $made)->code, 410, 'and what there is is nothing';
};

$server->stop;

subtest 'it_ends_with_its_days' => sub {
    plan skip_all => 'no libfaketime' if !$faketime;
    $server = site_with('invite')->start;
    my $made = invitation('hanna', '--days', '2');
    $server->stop;
    $server = site_with('invite', env => {LD_PRELOAD => $faketime, FAKETIME => '+47h'})->start;
    is someone()->visit(path_of($made))->code, 200, 'good for two days';
    $server->stop;
    $server = site_with('invite', env => {LD_PRELOAD => $faketime, FAKETIME => '+49h'})->start;
    is someone()->visit(path_of($made))->code, 410, 'and no longer';
    $server->stop;
};

is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
