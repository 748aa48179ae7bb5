# A phone signs a desktop in.
use strict;
use warnings;
use Test::More;
use MPin;

from(23);
my $firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

# ---- the two of them

sub desktop {
    my $desktop = browser(site);
    $desktop->{headers} = ['User-Agent' => $firefox];
    $desktop->settings;
    return $desktop;
}

my $number = 0;
sub phone {
    my $phone = browser(site)->sign_in('john');
    my $device = $phone->enrol('john', '1357', deviceName => 'Phone ' . ++$number);
    $phone->sign_out;
    return ($phone, $device);
}

sub ask { my ($browser, $path, $body) = @_; return $browser->json(POST => "/rps/$path", $body // {}) }
sub code { return json_of(ask($_[0], 'getQrUrl')) }
sub wid { return $_[0]{qrUrl} =~ /#([0-9a-f]{32})$/ ? $1 : die $_[0]{qrUrl} }
sub poll { my ($desktop, $code) = @_; return json_of(ask($desktop, access => {webOTT => $code->{webOTT}})) }

# pass1 and pass2 for a code: the authOTT.
sub prove {
    my ($phone, $device, $wid, $pin) = @_;
    return json_of($phone->pass2($device, $pin // $device->{pin}, $phone->pass1($device), WID => $wid))->{authOTT};
}

# POST /rps/authenticate in a process of its own; the code that reads its answer.
sub authenticating {
    my ($phone, $ott) = @_;
    pipe my $reader, my $writer or die;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        close $reader;
        my $answer = ask($phone, authenticate => {mpinResponse => {authOTT => $ott}});
        syswrite $writer, $answer->code . ' ' . $answer->content;
        require POSIX;
        POSIX::_exit(0);
    }
    close $writer;
    return sub {
        local $/;
        my ($code, $text) = split / /, scalar(<$reader>), 2;
        waitpid $pid, 0;
        return ($code, JSON::decode_json($text));
    };
}

sub offered {
    my ($desktop, $code) = @_;
    my $seen;
    until_true(8, sub { $seen = poll($desktop, $code); $seen->{status} eq 'authenticate' });
    return $seen;
}

# A whole login: what the phone was answered.
sub sign_in_by_phone {
    my ($desktop, $code, $phone, $device, $wid) = @_;
    my $done = authenticating($phone, prove($phone, $device, $wid));
    my $answer = $desktop->authenticate(offered($desktop, $code)->{authOTT});
    return ($answer, $done->());
}

subtest 'a number signs a desktop in, and the phone signs it out' => sub {
    my $desktop = desktop();
    my ($phone, $device) = phone();
    my $code = json_of(ask($desktop, 'getAccessNumber'));
    like $code->{accessNumber}, qr/^\d{7}$/;
    like $code->{webOTT}, qr/^[0-9a-f]{32}$/;
    is $code->{ttlSeconds}, 300;
    is $code->{localTimeEnd} - $code->{localTimeStart}, 300_000;
    is_deeply poll($desktop, $code),
        {status => 'new', statusCode => 0, userId => '', redirectURL => '', authOTT => ''}, 'nobody has typed it';

    my ($answer, $status, $told) = sign_in_by_phone($desktop, $code, $phone, $device, $code->{accessNumber});
    is $answer->code, 200, 'the desktop is in' or diag $answer->as_string;
    is $desktop->who, 'john';
    is $status, 200, 'the phone knows';
    is $told->{logoutURL}, '/logout';
    my $env = json_of($desktop->get('/whoami'))->{env};
    is $env->{MPIN_AMR}, 'pin mfa swk phone';
    is $phone->who, '', 'the phone is not signed in by it';
    is poll($desktop, $code)->{status}, 'expired', 'the code is over';

    my $out = $phone->json(POST => $told->{logoutURL}, $told->{logoutData});
    is $out->code, 200;
    is $out->content, '', 'nothing is said';
    is $desktop->who, '', 'the desktop is out';
};

done;
