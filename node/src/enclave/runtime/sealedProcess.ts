import { spawnSync } from "node:child_process";
import { seccompFilter } from "./seccompFilter.ts";

/** Where a sealed process finds its own file system in memory. */
export const sealedFolder = "/data";

/**
 * What seals a process, as a program for Perl: that is part of every Debian and calls the system by number, so no native code of
 * ours has to be built and no addon loaded. Arguments: MiB of files, MiB of memory, threads, 1 where it seals processes of its own, seccomp filter in
 * hex, paths that it may read, "--", command line. Zero files: no data folder and no limits. Without a command it only tries.
 *
 * In this order: user, mount, process, network, IPC, name and cgroup namespaces; the parent's end is the child's; a root of its own with nothing
 * but the named paths, read-only, and the data folder (pivot_root, the old root let go of; no /sys, /dev, /tmp; /proc, of its own processes, and
 * /dev/null only for who seals others); limits; no capability left in any set; no new privileges; the filter.
 */
const perl = "/usr/bin/perl";
const script = String.raw`
use strict;
my ($files, $memory, $threads, $seals, $filter, @rest) = @ARGV;
my @paths; push @paths, shift @rest while @rest && $rest[0] ne '--'; shift @rest;
sub call { my ($what, @args) = @_; my $nr = shift @args; my $got = syscall $nr, @args; return $got if $got != -1; print STDERR "seal: $what: $!\n"; exit 71 }
sub put { my ($path, $text) = @_; open my $file, '>', $path or return; syswrite $file, $text; close $file }
my ($uid, $gid) = ($> + 0, $) + 0);
call 'unshare', 272, 0x7e020000;
# Who has dropped its capabilities may not map root into a namespace of its own: who seals others is not root.
put '/proc/self/setgroups', 'deny'; put '/proc/self/uid_map', "$seals $uid 1"; put '/proc/self/gid_map', "$seals $gid 1";
my $child = fork; defined $child or exit 71;
if ($child) {
  call 'prctl', 157, 1, 9, 0, 0, 0;
  # A terminal's Ctrl-C reaches us, too; who is below ends when its host lets go of it.
  $SIG{INT} = 'IGNORE';
  waitpid $child, 0;
  exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
}
call 'prctl', 157, 1, 9, 0, 0, 0;
my ($proc, $at, $none) = ('proc', '/proc', 'none');
call 'private', 165, $none, '/', $none, 0x44000, 0;
# Its own count of processes, where the kernel has one for each namespace (6.14). Masked file systems forbid it.
put '/proc/sys/kernel/pid_max', 301 + $threads if syscall(165, $proc, $at, $proc, 0, 0) == 0 && $threads;
call 'root', 165, 'root', $at, 'tmpfs', 6, 'size=1m,mode=755';
for my $path (@paths) {
  my @parts = split m{/}, $path; shift @parts; pop @parts;
  my $folder = $at; for (@parts) { $folder .= "/$_"; mkdir $folder, 0755 }
  if (-d $path) { mkdir "$at$path", 0755 } else { put "$at$path", '' }
  call "bind $path", 165, $path, "$at$path", $none, 0x5000, 0;
  call "read-only $path", 442, -100, "$at$path", 0x8000, pack('Q4', 7, 0, 0, 0), 32;
}
if ($files) {
  mkdir "$at/data", 0700;
  call 'data', 165, 'data', "$at/data", 'tmpfs', 14, 'size=' . $files . 'm,mode=700,nr_inodes=4096';
}
if ($seals) {
  mkdir "$at/proc", 0755; call 'proc', 165, $proc, "$at/proc", $proc, 14, 0;
  mkdir "$at/dev", 0755; put "$at/dev/null", ''; call 'null', 165, '/dev/null', "$at/dev/null", $none, 0x1000, 0;
}
call 'read-only', 442, -100, $at, 0, pack('Q4', 7, 0, 0, 0), 32;
# Whatever whoever started us had open.
call 'close_range', 436, 3, 0xffffffff, 0;
chdir $at; call 'pivot_root', 155, '.', '.'; call 'umount', 166, '.', 2; chdir '/';
sub limit { my ($which, $most) = @_; call "limit $which", 160, $which, pack 'QQ', $most, $most }
limit 4, 0;
if ($files) { limit 1, $files << 20; limit 2, $memory << 20; limit 6, $threads; limit 7, 128; limit 8, 0; limit 3, 64 << 20; limit 0, 660 }
syscall 157, 24, $_, 0, 0, 0 for 0 .. 63;
call 'capset', 126, pack('LL', 0x20080522, 0), pack('L6', (0) x 6);
call 'no_new_privs', 157, 38, 1, 0, 0, 0;
if ($filter ne '') { my $code = pack 'H*', $filter; call 'seccomp', 317, 1, 0, pack('S x6 P', length($code) / 8, $code) }
exit 0 if !@rest;
exec { $rest[0] } @rest or exit 71;
`;

export type Seal = {
  /** Largest that all its files together may get; each of them counts. */
  readonly filesMb: number;
  /** Writable memory of the process. */
  readonly memoryMb: number;
  /** All that it can read, at the same paths. */
  readonly readable: readonly string[];
};

/** Node starts eleven; a query and a compilation add few. */
const threads = 64;

/** The command line that starts `command` sealed: it is the first process of its namespace, and dies with who started it. */
export function sealed(seal: Seal, command: readonly string[]): string[] {
  return sealedBy([seal.filesMb, seal.memoryMb, threads, 0], seal.readable, command);
}

/**
 * The command line that starts an enclave with a root of its own, in which there is nothing but these files, Node and the C library. One that has
 * sandboxes starts and seals processes itself, which the filter would forbid: it sees that program, too, and at /proc its own processes.
 */
export function sealedEnclave(
  { readable, hasSandboxes }: Pick<Seal, "readable"> & { readonly hasSandboxes: boolean },
  command: readonly string[],
): string[] {
  const all = [...ownProgram(), ...(hasSandboxes ? sealingProgram() : []), ...readable];
  return sealedBy([0, 0, 0, hasSandboxes ? 1 : 0], all, command);
}

function sealedBy(numbers: readonly number[], readable: readonly string[], command: readonly string[]): string[] {
  const [, , , seals] = numbers;
  const filter = seals === 1 ? "" : Buffer.from(seccompFilter() ?? new Uint8Array()).toString("hex");
  return [perl, "-e", script, ...numbers.map(String), filter, ...new Set(readable), "--", ...command];
}

/** All that the sealing program itself reads: as the loader lists it, and the modules. Less where it does not run. */
function sealingProgram(): string[] {
  const said = (args: readonly string[], env: NodeJS.ProcessEnv) =>
    spawnSync(perl, args, { encoding: "utf8", env }).stdout ?? "";
  const libraries = said(["-e", "0"], { LD_TRACE_LOADED_OBJECTS: "1" });
  const modules = said(["-e", 'use strict; print " $_ (" for values %INC'], {});
  return [perl, ...[...`${libraries}${modules}`.matchAll(/\s(\/\S+) \(/g)].map(([, path = ""]) => path)];
}

let enclaveCan: boolean | undefined;

/** Does this system let a sealed process seal another one? Tried once, not guessed. */
export function canSealEnclave(): boolean {
  enclaveCan ??= runs(
    sealedEnclave({ readable: [], hasSandboxes: true }, sealed({ filesMb: 1, memoryMb: 64, readable: [] }, [])),
  );
  return enclaveCan;
}

/** Does this system let us seal a process? Tried, not guessed. */
export function canSeal(): boolean {
  return runs(sealed({ filesMb: 1, memoryMb: 64, readable: [] }, []));
}

function runs([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore", env: {} }).status === 0;
}

let program: readonly string[] | undefined;

/** This program and the libraries that it has loaded: what any process of it needs to start. Asked once, as a report takes 5 ms. */
export function ownProgram(): readonly string[] {
  if (program !== undefined) return program;
  Object.assign(process.report, { excludeNetwork: true });
  const { sharedObjects } = process.report.getReport() as { readonly sharedObjects: readonly string[] };
  // Addons are not Node's.
  const libraries = sharedObjects.filter((path) => path.startsWith("/") && !path.includes("/node_modules/"));
  program = [process.execPath, ...libraries];
  return program;
}
