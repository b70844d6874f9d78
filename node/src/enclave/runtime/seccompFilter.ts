/**
 * System calls that a sandbox has no use for, as a seccomp filter in classic BPF for x86-64. Not a list of what is allowed: Node and
 * its engines change what they call from version to version, and what is missing there would fail at random. What it takes away is
 * what an escape wants: other processes, sockets, namespaces, mounts, memory that no limit counts, and the kernel's larger
 * surfaces. Calls newer than this list do not exist.
 */
const refused: Readonly<Record<string, readonly number[]>> = {
  // socket, connect, accept, bind, listen, socketpair, accept4
  sockets: [41, 42, 43, 49, 50, 53, 288],
  // fork, vfork, execveat, ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_open, pidfd_getfd, pidfd_send_signal, process_madvise
  processes: [57, 58, 322, 101, 310, 311, 312, 434, 438, 424, 440],
  // mount and umount2, pivot_root, chroot, unshare, setns, open_tree … fspick, mount_setattr, mknod, mknodat, handles
  namespaces: [165, 166, 155, 161, 272, 308, 428, 429, 430, 431, 432, 433, 442, 133, 259, 303, 304],
  // shmget, shmat, shmctl, shmdt, semget, semop, semctl, msgget, msgsnd, msgrcv, msgctl, mq_open, memfd_create, memfd_secret
  sharedMemory: [29, 30, 31, 67, 64, 65, 66, 68, 69, 70, 71, 240, 319, 447],
  // bpf, perf_event_open, io_uring_*, userfaultfd, keys, kexec, modules, fanotify_init, quotactl, seccomp
  surfaces: [321, 298, 425, 426, 427, 323, 248, 249, 250, 246, 320, 175, 313, 176, 300, 179, 443, 317],
  // acct, swapon, swapoff, reboot, names, iopl, ioperm, clocks, personality, syslog, vhangup
  machine: [163, 167, 168, 169, 170, 171, 172, 173, 164, 227, 159, 305, 135, 103, 153],
};

const newestCall = 470;
const call = { mmap: 9, clone: 56, clone3: 435 };
const cloneThread = 0x10000;
const mapShared = 1;

const allow = 0x7fff0000;
const kill = 0x80000000;
const noPermission = 0x00050000 + 1;
const noSuchCall = 0x00050000 + 38;

/** Offsets in what the filter sees: call number, architecture, arguments of 64 bits. */
const seen = { nr: 0, arch: 4, argument: (index: number) => 16 + 8 * index };
const x86_64 = 0xc000003e;
const x32Bit = 0x40000000;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, k: number];
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const give = (action: number): Instruction => [0x06, 0, 0, action];
/** Skips so many instructions unless equal. */
const unlessEqual = (k: number, skip: number): Instruction => [0x15, 0, skip, k];

/** The filter as an array of `struct sock_filter`. Undefined where these numbers are not the platform's. */
export function seccompFilter(arch: string = process.arch): Uint8Array | undefined {
  if (arch !== "x64") return undefined;
  const program: Instruction[] = [
    load(seen.arch),
    unlessEqual(x86_64, 1),
    [0x05, 0, 0, 1],
    give(kill),
    load(seen.nr),
    [0x35, 0, 1, x32Bit],
    give(kill),
    [0x25, 0, 1, newestCall],
    give(noSuchCall),
    ...Object.values(refused).flatMap((calls) => calls.flatMap((nr) => [unlessEqual(nr, 1), give(noPermission)])),
    // The C library then uses clone, whose flags can be seen.
    unlessEqual(call.clone3, 1),
    give(noSuchCall),
    unlessEqual(call.clone, 4),
    load(seen.argument(0)),
    [0x45, 1, 0, cloneThread],
    give(noPermission),
    give(allow),
    unlessEqual(call.mmap, 4),
    load(seen.argument(3)),
    // Private memory is counted by RLIMIT_DATA, shared memory by nothing.
    [0x45, 0, 1, mapShared],
    give(noPermission),
    give(allow),
    give(allow),
  ];
  const bytes = new Uint8Array(8 * program.length);
  const view = new DataView(bytes.buffer);
  for (const [i, [code, ifTrue, ifFalse, k]] of program.entries()) {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, ifTrue);
    view.setUint8(8 * i + 3, ifFalse);
    view.setUint32(8 * i + 4, k, true);
  }
  return bytes;
}
