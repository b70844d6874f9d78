/* Stands where the kernel's driver stands, for tests of node/native/nsmRequest.c: linked with -Wl,--wrap=ioctl.
 * FAKE_NSM says what it does; the answer is read from the opened "device", which is a file. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct nsm_message {
    uint64_t request, request_length, response, response_length;
};

int __wrap_ioctl(int device, unsigned long command, ...) {
    va_list arguments;
    va_start(arguments, command);
    struct nsm_message *message = va_arg(arguments, struct nsm_message *);
    va_end(arguments);
    /* NSM_IOCTL_RAW of include/uapi/linux/nsm.h on x86-64: read and write, 32 bytes, magic 0x0A, number 0. */
    if (command != 0xC0200A00UL || message->response_length != 0x3000) return errno = EINVAL, -1;
    const char *mode = getenv("FAKE_NSM");
    if (mode && !strcmp(mode, "refuse")) return errno = EIO, -1;
    if (mode && !strcmp(mode, "length")) return message->response_length = 0x3001, 0;
    if (mode && !strcmp(mode, "empty")) return message->response_length = 0, 0;
    if (mode && !strcmp(mode, "echo")) {
        memcpy((void *)(uintptr_t)message->response, (void *)(uintptr_t)message->request, message->request_length);
        message->response_length = message->request_length;
        return 0;
    }
    ssize_t got = read(device, (void *)(uintptr_t)message->response, message->response_length);
    if (got < 0) return -1;
    message->response_length = (uint64_t)got;
    return 0;
}
