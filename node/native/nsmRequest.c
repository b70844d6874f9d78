/*
 * persona-nsm: one request to a Nitro Security Module, for programs that cannot make an ioctl (Node).
 *
 *   persona-nsm [DEVICE]        DEVICE is /dev/nsm unless given
 *
 * stdin: one CBOR request, 1 to 4,096 bytes, until its end. stdout: the module's CBOR answer, at most 12,288 bytes, and nothing
 * else. Exit codes: 0 answered, 64 wrong use or request, 69 no such device, 74 the module or a pipe failed. It understands
 * nothing of what it carries. The ioctl is that of Linux 6.8 (include/uapi/linux/nsm.h); its two structures are written out
 * here so that older headers suffice.
 *
 * Build, without any library at run time:  cc -std=c11 -O2 -Wall -Wextra -Werror -static -o persona-nsm nsmRequest.c
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REQUEST_MAX = 0x1000, RESPONSE_MAX = 0x3000 };
enum { EXIT_ANSWERED = 0, EXIT_USE = 64, EXIT_NO_DEVICE = 69, EXIT_FAILED = 74 };

struct nsm_buffer {
    uint64_t address;
    uint64_t length;
};

struct nsm_message {
    struct nsm_buffer request;
    struct nsm_buffer response;
};

static const unsigned long NSM_RAW = _IOWR(0x0A, 0x0, struct nsm_message);

static int fail(int code, const char *what) {
    fprintf(stderr, "persona-nsm: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    return code;
}

int main(int argc, char **argv) {
    static uint8_t request[REQUEST_MAX + 1];
    static uint8_t response[RESPONSE_MAX];
    size_t asked = 0;

    errno = 0;
    if (argc > 2) return fail(EXIT_USE, "use: persona-nsm [DEVICE]");
    for (;;) {
        ssize_t got = read(STDIN_FILENO, request + asked, sizeof request - asked);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(EXIT_FAILED, "stdin");
        if (got == 0) break;
        asked += (size_t)got;
        if (asked > REQUEST_MAX) return fail(EXIT_USE, "the request is too long");
    }
    errno = 0;
    if (asked == 0) return fail(EXIT_USE, "there is no request");

    int device = open(argc == 2 ? argv[1] : "/dev/nsm", O_RDWR | O_CLOEXEC);
    if (device < 0) return fail(EXIT_NO_DEVICE, "the device cannot be opened");

    struct nsm_message message = {
        .request = {(uint64_t)(uintptr_t)request, asked},
        .response = {(uint64_t)(uintptr_t)response, sizeof response},
    };
    if (ioctl(device, NSM_RAW, &message) < 0) return fail(EXIT_FAILED, "the module refused");
    /* The driver writes the answer's length back. */
    if (message.response.length == 0 || message.response.length > sizeof response)
        return fail(EXIT_FAILED, "the module's answer has an impossible length");

    for (size_t told = 0; told < message.response.length;) {
        ssize_t put = write(STDOUT_FILENO, response + told, message.response.length - told);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return fail(EXIT_FAILED, "stdout");
        told += (size_t)put;
    }
    return EXIT_ANSWERED;
}
