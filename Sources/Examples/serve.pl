#!/usr/bin/perl
# Does for segmentd what systemd does: holds the listening socket, passes it by name, and restarts the program if it is
# killed.
#
#     serve.pl SOCKET COMMAND...
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();

my $path = shift @ARGV;
POSIX::close(3);
my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 4096) or die "$path: $!";
chmod 0666, $path;
# Descriptor 3 is the first that is handed over; dup2 also keeps it open over exec.
fileno($socket) == 3 or POSIX::dup2(fileno($socket), 3);
$^F = 3;
fcntl($socket, 2, 0);

my $child;
$SIG{TERM} = $SIG{INT} = sub { kill 'TERM', $child };
do {
    $child = fork // die "fork: $!";
    if ($child == 0) {
        @ENV{qw(LISTEN_FDS LISTEN_FDNAMES LISTEN_PID)} = (1, 'varlink', $$);
        exec @ARGV or POSIX::_exit(127);
    }
    1 while waitpid($child, 0) < 0;
} while ($? & 127);
unlink $path;
exit($? >> 8);
