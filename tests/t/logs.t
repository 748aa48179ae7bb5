# Logs show nothing confidential of our URLs (security model).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Site;
use Test::More;

my $logs = "$FindBin::Bin/logs";

sub all_logs {
    my $text = '';
    for my $file (glob "$logs/*_log") {
        open my $in, '<', $file or die "$file: $!";
        local $/;
        $text .= <$in>;
    }
    return $text;
}

subtest 'grep_of_all_logs_finds_no_secret_of_a_full_story' => sub {
    my $site = Site->new;
    my $id = '7b7dfeedfacefeedface';
    my $answer = $site->sign_in('john', 'k7-maple-42', '/protected/?ours=no');
    $site->ask('GET', '/login?s=secretstate&return=/secretreturn', Referer => $site->origin . '/login?secretreferer');
    $site->ask('GET', "/rps/signature/$id?regOTT=secretregott");
    $site->ask('POST', "/rps/signature/$id", 'Content-Type' => 'application/json', body => '{"regOTT":"secretbody"}');
    $site->ask('DELETE', "/rps/user/$id?secretmethod");
    $site->ask('GET', '/rps/secretpath?secretquery');
    $site->ask('POST', '/mpinAuthenticate?secretquery', 'Content-Type' => 'application/json', body => '{"mpinResponse":{"authOTT":"secretott"}}');
    Site->new(4)->ask('GET', "/rps/user/$id?secretdenied");
    my @secrets = ($id, 'k7-maple-42', $site->{cookies}{mpin}, $site->{cookies}{'mpin-login'}, 'secret\w+');
    $site->ask('GET', '/protected/?theirs=kept', Referer => 'http://there.example/?theirs=kept');
    $site->post_form('/logout');

    my $seen = all_logs();
    unlike $seen, qr/$_/, $_ for @secrets;
    like $seen, qr{"GET /protected/\?theirs=kept HTTP/1\.1" 200 /protected/index.html "http://there\.example/\?theirs=kept" john}, 'theirs is logged as ever';
    like $seen, qr{"GET /login HTTP/1\.1" 200 /login "\Q@{[$site->origin]}\E/login"};
    like $seen, qr{"GET /rps/signature/\.\.\. HTTP/1\.1" 400 /rps/signature/\.\.\. };
    like $seen, qr{"DELETE /rps/user/\.\.\. HTTP/1\.1" 405 };
};

subtest 'each_event_is_one_audit_line' => sub {
    open my $in, '<', "$logs/audit_log" or die $!;
    my @lines = <$in>;
    ok @lines;
    for (@lines) {
        next if /^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","event":"\w+","status":\d+,.*"address":"127\.0\.0\.1",.*"request":"[\w\@-]+"\}$/;
        fail "odd line: $_";
    }
    ok scalar(grep { /"event":"login_password".*"user":"john"/ } @lines);
    ok scalar(grep { /"event":"logout".*"user":"john"/ } @lines);
};

done_testing;
