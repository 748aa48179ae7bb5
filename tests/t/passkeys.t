# SPDX-License-Identifier: Apache-2.0
# Passkeys, with an authenticator of our own that can lie in every way: what is refused, whatever a browser would have done.
use strict;
use warnings;
use Test::More;
use Digest::SHA 'sha256';
use JSON;
use MIME::Base64 qw(encode_base64url decode_base64url);
use MPin;
use Steps 'enrol_app';

from(63);
my ($HOST, $ORIGIN) = ('www.example.com', 'https://www.example.com');
my ($UP, $UV, $BE, $BS, $AT) = (1, 4, 8, 16, 64);

# ---- an authenticator ------------------------------------------------------------------------

my $keys = 0;

sub openssl {
    my ($command, $input) = @_;
    my $file = "$ENV{MPIN_STAGE}/t/input";
    open my $out, '>:raw', $file or die $!;
    print {$out} $input // '';
    close $out;
    open my $in, '-|:raw', "openssl $command <$file 2>/dev/null" or die $!;
    local $/;
    return scalar <$in>;
}

sub new_key {
    my (%how) = @_;
    my $file = "$ENV{MPIN_STAGE}/t/key" . ++$keys;
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $file");
    my $point = substr openssl("pkey -in $file -pubout -outform DER"), -64;
    open my $random, '<:raw', '/dev/urandom' or die $!;
    read $random, my $id, 32;
    return {file => $file, point => $point, id => $id, count => 0, flags => $UP | $UV, %how};
}

sub cbor_text  { return chr(0x60 + length $_[0]) . $_[0] }
sub cbor_bytes { return (length $_[0] < 256 ? "\x58" . chr length $_[0] : "\x59" . pack('n', length $_[0])) . $_[0] }

sub cose {
    my ($key) = @_;
    my ($x, $y) = (substr($key->{point}, 0, 32), substr $key->{point}, 32);
    return "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20$x\x22\x58\x20$y";
}

sub client_data {
    my ($type, $challenge, %how) = @_;
    return encode_json({type => $type, challenge => $challenge, origin => $ORIGIN, crossOrigin => JSON::false, %how});
}

sub authdata {
    my ($key, $more, %how) = @_;
    return sha256($how{rp} // $HOST) . pack('CN', $how{flags} // $key->{flags} | $more, $how{count} // $key->{count});
}

sub credential {
    my ($key, %response) = @_;
    my $id = encode_base64url($key->{id});
    return {id => $id, rawId => $id, type => 'public-key', response => {map { $_ => encode_base64url($response{$_}) } keys %response}};
}

sub make_new {
    my ($key, $options, %how) = @_;
    $key->{user} = decode_base64url($options->{user}{id});
    my $data = authdata($key, $AT, %how) . "\0" x 16 . pack('n', length $key->{id}) . $key->{id} . ($how{cose} // cose($key)) . ($how{junk} // '');
    my $object = "\xa3" . cbor_text('fmt') . cbor_text('none') . cbor_text('attStmt') . "\xa0" . cbor_text('authData') . cbor_bytes($data);
    return credential($key, clientDataJSON => client_data('webauthn.create', $options->{challenge}, %{$how{client} // {}}),
        attestationObject => $object);
}

sub sign {
    my ($key, $options, %how) = @_;
    my $client = client_data('webauthn.get', $options->{challenge}, %{$how{client} // {}});
    my $data = authdata($key, 0, %how) . ($how{junk} // '');
    return credential($key, clientDataJSON => $client, authenticatorData => $data,
        signature => openssl("dgst -sha256 -sign $key->{file}", $data . sha256($client)), userHandle => $how{user} // $key->{user});
}

# ---- people ----------------------------------------------------------------------------------

sub visitor { return browser(public, host => $HOST, origin => $ORIGIN) }

sub token { my ($browser) = @_; my ($csrf) = $browser->visit('/account')->content =~ /name="csrf" value="([^"]+)"|data-csrf="([^"]+)"/; return $csrf // $2 }

sub creation { my ($browser, %more) = @_; return json_of($browser->json(POST => '/account/passkey', {csrf => token($browser), %more}))->{publicKey} }

sub add {
    my ($browser, $key, %how) = @_;
    my $options = creation($browser, $how{second} ? (key => JSON::true) : ());
    return $browser->json(POST => '/account/passkey/add', {csrf => token($browser), credential => make_new($key, $options, %how)});
}

sub asked { my ($browser, %more) = @_; return json_of($browser->json(POST => '/login/passkey', {%more}))->{publicKey} }

sub answer {
    my ($browser, $credential, %more) = @_;
    return $browser->json(POST => '/login/passkey/verify', {credential => $credential, %more});
}

sub sign_in_with { my ($browser, $key, %how) = @_; return answer($browser, sign($key, asked($browser), %how), return => '/whoami') }

sub refused {
    my ($answer, $status, $code, $what) = @_;
    is $answer->code, $status, $what;
    is json_of($answer)->{code}, $code, "... $code";
}

sub person { my ($name) = @_; my $browser = visitor(); $browser->post_password($name, "$name-secret"); return $browser }

sub events { my $name = shift; return map { /"event": ?"(passkey_\w+)"/ ? $1 : () } grep { /"user": ?"$name"/ } split /\n/, audit_log() }

# ---- tests -----------------------------------------------------------------------------------

subtest 'a passkey signs in, and is all that is asked for' => sub {
    my $john = person('user1');
    my $key = new_key();
    my $options = creation($john);
    is $options->{rp}{id}, $HOST, 'for this host';
    isnt decode_base64url($options->{user}{id}), 'user1', 'by no name';
    is length decode_base64url($options->{user}{id}), 32, 'but 32 bytes';
    is_deeply [map { $_->{alg} } @{$options->{pubKeyCredParams}}], [-7, -8, -257], 'of these algorithms';
    is add($john, $key)->code, 200, 'it is added';
    ok !(grep { /-login$/ } keys %{$john->{cookies}}), '... and no cookie is left of that';
    my $browser = visitor();
    my $in = sign_in_with($browser, $key);
    is $in->code, 200, 'and signs in';
    ok !(grep { /-login$/ } keys %{$browser->{cookies}}), '... likewise';
    is json_of($in)->{location}, '/whoami', 'on to the place';
    my $env = json_of($browser->visit('/whoami'))->{env};
    is $env->{REMOTE_USER}, 'user1', 'as that user';
    is $env->{MPIN_AMR}, 'mfa hwk user', 'with what was proven';
    is $browser->visit('/strong/')->code, 200, 'a second step is in it';
    is $browser->visit('/keys-only/')->code, 200, 'and it is what some places take alone';
    my $password = person('user1');
    like $password->visit('/keys-only/')->header('Location'), qr{^/login\?}, 'where a password is not enough';
    my $synced = new_key(flags => $UP | $UV | $BE | $BS);
    my $other = person('user2');
    is add($other, $synced)->code, 200, 'one that is backed up';
    sign_in_with(my $elsewhere = visitor(), $synced);
    is json_of($elsewhere->visit('/whoami'))->{env}{MPIN_AMR}, 'mfa swk user', 'is not of hardware';
};

subtest 'passkey_is_added_with_a_token_and_a_fresh_proof_only' => sub {
    my $browser = person('user3');
    my $key = new_key();
    refused $browser->json(POST => '/account/passkey', {}), 403, 'stale_form', 'without a token';
    refused $browser->json(POST => '/account/passkey', {csrf => 'A' x 43}), 403, 'stale_form', 'with another';
    refused visitor()->json(POST => '/account/passkey', {csrf => 'A' x 43}), 401, 'not_signed_in', 'by nobody';
    my $options = creation($browser);
    refused $browser->json(POST => '/account/passkey/add', {credential => make_new($key, $options)}), 403, 'stale_form', 'without one at the end';
    my $evil = $browser->request(POST => '/account/passkey', body => encode_json({csrf => token($browser)}),
        headers => [Origin => 'https://evil.example', 'Content-Type' => 'application/json', Accept => 'application/json']);
    refused $evil, 403, 'origin_refused', 'by another origin';
    is add($browser, $key)->code, 200, 'with it';
    my $weaker = person('user3');
    my ($csrf) = $browser->visit('/account')->content =~ /data-csrf="([^"]+)"/;
    my $late = $weaker->json(POST => '/account/passkey', {csrf => $csrf});
    refused $late, 403, 'proof_too_old', 'a password is not enough once there is a passkey';
    like json_of($late)->{login_url}, qr{^/login/step\?}, 'and it says where one proves more';
};

subtest 'what a new passkey must be' => sub {
    my $browser = person('user4');
    my $try = sub { my ($what, $status, $code, %how) = @_; refused add($browser, new_key(), %how), $status, $code, $what };
    $try->('another site', 401, 'passkey_refused', rp => 'example.com');
    $try->('another origin', 401, 'passkey_refused', client => {origin => 'https://example.com'});
    $try->('within a page', 401, 'passkey_refused', client => {crossOrigin => JSON::true});
    $try->('a signature', 401, 'passkey_refused', client => {type => 'webauthn.get'});
    $try->('another challenge', 408, 'passkey_expired', client => {challenge => 'A' x 71});
    $try->('that looked at nobody', 401, 'passkey_refused', flags => $UP | $AT);
    $try->('with nobody there', 401, 'passkey_refused', flags => $UV | $AT);
    $try->('backed up and not eligible', 401, 'passkey_refused', flags => $UP | $UV | $BS | $AT);
    $try->('with junk', 400, 'passkey_malformed', junk => 'x');
    my $key = new_key();
    $try->('off its curve', 400, 'passkey_malformed', cose => cose({point => 'x' x 64}));
    $try->('of ES384', 400, 'passkey_malformed', cose => cose($key) =~ s/\x03\x26/\x03\x38\x22/r);
    is add($browser, $key)->code, 200, 'one that is right';
    refused add(person('user5'), $key), 409, 'passkey_taken', 'is nobody else\'s';
};

subtest 'a_used_challenge_signs_nobody_in' => sub {
    my $owner = person('user6');
    my $key = new_key();
    add($owner, $key);
    my $browser = visitor();
    my $options = asked($browser);
    my $credential = sign($key, $options);
    refused answer(visitor(), $credential), 408, 'passkey_expired', 'in another browser';
    is answer($browser, $credential)->code, 200, 'once';
    refused answer($browser, $credential), 408, 'passkey_expired', 'and not twice';
    my $again = visitor();
    my $one = sign($key, asked($again));
    my @codes = in_parallel(8, sub { answer($again->copy, $one)->code });
    is scalar(grep { $_ == 200 } @codes), 1, 'nor by many at once';
    refused answer($again, sign($key, {challenge => encode_base64url('x' x 53)})), 408, 'passkey_expired', 'nor one made up';
};

subtest 'what a signature must be' => sub {
    my $owner = person('user7');
    my ($key, $stranger) = (new_key(), new_key());
    add($owner, $key);
    my $browser = visitor();
    my $try = sub { my ($what, $code, %how) = @_; refused sign_in_with($browser, $key, %how), 401, $code, $what };
    $try->('another site', 'passkey_refused', rp => 'evil.example');
    $try->('another origin', 'passkey_refused', client => {origin => 'https://www.example.com.evil.example'});
    $try->('within a page', 'passkey_refused', client => {topOrigin => 'https://evil.example'});
    $try->('a new key', 'passkey_refused', client => {type => 'webauthn.create'});
    $try->('that looked at nobody', 'passkey_refused', flags => $UP);
    $try->('with nobody there', 'passkey_refused', flags => $UV);
    $try->('eligible all of a sudden', 'passkey_refused', flags => $UP | $UV | $BE);
    $try->('another user\'s', 'passkey_refused', user => 'x' x 32);
    refused sign_in_with($browser, $stranger, user => 'x' x 32), 401, 'passkey_unknown', 'nobody\'s';
    refused sign_in_with($browser, {%$stranger, id => $key->{id}, user => $key->{user}}), 401, 'passkey_refused', 'by another key';
    my $credential = sign($key, asked($browser));
    delete $credential->{response}{userHandle};
    refused answer($browser, $credential), 401, 'passkey_refused', 'without saying whose';
    for my $body ({}, {credential => {}}, {credential => 'x'}, {credential => sign($key, asked($browser), junk => 'x')}) {
        refused $browser->json(POST => '/login/passkey/verify', $body), 400, 'passkey_malformed', 'no answer';
    }
    is $browser->json(POST => '/login/passkey/verify', {credential => {id => 'A' x 70_000}})->code, 413, 'nor one that is too large';
    like $owner->visit('/account')->content, qr/Passkeys that were refused: 10\./, 'its owner hears of them';
    is sign_in_with($browser, $key)->code, 200, 'one that is right';
};

subtest 'a count that does not rise is told' => sub {
    my $owner = person('user8');
    my $key = new_key();
    add($owner, $key);
    is sign_in_with(visitor(), $key, count => 5)->code, 200, 'it begins to count';
    refused sign_in_with(visitor(), $key, count => 5), 401, 'passkey_cloned', 'the same once more';
    refused sign_in_with(visitor(), $key, count => 0), 401, 'passkey_cloned', 'none any more';
    like error_log(), qr/MPIN0830: a passkey of u\S+ counts its signatures backwards \(5\)/, 'the log says so';
    is sign_in_with(visitor(), $key, count => 6)->code, 200, 'the next one is taken';
    my @both = map { my $browser = visitor(); [$browser, sign($key, asked($browser), count => 7)] } 1 .. 4;
    my @codes = in_parallel(4, sub { my $one = $both[$_[0] - 1]; answer(@$one)->code });
    is scalar(grep { $_ == 200 } @codes), 1, 'of several at once, in any processes, one is';
    is_deeply [events('user8')], [qw(passkey_added), ('passkey_cloned') x 5], 'the audit log has a word of its own for it';
};

subtest 'a security key is a second step, of its own user' => sub {
    my $owner = person('user9');
    my $key = new_key(flags => $UP);
    is add($owner, $key, second => 1)->code, 200, 'it is added';
    sleep 1; # wrong ones are told from a second on after the sign-in before
    refused sign_in_with(visitor(), $key), 401, 'passkey_refused', 'and signs nobody in';
    my $browser = person('user9');
    like $browser->visit('/strong/')->header('Location'), qr{^/login/step\?}, 'a place asks for it';
    my $options = asked($browser, step => JSON::true);
    is_deeply [map { $_->{id} } @{$options->{allowCredentials}}], [encode_base64url($key->{id})], 'by its id';
    my $other = person('user10');
    refused answer($other, sign($key, asked($other, step => JSON::true))), 401, 'passkey_refused', 'nobody else takes it';
    refused answer($other, sign($key, $options)), 408, 'passkey_expired', 'nor its challenge';
    refused answer($browser, sign({%$key, file => new_key()->{file}}, asked($browser, step => JSON::true))), 401, 'passkey_refused', 'another key neither';
    is answer($browser, sign($key, $options), return => '/strong/')->code, 200, 'its owner does';
    is $browser->visit('/strong/')->code, 200, 'and is let in';
    like $owner->visit('/account')->content, qr/Passkeys that were refused: 2\./, 'who hears of the wrong ones, at a sign-in and at a step';
    is json_of($browser->visit('/whoami'))->{env}{MPIN_AMR}, 'pwd mfa hwk', 'with two factors';
    is visitor()->json(POST => '/login/passkey', {step => JSON::true})->code, 401, 'a step is for who is signed in';
};

subtest 'a_security_key_whose_pin_was_set_later_stays_a_second_step' => sub {
    my $owner = person('user16');
    my $key = new_key(flags => $UP);
    is add($owner, $key, second => 1)->code, 200, 'a key that looked at nobody is added';
    my %looks = (flags => $UP | $UV); # whoever finds such a key may give it a PIN
    refused sign_in_with(visitor(), $key, %looks), 401, 'passkey_refused', 'with a PIN of the finder it signs nobody in';
    my $browser = person('user16');
    is answer($browser, sign($key, asked($browser, step => JSON::true), %looks))->code, 200, 'as a second step it is taken';
    is json_of($browser->visit('/whoami'))->{env}{MPIN_AMR}, 'pwd mfa hwk', 'and has looked at nobody';
    like $browser->visit('/keys-only/')->header('Location'), qr{^/login}, 'so that it opens no place that wants more';
};

subtest 'who lost the only passkey is told whom to ask' => sub {
    my $owner = person('user15');
    add($owner, new_key());
    my $browser = person('user15');
    my ($href) = $browser->visit('/account')->content =~ m{href="(/login/step\?prove=1[^"]*)"};
    my $page = $browser->visit(MPin::Browser::plain($href));
    is $page->code, 200, 'the page that asks for it';
    like $page->content, qr/Lost what you use here\? Ask the people who run/, 'is no dead end';
    like $page->content, qr/Ask the help desk, phone 1234\./, 'and says whom (MPinContact)';
};

subtest 'a passkey that was removed is nobody\'s' => sub {
    my $owner = person('user11');
    my $key = new_key();
    add($owner, $key);
    my ($factor) = $owner->visit('/account')->content =~ /name="factor" value="([0-9a-f]{32})"/;
    my $fields = {csrf => token($owner), factor => $factor};
    my $stranger = person('user12');
    is $stranger->post_form('/account/passkey/rename', {csrf => token($stranger), factor => $factor, name => 'Mine'})->code, 404, 'nobody else names it';
    is $owner->post_form('/account/passkey/rename', {%$fields, name => 'Mein Schlüssel'})->code, 303, 'its owner does';
    like $owner->visit('/account')->content, qr/Mein Schlüssel/, 'so it is called';
    like $owner->post_form('/account/passkey/rename', {%$fields, name => "a\nb"})->header('Location'), qr/name_refused/, 'by what can be read';
    $fields->{csrf} = token($owner);
    is $stranger->post_form('/account/factor/remove', {csrf => token($stranger), factor => $factor})->code, 404, 'nobody else removes it';
    is $owner->post_form('/account/factor/remove', $fields)->code, 303, 'its owner does';
    refused sign_in_with(visitor(), $key), 401, 'passkey_unknown', 'and then it is nobody\'s';
    is_deeply [events('user11')], [qw(passkey_added passkey_renamed passkey_removed)], 'one audit record each, of a passkey\'s own kind';
};

subtest 'one_passkey_is_for_all_hosts_of_a_domain' => sub {
    my ($here, $there) = map { browser(public, host => "$_.keys.example", origin => "https://$_.keys.example") } qw(a b);
    my $key = new_key();
    $here->post_password('user13', 'user13-secret');
    my %here = (rp => 'keys.example', client => {origin => 'https://a.keys.example'});
    my %there = (%here, client => {origin => 'https://b.keys.example'});
    is creation($here)->{rp}{id}, 'keys.example', 'it is for the domain';
    refused add($here, $key, %there), 401, 'passkey_refused', 'not from another host\'s page';
    is add($here, $key, %here)->code, 200, 'from this one';
    refused sign_in_with($there, $key, %here), 401, 'passkey_refused', 'each takes its own pages\' only';
    is sign_in_with($there, $key, %there)->code, 200, 'and the passkey signs in there, too';
    refused sign_in_with(visitor(), $key), 401, 'passkey_unknown', 'but at no other site';
};

subtest 'stranger_cannot_block_a_known_browser_by_wrong_passkeys' => sub {
    my ($here, $known, $stranger) = map { browser(public, host => "$_.keys.example", origin => "https://$_.keys.example") } qw(a few few);
    my ($key, $nobodys) = (new_key(), new_key(user => 'x' x 32));
    my %how = (rp => 'keys.example', client => {origin => 'https://few.keys.example'});
    $here->post_password('user17', 'user17-secret');
    add($here, $key, %how, client => {origin => 'https://a.keys.example'});
    from(65); # nobody else's
    is sign_in_with($known, $key, %how)->code, 200, 'a browser in which somebody signs in';
    is sign_in_with($stranger, $nobodys, %how)->code, 401, "strangers at its address try $_ times" for 1 .. 6;
    is sign_in_with($stranger, $nobodys, %how)->code, 429, 'that is too often';
    is sign_in_with($known, $key, %how)->code, 200, 'it signs in all the same';
    is sign_in_with($known, $nobodys, %how)->code, 401, "its own wrong ones are counted, $_" for 1 .. 6;
    is sign_in_with($known, $nobodys, %how)->code, 429, 'by themselves';
    from(63);
};

subtest 'passkey_of_the_first_of_a_name_ends_when_it_is_proven' => sub {
    my $at = sub { browser(public, host => 'a.keys.example', origin => 'https://a.keys.example') };
    my %how = (rp => 'keys.example', client => {origin => 'https://a.keys.example'});
    my ($first, $key) = ($at->(), new_key());
    $first->pin_login($first->enrol('first', '7391'));
    enrol_app($first);
    is add($first, $key, %how)->code, 200, 'somebody who was the first of a name has an app and a passkey';
    like $first->post_form('/account/codes', {csrf => token($first)})->content, qr/<li><code>/, 'and recovery codes';
    my $signed_in = $at->();
    is sign_in_with($signed_in, $key, %how)->code, 200, 'which signs in';
    is $signed_in->who, 'first', 'as them';
    is $first->who, 'first', 'and so does the device';
    system("htpasswd -bB -C 4 $ENV{MPIN_STAGE}/t/users first first-secret 2>/dev/null") == 0 or die 'htpasswd';
    my $owner = $at->();
    is $owner->post_password('first', 'first-secret')->code, 303, 'until the name is given to somebody, who proves it';
    is $owner->who, 'first', 'and is signed in';
    refused sign_in_with($at->(), $key, %how), 401, 'passkey_unknown', 'then it is nobody\'s';
    is $_->who, '', 'what was signed in before is so no more' for $signed_in, $first;
    my $page = $owner->visit('/account')->content;
    unlike $page, qr/name="factor"/, 'nothing of theirs is left';
    unlike $page, qr/prove=1/, 'nor asked for';
    is add($owner, $key, %how)->code, 200, 'the passkey is free for anybody';
};

subtest 'there are none where browsers have none' => sub {
    my $browser = browser(site);
    is $browser->json(POST => '/login/passkey', {})->code, 404, 'at an address';
    unlike $browser->visit('/login')->content, qr/passkey/, 'and no button';
};

done;
