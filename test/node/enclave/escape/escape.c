/* What somebody tries who has taken over a sandbox: native code, loaded by dlopen, with no rules but the system's. Each attempt
   writes a line "name result"; the test says what each must be. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;
static FILE *report;

static void say(const char *name, long result) {
  fprintf(report, "%s %s\n", name, result >= 0 ? "DONE" : strerrorname_np(errno));
}

/* The canary of another job, put together here so that it is not found in this very file. */
static char canary[64];
static long files, bytes, found;

static int look(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)where;
  if (kind != FTW_F) return 0;
  files++;
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  char *all = mmap(0, info->st_size + 1, PROT_READ, MAP_PRIVATE, file, 0);
  if (all != MAP_FAILED) {
    bytes += info->st_size;
    if (memmem(all, info->st_size, canary, strlen(canary))) found++;
    munmap(all, info->st_size + 1);
  }
  close(file);
  fprintf(report, "file %s\n", path);
  return 0;
}

static void *idle(void *unused) {
  pause();
  return unused;
}

/* In this process's own memory there may be its own job, and no other's. */
static void search_memory(void) {
  /* Without /proc/self/maps: every page that the kernel says it has, below the highest user address, near what is known. */
  unsigned char resident;
  long hits = 0;
  char *places[] = {(char *)&hits, (char *)environ, (char *)malloc(16), (char *)&search_memory};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    char *from = (char *)((unsigned long)places[i] & ~0xfffffffUL);
    for (char *at = from; at < from + 0x10000000; at += 4096) {
      if (mincore(at, 4096, &resident) != 0) continue;
      struct iovec local = {malloc(4096), 4096}, remote = {at, 4096};
      (void)remote;
      /* Read through a pipe, so that a page without permission is an error and no end. */
      int pipes[2];
      if (pipe(pipes) == 0) {
        if (write(pipes[1], at, 4096) == 4096 && read(pipes[0], local.iov_base, 4096) == 4096)
          hits += memmem(local.iov_base, 4096, canary, strlen(canary)) != 0 && (char *)canary < at;
        close(pipes[0]);
        close(pipes[1]);
      }
      free(local.iov_base);
    }
  }
  fprintf(report, "memory-canaries %ld\n", hits);
}

__attribute__((constructor)) static void escape(void) {
  report = fopen("/data/report", "w");
  if (!report) _exit(9);
  snprintf(canary, sizeof canary, "%s-of-%s-job-%s", "canary", "another", "7f3a");

  for (char **each = environ; *each; each++) fprintf(report, "environment %.40s\n", *each);
  for (int fd = 0; fd < 1024; fd++) {
    struct stat info;
    if (fstat(fd, &info) == 0) fprintf(report, "descriptor %d %o\n", fd, info.st_mode & S_IFMT);
  }
  nftw("/", look, 32, FTW_PHYS);
  fprintf(report, "found %ld\n", found);
  say("open-passwd", open("/etc/passwd", O_RDONLY));
  say("open-proc", open("/proc/self/status", O_RDONLY));
  say("open-shm", open("/dev/shm", O_RDONLY));
  say("open-above", openat(open("/", O_RDONLY), "../../../etc/passwd", O_RDONLY));
  say("write-code", open("/lib64/ld-linux-x86-64.so.2", O_RDWR));
  say("write-root", mkdir("/new", 0700));

  say("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
  say("socket-unix", socket(AF_UNIX, SOCK_STREAM, 0));
  say("socket-netlink", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  int pair[2];
  say("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

  fprintf(report, "pid %d\nparent %d\n", getpid(), getppid());
  say("kill-2", kill(2, SIGKILL));
  say("kill-supervisor", kill(SUPERVISOR, SIGKILL));
  say("ptrace-supervisor", ptrace(PTRACE_ATTACH, SUPERVISOR, 0, 0));
  struct iovec local = {canary, 8}, remote = {(void *)0x400000, 8};
  say("read-supervisor", process_vm_readv(SUPERVISOR, &local, 1, &remote, 1, 0));
  say("fork", syscall(SYS_fork));
  say("vfork", syscall(SYS_vfork));
  say("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  say("clone3", syscall(SYS_clone3, 0, 0));

  say("unshare-user", unshare(CLONE_NEWUSER));
  say("setns", setns(open("/", O_RDONLY), 0));
  say("chroot", chroot("/data"));
  say("mount", mount("none", "/data", "tmpfs", 0, 0));
  say("umount", umount2("/", MNT_DETACH));
  say("pivot", syscall(SYS_pivot_root, "/", "/data"));
  say("mount-setattr", syscall(442, -100, "/", 0, 0, 0));
  say("mknod", mknod("/data/mem", S_IFCHR | 0600, 0x101));
  say("setgroups", syscall(SYS_setgroups, 1, (unsigned[]){0}));
  say("raise-limit", setrlimit(RLIMIT_DATA, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}));
  fprintf(report, "no-new-privileges %d\nseccomp %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP));
  fprintf(report, "capability-bounding %d\n", prctl(PR_CAPBSET_READ, 21, 0, 0, 0));

  say("memfd", syscall(SYS_memfd_create, "x", 0));
  say("shmget", shmget(1, 4096, IPC_CREAT | 0600));
  void *shared = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  say("shared-memory", shared == MAP_FAILED ? -1 : 0);
  say("bpf", syscall(SYS_bpf, 0, 0, 0));
  say("io_uring", syscall(425, 8, 0));
  say("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  say("perf", syscall(SYS_perf_event_open, 0, 0, 0, 0, 0));
  say("userfaultfd", syscall(SYS_userfaultfd, 0));
  say("newer-call", syscall(500));

  search_memory();

  /* Memory: how much can be written to, in pieces of 64 MiB, of the 8 GiB that are wanted? */
  long pieces = 0;
  for (; pieces < 128; pieces++) {
    char *piece = mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) break;
    for (long at = 0; at < 64 << 20; at += 4096) piece[at] = 1;
  }
  fprintf(report, "memory-mib %ld\n", pieces * 64);

  /* Files: how much of the 8 GiB that are wanted? */
  static char block[1 << 20];
  int file = open("/data/large", O_CREAT | O_WRONLY, 0600);
  long written = 0;
  signal(SIGXFSZ, SIG_IGN);
  for (; written < 8192; written++)
    if (write(file, block, sizeof block) != sizeof block) break;
  fprintf(report, "files-mib %ld\n", written);
  close(file);
  unlink("/data/large");

  /* Threads, each with as small a stack as there may be. */
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 16384);
  long threads = 0;
  pthread_t thread;
  while (threads < 5000 && pthread_create(&thread, &attributes, idle, 0) == 0) threads++;
  fprintf(report, "threads %ld\n", threads);
  fclose(report);
}
