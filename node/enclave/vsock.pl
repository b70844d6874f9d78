#!/usr/bin/perl
# Carries the enclave's door over vsock, which Node does not speak. Perl is part of Debian, and its own socket calls take any family.
#
#   vsock.pl connect ADDRESS            between stdin, stdout and what listens there: the host's side, run by the daemon (enclaveVsock)
#   vsock.pl listen ADDRESS TARGET      each connection goes on to TARGET: the virtual machine's side, beside the enclave
#
# ADDRESS and TARGET: vsock:CID:PORT (listening: the CID is the machine's own, or -1 for any) or unix:PATH. It sees what a host sees: frames.
use strict;
use warnings;
use Socket;

my ($mode, $address, $target) = @ARGV;
$SIG{PIPE} = 'IGNORE';

sub fail { print STDERR "vsock: $_[0]\n"; exit 1 }

sub place {
  my ($text) = @_;
  # sockaddr_vm: family 40, reserved, port, cid, zeros (linux/vm_sockets.h)
  if (my ($cid, $port) = $text =~ /^vsock:(-1|\d{1,10}):(\d{1,10})$/) { return (40, pack('SSLlx4', 40, 0, $port, $cid)) }
  if (my ($path) = $text =~ m{^unix:(/.{1,100})$}) { return (AF_UNIX, pack_sockaddr_un($path)) }
  fail("no address: $text");
}

sub reach {
  my ($family, $where) = place($_[0]);
  socket(my $socket, $family, SOCK_STREAM, 0) or fail("socket: $!");
  connect($socket, $where) or fail("connect: $!");
  return $socket;
}

# All of one direction, then its end; a process for each, so that neither waits for the other.
sub carry {
  my ($from, $to) = @_;
  while (my $got = sysread $from, my $bytes, 65536) {
    for (my $at = 0; $at < $got;) {
      my $sent = syswrite $to, $bytes, $got - $at, $at;
      defined $sent or return;
      $at += $sent;
    }
  }
}

sub between {
  my ($in, $out, $socket) = @_;
  my $child = fork;
  defined $child or fail("fork: $!");
  if (!$child) { carry($in, $socket); shutdown $socket, 1; exit 0 }
  carry($socket, $out);
  kill 'TERM', $child;
  waitpid $child, 0;
}

if ($mode eq 'connect') {
  between(\*STDIN, \*STDOUT, reach($address));
} elsif ($mode eq 'listen') {
  my ($family, $where) = place($address);
  socket(my $door, $family, SOCK_STREAM, 0) or fail("socket: $!");
  bind($door, $where) or fail("bind: $!");
  listen($door, 16) or fail("listen: $!");
  $SIG{CHLD} = 'IGNORE';
  while (1) {
    accept(my $guest, $door) or next;
    my $child = fork;
    if (defined $child && !$child) {
      close $door;
      $SIG{CHLD} = 'DEFAULT';
      between($guest, $guest, reach($target));
      exit 0;
    }
    close $guest;
  }
} else {
  fail('connect ADDRESS, or listen ADDRESS TARGET');
}
